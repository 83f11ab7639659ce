/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_NETWORK_H
#define XN_LAB_NETWORK_H
/*
 * The lab's links and addresses, over rtnetlink inside its namespaces. The
 * supervisor's thread.
 */
#include <stdint.h>

#include "netconf/lab/layout.h"

/* The cable (a veth pair: eth0 in each), the layout's bridges in dom0, eth0 as
 * the port of the one with the uplink, and the addresses of both sides. */
int xn_lab_network_plane(int dom0_netns, int outside_netns,
			 const struct xn_lab_layout *layout,
			 struct xn_err *err);

/* A further bridge in dom0, without an uplink. 0 if it is there already. */
int xn_lab_network_bridge(int dom0_netns, const char *name, struct xn_err *err);

/* Is this name for a vif still free in dom0? The stock script finds out too
 * late: on its way back it would take the other's place in the bridge away.
 * 0 also for "" (none wanted); -EEXIST. */
int xn_lab_network_name_free(int dom0_netns, const char *name,
			     struct xn_err *err);

/* The number by which the kernel tells network namespaces apart. */
int xn_lab_network_cookie(int netns, uint64_t *ret_cookie, struct xn_err *err);

/* The guest's end of a vif: up, with the addresses of the vif; without a
 * prefix length an address is one of the lab's network (/24, /64). */
int xn_lab_network_guest(int netns, uint32_t devid,
			 const struct xn_vifspec *spec, struct xn_err *err);

/* Waits until the guest has no eth<devid> any more: it takes its device away
 * some time after the toolstack did, and what came in between would be taken
 * for the old one. */
int xn_lab_network_gone(int netns, uint32_t devid, unsigned int limit_ms,
			struct xn_err *err);

#endif
