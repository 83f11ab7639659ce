/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One frame to one receiver, whatever it is: adapted if the receiver lacks an
 * offload, to the queue of its flow, held back if the ring is short. A receiver
 * whose ring is short gets private copies in its egress queue; from the first
 * of these on, all its frames go there, so that none overtakes another.
 * Thread: the worker.
 */
#include <errno.h>
#include <string.h>

#include "netback/adapt.h"
#include "netback/count.h"
#include "netback/flow.h"
#include "netback/offload/headers.h"
#include "netback/ring/tx_copy.h"
#include "netback/worker_state.h"

void xnb_transit_source(const struct xnb_worker *w, uint32_t index,
			struct xnb_rx_source *ret)
{
	struct xnb_tx_packet *packet = w->transit.packet[index];

	*ret = (struct xnb_rx_source){
		.head = packet->head,
		.head_bytes = packet->head_bytes,
		.frame_bytes = packet->frame_bytes,
		.origin = XNB_RX_FROM_GUEST,
		.meta = packet->meta,
	};
	if (packet->frame_bytes == packet->head_bytes)
		return;
	ret->frag = &w->burst.frag[packet->frag_first];
	ret->frag_count = packet->frag_count;
	ret->frag_skip = packet->head_bytes;
	ret->domid = w->burst.domid;
	ret->source_status = &packet->source_status;
}

uint32_t xnb_deliver_needs(const struct xnb_worker *w, uint32_t index,
			   const struct xnb_port *port)
{
	const struct xnb_tx_packet *packet = w->transit.packet[index];

	if (!(w->transit.offloaded >> index & 1))
		return 0;
	if ((port->frontend & XNB_FE_ALL) == XNB_FE_ALL &&
	    !xnb_headers_tagged(packet->head))
		return 0;
	return xnb_offload_needed(&packet->meta, packet->head,
				  packet->head_bytes, packet->frame_bytes,
				  port->frontend);
}

/* 0, or an error of xnb_rx_fill() other than a full plan. */
static int fill(struct xnb_worker *w, struct xnb_queue *queue,
		const struct xnb_rx_source *source)
{
	int rc;

	xnb_queue_touch(w, queue);
	rc = xnb_rx_fill(&queue->rx, source, &w->plan);
	if (rc != -ENOBUFS)
		return rc;
	xnb_deliver_flush(w);
	xnb_queue_touch(w, queue);
	return xnb_rx_fill(&queue->rx, source, &w->plan);
}

/* A frame that the ring refused for good. */
static void refuse(struct xnb_worker *w, struct xnb_queue *queue, int rc)
{
	if (rc == -EPROTO)
		xnb_port_fault(w, queue, queue->rx.fault);
	else if (rc == -EMSGSIZE)
		xnb_drop(queue->port, XN_DROP_TOO_BIG, 1);
	else
		xnb_drop(queue->port, XN_DROP_RX_FULL, 1);
}

void xnb_deliver_private(struct xnb_worker *w, struct xnb_queue *queue,
			 const struct xnb_rx_source *source)
{
	if (!xnb_port_takes(queue->port))
		return;
	if (!queue->ring_short) {
		int rc = fill(w, queue, source);

		if (rc == 0)
			return;
		if (rc != -ENOSPC) {
			refuse(w, queue, rc);
			return;
		}
		queue->ring_short = true;
	}
	xnb_egress_put(w, queue, source);
	xnb_queue_touch(w, queue);
}

/* Arena memory until the burst ends or the next call that finds the arena
 * full: then everything planned is delivered first, and all but the burst's
 * fetched frames is forgotten. NULL: it cannot be had at all. */
static uint8_t *take_memory(struct xnb_worker *w, uint32_t bytes)
{
	uint8_t *memory = xnb_arena_take(&w->arena, bytes);

	if (memory)
		return memory;
	xnb_deliver_flush(w);
	xnb_arena_reset(&w->arena, w->arena_keep);
	return xnb_arena_take(&w->arena, bytes);
}

/* 0, or the frame was dropped: all of it, for segments of which only the last
 * fits would be worth nothing. */
static int adapt_start(struct xnb_queue *queue, struct xnb_adapt *adapt,
		       const struct xnb_rx_source *source, uint32_t needed)
{
	int rc = xnb_adapt_start(adapt, source, needed);

	if (rc < 0) {
		xnb_drop(queue->port, XN_DROP_BAD_OFFLOAD, 1);
		return rc;
	}
	if (xnb_rx_takes(&queue->rx, xnb_adapt_bytes_max(adapt)))
		return 0;
	xnb_drop(queue->port, XN_DROP_TOO_BIG, 1);
	return -EMSGSIZE;
}

void xnb_deliver_adapted(struct xnb_worker *w, struct xnb_queue *queue,
			 const struct xnb_rx_source *source, uint32_t needed)
{
	struct xnb_rx_source made;
	struct xnb_adapt adapt;
	int rc;

	if (adapt_start(queue, &adapt, source, needed) < 0)
		return;
	do {
		uint8_t *head = take_memory(w, XNB_ADAPT_HEAD_BYTES);

		if (!head) {
			xnb_drop(queue->port, XN_DROP_RX_FULL, 1);
			return;
		}
		rc = xnb_adapt_next(&adapt, head, &made);
		if (rc == 0)
			return;
		if (rc > 0)
			xnb_deliver_private(w, queue, &made);
	} while (rc > 0);
	xnb_drop(queue->port, XN_DROP_BAD_OFFLOAD, 1);
}

/* The same for frames that were held back. */
static void queue_adapted(struct xnb_worker *w, struct xnb_queue *queue,
			  const struct xnb_rx_source *source, uint32_t needed)
{
	uint8_t head[XNB_ADAPT_HEAD_BYTES];
	struct xnb_rx_source made;
	struct xnb_adapt adapt;
	int rc;

	if (adapt_start(queue, &adapt, source, needed) < 0)
		return;
	do {
		rc = xnb_adapt_next(&adapt, head, &made);
		if (rc == 0)
			return;
		if (rc > 0)
			xnb_egress_put(w, queue, &made);
	} while (rc > 0);
	xnb_drop(queue->port, XN_DROP_BAD_OFFLOAD, 1);
}

/* The same frame, from private memory: its rest has been fetched. */
static struct xnb_rx_source private_source(const struct xnb_worker *w,
					   uint32_t index, struct iovec *iov)
{
	struct xnb_rx_source source;

	xnb_transit_source(w, index, &source);
	iov->iov_base = w->transit.rest[index];
	iov->iov_len = source.frame_bytes - source.head_bytes;
	source.frag = NULL;
	source.frag_count = 0;
	source.frag_skip = 0;
	source.source_status = NULL;
	source.iov = iov;
	source.iov_count = iov->iov_len > 0 ? 1 : 0;
	return source;
}

static bool fetch_late(struct xnb_worker *w, uint32_t index)
{
	struct xnb_transit *transit = &w->transit;
	const struct xnb_tx_packet *packet = transit->packet[index];
	uint32_t number = (uint32_t)(packet - w->burst.packet);
	uint32_t skip = packet->head_bytes;
	uint32_t bytes = packet->frame_bytes - skip;
	uint8_t *rest = NULL;

	if (bytes > 0) {
		rest = take_memory(w, bytes);
		if (!rest)
			return false;
		if (xnb_tx_fetch(&w->burst, number, skip, bytes, rest,
				 &w->plan) < 0) {
			xnb_deliver_flush(w);
			(void)xnb_tx_fetch(&w->burst, number, skip, bytes, rest,
					   &w->plan);
		}
	}
	transit->rest[index] = rest;
	transit->fetched |= UINT64_C(1) << index;
	transit->fetched_late |= UINT64_C(1) << index;
	return true;
}

/* The ring is short: the frame goes to the egress queue once it is whole. */
static void hold_back(struct xnb_worker *w, struct xnb_queue *queue,
		      uint32_t index)
{
	uint32_t chunks =
		xnb_pool_chunks_of(w->transit.packet[index]->frame_bytes);

	if (!xnb_egress_admits(w, queue->port, chunks) ||
	    (!(w->transit.fetched >> index & 1) && !fetch_late(w, index))) {
		xnb_drop(queue->port, XN_DROP_RX_FULL, 1);
		return;
	}
	xnb_queue_touch(w, queue);
	queue->ring_short = true; /* a flush may have tried to forget it */
	queue->late |= UINT64_C(1) << index;
}

static void deliver_to(struct xnb_worker *w, struct xnb_queue *queue,
		       uint32_t index, const struct xnb_rx_source *source)
{
	uint32_t needed = xnb_deliver_needs(w, index, queue->port);
	int rc;

	if (queue->ring_short) {
		hold_back(w, queue, index);
		return;
	}
	if (needed) {
		struct iovec iov;
		struct xnb_rx_source whole = private_source(w, index, &iov);

		whole.hash = source->hash;
		xnb_deliver_adapted(w, queue, &whole, needed);
		return;
	}
	rc = fill(w, queue, source);
	if (rc == -ENOSPC) {
		queue->ring_short = true;
		hold_back(w, queue, index);
	} else if (rc < 0) {
		refuse(w, queue, rc);
	}
}

/* By the guest's own rule; it is told the hash. */
static struct xnb_queue *steer(struct xnb_port *port,
			       struct xnb_rx_source *source)
{
	source->hash =
		xnb_toeplitz_frame(&port->toeplitz, source->head,
				   source->head_bytes, source->frame_bytes);
	return &port->queue[xnb_toeplitz_queue(
		&port->toeplitz, source->hash.value, port->queue_count)];
}

struct xnb_queue *xnb_deliver_choose(const struct xnb_worker *w,
				     struct xnb_port *port, uint32_t index)
{
	const struct xsw_frame *frame = &w->batch.frame[index];
	uint32_t hash;

	if (port->queue_count == 1)
		return &port->queue[0];
	hash = xnb_flow_hash(w->hash_key, frame->head, frame->head_bytes,
			     frame->frame_bytes);
	/* Its place among 2^32, without a division. */
	return &port->queue[(uint64_t)hash * port->queue_count >> 32];
}

/* To a guest that steers, or has pages mapped; or a frame from mapped pages:
 * fills in the source, and says which queue it goes to. */
static struct xnb_queue *prepare_special(const struct xnb_worker *w,
					 struct xnb_port *port, uint32_t index,
					 struct xnb_rx_source *ret,
					 struct iovec *iov)
{
	/* What is fetched late is not there yet. */
	if ((w->transit.fetched & ~w->transit.fetched_late) >> index & 1)
		*ret = private_source(w, index, iov);
	else
		xnb_transit_source(w, index, ret);
	if (port->toeplitz.on)
		return steer(port, ret);
	return xnb_deliver_choose(w, port, index);
}

static uint32_t wire_bytes(const struct xnb_transit *transit, uint32_t index)
{
	if (transit->offloaded >> index & 1)
		return transit->wire_bytes[index];
	return transit->packet[index]->frame_bytes;
}

/* One frame, whatever it is and whoever gets it. */
void xnb_deliver_frame(struct xnb_worker *w, struct xnb_port *port,
		       uint32_t index, bool special)
{
	struct xnb_rx_source source;
	struct xnb_queue *queue;
	struct iovec iov;

	if (w->transit.packet[index]->source_status != 0)
		return;
	if (wire_bytes(&w->transit, index) > port->mtu + XNB_LINK_BYTES) {
		xnb_drop(port, XN_DROP_TOO_BIG, 1);
		return;
	}
	if (special) {
		queue = prepare_special(w, port, index, &source, &iov);
	} else {
		queue = xnb_deliver_choose(w, port, index);
		xnb_transit_source(w, index, &source);
	}
	deliver_to(w, queue, index, &source);
}

/* What was held back is whole now. */
void xnb_deliver_settle(struct xnb_worker *w, struct xnb_queue *queue)
{
	uint64_t set = queue->late;

	queue->late = 0;
	for (; set; set &= set - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(set);
		uint32_t needed = xnb_deliver_needs(w, index, queue->port);
		struct iovec iov;
		struct xnb_rx_source source = private_source(w, index, &iov);

		if (w->transit.packet[index]->source_status != 0)
			continue;
		if (queue->port->toeplitz.on)
			(void)steer(queue->port, &source);
		if (needed)
			queue_adapted(w, queue, &source, needed);
		else
			xnb_egress_put(w, queue, &source);
	}
}
