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

static bool is_ipv6_host(const struct xvh_ip *ip)
{
	return ip->family == AF_INET6 && ip->prefix_length == 128;
}

/* The kernel answers solicitations for single addresses only; a network is
 * routed to us by the router. */
static int answer_for(struct xvh_run *run, const struct xvh_uplink *uplink,
		      struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	int rc = 0;

	for (uint32_t i = 0; i < request->ip_count && rc == 0; i++)
		if (is_ipv6_host(&request->ip[i]))
			rc = xn_neigh_add_proxy(run->nl, uplink->link.ifindex,
						AF_INET6,
						request->ip[i].address, err);
	return rc;
}

int xvh_route_up(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	struct xvh_uplink uplink;
	struct xvh_routed wanted;
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
	if (rc == 0 && xvh_routed_has_ipv6(request->ip, request->ip_count)) {
		rc = forward_ipv6(uplink.link.name, err);
		if (rc == 0)
			rc = answer_for(run, &uplink, err);
	}
	return rc;
}

static void stop_answering(struct xvh_run *run, const struct xvh_uplink *uplink,
			   const uint8_t address[XN_IP_BYTES_MAX])
{
	struct xn_err err = {.set = false};
	int rc = xn_neigh_delete_proxy(run->nl, uplink->link.ifindex, AF_INET6,
				       address, &err);

	if (rc < 0 && rc != -ENOENT)
		xvh_report(XN_LOG_WARNING, "%s", xn_err_text(&err));
}

/* Addresses and routes go with the device. What is answered for is known by
 * the store's list, and by the routes where the store has forgotten. */
int xvh_route_down(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	struct xn_route_table table;
	struct xvh_uplink uplink;

	(void)err;
	xvh_routed_down(run);
	if (xvh_sysctl_get("ipv6/conf/all/forwarding") < 0 ||
	    xvh_uplink_find(run->nl, request, &uplink, NULL) < 0)
		return 0;
	for (uint32_t i = 0; i < request->ip_count; i++)
		if (is_ipv6_host(&request->ip[i]))
			stop_answering(run, &uplink, request->ip[i].address);
	if (run->link.ifindex == 0 ||
	    xn_route_dump(run->nl, AF_INET6, &table, NULL) < 0)
		return 0;
	for (size_t i = 0; i < table.count; i++)
		if (table.route[i].ifindex == run->link.ifindex &&
		    table.route[i].prefix_length == 128 &&
		    table.route[i].protocol == RTPROT_BOOT)
			stop_answering(run, &uplink,
				       table.route[i].destination);
	xn_route_table_fini(&table);
	return 0;
}
