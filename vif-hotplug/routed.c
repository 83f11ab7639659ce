/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A routed device, see routed.h. Called by route.c, nat.c and main.c. */
#include "vif-hotplug/routed.h"

#include <string.h>
#include <sys/socket.h>

#include "vif-hotplug/report.h"

_Static_assert((unsigned int)XVH_IPS_MAX <= (unsigned int)XRT_GUEST_MAX,
	       "all that a request has fits");

struct xn_address xvh_routed_address(const struct xvh_ip *ip)
{
	struct xn_address address = {.family = ip->family == AF_INET6 ? 6 : 4,
				     .prefix = ip->prefix_length};

	memcpy(address.octet, ip->address, sizeof(address.octet));
	return address;
}

void xvh_routed_guests(const struct xvh_request *request,
		       struct xrt_wish *ret_wish)
{
	ret_wish->guest_count = request->ip_count;
	for (uint32_t i = 0; i < request->ip_count; i++)
		ret_wish->guest[i] = xvh_routed_address(&request->ip[i]);
}

int xvh_routed_up(struct xvh_run *run, const struct xrt_wish *wish,
		  const struct xrt_uplink *uplink, struct xn_err *err)
{
	struct xrt_vif vif = {.nl = run->nl,
			      .link = run->link,
			      .wish = *wish,
			      .uplink = uplink,
			      .answers = !run->request->tap};
	char warning[XRT_WARNING_MAX];
	int rc;

	vif.wish.has_mac = run->request->has_mac;
	vif.wish.mac = run->request->mac;
	rc = xrt_vif_up(&vif, warning, err);
	if (warning[0])
		xvh_report(XN_LOG_WARNING, "%s", warning);
	return rc;
}

/* vif-bridge knows from the register whether its device is a routed one: the
 * file may say something else by now. */
static bool is_registered(const struct xrt_gone *gone)
{
	struct xnat_seen seen = {.exists = false};
	struct xrt_port port;
	bool found = false;

	if (xrt_guard_see(&seen, NULL) < 0)
		return false;
	for (unsigned int i = 0; i < 2; i++)
		found |= gone->name[i] &&
			 xrt_guard_find(&seen.table, gone->name[i], &port);
	xnat_seen_fini(&seen);
	return found;
}

int xvh_routed_down(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	struct xn_address had[XVH_IPS_MAX];
	struct xrt_gone gone = {
		.nl = run->nl,
		.link = run->link.ifindex ? &run->link : NULL,
		.name = {run->link.ifindex ? run->link.name : request->born,
			 request->vifname[0] ? request->vifname : NULL},
		.count = request->ip_count,
		.address = had,
		.answers = !request->tap};

	if (request->script == XVH_BRIDGE && !is_registered(&gone))
		return 0;
	for (uint32_t i = 0; i < request->ip_count; i++)
		had[i] = xvh_routed_address(&request->ip[i]);
	return xrt_vif_down(&gone, err);
}
