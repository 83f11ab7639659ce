// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel says of addresses, routes, rules and neighbours, which the
 * planner moves: what is taken in is within its bounds, and an operation with
 * it that goes to the journal comes back as it was.
 *
 * Input: netlink.h.
 */
#include <ctype.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/model/fields.h"
#include "netconf/nl/addr_parse.h"
#include "netconf/nl/neigh_parse.h"
#include "netconf/nl/route_parse.h"
#include "netconf/nl/rule_parse.h"
#include "netconf/plan/plan.h"
#include "netlink.h"

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (!isprint((unsigned char)*text))
			return false;
	return true;
}

/* What gets into a model: learned neighbours and those of no link do not. A
 * journal has names that we would give; the kernel keeps others, too. */
static bool is_for_journal(enum xn_noun noun, const union xn_object *object)
{
	if (noun == XN_NEIGH)
		return object->neigh.ifindex > 0 && !object->neigh.learned;
	if (noun == XN_ADDR)
		return is_printable(object->addr.label);
	if (noun == XN_RULE)
		return (!object->rule.in[0] ||
			xn_link_name_valid(object->rule.in)) &&
		       (!object->rule.out[0] ||
			xn_link_name_valid(object->rule.out));
	return true;
}

static void check_journal(enum xn_noun noun, const union xn_object *object)
{
	struct xn_op op, again;
	struct xn_err err = {.set = false};
	json_t *json;

	memset(&op, 0, sizeof(op));
	op.verb = XN_ADD;
	op.noun = (uint8_t)noun;
	op.step = XN_STEP_MOVE;
	op.after = *object;
	json = xn_op_to_json(&op);
	FUZZ_CHECK(json);
	if (xn_op_from_json(json, &again, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	json_decref(json);
	FUZZ_CHECK(xn_same_key(noun, &op.after, &again.after));
	FUZZ_CHECK(xn_same_use(noun, XN_USE_FIXED, &op.after, &again.after));
	FUZZ_CHECK(xn_same_use(noun, XN_USE_CHANGE, &op.after, &again.after));
}

static void check_addr(const struct xn_addr *addr)
{
	FUZZ_CHECK(addr->ifindex > 0);
	FUZZ_CHECK(xn_ip_bytes(addr->family) > 0 &&
		   addr->prefix_length <= 8 * xn_ip_bytes(addr->family));
	FUZZ_CHECK(fuzz_ends(addr->label, sizeof(addr->label)));
}

static void check_route(const struct xn_route *route)
{
	FUZZ_CHECK(xn_ip_bytes(route->family) > 0 &&
		   route->prefix_length <= 8 * xn_ip_bytes(route->family));
	FUZZ_CHECK(route->ifindex >= 0 && route->hop_count <= XN_HOPS_MAX);
	for (uint8_t i = 0; i < route->hop_count; i++)
		FUZZ_CHECK(route->hop[i].ifindex >= 0);
}

static void check_rule(const struct xn_rule *rule)
{
	FUZZ_CHECK(xn_ip_bytes(rule->family) > 0 &&
		   rule->source_length <= 8 * xn_ip_bytes(rule->family) &&
		   rule->destination_length <= 8 * xn_ip_bytes(rule->family));
	FUZZ_CHECK(fuzz_ends(rule->in, sizeof(rule->in)) &&
		   fuzz_ends(rule->out, sizeof(rule->out)));
}

/* One object; > 0: it was taken in. */
static int parse(const struct nlmsghdr *header, size_t bytes,
		 enum xn_noun *ret_noun, union xn_object *ret_object)
{
	int rc = 0;

	switch (header->nlmsg_type) {
	case RTM_NEWADDR:
		*ret_noun = XN_ADDR;
		rc = xn_addr_parse(header, bytes, &ret_object->addr);
		if (rc > 0)
			check_addr(&ret_object->addr);
		break;
	case RTM_NEWROUTE:
		*ret_noun = XN_ROUTE;
		rc = xn_route_parse(header, bytes, &ret_object->route);
		if (rc > 0)
			check_route(&ret_object->route);
		break;
	case RTM_NEWRULE:
		*ret_noun = XN_RULE;
		rc = xn_rule_parse(header, bytes, &ret_object->rule);
		if (rc > 0)
			check_rule(&ret_object->rule);
		break;
	case RTM_NEWNEIGH:
		*ret_noun = XN_NEIGH;
		rc = xn_neigh_parse(header, bytes, &ret_object->neigh);
		if (rc > 0)
			FUZZ_CHECK(ret_object->neigh.ifindex >= 0);
		break;
	default:
		break;
	}
	return rc;
}

static int take(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	enum xn_noun noun = XN_NOUNS;
	union xn_object object;
	int rc;

	(void)arg;
	memset(&object, 0, sizeof(object));
	rc = parse(header, bytes, &noun, &object);
	if (rc > 0 && is_for_journal(noun, &object))
		check_journal(noun, &object);
	return rc < 0 ? rc : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_answer(data, size, take);
	return 0;
}
