/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest receives, at its rate (rate.h): one bucket for all its queues,
 * whoever sends. All that is for such a vif goes through its egress queues, as
 * if its rings were short; they are drained as far as the bucket allows. A vif
 * without a rate has nothing to do with this: its queues are short, or not.
 *
 * The bucket is spent by the vif's own worker, which alone drains; so are the
 * lists. Settings change in pauses (crew.h). Thread: the vif's worker.
 */
#include "netback/worker_state.h"

#define QUEUE_US 100000u
/* A plain frame takes a chunk, a large one one for each 4 KiB. */
#define BYTES_PER_CHUNK 2048u
/* A single sender, who may hold two thirds, has two of the largest frames. */
#define CHUNKS_MIN 48u
_Static_assert(CHUNKS_MIN >= 3 * XNB_PACKET_CHUNKS, "two for one sender");

/* What may wait of guests' frames: for about QUEUE_US. */
static uint32_t chunks_max(const struct xnb_rate *rate)
{
	uint64_t chunks =
		rate->bytes * QUEUE_US / rate->interval / BYTES_PER_CHUNK;

	if (chunks < CHUNKS_MIN)
		return CHUNKS_MIN;
	return chunks < UINT32_MAX ? (uint32_t)chunks : UINT32_MAX;
}

static uint32_t take_shaped(struct xnb_worker *w, struct xnb_port *port)
{
	uint32_t set = port->shaped;

	if (!set)
		return 0;
	port->shaped = 0;
	TAILQ_REMOVE(&w->shaped, port, shaped_link);
	return set;
}

static void release(struct xnb_worker *w, struct xnb_port *port)
{
	uint32_t set = take_shaped(w, port);

	for (; set; set &= set - 1)
		xnb_queue_ready(w, &port->queue[__builtin_ctz(set)]);
}

void xnb_shape_set(struct xnb_worker *w, struct xnb_port *port, uint64_t bytes,
		   uint32_t interval_us, uint64_t now_us)
{
	if (!xnb_rate_set(&port->receive, bytes, interval_us, now_us))
		return;
	if (xnb_shape_is_on(port))
		port->shape_chunks = chunks_max(&port->receive);
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		queue->ring_short =
			xnb_shape_is_on(port) || queue->egress.first;
	}
	release(w, port);
}

bool xnb_shape_waits(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	if (!xnb_shape_is_on(port) ||
	    xnb_rate_credit(&port->receive, w->now_us) > 0)
		return false;
	if (!port->shaped) {
		port->shaped_due_us = xnb_rate_due(w, &port->receive);
		TAILQ_INSERT_TAIL(&w->shaped, port, shaped_link);
		xnb_rate_arm(w, port->shaped_due_us);
	}
	port->shaped |= UINT32_C(1) << queue->index;
	return true;
}

uint64_t xnb_shape_expired(struct xnb_worker *w)
{
	struct xnb_port *port = TAILQ_FIRST(&w->shaped), *next;
	uint64_t due_us = UINT64_MAX;

	for (; port; port = next) {
		next = TAILQ_NEXT(port, shaped_link);
		if (port->shaped_due_us <= w->now_us)
			release(w, port);
		else if (port->shaped_due_us < due_us)
			due_us = port->shaped_due_us;
	}
	return due_us;
}

void xnb_shape_forget(struct xnb_worker *w, struct xnb_port *port)
{
	(void)take_shaped(w, port);
}
