/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_DIFFER_H
#define XN_PLAN_DIFFER_H
/* Two models to operations, noun by noun. For netconf/plan only. Pure. */
#include "netconf/base/err.h"
#include "netconf/model/plane.h"
#include "netconf/plan/op.h"
#include "netconf/plan/plan.h"

/* Order within a step. In the step of moves the names come first: the kernel
 * rewrites the labels of what is on a link that gets another name. Then the
 * new places, and what others need before them: a gateway's route needs the
 * route to the gateway, which needs the address. The old places go the other
 * way. */
enum xn_rank {
	XN_RANK_NAME,
	XN_RANK_ANY,
	XN_RANK_LEAVE_FOR_NEW, /* the same address, made anew */
	XN_RANK_ADDR_V4,
	XN_RANK_ADDR_V6,
	XN_RANK_ADDR_CHANGE,
	XN_RANK_ROUTE_LINK,
	XN_RANK_ROUTE_GATEWAY,
	XN_RANK_NEIGH,
	XN_RANK_RULE,
	XN_RANK_RULE_OLD,
	XN_RANK_NEIGH_OLD,
	XN_RANK_ROUTE_GATEWAY_OLD,
	XN_RANK_ROUTE_LINK_OLD,
	XN_RANK_ADDR_OLD,
	XN_RANK_ADDR_KEEP,
	XN_RANK_ROUTE_LINK_KEEP,
	XN_RANK_ROUTE_GATEWAY_KEEP,
	XN_RANK_ROUTE_HELPER,
	XN_RANK_NEIGH_KEEP,
	XN_RANK_RELEASE,
	XN_RANKS,
};

struct xn_differ {
	const struct xn_model *observed;
	const struct xn_model *wanted;
	struct xn_plan plan; /* not in order yet */
	struct xn_err *err;
};

/* Where and when; what and for how much is in `op` already. */
int xn_differ_emit(struct xn_differ *d, struct xn_op *op, enum xn_step step,
		   enum xn_rank rank, int ifindex);
/* `before` and `after`: objects of that noun, or NULL. */
struct xn_op xn_differ_op(enum xn_verb verb, enum xn_noun noun,
			  const void *before, const void *after,
			  enum xn_cost cost);

/* What is wanted of the family (0: both) on the link, and may go with
 * something else that the kernel takes away, is made sure of after that. */
int xn_differ_keep(struct xn_differ *d, enum xn_noun noun, int ifindex,
		   uint8_t family);

/* A route that is to be added, with what the kernel wants for that. */
int xn_differ_lead(struct xn_differ *d, const struct xn_route *route);

/* Links, all but their names. */
int xn_differ_links(struct xn_differ *d);

/* Names, in an order in which each is free when it is given. One that is in
 * the way goes by a name of its own for a while, and so does a link that is
 * new, or is to go. */
int xn_differ_names(struct xn_differ *d);
/* What a new link is called when it is born: the name of `wanted`, or that of
 * its own when somebody has this. */
int xn_differ_birth_name(const struct xn_differ *d,
			 const struct xn_model_link *wanted,
			 char ret_name[IFNAMSIZ]);
/* The link that is to go, with the name that it has then. */
int xn_differ_last_name(const struct xn_differ *d,
			const struct xn_model_link *old,
			char ret_name[IFNAMSIZ]);
/* Both have it, by another name than it is to have. */
bool xn_differ_is_renamed(const struct xn_differ *d, int ifindex);

#endif
