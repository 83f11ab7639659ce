/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane diff: what an apply would change. Touches nothing. */
#include <stdio.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/plan_words.h"
#include "netconf/cli/plane_file.h"
#include "netconf/safe/change.h"

static const char usage[] =
	"Usage: xenplane diff [-f FILE] [--state DIR] [--json]\n"
	"\n"
	"What `xenplane apply` would do, a line for each operation: the step,\n"
	"what it costs those whose frames pass (none, live, restart,\n"
	"recreate), and words. Changes nothing.\n";

static int make(const struct xn_cli *cli, const struct xn_planeconf *conf,
		struct xn_want **ret_want, struct xn_err *err)
{
	struct xn_lifelines lines;
	struct xn_session session;
	struct xn_ours ours;
	struct xn_safe *safe;
	int rc = xn_safe_open(cli->state, &safe, err);

	if (rc < 0)
		return rc;
	xn_session_read(&session);
	rc = xn_safe_ours(safe, &ours, err);
	if (rc == 0)
		rc = xn_lifelines_read("/", &session, &lines, err);
	if (rc == 0)
		rc = xn_want_make(safe->nl, safe->force, conf, &ours, &lines,
				  ret_want, err);
	xn_safe_close(safe);
	return rc;
}

enum xn_cli_status xn_cli_diff(const struct xn_cli *cli)
{
	struct xn_planeconf *conf;
	struct xn_want *want = NULL;
	struct xn_err err = {0};
	json_t *json;
	int rc;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count)
		return xn_cli_wrong(usage,
				    "diff: \"%s\": a file stands behind "
				    "-f",
				    cli->word[0]);
	conf = xn_cli_read_plane(cli);
	if (!conf)
		return XN_CLI_FAILED;
	rc = make(cli, conf, &want, &err);
	json = rc == 0 ? xn_cli_describe_want(want) : NULL;
	if (rc < 0)
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(&err));
	else if (cli->json)
		xn_cli_print_json(json);
	else
		xn_cli_print_want(json);
	if (json && !cli->json)
		xn_cli_print_warnings(json_object_get(json, "warnings"));
	json_decref(json);
	xn_want_destroy(want);
	xn_planeconf_destroy(conf);
	return rc < 0 ? XN_CLI_FAILED : XN_CLI_DONE;
}
