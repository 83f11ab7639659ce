/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is new: asked for while somebody is ready, looked for a while when
 * nobody is, slept for in the end.
 * Thread: the worker.
 */
#include <sched.h>
#include <sys/epoll.h>

#include "netback/worker_state.h"

static int ask(struct xnb_worker *w, struct epoll_event *event)
{
	w->asked_us = w->now_us;
	return epoll_wait(w->epoll_fd, event, XNB_EPOLL_EVENTS, 0);
}

/* Somebody is ready: epoll is asked now and then, for that is a system call;
 * however often rings have something, nobody else waits for longer. */
static int ask_if_due(struct xnb_worker *w, struct epoll_event *event)
{
	if (xn_spin_is_on(&w->spin) && w->now_us - w->asked_us < XNB_LOOK_US)
		return 0;
	return ask(w, event);
}

static bool is_kicked(const struct xnb_worker *w)
{
	return w->several &&
	       atomic_load_explicit(&w->kicked, memory_order_relaxed);
}

static bool look_at_rings(struct xnb_worker *w)
{
	bool found = false;

	xnb_crew_enter(w);
	for (uint32_t i = 0; !found && i < w->spin.looks; i++) {
		found = xnb_linger_look(w) || is_kicked(w);
		xn_spin_pause();
	}
	xnb_crew_leave(w);
	return found;
}

/* True: somebody is ready. */
static bool arm_all(struct xnb_worker *w)
{
	bool ready;

	xnb_crew_enter(w);
	xnb_linger_end(w);
	ready = !TAILQ_EMPTY(&w->ready);
	xnb_crew_leave(w);
	return ready;
}

/* Rings, and less often epoll, for as long as that may pay off. The number of
 * events; with 0 somebody is ready, or all are armed. */
static int look(struct xnb_worker *w, struct epoll_event *event,
		bool *ret_ready)
{
	int count;

	do {
		*ret_ready = look_at_rings(w);
		if (*ret_ready)
			return ask_if_due(w, event);
		count = ask(w, event);
		if (count > 0)
			return count;
		(void)sched_yield();
	} while (xn_spin_lasts(&w->spin, w->clock_us()));
	*ret_ready = arm_all(w);
	return 0;
}

static int sleep_for_work(struct xnb_worker *w, struct epoll_event *event)
{
	int count;

	if (!xnb_worker_may_sleep(w))
		return 0;
	count = epoll_wait(w->epoll_fd, event, XNB_EPOLL_EVENTS, -1);
	atomic_store_explicit(&w->asleep, false, memory_order_relaxed);
	w->woke = true;
	return count;
}

/* Out of work: looks for more, then sleeps. What is found in a ring is served
 * without asking for the time once more: it was asked for some looks ago. */
static int wait_for_work(struct xnb_worker *w, struct epoll_event *event)
{
	bool ready = false;
	int count = 0;

	xn_spin_begin(&w->spin, w->clock_us());
	if (xn_spin_is_on(&w->spin))
		count = look(w, event, &ready);
	else
		ready = arm_all(w);
	if (count == 0 && !ready)
		count = sleep_for_work(w, event);
	w->now_us = ready ? w->spin.seen_us : w->clock_us();
	xn_spin_end(&w->spin, w->now_us);
	w->waited_us += w->now_us - w->spin.begin_us;
	return count;
}

/* What is new, in a round from here on. */
int xnb_wait(struct xnb_worker *w, struct epoll_event *event)
{
	uint32_t changes;
	int count;

	xnb_crew_enter(w);
	if (!TAILQ_EMPTY(&w->ready)) {
		(void)xnb_linger_look(w);
		count = ask_if_due(w, event);
		w->now_us = w->clock_us();
		return count;
	}
	changes = w->crew->changes;
	xnb_crew_leave(w);
	count = wait_for_work(w, event);
	xnb_crew_enter(w);
	if (!w->several)
		return count;
	/* Behind whatever was written in a pause. */
	w->now_us = w->clock_us();
	/* They may be about vifs that are others by now. What is still so is
	 * reported again. */
	return w->crew->changes == changes ? count : 0;
}
