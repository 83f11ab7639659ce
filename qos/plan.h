/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_PLAN_H
#define QOS_PLAN_H
/*
 * From what is wanted and what is there to operations in their order. Pure.
 * Planning for what is there already gives none.
 *
 * New shapers are complete before frames are led through them; what goes is
 * led around first. A rate, ceiling, burst, guarantee or weight is changed
 * while frames wait, and none is lost.
 */
#include <jansson.h>

#include "netconf/base/err.h"
#include "netconf/plan/op.h"
#include "qos/observed.h"
#include "qos/wish.h"

#define XQ_OPS_MAX 131072u

struct xq_op {
	uint8_t verb; /* enum xn_verb */
	uint8_t noun; /* enum xq_noun */
	uint8_t rank; /* operations are in the order of it */
	uint8_t cost; /* enum xn_cost; restart: frames that wait are lost */
	/* It was an administrator's, and is taken out of the way as told. */
	bool taken;
	char link[IFNAMSIZ]; /* that it is on */
	char of[IFNAMSIZ];   /* an ifb's: whose frames it takes; else "" */
	union xq_object before, after;
};

/* Zero-initialise: empty. */
struct xq_plan {
	struct xq_op *op;
	size_t count, room;
};

struct xq_told {
	/* Somebody else's discipline where ours is to be is deleted; else it
	 * is refused (-EBUSY). It is not remembered. */
	bool take;
	/* As xq_probe_fq_codel() found out before; NULL: it is found out. */
	const bool *has_fq_codel;
};

/* Caller owns *ret_plan (xq_plan_fini()), set on success only. -EINVAL: the
 * wish contradicts itself; -ENODEV: no such link; -EBUSY: see above; -E2BIG,
 * -ENOMEM. */
int xq_plan_make(const struct xq_observed *observed, const struct xq_wish *wish,
		 const struct xq_told *told, struct xq_plan *ret_plan,
		 struct xn_err *err);
/* The same to a state that was ours before (for undoing). */
int xq_plan_to(const struct xq_observed *observed,
	       const struct xq_state *wanted, struct xq_plan *ret_plan);
void xq_plan_fini(struct xq_plan *plan);

/* "change class 5150:1 on vif1.0: rate 10Mb/s, ..."; cut where it is too
 * long. */
void xq_op_words(const struct xq_op *op, char *ret_text, size_t text_bytes);
/* {"cost", "operations": [{"do", "what", "cost", "link", "words"}]}. A new
 * reference; NULL: out of memory. */
json_t *xq_plan_to_json(const struct xq_plan *plan);

/* For plan.c and diff.c. */
int xq_wish_check(const struct xq_wish *wish, struct xn_err *err);
int xq_diff(const struct xq_observed *observed, const struct xq_state *own,
	    const struct xq_state *wanted, struct xq_plan *plan);
/* A copy at the end. -ENOMEM, -E2BIG. */
int xq_plan_add(struct xq_plan *plan, const struct xq_op *op);
int xq_plan_sort(struct xq_plan *plan);

#endif
