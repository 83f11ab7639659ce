/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twin: the tap by which the kernel's bridge sees the vif. Frames for it
 * are written with their virtio_net_hdr; a tap that takes no more costs the
 * frame. Frames from it go to this vif only and are never switched again; a
 * guest that takes no more stops the reading, so that the kernel's queue
 * fills, and not ours.
 * Thread: the worker. The tap is the kernel's, but what it says about offloads
 * may come from another guest: it is checked like one's.
 */
#include <assert.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "netback/adapt.h"
#include "netback/count.h"
#include "netback/offload/checksum.h"
#include "netback/ring/tx_mapped.h"
#include "netback/worker_state.h"

#define HEAD_BYTES XNB_PEEK_BYTES /* all headers that we look at */

/* What must be free before a frame is read: it, where it may begin at a page,
 * and the first headers that a guest without its offload needs; these are taken
 * back again and again. */
#define READ_BYTES \
	(XNB_ARENA_PAGE + XNB_FRAME_BYTES_MAX + 1 + XNB_ADAPT_HEAD_BYTES)
_Static_assert((XNB_FRAME_BYTES_MAX + 1) % XNB_ARENA_ALIGN == 0,
	       "the biggest frame takes no more than it has");

static void count_written(struct xnb_port *port, uint32_t frame_bytes,
			  ssize_t written)
{
	struct xn_vif_counters *counters = port->counters;

	if (written >= 0) {
		xnb_count(&counters->twin_tx_frames, 1);
		xnb_count(&counters->twin_tx_bytes, frame_bytes);
	} else if (errno == EAGAIN || errno == ENOBUFS) {
		xnb_drop(port, XN_DROP_TWIN_FULL, 1);
	} else if (errno == EINVAL) {
		/* The tap is there, but does not believe the offloads. */
		xnb_drop(port, XN_DROP_BAD_OFFLOAD, 1);
	} else {
		xnb_drop(port, XN_DROP_TWIN_DOWN, 1);
	}
}

static void write_frame(struct xnb_worker *w, struct xnb_queue *queue,
			uint32_t index)
{
	const struct xnb_transit *transit = &w->transit;
	const struct xnb_tx_packet *packet = transit->packet[index];
	struct virtio_net_hdr vnet;
	struct iovec iov[2 + XNB_TX_SLOTS_MAX];
	uint32_t count = 2;

	if (packet->source_status != 0)
		return;
	iov[0] = (struct iovec){&vnet, sizeof(vnet)};
	iov[1] = (struct iovec){packet->head, packet->head_bytes};
	if (packet->frame_bytes == packet->head_bytes)
		;
	else if (transit->fetched >> index & 1)
		iov[count++] = (struct iovec){transit->rest[index],
					      (size_t)packet->frame_bytes -
						      packet->head_bytes};
	else
		count += xnb_tx_pieces(&w->burst, packet, packet->head_bytes,
				       &iov[2]);
	if (xnb_meta_to_vnet(&packet->meta, packet->head, packet->head_bytes,
			     packet->frame_bytes, &vnet) < 0) {
		xnb_drop(queue->port, XN_DROP_BAD_OFFLOAD, 1);
		return;
	}
	queue->port->work += XNB_TWIN_WORK;
	count_written(queue->port, packet->frame_bytes,
		      writev(queue->tap_fd, iov, (int)count));
	xnb_count(&w->counters->tap_writes, 1);
}

void xnb_twin_write(struct xnb_worker *w, struct xnb_queue *queue, uint64_t set)
{
	for (; set; set &= set - 1)
		write_frame(w, queue, (uint32_t)__builtin_ctzll(set));
}

/* The offload metadata, with the checksum filled where no ring could say it.
 * 0, or -EBADMSG. */
static int understand(const struct virtio_net_hdr *vnet,
		      struct xnb_rx_source *source, uint8_t *frame)
{
	struct iovec whole = {.iov_base = frame,
			      .iov_len = source->frame_bytes};
	int rc;

	rc = xnb_meta_from_vnet(vnet, source->head, source->head_bytes,
				source->frame_bytes, &source->meta);
	if (rc <= 0)
		return rc;
	return xnb_checksum_fill_at(&whole, 1, vnet->csum_start,
				    vnet->csum_offset);
}

/* What the guest did not ask for, or may not have. */
static bool is_refused(const struct xnb_worker *w, struct xnb_port *port,
		       const struct xnb_rx_source *source)
{
	const struct xsw_frame frame = {
		.head = source->head,
		.frame_bytes = source->frame_bytes,
		.head_bytes = (uint16_t)source->head_bytes,
	};
	uint16_t slot = (uint16_t)port->slot;

	if (port->mcast_control && !xsw_group_wanted(w->sw, slot, frame.head)) {
		xnb_drop(port, XN_DROP_MCAST, 1);
		return true;
	}
	if (port->acl && !xsw_acl_allows_to(w->sw, slot, &frame)) {
		xnb_drop(port, XN_DROP_ACL_IN, 1);
		return true;
	}
	return false;
}

static void deliver_frame(struct xnb_worker *w, struct xnb_queue *queue,
			  const struct virtio_net_hdr *vnet, uint8_t *frame,
			  uint32_t frame_bytes)
{
	struct xnb_port *port = queue->port;
	struct xnb_rx_source source = {
		.head = frame,
		.head_bytes =
			frame_bytes < HEAD_BYTES ? frame_bytes : HEAD_BYTES,
		.frame_bytes = frame_bytes,
		.origin = XNB_RX_FROM_TWIN,
	};
	struct iovec rest = {.iov_base = frame + source.head_bytes,
			     .iov_len = frame_bytes - source.head_bytes};
	uint32_t needed;

	xnb_count(&port->counters->twin_rx_frames, 1);
	xnb_count(&port->counters->twin_rx_bytes, frame_bytes);
	if (port->stalled) {
		xnb_drop(port, XN_DROP_STALLED, 1);
		return;
	}
	if (port->picky && is_refused(w, port, &source))
		return;
	if (understand(vnet, &source, frame) < 0) {
		xnb_drop(port, XN_DROP_BAD_OFFLOAD, 1);
		return;
	}
	source.iov = &rest;
	source.iov_count = rest.iov_len > 0 ? 1 : 0;
	if (port->toeplitz.on) {
		source.hash =
			xnb_toeplitz_frame(&port->toeplitz, source.head,
					   source.head_bytes, frame_bytes);
		queue = &port->queue[xnb_toeplitz_queue(
			&port->toeplitz, source.hash.value, port->queue_count)];
	}
	needed =
		xnb_offload_needed(&source.meta, source.head, source.head_bytes,
				   frame_bytes, port->frontend);
	if (needed)
		xnb_deliver_adapted(w, queue, &source, needed);
	else
		xnb_deliver_private(w, queue, &source);
}

static void poll_stop(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (!queue->tap_polled)
		return;
	queue->tap_polled = false;
	(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, queue->tap_fd, NULL);
}

/* False: nothing more to be had now. */
static bool read_frame(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct virtio_net_hdr vnet;
	struct iovec iov[2] = {
		{.iov_base = &vnet, .iov_len = sizeof(vnet)},
		{.iov_len = XNB_FRAME_BYTES_MAX + 1},
	};
	uint32_t frame_bytes;
	uint8_t *frame;
	ssize_t got;

	/* Of a stream of large ones each is likely to be one. */
	if (queue->tap_large)
		xnb_arena_place(&w->arena, 0);
	frame = w->arena.base + w->arena.used;
	iov[1].iov_base = frame;
	got = readv(queue->tap_fd, iov, 2);
	if (got <= 0) {
		/* A tap that is gone or broken reports itself for ever:
		 * it is polled again when control says something new of it. */
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			poll_stop(w, queue);
		return false;
	}
	xnb_count(&w->counters->tap_reads, 1);
	queue->port->work += XNB_TWIN_WORK;
	if ((size_t)got < sizeof(vnet) + XNB_FRAME_BYTES_MIN) {
		xnb_drop(queue->port, XN_DROP_RUNT, 1);
		return true;
	}
	frame_bytes = (uint32_t)((size_t)got - sizeof(vnet));
	if (frame_bytes > XNB_FRAME_BYTES_MAX) {
		xnb_drop(queue->port, XN_DROP_TOO_BIG, 1);
		return true;
	}
	queue->tap_large = frame_bytes > XNB_PAGE_SIZE;
	(void)xnb_arena_take(&w->arena, frame_bytes);
	w->arena_keep = w->arena.used;
	deliver_frame(w, queue, &vnet, frame, frame_bytes);
	return true;
}

/* As many as the tap is expected to have, of what the vif may take in this
 * round: epoll says it if there are more. */
static uint32_t reads_begin(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	if (port->tap_round != w->round) {
		port->tap_round = w->round;
		port->tap_left = XNB_TAP_BURST;
	}
	return xn_reads_begin(&queue->tap_reads, port->tap_left);
}

/* While frames wait, only as many more are read as can wait as well. A tap's
 * frames go to the guest's queue of that number, unless the guest steers. */
static bool guest_takes(const struct xnb_worker *w,
			const struct xnb_queue *queue)
{
	const struct xnb_port *port = queue->port;
	bool waits = port->toeplitz.on ? port->egress_chunks > 0
				       : queue->egress.first != NULL;

	return !waits || xnb_egress_takes_twin(w, port);
}

void xnb_twin_read(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;
	uint32_t limit = reads_begin(w, queue), count = 0;

	xnb_arena_reset(&w->arena, 0);
	for (; count < limit; count++) {
		if (port->state != XNB_PORT_LIVE)
			break;
		if (!guest_takes(w, queue)) {
			poll_stop(w, queue);
			break;
		}
		if (xnb_arena_room(&w->arena) < READ_BYTES)
			break;
		if (!read_frame(w, queue))
			break;
	}
	port->tap_left -= count;
	xn_reads_end(&queue->tap_reads, count);
	xnb_deliver_flush(w);
}

void xnb_twin_resume(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.u64 = xnb_source_id(XNB_SOURCE_TAP, queue),
	};

	if (queue->tap_polled || !queue->port->placed || !guest_takes(w, queue))
		return;
	queue->tap_polled = epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, queue->tap_fd,
				      &event) == 0;
}
