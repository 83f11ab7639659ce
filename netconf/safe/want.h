/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_WANT_H
#define XN_SAFE_WANT_H
/*
 * From a configuration to the plan that puts it in force here and now. Looks
 * at the kernel, changes nothing. Thread: the socket's.
 */
#include "netconf/base/err.h"
#include "netconf/force/force.h"
#include "netconf/model/planeconf.h"
#include "netconf/nl/socket.h"
#include "netconf/plan/host.h"
#include "netconf/plan/plan.h"
#include "netconf/safe/lifeline.h"

struct xn_want {
	struct xn_model observed;
	struct xn_host_wanted host;
	struct xn_plan plan;
	/* NAT, rates and shares, as far as what they hang on is there now. */
	struct xn_force_ops force;
	struct xn_lifelines cut; /* what the plan may cut */
	struct xn_err held;	 /* set: who would not go on (held.h) */
};

/* `ours`: of the apply before. Caller owns *ret_want (xn_want_destroy()). */
int xn_want_make(struct xn_nl *nl, struct xn_force *force,
		 const struct xn_planeconf *conf, const struct xn_ours *ours,
		 const struct xn_lifelines *lines, struct xn_want **ret_want,
		 struct xn_err *err);
/* Of this host (xn_host.mac_seed). */
uint64_t xn_want_seed(void);
/* There is nothing to do. */
bool xn_want_is_so(const struct xn_want *want);
void xn_want_destroy(struct xn_want *want); /* accepts NULL */

#endif
