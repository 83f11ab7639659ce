/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane top: what each vif may send and receive beside what it does. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netconf/base/loop.h"
#include "netconf/cli/commands.h"
#include "netconf/cli/table.h"

#define PAUSE_S 1
#define CLEAR "\033[H\033[J"

static const char usage[] =
	"Usage: xenplane top [--once] [--json]\n"
	"\n"
	"What each vif sends and receives, in bits of frames a second, beside\n"
	"what it may: a new table each second. --once: one table, of one\n"
	"second; --json: the same as JSON.\n";

static json_t *list_vifs(const struct xn_cli *cli)
{
	return xn_cli_ask(cli, json_pack("{s:s}", "cmd", "vif-list"));
}

/* The vif in an earlier list. NULL: it was not there. */
static const json_t *find_vif(const json_t *list, const json_t *vif)
{
	const json_t *other;
	size_t i;

	json_array_foreach (json_object_get(list, "vifs"), i, other)
		if (json_equal(json_object_get(other, "device"),
			       json_object_get(vif, "device")) &&
		    json_equal(json_object_get(other, "generation"),
			       json_object_get(vif, "generation")))
			return other;
	return NULL;
}

/* A counter that begins anew has counted from 0. */
static double per_second(const json_t *before, const json_t *now,
			 const char *key, uint64_t us)
{
	json_int_t from = json_integer_value(json_object_get(before, key));
	json_int_t to = json_integer_value(json_object_get(now, key));

	if (to < from)
		from = 0;
	return us ? (double)(to - from) * 1e6 / (double)us : 0;
}

static const char *setting(const json_t *vif, const char *key)
{
	const char *text = json_string_value(json_object_get(
		json_object_get(json_object_get(vif, "settings"), key),
		"value"));

	return text ? text : "-";
}

struct way {
	const char *name, *bytes, *fast_bytes, *frames;
	const char *rate, *burst, *ceiling;
};

static const struct way sends = {"sends",     "tx_bytes", "fast_tx_bytes",
				 "tx_frames", "rate",	  "burst",
				 "ceiling"};
static const struct way receives = {"receives",	 "rx_bytes", "fast_rx_bytes",
				    "rx_frames", "rate-in",  "burst-in",
				    "ceiling-in"};

static json_t *describe_way(const struct way *way, const json_t *before,
			    const json_t *now, uint64_t us)
{
	return json_pack("{s:f, s:f, s:f, s:s, s:s, s:s}", "bits_per_second",
			 8 * per_second(before, now, way->bytes, us),
			 "fast_bits_per_second",
			 8 * per_second(before, now, way->fast_bytes, us),
			 "frames_per_second",
			 per_second(before, now, way->frames, us), "rate",
			 setting(now, way->rate), "burst",
			 setting(now, way->burst), "ceiling",
			 setting(now, way->ceiling));
}

/* What came between is not counted for a vif that was not there before. */
static json_t *measure(const json_t *before, const json_t *now, uint64_t us)
{
	json_t *vifs = json_array();
	const json_t *vif;
	size_t i;

	json_array_foreach (json_object_get(now, "vifs"), i, vif) {
		const json_t *old = find_vif(before, vif);
		const json_t *from = old ? old : vif;

		(void)json_array_append_new(
			vifs,
			json_pack("{s:O, s:O, s:O, s:o, s:o}", "name",
				  json_object_get(vif, "name"), "domid",
				  json_object_get(vif, "domid"), "path",
				  json_object_get(vif, "path"), sends.name,
				  describe_way(&sends, from, vif, us),
				  receives.name,
				  describe_way(&receives, from, vif, us)));
	}
	return json_pack("{s:I, s:o}", "interval_us", (json_int_t)us, "vifs",
			 vifs);
}

static void add_way(struct xn_table *table, const json_t *way)
{
	static const char *const said[] = {"rate", "burst", "ceiling"};
	char text[16];

	(void)xn_table_add(table, "%sb/s",
			   xn_table_amount(json_number_value(json_object_get(
						   way, "bits_per_second")),
					   text));
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		(void)xn_table_add_key(table, way, said[i]);
}

static bool print(const json_t *measured)
{
	static const char *const heads[] = {"NAME",	  "DOM",     "SENDS",
					    "RATE",	  "BURST",   "CEILING",
					    "RECEIVES",	  "RATE-IN", "BURST-IN",
					    "CEILING-IN", "PATH"};
	struct xn_table *table =
		xn_table_create(heads, sizeof(heads) / sizeof(heads[0]));
	const json_t *vif;
	size_t i;

	if (!table)
		return false;
	json_array_foreach (json_object_get(measured, "vifs"), i, vif) {
		(void)xn_table_add_key(table, vif, "name");
		(void)xn_table_add_key(table, vif, "domid");
		add_way(table, json_object_get(vif, sends.name));
		add_way(table, json_object_get(vif, receives.name));
		(void)xn_table_add_key(table, vif, "path");
	}
	if (isatty(STDOUT_FILENO))
		(void)fputs(CLEAR, stdout);
	xn_table_print(table);
	xn_table_destroy(table);
	return fflush(stdout) == 0;
}

/* One interval; *before becomes the list at its end. */
static bool take_turn(const struct xn_cli *cli, json_t **before,
		      uint64_t *begin_us)
{
	const struct timespec pause = {.tv_sec = PAUSE_S};
	json_t *now, *measured;
	uint64_t now_us;
	bool good = true;

	(void)nanosleep(&pause, NULL);
	now = list_vifs(cli);
	now_us = xn_now_us();
	if (!now)
		return false;
	measured = measure(*before, now, now_us - *begin_us);
	if (cli->json)
		xn_cli_print_json(measured);
	else
		good = print(measured);
	json_decref(measured);
	json_decref(*before);
	*before = now;
	*begin_us = now_us;
	return good;
}

enum xn_cli_status xn_cli_top(const struct xn_cli *cli)
{
	uint64_t begin_us;
	json_t *before;
	bool good;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count)
		return xn_cli_wrong(usage, "top takes no words");
	before = list_vifs(cli);
	begin_us = xn_now_us();
	good = before != NULL;
	while (good) {
		good = take_turn(cli, &before, &begin_us);
		if (cli->once || cli->json)
			break;
	}
	json_decref(before);
	return good ? XN_CLI_DONE : XN_CLI_FAILED;
}
