/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_DIRECT_H
#define XN_PLAN_DIRECT_H
/*
 * network-bridge's direct style as a wanted model: a bridge above a NIC that
 * keeps its name. The bridge gets the NIC's MAC, MTU and IPv6 settings, and
 * takes over its addresses, routes of all tables, rules and neighbours; the
 * NIC becomes its port without addresses of its own. Stopping is the reverse.
 * Pure. Asking for what is there gives the observed model.
 */
#include "netconf/base/err.h"
#include "netconf/model/plane.h"

struct xn_direct {
	const char *bridge;
	const char *netdev;
};

/* The link of the main table's IPv4 default route with the lowest metric,
 * else IPv6's, else "eth0". */
void xn_direct_default_netdev(const struct xn_model *observed,
			      char ret_name[IFNAMSIZ]);

/* Caller owns *ret_wanted, set on success only.
 * -ENODEV: no such NIC; -EINVAL: not a name; -EBUSY: it is another's port;
 * -EEXIST: the bridge's name is another link's; -EOPNOTSUPP: it is no
 * Ethernet, or something on it is more than a model holds and would be lost
 * on the way. */
int xn_direct_start(const struct xn_model *observed,
		    const struct xn_direct *direct, struct xn_model *ret_wanted,
		    struct xn_err *err);
/* The bridge stays while it has other ports. */
int xn_direct_stop(const struct xn_model *observed,
		   const struct xn_direct *direct, struct xn_model *ret_wanted,
		   struct xn_err *err);

#endif
