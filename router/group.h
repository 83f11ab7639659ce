/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_GROUP_H
#define XRT_GROUP_H
/*
 * A group of routed vifs: what xenplane.conf says of [bridge NAME] with
 * mode = routed, and what that makes of one vif's wish. Pure; any thread.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"
#include "router/uplink.h"
#include "router/wish.h"

/* Zero-initialise: no group. Then the host's address is the way out's, and
 * guests may have any address. */
struct xrt_group {
	char name[IFNAMSIZ];
	char netdev[IFNAMSIZ]; /* the way out, "": not said */
	uint32_t local_count, prefix_count;
	struct xn_address local[XRT_LOCAL_MAX]; /* the host's; whole */
	/* Guests' addresses are in these; none: any. */
	struct xn_address prefix[XN_PLANECONF_PREFIXES_MAX];
	bool spoofs; /* antispoof = off */
};

/* false: there is none of that name. */
bool xrt_group_find(const struct xn_planeconf *conf, const char *name,
		    struct xrt_group *ret_group);

/* Completes a wish that has the guest's addresses. -EPERM: one of them is not
 * for the group's guests; -EADDRNOTAVAIL: an IPv4 guest, and no address of the
 * host's to speak to it with. */
int xrt_group_apply(const struct xrt_group *group,
		    const struct xrt_uplink *uplink, struct xrt_wish *wish,
		    struct xn_err *err);

#endif
