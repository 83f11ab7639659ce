/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_ROUTED_H
#define XVH_ROUTED_H
/* What vif-route and vif-nat have in common: from a request to router/vif.h,
 * which does it. */
#include "router/vif.h"
#include "vif-hotplug/scripts.h"

/* The request's addresses, lengths and all. */
void xvh_routed_guests(const struct xvh_request *request,
		       struct xrt_wish *ret_wish);
struct xn_address xvh_routed_address(const struct xvh_ip *ip);

/* `uplink` as in router/vif.h. */
int xvh_routed_up(struct xvh_run *run, const struct xrt_wish *wish,
		  const struct xrt_uplink *uplink, struct xn_err *err);

#endif
