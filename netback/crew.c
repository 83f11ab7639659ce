/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See crew.h. Locks sleep in the kernel, as their holders may have lost the
 * processor: a host with more workers than processors only gets slower.
 */
#include "netback/crew.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netback/worker_state.h"

/* A pause waits so long for each worker before it offers its processor. */
#define PAUSE_SPINS 1000u

static void init_leases(struct xnb_crew *crew)
{
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++)
		(void)pthread_mutex_init(&crew->lease[slot].mutex, NULL);
}

/* Most of it is ports that may never be used, and costs nothing until then. */
struct xnb_crew *xnb_crew_create(uint32_t pool_chunks)
{
	struct xnb_crew *crew =
		mmap(NULL, sizeof(*crew), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (crew == MAP_FAILED)
		return NULL;
	crew->grants_left = XNB_GRANTS_WORKER_MAX;
	(void)pthread_mutex_init(&crew->control, NULL);
	(void)pthread_mutex_init(&crew->pause, NULL);
	(void)pthread_mutex_init(&crew->report, NULL);
	init_leases(crew);
	crew->pool = xnb_pool_create(pool_chunks);
	if (!crew->pool) {
		xnb_crew_destroy(crew);
		return NULL;
	}
	return crew;
}

void xnb_crew_destroy(struct xnb_crew *crew)
{
	if (!crew)
		return;
	xnb_pool_destroy(crew->pool);
	xsw_switch_destroy(crew->sw);
	munmap(crew, sizeof(*crew));
}

/* ---- rounds and pauses ---- */

/* Says that it is in a round, and looks then whether it may: who pauses the
 * others says so, and looks then who is in one. One of the two sees the other.
 */
void xnb_crew_enter_shared(struct xnb_worker *w)
{
	struct xnb_crew *crew = w->crew;

	for (;;) {
		atomic_store(&w->in_round, true);
		if (!atomic_load(&crew->pausing))
			return;
		atomic_store(&w->in_round, false);
		(void)pthread_mutex_lock(&crew->pause); /* until it is over */
		(void)pthread_mutex_unlock(&crew->pause);
	}
}

void xnb_crew_leave_shared(struct xnb_worker *w)
{
	atomic_store_explicit(&w->in_round, false, memory_order_release);
}

void xnb_crew_pause_shared(struct xnb_worker *w)
{
	struct xnb_crew *crew = w->crew;

	(void)pthread_mutex_lock(&crew->pause);
	atomic_store(&crew->pausing, true);
	for (uint32_t i = 0; i < crew->count; i++) {
		uint32_t spins = 0;

		while (crew->worker[i] != w &&
		       atomic_load(&crew->worker[i]->in_round))
			if (++spins % PAUSE_SPINS == 0)
				(void)sched_yield();
			else
				xn_spin_pause();
	}
}

void xnb_crew_let_pause(struct xnb_worker *w)
{
	if (!atomic_load_explicit(&w->crew->pausing, memory_order_relaxed))
		return;
	xnb_crew_leave_shared(w);
	xnb_crew_enter_shared(w);
	w->now_us = w->clock_us();
	w->now_ms = w->now_us / 1000;
}

void xnb_worker_wake(struct xnb_worker *w)
{
	const uint64_t one = 1;

	atomic_store(&w->kicked, true);
	/* It cannot be full; and who is awake looks at `kicked`. */
	if (atomic_exchange(&w->asleep, false))
		(void)!write(w->kick_fd, &one, sizeof(one));
}

void xnb_crew_resume_shared(struct xnb_worker *w, bool wake_all)
{
	struct xnb_crew *crew = w->crew;

	atomic_store(&crew->pausing, false);
	(void)pthread_mutex_unlock(&crew->pause);
	for (uint32_t i = 0; wake_all && i < crew->count; i++)
		if (crew->worker[i] != w)
			xnb_worker_wake(crew->worker[i]);
}

/* ---- leases ---- */

static struct xnb_lease *lease_of(const struct xnb_worker *w,
				  const struct xnb_port *port)
{
	return &w->crew->lease[port->slot];
}

static void note_holder(struct xnb_lease *lease, struct xnb_worker *w)
{
	atomic_store_explicit(&lease->holder, w, memory_order_relaxed);
}

bool xnb_lease_is_mine(const struct xnb_worker *w, const struct xnb_port *port)
{
	return atomic_load_explicit(&lease_of(w, port)->holder,
				    memory_order_relaxed) == w;
}

void xnb_lease_take_shared(struct xnb_worker *w, const struct xnb_port *port)
{
	(void)pthread_mutex_lock(&lease_of(w, port)->mutex);
	note_holder(lease_of(w, port), w);
}

bool xnb_lease_try(struct xnb_worker *w, const struct xnb_port *port)
{
	if (pthread_mutex_trylock(&lease_of(w, port)->mutex) != 0)
		return false;
	note_holder(lease_of(w, port), w);
	return true;
}

void xnb_lease_give(struct xnb_worker *w, const struct xnb_port *port)
{
	note_holder(lease_of(w, port), NULL);
	(void)pthread_mutex_unlock(&lease_of(w, port)->mutex);
}

/* ---- kicks ---- */

void xnb_kick(const struct xnb_port *port)
{
	struct xnb_worker *w = port->worker;
	uint64_t bit = UINT64_C(1) << port->slot % 64;

	(void)atomic_fetch_or(&w->kick[port->slot / 64], bit);
	xnb_worker_wake(w);
}

/* Frames that wait get into the lists of their vif's worker only here. */
static void look_at(struct xnb_worker *w, struct xnb_port *port)
{
	uint32_t broken;
	bool taken;

	/* Who has it now was kicked when it got it. */
	if (port->state != XNB_PORT_LIVE || port->worker != w)
		return;
	taken = xnb_lease_enter(w, port);
	broken = port->broken;
	for (uint32_t i = 0; !broken && i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		if (!queue->egress.first)
			continue;
		if (!queue->held)
			xnb_held_begin(w, queue);
		xnb_egress_wait(w, queue);
	}
	xnb_lease_leave(w, port, taken);
	if (broken)
		xnb_port_fault(w, &port->queue[0], broken);
}

void xnb_kicks_take(struct xnb_worker *w)
{
	if (!atomic_load_explicit(&w->kicked, memory_order_relaxed))
		return;
	atomic_store(&w->kicked, false);
	for (uint32_t i = 0; i < XN_VIFS_MAX / 64; i++) {
		uint64_t set = atomic_exchange(&w->kick[i], 0);

		for (; set; set &= set - 1)
			look_at(w, &w->port[i * 64 +
					    (uint32_t)__builtin_ctzll(set)]);
	}
}

bool xnb_worker_may_sleep(struct xnb_worker *w)
{
	if (w->crew->count == 1)
		return true;
	atomic_store(&w->asleep, true);
	if (!atomic_load(&w->kicked))
		return true;
	atomic_store(&w->asleep, false);
	return false;
}
