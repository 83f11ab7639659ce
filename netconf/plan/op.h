/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_OP_H
#define XN_PLAN_OP_H
/*
 * One operation of a plan: one object added, deleted, or changed in one
 * field. It says what was before and what is after, so it can be shown, done,
 * checked and undone. Pure.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/model/plane.h"

enum xn_verb {
	XN_ADD,	   /* `after`; a veth that brings its peer: that is `before` */
	XN_CHANGE, /* both; links: one field of `field`, others: all */
	XN_DELETE, /* only `before` counts */
	XN_VERBS,
};

/* What it costs those whose frames pass, lowest first. */
enum xn_cost {
	XN_COST_NONE,	  /* nobody uses it yet, or any more */
	XN_COST_LIVE,	  /* takes effect while traffic goes on */
	XN_COST_RESTART,  /* a link goes down and up */
	XN_COST_RECREATE, /* something in use is deleted and made anew */
	XN_COSTS,
};

/* Steps of a plan, in their order. What is in one step may be half done
 * when the power fails; each step is journalled before it is begun. */
enum xn_step {
	XN_STEP_CREATE,	 /* new links, down */
	XN_STEP_PREPARE, /* what must be right before they are up */
	XN_STEP_UP,
	XN_STEP_ENSLAVE, /* then waits until the bridge forwards */
	XN_STEP_MOVE,	 /* names; addresses, routes, ...: one message */
	XN_STEP_FINISH,	 /* down, what follows a move */
	XN_STEP_REMOVE,	 /* links */
	XN_STEPS,
};

struct xn_op {
	uint8_t verb;	     /* enum xn_verb */
	uint8_t noun;	     /* enum xn_noun */
	uint8_t cost;	     /* enum xn_cost */
	uint8_t step;	     /* enum xn_step */
	uint8_t rank;	     /* order within the step */
	uint8_t field;	     /* of a changed link: index into its fields */
	char link[IFNAMSIZ]; /* the link's name, for words; "": none */
	union xn_object before, after;
};

/* A route that is there for a moment only, for the sake of others: it comes
 * and goes in the same plan. */
bool xn_op_is_helper(const struct xn_op *op);
/* The operation makes both ends of a pair of veths. */
bool xn_op_makes_pair(const struct xn_op *op);

const char *xn_verb_word(enum xn_verb verb);
const char *xn_cost_word(enum xn_cost cost);
const char *xn_step_word(enum xn_step step);

/* "add address 192.0.2.1/24 to xenbr0". Cut when it does not fit. */
void xn_op_words(const struct xn_op *op, char *ret_text, size_t text_bytes);

/* What the operation leaves, and what there was before it, in a model. Doing
 * what is done changes nothing. A link that has the number but not the name
 * and kind is another's, and left alone. -ENOMEM, -E2BIG. */
int xn_op_do(const struct xn_op *op, struct xn_model *model);
int xn_op_undo(const struct xn_op *op, struct xn_model *model);
/* The model is as the operation expects it: what is to come is not there,
 * what is to go or to change is just so. A change of a link that is not there
 * yet is for the caller to judge. */
bool xn_op_fits(const struct xn_op *op, const struct xn_model *model);
/* The model is as the operation leaves it. */
bool xn_op_holds(const struct xn_op *op, const struct xn_model *model);

#endif
