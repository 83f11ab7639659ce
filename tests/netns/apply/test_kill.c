/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An apply is killed before and after each of its system calls in turn, and
 * so is every recovery's own one more time; the recovery after that brings
 * the old state or the new one, and nothing between.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/netns/apply/house.h"

/* More than any apply here takes, as a protection against endless ones. */
#define STOPS_MAX 4000

typedef void job_fn(void);

static wanted_fn *front_door;
static wanted_fn *start_door = xn_direct_start;

static void apply_in_child(void)
{
	struct xn_plan plan = plan_for(front_door);
	bool undone;

	(void)raise(SIGSTOP);
	_exit(xn_apply(nl, &plan, house.journal, &undone, &err) == 0 ? 0 : 3);
}

static void recover_in_child(void)
{
	enum xn_recovered recovered;

	(void)raise(SIGSTOP);
	_exit(xn_recover(nl, house.journal, &recovered, &err) == 0 ? 0 : 3);
}

static pid_t start_child(job_fn *job)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		nl = NULL; /* the parent's; the child has its own */
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ||
		    xn_nl_open(&nl, &err) < 0)
			_exit(4);
		job();
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	return pid;
}

/* Lets the child run up to its stop number `stops` (two for each system
 * call: before and after) and kills it there. False: it ended before. */
static bool kill_at(job_fn *job, unsigned int stops)
{
	pid_t pid = start_child(job);
	int status = 0;

	for (unsigned int i = 0; i < stops; i++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
		assert_true(WIFSTOPPED(status));
		assert_int_equal(WSTOPSIG(status), SIGTRAP);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return true;
}

struct tally {
	unsigned int kills;
	unsigned int recoveries_killed;
	unsigned int between; /* neither old nor new before recovery */
	unsigned int was[4];  /* by enum xn_recovered */
};

/* After the kill: one of the two, and which one recovery said. */
static void check(const struct xn_model *before, const struct xn_model *after,
		  struct tally *tally)
{
	enum xn_recovered recovered;
	struct xn_model now;
	bool is_old;
	bool is_new;

	GOOD(xn_recover(nl, house.journal, &recovered, &err));
	now = look_around();
	is_old = is_same_house(before, &now);
	is_new = is_same_house(after, &now);
	if (recovered == XN_RECOVERED_UNDONE)
		is_new = false;
	if (recovered == XN_RECOVERED_FINISHED)
		is_old = false;
	if (!is_old && !is_new)
		assert_same_house(before, &now);
	assert_int_not_equal(recovered, XN_RECOVERED_VOID);
	assert_no_journal();
	tally->was[recovered]++;
	xn_model_fini(&now);
}

/* What there is to recover from. */
static bool is_between(const struct xn_model *before,
		       const struct xn_model *after)
{
	struct xn_model now = look_around();
	bool between =
		!is_same_house(before, &now) && !is_same_house(after, &now);

	xn_model_fini(&now);
	return between;
}

/* A house of its own for each kill. False: nothing was killed any more. */
static bool kill_one(unsigned int stops, bool started, struct tally *tally)
{
	struct xn_model before;
	struct xn_model after;
	void *state = NULL;
	bool killed;

	assert_int_equal(build_house(&state), 0);
	if (started)
		(void)do_all(start_door);
	before = look_around();
	GOOD(front_door(&before, &direct, &after, &err));
	killed = kill_at(apply_in_child, stops);
	if (killed) {
		tally->between += is_between(&before, &after);
		/* Not each recovery at each call: another one every time. */
		if (kill_at(recover_in_child, 1 + stops * 7 % 400))
			tally->recoveries_killed++;
		check(&before, &after, tally);
		tally->kills++;
	}
	xn_model_fini(&after);
	xn_model_fini(&before);
	assert_int_equal(leave_house(&state), 0);
	return killed;
}

static void kill_everywhere(wanted_fn *door, bool started, const char *name)
{
	struct tally tally = {0};
	unsigned int stops = 1;

	front_door = door;
	while (stops < STOPS_MAX && kill_one(stops, started, &tally))
		stops++;
	assert_true(stops < STOPS_MAX);
	print_message("figure: %s killed at %u places (before and after %u "
		      "system calls), %u of them in the middle of things: %u "
		      "undone, %u finished, %u without a journal; %u "
		      "recoveries were killed as well\n",
		      name, tally.kills, (tally.kills + 1) / 2, tally.between,
		      tally.was[XN_RECOVERED_UNDONE],
		      tally.was[XN_RECOVERED_FINISHED],
		      tally.was[XN_RECOVERED_NOTHING], tally.recoveries_killed);
	assert_true(tally.was[XN_RECOVERED_UNDONE] > 0);
	assert_true(tally.recoveries_killed > 0);
	assert_true(tally.between > 0);
}

static void a_killed_start_is_old_or_new(void **state)
{
	(void)state;
	kill_everywhere(xn_direct_start, false, "start");
}

static void a_killed_stop_is_old_or_new(void **state)
{
	(void)state;
	kill_everywhere(xn_direct_stop, true, "stop");
}

static void a_killed_old_start_is_old_or_new(void **state)
{
	(void)state;
	kill_everywhere(old_start, false, "start in the old style");
}

static void a_killed_old_stop_is_old_or_new(void **state)
{
	(void)state;
	start_door = old_start;
	kill_everywhere(old_stop, true, "stop in the old style");
	start_door = xn_direct_start;
}

/* Its name may be another's by then. */
static int nic_ifindex;

/* Pulls the NIC out. */
static bool pull_nic(void)
{
	GOOD(xn_link_delete(nl, nic_ifindex, &err));
	return true;
}

/* Takes an address off the bridge, once it is there. */
static bool take_address(void)
{
	struct xn_addr addr = {.family = AF_INET,
			       .prefix_length = 24,
			       .address = {192, 0, 2, 3}};
	struct xn_link link;

	if (xn_link_get(nl, "xenbr0", &link, NULL) < 0)
		return false;
	addr.ifindex = link.ifindex;
	return xn_addr_delete(nl, &addr, NULL) == 0;
}

/* Runs the child up to its stop, meddles, and lets it go on: its exit status.
 * -1: it ended before; -2: there was nothing to meddle with. */
static int meddle_at(unsigned int stops, bool (*meddle)(void))
{
	bool meddled;

	pid_t pid = start_child(apply_in_child);
	int status;

	for (unsigned int i = 0; i < stops; i++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			return -1;
	}
	meddled = meddle();
	assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return meddled ? WEXITSTATUS(status) : -2;
}

/* Not at each call: at every eleventh, and not always before it. */
static void pull_everywhere(void **state, wanted_fn *door, const char *name)
{
	unsigned int undone = 0;
	unsigned int done = 0;

	front_door = door;
	for (unsigned int stops = 1; stops < STOPS_MAX; stops += 11) {
		struct xn_model now;
		int exit_status;

		assert_int_equal(build_house(state), 0);
		nic_ifindex = link_named("eth0").ifindex;
		exit_status = meddle_at(stops, pull_nic);
		if (exit_status == -1)
			stops = STOPS_MAX;
		now = look_around();
		if (exit_status == 3) {
			assert_null(xn_model_link_named(&now, "xenbr0"));
			assert_null(xn_model_link_named(&now, "vif0.0"));
			assert_null(xn_model_link_named(&now, "eth0"));
		}
		assert_non_null(xn_model_link_named(&now, "other0"));
		assert_no_journal();
		undone += exit_status == 3;
		done += exit_status == 0;
		xn_model_fini(&now);
		assert_int_equal(leave_house(state), 0);
	}
	print_message("figure: the NIC was pulled out of a %s at %u places: "
		      "%u times undone, %u times after the look\n",
		      name, undone + done, undone, done);
	assert_true(undone > 0);
}

static void a_nic_that_vanishes_anywhere_leaves_nothing(void **state)
{
	pull_everywhere(state, xn_direct_start, "start");
}

static void a_nic_that_vanishes_in_the_old_style_leaves_nothing(void **state)
{
	pull_everywhere(state, old_start, "start in the old style");
}

/* What was done and does not last is noticed by the look at the end. */
static void what_does_not_last_is_undone(void **state)
{
	unsigned int undone = 0;

	front_door = xn_direct_start;
	for (unsigned int stops = 1; stops < STOPS_MAX; stops += 4) {
		struct xn_model before;
		struct xn_model now;
		int exit_status;

		assert_int_equal(build_house(state), 0);
		before = look_around();
		exit_status = meddle_at(stops, take_address);
		if (exit_status == -1)
			stops = STOPS_MAX;
		now = look_around();
		if (exit_status == 3)
			assert_same_house(&before, &now);
		assert_no_journal();
		undone += exit_status == 3;
		xn_model_fini(&now);
		xn_model_fini(&before);
		assert_int_equal(leave_house(state), 0);
	}
	print_message("figure: an address was taken away and all undone at "
		      "%u places\n",
		      undone);
	assert_true(undone > 0);
}

/* With a word, the old style's: it has a test of its own. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_start_is_old_or_new),
		cmocka_unit_test(a_killed_stop_is_old_or_new),
		cmocka_unit_test(a_nic_that_vanishes_anywhere_leaves_nothing),
		cmocka_unit_test(what_does_not_last_is_undone),
	};
	const struct CMUnitTest old_tests[] = {
		cmocka_unit_test(a_killed_old_start_is_old_or_new),
		cmocka_unit_test(a_killed_old_stop_is_old_or_new),
		cmocka_unit_test(
			a_nic_that_vanishes_in_the_old_style_leaves_nothing),
	};

	(void)argv;
	if (argc > 1)
		return NAMESPACE_GROUP(old_tests);
	return NAMESPACE_GROUP(tests);
}
