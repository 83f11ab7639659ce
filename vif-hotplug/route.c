/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vif-route: the guest's addresses are routed to its device, and we answer
 * for them. Also vif-bridge, when its bridge is a group of routed vifs. Called
 * by main.c. */
#include "vif-hotplug/scripts.h"

#include <string.h>

#include "vif-hotplug/routed.h"

int xvh_route_up(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	const struct xrt_group *group = &run->group.group;
	struct xrt_uplink uplink = {.has_ipv4 = false};
	struct xrt_wish wish = {
		.spoofs = group->spoofs,
		.metric = request->tap ? XRT_METRIC_TAP : XRT_METRIC_VIF,
	};
	int rc = xrt_uplink_find(
		run->nl, request->netdev[0] ? request->netdev : group->netdev,
		&uplink, err);

	if (rc < 0)
		return rc;
	xvh_routed_guests(request, &wish);
	/* As in xenplaned, the file counts more. */
	if (run->group.guest_count) {
		wish.guest_count = run->group.guest_count;
		memcpy(wish.guest, run->group.guest, sizeof(wish.guest));
	}
	rc = xrt_group_apply(group, &uplink, &wish, err);
	if (rc < 0)
		return rc;
	memcpy(run->where, uplink.link.name, sizeof(run->where));
	if (request->mtu)
		xvh_set_mtu(run, request->mtu);
	return xvh_routed_up(run, &wish, &uplink, err);
}
