/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane nat: NAT as a configuration wants it, without the daemon. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "natd/nat.h"
#include "netconf/base/text.h"
#include "netconf/cli/commands.h"
#include "netconf/cli/in_force.h"
#include "netconf/cli/nat.h"
#include "netconf/force/known.h"
#include "netconf/parse/planeconf.h"

#define CONFIG_FILE "/etc/xenplane/xenplane.conf"

static const char usage[] =
	"Usage: xenplane nat apply [GUEST=ADDRESS...] [-f FILE] [--json]\n"
	"       xenplane nat plan [GUEST=ADDRESS...] [-f FILE] [--json]\n"
	"       xenplane nat list [GUEST=ADDRESS...] [-f FILE] [--json]\n"
	"       xenplane nat forget ADDRESS... [--json]\n"
	"       xenplane nat stop [--json]\n"
	"\n"
	"Makes the NAT that the bridges with mode=nat of FILE, or "
	"of\n" CONFIG_FILE ", want (apply); says what would\n"
	"be done (plan), what leads where (list); ends the connections of\n"
	"addresses whose guest is gone (forget); takes all away (stop).\n"
	"GUEST is a name or a MAC that the file's forwards name.\n";

static int add_guest(struct xnat_guests *guests, const char *word)
{
	struct xnat_guest guest = {.address_count = 1};
	struct xn_address *address = &guest.address[0];
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : 0;
	char name[XN_NAT_NAME_MAX];

	if (length == 0 || length >= sizeof(name))
		return -EINVAL;
	memcpy(name, word, length);
	name[length] = '\0';
	guest.has_mac = xn_mac_parse(name, &guest.mac) == 0;
	if (!guest.has_mac)
		(void)xn_text_copy(guest.name, sizeof(guest.name), name);
	address->family = strchr(equals, ':') ? 6 : 4;
	address->prefix = address->family == 6 ? 128 : 32;
	if (inet_pton(address->family == 6 ? AF_INET6 : AF_INET, equals + 1,
		      address->octet) != 1)
		return -EINVAL;
	return xnat_guests_add(guests, &guest);
}

static bool read_guests(const struct xn_cli *cli, struct xnat_guests *guests)
{
	for (int i = 1; i < cli->word_count; i++)
		if (add_guest(guests, cli->word[i])) {
			(void)xn_cli_wrong(NULL,
					   "nat: \"%s\" is not GUEST=ADDRESS",
					   cli->word[i]);
			return false;
		}
	return true;
}

struct xn_planeconf *xn_cli_nat_conf(const struct xn_cli *cli)
{
	const char *file = cli->file ? cli->file : CONFIG_FILE;
	struct xn_report *report = calloc(1, sizeof(*report));
	struct xn_planeconf *conf = NULL;

	if (!report) {
		(void)fputs("xenplane: out of memory\n", stderr);
		return NULL;
	}
	if (xn_planeconf_read(file, &conf, report))
		for (uint32_t i = 0; i < report->count; i++)
			(void)fprintf(stderr, "%s\n", report->problem[i].text);
	free(report);
	return conf;
}

static json_t *describe(const struct xnat_report *report)
{
	json_t *warnings = json_array();

	for (uint32_t i = 0; i < report->warning_count; i++)
		(void)json_array_append_new(
			warnings, xn_cli_json_text(report->warning[i]));
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:b, s:o}", "rules",
			 (int)report->rules, "elements", (int)report->elements,
			 "table_changes", (int)report->table_changes,
			 "host_changes", (int)report->host_changes,
			 "connections_ended", (int)report->flows_ended,
			 "table_stays", report->table_stays, "warnings",
			 warnings);
}

static void print_report(const struct xn_cli *cli,
			 const struct xnat_report *report)
{
	json_t *answer;

	if (cli->json) {
		answer = describe(report);
		xn_cli_print_json(answer);
		json_decref(answer);
		return;
	}
	for (uint32_t i = 0; i < report->warning_count; i++)
		(void)fprintf(stderr, "xenplane: %s\n", report->warning[i]);
	(void)printf("rules: %u, elements: %u; changed: table %u, host %u; "
		     "connections ended: %u\n",
		     report->rules, report->elements, report->table_changes,
		     report->host_changes, report->flows_ended);
	if (report->table_stays)
		(void)puts("The table stays, for the chains in it that begin "
			   "with admin_.");
}

static enum xn_cli_status finish(const struct xn_cli *cli, int rc,
				 const struct xnat_report *report,
				 const struct xn_err *err)
{
	if (rc < 0) {
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(err));
		return XN_CLI_FAILED;
	}
	print_report(cli, report);
	return XN_CLI_DONE;
}

/* Those of the command line come before those that xenplaned knows. */
static int make(const struct xn_planeconf *conf, struct xnat_guests *guests,
		bool dry, struct xnat_report *report, struct xn_err *err)
{
	const struct xnat_want want = {
		.conf = conf, .guests = guests, .dry = dry};
	struct xn_cli_hold hold;
	int rc = xn_cli_hold_begin(!dry, &hold, err);

	*report = (struct xnat_report){0};
	if (rc == 0)
		rc = xn_force_known_guests(hold.vifs, guests, err);
	if (rc == 0)
		rc = xnat_make(&want, report, err);
	if (rc == 0 && !dry)
		rc = xn_force_note(hold.force, XN_FORCE_NAT, conf, err);
	xn_cli_hold_end(&hold);
	return rc;
}

static enum xn_cli_status apply(const struct xn_cli *cli, bool dry)
{
	struct xn_planeconf *conf;
	struct xnat_guests guests = {0};
	enum xn_cli_status status = XN_CLI_USAGE;
	struct xnat_report report;
	struct xn_err err = {0};
	int rc;

	if (!read_guests(cli, &guests))
		goto out;
	status = XN_CLI_FAILED;
	conf = xn_cli_nat_conf(cli);
	if (!conf)
		goto out;
	rc = make(conf, &guests, dry, &report, &err);
	status = finish(cli, rc, &report, &err);
	xn_planeconf_destroy(conf);
out:
	xnat_guests_fini(&guests);
	return status;
}

static enum xn_cli_status stop(const struct xn_cli *cli)
{
	struct xnat_guests nobody = {0};
	struct xnat_report report;
	struct xn_err err = {0};
	int rc;

	if (cli->word_count > 1)
		return xn_cli_wrong(usage, "nat stop: \"%s\"?", cli->word[1]);
	rc = make(NULL, &nobody, false, &report, &err);
	xnat_guests_fini(&nobody);
	return finish(cli, rc, &report, &err);
}

static int read_address(const char *word, struct xn_address *ret_address)
{
	bool ipv6 = strchr(word, ':');

	*ret_address = (struct xn_address){.family = ipv6 ? 6 : 4,
					   .prefix = ipv6 ? 128 : 32};
	return inet_pton(ipv6 ? AF_INET6 : AF_INET, word, ret_address->octet) ==
			       1
		       ? 0
		       : -EINVAL;
}

static enum xn_cli_status forget(const struct xn_cli *cli)
{
	struct xn_address gone[XN_CLI_WORDS_MAX];
	uint32_t count = 0, ended = 0;
	struct xn_err err = {0};

	for (int i = 1; i < cli->word_count; i++)
		if (read_address(cli->word[i], &gone[count++]))
			return xn_cli_wrong(NULL,
					    "nat forget: \"%s\" is no address",
					    cli->word[i]);
	if (count == 0)
		return xn_cli_wrong(usage, "nat forget: which address?");
	if (xnat_forget(NULL, gone, count, &ended, &err) < 0) {
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(&err));
		return XN_CLI_FAILED;
	}
	if (cli->json)
		(void)printf("{\"connections_ended\": %u}\n", ended);
	else
		(void)printf("connections ended: %u\n", ended);
	return XN_CLI_DONE;
}

static enum xn_cli_status list_known(const struct xn_cli *cli,
				     struct xnat_guests *guests)
{
	enum xn_cli_status status = XN_CLI_FAILED;
	struct xn_cli_hold hold;
	struct xn_err err = {0};
	int rc = xn_cli_hold_begin(false, &hold, &err);

	if (rc == 0)
		rc = xn_force_known_guests(hold.vifs, guests, &err);
	if (rc == 0)
		status = xn_cli_nat_list(cli, guests);
	else
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(&err));
	xn_cli_hold_end(&hold);
	return status;
}

static enum xn_cli_status list(const struct xn_cli *cli)
{
	struct xnat_guests guests = {0};
	enum xn_cli_status status = XN_CLI_USAGE;

	if (read_guests(cli, &guests))
		status = list_known(cli, &guests);
	xnat_guests_fini(&guests);
	return status;
}

enum xn_cli_status xn_cli_nat(const struct xn_cli *cli)
{
	const char *verb = cli->word_count ? cli->word[0] : "";

	if (cli->help)
		return xn_cli_usage(usage);
	if (!strcmp(verb, "apply"))
		return apply(cli, false);
	if (!strcmp(verb, "plan"))
		return apply(cli, true);
	if (!strcmp(verb, "list"))
		return list(cli);
	if (!strcmp(verb, "forget"))
		return forget(cli);
	if (!strcmp(verb, "stop"))
		return stop(cli);
	return xn_cli_wrong(
		usage, verb[0] ? "nat: no verb \"%s\"" : "nat: which verb?%s",
		verb);
}
