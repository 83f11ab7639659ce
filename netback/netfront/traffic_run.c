// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_run.h. */
#include "netback/netfront/traffic_run.h"

#include <errno.h>
#include <string.h>

#include "netback/netfront/traffic_wait.h"

#define BURST 64u
/* How long to wait for the answers to the last frames. */
#define DRAIN_NS 2000000000u
#define CONTROL_NS 50000000u

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

/* True when it did something. */
static bool send_burst(struct xnf_traffic *traffic, uint32_t q)
{
	struct xnf_queue *queue = traffic->queue[q];
	const struct xnf_traffic_settings *settings = &traffic->settings;
	bool reaped = xnf_tx_reap(&queue->tx) > 0;
	uint32_t count = 0;

	while (count < BURST && !is_counted_out(traffic)) {
		uint32_t bytes = settings->size[traffic->next_size];
		int rc = xnf_traffic_write(&traffic->bench, &queue->tx,
					   &traffic->template[q],
					   traffic -> next_number[q], bytes);

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

static bool sink_burst(struct xnf_traffic *traffic, uint32_t q)
{
	struct xnf_queue *queue = traffic->queue[q];
	struct xnf_rx_packet packet;
	uint32_t count = 0;

	while (count < BURST && !is_counted_out(traffic) &&
	       xnf_rx_take(&queue->rx, &packet) > 0) {
		(void)xnf_traffic_look(&traffic->bench, &packet,
				       &traffic->result);
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
	uint8_t *linear = traffic->bench.linear;
	struct iovec iov = {linear, packet->bytes};
	uint8_t mac[XN_MAC_BYTES];

	(void)xnf_traffic_copy_out(linear, packet, XNF_FRAME_MAX);
	memcpy(mac, linear, sizeof(mac));
	memcpy(linear, linear + 6, sizeof(mac));
	memcpy(linear + 6, mac, sizeof(mac));
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
		(void)xnf_traffic_look(&traffic->bench, &packet,
				       &traffic->result);
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
		case XNF_TRAFFIC_LOOP:
		case XNF_TRAFFIC_PING:
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
	switch (xnf_traffic_wait(traffic->queue, traffic->queue_count,
				 traffic->control_fd, until_ns)) {
	case XNF_WAKE_NONE:
		break;
	case XNF_WAKE_CONTROL:
		check_control(traffic);
		break;
	case XNF_WAKE_GONE:
		traffic->over = true;
		break;
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
	uint64_t now = xnf_traffic_now_ns();
	uint64_t control_ns = now + CONTROL_NS;
	uint64_t busy_ns = now;

	while (!traffic->over && !xnf_traffic_is_stopped() &&
	       !is_counted_out(traffic) && now < traffic->deadline_ns &&
	       !is_idle_too_long(traffic, now)) {
		uint64_t before = traffic->result.frames;
		bool busy = serve_queues(traffic);

		if (is_faulty(traffic))
			return -EPROTO;
		now = xnf_traffic_now_ns();
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
		now = xnf_traffic_now_ns();
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
	uint64_t until = xnf_traffic_now_ns() + DRAIN_NS;

	while (count_unanswered(traffic) && !traffic->over &&
	       xnf_traffic_now_ns() < until) {
		for (uint32_t q = 0; q < traffic->queue_count; q++)
			if (xnf_tx_reap(&traffic->queue[q]->tx) < 0)
				return -EPROTO;
		if (count_unanswered(traffic) && !arm_queues(traffic))
			sleep_for_work(traffic, until);
	}
	if (traffic->settings.mode == XNF_TRAFFIC_SEND)
		note_time(traffic, xnf_traffic_now_ns());
	return 0;
}

int xnf_traffic_run(struct xnf_traffic *traffic)
{
	int rc;

	traffic->bench.touch = traffic->settings.touch;
	traffic->bench.verify = traffic->settings.verify;
	traffic->deadline_ns = xnf_traffic_now_ns() +
			       (uint64_t)traffic->settings.run_ms * 1000000u;
	/* A sender's time begins before its first frame. */
	if (traffic->settings.mode == XNF_TRAFFIC_SEND)
		traffic->result.first_ns = xnf_traffic_now_ns();
	rc = run(traffic);
	if (!rc)
		rc = drain(traffic);
	traffic->result.unanswered = count_unanswered(traffic);
	return rc;
}
