/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane vif list|show|set: the guests' interfaces. */
#include <stdio.h>
#include <string.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/table.h"

static const char usage[] =
	"Usage: xenplane vif list [--json]\n"
	"       xenplane vif show VIF [--json]\n"
	"       xenplane vif set VIF KEY=VALUE... [--json]\n"
	"\n"
	"KEY=VALUE: fastpath=on|off, offload=on|off, antispoof=on|off,\n"
	"isolated=on|off, carrier=on|off, bpdu=pass|drop, storm=FRAMES|off,\n"
	"rate=10Mb/s|off, burst=100KB|off, rate-in, burst-in and others of\n"
	"xenplane.conf(5), ip=\"ADDRESS[/LENGTH]...\"|none, acl=NAME|none,\n"
	"repair=on|off, bridge=NAME, mtu=BYTES; `default` takes back what was\n"
	"set here.\n"
	"\n"
	"PATH says how frames to other guests go: fast (the switch), or "
	"kernel\n"
	"(the Linux bridge) and why. KERNEL counts the bytes that the twin "
	"saw,\n"
	"FAST those that the switch moved; from the guest / to the guest.\n";

/* "kernel: vlan_filtering, hairpin" */
static const char *path_text(const json_t *vif, char *text, size_t bytes)
{
	const char *path = json_string_value(json_object_get(vif, "path"));
	const json_t *reasons = json_object_get(vif, "reasons");
	const json_t *reason;
	size_t used, i;

	used = (size_t)snprintf(text, bytes, "%s", path ? path : "-");
	if (path && strcmp(path, "kernel") != 0)
		return text;
	json_array_foreach (reasons, i, reason) {
		const char *word = json_string_value(reason);
		int length;

		if (!word || used >= bytes)
			break;
		length = snprintf(text + used, bytes - used, "%s%s",
				  i ? ", " : ": ", word);
		used += length > 0 ? (size_t)length : 0;
	}
	return text;
}

static void add_pair(struct xn_table *table, const json_t *object,
		     const char *from, const char *to)
{
	char a[16], b[16];

	(void)xn_table_add(
		table, "%s/%s",
		xn_table_amount(
			json_number_value(json_object_get(object, from)), a),
		xn_table_amount(json_number_value(json_object_get(object, to)),
				b));
}

/* The first, and how many more there are. */
static void add_addresses(struct xn_table *table, const json_t *vif)
{
	const json_t *array = json_object_get(vif, "addresses");
	const char *first = json_string_value(
		json_object_get(json_array_get(array, 0), "address"));
	size_t count = json_array_size(array);

	if (!first)
		(void)xn_table_add(table, "-");
	else if (count == 1)
		(void)xn_table_add(table, "%s", first);
	else
		(void)xn_table_add(table, "%s+%zu", first, count - 1);
}

/* A routed vif is on none, and in a group. */
static void add_bridge(struct xn_table *table, const json_t *vif)
{
	const char *group = json_string_value(json_object_get(vif, "routed"));

	if (group)
		(void)xn_table_add(table, "%s (routed)", group);
	else
		(void)xn_table_add_key(table, vif, "bridge");
}

static void add_row(struct xn_table *table, const json_t *vif)
{
	static const char *const keys[] = {"name", "domid", "handle", "mac"};
	static const char *const more[] = {"state", "queues"};
	char text[XN_TABLE_CELL_MAX];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		(void)xn_table_add_key(table, vif, keys[i]);
	add_addresses(table, vif);
	add_bridge(table, vif);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		(void)xn_table_add_key(table, vif, more[i]);
	(void)xn_table_add_key(
		table,
		json_object_get(json_object_get(vif, "settings"), "rate"),
		"value");
	add_pair(table, json_object_get(vif, "kernel"), "rx_bytes", "tx_bytes");
	add_pair(table, vif, "fast_tx_bytes", "fast_rx_bytes");
	(void)xn_table_add(table, "%s", path_text(vif, text, sizeof(text)));
}

static enum xn_cli_status list(const struct xn_cli *cli)
{
	static const char *const heads[] = {
		"NAME",	 "DOM",	   "HANDLE", "MAC",    "ADDRESS", "BRIDGE",
		"STATE", "QUEUES", "RATE",   "KERNEL", "FAST",	  "PATH"};
	json_t *answer = xn_cli_ask(cli, json_pack("{s:s}", "cmd", "vif-list"));
	const json_t *vif;
	struct xn_table *table;
	size_t i;

	if (!answer)
		return XN_CLI_FAILED;
	if (cli->json) {
		xn_cli_print_json(answer);
		json_decref(answer);
		return XN_CLI_DONE;
	}
	table = xn_table_create(heads, sizeof(heads) / sizeof(heads[0]));
	json_array_foreach (json_object_get(answer, "vifs"), i, vif) {
		if (table)
			add_row(table, vif);
	}
	if (table)
		xn_table_print(table);
	xn_table_destroy(table);
	json_decref(answer);
	return table ? XN_CLI_DONE : XN_CLI_FAILED;
}

static void print_words(const char *title, const json_t *array)
{
	const json_t *word;
	size_t i;

	(void)printf("%-16s", title);
	json_array_foreach (array, i, word) {
		(void)printf("%s%s", i ? ", " : "", json_string_value(word));
	}
	(void)printf("%s\n", json_array_size(array) ? "" : "-");
}

static void print_drops(const json_t *drops)
{
	const char *reason;
	json_t *count;
	bool any = false;

	(void)printf("%-16s", "dropped");
	json_object_foreach (json_object_get(drops, "drops"), reason, count) {
		if (!json_integer_value(count))
			continue;
		(void)printf("%s%s %lld", any ? ", " : "", reason,
			     (long long)json_integer_value(count));
		any = true;
	}
	(void)puts(any ? "" : "-");
}

static void print_traffic(const char *title, const json_t *object,
			  const char *prefix, bool kernel)
{
	char key[48];
	long long value[4];
	static const char *const names[] = {"tx_frames", "tx_bytes",
					    "rx_frames", "rx_bytes"};

	for (int i = 0; i < 4; i++) {
		/* What the guest sends, its twin receives. */
		const char *name = names[kernel ? (i + 2) % 4 : i];

		(void)snprintf(key, sizeof(key), "%s%s", prefix, name);
		value[i] = (long long)json_integer_value(
			json_object_get(object, key));
	}
	(void)printf("%-16sfrom guest %lld frames %lld bytes, to guest %lld "
		     "frames %lld bytes\n",
		     title, value[0], value[1], value[2], value[3]);
}

static void print_addresses(const json_t *array)
{
	const json_t *row;
	size_t i;

	(void)printf("%-16s", "addresses");
	json_array_foreach (array, i, row)
		(void)printf("%s%s (%s)", i ? ", " : "",
			     json_string_value(json_object_get(row, "address")),
			     json_string_value(json_object_get(row, "from")));
	(void)puts(json_array_size(array) ? "" : "-");
}

static void print_problems(const json_t *problems)
{
	const json_t *problem;
	size_t i;

	json_array_foreach (problems, i, problem) {
		(void)printf("%-16s%s\n", "problem",
			     json_string_value(problem));
	}
}

/* What seldom happens is named only when it did. */
static void print_events(const json_t *vif)
{
	static const struct {
		const char *key;
		const char *words;
	} events[] = {
		{"queued_bytes", "bytes wait"},
		{"rate_waits", "waits for its rate"},
		{"stalls", "stalls"},
		{"tx_vlan_frames", "frames with a VLAN tag"},
		{"ctrl_requests", "control requests"},
		{"grants_mapped", "grants mapped"},
	};
	bool any = false;

	(void)printf("%-16s", "noticed");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		json_int_t count =
			json_integer_value(json_object_get(vif, events[i].key));

		if (!count)
			continue;
		(void)printf("%s%lld %s", any ? ", " : "", (long long)count,
			     events[i].words);
		any = true;
	}
	(void)puts(any ? "" : "-");
}

static void print_drift(const json_t *vif)
{
	const json_t *drift = json_object_get(vif, "drift");
	const json_t *place = json_object_get(vif, "place");
	const char *bridge =
		json_string_value(json_object_get(place, "bridge"));
	const char *from = json_string_value(json_object_get(place, "from"));

	(void)printf(
		"%-16sbridge %s, mtu %lld (%s)\n", "asked for",
		bridge ? bridge : "-",
		(long long)json_integer_value(json_object_get(place, "mtu")),
		from ? from : "-");
	print_words("drift", json_object_get(drift, "now"));
	(void)printf("%-16snoticed %lld, repaired %lld\n", "drifts",
		     (long long)json_integer_value(
			     json_object_get(drift, "noticed")),
		     (long long)json_integer_value(
			     json_object_get(drift, "repaired")));
}

static void print_vif(const json_t *vif)
{
	static const char *const keys[] = {
		"name",	 "device",     "domid",	 "handle",
		"mac",	 "bridge",     "state",	 "frontend_state",
		"phase", "generation", "queues", "mtu",
		"path"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(vif, keys[i]);

		if (json_is_integer(value))
			(void)printf("%-16s%lld\n", keys[i],
				     (long long)json_integer_value(value));
		else
			(void)printf("%-16s%s\n", keys[i],
				     json_is_string(value)
					     ? json_string_value(value)
					     : "-");
	}
	print_addresses(json_object_get(vif, "addresses"));
	print_words("why not fast", json_object_get(vif, "reasons"));
	print_words("features", json_object_get(vif, "features"));
	(void)printf("%-16s%s%s\n", "guest's link",
		     json_is_true(json_object_get(vif, "carrier")) ? "up"
								   : "down",
		     json_is_true(json_object_get(vif, "stalled"))
			     ? ", but it takes no frames"
			     : "");
	(void)printf("%-16s%lld\n", "xdp headroom",
		     (long long)json_integer_value(
			     json_object_get(vif, "xdp_headroom")));
	xn_cli_print_settings(json_object_get(vif, "settings"));
	print_drift(vif);
	print_problems(json_object_get(vif, "problems"));
	print_traffic("all", vif, "", false);
	print_traffic("fast path", vif, "fast_", false);
	print_traffic("kernel (twin)", json_object_get(vif, "kernel"), "",
		      true);
	print_drops(vif);
	print_events(vif);
	if (json_is_string(json_object_get(vif, "error")))
		(void)printf("%-16s%s\n", "last error",
			     json_string_value(json_object_get(vif, "error")));
}

static enum xn_cli_status show(const struct xn_cli *cli, const char *name)
{
	json_t *vif = xn_cli_ask(
		cli, json_pack("{s:s, s:s}", "cmd", "vif-show", "vif", name));

	if (!vif)
		return XN_CLI_FAILED;
	if (cli->json)
		xn_cli_print_json(vif);
	else
		print_vif(vif);
	json_decref(vif);
	return XN_CLI_DONE;
}

enum xn_cli_status xn_cli_vif(const struct xn_cli *cli)
{
	const char *verb = cli->word_count ? cli->word[0] : "";

	if (cli->help)
		return xn_cli_usage(usage);
	if (!strcmp(verb, "list") && cli->word_count == 1)
		return list(cli);
	if (!strcmp(verb, "show") && cli->word_count == 2)
		return show(cli, cli->word[1]);
	if (!strcmp(verb, "set") && cli->word_count > 2)
		return xn_cli_set(cli, "vif");
	if (!cli->word_count)
		return xn_cli_wrong(usage, "vif: what to do?");
	return xn_cli_wrong(usage,
			    "vif: \"%s\" is not a command, or has not "
			    "the words it takes",
			    verb);
}
