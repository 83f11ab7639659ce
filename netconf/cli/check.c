/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane check: all that is wrong with a configuration, nothing touched. */
#include <stdio.h>
#include <stdlib.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/plane_file.h"
#include "netconf/parse/planeconf.h"

static const char usage[] =
	"Usage: xenplane check [-f FILE] [--json]\n"
	"\n"
	"Reads FILE, or " XN_CLI_CONFIG_FILE ", and what it includes,\n"
	"and says all that is wrong. Touches nothing.\n"
	"\n"
	"The file's keys (xenplane.conf(5)), of bridges:\n";

static enum xn_cli_status print_usage(void)
{
	(void)fputs(usage, stdout);
	for (unsigned int i = 0; i < XN_CONF_KEY_COUNT; i++)
		(void)printf("    %s\n", xn_conf_key_name((enum xn_conf_key)i));
	(void)puts("of vifs, and of bridges for those on them:");
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		(void)printf("    %s\n", xn_setting_name((enum xn_setting)i));
	return XN_CLI_DONE;
}

static json_t *describe_problem(const struct xn_problem *problem)
{
	return json_pack("{s:s, s:o}", "kind",
			 problem->warning ? "warning" : "error", "text",
			 xn_cli_json_text(problem->text));
}

static void print_json(const char *file, const struct xn_planeconf *conf,
		       const struct xn_report *report)
{
	json_t *problems = json_array();
	json_t *answer;

	for (uint32_t i = 0; i < report->count; i++)
		(void)json_array_append_new(
			problems, describe_problem(&report->problem[i]));
	answer = json_pack("{s:o, s:b, s:i, s:i, s:i, s:o}", "file",
			   xn_cli_json_text(file), "ok", conf != NULL, "errors",
			   (int)report->errors, "problems_left_out",
			   (int)report->left_out, "files",
			   conf ? (int)conf->file_count : 0, "problems",
			   problems);
	if (conf && answer) {
		(void)json_object_set_new(
			answer, "bridges",
			json_integer((json_int_t)conf->bridge_count));
		(void)json_object_set_new(
			answer, "vifs",
			json_integer((json_int_t)conf->vif_count));
	}
	xn_cli_print_json(answer);
	json_decref(answer);
}

static void print_text(const char *file, const struct xn_planeconf *conf,
		       const struct xn_report *report)
{
	for (uint32_t i = 0; i < report->count; i++)
		(void)fprintf(stderr, "%s\n", report->problem[i].text);
	if (report->left_out)
		(void)fprintf(stderr, "xenplane: and %u more\n",
			      report->left_out);
	if (conf)
		(void)printf("%s: right: bridges: %u, vifs: %u, files: %u\n",
			     file, conf->bridge_count, conf->vif_count,
			     conf->file_count);
}

enum xn_cli_status xn_cli_check(const struct xn_cli *cli)
{
	const char *file = cli->file ? cli->file : XN_CLI_CONFIG_FILE;
	struct xn_planeconf *conf = NULL;
	struct xn_report *report;
	enum xn_cli_status status;

	if (cli->help)
		return print_usage();
	if (cli->word_count)
		return xn_cli_wrong("Usage: xenplane check [-f FILE] "
				    "[--json]\n",
				    "check: \"%s\": a file stands behind -f",
				    cli->word[0]);
	report = calloc(1, sizeof(*report));
	if (!report) {
		(void)fputs("xenplane: out of memory\n", stderr);
		return XN_CLI_FAILED;
	}
	status = xn_planeconf_read(file, &conf, report) ? XN_CLI_FAILED
							: XN_CLI_DONE;
	if (cli->json)
		print_json(file, conf, report);
	else
		print_text(file, conf, report);
	xn_planeconf_destroy(conf);
	free(report);
	return status;
}
