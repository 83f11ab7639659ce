/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Receivers' answers: in the log when a burst was copied, in the ring when the
 * round ends. Who gets a frame of each of many bursts is published once, and
 * the barrier between publishing and the look at the event index is paid once
 * for many receivers; with several workers once for each, under its lease, and
 * for another worker's vifs with each burst.
 * Thread: the worker.
 */
#include "netback/count.h"
#include "netback/worker_state.h"

/* Receivers that are published with one barrier. */
#define XNB_PUBLISH_QUEUES 64u

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

/* Of a vif that broke its rings meanwhile: their senders were answered. */
static void drop_committed(struct xnb_queue *queue)
{
	struct xnb_rx_result *result = &queue->rx.result;

	xnb_drop(queue->port, XN_DROP_PORT_CLOSED,
		 (uint64_t)result->frames[XNB_RX_FROM_GUEST] +
			 result->frames[XNB_RX_FROM_TWIN]);
	*result = (struct xnb_rx_result){0};
}

/* Up to XNB_PUBLISH_QUEUES receivers, with one barrier. */
static void publish(struct xnb_queue **queue, uint32_t count)
{
	uint32_t old[XNB_PUBLISH_QUEUES];

	for (uint32_t i = 0; i < count; i++) {
		struct xnb_rx_result result;

		if (!xnb_port_takes(queue[i]->port)) {
			drop_committed(queue[i]);
			continue;
		}
		old[i] = xnb_rx_publish(&queue[i]->rx, &result);
		count_published(queue[i]->port, &result);
	}
	xnb_event_barrier();
	for (uint32_t i = 0; i < count; i++) {
		if (xnb_port_takes(queue[i]->port) &&
		    xnb_rx_wants_event(&queue[i]->rx, old[i]))
			xnb_port_notify(queue[i]->port, queue[i]->rx_port);
	}
}

/* With several workers: of one's own vif, or under a lease that is held. */
static void publish_leased(struct xnb_worker *w, struct xnb_queue *queue)
{
	bool taken = xnb_lease_enter(w, queue->port);

	publish(&queue, 1);
	xnb_lease_leave(w, queue->port, taken);
}

/* A receiver that is given so many slots is told at once: only then can it post
 * new ones, and it is to keep up with many who send to it. */
#define PUBLISH_SLOTS (XNB_RX_RING_SIZE / 2)

void xnb_deliver_answer(struct xnb_worker *w, struct xnb_queue *queue)
{
	xnb_rx_commit(&queue->rx);
	if (queue->port->worker != w) {
		/* Its own worker knows nothing of it. */
		publish(&queue, 1);
		return;
	}
	if (queue->rx.next - queue->rx.published >= PUBLISH_SLOTS)
		publish(&queue, 1);
	if (queue->unpublished)
		return;
	queue->unpublished = true;
	w->unpublished[w->unpublished_count++] = queue;
}

static void publish_all(struct xnb_worker *w)
{
	if (w->several) {
		for (uint32_t i = 0; i < w->unpublished_count; i++)
			publish_leased(w, w->unpublished[i]);
		return;
	}
	for (uint32_t done = 0; done < w->unpublished_count;) {
		uint32_t left = w->unpublished_count - done;
		uint32_t count =
			left < XNB_PUBLISH_QUEUES ? left : XNB_PUBLISH_QUEUES;

		publish(&w->unpublished[done], count);
		done += count;
	}
}

void xnb_deliver_publish(struct xnb_worker *w)
{
	publish_all(w);
	for (uint32_t i = 0; i < w->unpublished_count; i++)
		w->unpublished[i]->unpublished = false;
	w->unpublished_count = 0;
}
