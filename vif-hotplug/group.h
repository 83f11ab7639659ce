/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_GROUP_H
#define XVH_GROUP_H
/*
 * A group of routed vifs: what [bridge NAME] of xenplane.conf says of it with
 * mode = routed. A file that cannot be read is logged, and says nothing.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/model/settings.h"
#include "router/wish.h"
#include "vif-hotplug/request.h"

#define XVH_CONFIG_FILE "/etc/xenplane/xenplane.conf"

struct xvh_group {
	char name[IFNAMSIZ];   /* "": no group */
	char netdev[IFNAMSIZ]; /* "": not said */
	uint32_t local_count, prefix_count, guest_count;
	struct xn_address local[XRT_LOCAL_MAX];	 /* whole */
	struct xn_address prefix[XRT_LOCAL_MAX]; /* guests' addresses; none:
						    any */
	struct xn_address guest[XRT_GUEST_MAX];	 /* when nobody else says */
	bool spoofs;				 /* antispoof = off */
};

bool xvh_group_find(const char *file, const char *name,
		    struct xvh_group *ret_group);
/* What [vif MAC] of it says. */
void xvh_group_find_vif(const char *file, const struct xvh_request *request,
			struct xvh_group *group);

#endif
