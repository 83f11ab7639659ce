/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane doctor: what will break guests' networking on this host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/plane_file.h"
#include "netconf/doctor/judge.h"
#include "netconf/force/force.h"
#include "netconf/safe/drifted.h"

static const char usage[] =
	"Usage: xenplane doctor [-f FILE] [--state DIR] [--json]\n"
	"\n"
	"Says what on this host will break guests' networking, and what to\n"
	"do; also for what FILE, or " XN_CLI_CONFIG_FILE ",\n"
	"wants, and what others changed of bridges since `xenplane apply`,\n"
	"which remembers them in DIR. Changes nothing. Exit status: 0 nothing\n"
	"breaks, 1 something does.\n";

static json_t *describe(const struct xn_finding *finding)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", finding->id,
			 "severity", xn_severity_word(finding->severity),
			 "subject", finding->subject, "what",
			 xn_cli_json_text(finding->what), "todo",
			 xn_cli_json_text(finding->todo));
}

static void print_json(const struct xn_findings *findings)
{
	json_t *list = json_array();
	json_t *answer;

	for (uint32_t i = 0; i < findings->count; i++)
		(void)json_array_append_new(list, describe(&findings->item[i]));
	answer = json_pack("{s:b, s:o}", "breaks", xn_findings_break(findings),
			   "findings", list);
	xn_cli_print_json(answer);
	json_decref(answer);
}

static void print_text(const struct xn_findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++) {
		const struct xn_finding *finding = &findings->item[i];

		(void)printf("%s: %s: %s\n    do: %s\n",
			     xn_severity_word(finding->severity),
			     finding->subject, finding->what, finding->todo);
	}
	if (xn_findings_break(findings))
		(void)puts("something breaks guests");
	else if (xn_findings_lack(findings))
		(void)puts("of what could be looked at nothing breaks guests");
	else
		(void)puts("nothing here breaks guests");
}

/* What the kernel lacks is told as an error of the whole look. */
static void note_lack(struct xn_facts *facts, const struct xn_planeconf *conf,
		      int error, const struct xn_err *err)
{
	struct xn_part *part = xn_force_wants(conf, XN_FORCE_NAT)
				       ? &facts->nat
				       : &facts->rates;

	if (error == -EOPNOTSUPP)
		(void)snprintf(part->lacks, sizeof(part->lacks), "%s",
			       xn_err_text(err));
	else if (facts->trouble_count < XN_TROUBLES_MAX)
		(void)snprintf(facts->trouble[facts->trouble_count++],
			       XN_ERR_TEXT_MAX, "NAT and rates: %s",
			       xn_err_text(err));
}

static void note_ops(struct xn_facts *facts, const struct xn_force_ops *ops)
{
	for (size_t i = 0; i < ops->count; i++) {
		struct xn_part *part = ops->op[i].part == XN_FORCE_NAT
					       ? &facts->nat
					       : &facts->rates;

		if (part->differences++ == 0)
			(void)snprintf(part->first, sizeof(part->first),
				       "%.255s", ops->op[i].words);
	}
	for (size_t i = 0; i < ops->warning_count && i < XN_REMARKS_MAX; i++)
		(void)snprintf(facts->remark[facts->remark_count++],
			       XN_REMARK_MAX, "%s", ops->warning[i]);
}

/* NAT and rates, as `xenplane apply` would make them now. */
static void look_at_force(struct xn_nl *nl, const struct xn_planeconf *conf,
			  struct xn_facts *facts)
{
	struct xn_force_ops *ops = calloc(1, sizeof(*ops));
	struct xn_force *force = NULL;
	struct xn_err err = {0};
	int rc = ops ? xn_force_open(nl, &force, &err) : -ENOMEM;

	if (rc == 0)
		rc = xn_force_look(force, conf, ops, &err);
	if (rc < 0)
		note_lack(facts, conf, rc, &err);
	else
		note_ops(facts, ops);
	xn_force_close(force);
	if (ops)
		xn_force_ops_fini(ops);
	free(ops);
}

static void note_drifts(struct xn_facts *facts, const struct xn_drifts *drifts)
{
	for (uint32_t i = 0;
	     i < drifts->count && facts->drift_count < XN_FACT_DRIFTS_MAX;
	     i++) {
		struct xn_fact_drift *drift =
			&facts->drift[facts->drift_count++];

		memcpy(drift->bridge, drifts->item[i].bridge,
		       sizeof(drift->bridge));
		(void)snprintf(drift->words, sizeof(drift->words), "%.255s",
			       drifts->item[i].words);
	}
}

/* Bridges against the apply that is in force. */
static void look_at_drift(const char *state, struct xn_facts *facts)
{
	struct xn_drifts *drifts = calloc(1, sizeof(*drifts));
	struct xn_safe *safe = NULL;
	struct xn_err err = {0};
	int rc = drifts ? xn_drifts_open(state, &safe, &err) : -ENOMEM;

	if (rc == 0)
		rc = xn_drifts_look(safe, drifts, &err);
	/* Nothing is in force here, or is being applied. */
	if (rc == 0)
		note_drifts(facts, drifts);
	else if (rc != -ENOENT && rc != -EXDEV && rc != -EBUSY &&
		 facts->trouble_count < XN_TROUBLES_MAX)
		(void)snprintf(facts->trouble[facts->trouble_count++],
			       XN_ERR_TEXT_MAX, "what is in force: %s",
			       xn_err_text(&err));
	xn_drifts_close(safe);
	free(drifts);
}

struct visit {
	struct xn_facts facts;
	struct xn_findings findings;
};

static enum xn_cli_status examine(const struct xn_cli *cli,
				  const struct xn_planeconf *conf,
				  struct visit *visit, struct xn_err *err)
{
	struct xn_nl *nl;
	int rc = xn_nl_open(&nl, err);

	if (rc < 0)
		return XN_CLI_FAILED;
	rc = xn_facts_read(nl, "", conf, &visit->facts, err);
	if (rc == 0 && conf)
		look_at_force(nl, conf, &visit->facts);
	if (rc == 0)
		look_at_drift(cli->state, &visit->facts);
	xn_nl_close(nl);
	if (rc < 0)
		return XN_CLI_FAILED;
	xn_judge(&visit->facts, conf, &visit->findings);
	if (cli->json)
		print_json(&visit->findings);
	else
		print_text(&visit->findings);
	xn_facts_fini(&visit->facts);
	return xn_findings_break(&visit->findings) ||
			       xn_findings_lack(&visit->findings)
		       ? XN_CLI_FAILED
		       : XN_CLI_DONE;
}

static enum xn_cli_status visit_host(const struct xn_cli *cli,
				     const struct xn_planeconf *conf)
{
	struct visit *visit = calloc(1, sizeof(*visit));
	enum xn_cli_status status = XN_CLI_FAILED;
	struct xn_err err = {0};

	if (visit)
		status = examine(cli, conf, visit, &err);
	else
		(void)fputs("xenplane: out of memory\n", stderr);
	if (err.set)
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(&err));
	free(visit);
	return status;
}

enum xn_cli_status xn_cli_doctor(const struct xn_cli *cli)
{
	struct xn_planeconf *conf;
	enum xn_cli_status status;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count)
		return xn_cli_wrong(usage, "doctor takes no words");
	/* A host without the file is examined all the same. */
	if (!cli->file && access(XN_CLI_CONFIG_FILE, F_OK) < 0)
		return visit_host(cli, NULL);
	conf = xn_cli_read_plane(cli);
	if (!conf)
		return XN_CLI_FAILED;
	status = visit_host(cli, conf);
	xn_planeconf_destroy(conf);
	return status;
}
