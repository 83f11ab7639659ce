// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See guest_pump.h. Frames from the tap are read straight into granted pages,
 * which only we can write. Frames from the backend lie in memory that the
 * backend can still write: where metadata must fit a frame's headers, these
 * are copied once and the tap gets the copy.
 */
#include "netback/netfront/guest_pump.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netback/offload/checksum.h"
#include "netback/offload/meta.h"
#include "netconf/base/fd.h"
#include "netconf/base/loop.h"

#define BURST 64
/* The ring is shown to the backend after so many slots, so that it works on
 * the first large frames of a burst while we handle the others. */
#define SHOW_SLOTS 32u
#define HEAD_BYTES 256u
/* Bursts from the ring until epoll is asked for the tap. */
#define BURSTS_UNASKED 4u

/* What epoll names. */
enum source {
	WAKE,
	EVENT,
	TAP,
};

static bool write_tap(struct xnf_pump *pump, const struct virtio_net_hdr *vnet,
		      const struct iovec *iov, uint32_t iov_count)
{
	struct iovec all[XNF_SLOTS_MAX + 2];
	struct virtio_net_hdr header = *vnet;

	all[0] = (struct iovec){&header, sizeof(header)};
	memcpy(&all[1], iov, iov_count * sizeof(*iov));
	return writev(pump->tap_fd, all, (int)iov_count + 1) >= 0;
}

/* Copies the first bytes of the packet; the rest is ret_iov[1..]. Returns the
 * number of pieces. */
static uint32_t take_head(const struct xnf_rx_packet *packet, uint8_t *head,
			  struct iovec *ret_iov)
{
	uint32_t done = 0;
	uint32_t count = 1;

	for (uint32_t i = 0; i < packet->iov_count; i++) {
		const uint8_t *from = packet->iov[i].iov_base;
		uint32_t bytes = (uint32_t)packet->iov[i].iov_len;
		uint32_t piece = HEAD_BYTES - done;

		if (piece > bytes)
			piece = bytes;
		memcpy(head + done, from, piece);
		done += piece;
		if (bytes > piece)
			ret_iov[count++] = (struct iovec){
				(uint8_t *)packet->iov[i].iov_base + piece,
				bytes - piece};
	}
	ret_iov[0] = (struct iovec){head, done};
	return count;
}

static void deliver_offloaded(struct xnf_pump *pump,
			      const struct xnf_rx_packet *packet)
{
	struct xnb_meta meta = {
		.csum_blank = packet->meta.csum_blank,
		.data_validated = packet->meta.data_validated,
		.gso_type = packet->meta.gso_type,
		.gso_size = packet->meta.gso_size,
	};
	struct iovec iov[XNF_SLOTS_MAX + 1];
	struct virtio_net_hdr vnet;
	uint8_t head[HEAD_BYTES];
	uint32_t count = take_head(packet, head, iov);
	uint32_t head_bytes = (uint32_t)iov[0].iov_len;

	if (xnb_meta_check(&meta, head, head_bytes, packet->bytes) ||
	    xnb_meta_to_vnet(&meta, head, head_bytes, packet->bytes, &vnet))
		pump->stats.bad_offload_in++;
	else if (!write_tap(pump, &vnet, iov, count))
		pump->stats.tap_refused++;
}

static void check_hash(struct xnf_pump *pump,
		       const struct xnf_rx_packet *packet)
{
	struct iovec iov[XNF_SLOTS_MAX + 1];
	uint8_t head[HEAD_BYTES];

	if (!atomic_load_explicit(&pump->hash->on, memory_order_acquire))
		return;
	(void)take_head(packet, head, iov);
	switch (xnf_hash_check(pump->hash, head, (uint32_t)iov[0].iov_len,
			       packet->bytes, pump->index, &packet->hash)) {
	case XNF_HASH_RIGHT:
		pump->stats.hash_right++;
		break;
	case XNF_HASH_MISSING:
		pump->stats.hash_missing++;
		break;
	case XNF_HASH_WRONG:
		pump->stats.hash_wrong++;
		break;
	}
}

static void deliver(struct xnf_pump *pump, const struct xnf_rx_packet *packet)
{
	struct virtio_net_hdr vnet = {
		.flags = packet->meta.data_validated
				 ? VIRTIO_NET_HDR_F_DATA_VALID
				 : 0,
	};

	if (pump->hash)
		check_hash(pump, packet);
	if (packet->meta.csum_blank || packet->meta.gso_type)
		deliver_offloaded(pump, packet);
	else if (!write_tap(pump, &vnet, packet->iov, packet->iov_count))
		pump->stats.tap_refused++;
}

static void release(struct xnf_pump *pump)
{
	if (xnf_rx_release(&pump->queue->rx))
		xnf_queue_kick_rx(pump->queue);
}

/* True when there may be more. */
static bool receive_burst(struct xnf_pump *pump)
{
	struct xnf_rx *rx = &pump->queue->rx;
	struct xnf_rx_packet packet;
	int count = 0;

	while (count < BURST && xnf_rx_take(rx, &packet) > 0) {
		deliver(pump, &packet);
		count++;
		if (rx->rsp_cons + XNF_RING_SLOTS - rx->posted >= SHOW_SLOTS)
			release(pump);
	}
	release(pump);
	return count == BURST;
}

static void commit_frame(struct xnf_pump *pump,
			 const struct virtio_net_hdr *vnet,
			 const struct iovec *iov, uint32_t iov_count,
			 uint32_t bytes)
{
	uint32_t head_bytes = (uint32_t)iov[0].iov_len;
	struct xnb_meta meta;
	int rc = xnb_meta_from_vnet(vnet, iov[0].iov_base,
				    head_bytes < bytes ? head_bytes : bytes,
				    bytes, &meta);

	if (rc == 1)
		rc = xnb_checksum_fill_at(iov, iov_count, vnet->csum_start,
					  vnet->csum_offset);
	if (rc) {
		pump->stats.bad_offload_out++;
		return;
	}
	xnf_tx_commit(&pump->queue->tx, bytes,
		      &(struct xnf_meta){
			      .csum_blank = meta.csum_blank,
			      .data_validated = meta.data_validated,
			      .gso_type = meta.gso_type,
			      .gso_size = meta.gso_size,
		      });
}

/* Cuts the pieces to the bytes that were read; returns how many are left. */
static uint32_t trim(struct iovec *iov, uint32_t iov_count, uint32_t bytes)
{
	for (uint32_t i = 0; i < iov_count; i++) {
		if (iov[i].iov_len >= bytes) {
			iov[i].iov_len = bytes;
			return i + 1;
		}
		bytes -= (uint32_t)iov[i].iov_len;
	}
	return iov_count;
}

/* False: no frame, or no room for one. */
static bool send_frame(struct xnf_pump *pump)
{
	struct iovec iov[XNF_FRAME_PAGES + 1];
	struct virtio_net_hdr vnet;
	ssize_t length;
	uint32_t bytes;
	int count = xnf_tx_prepare(&pump->queue->tx, XNF_FRAME_MAX, &iov[1]);

	if (count < 0) {
		pump->tx_short = count == -EAGAIN;
		return false;
	}
	iov[0] = (struct iovec){&vnet, sizeof(vnet)};
	length = readv(pump->tap_fd, iov, count + 1);
	if (length < 0)
		return false;
	if ((size_t)length < sizeof(vnet) + XNF_FRAME_MIN)
		return true;
	bytes = (uint32_t)length - (uint32_t)sizeof(vnet);
	commit_frame(pump, &vnet, &iov[1],
		     trim(&iov[1], (uint32_t)count, bytes), bytes);
	return true;
}

static void publish(struct xnf_pump *pump)
{
	if (xnf_tx_publish(&pump->queue->tx))
		xnf_queue_kick_tx(pump->queue);
}

/* As many as the ring takes. What finds no room is made up for with the next
 * answers. */
static void send_groups(struct xnf_pump *pump)
{
	struct xnf_tx *tx = &pump->queue->tx;
	struct xnf_group_request request;

	while (xnf_tx_room(tx) >= 2 && !tx->fault &&
	       xnf_groups_next(pump->groups, &request))
		(void)xnf_tx_put_group(tx, request.add, &request.mac);
	publish(pump);
}

/* True when the tap may have more: epoll knows. */
static bool send_burst(struct xnf_pump *pump)
{
	struct xnf_tx *tx = &pump->queue->tx;
	uint32_t limit, count = 0;

	pump->tx_short = false;
	if (xnf_tx_reap(tx) < 0)
		return false;
	if (pump->groups)
		send_groups(pump);
	if (!pump->tap_ready)
		return false;
	pump->tap_ready = false;
	limit = xn_reads_begin(&pump->reads, BURST);
	while (count < limit && send_frame(pump)) {
		count++;
		if (tx->req_prod - tx->published >= SHOW_SLOTS)
			publish(pump);
	}
	publish(pump);
	pump->tap_ready = pump->tx_short;
	if (pump->tx_short)
		return false;
	xn_reads_end(&pump->reads, count);
	return count == limit && limit > 1;
}

/* True: something came meanwhile, do not sleep. */
static bool arm(struct xnf_pump *pump)
{
	bool more = xnf_rx_arm(&pump->queue->rx);

	if (pump->tx_short)
		more |= xnf_tx_arm(&pump->queue->tx, XNF_RING_SLOTS / 4);
	return more;
}

/* Something to do that the rings tell, without a system call. */
static bool rings_have(const struct xnf_pump *pump)
{
	const struct xnf_tx *tx = &pump->queue->tx;
	const struct xnf_rx *rx = &pump->queue->rx;

	if (xnb_index_load(&rx->shared->rsp_prod) != rx->rsp_cons)
		return true;
	return pump->tx_short &&
	       xnb_index_load(&tx->shared->rsp_prod) != tx->rsp_cons;
}

/* The number of events taken, or -1: the event channels' descriptor is no good
 * any more. While the ring is too full to read the tap, it is not asked. */
static int ask(struct xnf_pump *pump, int timeout)
{
	bool tap = !pump->tx_short && !pump->tap_gone;
	struct epoll_event event[3];
	eventfd_t woken;
	int count;

	pump->unasked = 0;
	count = epoll_wait(tap ? pump->all_fd : pump->rings_fd, event, 3,
			   timeout);
	for (int i = 0; i < count; i++) {
		bool readable = event[i].events & EPOLLIN;

		switch ((enum source)event[i].data.u32) {
		case WAKE:
			(void)eventfd_read(pump->wake_fd, &woken);
			break;
		case EVENT:
			if (!readable)
				return -1;
			xnf_queue_ack(pump->queue);
			break;
		case TAP:
			pump->tap_ready = readable;
			pump->tap_gone = !readable;
			break;
		}
	}
	return count > 0 ? count : 0;
}

/* However often the rings have something, the tap does not wait for longer. 1,
 * or -1 as above. */
static int ask_if_due(struct xnf_pump *pump)
{
	if (++pump->unasked >= BURSTS_UNASKED && ask(pump, 0) < 0)
		return -1;
	return 1;
}

/* For as long as that may pay off: 1 something to do, 0 nothing came, -1 as
 * above. */
static int look(struct xnf_pump *pump)
{
	int rc;

	do {
		for (uint32_t i = 0; i < pump->spin.looks; i++) {
			if (rings_have(pump))
				return ask_if_due(pump);
			xn_spin_pause();
		}
		rc = ask(pump, 0);
		if (rc)
			return rc;
		(void)sched_yield();
	} while (xn_spin_lasts(&pump->spin, xn_now_us()));
	return 0;
}

/* Out of work: looks for more, then sleeps. False: as above. */
static bool wait_for_work(struct xnf_pump *pump)
{
	int rc = 0;

	xn_spin_begin(&pump->spin, xn_now_us());
	if (xn_spin_is_on(&pump->spin))
		rc = look(pump);
	if (rc == 0 && !arm(pump))
		rc = ask(pump, -1);
	xn_spin_end(&pump->spin, xn_now_us());
	return rc >= 0;
}

/* One burst each way, and whatever epoll has now and then. False: it is over.
 */
static bool move(struct xnf_pump *pump)
{
	bool more = receive_burst(pump);
	bool ask_tap = send_burst(pump);

	if (xnf_queue_fault(pump->queue))
		return false;
	if (ask_tap || (more && ++pump->unasked >= BURSTS_UNASKED))
		return ask(pump, 0) >= 0;
	return more || wait_for_work(pump);
}

static void *run(void *arg)
{
	struct xnf_pump *pump = arg;

	while (!atomic_load_explicit(&pump->stopping, memory_order_acquire)) {
		if (move(pump))
			continue;
		(void)eventfd_write(pump->fault_fd, 1);
		break;
	}
	return NULL;
}

static int watch(int epoll_fd, int fd, enum source source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = source};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void close_descriptors(struct xnf_pump *pump)
{
	xn_close(&pump->wake_fd);
	xn_close(&pump->rings_fd);
	xn_close(&pump->all_fd);
}

static int open_descriptors(struct xnf_pump *pump)
{
	int event_fd = xnf_queue_fd(pump->queue);

	pump->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pump->rings_fd = epoll_create1(EPOLL_CLOEXEC);
	pump->all_fd = epoll_create1(EPOLL_CLOEXEC);
	if (pump->wake_fd < 0 || pump->rings_fd < 0 || pump->all_fd < 0 ||
	    watch(pump->rings_fd, pump->wake_fd, WAKE) < 0 ||
	    watch(pump->rings_fd, event_fd, EVENT) < 0 ||
	    watch(pump->all_fd, pump->wake_fd, WAKE) < 0 ||
	    watch(pump->all_fd, event_fd, EVENT) < 0 ||
	    watch(pump->all_fd, pump->tap_fd, TAP) < 0)
		return -errno;
	return 0;
}

int xnf_pump_start(struct xnf_pump *pump)
{
	int rc;

	atomic_init(&pump->stopping, false);
	pump->tap_ready = true;
	pump->tap_gone = false;
	rc = open_descriptors(pump);
	if (rc == 0)
		rc = -pthread_create(&pump->thread, NULL, run, pump);
	if (rc)
		close_descriptors(pump);
	return rc;
}

void xnf_pump_wake(struct xnf_pump *pump)
{
	(void)eventfd_write(pump->wake_fd, 1);
}

void xnf_pump_stop(struct xnf_pump *pump)
{
	atomic_store_explicit(&pump->stopping, true, memory_order_release);
	(void)eventfd_write(pump->wake_fd, 1);
	(void)pthread_join(pump->thread, NULL);
	close_descriptors(pump);
}
