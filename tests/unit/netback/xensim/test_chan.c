/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's state machine: its steps one by one, and two threads on it. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenevtchn.h>

#include "lab.h"
#include "netback/xensim/chan.h"

#define ROUNDS 20000u

static void steps_of_one_port(void **state)
{
	struct xsim_endpoint end = {.state = xsim_port_state(7, 0)};

	(void)state;
	assert_int_equal(xsim_port_unmask(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(end.state, xsim_port_state(7, 0));
	assert_int_equal(xsim_port_raise(&end, 7), XSIM_STEP_QUEUE);
	assert_int_equal(end.state, xsim_port_state(7, XSIM_PORT_QUEUED));
	assert_int_equal(xsim_port_raise(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(xsim_port_raise(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(
		end.state,
		xsim_port_state(7, XSIM_PORT_QUEUED | XSIM_PORT_PENDING));
	assert_int_equal(xsim_port_unmask(&end, 7), XSIM_STEP_QUEUE);
	assert_int_equal(end.state, xsim_port_state(7, XSIM_PORT_QUEUED));
	assert_int_equal(xsim_port_unmask(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(end.state, xsim_port_state(7, 0));
}

static void quiet_steps_leave_alone_what_needs_queueing(void **state)
{
	const uint32_t idle = xsim_port_state(7, 0);
	const uint32_t queued = xsim_port_state(7, XSIM_PORT_QUEUED);
	const uint32_t both = queued | XSIM_PORT_PENDING;
	struct xsim_endpoint end = {.state = idle};

	(void)state;
	assert_int_equal(xsim_port_raise_merged(&end, 7), XSIM_STEP_QUEUE);
	assert_int_equal(end.state, idle);
	assert_int_equal(xsim_port_raise(&end, 7), XSIM_STEP_QUEUE);
	assert_int_equal(xsim_port_raise_merged(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(end.state, both);
	assert_int_equal(xsim_port_raise_merged(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(xsim_port_unmask_idle(&end, 7), XSIM_STEP_QUEUE);
	assert_int_equal(end.state, both);
	assert_int_equal(xsim_port_unmask(&end, 7), XSIM_STEP_QUEUE);
	assert_int_equal(end.state, queued);
	assert_int_equal(xsim_port_unmask_idle(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(end.state, idle);
	assert_int_equal(xsim_port_unmask_idle(&end, 7), XSIM_STEP_MERGED);
	assert_int_equal(end.state, idle);
}

static void an_earlier_tenant_changes_nothing(void **state)
{
	struct xsim_endpoint end = {
		.state = xsim_port_state(8, XSIM_PORT_QUEUED)};

	(void)state;
	assert_int_equal(xsim_port_raise(&end, 7), XSIM_STEP_STALE);
	assert_int_equal(xsim_port_unmask(&end, 7), XSIM_STEP_STALE);
	assert_int_equal(xsim_port_raise_merged(&end, 7), XSIM_STEP_STALE);
	assert_int_equal(xsim_port_unmask_idle(&end, 7), XSIM_STEP_STALE);
	assert_int_equal(end.state, xsim_port_state(8, XSIM_PORT_QUEUED));
}

static void links_name_generation_and_index(void **state)
{
	uint64_t link = xsim_link_make(5, XSIM_ENDPOINTS - 1);

	(void)state;
	assert_int_equal(xsim_link_generation(link), 5);
	assert_int_equal(xsim_link_index(link), XSIM_ENDPOINTS - 1);
	assert_true(xsim_link_index(0) >= XSIM_ENDPOINTS);
	assert_int_not_equal(xsim_link_make(0, 0), 0);
}

/* ---- two threads: no wake-up is lost, no number is queued twice ---- */

struct race {
	struct xsim_endpoint end;
	_Atomic uint32_t queued; /* numbers in the "pipe" */
	uint32_t work;		 /* guarded by the state machine alone */
	_Atomic uint32_t produced;
};

/* As the library steps: quietly where that is enough. */
static enum xsim_step raise_port(struct xsim_endpoint *end)
{
	enum xsim_step step = xsim_port_raise_merged(end, 1);

	return step == XSIM_STEP_QUEUE ? xsim_port_raise(end, 1) : step;
}

static enum xsim_step unmask_port(struct xsim_endpoint *end)
{
	enum xsim_step step = xsim_port_unmask_idle(end, 1);

	return step == XSIM_STEP_QUEUE ? xsim_port_unmask(end, 1) : step;
}

static void *sender(void *arg)
{
	struct race *race = arg;

	for (uint32_t i = 1; i <= ROUNDS; i++) {
		atomic_store_explicit(&race->produced, i, memory_order_relaxed);
		if (raise_port(&race->end) == XSIM_STEP_QUEUE)
			atomic_fetch_add(&race->queued, 1);
	}
	return NULL;
}

static void *receiver(void *arg)
{
	struct race *race = arg;
	uint32_t seen = 0;

	while (seen < ROUNDS) {
		uint32_t waiting = atomic_load(&race->queued);

		if (!waiting) {
			sched_yield();
			continue;
		}
		assert_int_equal(waiting, 1); /* masked until we unmask */
		atomic_fetch_sub(&race->queued, 1);
		seen = atomic_load_explicit(&race->produced,
					    memory_order_relaxed);
		if (unmask_port(&race->end) == XSIM_STEP_QUEUE)
			atomic_fetch_add(&race->queued, 1);
	}
	return NULL;
}

static void no_wake_up_is_lost_between_threads(void **state)
{
	struct race race = {.end.state = xsim_port_state(1, 0)};
	pthread_t threads[2];

	(void)state;
	assert_int_equal(pthread_create(&threads[0], NULL, receiver, &race), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, sender, &race), 0);
	pthread_join(threads[1], NULL);
	pthread_join(threads[0], NULL);
}

/* Plain memory handed over by events, as a ring's slots are: TSan watches. */
struct table {
	struct xsim_endpoint ping;
	struct xsim_endpoint pong;
	uint32_t ball; /* no atomic: whoever was raised last owns it */
};

static void wait_raised(struct xsim_endpoint *end)
{
	while (!(atomic_load(&end->state) & XSIM_PORT_QUEUED))
		sched_yield();
	unmask_port(end);
}

static void *player(void *arg)
{
	struct table *table = arg;

	for (uint32_t i = 0; i < 200; i++) {
		wait_raised(&table->ping);
		table->ball++;
		raise_port(&table->pong);
	}
	return NULL;
}

static void what_was_written_before_an_event_is_seen_after_it(void **state)
{
	struct table table = {.ping.state = xsim_port_state(1, 0),
			      .pong.state = xsim_port_state(1, 0)};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, player, &table), 0);
	for (uint32_t i = 0; i < 200; i++) {
		table.ball++;
		raise_port(&table.ping);
		wait_raised(&table.pong);
	}
	pthread_join(thread, NULL);
	assert_int_equal(table.ball, 400);
}

/* ---- the same through the library: two threads, one handle each ---- */

struct end {
	xenevtchn_handle *handle;
	uint32_t port;
	uint32_t rounds;
};

static void *notifier(void *arg)
{
	struct end *end = arg;

	for (uint32_t i = 0; i < end->rounds; i++)
		assert_int_equal(xenevtchn_notify(end->handle, end->port), 0);
	return NULL;
}

static int wait_port(xenevtchn_handle *handle, int ms)
{
	struct pollfd fd = {.fd = xenevtchn_fd(handle), .events = POLLIN};

	return poll(&fd, 1, ms) == 1 ? xenevtchn_pending(handle) : -1;
}

static void events_between_threads_of_a_lab(void **state)
{
	struct end left = {.handle = xenevtchn_open(NULL, 0), .rounds = 5000};
	xenevtchn_handle *right = xenevtchn_open(NULL, 0);
	pthread_t threads[2];
	int port;

	(void)state;
	left.port = (uint32_t)xenevtchn_bind_unbound_port(left.handle, 0);
	port = xenevtchn_bind_interdomain(right, 0, left.port);
	assert_true(port > 0);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, notifier, &left), 0);
	/* at least the binding's event; the port is left masked at the end */
	for (unsigned int i = 0; i < 100; i++) {
		if (wait_port(right, 100) != port)
			break;
		xenevtchn_unmask(right, (uint32_t)port);
	}
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	while (wait_port(right, 0) == port)
		xenevtchn_unmask(right, (uint32_t)port);
	assert_int_equal(xenevtchn_notify(left.handle, left.port), 0);
	assert_int_equal(wait_port(right, LAB_WAIT_MS), port);
	assert_int_equal(wait_port(right, 0), -1);
	xenevtchn_close(left.handle);
	xenevtchn_close(right);
	lab_assert_dump("domain 0: processes 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_of_one_port),
		cmocka_unit_test(quiet_steps_leave_alone_what_needs_queueing),
		cmocka_unit_test(an_earlier_tenant_changes_nothing),
		cmocka_unit_test(links_name_generation_and_index),
		cmocka_unit_test(no_wake_up_is_lost_between_threads),
		cmocka_unit_test(
			what_was_written_before_an_event_is_seen_after_it),
		cmocka_unit_test(events_between_threads_of_a_lab),
	};

	return cmocka_run_group_tests(tests, lab_group_start, lab_group_stop);
}
