/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan, for programs and for people. */
#include "netconf/cli/plan_words.h"

#include <stdio.h>
#include <string.h>

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

static json_t *describe_cuts(const struct xn_lifelines *cut)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < cut->count; i++)
		(void)json_array_append_new(list,
					    json_string(cut->item[i].words));
	return list;
}

json_t *xn_cli_describe_want(const struct xn_want *want)
{
	json_t *json = xn_plan_to_json(&want->plan);

	if (!json)
		return NULL;
	(void)json_object_set_new(json, "left", describe_left(&want->host));
	(void)json_object_set_new(json, "cuts", describe_cuts(&want->cut));
	return json;
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "-";
}

/* " (1500 -> 1400)" of a link's field that is one value. */
static void print_values(const json_t *op)
{
	const char *field = json_string_value(json_object_get(op, "field"));
	const json_t *value[2] = {
		json_object_get(json_object_get(op, "before"), field),
		json_object_get(json_object_get(op, "after"), field),
	};

	if (!field || !strcmp(field, "master") || json_is_array(value[0]) ||
	    json_is_object(value[0]) || json_is_array(value[1]) ||
	    json_is_object(value[1]))
		return;
	(void)fputs(" (", stdout);
	for (int i = 0; i < 2; i++) {
		if (i == 1)
			(void)fputs(" -> ", stdout);
		/* What is zero is not written there. */
		if (json_is_string(value[i]))
			(void)fputs(json_string_value(value[i]), stdout);
		else if (json_is_integer(value[i]))
			(void)printf("%lld",
				     (long long)json_integer_value(value[i]));
		else
			(void)fputs(json_is_true(value[i]) ? "yes" : "no",
				    stdout);
	}
	(void)fputc(')', stdout);
}

static void print_operation(const json_t *op)
{
	(void)printf("%-8s %-9s %s", text(op, "step"), text(op, "cost"),
		     text(op, "words"));
	print_values(op);
	(void)fputc('\n', stdout);
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
	json_array_foreach (json_object_get(want, "cuts"), i, item)
		(void)printf("this touches a link that %s comes over\n",
			     json_string_value(item));
	if (json_array_size(operations) == 0)
		(void)puts("nothing to change");
	else
		(void)printf("operations: %zu, cost: %s\n",
			     json_array_size(operations), text(want, "cost"));
}
