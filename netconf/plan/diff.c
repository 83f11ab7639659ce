/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two models to ordered operations. Pure. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>

#include "netconf/model/fields.h"
#include "netconf/plan/check.h"
#include "netconf/plan/differ.h"
#include "netconf/plan/plan.h"

/* Where and when; what and for how much is in `op` already. */
int xn_differ_emit(struct xn_differ *d, struct xn_op *op, enum xn_step step,
		   enum xn_rank rank, int ifindex)
{
	const struct xn_model_link *after = xn_model_link(d->wanted, ifindex);
	const struct xn_model_link *before =
		xn_model_link(d->observed, ifindex);
	int rc = 0;

	if (after)
		memcpy(op->link, after->name, sizeof(op->link));
	else if (before)
		rc = xn_differ_last_name(d, before, op->link);
	if (rc < 0)
		return rc;
	op->step = (uint8_t)step;
	op->rank = (uint8_t)rank;
	rc = xn_plan_add(&d->plan, op);
	if (rc < 0)
		return xn_fail(d->err, -rc, "plan: %s", strerror(-rc));
	return 0;
}

struct xn_op xn_differ_op(enum xn_verb verb, enum xn_noun noun,
			  const void *before, const void *after,
			  enum xn_cost cost)
{
	struct xn_op op;

	memset(&op, 0, sizeof(op));
	op.verb = (uint8_t)verb;
	op.noun = (uint8_t)noun;
	op.cost = (uint8_t)cost;
	if (before)
		memcpy(&op.before, before, xn_noun[noun].bytes);
	if (after)
		memcpy(&op.after, after, xn_noun[noun].bytes);
	return op;
}

static bool needs_gateway(const struct xn_route *route)
{
	return route->has_gateway || route->hop_count > 0;
}

static enum xn_rank rank_of(enum xn_noun noun, const void *object, bool old)
{
	const struct xn_addr *addr = object;

	switch (noun) {
	case XN_ADDR:
		if (old)
			return XN_RANK_ADDR_OLD;
		return addr->family == AF_INET ? XN_RANK_ADDR_V4
					       : XN_RANK_ADDR_V6;
	case XN_ROUTE:
		if (needs_gateway(object))
			return old ? XN_RANK_ROUTE_GATEWAY_OLD
				   : XN_RANK_ROUTE_GATEWAY;
		return old ? XN_RANK_ROUTE_LINK_OLD : XN_RANK_ROUTE_LINK;
	case XN_RULE:
		return old ? XN_RANK_RULE_OLD : XN_RANK_RULE;
	case XN_NEIGH:
		return old ? XN_RANK_NEIGH_OLD : XN_RANK_NEIGH;
	case XN_LINK:
	case XN_NOUNS:
		break;
	}
	return XN_RANK_ANY;
}

static bool is_kept(const struct xn_differ *d, enum xn_noun noun,
		    const void *object, enum xn_rank rank)
{
	for (size_t i = 0; i < d->plan.count; i++) {
		const struct xn_op *op = &d->plan.op[i];

		if (op->noun == noun && op->verb == XN_CHANGE &&
		    op->rank == (uint8_t)rank &&
		    xn_same_key(noun, &op->after, object))
			return true;
	}
	return false;
}

static enum xn_rank keep_rank(enum xn_noun noun, const void *object)
{
	if (noun == XN_ADDR)
		return XN_RANK_ADDR_KEEP;
	if (noun == XN_NEIGH)
		return XN_RANK_NEIGH_KEEP;
	return needs_gateway(object) ? XN_RANK_ROUTE_GATEWAY_KEEP
				     : XN_RANK_ROUTE_LINK_KEEP;
}

/* What is wanted of the family (0: both) on the link, and may go with
 * something else that the kernel takes away, is made sure of after that. */
int xn_differ_keep(struct xn_differ *d, enum xn_noun noun, int ifindex,
		   uint8_t family)
{
	size_t count = xn_model_count(d->wanted, noun);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const uint8_t *object = xn_model_at(d->wanted, noun, i);
		struct xn_op op = xn_differ_op(XN_CHANGE, noun, object, object,
					       XN_COST_RECREATE);
		enum xn_rank rank = keep_rank(noun, object);

		if (xn_object_ifindex(noun, &op.after) == ifindex &&
		    (!family ||
		     object[xn_noun[noun].family_offset] == family) &&
		    !is_kept(d, noun, object, rank)) {
			rc = noun == XN_ROUTE
				     ? xn_differ_lead(d, &op.after.route)
				     : 0;
			if (rc == 0)
				rc = xn_differ_emit(d, &op, XN_STEP_MOVE, rank,
						    ifindex);
		}
	}
	return rc;
}

/* An IPv4 address that goes takes along those that were added to its network
 * after it, and routes that prefer it; the last one all routes and
 * neighbours. */
static int keep_beside(struct xn_differ *d, int ifindex)
{
	int rc = xn_differ_keep(d, XN_ADDR, ifindex, AF_INET);

	if (rc == 0)
		rc = xn_differ_keep(d, XN_ROUTE, ifindex, AF_INET);
	if (rc == 0)
		rc = xn_differ_keep(d, XN_NEIGH, ifindex, AF_INET);
	return rc;
}

static int add_object(struct xn_differ *d, enum xn_noun noun, const void *after,
		      enum xn_cost cost)
{
	struct xn_op op = xn_differ_op(XN_ADD, noun, NULL, after, cost);
	int rc = noun == XN_ROUTE ? xn_differ_lead(d, after) : 0;

	if (rc < 0)
		return rc;
	return xn_differ_emit(d, &op, XN_STEP_MOVE, rank_of(noun, after, false),
			      xn_object_ifindex(noun, &op.after));
}

static int delete_object(struct xn_differ *d, enum xn_noun noun,
			 const void *before, enum xn_rank rank,
			 enum xn_cost cost)
{
	struct xn_op op = xn_differ_op(XN_DELETE, noun, before, NULL, cost);

	return xn_differ_emit(d, &op, XN_STEP_MOVE, rank,
			      xn_object_ifindex(noun, &op.before));
}

/* The kernel labels all IPv4 addresses of a link that gets another name, the
 * first with just this. In their order they get their own labels back. */
static bool loses_label(const struct xn_differ *d, enum xn_noun noun,
			const void *after)
{
	const struct xn_addr *addr = after;

	return noun == XN_ADDR && addr->family == AF_INET &&
	       xn_differ_is_renamed(d, addr->ifindex);
}

static int change_object(struct xn_differ *d, enum xn_noun noun,
			 const void *before, const void *after)
{
	struct xn_op op =
		xn_differ_op(XN_CHANGE, noun, before, after, XN_COST_LIVE);
	int rc;

	if (!xn_same_use(noun, XN_USE_FIXED, before, after) ||
	    loses_label(d, noun, after)) {
		rc = delete_object(d, noun, before, XN_RANK_LEAVE_FOR_NEW,
				   XN_COST_RECREATE);
		if (rc == 0)
			rc = add_object(d, noun, after, XN_COST_RECREATE);
		if (rc == 0 && noun == XN_ADDR)
			rc = keep_beside(d, op.before.addr.ifindex);
		return rc;
	}
	if (xn_same_use(noun, XN_USE_CHANGE, before, after))
		return 0;
	return xn_differ_emit(d, &op, XN_STEP_MOVE,
			      noun == XN_ADDR ? XN_RANK_ADDR_CHANGE
					      : XN_RANK_NEIGH,
			      xn_object_ifindex(noun, &op.after));
}

/* A link that has to go down for its name loses what needs it up. */
static int keep_renamed(struct xn_differ *d)
{
	int rc = 0;

	for (size_t i = 0; i < xn_model_count(d->observed, XN_LINK) && rc == 0;
	     i++) {
		const struct xn_model_link *link =
			xn_model_at(d->observed, XN_LINK, i);

		if (!link->up || !xn_differ_is_renamed(d, link->ifindex))
			continue;
		rc = xn_differ_keep(d, XN_ADDR, link->ifindex, AF_INET6);
		if (rc == 0)
			rc = xn_differ_keep(d, XN_ROUTE, link->ifindex, 0);
		if (rc == 0)
			rc = xn_differ_keep(d, XN_NEIGH, link->ifindex, 0);
	}
	return rc;
}

static int diff_new(struct xn_differ *d, enum xn_noun noun, size_t place)
{
	const void *after = xn_model_at(d->wanted, noun, place);
	ssize_t at = xn_model_find(d->observed, noun, after, place);

	if (at < 0)
		return add_object(d, noun, after, XN_COST_LIVE);
	return change_object(d, noun,
			     xn_model_at(d->observed, noun, (size_t)at), after);
}

/* The kernel lists a link's IPv6 addresses the newest first: what is to be
 * listed first is added last. IPv4 ones are listed as they were added. */
static bool is_added_last(const struct xn_differ *d, enum xn_noun noun,
			  size_t place)
{
	const struct xn_addr *addr = xn_model_at(d->wanted, noun, place);

	return noun == XN_ADDR && addr->family == AF_INET6;
}

static bool is_ipv4(const struct xn_addr *addr)
{
	return addr->family == AF_INET;
}

static int diff_table(struct xn_differ *d, enum xn_noun noun)
{
	size_t count = xn_model_count(d->wanted, noun);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (!is_added_last(d, noun, i))
			rc = diff_new(d, noun, i);
	}
	for (size_t i = count; i > 0 && rc == 0; i--) {
		if (is_added_last(d, noun, i - 1))
			rc = diff_new(d, noun, i - 1);
	}
	/* A first address takes the others of its network along: last. */
	for (size_t i = xn_model_count(d->observed, noun); i > 0 && rc == 0;
	     i--) {
		const void *before = xn_model_at(d->observed, noun, i - 1);

		if (xn_model_find(d->wanted, noun, before, i - 1) >= 0)
			continue;
		rc = delete_object(d, noun, before, rank_of(noun, before, true),
				   XN_COST_LIVE);
		if (rc == 0 && noun == XN_ADDR && is_ipv4(before))
			rc = keep_beside(
				d, ((const struct xn_addr *)before)->ifindex);
	}
	return rc;
}

/* The operations in the order of steps and ranks, else as they came. */
static int put_in_order(const struct xn_plan *plan, struct xn_plan *ret_plan)
{
	int rc = 0;

	for (int order = 0; order < XN_STEPS * XN_RANKS; order++) {
		for (size_t i = 0; i < plan->count && rc == 0; i++) {
			const struct xn_op *op = &plan->op[i];

			if (op->step * XN_RANKS + op->rank == order)
				rc = xn_plan_add(ret_plan, op);
		}
	}
	return rc;
}

int xn_plan_make(const struct xn_model *observed, const struct xn_model *wanted,
		 struct xn_plan *ret_plan, struct xn_err *err)
{
	struct xn_differ d = {
		.observed = observed, .wanted = wanted, .err = err};
	struct xn_plan ordered = {0};
	int rc = xn_plan_check(wanted, err);

	if (rc == 0)
		rc = xn_differ_links(&d);
	if (rc == 0)
		rc = xn_differ_names(&d);
	if (rc == 0)
		rc = keep_renamed(&d);
	for (int noun = XN_ADDR; noun < XN_NOUNS && rc == 0; noun++)
		rc = diff_table(&d, (enum xn_noun)noun);
	if (rc == 0) {
		rc = put_in_order(&d.plan, &ordered);
		if (rc < 0)
			(void)xn_fail(err, -rc, "plan: %s", strerror(-rc));
	}
	xn_plan_fini(&d.plan);
	if (rc < 0) {
		xn_plan_fini(&ordered);
		return rc;
	}
	*ret_plan = ordered;
	return 0;
}
