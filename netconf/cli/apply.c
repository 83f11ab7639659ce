/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane apply: puts the configuration in force. The work is done in a
 * process that outlives this one, and which is the watchdog afterwards. */
#include <stdio.h>

#include "netconf/base/text.h"
#include "netconf/cli/commands.h"
#include "netconf/cli/plan_words.h"
#include "netconf/cli/plane_file.h"
#include "netconf/cli/safe.h"
#include "netconf/safe/watch.h"

static const char usage[] =
	"Usage: xenplane apply [-f FILE] [--dry-run] [--confirm SECONDS]\n"
	"                      [--force [--force]] [--state DIR] [--json]\n"
	"\n"
	"Brings the host's network to what FILE, or\n" XN_CLI_CONFIG_FILE
	", says of bridges. What fails is taken back.\n"
	"\n"
	"--confirm SECONDS  take all back unless `xenplane confirm` comes in\n"
	"                   time, from another login session than this one\n"
	"--dry-run          say what would be done (as xenplane diff)\n"
	"--force            also a link that a DHCP client or a network "
	"manager\n"
	"                   holds, and would not go on with\n"
	"--force --force    also what touches the link that the root file\n"
	"                   system or this SSH session comes over\n"
	"--state DIR        remember it there, not in " XN_SAFE_FOLDER "\n";

struct job {
	const char *state;
	struct xn_safe_apply apply;
};

static int run_job(void *arg, int report_fd)
{
	struct job *job = arg;
	struct xn_safe_done done = {.undone = true};
	struct xn_safe *safe = NULL;
	struct xn_err err = {0};
	int rc = xn_safe_open(job->state, &safe, &err);

	if (rc == 0)
		rc = xn_safe_begin(safe, &err);
	if (rc == 0)
		rc = xn_safe_apply(safe, &job->apply, &done, &err);
	/* The lock is free when the caller hears of it. */
	if (safe)
		xn_safe_end(safe);
	xn_worker_report(report_fd,
			 xn_cli_report(rc, &done, job->apply.confirm_s, &err));
	xn_safe_done_fini(&done);
	if (rc == 0 && done.waits)
		rc = xn_safe_watch(safe, &done, &err);
	xn_safe_close(safe);
	return rc < 0 ? 1 : 0;
}

static enum xn_cli_status apply(const struct xn_cli *cli, uint32_t confirm_s)
{
	struct job job = {.state = cli->state,
			  .apply = {.confirm_s = confirm_s,
				    .take_held = cli->force >= 1,
				    .cut_lifelines = cli->force >= 2}};
	struct xn_planeconf *conf = xn_cli_read_plane(cli);
	json_t *report = NULL;
	struct xn_err err = {0};

	if (!conf)
		return XN_CLI_FAILED;
	job.apply.conf = conf;
	xn_session_read(&job.apply.session);
	(void)xn_worker_run(run_job, &job, &report, &err);
	xn_planeconf_destroy(conf);
	return xn_cli_print_report(cli, report, &err);
}

enum xn_cli_status xn_cli_apply(const struct xn_cli *cli)
{
	uint32_t confirm_s = 0;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count)
		return xn_cli_wrong(usage,
				    "apply: \"%s\": a file stands "
				    "behind -f",
				    cli->word[0]);
	if (cli->confirm && xn_parse_u32(cli->confirm, 1, XN_RECORD_SECONDS_MAX,
					 &confirm_s) < 0)
		return xn_cli_wrong(NULL, "--confirm %s: 1 to %u seconds",
				    cli->confirm, XN_RECORD_SECONDS_MAX);
	if (cli->dry_run)
		return xn_cli_diff(cli);
	return apply(cli, confirm_s);
}
