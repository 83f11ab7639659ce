/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane bridge list|show|fdb|set: the bridges that the vifs are on. */
#include <stdio.h>
#include <string.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/table.h"

static const char usage[] =
	"Usage: xenplane bridge list [--json]\n"
	"       xenplane bridge show BRIDGE [--json]\n"
	"       xenplane bridge fdb BRIDGE [--json]\n"
	"       xenplane bridge set BRIDGE KEY=VALUE... [--json]\n"
	"\n"
	"set: for the vifs on the bridge that say nothing else; for the keys\n"
	"see xenplane vif --help.\n"
	"fdb: every address known, where it is, and who knows it: the switch\n"
	"(guests on the fast path), the kernel's bridge, or both.\n";

/* Prints the answer's array of objects as a table of these keys. */
static enum xn_cli_status print_table(const json_t *array,
				      const char *const *heads,
				      const char *const *keys, size_t columns)
{
	struct xn_table *table = xn_table_create(heads, columns);
	const json_t *object;
	size_t i;

	if (!table)
		return XN_CLI_FAILED;
	json_array_foreach (array, i, object) {
		for (size_t k = 0; k < columns; k++)
			(void)xn_table_add_key(table, object, keys[k]);
	}
	xn_table_print(table);
	xn_table_destroy(table);
	return XN_CLI_DONE;
}

static enum xn_cli_status list(const struct xn_cli *cli)
{
	static const char *const heads[] = {"NAME", "UP",    "MTU",
					    "STP",  "VLANS", "FASTPATH"};
	static const char *const keys[] = {
		"name", "up", "mtu", "stp", "vlan_filtering", "fastpath"};
	json_t *answer =
		xn_cli_ask(cli, json_pack("{s:s}", "cmd", "bridge-list"));
	enum xn_cli_status status = XN_CLI_DONE;

	if (!answer)
		return XN_CLI_FAILED;
	if (cli->json)
		xn_cli_print_json(answer);
	else
		status = print_table(json_object_get(answer, "bridges"), heads,
				     keys, sizeof(keys) / sizeof(keys[0]));
	json_decref(answer);
	return status;
}

static enum xn_cli_status fdb(const struct xn_cli *cli, const char *name)
{
	static const char *const heads[] = {"MAC", "PORT", "KIND", "SWITCH",
					    "KERNEL"};
	static const char *const keys[] = {"mac", "port", "kind", "switch",
					   "kernel"};
	json_t *answer =
		xn_cli_ask(cli, json_pack("{s:s, s:s}", "cmd", "bridge-fdb",
					  "bridge", name));
	enum xn_cli_status status = XN_CLI_DONE;

	if (!answer)
		return XN_CLI_FAILED;
	if (cli->json)
		xn_cli_print_json(answer);
	else
		status = print_table(json_object_get(answer, "fdb"), heads,
				     keys, sizeof(keys) / sizeof(keys[0]));
	json_decref(answer);
	return status;
}

static enum xn_cli_status print_bridge(const json_t *bridge)
{
	static const char *const heads[] = {"PORT", "VIF", "STATE", "PATH"};
	static const char *const keys[] = {"name", "vif", "state", "path"};
	json_t *alone = json_pack("[O]", bridge);
	static const char *const bridge_heads[] = {
		"NAME", "MAC",	 "UP",	      "MTU",
		"STP",	"VLANS", "AGEING MS", "FASTPATH"};
	static const char *const bridge_keys[] = {
		"name",		  "mac",       "up",	  "mtu", "stp",
		"vlan_filtering", "ageing_ms", "fastpath"};
	enum xn_cli_status status =
		print_table(alone, bridge_heads, bridge_keys,
			    sizeof(bridge_keys) / sizeof(bridge_keys[0]));

	json_decref(alone);
	(void)putchar('\n');
	if (status != XN_CLI_DONE)
		return status;
	xn_cli_print_settings(json_object_get(bridge, "settings"));
	(void)putchar('\n');
	return print_table(json_object_get(bridge, "ports"), heads, keys,
			   sizeof(keys) / sizeof(keys[0]));
}

static enum xn_cli_status show(const struct xn_cli *cli, const char *name)
{
	json_t *bridge =
		xn_cli_ask(cli, json_pack("{s:s, s:s}", "cmd", "bridge-show",
					  "bridge", name));
	enum xn_cli_status status = XN_CLI_DONE;

	if (!bridge)
		return XN_CLI_FAILED;
	if (cli->json)
		xn_cli_print_json(bridge);
	else
		status = print_bridge(bridge);
	json_decref(bridge);
	return status;
}

enum xn_cli_status xn_cli_bridge(const struct xn_cli *cli)
{
	const char *verb = cli->word_count ? cli->word[0] : "";

	if (cli->help)
		return xn_cli_usage(usage);
	if (!strcmp(verb, "list") && cli->word_count == 1)
		return list(cli);
	if (!strcmp(verb, "show") && cli->word_count == 2)
		return show(cli, cli->word[1]);
	if (!strcmp(verb, "fdb") && cli->word_count == 2)
		return fdb(cli, cli->word[1]);
	if (!strcmp(verb, "set") && cli->word_count > 2)
		return xn_cli_set(cli, "bridge");
	if (!cli->word_count)
		return xn_cli_wrong(usage, "bridge: what to do?");
	return xn_cli_wrong(usage,
			    "bridge: \"%s\" is not a command, or has not "
			    "the words it takes",
			    verb);
}
