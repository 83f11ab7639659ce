/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wish and observed state to a plan, see plan.h. Pure. */
#include "qos/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "qos/build.h"
#include "qos/rank.h"

#define ROOM_MIN 32u

int xq_plan_add(struct xq_plan *plan, const struct xq_op *op)
{
	if (plan->count == XQ_OPS_MAX)
		return -E2BIG;
	if (plan->count == plan->room) {
		size_t room = plan->room ? plan->room * 2 : ROOM_MIN;
		struct xq_op *more =
			reallocarray(plan->op, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		plan->op = more;
		plan->room = room;
	}
	plan->op[plan->count++] = *op;
	return 0;
}

void xq_plan_fini(struct xq_plan *plan)
{
	free(plan->op);
	*plan = (struct xq_plan){0};
}

/* Those of one rank stay in the order in which they were put. */
int xq_plan_sort(struct xq_plan *plan)
{
	struct xq_op *sorted = calloc(plan->count + 1, sizeof(*sorted));
	size_t count = 0;

	if (!sorted)
		return -ENOMEM;
	for (unsigned int rank = 0; rank <= XQ_RANK_DELETE_IFB; rank++)
		for (size_t i = 0; i < plan->count; i++)
			if (plan->op[i].rank == rank)
				sorted[count++] = plan->op[i];
	free(plan->op);
	plan->op = sorted;
	plan->room = plan->count + 1;
	return 0;
}

/* Deletes what is in the way, when told to. */
static int clear_place(const struct xq_observed *observed,
		       const struct xn_link *link, enum xq_place place,
		       const struct xq_told *told, struct xq_plan *plan,
		       struct xn_err *err)
{
	const struct xn_tc_qdisc *other =
		xq_in_the_way(observed, link->ifindex, place);
	struct xq_op op = {.verb = XN_DELETE,
			   .noun = XQ_QDISC,
			   .rank = XQ_RANK_CLEAR,
			   .cost = XN_COST_RESTART,
			   .taken = true};

	if (!other)
		return 0;
	if (!told->take)
		return xn_fail(err, EBUSY,
			       "%s: somebody else's %s %x: is in the way of "
			       "what it %s",
			       link->name, other->kind, other->handle >> 16,
			       place == XQ_PLACE_OUT ? "sends" : "takes in");
	op.before.qdisc = *other;
	memcpy(op.link, link->name, sizeof(op.link));
	return xq_plan_add(plan, &op);
}

/* All places that the wanted state needs. */
static int clear_places(const struct xq_observed *observed,
			const struct xq_state *wanted,
			const struct xq_told *told, struct xq_plan *plan,
			struct xn_err *err)
{
	int error = 0;

	for (size_t i = 0; i < xq_state_count(wanted, XQ_QDISC) && !error;
	     i++) {
		const struct xn_tc_qdisc *qdisc =
			xq_state_at(wanted, XQ_QDISC, i);
		const struct xn_link *link =
			xq_link_at(observed, qdisc->ifindex);

		if (!link)
			continue;
		if (qdisc->parent == XN_TC_ROOT)
			error = clear_place(observed, link, XQ_PLACE_OUT, told,
					    plan, err);
		else if (qdisc->parent == XN_TC_CLSACT)
			error = clear_place(observed, link, XQ_PLACE_IN, told,
					    plan, err);
	}
	return error;
}

static int find_link(const struct xq_observed *observed, const char *name,
		     const struct xn_link **ret_link, struct xn_err *err)
{
	*ret_link = xq_link_named(observed, name);
	if (!*ret_link)
		return xn_fail(err, ENODEV, "%s: there is no such link", name);
	if (!strcmp((*ret_link)->kind, "ifb"))
		return xn_fail(err, EINVAL, "%s: an ifb cannot be shaped so",
			       name);
	return 0;
}

static int build_all(struct xq_build *build, const struct xq_wish *wish,
		     struct xn_err *err)
{
	const struct xn_link *link;
	int error = 0;

	for (size_t i = 0; i < wish->vif_count && !error; i++) {
		error = find_link(build->observed, wish->vif[i].name, &link,
				  err);
		if (!error)
			error = xq_build_limits(build, &wish->vif[i], link);
	}
	for (size_t i = 0; i < wish->uplink_count && !error; i++) {
		error = find_link(build->observed, wish->uplink[i].name, &link,
				  err);
		if (!error)
			error = xq_build_trees(build, wish, &wish->uplink[i],
					       link, err);
	}
	return error;
}

static int free_ifindex(const struct xq_observed *observed)
{
	int last = 0;

	for (size_t i = 0; i < observed->links.count; i++)
		if (observed->links.link[i].ifindex > last)
			last = observed->links.link[i].ifindex;
	return last + 1;
}

/* Out of memory, or too many of something. */
static int explain(int error, struct xn_err *err)
{
	if (error == -ENOMEM)
		return xn_fail(err, ENOMEM, "out of memory");
	if (error == -E2BIG)
		return xn_fail(err, E2BIG, "too many rates and shares");
	return error;
}

int xq_plan_make(const struct xq_observed *observed, const struct xq_wish *wish,
		 const struct xq_told *told, struct xq_plan *ret_plan,
		 struct xn_err *err)
{
	struct xq_state own = {0}, wanted = {0};
	struct xq_build build = {observed, &wanted, free_ifindex(observed)};
	struct xq_plan plan = {0};
	int error = xq_wish_check(wish, err);

	if (!error)
		error = xq_own(observed, &own);
	if (!error)
		error = build_all(&build, wish, err);
	if (!error)
		error = clear_places(observed, &wanted, told, &plan, err);
	if (!error)
		error = xq_diff(observed, &own, &wanted, &plan);
	xq_state_fini(&wanted);
	xq_state_fini(&own);
	if (error) {
		xq_plan_fini(&plan);
		return explain(error, err);
	}
	*ret_plan = plan;
	return 0;
}

int xq_plan_to(const struct xq_observed *observed,
	       const struct xq_state *wanted, struct xq_plan *ret_plan)
{
	struct xq_state own = {0};
	struct xq_plan plan = {0};
	int error = xq_own(observed, &own);

	if (!error)
		error = xq_diff(observed, &own, wanted, &plan);
	xq_state_fini(&own);
	if (error)
		xq_plan_fini(&plan);
	else
		*ret_plan = plan;
	return error;
}
