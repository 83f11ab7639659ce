/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane upgrade: xenplaned becomes the one that is installed now. */
#include <stdio.h>
#include <time.h>

#include "netconf/base/loop.h"
#include "netconf/cli/commands.h"
#include "netconf/ipc/client.h"

#define CALL_MS 1000
#define UPGRADE_MS 60000
#define PAUSE_NS 5000000

static const char usage[] = "Usage: xenplane upgrade [--json] [--socket PATH]\n"
			    "The installed xenplaned and xenplane-netback take "
			    "over from those that\n"
			    "run; guests keep their links and connections. "
			    "Exit status 0: they have.\n";

static json_int_t started_ms(const json_t *status)
{
	return json_integer_value(json_object_get(status, "started_ms"));
}

static bool serves(const json_t *status)
{
	const json_t *netback = json_object_get(status, "netback");

	return json_is_true(json_object_get(netback, "ready")) &&
	       !json_is_true(json_object_get(status, "resuming")) &&
	       json_is_true(json_object_get(status, "settled"));
}

/* The next one's status when it serves. NULL: not in time. Nobody may serve
 * the socket for a moment. */
static json_t *wait_for_next(const struct xn_cli *cli, json_int_t before_ms)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	json_t *request = json_pack("{s:s}", "cmd", "status");
	uint64_t begin_ms = xn_now_ms();
	json_t *status = NULL;

	while (request && xn_now_ms() - begin_ms < UPGRADE_MS) {
		struct xn_err err = {0};

		status = NULL;
		if (!xn_client_call(cli->socket, request, CALL_MS, &status,
				    &err) &&
		    started_ms(status) != before_ms && serves(status))
			break;
		json_decref(status);
		status = NULL;
		(void)nanosleep(&pause, NULL);
	}
	json_decref(request);
	return status;
}

enum xn_cli_status xn_cli_upgrade(const struct xn_cli *cli)
{
	uint64_t begin_ms = xn_now_ms();
	json_t *before, *after;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count)
		return xn_cli_wrong(usage, "upgrade takes no words");
	before = xn_cli_ask(cli, json_pack("{s:s}", "cmd", "upgrade"));
	if (!before)
		return XN_CLI_FAILED;
	after = wait_for_next(cli, started_ms(before));
	json_decref(before);
	if (!after) {
		(void)fputs("xenplane: the next xenplaned does not serve; see "
			    "its log\n",
			    stderr);
		return XN_CLI_FAILED;
	}
	if (cli->json)
		xn_cli_print_json(after);
	else
		(void)printf("upgraded: pid %lld serves %lld vifs after %llu "
			     "ms\n",
			     (long long)json_integer_value(
				     json_object_get(after, "pid")),
			     (long long)json_integer_value(
				     json_object_get(after, "connected")),
			     (unsigned long long)(xn_now_ms() - begin_ms));
	json_decref(after);
	return XN_CLI_DONE;
}
