/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane leases: who has which address. */
#include <stdio.h>
#include <time.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/table.h"

static const char usage[] =
	"Usage: xenplane leases [BRIDGE] [--json]\n"
	"\n"
	"The addresses that guests got by DHCP, of one bridge or of all. NAME "
	"is\n"
	"the guest's as others can look it up; LEFT is what is left of the "
	"time.\n";

static void add_left(struct xn_table *table, const json_t *lease)
{
	json_int_t expires =
		json_integer_value(json_object_get(lease, "expires"));
	json_int_t left = expires - (json_int_t)time(NULL);

	if (expires == 0)
		(void)xn_table_add(table, "no end");
	else if (left <= 0)
		(void)xn_table_add(table, "0s");
	else if (left < 600)
		(void)xn_table_add(table, "%llds", (long long)left);
	else
		(void)xn_table_add(table, "%lldm", (long long)left / 60);
}

static void print_servers(const json_t *servers)
{
	const json_t *server;
	size_t i;

	json_array_foreach (servers, i, server) {
		const char *bridge =
			json_string_value(json_object_get(server, "bridge"));
		const char *problem =
			json_string_value(json_object_get(server, "problem"));

		if (!json_integer_value(json_object_get(server, "pid")))
			(void)printf("%s: dnsmasq is not running: %s\n", bridge,
				     problem ? problem : "");
		if (json_integer_value(json_object_get(server, "left_out")))
			(void)printf(
				"%s: %lld lines of the lease file cannot "
				"be read\n",
				bridge,
				(long long)json_integer_value(
					json_object_get(server, "left_out")));
	}
}

static int print_table(const json_t *answer)
{
	static const char *const heads[] = {"BRIDGE", "ADDRESS", "MAC", "NAME",
					    "LEFT"};
	static const char *const keys[] = {"bridge", "address", "mac", "name"};
	struct xn_table *table =
		xn_table_create(heads, sizeof(heads) / sizeof(heads[0]));
	const json_t *lease;
	size_t i;

	if (!table)
		return -1;
	json_array_foreach (json_object_get(answer, "leases"), i, lease) {
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			(void)xn_table_add_key(table, lease, keys[k]);
		add_left(table, lease);
	}
	xn_table_print(table);
	xn_table_destroy(table);
	print_servers(json_object_get(answer, "servers"));
	return 0;
}

enum xn_cli_status xn_cli_leases(const struct xn_cli *cli)
{
	json_t *request, *answer;
	enum xn_cli_status status = XN_CLI_DONE;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count > 1)
		return xn_cli_wrong(usage, "leases: \"%s\"?", cli->word[1]);
	request = json_pack("{s:s}", "cmd", "leases");
	if (cli->word_count)
		(void)json_object_set_new(request, "bridge",
					  xn_cli_json_text(cli->word[0]));
	answer = xn_cli_ask(cli, request);
	if (!answer)
		return XN_CLI_FAILED;
	if (cli->json)
		xn_cli_print_json(answer);
	else if (print_table(answer) < 0)
		status = XN_CLI_FAILED;
	json_decref(answer);
	return status;
}
