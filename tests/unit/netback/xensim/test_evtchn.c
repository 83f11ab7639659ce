/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event channels between domain 0 and a guest, and the deaths in between.
 * What a single process can see is the conformance program's business. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenevtchn.h>

#include <xen/xen.h>

#include "lab.h"
#include "netback/xensim/chan.h"
#include "netback/xensim/proc.h"
#include "netback/xensim/wire.h"

#define GUEST 3u

static struct guest guest;
static xenevtchn_handle *evt;
static int port;    /* ours */
static int64_t far; /* the guest's */

static int next_event(xenevtchn_handle *handle, int ms)
{
	struct pollfd fd = {.fd = xenevtchn_fd(handle), .events = POLLIN};

	if (poll(&fd, 1, ms) != 1)
		return -ETIMEDOUT;
	return xenevtchn_pending(handle);
}

/* A channel whose first event is behind it. */
static int set_up(void **state)
{
	(void)state;
	guest = guest_start(GUEST);
	evt = xenevtchn_open(NULL, 0);
	assert_non_null(evt);
	far = guest_do(&guest, GUEST_UNBOUND, 0, 0);
	port = xenevtchn_bind_interdomain(evt, GUEST, (uint32_t)far);
	assert_true(port > 0);
	assert_int_equal(next_event(evt, LAB_WAIT_MS), port);
	assert_int_equal(xenevtchn_unmask(evt, (uint32_t)port), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xenevtchn_close(evt);
	if (guest.pid)
		guest_quit(&guest);
	guest.pid = 0;
	lab_assert_dump("domain 0: processes 1\n");
	return 0;
}

static void both_ways(void)
{
	assert_int_equal(guest_do(&guest, GUEST_NOTIFY, (uint32_t)far, 0), 0);
	assert_int_equal(next_event(evt, LAB_WAIT_MS), port);
	assert_int_equal(xenevtchn_unmask(evt, (uint32_t)port), 0);
	assert_int_equal(xenevtchn_notify(evt, (uint32_t)port), 0);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, LAB_WAIT_MS, 0), far);
	guest_do(&guest, GUEST_UNMASK, (uint32_t)far, 0);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, 0, 0), -ETIMEDOUT);
	assert_int_equal(next_event(evt, 0), -ETIMEDOUT);
}

static void events_go_both_ways(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		both_ways();
}

static void a_masked_port_keeps_one_event(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		guest_do(&guest, GUEST_NOTIFY, (uint32_t)far, 0);
	assert_int_equal(next_event(evt, LAB_WAIT_MS), port);
	assert_int_equal(next_event(evt, 0), -ETIMEDOUT);
	xenevtchn_unmask(evt, (uint32_t)port);
	assert_int_equal(next_event(evt, LAB_WAIT_MS), port);
	xenevtchn_unmask(evt, (uint32_t)port);
	assert_int_equal(next_event(evt, 0), -ETIMEDOUT);
	both_ways();
}

static void a_killed_guest_leaves_an_unbound_port(void **state)
{
	(void)state;
	guest_kill(&guest);
	lab_assert_dump("domain 0: processes 1\n"
			"  port 1 waits for domain 3\n");
	assert_int_equal(xenevtchn_notify(evt, (uint32_t)port), 0);
	assert_int_equal(next_event(evt, 0), -ETIMEDOUT);
	/* the next domain of that number may bind it */
	guest = guest_start(GUEST);
	far = guest_do(&guest, GUEST_BIND, 0, (uint32_t)port);
	assert_true(far > 0);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, LAB_WAIT_MS, 0), far);
	guest_do(&guest, GUEST_UNMASK, (uint32_t)far, 0);
	both_ways();
}

static void somebody_else_may_not_bind(void **state)
{
	struct guest other = guest_start(GUEST + 1);
	int64_t waiting = guest_do(&guest, GUEST_UNBOUND, 0, 0);

	(void)state;
	assert_int_equal(guest_do(&other, GUEST_BIND, GUEST, (uint32_t)waiting),
			 -EINVAL);
	assert_int_equal(guest_do(&other, GUEST_BIND, 0, (uint32_t)port),
			 -EINVAL);
	assert_int_equal(guest_do(&other, GUEST_BIND, GUEST, 4096), -EINVAL);
	assert_int_equal(guest_do(&other, GUEST_BIND, GUEST + 7, 1), -ESRCH);
	/* but the one it waits for may */
	assert_true(xenevtchn_bind_interdomain(evt, GUEST, (uint32_t)waiting) >
		    0);
	guest_quit(&other);
}

static void ports_are_numbered_per_domain(void **state)
{
	struct guest other = guest_start(GUEST + 1);

	(void)state;
	assert_int_equal(guest_do(&other, GUEST_UNBOUND, 0, 0), 1);
	assert_int_equal(guest_do(&other, GUEST_UNBOUND, 0, 0), 2);
	assert_int_equal(guest_do(&other, GUEST_UNBIND, 1, 0), 0);
	assert_int_equal(guest_do(&other, GUEST_UNBOUND, 0, 0), 1);
	guest_quit(&other);
}

static void a_domain_has_4095_ports(void **state)
{
	int64_t rc = 0;
	uint32_t count = 1; /* `far` */

	(void)state;
	while ((rc = guest_do(&guest, GUEST_UNBOUND, 0, 0)) > 0)
		count++;
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(count, 4095);
}

static void virtual_interrupts(void **state)
{
	int virq = xenevtchn_bind_virq(evt, VIRQ_DOM_EXC);

	(void)state;
	assert_true(virq > 0);
	assert_int_equal(xenevtchn_bind_virq(evt, VIRQ_DOM_EXC), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(xenevtchn_bind_virq(evt, 24), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(next_event(evt, 0), -ETIMEDOUT);
	guest_kill(&guest); /* which is what VIRQ_DOM_EXC tells */
	guest.pid = 0;
	assert_int_equal(next_event(evt, LAB_WAIT_MS), virq);
	assert_int_equal(xenevtchn_unbind(evt, (uint32_t)virq), 0);
	assert_true(xenevtchn_bind_virq(evt, VIRQ_DOM_EXC) > 0);
}

static void restriction_travels_with_the_device(void **state)
{
	xenevtchn_handle *adopted;
	int64_t waiting = guest_do(&guest, GUEST_UNBOUND, 0, 0);
	int bound;

	(void)state;
	assert_int_equal(xenevtchn_restrict(evt, GUEST), 0);
	adopted = xenevtchn_fdopen(NULL, dup(xenevtchn_fd(evt)), 0);
	assert_non_null(adopted);
	assert_int_equal(xenevtchn_bind_interdomain(adopted, GUEST + 1, 1), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(xenevtchn_bind_unbound_port(adopted, GUEST), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(xenevtchn_bind_virq(adopted, VIRQ_DOM_EXC), -1);
	assert_int_equal(errno, EACCES);
	bound = xenevtchn_bind_interdomain(adopted, GUEST, (uint32_t)waiting);
	assert_true(bound > 0);
	assert_int_equal(next_event(evt, LAB_WAIT_MS), bound);
	xenevtchn_close(adopted);
	both_ways(); /* the first holder still has it */
}

static void only_event_channel_devices_are_adopted(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_null(xenevtchn_fdopen(NULL, ends[0], 0));
	assert_int_equal(errno, EINVAL);
	assert_null(xenevtchn_fdopen(NULL, 0, 0));
	assert_null(xenevtchn_fdopen(NULL, -1, 0));
	assert_int_equal(errno, EBADF);
	assert_null(xenevtchn_fdopen(NULL, xenevtchn_fd(evt),
				     XENEVTCHN_NO_CLOEXEC));
	assert_int_equal(errno, EINVAL);
	close(ends[0]);
	close(ends[1]);
}

static void close_on_exec_as_asked(void **state)
{
	xenevtchn_handle *open = xenevtchn_open(NULL, XENEVTCHN_NO_CLOEXEC);

	(void)state;
	assert_non_null(open);
	assert_int_equal(fcntl(xenevtchn_fd(open), F_GETFD), 0);
	assert_int_equal(fcntl(xenevtchn_fd(evt), F_GETFD), FD_CLOEXEC);
	assert_null(xenevtchn_open(NULL, 2));
	xenevtchn_close(open);
}

/* ---- restart: the device outlives its process ---- */

/* Binds the guest's waiting port, hands the device over, dies masked. */
static void worker(int socket, uint32_t waiting)
{
	xenevtchn_handle *mine = xenevtchn_open(NULL, 0);
	int bound = xenevtchn_bind_interdomain(mine, GUEST, waiting);
	struct iovec iov = {.iov_base = &bound, .iov_len = sizeof(bound)};
	int fd = xenevtchn_fd(mine);

	if (next_event(mine, LAB_WAIT_MS) == bound)
		xsim_wire_send(socket, &iov, 1, &fd, 1, 0);
	raise(SIGKILL);
}

static void a_passed_device_keeps_its_ports_and_events(void **state)
{
	int64_t waiting = guest_do(&guest, GUEST_UNBOUND, 0, 0);
	int bound = -1;
	struct iovec iov = {.iov_base = &bound, .iov_len = sizeof(bound)};
	xenevtchn_handle *adopted;
	int sockets[2];
	pid_t child;
	int fd = -1;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
	child = fork();
	if (child == 0)
		worker(sockets[1], (uint32_t)waiting);
	assert_true(xsim_wire_receive(sockets[0], &iov, 1, &fd, 1) > 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	lab_sync();

	/* masked: the event of the gap waits for the successor's unmask */
	assert_int_equal(guest_do(&guest, GUEST_NOTIFY, (uint32_t)waiting, 0),
			 0);
	adopted = xenevtchn_fdopen(NULL, fd, 0);
	assert_non_null(adopted);
	assert_int_equal(next_event(adopted, 0), -ETIMEDOUT);
	assert_int_equal(xenevtchn_unmask(adopted, (uint32_t)bound), 0);
	assert_int_equal(next_event(adopted, LAB_WAIT_MS), bound);
	assert_int_equal(xenevtchn_notify(adopted, (uint32_t)bound), 0);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, LAB_WAIT_MS, 0),
			 waiting);
	xenevtchn_close(adopted);
	close(sockets[0]);
	close(sockets[1]);
}

/* Dies after the state changed and before the number was queued. */
static void half_a_notify(void *arg)
{
	const struct xsim_proc *proc = xsim_proc();
	struct xsim_endpoint *end = arg;
	uint32_t index;
	uint32_t generation;

	if (!proc)
		return;
	index = proc->slot * XSIM_PORTS_MAX + (uint32_t)port;
	end = &proc->lab->endpoint[index];
	generation = atomic_load(&end->state) >> XSIM_PORT_BITS;
	atomic_store(&proc->lab->intent[proc->client][3],
		     xsim_link_make(generation, index));
	xsim_port_raise(end, generation);
}

static void a_death_in_the_middle_of_a_notify_loses_nothing(void **state)
{
	(void)state;
	assert_int_equal(next_event(evt, 0), -ETIMEDOUT);
	in_killed_child(half_a_notify, NULL);
	assert_int_equal(next_event(evt, LAB_WAIT_MS), port);
	xenevtchn_unmask(evt, (uint32_t)port);
	both_ways();
}

/* An intent that nothing came of, and one for a port that does not exist. */
static void only_intents(void *arg)
{
	const struct xsim_proc *proc = xsim_proc();
	uint32_t index;

	(void)arg;
	if (!proc)
		return;
	index = proc->slot * XSIM_PORTS_MAX + (uint32_t)port;
	atomic_store(
		&proc->lab->intent[proc->client][0],
		xsim_link_make(atomic_load(&proc->lab->endpoint[index].state) >>
				       XSIM_PORT_BITS,
			       index));
	atomic_store(&proc->lab->intent[proc->client][1], UINT64_MAX - 1);
	atomic_store(&proc->lab->intent[proc->client][2],
		     xsim_link_make(9, XSIM_ENDPOINTS - 1));
	atomic_store(&proc->lab->intent[proc->client][3],
		     xsim_link_make(999, index));
}

static void an_intent_alone_is_no_event(void **state)
{
	(void)state;
	in_killed_child(only_intents, NULL);
	assert_int_equal(next_event(evt, 0), -ETIMEDOUT);
	both_ways();
}

/* The far device dies in a burst of notifications: nobody gets a signal. */
static void notifying_the_dead_is_silent(void **state)
{
	struct sigaction present;

	(void)state;
	assert_int_equal(xenevtchn_notify(evt, (uint32_t)port), 0);
	kill(guest.pid, SIGKILL);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(xenevtchn_notify(evt, (uint32_t)port), 0);
	guest_kill(&guest);
	guest.pid = 0;
	for (int i = 0; i < 10; i++)
		assert_int_equal(xenevtchn_notify(evt, (uint32_t)port), 0);
	assert_int_equal(sigaction(SIGPIPE, NULL, &present), 0);
	assert_ptr_not_equal(present.sa_handler, SIG_DFL);
}

static void writes_to_a_broken_pipe(void *arg)
{
	int ends[2];

	(void)arg;
	if (!xenevtchn_open(NULL, 0) || pipe(ends))
		_exit(1);
	close(ends[0]);
	if (write(ends[1], "x", 1) < 0)
		_exit(2);
	_exit(3);
}

static void other_broken_pipes_still_kill(void **state)
{
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		writes_to_a_broken_pipe(NULL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, SIGPIPE);
	lab_sync();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_go_both_ways),
		TEST(a_masked_port_keeps_one_event),
		TEST(a_killed_guest_leaves_an_unbound_port),
		TEST(somebody_else_may_not_bind),
		TEST(ports_are_numbered_per_domain),
		TEST(a_domain_has_4095_ports),
		TEST(virtual_interrupts),
		TEST(restriction_travels_with_the_device),
		TEST(only_event_channel_devices_are_adopted),
		TEST(close_on_exec_as_asked),
		TEST(a_passed_device_keeps_its_ports_and_events),
		TEST(a_death_in_the_middle_of_a_notify_loses_nothing),
		TEST(an_intent_alone_is_no_event),
		TEST(notifying_the_dead_is_silent),
		TEST(other_broken_pipes_still_kill),
	};

	return cmocka_run_group_tests(tests, lab_group_start, lab_group_stop);
}
