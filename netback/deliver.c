/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames to their receivers' rings. Slots are reserved and copies planned for
 * all receivers of a burst, then one call for each direction copies, then each
 * receiver is answered in its log; when the round ends all of them are
 * published, with one barrier for many. A receiver whose ring is short gets
 * private copies in its egress queue; from the first of these on, all its
 * frames go there, so that none overtakes another. Thread: the worker.
 */
#include <errno.h>
#include <string.h>

#include "netback/adapt.h"
#include "netback/count.h"
#include "netback/flow.h"
#include "netback/offload/headers.h"
#include "netback/ring/tx_copy.h"
#include "netback/worker_state.h"

/* What a bridge allows above the MTU: an Ethernet header and one VLAN tag. */
#define LINK_BYTES 18u
/* Receivers that are published with one barrier. */
#define XNB_PUBLISH_QUEUES 64u
/* A receiver with these takes every frame without a tag as it is. */
#define FE_ALL                                                   \
	(XN_DL_FE_SG | XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6 | \
	 XN_DL_FE_CSUM | XN_DL_FE_IPV6_CSUM)

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

static uint32_t needed_offload(const struct xnb_worker *w, uint32_t index,
			       const struct xnb_port *port)
{
	const struct xnb_tx_packet *packet = w->transit.packet[index];

	if (!(w->transit.offloaded >> index & 1))
		return 0;
	if ((port->frontend & FE_ALL) == FE_ALL &&
	    !xnb_headers_tagged(packet->head))
		return 0;
	return xnb_offload_needed(&packet->meta, packet->head,
				  packet->head_bytes, packet->frame_bytes,
				  port->frontend);
}

uint64_t xnb_deliver_whole(struct xnb_worker *w)
{
	const struct xsw_batch *batch = &w->batch;
	uint64_t whole = 0;

	if (!w->transit.offloaded && !w->transit.mapped &&
	    w->grants_left == XNB_GRANTS_WORKER_MAX)
		return 0;
	for (uint32_t i = 0; i < batch->dest_count; i++) {
		const struct xnb_port *port = &w->port[batch->dest[i]];
		uint64_t set = batch->dest_frames[batch->dest[i]];

		if (port->state != XNB_PORT_LIVE || port->stalled)
			continue;
		/* No copy by the hypervisor touches a page that is mapped. */
		whole |= port->grants.count > 0 ? set : set & w->transit.mapped;
		set &= w->transit.offloaded & ~whole;
		for (; set; set &= set - 1) {
			uint32_t index = (uint32_t)__builtin_ctzll(set);

			if (needed_offload(w, index, port))
				whole |= UINT64_C(1) << index;
		}
	}
	return whole;
}

static void touch(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (queue->touched)
		return;
	queue->touched = true;
	w->touched[w->touched_count++] = queue;
}

/* 0, or an error of xnb_rx_fill() other than a full plan. */
static int fill(struct xnb_worker *w, struct xnb_queue *queue,
		const struct xnb_rx_source *source)
{
	int rc;

	touch(w, queue);
	rc = xnb_rx_fill(&queue->rx, source, &w->plan);
	if (rc != -ENOBUFS)
		return rc;
	xnb_deliver_flush(w);
	touch(w, queue);
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
	if (queue->port->state != XNB_PORT_LIVE)
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
	touch(w, queue);
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
	touch(w, queue);
	queue->ring_short = true; /* a flush may have tried to forget it */
	queue->late |= UINT64_C(1) << index;
}

static void deliver_frame(struct xnb_worker *w, struct xnb_queue *queue,
			  uint32_t index, const struct xnb_rx_source *source)
{
	uint32_t needed = needed_offload(w, index, queue->port);
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

static struct xnb_queue *choose_queue(const struct xnb_worker *w,
				      struct xnb_port *port, uint32_t index)
{
	const struct xsw_frame *frame = &w->batch.frame[index];
	uint32_t hash;

	if (port->queue_count == 1)
		return &port->queue[0];
	hash = xnb_flow_hash(w->hash_key, frame->head, frame->head_bytes,
			     frame->frame_bytes);
	return &port->queue[hash % port->queue_count];
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
	return choose_queue(w, port, index);
}

/* Frames of `set` that are delivered so. */
static uint64_t special_frames(const struct xnb_worker *w,
			       const struct xnb_port *port, uint64_t set)
{
	if (port->toeplitz.on || port->grants.count > 0)
		return set;
	return set & w->transit.mapped;
}

static uint32_t wire_bytes(const struct xnb_transit *transit, uint32_t index)
{
	if (transit->offloaded >> index & 1)
		return transit->wire_bytes[index];
	return transit->packet[index]->frame_bytes;
}

/* One frame, whatever it is and whoever gets it. */
static void deliver_any(struct xnb_worker *w, struct xnb_port *port,
			uint32_t index, bool special)
{
	struct xnb_rx_source source;
	struct xnb_queue *queue;
	struct iovec iov;

	if (w->transit.packet[index]->source_status != 0)
		return;
	if (wire_bytes(&w->transit, index) > port->mtu + LINK_BYTES) {
		xnb_drop(port, XN_DROP_TOO_BIG, 1);
		return;
	}
	if (special) {
		queue = prepare_special(w, port, index, &source, &iov);
	} else {
		queue = choose_queue(w, port, index);
		xnb_transit_source(w, index, &source);
	}
	deliver_frame(w, queue, index, &source);
}

/* Packets of the frames in `set` (not empty), one after the other; without gaps
 * where they are, else in `memory`. */
static struct xnb_tx_packet *const *
packets_of(const struct xnb_transit *transit, uint64_t set,
	   struct xnb_tx_packet **memory, uint32_t *ret_count)
{
	const uint32_t first = (uint32_t)__builtin_ctzll(set);
	const uint32_t behind = 64 - (uint32_t)__builtin_clzll(set);
	uint32_t count = 0;

	if (set == (~UINT64_C(0) >> (64 - (behind - first))) << first) {
		*ret_count = behind - first;
		return &transit->packet[first];
	}
	for (; set; set &= set - 1)
		memory[count++] = transit->packet[__builtin_ctzll(set)];
	*ret_count = count;
	return memory;
}

/* The frames of `run` (not empty), as many as are plain. Returns the others. */
static uint64_t deliver_plain(struct xnb_worker *w, struct xnb_queue *queue,
			      uint64_t run)
{
	struct xnb_tx_packet *memory[XNB_TX_BURST_MAX];
	struct xnb_rx_plain plain = {
		.burst = &w->burst,
		.frame_bytes_max = queue->port->mtu + LINK_BYTES,
	};
	uint32_t done;

	plain.packet = packets_of(&w->transit, run, memory, &plain.count);
	touch(w, queue);
	done = xnb_rx_fill_plain(&queue->rx, &plain, &w->plan);
	if (done == plain.count)
		return 0;
	while (done-- > 0)
		run &= run - 1;
	return run;
}

/* Frames that are more to this receiver than bytes and flags. */
static uint64_t not_plain(const struct xnb_worker *w,
			  const struct xnb_port *port)
{
	if ((port->frontend & FE_ALL) == FE_ALL)
		return w->transit.offloaded & ~w->transit.blank;
	return w->transit.offloaded;
}

/* The frames of one queue, in order: runs of plain ones go one way, what lies
 * between them the other. */
static void deliver_queue(struct xnb_worker *w, struct xnb_queue *queue,
			  uint64_t set, uint64_t special)
{
	struct xnb_port *port = queue->port;
	const uint64_t others = not_plain(w, port) | special;

	while (set && port->state == XNB_PORT_LIVE) {
		uint64_t run = set & ~others;
		uint32_t index;

		if (set & others)
			run &= (set & others & -(set & others)) - 1;
		if (run && !queue->ring_short &&
		    w->plan.failures == w->transit.failures) {
			set = (set ^ run) | deliver_plain(w, queue, run);
			if (!set)
				return;
		}
		index = (uint32_t)__builtin_ctzll(set);
		deliver_any(w, port, index, special >> index & 1);
		set &= set - 1;
	}
}

/* Each queue gets its frames in order; who steers says which they are. */
static void deliver_queues(struct xnb_worker *w, struct xnb_port *port,
			   uint64_t set, uint64_t special)
{
	uint64_t of_queue[XN_QUEUES_MAX] = {0};

	if (port->toeplitz.on) {
		for (; set && port->state == XNB_PORT_LIVE; set &= set - 1)
			deliver_any(w, port, (uint32_t)__builtin_ctzll(set),
				    true);
		return;
	}
	for (; set; set &= set - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(set);
		const struct xnb_queue *queue = choose_queue(w, port, index);

		of_queue[queue->index] |= set & -set;
	}
	for (uint32_t i = 0; i < port->queue_count; i++)
		deliver_queue(w, &port->queue[i], of_queue[i], special);
}

static void deliver_port(struct xnb_worker *w, struct xnb_port *port,
			 uint64_t set)
{
	const uint64_t special = special_frames(w, port, set);

	if (port->queue_count == 1)
		deliver_queue(w, &port->queue[0], set, special);
	else
		deliver_queues(w, port, set, special);
}

/* Nothing is kept for a guest that takes nothing. */
static void drop_stalled(const struct xnb_worker *w, struct xnb_port *port,
			 uint64_t set)
{
	uint64_t count = 0;

	for (; set; set &= set - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(set);

		if (w->transit.packet[index]->source_status == 0)
			count++;
	}
	xnb_drop(port, XN_DROP_STALLED, count);
}

void xnb_deliver_burst(struct xnb_worker *w)
{
	const struct xsw_batch *batch = &w->batch;

	for (uint32_t i = 0; i < batch->dest_count; i++) {
		struct xnb_port *port = &w->port[batch->dest[i]];
		uint64_t set = batch->dest_frames[batch->dest[i]];

		if (port->stalled)
			drop_stalled(w, port, set);
		else
			deliver_port(w, port, set);
	}
	xnb_deliver_flush(w);
}

void xnb_deliver_answer(struct xnb_worker *w, struct xnb_queue *queue)
{
	xnb_rx_commit(&queue->rx);
	w->unpublished_frames++;
	if (queue->unpublished)
		return;
	queue->unpublished = true;
	w->unpublished[w->unpublished_count++] = queue;
}

static void count_published(struct xnb_port *port,
			    const struct xnb_rx_result *result)
{
	struct xn_vif_counters *counters = port->counters;
	const uint32_t guest = XNB_RX_FROM_GUEST, twin = XNB_RX_FROM_TWIN;

	xnb_count(&counters->rx_frames,
		  (uint64_t)result->frames[guest] + result->frames[twin]);
	xnb_count(&counters->rx_bytes,
		  result->bytes[guest] + result->bytes[twin]);
	xnb_count(&counters->fast_rx_frames, result->frames[guest]);
	xnb_count(&counters->fast_rx_bytes, result->bytes[guest]);
	xnb_drop(port, XN_DROP_DEST_GRANT, result->dest_failed);
}

/* Up to XNB_PUBLISH_QUEUES receivers, with one barrier. */
static void publish(struct xnb_queue **queue, uint32_t count)
{
	uint32_t old[XNB_PUBLISH_QUEUES];

	for (uint32_t i = 0; i < count; i++) {
		struct xnb_rx_result result;

		queue[i]->unpublished = false;
		if (queue[i]->port->state != XNB_PORT_LIVE)
			continue;
		old[i] = xnb_rx_publish(&queue[i]->rx, &result);
		count_published(queue[i]->port, &result);
	}
	xnb_event_barrier();
	for (uint32_t i = 0; i < count; i++) {
		if (queue[i]->port->state == XNB_PORT_LIVE &&
		    xnb_rx_wants_event(&queue[i]->rx, old[i]))
			xnb_port_notify(queue[i]->port, queue[i]->rx_port);
	}
}

void xnb_deliver_publish(struct xnb_worker *w)
{
	for (uint32_t done = 0; done < w->unpublished_count;) {
		uint32_t left = w->unpublished_count - done;
		uint32_t count =
			left < XNB_PUBLISH_QUEUES ? left : XNB_PUBLISH_QUEUES;

		publish(&w->unpublished[done], count);
		done += count;
	}
	w->unpublished_count = 0;
	w->unpublished_frames = 0;
}

/* What was held back is whole now. */
static void settle(struct xnb_worker *w, struct xnb_queue *queue)
{
	uint64_t set = queue->late;

	queue->late = 0;
	for (; set; set &= set - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(set);
		uint32_t needed = needed_offload(w, index, queue->port);
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

static void finish_queue(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (queue->port->state != XNB_PORT_LIVE) {
		queue->late = 0;
		return;
	}
	xnb_deliver_answer(w, queue);
	if (queue->late)
		settle(w, queue);
	if (!queue->ring_short)
		return;
	/* Everything was dropped for want of memory: the ring may be tried
	 * again with the next frame. */
	if (!queue->egress.first)
		queue->ring_short = false;
	else
		xnb_egress_wait(w, queue);
}

void xnb_deliver_flush(struct xnb_worker *w)
{
	uint32_t count = w->touched_count;

	xnb_copy_run(&w->plan);
	for (uint32_t i = 0; i < count; i++)
		finish_queue(w, w->touched[i]);
	for (uint32_t i = 0; i < count; i++)
		w->touched[i]->touched = false;
	w->touched_count = 0;
	if (w->unpublished_frames >= XNB_PUBLISH_FRAMES)
		xnb_deliver_publish(w);
	w->transit.fetched &= ~w->transit.fetched_late;
	w->transit.fetched_late = 0;
}
