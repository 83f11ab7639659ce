/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose turn it is: deficit round robin over vifs. Each turn gives a vif a
 * budget of bytes and of frames, which its queues share, each in turn; so a
 * guest with eight queues gets no more of a round than one with a single one.
 * A burst of one queue uses the frames up; what the last frame has too many
 * bytes is borrowed from the next turn.
 *
 * A vif that has used up its rate (rate.h) leaves its frames in its rings: its
 * queues are parked, with the sending channels masked, until the one timer for
 * all such vifs finds its credit worth a turn.
 * Thread: the worker.
 */
#include "netback/count.h"
#include "netback/ring/redo.h"
#include "netback/ring/tx_respond.h"
#include "netback/worker_state.h"

static uint32_t bit_of(const struct xnb_queue *queue)
{
	return UINT32_C(1) << queue->index;
}

void xnb_queue_ready(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	if (!port->ready) {
		TAILQ_INSERT_TAIL(&w->ready, port, ready_link);
		w->ready_count++;
	}
	port->ready |= bit_of(queue);
}

/* The queues that were ready; none is any more. */
static uint32_t take_ready(struct xnb_worker *w, struct xnb_port *port)
{
	uint32_t set = port->ready;

	if (!set)
		return 0;
	port->ready = 0;
	TAILQ_REMOVE(&w->ready, port, ready_link);
	w->ready_count--;
	return set;
}

uint64_t xnb_rate_due(const struct xnb_worker *w, const struct xnb_rate *rate)
{
	uint64_t due_us = w->now_us + xnb_rate_wait_us(rate);

	return (due_us + XNB_RATE_WAIT_US - 1) / XNB_RATE_WAIT_US *
	       XNB_RATE_WAIT_US;
}

void xnb_rate_arm(struct xnb_worker *w, uint64_t due_us)
{
	uint64_t delay_us = due_us > w->now_us ? due_us - w->now_us : 1;

	if (w->rate_due_us != 0 && w->rate_due_us <= due_us)
		return;
	w->rate_due_us = due_us;
	xnb_timer_set(w->rate_fd, delay_us);
}

static void park(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	if (!port->parked) {
		port->due_us = xnb_rate_due(w, &port->rate);
		TAILQ_INSERT_TAIL(&w->parked, port, parked_link);
		xnb_rate_arm(w, port->due_us);
		xnb_count(&port->counters->rate_waits, 1);
	}
	port->parked |= bit_of(queue);
	xnb_queue_unmask_rx(queue);
}

static uint32_t take_parked(struct xnb_worker *w, struct xnb_port *port)
{
	uint32_t set = port->parked;

	if (!set)
		return 0;
	port->parked = 0;
	TAILQ_REMOVE(&w->parked, port, parked_link);
	if (TAILQ_EMPTY(&w->parked) && TAILQ_EMPTY(&w->shaped)) {
		w->rate_due_us = 0;
		xnb_timer_set(w->rate_fd, 0);
	}
	return set;
}

void xnb_port_unpark(struct xnb_worker *w, struct xnb_port *port)
{
	uint32_t set = take_parked(w, port);

	for (; set; set &= set - 1)
		xnb_queue_ready(w, &port->queue[__builtin_ctz(set)]);
}

/* One look at each vif that waits; the timer comes at most once in
 * XNB_RATE_WAIT_US. */
void xnb_rate_expired(struct xnb_worker *w)
{
	struct xnb_port *port = TAILQ_FIRST(&w->parked), *next;
	uint64_t due_us;

	w->rate_due_us = 0;
	due_us = xnb_shape_expired(w);
	for (; port; port = next) {
		next = TAILQ_NEXT(port, parked_link);
		if (port->due_us <= w->now_us)
			xnb_port_unpark(w, port);
		else if (port->due_us < due_us)
			due_us = port->due_us;
	}
	if (due_us != UINT64_MAX)
		xnb_rate_arm(w, due_us);
}

void xnb_port_unready(struct xnb_worker *w, struct xnb_port *port)
{
	(void)take_ready(w, port);
	(void)take_parked(w, port);
	xnb_shape_forget(w, port);
}

/* Noted like a burst of the guest's own: what this vif is sent may be what we
 * die of, and only then is it known of whom. */
static void drain_egress(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_redo *redo = queue->port->redo;

	if (queue->port->drain_left == 0) {
		xnb_queue_ready(w, queue);
		return;
	}
	xnb_redo_enter(redo, queue->index, queue->tx.next);
	xnb_egress_drain(w, queue);
	xnb_redo_leave(redo);
}

/* What it is sent, or was: with this vif's lease. */
static void catch_up(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;
	bool taken = xnb_lease_enter(w, port);

	if (queue->egress.first)
		drain_egress(w, queue);
	else if (port->stalled)
		xnb_stall_check(w, queue);
	xnb_lease_leave(w, port, taken);
}

/* Bytes that the vif may send at once; 0: its rate is used up. */
static uint64_t allowance(struct xnb_worker *w, struct xnb_port *port)
{
	uint64_t credit = (uint64_t)port->credit;
	uint64_t rate;

	if (!xnb_rate_is_limited(&port->rate))
		return credit;
	if (port->parked)
		return 0;
	rate = xnb_rate_credit(&port->rate, w->now_us);
	return rate < credit ? rate : credit;
}

/* Frames wait in the ring: one burst of them, if it is possible. False: parked.
 */
static bool send_some(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;
	uint64_t bytes;

	if (port->credit <= 0 || port->frames_left == 0)
		return true;
	bytes = allowance(w, port);
	if (bytes == 0) {
		park(w, queue);
		return false;
	}
	port->turn = queue->index + 1;
	xnb_tx_serve(w, queue, (uint32_t)bytes);
	return true;
}

/* It has sent, or not: true if it is looked at from now on; else it is ready
 * again, or armed. */
static bool lingers(struct xnb_worker *w, struct xnb_queue *queue, bool sent)
{
	bool pending = xnb_tx_pending(&queue->tx);

	if (!pending && sent && xn_spin_is_on(&w->spin)) {
		xnb_linger(w, queue);
		return true;
	}
	/* An event for what it receives moves nobody up. */
	if (!pending && queue->lingers) {
		xnb_queue_unmask_rx(queue);
		return true;
	}
	if (pending || xnb_tx_arm(&queue->tx))
		xnb_queue_ready(w, queue);
	return false;
}

/* One burst at most; then the queue is ready again, parked, looked at, or
 * armed and unmasked. */
static void serve(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	/* What others left waits for their kick. */
	if (queue->held || port->stalled)
		catch_up(w, queue);
	if (port->state != XNB_PORT_LIVE)
		return;
	if (port->taking) {
		bool sent = xnb_tx_pending(&queue->tx);

		if (sent && !send_some(w, queue))
			return;
		if (port->state != XNB_PORT_LIVE)
			return;
		if (lingers(w, queue, sent))
			return;
	}
	if (!(port->ready & bit_of(queue)))
		xnb_queue_unmask(queue);
}

/* The queue whose turn it is. */
static uint32_t next_of(uint32_t set, uint32_t turn)
{
	uint32_t later = set & UINT32_MAX << turn;

	return (uint32_t)__builtin_ctz(later ? later : set);
}

static void serve_port(struct xnb_worker *w, struct xnb_port *port)
{
	uint32_t set = take_ready(w, port);

	if (port->ctrl_ready)
		xnb_ctrl_port_serve(w, port);
	port->frames_left = XNB_TX_BURST_MAX;
	port->drain_left = XNB_DRAIN_BURST;
	port->credit += XNB_CREDIT_ROUND;
	if (port->credit > XNB_CREDIT_ROUND)
		port->credit = XNB_CREDIT_ROUND;
	while (set && port->state == XNB_PORT_LIVE) {
		uint32_t index = next_of(set, port->turn);

		set &= ~(UINT32_C(1) << index);
		serve(w, &port->queue[index]);
	}
}

/* Who is always ready is not always the first to find room at a receiver. */
static void rotate(struct xnb_worker *w)
{
	struct xnb_port *port = TAILQ_FIRST(&w->ready);

	TAILQ_REMOVE(&w->ready, port, ready_link);
	TAILQ_INSERT_TAIL(&w->ready, port, ready_link);
}

/* Those that are ready now; who becomes so meanwhile waits its turn. */
void xnb_serve_ready(struct xnb_worker *w)
{
	if (w->ready_count > 1)
		rotate(w);
	for (uint32_t count = w->ready_count; count > 0; count--) {
		struct xnb_port *port = TAILQ_FIRST(&w->ready);

		if (!port)
			break;
		serve_port(w, port);
		if (count % XNB_PUBLISH_TURNS != 0)
			continue;
		xnb_deliver_publish(w);
		if (w->several)
			xnb_crew_let_pause(w);
	}
}
