/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan, for programs and for people. */
#include "netconf/cli/plan_words.h"

#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/cli/commands.h"

static json_t *describe_left(const struct xn_host_wanted *host)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < host->left_count; i++)
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s}", "bridge", host->left[i].bridge,
				  "port", host->left[i].port));
	return list;
}

/* What the file no longer says and an apply does not take back. */
static json_t *describe_stays(const struct xn_host_wanted *host)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < host->stays_count; i++) {
		const struct xn_stays *stays = &host->stays[i];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:I, s:b}", "link",
					stays->link, "key", stays->key, "value",
					(json_int_t)stays->value, "foreign",
					stays->foreign));
	}
	return list;
}

static json_t *describe_cuts(const struct xn_lifelines *cut)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < cut->count; i++)
		(void)json_array_append_new(list,
					    json_string(cut->item[i].words));
	return list;
}

static json_t *describe_held(const struct xn_err *held)
{
	json_t *list = json_array();

	if (held->set)
		(void)json_array_append_new(
			list, xn_cli_json_text(xn_err_text(held)));
	return list;
}

json_t *xn_cli_describe_warnings(const struct xn_force_ops *ops)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ops->warning_count; i++)
		(void)json_array_append_new(list,
					    xn_cli_json_text(ops->warning[i]));
	return list;
}

/* The worst of the links' operations stands there already. */
static void add_force(json_t *json, const struct xn_force_ops *ops)
{
	json_t *operations = json_object_get(json, "operations");
	enum xn_cost worst = XN_COST_NONE;

	for (int i = 0; i < XN_COSTS; i++)
		if (strcmp(xn_cost_word((enum xn_cost)i),
			   json_string_value(json_object_get(json, "cost"))) ==
		    0)
			worst = (enum xn_cost)i;
	for (size_t i = 0; i < ops->count; i++) {
		const struct xn_force_op *op = &ops->op[i];

		(void)json_array_append_new(
			operations,
			json_pack("{s:s, s:s, s:o}", "step",
				  xn_force_part_name(op->part), "cost",
				  xn_cost_word(op->cost), "words",
				  xn_cli_json_text(op->words)));
		if (op->cost > worst)
			worst = op->cost;
	}
	(void)json_object_set_new(json, "cost",
				  json_string(xn_cost_word(worst)));
}

json_t *xn_cli_describe_want(const struct xn_want *want)
{
	json_t *json = xn_plan_to_json(&want->plan);

	if (!json)
		return NULL;
	add_force(json, &want->force);
	(void)json_object_set_new(json, "warnings",
				  xn_cli_describe_warnings(&want->force));
	(void)json_object_set_new(json, "left", describe_left(&want->host));
	(void)json_object_set_new(json, "stays", describe_stays(&want->host));
	(void)json_object_set_new(json, "cuts", describe_cuts(&want->cut));
	(void)json_object_set_new(json, "held", describe_held(&want->held));
	return json;
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "-";
}

/* NULL: it has no name here. */
static const char *setting_name(const char *field, json_int_t attr)
{
	static const struct {
		json_int_t bridge, port;
		const char *name;
	} rows[] = {
		{IFLA_BR_STP_STATE, 0, "stp"},
		{IFLA_BR_PRIORITY, 0, "stp-priority"},
		{IFLA_BR_FORWARD_DELAY, 0, "forward-delay"},
		{IFLA_BR_HELLO_TIME, 0, "hello-time"},
		{IFLA_BR_MAX_AGE, 0, "max-age"},
		{IFLA_BR_AGEING_TIME, 0, "ageing"},
		{IFLA_BR_MCAST_SNOOPING, 0, "multicast-snooping"},
		{IFLA_BR_MCAST_QUERIER, 0, "multicast-querier"},
		{IFLA_BR_VLAN_FILTERING, 0, "vlan-filtering"},
		{IFLA_BR_VLAN_DEFAULT_PVID, 0, "vlan-default-pvid"},
		{0, IFLA_BRPORT_COST, "netdev-cost"},
		{0, IFLA_BRPORT_PRIORITY, "netdev-priority"},
	};
	bool port = strcmp(field, "port") == 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (attr == (port ? rows[i].port : rows[i].bridge))
			return rows[i].name;
	}
	return NULL;
}

/* The value of the attribute in a list of pairs; -1: it is not there. */
static json_int_t setting_value(const json_t *settings, json_int_t attr)
{
	const json_t *pair;
	size_t i;

	json_array_foreach (settings, i, pair) {
		if (json_integer_value(json_array_get(pair, 0)) == attr)
			return json_integer_value(json_array_get(pair, 1));
	}
	return -1;
}

/* " (stp 0 -> 1, ageing 30000 -> 2000)": what differs, in the kernel's
 * units. */
static void print_settings(const char *field, const json_t *before,
			   const json_t *after)
{
	bool any = false;
	const json_t *pair;
	size_t i;

	json_array_foreach (after, i, pair) {
		json_int_t attr = json_integer_value(json_array_get(pair, 0));
		json_int_t value = json_integer_value(json_array_get(pair, 1));
		json_int_t was = setting_value(before, attr);
		const char *name = setting_name(field, attr);

		if (was == value || (was < 0 && !name))
			continue;
		(void)printf("%s%s", any ? ", " : " (", name ? name : "?");
		if (was >= 0)
			(void)printf(" %lld ->", (long long)was);
		(void)printf(" %lld", (long long)value);
		any = true;
	}
	if (any)
		(void)fputc(')', stdout);
}

/* " (2 sysctls)": how many of the family's differ; their numbers would say
 * nothing. */
static void print_sysctls(const json_t *before, const json_t *after)
{
	size_t count = json_array_size(before), differ = 0;

	if (json_array_size(after) > count)
		count = json_array_size(after);
	for (size_t i = 0; i < count; i++) {
		if (json_integer_value(json_array_get(before, i)) !=
		    json_integer_value(json_array_get(after, i)))
			differ++;
	}
	(void)printf(" (%zu sysctl%s)", differ, differ == 1 ? "" : "s");
}

/* What is zero is not written: the other value says what it would be. */
static void print_value(const json_t *value, const json_t *other)
{
	if (json_is_string(value))
		(void)fputs(json_string_value(value), stdout);
	else if (json_is_integer(value) || json_is_integer(other))
		(void)printf("%lld", (long long)json_integer_value(value));
	else
		(void)fputs(json_is_true(value) ? "yes" : "no", stdout);
}

/* " (1500 -> 1400)" of a changed link; a master is a number that says
 * nothing. */
static void print_change(const json_t *op)
{
	const char *field = json_string_value(json_object_get(op, "field"));
	const json_t *before =
		json_object_get(json_object_get(op, "before"), field);
	const json_t *after =
		json_object_get(json_object_get(op, "after"), field);

	if (!field || !strcmp(field, "master"))
		return;
	if (!strcmp(field, "bridge") || !strcmp(field, "port")) {
		print_settings(field, before, after);
		return;
	}
	if (!strcmp(field, "ipv4") || !strcmp(field, "ipv6")) {
		print_sysctls(before, after);
		return;
	}
	(void)fputs(" (", stdout);
	print_value(before, after);
	(void)fputs(" -> ", stdout);
	print_value(after, before);
	(void)fputc(')', stdout);
}

/* A MAC is noted as a number, its first octet the highest. */
static void print_number(const char *key, json_int_t value)
{
	if (strcmp(key, "mac") != 0) {
		(void)printf("%lld", (long long)value);
		return;
	}
	for (int shift = 40; shift >= 0; shift -= 8)
		(void)printf("%s%02x", shift < 40 ? ":" : "",
			     (unsigned int)(value >> shift & 0xff));
}

static void print_stays(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		(void)printf("the file no longer says %s of %s, where it is ",
			     text(item, "key"), text(item, "link"));
		print_number(
			text(item, "key"),
			json_integer_value(json_object_get(item, "value")));
		(void)printf(": %s, so it stays\n",
			     json_is_true(json_object_get(item, "foreign"))
				     ? "somebody else set that"
				     : "what it was before is not known");
	}
}

static void print_operation(const json_t *op)
{
	(void)printf("%-8s %-9s %s", text(op, "step"), text(op, "cost"),
		     text(op, "words"));
	print_change(op);
	(void)fputc('\n', stdout);
}

void xn_cli_print_warnings(const json_t *warnings)
{
	const json_t *item;
	size_t i;

	json_array_foreach (warnings, i, item)
		(void)fprintf(stderr, "xenplane: %s\n",
			      json_string_value(item));
}

void xn_cli_print_want(const json_t *want)
{
	const json_t *operations = json_object_get(want, "operations");
	const json_t *item;
	size_t i;

	json_array_foreach (operations, i, item)
		print_operation(item);
	json_array_foreach (json_object_get(want, "left"), i, item)
		(void)printf("bridge %s is no longer wanted, but %s is on it: "
			     "it stays as it is\n",
			     text(item, "bridge"), text(item, "port"));
	print_stays(json_object_get(want, "stays"));
	json_array_foreach (json_object_get(want, "cuts"), i, item)
		(void)printf("this touches a link that %s comes over\n",
			     json_string_value(item));
	json_array_foreach (json_object_get(want, "held"), i, item)
		(void)puts(json_string_value(item));
	if (json_array_size(operations) == 0)
		(void)puts("nothing to change");
	else
		(void)printf("operations: %zu, cost: %s\n",
			     json_array_size(operations), text(want, "cost"));
}
