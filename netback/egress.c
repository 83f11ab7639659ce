/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Egress queues: private copies of frames that wait until the guest posts
 * buffers. Bounded for each port, by its own limit and by what the others
 * leave: a port may hold at most as much as is still free. So a few guests
 * that stopped reading fill their share, and later ones still find memory.
 *
 * Within a port each sender may hold SHARE times as much as is still free for
 * all: a flood leaves room for who comes later, whoever's turn is first. What
 * comes from the twin has room of its own, and leaves some for guests.
 * Thread: the worker.
 */
#include <errno.h>
#include <string.h>

#include "netback/count.h"
#include "netback/worker_state.h"

/* From guests: 1 MiB for a single sender. */
#define SHARE 2u
#define GUEST_CHUNKS_MAX ((1u << 20) / XNB_CHUNK_BYTES * (SHARE + 1) / SHARE)
/* What one more frame may need: 64 KiB whole, or in segments of 1 KiB and more
 * for a guest without GSO. */
#define TWIN_FRAME_CHUNKS 64u

_Static_assert(TWIN_FRAME_CHUNKS >= XNB_PACKET_CHUNKS, "a whole frame");

/* Of guests' frames that wait, and of all. */
static uint32_t guest_chunks_max(const struct xnb_port *port)
{
	if (!xnb_shape_is_on(port) || port->shape_chunks > GUEST_CHUNKS_MAX)
		return GUEST_CHUNKS_MAX;
	return port->shape_chunks;
}

static uint32_t port_chunks_max(const struct xnb_port *port)
{
	return guest_chunks_max(port) + TWIN_FRAME_CHUNKS;
}

static bool has_room(const struct xnb_worker *w, const struct xnb_port *port,
		     uint32_t chunks)
{
	uint32_t free_chunks = xnb_pool_free(w->pool);

	if (port->egress_chunks >= port_chunks_max(port) ||
	    chunks > port_chunks_max(port) - port->egress_chunks)
		return false;
	return chunks <= free_chunks &&
	       port->egress_chunks <= free_chunks - chunks;
}

/* Many vifs share a place; which, no guest can choose. */
static uint32_t sender_of(const struct xnb_worker *w, enum xnb_rx_origin origin)
{
	if (origin == XNB_RX_FROM_TWIN)
		return XNB_SENDERS;
	return w->batch.in_port % XNB_SENDERS;
}

bool xnb_egress_admits(const struct xnb_worker *w, const struct xnb_port *port,
		       uint32_t chunks)
{
	uint32_t held = port->held_from[sender_of(w, XNB_RX_FROM_GUEST)];
	uint32_t all = port->egress_chunks + chunks;
	uint32_t max = guest_chunks_max(port);

	return has_room(w, port, chunks) && all <= max &&
	       held + chunks <= SHARE * (max - all);
}

bool xnb_egress_takes_twin(const struct xnb_worker *w,
			   const struct xnb_port *port)
{
	return port->held_from[XNB_SENDERS] < guest_chunks_max(port) / 2 &&
	       has_room(w, port, TWIN_FRAME_CHUNKS);
}

/* From the twin only as much is read as there is room for. */
static bool may_wait(const struct xnb_worker *w, const struct xnb_port *port,
		     enum xnb_rx_origin origin, uint32_t chunks)
{
	if (origin == XNB_RX_FROM_TWIN)
		return has_room(w, port, chunks);
	return xnb_egress_admits(w, port, chunks);
}

static void copy_in(struct xnb_pool *pool, const struct xnb_packet *packet,
		    uint32_t *position, const uint8_t *data, size_t bytes)
{
	while (bytes > 0) {
		uint32_t offset = *position % XNB_CHUNK_BYTES;
		uint32_t index = *position / XNB_CHUNK_BYTES;
		size_t here = XNB_CHUNK_BYTES - offset;

		if (here > bytes)
			here = bytes;
		memcpy(xnb_pool_chunk(pool, packet, index) + offset, data,
		       here);
		data += here;
		bytes -= here;
		*position += (uint32_t)here;
	}
}

static void append(struct xnb_worker *w, struct xnb_queue *queue,
		   struct xnb_packet *packet)
{
	struct xnb_port *port = queue->port;

	/* Another's worker learns of it by a kick (deliver.c). */
	if (!queue->egress.first && port->worker == w)
		xnb_held_begin(w, queue);
	packet->next = NULL;
	*queue->egress.last = packet;
	queue->egress.last = &packet->next;
	port->egress_chunks += packet->chunk_count;
	port->held_from[packet->sender] += packet->chunk_count;
	xnb_set_level(&port->counters->queued_bytes,
		      port->counters->queued_bytes + packet->frame_bytes);
}

static struct xnb_packet *take_first(struct xnb_worker *w,
				     struct xnb_queue *queue)
{
	struct xnb_packet *packet = queue->egress.first;
	struct xnb_port *port = queue->port;

	queue->egress.first = packet->next;
	if (!queue->egress.first) {
		queue->egress.last = &queue->egress.first;
		if (queue->held)
			xnb_held_end(w, queue);
	}
	port->egress_chunks -= packet->chunk_count;
	port->held_from[packet->sender] -= packet->chunk_count;
	xnb_set_level(&port->counters->queued_bytes,
		      port->counters->queued_bytes - packet->frame_bytes);
	return packet;
}

void xnb_egress_put(struct xnb_worker *w, struct xnb_queue *queue,
		    const struct xnb_rx_source *source)
{
	uint32_t chunks = xnb_pool_chunks_of(source->frame_bytes);
	struct xnb_packet *packet;
	uint32_t position = 0;

	/* Waiting for slots that it may not use, it would hold up the rest. */
	if (!xnb_rx_takes(&queue->rx, source->frame_bytes)) {
		xnb_drop(queue->port, XN_DROP_TOO_BIG, 1);
		return;
	}
	if (!may_wait(w, queue->port, source->origin, chunks)) {
		xnb_drop(queue->port, XN_DROP_RX_FULL, 1);
		return;
	}
	packet = xnb_pool_get(w->pool, source->frame_bytes);
	if (!packet) { /* another worker was faster */
		xnb_drop(queue->port, XN_DROP_RX_FULL, 1);
		return;
	}
	packet->meta = source->meta;
	packet->hash = source->hash;
	packet->origin = source->origin;
	packet->sender = sender_of(w, source->origin);
	copy_in(w->pool, packet, &position, source->head, source->head_bytes);
	for (uint32_t i = 0; i < source->iov_count; i++)
		copy_in(w->pool, packet, &position, source->iov[i].iov_base,
			source->iov[i].iov_len);
	append(w, queue, packet);
}

/* `iov` has room for XNB_PACKET_CHUNKS pieces and stays with the source. */
static struct xnb_rx_source packet_source(struct xnb_pool *pool,
					  const struct xnb_packet *packet,
					  struct iovec *iov)
{
	uint32_t first = packet->frame_bytes;
	uint32_t left = packet->frame_bytes;
	struct xnb_rx_source source = {
		.head = xnb_pool_chunk(pool, packet, 0),
		.frame_bytes = packet->frame_bytes,
		.origin = packet->origin,
		.meta = packet->meta,
		.hash = packet->hash,
		.iov = iov,
		.iov_count = packet->chunk_count,
	};

	for (uint32_t i = 0; i < packet->chunk_count; i++) {
		uint32_t here = left < XNB_CHUNK_BYTES ? left : XNB_CHUNK_BYTES;

		iov[i].iov_base = xnb_pool_chunk(pool, packet, i);
		iov[i].iov_len = here;
		left -= here;
	}
	if (first > XNB_CHUNK_BYTES)
		first = XNB_CHUNK_BYTES;
	source.head_bytes = first;
	source.iov_skip = first;
	return source;
}

static int fill_first(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct iovec iov[XNB_PACKET_CHUNKS];
	struct xnb_rx_source source;

	source = packet_source(w->pool, queue->egress.first, iov);
	return xnb_rx_fill(&queue->rx, &source, &w->plan);
}

/* Moves frames to the ring until one does not fit, the burst is over, or the
 * rate at which the guest receives is used up. They keep their memory in
 * `in_flight` until they were copied. */
static uint32_t fill_ring(struct xnb_worker *w, struct xnb_queue *queue,
			  struct xnb_packet **in_flight, int *ret_reason)
{
	struct xnb_port *port = queue->port;
	uint64_t allowed = UINT64_MAX, bytes = 0;
	uint32_t count = 0;

	*ret_reason = 0;
	if (xnb_shape_is_on(port))
		allowed = xnb_rate_credit(&port->receive, w->now_us);
	while (queue->egress.first && count < port->drain_left &&
	       bytes < allowed) {
		*ret_reason = fill_first(w, queue);
		if (*ret_reason < 0)
			break;
		in_flight[count] = take_first(w, queue);
		bytes += in_flight[count++]->frame_bytes;
	}
	if (xnb_shape_is_on(port))
		xnb_rate_spend(&port->receive, bytes);
	port->drain_left -= count;
	return count;
}

void xnb_egress_resume_taps(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	xnb_twin_resume(w, queue);
	for (uint32_t i = 0; port->toeplitz.on && i < port->queue_count; i++)
		xnb_twin_resume(w, &port->queue[i]);
}

void xnb_egress_drain(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_packet *in_flight[XNB_DRAIN_BURST];
	uint32_t count;
	int reason;

	count = fill_ring(w, queue, in_flight, &reason);
	xnb_copy_run(&w->plan);
	if (count > 0)
		xnb_deliver_answer(w, queue);
	for (uint32_t i = 0; i < count; i++)
		xnb_pool_put(w->pool, in_flight[i]);
	if (reason == -EPROTO) {
		xnb_port_fault(w, queue, queue->rx.fault);
		return;
	}
	if (reason == -EMSGSIZE || reason == -EINVAL) {
		xnb_pool_put(w->pool, take_first(w, queue));
		xnb_drop(queue->port, XN_DROP_TOO_BIG, 1);
	}
	if (!queue->egress.first) {
		queue->ring_short = xnb_shape_is_on(queue->port);
	} else {
		if (!queue->held)
			xnb_held_begin(w, queue); /* its kick is to come yet */
		else if (count > 0)
			xnb_held_progress(w, queue);
		xnb_egress_wait(w, queue);
	}
	xnb_egress_resume_taps(w, queue);
}

static void silent_set(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (queue->silent)
		return;
	queue->silent = true;
	TAILQ_INSERT_TAIL(&w->silent, queue, silent_link);
	xnb_drain_arm(w);
}

uint32_t xnb_egress_slots(struct xnb_worker *w, const struct xnb_queue *queue)
{
	struct iovec iov[XNB_PACKET_CHUNKS];
	struct xnb_rx_source source;

	source = packet_source(w->pool, queue->egress.first, iov);
	return xnb_rx_slots_needed(&queue->rx, &source);
}

void xnb_egress_wait(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (xnb_shape_waits(w, queue))
		return;
	if (xnb_rx_arm(&queue->rx, xnb_egress_slots(w, queue)))
		xnb_queue_ready(w, queue);
	else if (!(queue->port->frontend & XN_DL_FE_RX_NOTIFY))
		silent_set(w, queue);
}

void xnb_egress_purge(struct xnb_worker *w, struct xnb_queue *queue,
		      enum xn_drop reason)
{
	uint64_t count = 0;

	for (; queue->egress.first; count++)
		xnb_pool_put(w->pool, take_first(w, queue));
	xnb_drop(queue->port, reason, count);
	queue->ring_short = xnb_shape_is_on(queue->port);
}
