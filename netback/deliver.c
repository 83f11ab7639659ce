/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A burst's frames to their receivers' rings. Slots are reserved and copies
 * planned for all receivers of a burst, then one call for each direction
 * copies, then each receiver is answered in its log; when the round ends all of
 * them are published (publish.c). Runs of plain frames are taken at once,
 * others one by one (deliver_frame.c). Thread: the worker.
 */
#include "netback/count.h"
#include "netback/worker_state.h"

/* Fewer are warm, or soon are. */
#define WARM_UP_MIN 8u

/* Frames that are more to this receiver than bytes and flags. */
static uint64_t not_plain(const struct xnb_worker *w,
			  const struct xnb_port *port)
{
	if ((port->frontend & XNB_FE_ALL) == XNB_FE_ALL)
		return w->transit.offloaded & ~w->transit.blank;
	return w->transit.offloaded;
}

static bool has_mapped_pages(const struct xnb_worker *w)
{
	return __atomic_load_n(&w->crew->grants_left, __ATOMIC_RELAXED) !=
	       XNB_GRANTS_WORKER_MAX;
}

uint64_t xnb_deliver_whole(struct xnb_worker *w)
{
	const struct xsw_batch *batch = &w->batch;
	uint64_t whole = 0;

	if (!w->transit.offloaded && !w->transit.mapped && !has_mapped_pages(w))
		return 0;
	for (uint32_t i = 0; i < batch->dest_count; i++) {
		const struct xnb_port *port = &w->port[batch->dest[i]];
		uint64_t set = batch->dest_frames[batch->dest[i]];
		bool own = port->worker == w; /* else it is seen later */

		if (own && (port->state != XNB_PORT_LIVE || port->stalled))
			continue;
		/* No copy by the hypervisor touches a page that is mapped. */
		whole |= own && port->grants.count > 0
				 ? set
				 : set & w->transit.mapped;
		set &= not_plain(w, port) & ~whole;
		for (; set; set &= set - 1) {
			uint32_t index = (uint32_t)__builtin_ctzll(set);

			if (xnb_deliver_needs(w, index, port))
				whole |= UINT64_C(1) << index;
		}
	}
	return whole;
}

/* Frames of `set` for which xnb_deliver_frame() is to be told that they are
 * special: to a guest that steers, or has pages mapped, or from such pages. */
static uint64_t special_frames(const struct xnb_worker *w,
			       const struct xnb_port *port, uint64_t set)
{
	if (port->toeplitz.on || port->grants.count > 0)
		return set;
	return set & w->transit.mapped;
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
		.frame_bytes_max = queue->port->mtu + XNB_LINK_BYTES,
	};
	uint32_t done;

	plain.packet = packets_of(&w->transit, run, memory, &plain.count);
	xnb_queue_touch(w, queue);
	done = xnb_rx_fill_plain(&queue->rx, &plain, &w->plan);
	if (done == plain.count)
		return 0;
	while (done-- > 0)
		run &= run - 1;
	return run;
}

/* The frames of one queue, in order: runs of plain ones go one way, what lies
 * between them the other. */
static void deliver_queue(struct xnb_worker *w, struct xnb_queue *queue,
			  uint64_t set, uint64_t special)
{
	struct xnb_port *port = queue->port;
	const uint64_t others = not_plain(w, port) | special;

	while (set && xnb_port_takes(port)) {
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
		xnb_deliver_frame(w, port, index, special >> index & 1);
		set &= set - 1;
	}
}

/* Each queue gets its frames in order; who steers says which they are. */
static void deliver_queues(struct xnb_worker *w, struct xnb_port *port,
			   uint64_t set, uint64_t special)
{
	uint64_t of_queue[XN_QUEUES_MAX] = {0};

	if (port->toeplitz.on) {
		for (; set && xnb_port_takes(port); set &= set - 1)
			xnb_deliver_frame(w, port,
					  (uint32_t)__builtin_ctzll(set), true);
		return;
	}
	for (; set; set &= set - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(set);
		const struct xnb_queue *queue =
			xnb_deliver_choose(w, port, index);

		of_queue[queue->index] |= set & -set;
	}
	for (uint32_t i = 0; i < port->queue_count; i++)
		deliver_queue(w, &port->queue[i], of_queue[i], special);
}

/* Another worker's vif: only under the lease is it seen that pages are mapped,
 * so some frames must be had whole now. */
static void fetch_for(struct xnb_worker *w, const struct xnb_port *port,
		      uint64_t set)
{
	set &= ~(w->transit.fetched & ~w->transit.fetched_late);
	if (port->grants.count == 0 || !set)
		return;
	xnb_deliver_flush(w);
	xnb_arena_reset(&w->arena, w->arena_keep);
	xnb_tx_fetch_whole(w, set);
}

static void deliver_port(struct xnb_worker *w, struct xnb_port *port,
			 uint64_t set)
{
	const uint64_t special = special_frames(w, port, set);

	if (special && port->worker != w)
		fetch_for(w, port, set);
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

/* Of many receivers each has gone cold since its last frame: what delivering
 * reads first is asked for now, all of it at once. */
static void warm_up(const struct xnb_worker *w, const uint16_t *dest,
		    uint32_t count)
{
	if (count < WARM_UP_MIN)
		return;
	for (uint32_t i = 0; i < count; i++) {
		const struct xnb_port *port = &w->port[dest[i]];

		__builtin_prefetch(&port->state);
		__builtin_prefetch(&port->mtu);
		__builtin_prefetch(&port->grants);
		__builtin_prefetch(&port->toeplitz);
		__builtin_prefetch(&port->queue[0].rx);
		__builtin_prefetch(&port->queue[0].ring_short);
	}
	for (uint32_t i = 0; i < count; i++)
		xnb_rx_prefetch(&w->port[dest[i]].queue[0].rx);
}

static void deliver_to(struct xnb_worker *w, uint16_t dest)
{
	struct xnb_port *port = &w->port[dest];
	uint64_t set = w->batch.dest_frames[dest];

	if (port->stalled)
		drop_stalled(w, port, set);
	else
		deliver_port(w, port, set);
}

static void deliver_to_all(struct xnb_worker *w, const uint16_t *dest,
			   uint32_t count)
{
	warm_up(w, dest, count);
	for (uint32_t i = 0; i < count; i++)
		deliver_to(w, dest[i]);
	xnb_deliver_flush(w);
}

/* Frees the leases of those that it was done for. */
static void deliver_and_give(struct xnb_worker *w, uint32_t *leased)
{
	deliver_to_all(w, w->leased, *leased);
	for (uint32_t i = 0; i < *leased; i++)
		xnb_lease_give(w, &w->port[w->leased[i]]);
	*leased = 0;
}

/* Of several workers: first to those whose leases are to be had at once, some
 * at a time; then to the others, one by one, with no lease held while it waits
 * for the next. */
static void deliver_leased(struct xnb_worker *w)
{
	const struct xsw_batch *batch = &w->batch;
	uint32_t leased = 0, later = 0;

	for (uint32_t i = 0; i < batch->dest_count; i++) {
		uint16_t dest = batch->dest[i];

		if (xnb_lease_try(w, &w->port[dest]))
			w->leased[leased++] = dest;
		else
			w->later[later++] = dest;
		if (leased == XNB_LEASES_MAX)
			deliver_and_give(w, &leased);
	}
	deliver_and_give(w, &leased);
	for (uint32_t i = 0; i < later; i++) {
		xnb_lease_take_shared(w, &w->port[w->later[i]]);
		deliver_to_all(w, &w->later[i], 1);
		xnb_lease_give(w, &w->port[w->later[i]]);
	}
}

void xnb_deliver_burst(struct xnb_worker *w)
{
	if (w->several)
		deliver_leased(w);
	else
		deliver_to_all(w, w->batch.dest, w->batch.dest_count);
}

static void finish_queue(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (!xnb_port_takes(queue->port)) {
		queue->late = 0;
		return;
	}
	xnb_deliver_answer(w, queue);
	if (queue->late)
		xnb_deliver_settle(w, queue);
	if (!queue->ring_short)
		return;
	/* Everything was dropped for want of memory: the ring may be tried
	 * again with the next frame. */
	if (!queue->egress.first)
		queue->ring_short = xnb_shape_is_on(queue->port);
	else if (queue->port->worker == w)
		xnb_egress_wait(w, queue);
	else if (!queue->held)
		xnb_kick(queue->port); /* its own worker waits for room */
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
	w->transit.fetched &= ~w->transit.fetched_late;
	w->transit.fetched_late = 0;
}
