/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane qos: rates and shares on the kernel's path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/in_force.h"
#include "netconf/force/qos_wish.h"
#include "netconf/cli/table.h"
#include "netconf/ipc/client.h"
#include "netconf/parse/planeconf.h"
#include "qos/apply.h"
#include "qos/show.h"
#include "qos/words.h"

#define CONFIG_FILE "/etc/xenplane/xenplane.conf"
#define ANSWER_MS 10000

static const char usage[] =
	"Usage: xenplane qos apply [-f FILE | WORD...] [--take] [--json]\n"
	"       xenplane qos diff [-f FILE | WORD...] [--take] [--json]\n"
	"       xenplane qos show [--json]\n"
	"       xenplane qos stop [--json]\n"
	"\n"
	"Puts in force what FILE, or " CONFIG_FILE ", says\n"
	"of rates and shares for the vifs that are there, and removes what of\n"
	"its own is not wanted any more. diff says what apply would do. A "
	"WORD\n"
	"stands for what the file would say:\n"
	"    vif1.0,rate=10Mb/s,rate-in=20Mb/s\n"
	"    vif2.0,mac=00:16:3e:00:00:02,uplink=eth0,guarantee=5Mb/s\n"
	"    uplink=eth0,rate=100Mb/s,rate-in=100Mb/s\n"
	"--take: somebody else's queueing discipline that is in the way "
	"goes.\n";

/* What is wrong stands on stderr. */
static struct xn_planeconf *read_conf(const char *file)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	struct xn_planeconf *conf = NULL;

	if (!report || xn_planeconf_read(file, &conf, report))
		(void)fprintf(stderr, "xenplane: %s\n",
			      report ? xn_report_first(report)
				     : "out of memory");
	free(report);
	return conf;
}

/* xenplaned's vifs; NULL: it does not run, which is no error. */
static json_t *ask_vifs(const struct xn_cli *cli)
{
	json_t *request = json_pack("{s:s}", "cmd", "vif-list");
	struct xn_err err = {0};
	json_t *answer = NULL;
	json_t *vifs;

	if (access(cli->socket, F_OK) ||
	    xn_client_call(cli->socket, request, ANSWER_MS, &answer, &err)) {
		json_decref(request);
		return NULL;
	}
	json_decref(request);
	vifs = json_incref(json_object_get(answer, "vifs"));
	json_decref(answer);
	return vifs;
}

/* *ret_conf is the caller's. */
static int wish_of_file(const struct xn_cli *cli, struct xn_nl *nl,
			struct xn_qos_wish *wish,
			struct xn_planeconf **ret_conf, struct xn_err *err)
{
	struct xn_planeconf *conf =
		read_conf(cli->file ? cli->file : CONFIG_FILE);
	struct xn_link_table links = {0};
	uint32_t skipped = 0;
	json_t *vifs;
	int error;

	*ret_conf = conf;
	if (!conf)
		return -1;
	vifs = ask_vifs(cli);
	error = xn_link_dump(nl, &links, err);
	if (!error)
		error = xn_qos_wish_file(wish, conf, &links, vifs, &skipped,
					 err);
	if (skipped)
		(void)fprintf(stderr,
			      "xenplane: [vif MAC] sections without effect: "
			      "%u: no xenplaned says which links they are\n",
			      skipped);
	xn_link_table_fini(&links);
	json_decref(vifs);
	return error;
}

static enum xn_cli_status read_wish(const struct xn_cli *cli, struct xn_nl *nl,
				    struct xn_qos_wish *wish,
				    struct xn_planeconf **ret_conf)
{
	struct xn_err err = {0};
	int error = 0;

	*ret_conf = NULL;
	if (cli->word_count == 1) {
		error = wish_of_file(cli, nl, wish, ret_conf, &err);
		if (error && err.set)
			(void)fprintf(stderr, "xenplane: %s\n",
				      xn_err_text(&err));
		return error ? XN_CLI_FAILED : XN_CLI_DONE;
	}
	if (cli->file)
		return xn_cli_wrong(usage, "qos: words, or -f FILE");
	for (int i = 1; i < cli->word_count && !error; i++)
		error = xn_qos_wish_word(wish, cli->word[i], &err);
	return error ? xn_cli_wrong(NULL, "qos: %s", xn_err_text(&err))
		     : XN_CLI_DONE;
}

static enum xn_cli_status fail(const struct xn_err *err)
{
	(void)fprintf(stderr, "xenplane: qos: %s\n", xn_err_text(err));
	return XN_CLI_FAILED;
}

static void print_plan(const struct xn_cli *cli, const struct xq_plan *plan)
{
	json_t *answer;
	char words[512];

	if (cli->json) {
		answer = xq_plan_to_json(plan);
		xn_cli_print_json(answer);
		json_decref(answer);
		return;
	}
	for (size_t i = 0; i < plan->count; i++) {
		xq_op_words(&plan->op[i], words, sizeof(words));
		(void)printf("%-8s %s\n",
			     xn_cost_word((enum xn_cost)plan->op[i].cost),
			     words);
	}
	(void)printf("operations: %zu\n", plan->count);
}

/* conf: that the wish is of; NULL: of words, or it is nothing at all. */
static enum xn_cli_status diff(const struct xn_cli *cli, struct xn_nl *nl,
			       const struct xq_wish *wish,
			       const struct xn_planeconf *conf)
{
	const struct xq_told told = {.take = cli->take};
	struct xq_plan plan = {0};
	struct xn_err err = {0};

	(void)conf;
	if (xq_look(nl, wish, &told, &plan, &err))
		return fail(&err);
	print_plan(cli, &plan);
	xq_plan_fini(&plan);
	return XN_CLI_DONE;
}

/* What words made cannot be made again: it is not noted. */
static int make(struct xn_nl *nl, const struct xq_wish *wish,
		const struct xq_told *told, const struct xn_planeconf *conf,
		size_t *ret_count, struct xn_err *err)
{
	struct xn_cli_hold hold;
	int rc = xn_cli_hold_begin(true, &hold, err);

	if (rc == 0)
		rc = xq_apply(nl, wish, told, ret_count, err);
	if (rc == 0)
		rc = xn_force_note(hold.force, XN_FORCE_QOS, conf, err);
	xn_cli_hold_end(&hold);
	return rc;
}

static enum xn_cli_status apply(const struct xn_cli *cli, struct xn_nl *nl,
				const struct xq_wish *wish,
				const struct xn_planeconf *conf)
{
	const struct xq_told told = {.take = cli->take};
	struct xn_err err = {0};
	size_t count = 0;
	json_t *answer;

	if (make(nl, wish, &told, conf, &count, &err))
		return fail(&err);
	if (!cli->json) {
		(void)printf("operations: %zu\n", count);
		return XN_CLI_DONE;
	}
	answer = json_pack("{s:I}", "operations", (json_int_t)count);
	xn_cli_print_json(answer);
	json_decref(answer);
	return XN_CLI_DONE;
}

static void print_rate(struct xn_table *table, const json_t *shaper,
		       const char *key)
{
	char text[XQ_RATE_TEXT_MAX];

	(void)xn_table_add(table, "%s",
			   xq_rate_words((uint64_t)json_integer_value(
						 json_object_get(shaper, key)),
					 text));
}

static void print_shapers(const json_t *shapers)
{
	static const char *const heads[] = {
		"LINK",	 "WAY",	  "OF",	    "BY",    "RATE",   "CEILING",
		"BURST", "BYTES", "FRAMES", "DROPS", "WAITING"};
	static const char *const before[] = {"link", "way", "of", "by"};
	static const char *const behind[] = {"burst_bytes", "bytes", "frames",
					     "drops", "backlog_bytes"};
	struct xn_table *table = xn_table_create(heads, 11);
	const json_t *shaper;
	size_t i;

	if (!table)
		return;
	json_array_foreach (shapers, i, shaper) {
		for (size_t k = 0; k < 4; k++)
			(void)xn_table_add_key(table, shaper, before[k]);
		print_rate(table, shaper, "rate_bytes");
		print_rate(table, shaper, "ceiling_bytes");
		for (size_t k = 0; k < 5; k++)
			(void)xn_table_add_key(table, shaper, behind[k]);
	}
	xn_table_print(table);
	xn_table_destroy(table);
}

static enum xn_cli_status show(const struct xn_cli *cli, struct xn_nl *nl)
{
	struct xq_observed observed = {0};
	struct xn_err err = {0};
	json_t *answer;

	if (xq_observe(nl, &observed, &err))
		return fail(&err);
	answer = xq_show(&observed);
	xq_observed_fini(&observed);
	if (!answer) {
		(void)fputs("xenplane: out of memory\n", stderr);
		return XN_CLI_FAILED;
	}
	if (cli->json)
		xn_cli_print_json(answer);
	else
		print_shapers(json_object_get(answer, "shapers"));
	json_decref(answer);
	return XN_CLI_DONE;
}

typedef enum xn_cli_status wish_fn(const struct xn_cli *cli, struct xn_nl *nl,
				   const struct xq_wish *wish,
				   const struct xn_planeconf *conf);

static enum xn_cli_status with_wish(const struct xn_cli *cli, struct xn_nl *nl,
				    wish_fn *fn)
{
	struct xn_qos_wish words = {0};
	struct xn_planeconf *conf;
	enum xn_cli_status status = read_wish(cli, nl, &words, &conf);
	struct xq_wish wish = {words.vif, words.vif_count, words.uplink,
			       words.uplink_count};

	if (status == XN_CLI_DONE)
		status = fn(cli, nl, &wish, conf);
	xn_planeconf_destroy(conf);
	xn_qos_wish_fini(&words);
	return status;
}

static enum xn_cli_status stop(const struct xn_cli *cli, struct xn_nl *nl)
{
	const struct xq_wish nothing = {.vif_count = 0};

	return apply(cli, nl, &nothing, NULL);
}

enum xn_cli_status xn_cli_qos(const struct xn_cli *cli)
{
	const char *verb = cli->word_count ? cli->word[0] : "";
	bool alone = cli->word_count == 1 && !cli->file && !cli->take;
	enum xn_cli_status status;
	struct xn_err err = {0};
	struct xn_nl *nl;

	if (cli->help)
		return xn_cli_usage(usage);
	if (!cli->word_count)
		return xn_cli_wrong(usage, "qos: what to do?");
	if (strcmp(verb, "apply") != 0 && strcmp(verb, "diff") != 0 &&
	    !(alone && (!strcmp(verb, "show") || !strcmp(verb, "stop"))))
		return xn_cli_wrong(usage,
				    "qos: \"%s\" is not a command, or has not "
				    "the words it takes",
				    verb);
	if (xn_nl_open(&nl, &err))
		return fail(&err);
	if (!strcmp(verb, "apply"))
		status = with_wish(cli, nl, apply);
	else if (!strcmp(verb, "diff"))
		status = with_wish(cli, nl, diff);
	else if (!strcmp(verb, "show"))
		status = show(cli, nl);
	else
		status = stop(cli, nl);
	xn_nl_close(nl);
	return status;
}
