/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_GROUP_H
#define XVH_GROUP_H
/* The group of routed vifs that a request's bridge names, from xenplane.conf.
 * A file that cannot be read is logged, and says nothing. */
#include "router/group.h"
#include "vif-hotplug/request.h"

struct xvh_group {
	struct xrt_group group;
	/* What [vif MAC], or else [vif NAME], says; it counts more than the
	 * toolstack's. */
	uint32_t guest_count;
	struct xn_address guest[XRT_GUEST_MAX];
};

/* The file is XENPLANE_CONFIG of the environment, if that is a whole path;
 * else /etc/xenplane/xenplane.conf. */
bool xvh_group_find(const char *name, struct xvh_group *ret_group);
/* What the file says of the request's vif. */
void xvh_group_find_vif(const struct xvh_request *request,
			struct xvh_group *group);

#endif
