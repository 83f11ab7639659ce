/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of a plan's operations. Pure. */
#include "netconf/plan/plan.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_ROOM 32

int xn_plan_add(struct xn_plan *plan, const struct xn_op *op)
{
	size_t room = plan->room ? plan->room * 2 : FIRST_ROOM;
	struct xn_op *more;

	if (plan->count >= XN_PLAN_OPS_MAX)
		return -E2BIG;
	if (plan->count == plan->room) {
		more = reallocarray(plan->op, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		plan->op = more;
		plan->room = room;
	}
	plan->op[plan->count++] = *op;
	return 0;
}

void xn_plan_fini(struct xn_plan *plan)
{
	free(plan->op);
	*plan = (struct xn_plan){0};
}

enum xn_cost xn_plan_cost(const struct xn_plan *plan)
{
	enum xn_cost cost = XN_COST_NONE;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->op[i].cost > cost)
			cost = (enum xn_cost)plan->op[i].cost;
	}
	return cost;
}

bool xn_plan_op_lasts(const struct xn_plan *plan, size_t place)
{
	const struct xn_op *op = &plan->op[place];

	/* Deleted to be made anew. */
	if (xn_op_is_helper(op))
		return op->verb == XN_DELETE;
	if (op->noun != XN_LINK)
		return op->verb != XN_DELETE || op->cost != XN_COST_RECREATE;
	if (op->verb != XN_CHANGE)
		return true;
	for (size_t i = place + 1; i < plan->count; i++) {
		const struct xn_op *later = &plan->op[i];

		if (later->noun == XN_LINK && later->verb == XN_CHANGE &&
		    later->field == op->field &&
		    later->after.link.ifindex == op->after.link.ifindex)
			return false;
		if (later->noun == XN_LINK && later->verb == XN_DELETE &&
		    later->before.link.ifindex == op->after.link.ifindex)
			return false;
	}
	return true;
}

/* What comes after another operation on the same is judged by that one. */
static bool is_first_on_link(const struct xn_plan *plan, size_t place)
{
	const struct xn_op *op = &plan->op[place];
	bool goes = op->verb == XN_DELETE;
	int ifindex = goes ? op->before.link.ifindex : op->after.link.ifindex;

	for (size_t i = 0; i < place; i++) {
		const struct xn_op *earlier = &plan->op[i];

		if (earlier->noun == XN_LINK &&
		    earlier->after.link.ifindex == ifindex &&
		    (goes || earlier->verb == XN_ADD ||
		     earlier->field == op->field))
			return false;
	}
	return true;
}

static bool is_first(const struct xn_plan *plan, size_t place)
{
	const struct xn_op *op = &plan->op[place];

	if (op->noun == XN_LINK)
		return op->verb == XN_ADD || is_first_on_link(plan, place);
	if (xn_op_is_helper(op))
		return op->verb == XN_ADD;
	/* Deleted first, or kept from going with something else. */
	return op->verb == XN_DELETE || op->cost != XN_COST_RECREATE;
}

const struct xn_op *xn_plan_outdated(const struct xn_plan *plan,
				     const struct xn_model *model)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (is_first(plan, i) && !xn_op_fits(&plan->op[i], model))
			return &plan->op[i];
	}
	return NULL;
}
