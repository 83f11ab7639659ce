/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane confirm, rollback, recover; and what all say that change the host's
 * network. */
#include "netconf/cli/safe.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "netconf/cli/plan_words.h"
#include "netconf/cli/plane_file.h"
#include "netconf/safe/watch.h"

static const char confirm_usage[] =
	"Usage: xenplane confirm [--force] [--state DIR] [--json]\n"
	"\n"
	"What `xenplane apply --confirm` did is to stay. To be said from\n"
	"another login session, best a new one: who can still get in has not\n"
	"locked himself out.\n"
	"\n"
	"--force  though this is the same session, or nothing tells\n";

static const char rollback_usage[] =
	"Usage: xenplane rollback [--state DIR] [--json]\n"
	"\n"
	"Takes back what waits to be confirmed; if nothing does, applies what\n"
	"was confirmed last once more.\n";

static const char recover_usage[] =
	"Usage: xenplane recover [--boot] [-f FILE] [--state DIR] [--json]\n"
	"\n"
	"Finishes what a process that died left: an apply that was cut short,\n"
	"or a watchdog that was killed.\n"
	"\n"
	"--boot  then applies what was confirmed last; before the very first\n"
	"        apply FILE, or " XN_CLI_CONFIG_FILE "\n";

json_t *xn_cli_report(int rc, const struct xn_safe_done *done,
		      uint32_t confirm_s, const struct xn_err *err)
{
	json_t *report =
		json_pack("{s:b, s:b, s:b, s:i, s:s}", "ok", rc == 0, "undone",
			  rc < 0 && done->undone, "waits", done->waits,
			  "confirm_s", done->waits ? (int)confirm_s : 0,
			  "earlier", xn_settled_words(done->settled));

	if (report && rc < 0)
		(void)json_object_set_new(report, "error",
					  xn_cli_json_text(xn_err_text(err)));
	if (report && done->want)
		(void)json_object_set_new(report, "plan",
					  xn_cli_describe_want(done->want));
	if (report)
		(void)json_object_set_new(
			report, "warnings",
			xn_cli_describe_warnings(&done->made));
	(void)json_object_set_new(report, "settled",
				  json_integer((json_int_t)done->settled));
	return report;
}

static void print_words(const json_t *report)
{
	const char *error = json_string_value(json_object_get(report, "error"));
	const json_t *plan = json_object_get(report, "plan");

	if (json_integer_value(json_object_get(report, "settled")) !=
	    XN_SETTLED_NOTHING)
		(void)printf("%s\n", json_string_value(json_object_get(
					     report, "earlier")));
	if (plan)
		xn_cli_print_want(plan);
	xn_cli_print_warnings(json_object_get(report, "warnings"));
	if (error)
		(void)fprintf(stderr, "xenplane: %s\n", error);
	if (error && plan && json_is_true(json_object_get(report, "undone")))
		(void)fputs("xenplane: all is as before\n", stderr);
	if (error && !json_is_true(json_object_get(report, "undone")))
		(void)fputs("xenplane: not all is as before: xenplane "
			    "recover\n",
			    stderr);
	if (json_is_true(json_object_get(report, "waits")))
		(void)printf("rolled back in %lld s, unless another session "
			     "says: xenplane confirm\n",
			     (long long)json_integer_value(
				     json_object_get(report, "confirm_s")));
}

enum xn_cli_status xn_cli_print_report(const struct xn_cli *cli,
				       json_t *take_report,
				       const struct xn_err *err)
{
	enum xn_cli_status status = XN_CLI_FAILED;

	if (!take_report) {
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(err));
		return XN_CLI_FAILED;
	}
	if (json_is_true(json_object_get(take_report, "ok")))
		status = XN_CLI_DONE;
	(void)json_object_del(take_report, cli->json ? "settled" : "");
	if (!cli->json)
		print_words(take_report);
	else
		xn_cli_print_json(take_report);
	json_decref(take_report);
	return status;
}

static enum xn_cli_status say(const struct xn_cli *cli, int rc,
			      const char *words, const struct xn_err *err)
{
	if (cli->json) {
		json_t *answer = json_pack(
			"{s:b, s:o}", "ok", rc == 0, rc < 0 ? "error" : "done",
			xn_cli_json_text(rc < 0 ? xn_err_text(err) : words));

		xn_cli_print_json(answer);
		json_decref(answer);
	} else if (rc < 0) {
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(err));
	} else {
		(void)printf("%s\n", words);
	}
	return rc < 0 ? XN_CLI_FAILED : XN_CLI_DONE;
}

enum xn_cli_status xn_cli_confirm(const struct xn_cli *cli)
{
	struct xn_session session;
	struct xn_safe *safe = NULL;
	struct xn_err err = {0};
	int rc;

	if (cli->help)
		return xn_cli_usage(confirm_usage);
	if (cli->word_count)
		return xn_cli_wrong(confirm_usage, "confirm takes no words");
	xn_session_read(&session);
	rc = xn_safe_open(cli->state, &safe, &err);
	if (rc == 0)
		rc = xn_safe_begin(safe, &err);
	if (rc == 0)
		rc = xn_safe_confirm(safe, &session, cli->force > 0, &err);
	xn_safe_close(safe);
	return say(cli, rc, "confirmed: it stays", &err);
}

static int roll_back(struct xn_safe *safe, struct xn_safe_done *done,
		     struct xn_err *err)
{
	struct xn_record pending;
	bool waits = true;
	int rc = xn_safe_read(safe, XN_SAFE_PENDING, &pending, err);

	if (rc == 0) {
		waits = xn_safe_is_of_this_boot(safe, &pending);
		xn_record_fini(&pending);
	}
	if (rc == -ENOENT || !waits)
		return xn_safe_reapply(safe, done, err);
	/* Of a damaged record the journal is as good as ever. */
	if (rc < 0 && rc != -EBADMSG)
		return rc;
	if (rc < 0)
		*err = (struct xn_err){0};
	done->settled = XN_SETTLED_BACK_NOW;
	return xn_safe_take_back(safe, "rolled back by xenplane rollback", err);
}

/* The lock is free when the caller hears of it. */
static void finish(struct xn_safe *safe, int rc, struct xn_safe_done *done,
		   const struct xn_err *err, int report_fd)
{
	xn_safe_close(safe);
	xn_worker_report(report_fd, xn_cli_report(rc, done, 0, err));
	xn_safe_done_fini(done);
}

static int run_rollback(void *arg, int report_fd)
{
	const struct xn_cli *cli = arg;
	struct xn_safe_done done = {.undone = true};
	struct xn_safe *safe = NULL;
	struct xn_err err = {0};
	int rc = xn_safe_open(cli->state, &safe, &err);

	if (rc == 0)
		rc = xn_safe_begin(safe, &err);
	if (rc == 0)
		rc = roll_back(safe, &done, &err);
	finish(safe, rc, &done, &err, report_fd);
	return rc < 0 ? 1 : 0;
}

/* Whoever comes here after a plain apply looks for what was before that. */
static void explain(const json_t *report)
{
	const json_t *plan = json_object_get(report, "plan");

	if (json_is_true(json_object_get(report, "ok")) &&
	    json_array_size(json_object_get(plan, "operations")) == 0 &&
	    json_integer_value(json_object_get(report, "settled")) ==
		    XN_SETTLED_NOTHING)
		(void)puts("no apply waits to be confirmed; one without "
			   "--confirm counts as confirmed, and is in force");
}

enum xn_cli_status xn_cli_rollback(const struct xn_cli *cli)
{
	struct xn_cli copy = *cli;
	struct xn_err err = {0};
	json_t *report = NULL;

	if (cli->help)
		return xn_cli_usage(rollback_usage);
	if (cli->word_count)
		return xn_cli_wrong(rollback_usage, "rollback takes no words");
	(void)xn_worker_run(run_rollback, &copy, &report, &err);
	if (report && !cli->json)
		explain(report);
	return xn_cli_print_report(cli, report, &err);
}

struct recovery {
	const struct xn_cli *cli;
	const struct xn_planeconf *conf; /* NULL: there is no file */
};

/* What was settled is to be told, not what the apply after it found. */
static int boot(const struct recovery *recovery, struct xn_safe *safe,
		struct xn_safe_done *done, struct xn_err *err)
{
	struct xn_safe_apply apply = {.conf = recovery->conf,
				      .take_held = true,
				      .cut_lifelines = true};
	enum xn_settled settled = done->settled;
	struct xn_err none = {0};
	struct xn_record confirmed;
	int rc = xn_safe_read(safe, XN_SAFE_CONFIRMED, &confirmed, &none);

	if (rc == 0) {
		xn_record_fini(&confirmed);
		rc = xn_safe_reapply(safe, done, err);
	} else if (rc != -ENOENT) {
		rc = xn_fail(err, -rc, "%s", xn_err_text(&none));
	} else {
		rc = recovery->conf ? xn_safe_apply(safe, &apply, done, err)
				    : 0;
	}
	done->settled = settled;
	return rc;
}

static int run_recover(void *arg, int report_fd)
{
	const struct recovery *recovery = arg;
	struct xn_safe_done done = {.undone = true};
	struct xn_safe *safe = NULL;
	struct xn_err err = {0};
	int rc = xn_safe_open(recovery->cli->state, &safe, &err);

	if (rc == 0)
		rc = xn_safe_begin(safe, &err);
	if (rc == 0)
		rc = xn_safe_settle(safe, &done.settled, &err);
	if (rc == 0 && recovery->cli->boot &&
	    done.settled != XN_SETTLED_WAITING)
		rc = boot(recovery, safe, &done, &err);
	finish(safe, rc, &done, &err, report_fd);
	return rc < 0 ? 1 : 0;
}

/* A host without the file has nothing to apply; a file that is wrong is told,
 * and what was confirmed does not depend on it. */
static struct xn_planeconf *read_if_there(const struct xn_cli *cli)
{
	const char *file = cli->file ? cli->file : XN_CLI_CONFIG_FILE;

	if (!cli->boot || (!cli->file && access(file, F_OK) < 0))
		return NULL;
	return xn_cli_read_plane(cli);
}

enum xn_cli_status xn_cli_recover(const struct xn_cli *cli)
{
	struct recovery recovery = {.cli = cli};
	struct xn_planeconf *conf;
	struct xn_err err = {0};
	json_t *report = NULL;

	if (cli->help)
		return xn_cli_usage(recover_usage);
	if (cli->word_count)
		return xn_cli_wrong(recover_usage, "recover takes no words");
	conf = read_if_there(cli);
	recovery.conf = conf;
	(void)xn_worker_run(run_recover, &recovery, &report, &err);
	xn_planeconf_destroy(conf);
	return xn_cli_print_report(cli, report, &err);
}
