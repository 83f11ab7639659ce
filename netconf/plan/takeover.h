/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_TAKEOVER_H
#define XN_PLAN_TAKEOVER_H
/*
 * One link of a model takes over all that is on another: addresses, routes of
 * all tables, neighbours, and rules that name it. For netconf/plan only. Pure.
 */
#include "netconf/base/err.h"
#include "netconf/model/plane.h"

struct xn_takeover {
	struct xn_model *model;
	int from, to; /* ifindex */
	/* Labels and rules that speak of the one speak of the other then. A
	 * link that takes over the name as well has the same twice. */
	const char *from_name;
	const char *to_name;
	struct xn_err *err;
};

/* -EOPNOTSUPP: something is more than a model holds, and would be lost on the
 * way; the model is to be thrown away then. */
int xn_takeover(const struct xn_takeover *takeover);

#endif
