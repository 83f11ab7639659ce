/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues whose rings are looked at without being asked to: what they sent was
 * served a moment ago, and as long as the worker is awake they need no
 * notification. Their guests are not asked for one (req_event is not armed)
 * and their sending channels stay masked, so what they send costs no system
 * call on either side.
 *
 * The list is short: who comes when it is full takes the place of the one that
 * sent nothing for longest, and that one is armed. Before the worker sleeps
 * all are armed, and looked at once more.
 * Thread: the worker.
 */
#include "netback/ring/tx_respond.h"
#include "netback/worker_state.h"

static void leave(struct xnb_worker *w, struct xnb_queue *queue)
{
	TAILQ_REMOVE(&w->lingering, queue, linger_link);
	w->linger_count--;
	queue->lingers = false;
}

/* Back to waiting for an event. */
static void arm(struct xnb_worker *w, struct xnb_queue *queue)
{
	leave(w, queue);
	if (xnb_tx_arm(&queue->tx))
		xnb_queue_ready(w, queue);
	else
		xnb_queue_unmask(queue);
}

void xnb_linger(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (queue->lingers)
		leave(w, queue);
	if (w->linger_count == XNB_LINGER_MAX)
		arm(w, TAILQ_FIRST(&w->lingering));
	TAILQ_INSERT_TAIL(&w->lingering, queue, linger_link);
	w->linger_count++;
	queue->lingers = true;
	xnb_queue_unmask_rx(queue);
}

bool xnb_linger_look(struct xnb_worker *w)
{
	struct xnb_queue *queue, *next;
	bool found = false;

	for (queue = TAILQ_FIRST(&w->lingering); queue; queue = next) {
		next = TAILQ_NEXT(queue, linger_link);
		if (!xnb_tx_pending(&queue->tx))
			continue;
		leave(w, queue);
		xnb_queue_ready(w, queue);
		found = true;
	}
	return found;
}

void xnb_linger_end(struct xnb_worker *w)
{
	struct xnb_queue *queue;

	while ((queue = TAILQ_FIRST(&w->lingering)))
		arm(w, queue);
}

void xnb_linger_forget(struct xnb_worker *w, struct xnb_queue *queue)
{
	if (queue->lingers)
		leave(w, queue);
}
