/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane status: is everything there, and how much of it. */
#include <stdio.h>

#include "netconf/cli/commands.h"

static const char usage[] =
	"Usage: xenplane status [--json] [--socket PATH]\n"
	"Exit status 0: the data process serves and the store is connected.\n";

static json_int_t integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_bridge_drift(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		(void)printf("drift     bridge %s: %s\n",
			     json_string_value(json_object_get(item, "bridge")),
			     json_string_value(json_object_get(item, "words")));
}

static void print(const json_t *status)
{
	const json_t *netback = json_object_get(status, "netback");
	const char *problem =
		json_string_value(json_object_get(status, "reload_error"));

	(void)printf("control   pid %lld, domain %lld\n",
		     (long long)integer(status, "pid"),
		     (long long)integer(status, "domid"));
	(void)printf("store     %s\n",
		     json_is_true(json_object_get(status, "store"))
			     ? "connected"
			     : "away (forwarding goes on)");
	(void)printf("data      pid %lld, %s, %lld restarts\n",
		     (long long)integer(netback, "pid"),
		     json_is_true(json_object_get(netback, "ready"))
			     ? "ready"
			     : "not ready",
		     (long long)integer(netback, "restarts"));
	(void)printf("vifs      %lld, %lld connected\n",
		     (long long)integer(status, "vifs"),
		     (long long)integer(status, "connected"));
	if (integer(status, "drifted"))
		(void)printf("drift     %lld vifs are not as they are asked to "
			     "be: see vif show\n",
			     (long long)integer(status, "drifted"));
	print_bridge_drift(json_object_get(status, "bridge_drift"));
	if (problem)
		(void)printf("file      not in force: %s\n", problem);
	(void)printf("bridges   %lld\n", (long long)integer(status, "bridges"));
}

enum xn_cli_status xn_cli_status(const struct xn_cli *cli)
{
	json_t *status;
	bool good;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count)
		return xn_cli_wrong(usage, "status takes no words");
	status = xn_cli_ask(cli, json_pack("{s:s}", "cmd", "status"));
	if (!status)
		return XN_CLI_FAILED;
	if (cli->json)
		xn_cli_print_json(status);
	else
		print(status);
	good = json_is_true(json_object_get(status, "store")) &&
	       json_is_true(json_object_get(json_object_get(status, "netback"),
					    "ready"));
	json_decref(status);
	return good ? XN_CLI_DONE : XN_CLI_FAILED;
}
