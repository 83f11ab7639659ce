/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two models to ordered operations. Pure. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>

#include "netconf/model/fields.h"
#include "netconf/plan/check.h"
#include "netconf/plan/plan.h"

/* Order within a step. In the step of moves the new places come first, and
 * what others need before them: a gateway's route needs the route to the
 * gateway, which needs the address. The old places go the other way. */
enum rank {
	RANK_ANY,
	RANK_LEAVE_FOR_NEW, /* the same address, made anew */
	RANK_ADDR_V4,
	RANK_ADDR_V6,
	RANK_ADDR_CHANGE,
	RANK_ROUTE_LINK,
	RANK_ROUTE_GATEWAY,
	RANK_NEIGH,
	RANK_RULE,
	RANK_RULE_OLD,
	RANK_NEIGH_OLD,
	RANK_ROUTE_GATEWAY_OLD,
	RANK_ROUTE_LINK_OLD,
	RANK_ADDR_OLD,
	RANK_ADDR_KEEP,
	RANK_ROUTE_LINK_KEEP,
	RANK_ROUTE_GATEWAY_KEEP,
	RANK_NEIGH_KEEP,
	RANK_RELEASE,
	RANKS,
};

struct differ {
	const struct xn_model *observed;
	const struct xn_model *wanted;
	struct xn_plan plan; /* not in order yet */
	struct xn_err *err;
};

/* Where and when; what and for how much is in `op` already. */
static int emit(struct differ *d, struct xn_op *op, enum xn_step step,
		enum rank rank, int ifindex)
{
	const struct xn_model_link *link = xn_model_link(d->wanted, ifindex);
	int rc;

	if (!link)
		link = xn_model_link(d->observed, ifindex);
	if (link)
		memcpy(op->link, link->name, sizeof(op->link));
	op->step = (uint8_t)step;
	op->rank = (uint8_t)rank;
	rc = xn_plan_add(&d->plan, op);
	if (rc < 0)
		return xn_fail(d->err, -rc, "plan: %s", strerror(-rc));
	return 0;
}

static struct xn_op new_op(enum xn_verb verb, enum xn_noun noun,
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

/* A link that goes down on the way loses what needs it up. */
static enum xn_cost change_cost(const struct xn_model_link *before, size_t at)
{
	if (!before->up)
		return XN_COST_NONE;
	switch (at) {
	case offsetof(struct xn_model_link, name):
		return XN_COST_RESTART;
	case offsetof(struct xn_model_link, mac):
		return strcmp(before->kind, "bridge") == 0 ? XN_COST_LIVE
							   : XN_COST_RESTART;
	case offsetof(struct xn_model_link, up):
		return XN_COST_RESTART;
	default:
		return XN_COST_LIVE;
	}
}

/* When a field of a link is changed, so that nobody notices. */
static enum xn_step change_step(const struct xn_model_link *after, size_t at)
{
	switch (at) {
	case offsetof(struct xn_model_link, name):
		return XN_STEP_FINISH;
	case offsetof(struct xn_model_link, up):
		return after->up ? XN_STEP_UP : XN_STEP_FINISH;
	case offsetof(struct xn_model_link, master):
		return after->master ? XN_STEP_ENSLAVE : XN_STEP_MOVE;
	case offsetof(struct xn_model_link, port):
		return XN_STEP_ENSLAVE;
	case offsetof(struct xn_model_link, addr_gen_mode):
		return after->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE
			       ? XN_STEP_PREPARE
			       : XN_STEP_FINISH;
	case offsetof(struct xn_model_link, disable_ipv6):
		return after->disable_ipv6 ? XN_STEP_FINISH : XN_STEP_PREPARE;
	default:
		return XN_STEP_PREPARE;
	}
}

static int change_link(struct differ *d, const struct xn_model_link *before,
		       const struct xn_model_link *after, size_t field)
{
	size_t at = xn_noun[XN_LINK].field[field].offset;
	struct xn_op op = new_op(XN_CHANGE, XN_LINK, before, after,
				 change_cost(before, at));
	enum xn_step step = change_step(after, at);
	enum rank rank = RANK_ANY;

	if (step == XN_STEP_MOVE)
		rank = RANK_RELEASE;
	else if (at == offsetof(struct xn_model_link, port))
		rank = RANK_ANY + 1; /* after the master */
	op.field = (uint8_t)field;
	return emit(d, &op, step, rank, after->ifindex);
}

static bool is_ipv6(size_t at)
{
	return at == offsetof(struct xn_model_link, addr_gen_mode) ||
	       at == offsetof(struct xn_model_link, disable_ipv6) ||
	       at == offsetof(struct xn_model_link, accept_ra);
}

static int diff_link(struct differ *d, const struct xn_model_link *before,
		     const struct xn_model_link *after)
{
	const struct xn_noun_fields *fields = &xn_noun[XN_LINK];
	bool moves = before->master != after->master;
	int rc = 0;

	if (!xn_same_use(XN_LINK, XN_USE_FIXED, before, after))
		return xn_fail(d->err, EOPNOTSUPP,
			       "link %s is a \"%s\" and "
			       "cannot become a \"%s\"",
			       before->name, before->kind, after->kind);
	for (size_t i = 0; i < fields->count && rc == 0; i++) {
		const struct xn_field *field = &fields->field[i];
		bool is_port =
			field->offset == offsetof(struct xn_model_link, port);
		bool differs = !xn_same_field(field, before, after);

		if (field->use != XN_USE_CHANGE ||
		    (is_ipv6(field->offset) && !after->has_ipv6))
			continue;
		/* A new master resets a port's settings; none has none. */
		if (is_port)
			differs = after->master && after->port.count > 0 &&
				  (differs || moves);
		if (differs)
			rc = change_link(d, before, after, i);
	}
	return rc;
}

/* Made with its name, MAC, MTU and settings; the rest follows. No address is
 * made up for it while others are still on their way. */
static int new_link(struct differ *d, const struct xn_model_link *after)
{
	struct xn_op op = new_op(XN_ADD, XN_LINK, NULL, after, XN_COST_NONE);
	struct xn_model_link born = *after;
	struct xn_model_link quiet = *after;
	int rc;

	if (strcmp(after->kind, "bridge") != 0)
		return xn_fail(d->err, EOPNOTSUPP,
			       "link %s: a \"%s\" cannot be made", after->name,
			       after->kind);
	born.up = false;
	born.noarp = false;
	born.master = 0;
	born.port.count = 0;
	/* Whatever they are: never what is wanted. */
	born.accept_ra = after->accept_ra + 1;
	born.disable_ipv6 = !after->disable_ipv6;
	born.addr_gen_mode = (uint8_t)(after->addr_gen_mode + 1);
	op.after.link = born;
	rc = emit(d, &op, XN_STEP_CREATE, RANK_ANY, after->ifindex);
	if (rc < 0)
		return rc;
	if (after->addr_gen_mode != IN6_ADDR_GEN_MODE_NONE) {
		born.addr_gen_mode = after->addr_gen_mode;
		quiet = born;
		quiet.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
		rc = diff_link(d, &born, &quiet);
		born.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	}
	return rc < 0 ? rc : diff_link(d, &born, after);
}

static int old_link(struct differ *d, const struct xn_model_link *before)
{
	struct xn_op op = new_op(XN_DELETE, XN_LINK, before, NULL,
				 before->up ? XN_COST_LIVE : XN_COST_NONE);

	if (strcmp(before->kind, "bridge") != 0)
		return xn_fail(d->err, EOPNOTSUPP,
			       "link %s: a \"%s\" is not ours to delete",
			       before->name, before->kind);
	return emit(d, &op, XN_STEP_REMOVE, RANK_ANY, before->ifindex);
}

static bool needs_gateway(const struct xn_route *route)
{
	return route->has_gateway || route->hop_count > 0;
}

static enum rank rank_of(enum xn_noun noun, const void *object, bool old)
{
	const struct xn_addr *addr = object;

	switch (noun) {
	case XN_ADDR:
		if (old)
			return RANK_ADDR_OLD;
		return addr->family == AF_INET ? RANK_ADDR_V4 : RANK_ADDR_V6;
	case XN_ROUTE:
		if (needs_gateway(object))
			return old ? RANK_ROUTE_GATEWAY_OLD
				   : RANK_ROUTE_GATEWAY;
		return old ? RANK_ROUTE_LINK_OLD : RANK_ROUTE_LINK;
	case XN_RULE:
		return old ? RANK_RULE_OLD : RANK_RULE;
	case XN_NEIGH:
		return old ? RANK_NEIGH_OLD : RANK_NEIGH;
	case XN_LINK:
	case XN_NOUNS:
		break;
	}
	return RANK_ANY;
}

static bool is_kept(const struct differ *d, enum xn_noun noun,
		    const void *object, enum rank rank)
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

static enum rank keep_rank(enum xn_noun noun, const void *object)
{
	if (noun == XN_ADDR)
		return RANK_ADDR_KEEP;
	if (noun == XN_NEIGH)
		return RANK_NEIGH_KEEP;
	return needs_gateway(object) ? RANK_ROUTE_GATEWAY_KEEP
				     : RANK_ROUTE_LINK_KEEP;
}

/* What is wanted of the family (0: both) on the link, and may go with
 * something else that the kernel takes away, is made sure of after that. */
static int keep(struct differ *d, enum xn_noun noun, int ifindex,
		uint8_t family)
{
	size_t count = xn_model_count(d->wanted, noun);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const uint8_t *object = xn_model_at(d->wanted, noun, i);
		struct xn_op op = new_op(XN_CHANGE, noun, object, object,
					 XN_COST_RECREATE);
		enum rank rank = keep_rank(noun, object);

		if (xn_object_ifindex(noun, &op.after) == ifindex &&
		    (!family ||
		     object[xn_noun[noun].family_offset] == family) &&
		    !is_kept(d, noun, object, rank))
			rc = emit(d, &op, XN_STEP_MOVE, rank, ifindex);
	}
	return rc;
}

/* An IPv4 address that goes takes along those that were added to its network
 * after it, and routes that prefer it; the last one all routes and
 * neighbours. */
static int keep_beside(struct differ *d, int ifindex)
{
	int rc = keep(d, XN_ADDR, ifindex, AF_INET);

	if (rc == 0)
		rc = keep(d, XN_ROUTE, ifindex, AF_INET);
	if (rc == 0)
		rc = keep(d, XN_NEIGH, ifindex, AF_INET);
	return rc;
}

/* With a new MAC, or with ARP off or on, a link forgets all neighbours. */
static int keep_neighbours(struct differ *d)
{
	size_t count = d->plan.count;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_op *op = &d->plan.op[i];
		size_t at = xn_noun[XN_LINK].field[op->field].offset;

		if (op->noun == XN_LINK && op->verb == XN_CHANGE &&
		    (at == offsetof(struct xn_model_link, mac) ||
		     at == offsetof(struct xn_model_link, noarp)))
			rc = keep(d, XN_NEIGH, op->after.link.ifindex, 0);
	}
	return rc;
}

static int diff_links(struct differ *d)
{
	size_t count = xn_model_count(d->wanted, XN_LINK);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_model_link *after =
			xn_model_at(d->wanted, XN_LINK, i);
		const struct xn_model_link *before =
			xn_model_link(d->observed, after->ifindex);

		rc = before ? diff_link(d, before, after) : new_link(d, after);
	}
	count = xn_model_count(d->observed, XN_LINK);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_model_link *before =
			xn_model_at(d->observed, XN_LINK, i);

		if (!xn_model_link(d->wanted, before->ifindex))
			rc = old_link(d, before);
	}
	return rc;
}

static int add_object(struct differ *d, enum xn_noun noun, const void *after,
		      enum xn_cost cost)
{
	struct xn_op op = new_op(XN_ADD, noun, NULL, after, cost);

	return emit(d, &op, XN_STEP_MOVE, rank_of(noun, after, false),
		    xn_object_ifindex(noun, &op.after));
}

static int delete_object(struct differ *d, enum xn_noun noun,
			 const void *before, enum rank rank, enum xn_cost cost)
{
	struct xn_op op = new_op(XN_DELETE, noun, before, NULL, cost);

	return emit(d, &op, XN_STEP_MOVE, rank,
		    xn_object_ifindex(noun, &op.before));
}

static int change_object(struct differ *d, enum xn_noun noun,
			 const void *before, const void *after)
{
	struct xn_op op = new_op(XN_CHANGE, noun, before, after, XN_COST_LIVE);
	int rc;

	if (!xn_same_use(noun, XN_USE_FIXED, before, after)) {
		rc = delete_object(d, noun, before, RANK_LEAVE_FOR_NEW,
				   XN_COST_RECREATE);
		if (rc == 0)
			rc = add_object(d, noun, after, XN_COST_RECREATE);
		if (rc == 0 && noun == XN_ADDR)
			rc = keep_beside(d, op.before.addr.ifindex);
		return rc;
	}
	if (xn_same_use(noun, XN_USE_CHANGE, before, after))
		return 0;
	return emit(d, &op, XN_STEP_MOVE,
		    noun == XN_ADDR ? RANK_ADDR_CHANGE : RANK_NEIGH,
		    xn_object_ifindex(noun, &op.after));
}

static int diff_new(struct differ *d, enum xn_noun noun, size_t place)
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
static bool is_added_last(const struct differ *d, enum xn_noun noun,
			  size_t place)
{
	const struct xn_addr *addr = xn_model_at(d->wanted, noun, place);

	return noun == XN_ADDR && addr->family == AF_INET6;
}

static bool is_ipv4(const struct xn_addr *addr)
{
	return addr->family == AF_INET;
}

static int diff_table(struct differ *d, enum xn_noun noun)
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

	for (int order = 0; order < XN_STEPS * RANKS; order++) {
		for (size_t i = 0; i < plan->count && rc == 0; i++) {
			const struct xn_op *op = &plan->op[i];

			if (op->step * RANKS + op->rank == order)
				rc = xn_plan_add(ret_plan, op);
		}
	}
	return rc;
}

int xn_plan_make(const struct xn_model *observed, const struct xn_model *wanted,
		 struct xn_plan *ret_plan, struct xn_err *err)
{
	struct differ d = {.observed = observed, .wanted = wanted, .err = err};
	struct xn_plan ordered = {0};
	int rc = xn_plan_check(wanted, err);

	if (rc == 0)
		rc = diff_links(&d);
	if (rc == 0)
		rc = keep_neighbours(&d);
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
