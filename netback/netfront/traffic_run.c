// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_run.h. */
#include "netback/netfront/traffic_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define BURST 64u
/* How long to wait for the answers to the last frames. */
#define DRAIN_NS 2000000000u
#define CONTROL_NS 50000000u

static volatile sig_atomic_t stop_wanted;

void xnf_traffic_stop(void)
{
	stop_wanted = 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool is_counted_out(const struct xnf_traffic *traffic)
{
	return traffic->settings.count &&
	       traffic->result.frames >= traffic->settings.count;
}

static void count_frame(struct xnf_traffic *traffic, uint32_t bytes)
{
	traffic->result.frames++;
	traffic->result.bytes += bytes;
}

/* Writes the payload in place, into the pages that will be sent. */
static void fill_in_place(const struct iovec *iov, int pieces,
			  uint32_t head_bytes, uint64_t number)
{
	for (int i = 0; i < pieces; i++) {
		uint32_t skip = i ? 0 : head_bytes;

		xnf_traffic_fill((uint8_t *)iov[i].iov_base + skip,
				 (uint32_t)iov[i].iov_len - skip, number);
	}
}

static int send_sealed(struct xnf_traffic *traffic, uint32_t q, uint32_t bytes)
{
	const struct xnf_traffic_template *template = &traffic->template[q];
	struct xnf_meta meta = xnf_traffic_meta(template, bytes);
	struct iovec iov = {traffic->linear, bytes};
	uint32_t head = xnf_traffic_head(template, traffic->next_number[q],
					 bytes, traffic->linear);

	xnf_traffic_fill(traffic->linear + head, bytes - head,
			 traffic->next_number[q]);
	xnf_traffic_seal(traffic->linear, bytes, head);
	return xnf_tx_put(&traffic->queue[q]->tx, &iov, 1, &meta);
}

static int send_in_place(struct xnf_traffic *traffic, uint32_t q,
			 uint32_t bytes)
{
	const struct xnf_traffic_template *template = &traffic->template[q];
	struct xnf_tx *tx = &traffic->queue[q]->tx;
	struct xnf_meta meta = xnf_traffic_meta(template, bytes);
	struct iovec iov[XNF_FRAME_PAGES];
	int pieces = xnf_tx_prepare(tx, bytes, iov);
	uint32_t head;

	if (pieces < 0)
		return pieces;
	head = xnf_traffic_head(template, traffic->next_number[q], bytes,
				iov[0].iov_base);
	if (traffic->settings.touch)
		fill_in_place(iov, pieces, head, traffic->next_number[q]);
	xnf_tx_commit(tx, bytes, &meta);
	return 0;
}

/* True when it did something. */
static bool send_burst(struct xnf_traffic *traffic, uint32_t q)
{
	struct xnf_queue *queue = traffic->queue[q];
	const struct xnf_traffic_settings *settings = &traffic->settings;
	bool reaped = xnf_tx_reap(&queue->tx) > 0;
	uint32_t count = 0;

	while (count < BURST && !is_counted_out(traffic)) {
		uint32_t bytes = settings->size[traffic->next_size];
		int rc = settings->verify ? send_sealed(traffic, q, bytes)
					  : send_in_place(traffic, q, bytes);

		if (rc)
			break;
		traffic->next_size =
			(traffic->next_size + 1) % settings->size_count;
		traffic->next_number[q]++;
		count_frame(traffic, bytes);
		count++;
	}
	if (xnf_tx_publish(&queue->tx))
		xnf_queue_kick_tx(queue);
	return count || reaped;
}

static uint32_t copy_out(uint8_t *to, const struct xnf_rx_packet *packet,
			 uint32_t bytes_max)
{
	uint32_t done = 0;

	for (uint32_t i = 0; i < packet->iov_count && done < bytes_max; i++) {
		uint32_t piece = (uint32_t)packet->iov[i].iov_len;

		if (piece > bytes_max - done)
			piece = bytes_max - done;
		memcpy(to + done, packet->iov[i].iov_base, piece);
		done += piece;
	}
	return done;
}

static uint64_t read_all(const struct xnf_rx_packet *packet)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < packet->iov_count; i++) {
		const uint8_t *at = packet->iov[i].iov_base;
		size_t left = packet->iov[i].iov_len;

		for (; left >= 8; left -= 8, at += 8) {
			uint64_t word;

			memcpy(&word, at, sizeof(word));
			sum += word;
		}
		while (left--)
			sum += *at++;
	}
	return sum;
}

static void look_at(struct xnf_traffic *traffic,
		    const struct xnf_rx_packet *packet)
{
	bool verify = traffic->settings.verify;
	uint8_t head[XNF_TRAFFIC_HEAD_MAX];
	uint8_t *bytes = verify ? traffic->linear : head;
	uint32_t length =
		copy_out(bytes, packet, verify ? XNF_FRAME_MAX : sizeof(head));
	struct xnf_stamp stamp;
	uint32_t at;

	if (traffic->settings.touch)
		traffic->result.touched += read_all(packet);
	if (!xnf_traffic_stamp(bytes, length, &stamp, &at))
		traffic->result.unstamped++;
	else if (verify && !stamp.check)
		traffic->result.unsealed++;
	else if (verify && !xnf_traffic_intact(bytes, length, &stamp, at))
		traffic->result.corrupted++;
	else
		xnf_track_frame(&traffic->result.track, stamp.stream,
				stamp.number);
}

static bool sink_burst(struct xnf_traffic *traffic, uint32_t q)
{
	struct xnf_queue *queue = traffic->queue[q];
	struct xnf_rx_packet packet;
	uint32_t count = 0;

	while (count < BURST && !is_counted_out(traffic) &&
	       xnf_rx_take(&queue->rx, &packet) > 0) {
		look_at(traffic, &packet);
		count_frame(traffic, packet.bytes);
		count++;
	}
	if (xnf_rx_release(&queue->rx))
		xnf_queue_kick_rx(queue);
	return count > 0;
}

/* Back to where it came from. The addresses are swapped in a copy: the frame
 * itself lies in memory that the backend may write. */
static void send_back(struct xnf_traffic *traffic, uint32_t q,
		      const struct xnf_rx_packet *packet)
{
	uint8_t mac[XN_MAC_BYTES];
	struct iovec iov = {traffic->linear, packet->bytes};

	(void)copy_out(traffic->linear, packet, XNF_FRAME_MAX);
	memcpy(mac, traffic->linear, sizeof(mac));
	memcpy(traffic->linear, traffic->linear + 6, sizeof(mac));
	memcpy(traffic->linear + 6, mac, sizeof(mac));
	/* There was room for the largest frame. */
	(void)xnf_tx_put(&traffic->queue[q]->tx, &iov, 1, &packet->meta);
}

/* Packets stay in the receive ring while the other one is full. */
static bool echo_burst(struct xnf_traffic *traffic, uint32_t q)
{
	struct xnf_queue *queue = traffic->queue[q];
	bool reaped = xnf_tx_reap(&queue->tx) > 0;
	struct xnf_rx_packet packet;
	uint32_t count = 0;

	while (count < BURST && !is_counted_out(traffic) &&
	       xnf_tx_room(&queue->tx) >= XNF_TX_SLOTS_MAX + 1 &&
	       xnf_rx_take(&queue->rx, &packet) > 0) {
		look_at(traffic, &packet);
		send_back(traffic, q, &packet);
		count_frame(traffic, packet.bytes);
		count++;
	}
	if (xnf_rx_release(&queue->rx))
		xnf_queue_kick_rx(queue);
	if (xnf_tx_publish(&queue->tx))
		xnf_queue_kick_tx(queue);
	return count || reaped;
}

/* What the plane floods to a sender. */
static void discard_received(struct xnf_queue *queue)
{
	struct xnf_rx_packet packet;
	uint32_t count = 0;

	while (count < BURST && xnf_rx_take(&queue->rx, &packet) > 0)
		count++;
	if (xnf_rx_release(&queue->rx))
		xnf_queue_kick_rx(queue);
}

static bool serve_queues(struct xnf_traffic *traffic)
{
	bool busy = false;

	for (uint32_t q = 0; q < traffic->queue_count; q++) {
		switch (traffic->settings.mode) {
		case XNF_TRAFFIC_SEND:
			busy |= send_burst(traffic, q);
			discard_received(traffic->queue[q]);
			break;
		case XNF_TRAFFIC_SINK:
			busy |= sink_burst(traffic, q);
			break;
		case XNF_TRAFFIC_ECHO:
			busy |= echo_burst(traffic, q);
			break;
		}
	}
	return busy;
}

static bool is_faulty(const struct xnf_traffic *traffic)
{
	for (uint32_t q = 0; q < traffic->queue_count; q++)
		if (xnf_queue_fault(traffic->queue[q]))
			return true;
	return false;
}

/* True: something came meanwhile, do not sleep. */
static bool arm_queues(struct xnf_traffic *traffic)
{
	bool more = false;

	for (uint32_t q = 0; q < traffic->queue_count; q++) {
		struct xnf_queue *queue = traffic->queue[q];

		if (traffic->settings.mode != XNF_TRAFFIC_SEND)
			more |= xnf_rx_arm(&queue->rx);
		if (traffic->settings.mode != XNF_TRAFFIC_SINK &&
		    queue->tx.published != queue->tx.rsp_cons)
			more |= xnf_tx_arm(&queue->tx, XNF_RING_SLOTS / 4);
	}
	return more;
}

static void check_control(struct xnf_traffic *traffic)
{
	if (!traffic->control(traffic->control_arg))
		traffic->over = true;
}

static void sleep_for_work(struct xnf_traffic *traffic, uint64_t until_ns)
{
	struct pollfd fds[XNF_QUEUES_MAX + 1];
	uint64_t now = now_ns();
	uint32_t q;

	if (until_ns <= now)
		return;
	for (q = 0; q < traffic->queue_count; q++)
		fds[q] = (struct pollfd){
			.fd = xnf_queue_fd(traffic->queue[q]),
			.events = POLLIN,
		};
	fds[q] = (struct pollfd){.fd = traffic->control_fd, .events = POLLIN};
	if (poll(fds, q + 1, (int)((until_ns - now) / 1000000 + 1)) <= 0)
		return;
	if (fds[q].revents)
		check_control(traffic);
	while (q--) {
		if (fds[q].revents & POLLIN)
			xnf_queue_ack(traffic->queue[q]);
		else if (fds[q].revents)
			traffic->over = true; /* the channels are gone */
	}
}

static bool is_idle_too_long(const struct xnf_traffic *traffic, uint64_t now)
{
	return traffic->settings.idle_ms && traffic->result.last_ns &&
	       now - traffic->result.last_ns >
		       (uint64_t)traffic->settings.idle_ms * 1000000u;
}

/* When to look at the clock again at the latest. */
static uint64_t next_deadline(const struct xnf_traffic *traffic)
{
	uint64_t until = traffic->deadline_ns;
	uint64_t idle = traffic->result.last_ns +
			(uint64_t)traffic->settings.idle_ms * 1000000u;

	if (traffic->settings.idle_ms && traffic->result.last_ns &&
	    idle < until)
		until = idle;
	return until;
}

static void note_time(struct xnf_traffic *traffic, uint64_t now)
{
	if (!traffic->result.frames)
		return;
	if (!traffic->result.first_ns)
		traffic->result.first_ns = now;
	traffic->result.last_ns = now;
}

static int run(struct xnf_traffic *traffic)
{
	uint64_t now = now_ns();
	uint64_t control_ns = now + CONTROL_NS;
	uint64_t busy_ns = now;

	while (!traffic->over && !stop_wanted && !is_counted_out(traffic) &&
	       now < traffic->deadline_ns && !is_idle_too_long(traffic, now)) {
		uint64_t before = traffic->result.frames;
		bool busy = serve_queues(traffic);

		if (is_faulty(traffic))
			return -EPROTO;
		now = now_ns();
		if (traffic->result.frames != before)
			note_time(traffic, now);
		if (busy)
			busy_ns = now;
		if (now >= control_ns) {
			check_control(traffic);
			control_ns = now + CONTROL_NS;
		}
		if (busy ||
		    now - busy_ns < (uint64_t)traffic->settings.spin_us * 1000u)
			continue;
		if (!arm_queues(traffic))
			sleep_for_work(traffic, next_deadline(traffic));
		busy_ns = 0; /* no spinning before there was work again */
		now = now_ns();
	}
	return 0;
}

static uint64_t count_unanswered(const struct xnf_traffic *traffic)
{
	uint64_t slots = 0;

	for (uint32_t q = 0; q < traffic->queue_count; q++)
		slots += traffic->queue[q]->tx.published -
			 traffic->queue[q]->tx.rsp_cons;
	return slots;
}

/* The last frames are still on their way. */
static int drain(struct xnf_traffic *traffic)
{
	uint64_t until = now_ns() + DRAIN_NS;

	while (count_unanswered(traffic) && !traffic->over &&
	       now_ns() < until) {
		for (uint32_t q = 0; q < traffic->queue_count; q++)
			if (xnf_tx_reap(&traffic->queue[q]->tx) < 0)
				return -EPROTO;
		if (count_unanswered(traffic) && !arm_queues(traffic))
			sleep_for_work(traffic, until);
	}
	if (traffic->settings.mode == XNF_TRAFFIC_SEND)
		note_time(traffic, now_ns());
	return 0;
}

int xnf_traffic_run(struct xnf_traffic *traffic)
{
	int rc;

	traffic->deadline_ns =
		now_ns() + (uint64_t)traffic->settings.run_ms * 1000000u;
	/* A sender's time begins before its first frame. */
	if (traffic->settings.mode == XNF_TRAFFIC_SEND)
		traffic->result.first_ns = now_ns();
	rc = run(traffic);
	if (!rc)
		rc = drain(traffic);
	traffic->result.unanswered = count_unanswered(traffic);
	return rc;
}
