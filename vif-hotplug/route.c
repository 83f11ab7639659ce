/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vif-route: the guest's addresses are routed to its device, and we answer
 * for them. Also vif-bridge, when its bridge is a group of routed vifs. Called
 * by main.c. */
#include "vif-hotplug/scripts.h"

#include <errno.h>
#include <string.h>

#include "netconf/model/nat.h"
#include "vif-hotplug/routed.h"

/* Of the group: its addresses; else dom0's own on the way out. */
static int choose_local(const struct xvh_run *run,
			const struct xrt_uplink *uplink, struct xrt_wish *wish,
			struct xn_err *err)
{
	bool ipv4 = wish->guest_count == 0 ||
		    xrt_has_family(wish->guest, wish->guest_count, 4);

	wish->local_count = run->group.local_count;
	memcpy(wish->local, run->group.local, sizeof(wish->local));
	if (!xrt_has_family(wish->local, wish->local_count, 4))
		xrt_wish_add_uplink(wish, uplink);
	if (ipv4 && !xrt_has_family(wish->local, wish->local_count, 4))
		return xn_fail(err, EADDRNOTAVAIL,
			       "%s has no IPv4 address: give it one, or "
			       "specify another interface with netdev=<if>",
			       uplink->link.name);
	return 0;
}

/* What the group's guests may have. */
static int check_guests(const struct xvh_group *group,
			const struct xrt_wish *wish, struct xn_err *err)
{
	char text[XN_ADDRESS_TEXT_MAX];

	for (uint32_t i = 0; i < wish->guest_count; i++) {
		const struct xn_address *guest = &wish->guest[i];
		bool within = group->prefix_count == 0;

		for (uint32_t k = 0; k < group->prefix_count; k++)
			within |= guest->prefix >= group->prefix[k].prefix &&
				  xn_address_within(guest, &group->prefix[k],
						    group->prefix[k].prefix);
		for (uint32_t k = 0; k < group->local_count; k++)
			within &= !xn_address_within(guest, &group->local[k],
						     guest->prefix);
		if (!within)
			return xn_fail(err, EPERM,
				       "ip: %s is not for guests of [bridge "
				       "%s]",
				       xn_address_text(guest, text),
				       group->name);
	}
	return 0;
}

int xvh_route_up(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	const char *netdev =
		request->netdev[0] ? request->netdev : run->group.netdev;
	struct xrt_uplink uplink = {.has_ipv4 = false};
	struct xrt_wish wish = {.guest_count = 0};
	int rc = xrt_uplink_find(run->nl, netdev, &uplink, err);

	if (rc < 0)
		return rc;
	xvh_routed_guests(request, &wish);
	if (wish.guest_count == 0) {
		wish.guest_count = run->group.guest_count;
		memcpy(wish.guest, run->group.guest, sizeof(wish.guest));
	}
	wish.spoofs = run->group.spoofs;
	rc = check_guests(&run->group, &wish, err);
	if (rc == 0)
		rc = choose_local(run, &uplink, &wish, err);
	if (rc < 0)
		return rc;
	memcpy(run->where, uplink.link.name, sizeof(run->where));
	if (request->mtu)
		xvh_set_mtu(run, request->mtu);
	return xvh_routed_up(run, &wish, &uplink, err);
}
