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
 * worker's guests sent.
 * Thread: each worker, behind its rounds; what it changes, in a pause.
 */
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
	for (uint32_t i = 0; i < port->queue_count; i++)
		if (port->queue[i].egress.first)
			xnb_held_begin(to, &port->queue[i]);
	xnb_kick(port); /* also what others left for `from` */
}

void xnb_balance_give(struct xnb_worker *from, struct xnb_worker *to,
		      uint16_t domid)
{
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

struct guest {
	uint16_t domid;
	uint64_t work;
};

/* What each guest of the worker's sent since the last look; how many there
 * are. `ret` has room for XN_VIFS_MAX. */
static uint32_t count_work(struct xnb_worker *w, struct guest *ret,
			   uint64_t *ret_sum)
{
	uint32_t count = 0;

	*ret_sum = 0;
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		struct xnb_port *port = &w->port[slot];
		uint32_t i = 0;

		if (port->worker != w || port->state != XNB_PORT_LIVE ||
		    port->work == 0)
			continue;
		while (i < count && ret[i].domid != port->owner.domid)
			i++;
		if (i == count)
			ret[count++] =
				(struct guest){.domid = port->owner.domid};
		ret[i].work += port->work;
		*ret_sum += port->work;
		port->work = 0;
	}
	return count;
}

/* The guest whose going evens the two out best; NULL: none is worth it. */
static const struct guest *choose(const struct guest *guest, uint32_t count,
				  uint64_t sum, uint32_t mine, uint32_t others)
{
	const struct guest *best = NULL;
	uint32_t best_max = mine - GAIN_MIN;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t part = (uint32_t)(guest[i].work * mine / sum);
		uint32_t here = mine - part, there = others + part;
		uint32_t max = here > there ? here : there;

		if (max < best_max) {
			best_max = max;
			best = &guest[i];
		}
	}
	return best;
}

/* In a pause, so that nobody else moves anybody. */
static void even_out(struct xnb_worker *w)
{
	struct guest guest[XN_VIFS_MAX];
	struct xnb_crew *crew = w->crew;
	struct xnb_worker *other = least_busy(w);
	const struct guest *chosen;
	uint64_t sum;
	uint32_t count = count_work(w, guest, &sum);

	if (count < 2 || w->now_us - atomic_load(&crew->moved_us) < REST_US)
		return;
	chosen = choose(guest, count, sum, atomic_load(&w->load),
			load_of(other, w->now_us));
	if (!chosen)
		return;
	xnb_balance_give(w, other, chosen->domid);
	atomic_store(&crew->moved_us, w->now_us);
	xnb_count(&w->counters->guests_moved, 1);
}

void xnb_balance_look(struct xnb_worker *w)
{
	struct xnb_crew *crew = w->crew;
	uint64_t passed_us = w->now_us - w->load_us;
	uint64_t waited_us = w->waited_us;
	uint32_t load;

	if (passed_us < LOOK_US || !w->sw)
		return;
	if (w->load_us == 0) { /* the first time */
		w->load_us = w->now_us;
		return;
	}
	if (waited_us > passed_us)
		waited_us = passed_us;
	load = (uint32_t)((passed_us - waited_us) * 1000 / passed_us);
	w->load_us = w->now_us;
	w->waited_us = 0;
	atomic_store(&w->load, load);
	atomic_store(&w->load_until_us, w->now_us + 3 * LOOK_US);
	if (load < BUSY || w->now_us - crew->born_us < crew->settle_us ||
	    w->now_us - atomic_load(&crew->moved_us) < REST_US ||
	    load_of(least_busy(w), w->now_us) + 2 * GAIN_MIN > load)
		return;
	xnb_crew_pause(w);
	even_out(w);
	xnb_crew_resume(w, false);
}
