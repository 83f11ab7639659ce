/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_ROUTED_H
#define XVH_ROUTED_H
/*
 * A device that is no port of a bridge but an end of its own: what vif-route
 * and vif-nat have in common. Our address on it, a route for each of the
 * guest's, proxy ARP. With an IPv6 address of the guest's also the link-local
 * one that is its gateway: fe80::fcff:ffff:feff:ffff.
 */
#include "vif-hotplug/scripts.h"

struct xvh_routed {
	bool has_local;
	uint8_t local[XN_IP_BYTES_MAX]; /* our IPv4 address there, /32 */
	uint32_t metric;
	uint32_t guest_count;
	struct xvh_ip guest[XVH_IPS_MAX];
};

/* Makes the device have exactly this. -EEXIST: another device has a route to
 * one of the addresses. */
int xvh_routed_up(struct xvh_run *run, const struct xvh_routed *wanted,
		  struct xn_err *err);

/* What the device would take along into its next life; its addresses and
 * routes go when it is released. */
void xvh_routed_down(struct xvh_run *run);

/* What has an IPv6 address of its own among the guest's. */
bool xvh_routed_has_ipv6(const struct xvh_ip *list, uint32_t count);

#endif
