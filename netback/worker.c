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
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "netback/ring/redo.h"
#include "netback/worker_state.h"
#include "netconf/base/fd.h"
#include "netconf/base/loop.h"

static int watch(struct xnb_worker *w, int fd, enum xnb_source kind)
{
	struct epoll_event event = {.events = EPOLLIN,
				    .data.u64 = (uint64_t)kind << 32};

	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_descriptors(struct xnb_worker *w)
{
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->tick_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	w->drain_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	w->rate_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->epoll_fd < 0 || w->kick_fd < 0 || w->tick_fd < 0 ||
	    w->drain_fd < 0 || w->rate_fd < 0 ||
	    watch(w, w->kick_fd, XNB_SOURCE_KICK) < 0 ||
	    watch(w, w->tick_fd, XNB_SOURCE_TICK) < 0 ||
	    watch(w, w->drain_fd, XNB_SOURCE_DRAIN) < 0 ||
	    watch(w, w->rate_fd, XNB_SOURCE_RATE) < 0)
		return -errno;
	if (w->commands &&
	    watch(w, xnb_mailbox_fd(w->commands), XNB_SOURCE_COMMANDS) < 0)
		return -errno;
	return 0;
}

static void init_lists(struct xnb_worker *w)
{
	TAILQ_INIT(&w->ready);
	TAILQ_INIT(&w->parked);
	TAILQ_INIT(&w->shaped);
	TAILQ_INIT(&w->silent);
	TAILQ_INIT(&w->lingering);
	TAILQ_INIT(&w->held);
	TAILQ_INIT(&w->held_silent);
}

static void close_worker(struct xnb_worker *w)
{
	xn_close(&w->epoll_fd);
	xn_close(&w->kick_fd);
	xn_close(&w->tick_fd);
	xn_close(&w->drain_fd);
	xn_close(&w->rate_fd);
	xnb_arena_fini(&w->arena);
	if (w->gnttab)
		xengnttab_close(w->gnttab);
	munmap(w, sizeof(*w));
}

static int open_worker(struct xnb_worker *w, struct xn_err *err)
{
	int rc;

	w->gnttab = xengnttab_open(NULL, 0);
	if (!w->gnttab)
		return xn_fail(err, errno, "grant tables: %s", strerror(errno));
	xnb_copy_init(&w->plan, w->gnttab);
	if (xnb_arena_init(&w->arena) < 0)
		return xn_fail(err, ENOMEM, "no memory for packet buffers");
	rc = open_descriptors(w);
	if (rc < 0)
		return xn_fail(err, -rc, "a worker's descriptors: %s",
			       strerror(-rc));
	return 0;
}

/* The state is mapped and not allocated: most of it are lists that never get
 * so long, and costs nothing until then. */
static struct xnb_worker *add_worker(struct xnb_crew *crew,
				     struct xnb_mailbox *commands,
				     struct xnb_mailbox *events,
				     struct xn_err *err)
{
	struct xnb_worker *w =
		mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (w == MAP_FAILED) {
		xn_fail(err, ENOMEM, "no memory for a worker");
		return NULL;
	}
	w->epoll_fd = w->kick_fd = w->tick_fd = w->drain_fd = w->rate_fd = -1;
	w->clock_us = xn_now_us;
	w->crew = crew;
	w->index = crew->count;
	w->commands = commands;
	w->events = events;
	w->counters = &w->counters_unstarted;
	w->pool = crew->pool;
	w->port = crew->port;
	init_lists(w);
	if (open_worker(w, err) < 0) {
		close_worker(w);
		return NULL;
	}
	crew->worker[crew->count++] = w;
	for (uint32_t i = 0; i < crew->count; i++)
		crew->worker[i]->several = crew->count > 1;
	return w;
}

struct xnb_worker *xnb_worker_create(struct xnb_mailbox *commands,
				     struct xnb_mailbox *events,
				     uint32_t pool_chunks, struct xn_err *err)
{
	struct xnb_crew *crew = xnb_crew_create(pool_chunks);
	struct xnb_worker *w;

	if (!crew) {
		xn_fail(err, ENOMEM, "no memory for packet buffers");
		return NULL;
	}
	w = add_worker(crew, commands, events, err);
	if (!w) {
		xnb_crew_destroy(crew);
		return NULL;
	}
	crew->gnttab = w->gnttab;
	return w;
}

struct xnb_worker *xnb_worker_join(struct xnb_worker *first, struct xn_err *err)
{
	struct xnb_crew *crew = first->crew;

	if (crew->count == XN_WORKERS_MAX) {
		xn_fail(err, ENOSPC, "too many workers");
		return NULL;
	}
	xnb_pool_share(crew->pool);
	return add_worker(crew, NULL, first->events, err);
}

void xnb_worker_destroy(struct xnb_worker *first)
{
	struct xnb_crew *crew;

	if (!first)
		return;
	crew = first->crew;
	while (crew->count > 0)
		close_worker(crew->worker[--crew->count]);
	xnb_crew_destroy(crew);
}

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

/* When the switch has to forget somebody; soon while guests that take nothing
 * are watched, or while control is still to be told that events were lost. */
static void tick_arm(struct xnb_worker *w)
{
	uint64_t soon = w->now_ms + XNB_TICK_MS;
	uint64_t due = xsw_tick_due(w->sw);
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
	timer_take(w->tick_fd);
	w->tick_due_ms = 0;
	w->ticked = true;
	xnb_stall_tick(w);
}

/* In a pause: of several workers the first one to come ages the tables. */
static void age(struct xnb_worker *w)
{
	uint64_t due = xsw_tick_due(w->sw);

	w->ticked = false;
	if (due && due <= w->now_ms)
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

void xnb_port_unlist(struct xnb_worker *w, struct xnb_port *port)
{
	(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, xenevtchn_fd(port->event),
			NULL);
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		if (queue->tap_polled)
			(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL,
					queue->tap_fd, NULL);
		queue->tap_polled = false;
		xnb_linger_forget(w, queue);
		if (queue->silent)
			TAILQ_REMOVE(&w->silent, queue, silent_link);
		queue->silent = false;
		if (queue->held)
			xnb_held_end(w, queue);
	}
	xnb_port_unready(w, port);
}

void xnb_port_quiesce(struct xnb_worker *w, struct xnb_port *port)
{
	xnb_port_unlist(w, port);
	for (uint32_t i = 0; i < port->queue_count; i++)
		xnb_egress_purge(w, &port->queue[i], XN_DROP_PORT_CLOSED);
}

int xnb_port_enter(struct xnb_worker *w, struct xnb_port *port)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.u64 = xnb_source_id(XNB_SOURCE_EVENT, &port->queue[0]),
	};

	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, xenevtchn_fd(port->event),
		      &event) < 0)
		return -errno;
	for (uint32_t i = 0; i < port->queue_count; i++) {
		xnb_twin_resume(w, &port->queue[i]);
		xnb_queue_ready(w, &port->queue[i]);
	}
	xnb_port_kick(port);
	return 0;
}

/* In a pause: the switch forgets it, and control is told. */
static void report_fault(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_event event = {
		.fault = {
			.header = {XN_DL_VIF_FAULT, XN_DATALINK_VERSION},
			.slot = port->slot,
			.generation = port->generation,
			.queue = port->broken_queue,
			.fault = port->broken,
		}};

	xnb_stations_report(w); /* what it learned was before its end */
	xsw_port_clear(w->sw, (uint16_t)port->slot);
	(void)xnb_mailbox_put(w->events, &event, 0);
}

static void report_faults(struct xnb_worker *w)
{
	w->faulted = false;
	for (uint32_t i = 0; i < XN_VIFS_MAX / 64; i++) {
		for (; w->broken[i]; w->broken[i] &= w->broken[i] - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(w->broken[i]);

			report_fault(w, &w->port[i * 64 + bit]);
		}
	}
}

void xnb_port_fault(struct xnb_worker *w, struct xnb_queue *queue,
		    uint32_t fault)
{
	struct xnb_port *port = queue->port;
	bool taken;

	if (port->worker != w) {
		port->broken = fault;
		port->broken_queue = queue->index;
		xnb_kick(port);
		return;
	}
	if (port->state != XNB_PORT_LIVE)
		return;
	taken = xnb_lease_enter(w, port);
	port->state = XNB_PORT_FAULTED;
	if (!port->broken)
		port->broken_queue = queue->index;
	port->broken = fault;
	xnb_port_quiesce(w, port);
	xnb_lease_leave(w, port, taken);
	w->broken[port->slot / 64] |= UINT64_C(1) << port->slot % 64;
	w->faulted = true;
	if (!w->several)
		report_faults(w);
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

static bool look_at_rings(struct xnb_worker *w)
{
	bool found = false;

	xnb_crew_enter(w);
	for (uint32_t i = 0; !found && i < w->spin.looks; i++) {
		found = xnb_linger_look(w);
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
	xnb_count(&w->counters->wakeups, 1);
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
static int gather(struct xnb_worker *w, struct epoll_event *event)
{
	int count;

	xnb_crew_enter(w);
	if (!TAILQ_EMPTY(&w->ready)) {
		(void)xnb_linger_look(w);
		count = ask_if_due(w, event);
		w->now_us = w->clock_us();
		return count;
	}
	xnb_crew_leave(w);
	count = wait_for_work(w, event);
	xnb_crew_enter(w);
	return count;
}

/* What is done while no worker is in a round. */
static void work_alone(struct xnb_worker *w, bool commands)
{
	xnb_crew_pause(w);
	if (w->faulted)
		report_faults(w);
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
	int count = gather(w, event);
	bool commands = false;

	w->now_ms = w->now_us / 1000;
	w->round++;
	xnb_count(&w->counters->rounds, 1);
	xnb_kicks_take(w);
	for (int i = 0; i < count; i++)
		commands |= take_source(w, event[i].data.u64);
	xnb_serve_ready(w);
	xnb_deliver_publish(w);
	if (w->forwarded)
		report(w);
	w->forwarded = false;
	count_plan(w);
	if (w->sw)
		tick_arm(w);
	xnb_crew_leave(w);
	if (commands || w->ticked || w->faulted)
		work_alone(w, commands);
	if (w->several)
		xnb_balance_look(w);
}

void xnb_worker_spin(struct xnb_worker *w, uint32_t us_max)
{
	xn_spin_init(&w->spin, us_max);
}

void xnb_worker_settle(struct xnb_worker *first, uint64_t us)
{
	first->crew->settle_us = us;
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
