/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See worker.h. A round: whatever epoll reports is taken (events, taps, the
 * timers), then each ready vif has its turn (schedule.c), then control's
 * commands are done. With nothing ready the worker sleeps without a
 * time limit; the timers are armed only while something waits for them.
 *
 * An event channel is masked from the moment its event was taken until its
 * queue has nothing left to do, so a storm of events costs a guest more than
 * it costs us.
 */
#include "netback/worker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "netback/ring/redo.h"
#include "netback/worker_state.h"

static struct timespec timespec_of(uint64_t us)
{
	return (struct timespec){
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000,
	};
}

void xnb_timer_set(int fd, uint64_t delay_us)
{
	struct itimerspec spec = {
		.it_value = timespec_of(delay_us),
	};

	(void)timerfd_settime(fd, 0, &spec, NULL);
}

/* The first worker ages the tables, and is told when there is a first station
 * to forget. */
static uint64_t ageing_due(struct xnb_worker *w)
{
	uint64_t due = xsw_tick_due(w->sw);

	if (w->index == 0)
		return due;
	if (due && !w->ageing)
		xnb_worker_wake(w->crew->worker[0]);
	w->ageing = due != 0;
	return 0;
}

/* When the switch has to forget somebody; soon while guests that take nothing
 * are watched, or while control is still to be told that events were lost. */
static void tick_arm(struct xnb_worker *w)
{
	uint64_t soon = w->now_ms + XNB_TICK_MS;
	uint64_t due = ageing_due(w);
	uint64_t delay;

	if (xnb_stations_wait(w) || xnb_stall_watches(w)) {
		if (w->tick_due_ms && w->tick_due_ms <= soon)
			return;
		if (!due || due > soon)
			due = soon;
	}
	if (due == w->tick_due_ms)
		return;
	w->tick_due_ms = due;
	delay = due > w->now_ms ? due - w->now_ms : 1;
	if (delay > XNB_TICK_MAX_MS)
		delay = XNB_TICK_MAX_MS;
	xnb_timer_set(w->tick_fd, due ? delay * 1000 : 0);
}

void xnb_drain_arm(struct xnb_worker *w)
{
	if (w->drain_armed)
		return;
	w->drain_armed = true;
	xnb_timer_set(w->drain_fd, XNB_DRAIN_US);
}

static void timer_take(int fd)
{
	uint64_t expirations;

	(void)!read(fd, &expirations, sizeof(expirations));
}

static void tick(struct xnb_worker *w)
{
	uint64_t due = xsw_tick_due(w->sw);

	timer_take(w->tick_fd);
	w->tick_due_ms = 0;
	w->ticked = w->index == 0 && due && due <= w->now_ms;
	if (!w->ticked)
		xnb_stations_report(w);
	xnb_stall_tick(w);
}

/* In a pause. */
static void age(struct xnb_worker *w)
{
	w->ticked = false;
	xsw_tick(w->sw, w->now_ms);
	xnb_stations_report(w);
}

/* Guests that do not tell when they post buffers are looked at in turn. */
static void drain(struct xnb_worker *w)
{
	struct xnb_queue *queue;

	timer_take(w->drain_fd);
	w->drain_armed = false;
	while ((queue = TAILQ_FIRST(&w->silent))) {
		TAILQ_REMOVE(&w->silent, queue, silent_link);
		queue->silent = false;
		xnb_queue_ready(w, queue);
	}
}

static void take_event(struct xnb_worker *w, struct xnb_port *port)
{
	xenevtchn_port_or_error_t channel = xenevtchn_pending(port->event);

	if (channel < 0) {
		if (errno != EAGAIN && errno != EINTR)
			xnb_port_fault(w, &port->queue[0], XN_DL_FAULT_CHANNEL);
		return;
	}
	xnb_count(&port->counters->events_taken, 1);
	if (port->ctrl_page && port->ctrl_port == (uint32_t)channel) {
		port->ctrl_ready = true;
		port->ctrl_masked = true;
		xnb_queue_ready(w, &port->queue[0]);
	}
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		if (queue->tx_port != (uint32_t)channel &&
		    queue->rx_port != (uint32_t)channel)
			continue;
		if (queue->tx_port == (uint32_t)channel)
			queue->tx_masked = true;
		if (queue->rx_port == (uint32_t)channel)
			queue->rx_masked = true;
		xnb_queue_ready(w, queue);
	}
}

/* Noted like a burst of the guest's own: what this vif is sent may be what we
 * die of, and only then is it known of whom. */
static void read_twin(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_redo *redo = queue->port->redo;
	bool taken = xnb_lease_enter(w, queue->port);

	xnb_redo_enter(redo, queue->index, queue->tx.next);
	xnb_twin_read(w, queue);
	xnb_redo_leave(redo);
	xnb_lease_leave(w, queue->port, taken);
}

/* Another worker may have got it since epoll was asked. */
static bool is_served(const struct xnb_worker *w, const struct xnb_port *port)
{
	return port->state == XNB_PORT_LIVE && port->worker == w;
}

/* Commands come last in a round: they may end what an event of the same
 * round is about. */
static bool take_source(struct xnb_worker *w, uint64_t id)
{
	struct xnb_port *port = &w->port[(id & UINT32_MAX) >> 8];
	enum xnb_source kind = (enum xnb_source)(id >> 32);

	switch (kind) {
	case XNB_SOURCE_COMMANDS:
		return true;
	case XNB_SOURCE_TICK:
		tick(w);
		break;
	case XNB_SOURCE_DRAIN:
		drain(w);
		break;
	case XNB_SOURCE_RATE:
		timer_take(w->rate_fd);
		xnb_rate_expired(w);
		break;
	case XNB_SOURCE_KICK:
		timer_take(w->kick_fd); /* what it is for is looked at anyway */
		break;
	case XNB_SOURCE_EVENT:
		if (is_served(w, port))
			take_event(w, port);
		break;
	case XNB_SOURCE_TAP:
		if (is_served(w, port))
			read_twin(w, &port->queue[id & UINT8_MAX]);
		break;
	}
	return false;
}

static void count_plan(struct xnb_worker *w)
{
	xnb_count(&w->counters->copy_calls, w->plan.calls - w->plan_calls);
	xnb_count(&w->counters->copy_segments,
		  w->plan.segments - w->plan_segments);
	w->plan_calls = w->plan.calls;
	w->plan_segments = w->plan.segments;
}

/* Guests have sent. */
static void report(struct xnb_worker *w)
{
	const struct xnb_event event = {
		.active = {.header = {XN_DL_ACTIVE, XN_DATALINK_VERSION}}};

	xnb_stations_report(w);
	if (!atomic_load_explicit(&w->crew->watched, memory_order_relaxed) ||
	    !atomic_exchange(&w->crew->watched, false))
		return;
	/* There is always room: see message.h. */
	(void)xnb_mailbox_put(w->events, &event, 0);
}

/* What is done while no worker is in a round. */
static void work_alone(struct xnb_worker *w, bool commands)
{
	xnb_crew_pause(w);
	if (w->faulted)
		xnb_faults_report(w);
	if (w->ticked)
		age(w);
	if (commands)
		xnb_commands(w);
	if (w->sw)
		tick_arm(w);
	xnb_crew_resume(w, commands);
}

void xnb_worker_round(struct xnb_worker *w)
{
	struct epoll_event event[XNB_EPOLL_EVENTS];
	int count = xnb_wait(w, event);
	bool commands = false, alone;

	w->now_ms = w->now_us / 1000;
	w->round++;
	xnb_count(&w->counters->rounds, 1);
	if (w->woke)
		xnb_count(&w->counters->wakeups, 1);
	w->woke = false;
	xnb_kicks_take(w);
	for (int i = 0; i < count; i++)
		commands |= take_source(w, event[i].data.u64);
	xnb_serve_ready(w);
	xnb_deliver_publish(w);
	if (w->forwarded)
		report(w);
	w->forwarded = false;
	count_plan(w);
	alone = commands || w->ticked || w->faulted;
	if (w->sw && !alone)
		tick_arm(w);
	if (w->several)
		xnb_balance_look(w);
	xnb_crew_leave(w);
	if (alone)
		work_alone(w, commands);
	if (w->to_give)
		xnb_balance_act(w);
}

void xnb_worker_run(struct xnb_worker *w)
{
	while (!atomic_load_explicit(&w->crew->stop, memory_order_relaxed))
		xnb_worker_round(w);
	if (w->index > 0)
		return;
	xnb_crew_pause(w);
	xnb_ports_end(w);
	xnb_crew_resume(w, true);
}
