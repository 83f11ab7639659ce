/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which links must not be cut, and whether a plan does. Pure. */
#include "netconf/safe/lifeline.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/model/fields.h"

static bool in_network(const uint8_t *network, const uint8_t *octet,
		       unsigned int length)
{
	unsigned int whole = length / 8;
	unsigned int rest = length % 8;

	return memcmp(network, octet, whole) == 0 &&
	       (rest == 0 ||
		(network[whole] ^ octet[whole]) >> (8 - rest) == 0);
}

struct best {
	int ifindex;
	int length;
	uint32_t metric;
};

static void offer(struct best *best, int ifindex, int length, uint32_t metric)
{
	if (length < best->length ||
	    (length == best->length && metric >= best->metric))
		return;
	*best = (struct best){ifindex, length, metric};
}

static bool is_usable(const struct xn_route *route, uint8_t family)
{
	return route->family == family && route->table == RT_TABLE_MAIN &&
	       route->type == RTN_UNICAST;
}

static int first_link(const struct xn_route *route)
{
	return route->hop_count > 0 ? route->hop[0].ifindex : route->ifindex;
}

int xn_lifeline_link(const struct xn_model *model, uint8_t family,
		     const uint8_t octet[16])
{
	struct best best = {.length = -1};

	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(model, XN_ADDR, i);
		const uint8_t *network =
			addr->has_peer ? addr->peer : addr->address;

		if (addr->family == family &&
		    in_network(network, octet, addr->prefix_length))
			offer(&best, addr->ifindex, addr->prefix_length,
			      addr->metric);
	}
	for (size_t i = 0; i < xn_model_count(model, XN_ROUTE); i++) {
		const struct xn_route *route = xn_model_at(model, XN_ROUTE, i);

		if (is_usable(route, family) &&
		    in_network(route->destination, octet, route->prefix_length))
			offer(&best, first_link(route), route->prefix_length,
			      route->metric);
	}
	return best.ifindex;
}

static bool has_default(const struct xn_model *model, int ifindex, bool other)
{
	for (size_t i = 0; i < xn_model_count(model, XN_ROUTE); i++) {
		const struct xn_route *route = xn_model_at(model, XN_ROUTE, i);

		if (route->prefix_length == 0 &&
		    is_usable(route, route->family) &&
		    (first_link(route) == ifindex) != other)
			return true;
	}
	return false;
}

static bool is_cutting_change(const struct xn_op *op)
{
	switch (xn_noun[XN_LINK].field[op->field].offset) {
	case offsetof(struct xn_model_link, name):
	case offsetof(struct xn_model_link, mac):
	case offsetof(struct xn_model_link, mtu):
	case offsetof(struct xn_model_link, up):
	case offsetof(struct xn_model_link, master):
	case offsetof(struct xn_model_link, disable_ipv6):
		return true;
	default:
		return false;
	}
}

static bool takes_from(const struct xn_op *op, int ifindex)
{
	const union xn_object *before = &op->before;

	switch ((enum xn_noun)op->noun) {
	case XN_LINK:
		return before->link.ifindex == ifindex &&
		       (op->verb == XN_DELETE || is_cutting_change(op));
	case XN_ADDR:
		return op->verb == XN_DELETE && before->addr.ifindex == ifindex;
	case XN_ROUTE:
		return op->verb == XN_DELETE &&
		       first_link(&before->route) == ifindex;
	case XN_RULE:
	case XN_NEIGH:
	case XN_NOUNS:
		break;
	}
	return false;
}

static bool plan_takes_from(const struct xn_plan *plan, int ifindex)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->op[i].verb != XN_ADD &&
		    takes_from(&plan->op[i], ifindex))
			return true;
	}
	return false;
}

static bool is_bridge_touched(const struct xn_model *observed,
			      const struct xn_plan *plan, int ifindex)
{
	if (plan_takes_from(plan, ifindex))
		return true;
	for (size_t i = 0; i < xn_model_count(observed, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(observed, XN_LINK, i);

		if (link->master == ifindex &&
		    plan_takes_from(plan, link->ifindex))
			return true;
	}
	return false;
}

/* A bridge's port carries what the bridge does; so it does for the host's end
 * of a pair whose other end is a port. */
static bool is_touched(const struct xn_model *observed,
		       const struct xn_plan *plan, int ifindex)
{
	const struct xn_model_link *link = xn_model_link(observed, ifindex);
	const struct xn_model_link *end =
		link && link->peer ? xn_model_link(observed, link->peer) : NULL;

	return is_bridge_touched(observed, plan, ifindex) ||
	       (end && end->master &&
		is_bridge_touched(observed, plan, end->master));
}

static bool touches_a_default(const struct xn_model *observed,
			      const struct xn_plan *plan)
{
	for (size_t i = 0; i < xn_model_count(observed, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(observed, XN_LINK, i);

		if (has_default(observed, link->ifindex, false) &&
		    is_touched(observed, plan, link->ifindex))
			return true;
	}
	return false;
}

static bool is_cut(const struct xn_lifeline *line,
		   const struct xn_model *observed, const struct xn_plan *plan)
{
	int ifindex;

	if (!line->has_address)
		return touches_a_default(observed, plan);
	ifindex = xn_lifeline_link(observed, line->family, line->octet);
	if (ifindex == 0 || !is_touched(observed, plan, ifindex))
		return false;
	/* Over another default route one can come in again. */
	return line->kind == XN_LIFELINE_ROOT ||
	       !has_default(observed, ifindex, true);
}

void xn_lifelines_cut(const struct xn_lifelines *lines,
		      const struct xn_model *observed,
		      const struct xn_plan *plan, struct xn_lifelines *ret_cut)
{
	*ret_cut = (struct xn_lifelines){0};
	for (uint32_t i = 0; i < lines->count; i++) {
		if (is_cut(&lines->item[i], observed, plan))
			ret_cut->item[ret_cut->count++] = lines->item[i];
	}
}
