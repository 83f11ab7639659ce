/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An apply of the configuration is killed before and after system calls all
 * along its way, with and without confirming, and so is its rollback. What is
 * settled afterwards is the old state or the new one, and what is ours is
 * known: an empty configuration brings the old state back.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/parse/planeconf.h"
#include "netconf/safe/change.h"
#include "tests/netns/apply/house.h"

/* More than any job here takes, as a protection against endless ones. */
#define STOPS_MAX 6000
/* Not each one, but each kind of place many times. */
#define STRIDE 11

#define BESIDE "[bridge xenlan]\naddress = 10.0.0.1/24\n"

static const char plain_text[] = "[bridge xenbr0]\nnetdev = eth0\n" BESIDE;
static const char old_text[] =
	"[bridge xenbr0]\nnetdev = eth0\nstyle = old\n" BESIDE;
static const char new_text[] =
	"[bridge eth0]\nnetdev = eth0\nstyle = new\n" BESIDE;

/* What is killed is the way from the one to the other. */
static const char *from_text = "";
static const char *conf_text = plain_text;

typedef int job_fn(struct xn_safe *safe, struct xn_safe_apply *apply);

static char state_folder[128];

static struct xn_planeconf *read_text(const char *text)
{
	static struct xn_report report;
	struct xn_planeconf *conf;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("test", text, &conf, &report) < 0)
		fail_msg("%s", xn_report_first(&report));
	return conf;
}

static int apply_only(struct xn_safe *safe, struct xn_safe_apply *apply)
{
	struct xn_safe_done done;
	int rc = xn_safe_apply(safe, apply, &done, &err);

	xn_safe_done_fini(&done);
	return rc;
}

static int apply_and_confirm(struct xn_safe *safe, struct xn_safe_apply *apply)
{
	int rc;

	apply->confirm_s = 1000;
	rc = apply_only(safe, apply);
	if (rc == 0)
		rc = xn_safe_begin(safe, &err);
	return rc < 0 ? rc : xn_safe_confirm(safe, &apply->session, true, &err);
}

static int apply_and_take_back(struct xn_safe *safe,
			       struct xn_safe_apply *apply)
{
	int rc;

	apply->confirm_s = 1000;
	rc = apply_only(safe, apply);
	if (rc == 0)
		rc = xn_safe_begin(safe, &err);
	return rc < 0 ? rc : xn_safe_take_back(safe, "test", &err);
}

static void run_child(job_fn *job)
{
	struct xn_planeconf *conf = read_text(conf_text);
	struct xn_safe_apply apply = {.conf = conf};
	struct xn_safe *safe;
	int rc;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ||
	    xn_safe_open(state_folder, &safe, &err) < 0)
		_exit(4);
	(void)raise(SIGSTOP);
	rc = xn_safe_begin(safe, &err);
	_exit(rc == 0 && job(safe, &apply) == 0 ? 0 : 3);
}

/* False: it ended before. */
static bool kill_at(job_fn *job, unsigned int stops)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		run_child(job);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	for (unsigned int i = 0; i < stops; i++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
		assert_int_equal(WSTOPSIG(status), SIGTRAP);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return true;
}

struct tally {
	unsigned int kills, was_old, was_new, between;
	unsigned int settled[XN_SETTLED_BACK_NOW + 1];
};

static void apply_now(struct xn_safe *safe, const char *text)
{
	struct xn_planeconf *conf = read_text(text);
	struct xn_safe_apply apply = {.conf = conf};

	GOOD(apply_only(safe, &apply));
	xn_planeconf_destroy(conf);
}

static bool is_now(const struct xn_model *model)
{
	struct xn_model now = look_around();
	bool same = is_same_house(model, &now);

	xn_model_fini(&now);
	return same;
}

static void check(const struct xn_model *empty, const struct xn_model *before,
		  const struct xn_model *after, struct tally *tally)
{
	bool between = !is_now(before) && !is_now(after);
	enum xn_settled settled;
	struct xn_safe *safe;
	bool is_old;

	GOOD(xn_safe_open(state_folder, &safe, &err));
	GOOD(xn_safe_begin(safe, &err));
	GOOD(xn_safe_settle(safe, &settled, &err));
	is_old = is_now(before);
	if (!is_old && !is_now(after)) {
		struct xn_model now = look_around();

		assert_same_house(before, &now);
	}
	assert_int_not_equal(settled, XN_SETTLED_WAITING);
	assert_int_not_equal(access(safe->paths.file[XN_SAFE_PENDING], F_OK),
			     0);
	assert_int_not_equal(access(safe->paths.file[XN_SAFE_JOURNAL], F_OK),
			     0);
	/* Old or new, all goes on from there. */
	apply_now(safe, conf_text);
	assert_true(is_now(after));
	apply_now(safe, "");
	assert_true(is_now(empty));
	xn_safe_close(safe);
	tally->between += between;
	tally->was_old += is_old;
	tally->was_new += !is_old;
	tally->settled[settled]++;
	tally->kills++;
}

static void remove_state(void)
{
	struct xn_safe_paths paths;

	GOOD(xn_safe_paths(state_folder, &paths, &err));
	for (int i = 0; i < XN_SAFE_FILES; i++) {
		char made[PATH_MAX + 8];

		(void)unlink(paths.file[i]);
		(void)snprintf(made, sizeof(made), "%s.new", paths.file[i]);
		(void)unlink(made);
	}
	assert_int_equal(rmdir(state_folder), 0);
}

/* What the apply would come to. */
static struct xn_model look_after(void)
{
	struct xn_planeconf *conf = read_text(conf_text);
	struct xn_lifelines lines = {0};
	struct xn_safe *safe;
	struct xn_ours ours;
	struct xn_want *want;
	struct xn_model after;

	GOOD(xn_safe_open(state_folder, &safe, &err));
	GOOD(xn_safe_ours(safe, &ours, &err));
	GOOD(xn_want_make(nl, safe->force, conf, &ours, &lines, &want, &err));
	xn_safe_close(safe);
	GOOD(xn_model_copy(&want->host.model, &after));
	xn_want_destroy(want);
	xn_planeconf_destroy(conf);
	return after;
}

static void begin(void)
{
	struct xn_safe *safe;

	GOOD(xn_safe_open(state_folder, &safe, &err));
	GOOD(xn_safe_begin(safe, &err));
	apply_now(safe, from_text);
	xn_safe_close(safe);
}

static bool kill_one(job_fn *job, unsigned int stops, struct tally *tally)
{
	struct xn_model empty, before, after;
	void *state = NULL;
	bool killed;

	assert_int_equal(build_house(&state), 0);
	(void)snprintf(state_folder, sizeof(state_folder), "%s/state",
		       house.folder);
	empty = look_around();
	begin();
	before = look_around();
	after = look_after();
	killed = kill_at(job, stops);
	if (killed)
		check(&empty, &before, &after, tally);
	remove_state();
	xn_model_fini(&after);
	xn_model_fini(&before);
	xn_model_fini(&empty);
	assert_int_equal(leave_house(&state), 0);
	return killed;
}

static struct tally kill_all_along(job_fn *job, const char *name)
{
	struct tally tally = {0};
	unsigned int stops = 1;

	while (stops < STOPS_MAX && kill_one(job, stops, &tally))
		stops += STRIDE;
	assert_true(stops < STOPS_MAX);
	print_message("figure: %s killed at %u places, at %u of them in the "
		      "middle of things: %u times the old state, %u times the "
		      "new one\n",
		      name, tally.kills, tally.between, tally.was_old,
		      tally.was_new);
	assert_true(tally.between > 0);
	assert_true(tally.was_old > 0);
	assert_true(tally.settled[XN_SETTLED_BACK] > 0);
	return tally;
}

static void a_killed_apply_is_old_or_new(void **state)
{
	struct tally tally = kill_all_along(apply_only, "apply");

	(void)state;
	assert_true(tally.settled[XN_SETTLED_FINISHED] > 0);
	assert_true(tally.was_new > 0);
}

static void a_killed_confirm_is_old_or_new(void **state)
{
	struct tally tally =
		kill_all_along(apply_and_confirm, "apply and confirm");

	(void)state;
	assert_int_equal(tally.settled[XN_SETTLED_FINISHED], 0);
	assert_true(tally.was_new > 0);
}

static void a_killed_rollback_is_always_the_old(void **state)
{
	struct tally tally =
		kill_all_along(apply_and_take_back, "apply and rollback");

	(void)state;
	assert_int_equal(tally.was_new, 0);
}

static void so_it_is_in_the_old_style(void **state)
{
	struct tally tally;

	(void)state;
	conf_text = old_text;
	tally = kill_all_along(apply_only, "apply of style=old");
	assert_true(tally.settled[XN_SETTLED_FINISHED] > 0);
	assert_true(tally.was_new > 0);
}

static void so_it_is_when_the_style_changes(void **state)
{
	struct tally tally;

	(void)state;
	from_text = old_text;
	conf_text = new_text;
	tally = kill_all_along(apply_only, "old to new");
	assert_true(tally.settled[XN_SETTLED_FINISHED] > 0);
	assert_true(tally.was_new > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_apply_is_old_or_new),
		cmocka_unit_test(a_killed_confirm_is_old_or_new),
		cmocka_unit_test(a_killed_rollback_is_always_the_old),
		cmocka_unit_test(so_it_is_in_the_old_style),
		cmocka_unit_test(so_it_is_when_the_style_changes),
	};

	return NAMESPACE_GROUP(tests);
}
