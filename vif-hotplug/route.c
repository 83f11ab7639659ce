/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vif-route: the guest's addresses are routed to its device, and we answer
 * for them. Called by main.c. What holds for the whole host (forwarding, the
 * way out's proxy setting) is switched on and stays: other guests need it.
 */
#include "vif-hotplug/scripts.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/neigh.h"
#include "netconf/nl/route.h"
#include "vif-hotplug/ip.h"
#include "vif-hotplug/report.h"
#include "vif-hotplug/routed.h"
#include "vif-hotplug/sysctl.h"
#include "vif-hotplug/uplink.h"

/* The emulated NIC's goes first: while a guest has both it speaks there. */
#define METRIC_TAP 1u
#define METRIC_VIF 2u

static int describe(struct xvh_run *run, const struct xvh_uplink *uplink,
		    struct xvh_routed *ret, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	bool ipv4 = request->ip_count == 0;
	char text[64];

	for (uint32_t i = 0; i < request->ip_count; i++) {
		if (xvh_ip_has_host_bits(&request->ip[i]))
			return xn_fail(err, EINVAL,
				       "ip: %s is neither an address nor a "
				       "network",
				       xvh_ip_format(&request->ip[i], text));
		ipv4 |= request->ip[i].family == AF_INET;
	}
	if (ipv4 && !uplink->has_ipv4)
		return xn_fail(err, EADDRNOTAVAIL,
			       "%s has no IPv4 address: give it one, or "
			       "specify another interface with netdev=<if>",
			       uplink->link.name);
	memset(ret, 0, sizeof(*ret));
	ret->has_local = uplink->has_ipv4;
	memcpy(ret->local, uplink->ipv4, sizeof(ret->local));
	ret->metric = request->tap ? METRIC_TAP : METRIC_VIF;
	ret->guest_count = request->ip_count;
	memcpy(ret->guest, request->ip, sizeof(ret->guest));
	return 0;
}

/* A host that forwards IPv6 no longer listens to routers, unless it is told
 * to: it would lose its own way out. */
static int forward_ipv6(const char *uplink, struct xn_err *err)
{
	int rc = 0;

	if (xvh_sysctl_get("ipv6/conf/all/forwarding") == 0 &&
	    xvh_sysctl_get_link("ipv6", uplink, "accept_ra") == 1)
		rc = xvh_sysctl_set_link("ipv6", uplink, "accept_ra", 2, err);
	if (rc == 0)
		rc = xvh_sysctl_set("ipv6/conf/all/forwarding", 1, err);
	return rc < 0 ? rc
		      : xvh_sysctl_set_link("ipv6", uplink, "proxy_ndp", 1,
					    err);
}

static bool is_host(const struct xvh_ip *ip)
{
	return ip->prefix_length == 8 * xn_ip_bytes(ip->family);
}

/* Who asks for the guest on the way out is answered by us. Address for
 * address: proxy_arp there would answer for everything that we have a route
 * to. A network is routed to us by the router. The vif's run does it for the
 * emulated NIC as well, which goes long before the vif does. */
static int answer_for(struct xvh_run *run, const struct xvh_uplink *uplink,
		      struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	int rc = 0;

	if (request->tap)
		return 0;
	for (uint32_t i = 0; i < request->ip_count && rc == 0; i++) {
		const struct xvh_ip *ip = &request->ip[i];

		if (is_host(ip))
			rc = xn_neigh_add_proxy(run->nl, uplink->link.ifindex,
						ip->family, ip->address, err);
	}
	return rc;
}

int xvh_route_up(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	struct xvh_uplink uplink = {.has_ipv4 = false};
	struct xvh_routed wanted = {.has_local = false};
	int rc = xvh_uplink_find(run->nl, request, &uplink, err);

	if (rc == 0)
		rc = describe(run, &uplink, &wanted, err);
	if (rc < 0)
		return rc;
	memcpy(run->where, uplink.link.name, sizeof(run->where));
	if (request->mtu)
		xvh_set_mtu(run, request->mtu);
	rc = xvh_routed_up(run, &wanted, err);
	if (rc == 0 && wanted.has_local)
		rc = xvh_sysctl_set("ipv4/ip_forward", 1, err);
	if (rc == 0 && xvh_routed_has_ipv6(request->ip, request->ip_count))
		rc = forward_ipv6(uplink.link.name, err);
	return rc < 0 ? rc : answer_for(run, &uplink, err);
}

static void stop_answering(struct xvh_run *run, const struct xvh_uplink *uplink,
			   uint8_t family,
			   const uint8_t address[XN_IP_BYTES_MAX])
{
	struct xn_err err = {.set = false};
	int rc = xn_neigh_delete_proxy(run->nl, uplink->link.ifindex, family,
				       address, &err);

	if (rc < 0 && rc != -ENOENT)
		xvh_report(XN_LOG_WARNING, "%s", xn_err_text(&err));
}

/* Whom the store has forgotten the routes tell, while they are there. */
static void stop_for_routes(struct xvh_run *run,
			    const struct xvh_uplink *uplink, uint8_t family)
{
	struct xn_route_table table;

	if (xn_route_dump(run->nl, family, &table, NULL) < 0)
		return;
	for (size_t i = 0; i < table.count; i++) {
		const struct xn_route *route = &table.route[i];

		if (route->ifindex == run->link.ifindex &&
		    route->protocol == RTPROT_BOOT &&
		    route->prefix_length == 8 * xn_ip_bytes(family))
			stop_answering(run, uplink, family, route->destination);
	}
	xn_route_table_fini(&table);
}

/* Addresses and routes go with the device. */
int xvh_route_down(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	struct xvh_uplink uplink;

	(void)err;
	xvh_routed_down(run);
	if (request->tap ||
	    xvh_uplink_find(run->nl, request, &uplink, NULL) < 0)
		return 0;
	for (uint32_t i = 0; i < request->ip_count; i++)
		if (is_host(&request->ip[i]))
			stop_answering(run, &uplink, request->ip[i].family,
				       request->ip[i].address);
	if (run->link.ifindex) {
		stop_for_routes(run, &uplink, AF_INET);
		if (xvh_sysctl_get("ipv6/conf/all/forwarding") >= 0)
			stop_for_routes(run, &uplink, AF_INET6);
	}
	return 0;
}
