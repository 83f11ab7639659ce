/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_H
#define XN_PLAN_H
/*
 * The planner: two models in, ordered operations out. Pure. What is the same
 * in both is not touched, so a wanted model that was made from an observed
 * one speaks only of what it changes.
 *
 * The order keeps connections alive: new links are complete before anything
 * is enslaved, addresses and routes are at their new place before they leave
 * the old one, and a port leaves its bridge last of all.
 */
#include <jansson.h>
#include <stddef.h>

#include "netconf/base/err.h"
#include "netconf/plan/op.h"

#define XN_PLAN_OPS_MAX 8192

/* Zero-initialise: empty. */
struct xn_plan {
	struct xn_op *op;
	size_t count, room;
};

/* Caller owns *ret_plan (xn_plan_fini()), set on success only. -EOPNOTSUPP: a
 * link is wanted that cannot be made (other than a bridge), or deleted;
 * -EINVAL: the wanted model contradicts itself (an object on no link, a name
 * twice, two links with one index). */
int xn_plan_make(const struct xn_model *observed, const struct xn_model *wanted,
		 struct xn_plan *ret_plan, struct xn_err *err);
void xn_plan_fini(struct xn_plan *plan);

/* The dearest of its operations; XN_COST_NONE when there is none. */
enum xn_cost xn_plan_cost(const struct xn_plan *plan);

/* What the operation leaves is still so when the plan is done: no later one
 * of the plan changes the same again. */
bool xn_plan_op_lasts(const struct xn_plan *plan, size_t place);

/* The first operation that the model is not made for any more; NULL: all
 * fit. Somebody else changed something since the plan was made. */
const struct xn_op *xn_plan_outdated(const struct xn_plan *plan,
				     const struct xn_model *model);

/* For those who build or read plans: a copy at the end; -ENOMEM, -E2BIG. */
int xn_plan_add(struct xn_plan *plan, const struct xn_op *op);

/* One operation: {"do", "what", "cost", "step", "words", "before", "after",
 * ...}. A new reference; NULL: out of memory. */
json_t *xn_op_to_json(const struct xn_op *op);
/* Every value is checked. -EINVAL. */
int xn_op_from_json(const json_t *json, struct xn_op *ret_op,
		    struct xn_err *err);
/* {"cost", "operations": []}. */
json_t *xn_plan_to_json(const struct xn_plan *plan);

#endif
