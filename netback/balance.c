/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose guest is whose. A new vif goes to the worker of its guest's other vifs,
 * else to the one with the fewest. A worker that has been busy for a while
 * gives a guest away if that leaves both less busy than it is now. All of a
 * guest's vifs move together: they share a rate, an order and their grants
 * (ring/owner.h).
 *
 * How busy: the time of a look that was not spent waiting or looking for work.
 * What a guest has to do with it: its part of the frames and bytes that the
 * worker's guests sent, and of those that went through their taps, which cost
 * much more.
 * Thread: each worker, at the end of its rounds; what it changes, in a pause.
 */
#include <string.h>

#include "netback/worker_state.h"

#define LOOK_US UINT64_C(100000)
/* Between two moves: both workers' next looks show what the first one did. */
#define REST_US (3 * LOOK_US)
/* Thousandths of a worker's time. */
#define BUSY 800u
#define GAIN_MIN 100u

struct xnb_worker *xnb_balance_place(struct xnb_crew *crew, uint16_t domid,
				     uint64_t now_us)
{
	uint32_t vifs[XN_WORKERS_MAX] = {0};
	uint32_t fewest = 0;

	if (crew->count == 1)
		return crew->worker[0];
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		const struct xnb_port *port = &crew->port[slot];

		if (port->state == XNB_PORT_FREE || !port->worker)
			continue;
		if (port->owner.domid == domid)
			return port->worker;
		vifs[port->worker->index]++;
	}
	if (now_us - crew->born_us < crew->settle_us)
		return crew->worker[0];
	for (uint32_t i = 1; i < crew->count; i++)
		if (vifs[i] < vifs[fewest])
			fewest = i;
	return crew->worker[fewest];
}

static void give_port(struct xnb_worker *from, struct xnb_worker *to,
		      struct xnb_port *port)
{
	xnb_port_unlist(from, port);
	port->worker = to;
	port->tap_round = UINT64_MAX; /* none of this worker's */
	if (xnb_port_enter(to, port) < 0)
		port->broken = XN_DL_FAULT_CHANNEL; /* nobody would hear it */
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		if (!queue->egress.first)
			continue;
		xnb_held_begin(to, queue);
		queue->held_ms = from->now_ms; /* `to` may have slept long */
	}
	if (port->stall_told != (port->stalled != 0))
		to->stalls_untold = true;
	xnb_kick(port); /* also what others left for `from` */
}

/* In a pause. */
void xnb_balance_give(struct xnb_worker *from, struct xnb_worker *to,
		      uint16_t domid)
{
	from->crew->changes++;
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		struct xnb_port *port = &from->port[slot];

		if (port->state == XNB_PORT_FREE || port->worker != from ||
		    port->owner.domid != domid)
			continue;
		if (port->state == XNB_PORT_LIVE)
			give_port(from, to, port);
		else
			port->worker = to; /* it is in no list */
	}
}

/* A worker that sleeps does not say how busy it is. */
static uint32_t load_of(struct xnb_worker *w, uint64_t now_us)
{
	uint64_t until_us = atomic_load(&w->load_until_us);

	return now_us < until_us ? atomic_load(&w->load) : 0;
}

static struct xnb_worker *least_busy(struct xnb_worker *w)
{
	struct xnb_crew *crew = w->crew;
	struct xnb_worker *best = NULL;

	for (uint32_t i = 0; i < crew->count; i++) {
		struct xnb_worker *other = crew->worker[i];

		if (other != w && (!best || load_of(other, w->now_us) <
						    load_of(best, w->now_us)))
			best = other;
	}
	return best;
}

/* The slot under which a guest's work is counted: the lowest of its vifs'. */
static uint32_t leader_of(const struct xnb_port *port)
{
	const struct xnb_owner *owner = port->owner.next;
	uint32_t slot = port->slot;

	for (; owner && owner != &port->owner; owner = owner->next) {
		const struct xnb_port *other = xnb_port_of_const(owner);

		if (other->slot < slot)
			slot = other->slot;
	}
	return slot;
}

/* Each guest's work since the last count, at its leader's slot; returns how
 * many guests had any. `ret` is of XN_VIFS_MAX. */
static uint32_t count_work(struct xnb_worker *w, uint64_t *ret,
			   uint64_t *ret_sum)
{
	uint32_t count = 0;

	memset(ret, 0, XN_VIFS_MAX * sizeof(*ret));
	*ret_sum = 0;
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		struct xnb_port *port = &w->port[slot];
		uint64_t *work;

		if (port->worker != w || port->state != XNB_PORT_LIVE ||
		    port->work == 0)
			continue;
		work = &ret[leader_of(port)];
		count += *work == 0;
		*work += port->work;
		*ret_sum += port->work;
		port->work = 0;
	}
	return count;
}

/* The guest whose going evens the two out best, by its leader; XN_VIFS_MAX:
 * none is worth it. */
static uint32_t choose(const uint64_t *work, uint64_t sum, uint32_t mine,
		       uint32_t others)
{
	uint32_t best = XN_VIFS_MAX, best_max = mine - GAIN_MIN;

	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		uint32_t part = (uint32_t)(work[slot] * mine / sum);
		uint32_t here = mine - part, there = others + part;
		uint32_t max = here > there ? here : there;

		if (work[slot] > 0 && max < best_max) {
			best_max = max;
			best = slot;
		}
	}
	return best;
}

static bool is_resting(const struct xnb_worker *w)
{
	const struct xnb_crew *crew = w->crew;
	int64_t since_us = (int64_t)(w->now_us - atomic_load(&crew->moved_us));

	return w->now_us - crew->born_us < crew->settle_us ||
	       since_us < (int64_t)REST_US;
}

static uint32_t note_load(struct xnb_worker *w, uint64_t passed_us)
{
	uint64_t waited_us = w->waited_us;
	uint32_t load;

	if (waited_us > passed_us)
		waited_us = passed_us;
	load = (uint32_t)((passed_us - waited_us) * 1000 / passed_us);
	w->load_us = w->now_us;
	w->waited_us = 0;
	atomic_store(&w->load, load);
	atomic_store(&w->load_until_us, w->now_us + 3 * LOOK_US);
	return load;
}

void xnb_balance_look(struct xnb_worker *w)
{
	uint64_t work[XN_VIFS_MAX], sum, passed_us = w->now_us - w->load_us;
	struct xnb_worker *other;
	uint32_t load, slot;
	bool fresh;

	if (passed_us < LOOK_US || !w->sw)
		return;
	if (w->load_us == 0) { /* the first time */
		w->load_us = w->now_us;
		return;
	}
	load = note_load(w, passed_us);
	if (load < BUSY || is_resting(w))
		return;
	other = least_busy(w);
	fresh = w->now_us - w->counted_us < 3 * LOOK_US;
	w->counted_us = w->now_us;
	/* What was counted long ago says nothing of now. */
	if (count_work(w, work, &sum) < 2 || !fresh)
		return;
	slot = choose(work, sum, load, load_of(other, w->now_us));
	if (slot == XN_VIFS_MAX)
		return;
	w->to_give = other;
	w->given = w->port[slot].owner.domid;
}

void xnb_balance_act(struct xnb_worker *w)
{
	struct xnb_worker *to = w->to_give;

	w->to_give = NULL;
	xnb_crew_pause(w);
	/* Another worker may have been faster. */
	if (!is_resting(w)) {
		xnb_balance_give(w, to, w->given);
		atomic_store(&w->crew->moved_us, w->now_us);
		xnb_count(&w->counters->guests_moved, 1);
	}
	xnb_crew_resume(w, false);
}
