/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that take nothing. A queue whose frames wait is in one of two lists,
 * by whether its guest tells when it posts buffers, the longest without a
 * frame taken first; so the tick looks at the first of each only.
 *
 *   it tells      after XNB_STALL_MS the vif is stalled: all that waits is
 *                 dropped, and what comes for it is dropped at once, until each
 *                 stalled queue has the buffers that it lacked
 *   it does not   nobody can know when it posts: after XNB_EXPIRE_MS what
 *                 waits in the queue is dropped, and others may wait then
 *
 * Control is told of stalls as far as there is room for events; what it missed
 * is said again at the next tick.
 * Thread: the worker.
 */
#include "netback/count.h"
#include "netback/worker_state.h"

static struct xnb_queue_list *list_of(struct xnb_worker *w,
				      const struct xnb_queue *queue)
{
	return queue->port->frontend & XN_DL_FE_RX_NOTIFY ? &w->held
							  : &w->held_silent;
}

void xnb_held_begin(struct xnb_worker *w, struct xnb_queue *queue)
{
	queue->held_ms = w->now_ms;
	queue->held = true;
	TAILQ_INSERT_TAIL(list_of(w, queue), queue, held_link);
}

void xnb_held_end(struct xnb_worker *w, struct xnb_queue *queue)
{
	queue->held = false;
	TAILQ_REMOVE(list_of(w, queue), queue, held_link);
}

void xnb_held_progress(struct xnb_worker *w, struct xnb_queue *queue)
{
	xnb_held_end(w, queue);
	xnb_held_begin(w, queue);
}

static void tell(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_event event = {
		.stall = {
			.header = {XN_DL_VIF_STALL, XN_DATALINK_VERSION},
			.slot = port->slot,
			.generation = port->generation,
			.stalled = port->stalled != 0,
		}};

	if (port->stall_told == (port->stalled != 0))
		return;
	if (xnb_mailbox_put(w->events, &event, XNB_EVENTS_RESERVED))
		port->stall_told = port->stalled != 0;
	else
		w->stalls_untold = true;
}

static void tell_again(struct xnb_worker *w)
{
	w->stalls_untold = false;
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		if (w->port[slot].worker == w &&
		    w->port[slot].state == XNB_PORT_LIVE)
			tell(w, &w->port[slot]);
	}
}

static void stall_leased(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	queue->stall_slots = xnb_egress_slots(w, queue);
	if (xnb_rx_arm(&queue->rx, queue->stall_slots)) {
		/* It did post, and did not tell. */
		xnb_held_progress(w, queue);
		xnb_queue_ready(w, queue);
		return;
	}
	port->stalled |= UINT32_C(1) << queue->index;
	xnb_count(&port->counters->stalls, 1);
	for (uint32_t i = 0; i < port->queue_count; i++)
		xnb_egress_purge(w, &port->queue[i], XN_DROP_STALLED);
	tell(w, port);
}

static void stall(struct xnb_worker *w, struct xnb_queue *queue)
{
	bool taken = xnb_lease_enter(w, queue->port);

	stall_leased(w, queue);
	xnb_lease_leave(w, queue->port, taken);
}

static void expire(struct xnb_worker *w, struct xnb_queue *queue)
{
	bool taken;

	/* It is not the guest that they wait for. */
	if (queue->port->shaped & UINT32_C(1) << queue->index) {
		xnb_held_progress(w, queue);
		return;
	}
	taken = xnb_lease_enter(w, queue->port);
	xnb_egress_purge(w, queue, XN_DROP_STALLED);
	xnb_egress_resume_taps(w, queue);
	xnb_lease_leave(w, queue->port, taken);
}

/* Each turn takes the first queue out of its list, or to its end. */
void xnb_stall_tick(struct xnb_worker *w)
{
	struct xnb_queue *queue;

	if (w->stalls_untold)
		tell_again(w);
	while ((queue = TAILQ_FIRST(&w->held)) &&
	       w->now_ms - queue->held_ms >= XNB_STALL_MS)
		stall(w, queue);
	while ((queue = TAILQ_FIRST(&w->held_silent)) &&
	       w->now_ms - queue->held_ms >= XNB_EXPIRE_MS)
		expire(w, queue);
}

bool xnb_stall_watches(const struct xnb_worker *w)
{
	return w->stalls_untold || !TAILQ_EMPTY(&w->held) ||
	       !TAILQ_EMPTY(&w->held_silent);
}

void xnb_stall_check(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;
	uint32_t bit = UINT32_C(1) << queue->index;

	if (!(port->stalled & bit) ||
	    !xnb_rx_arm(&queue->rx, queue->stall_slots))
		return;
	port->stalled &= ~bit;
	if (port->stalled)
		return;
	tell(w, port);
	for (uint32_t i = 0; i < port->queue_count; i++)
		xnb_twin_resume(w, &port->queue[i]);
}
