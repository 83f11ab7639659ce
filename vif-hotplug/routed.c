/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A routed device, see routed.h. Called by route.c and nat.c. */
#include "vif-hotplug/routed.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/addr.h"
#include "netconf/nl/route.h"
#include "vif-hotplug/device.h"
#include "vif-hotplug/ip.h"
#include "vif-hotplug/report.h"
#include "vif-hotplug/sysctl.h"

/* What Linux makes of the vif's address, fe:ff:ff:ff:ff:ff. Said aloud, so
 * that also a device that makes no addresses itself has it. */
static const uint8_t gateway_ipv6[XN_IP_BYTES_MAX] = {
	0xfe, 0x80, 0,	  0,	0,    0,    0,	  0,
	0xfc, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff};

bool xvh_routed_has_ipv6(const struct xvh_ip *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].family == AF_INET6)
			return true;
	return false;
}

static int set_ipv4(struct xvh_run *run, const struct xvh_routed *wanted,
		    struct xn_err *err)
{
	struct xn_addr local = {.ifindex = run->link.ifindex,
				.family = AF_INET,
				.prefix_length = 32};
	bool there = false;
	int rc;

	memcpy(local.address, wanted->local, sizeof(local.address));
	rc = xvh_device_flush(run->nl, run->link.ifindex, AF_INET,
			      wanted->has_local ? &local : NULL, &there, err);
	if (rc < 0 || !wanted->has_local || there)
		return rc;
	return xn_addr_add(run->nl, &local, err);
}

/* The gateway's address is ours to give, without a second of doubt whether
 * somebody else has it. */
static int allow_ipv6(struct xvh_run *run, struct xn_err *err)
{
	int rc = xn_link_set_no_link_local(run->nl, run->link.ifindex, err);

	return rc < 0 ? rc
		      : xvh_sysctl_set_link("ipv6", run->link.name,
					    "disable_ipv6", 0, err);
}

static int set_ipv6(struct xvh_run *run, struct xn_err *err)
{
	struct xn_addr gateway = {.ifindex = run->link.ifindex,
				  .family = AF_INET6,
				  .prefix_length = 64,
				  .scope = RT_SCOPE_LINK,
				  .flags = IFA_F_NODAD};
	int rc;

	memcpy(gateway.address, gateway_ipv6, sizeof(gateway.address));
	rc = xn_addr_add(run->nl, &gateway, err);
	if (rc == -EEXIST) {
		err->set = false;
		rc = 0;
	}
	return rc;
}

/* As `ip route add` would have it. */
static struct xn_route route_to(const struct xvh_run *run,
				const struct xvh_routed *wanted,
				const struct xvh_ip *guest)
{
	struct xn_route route = {.family = guest->family,
				 .prefix_length = guest->prefix_length,
				 .ifindex = run->link.ifindex,
				 .metric = wanted->metric,
				 .table = RT_TABLE_MAIN,
				 .protocol = RTPROT_BOOT};

	memcpy(route.destination, guest->address, sizeof(route.destination));
	if (guest->family == AF_INET) {
		route.scope = RT_SCOPE_LINK;
		route.has_source = wanted->has_local;
		memcpy(route.source, wanted->local, sizeof(route.source));
	}
	return route;
}

static bool is_route(const struct xn_route *there, const struct xn_route *want)
{
	size_t bytes = xn_ip_bytes(want->family);

	return there->prefix_length == want->prefix_length &&
	       there->metric == want->metric &&
	       there->has_source == want->has_source &&
	       memcmp(there->destination, want->destination, bytes) == 0 &&
	       memcmp(there->source, want->source, bytes) == 0;
}

static bool is_wanted(const struct xvh_run *run,
		      const struct xvh_routed *wanted,
		      const struct xn_route *there)
{
	for (uint32_t i = 0; i < wanted->guest_count; i++) {
		struct xn_route want = route_to(run, wanted, &wanted->guest[i]);

		if (want.family == there->family && is_route(there, &want))
			return true;
	}
	return false;
}

/* Of an earlier run with other addresses. Only scripts' routes are looked at:
 * the kernel's own and a routing daemon's are theirs. */
static int remove_stale(struct xvh_run *run, const struct xvh_routed *wanted,
			uint8_t family, struct xn_err *err)
{
	struct xn_route_table table;
	int rc = xn_route_dump(run->nl, family, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table.count && rc == 0; i++) {
		const struct xn_route *route = &table.route[i];

		if (route->ifindex == run->link.ifindex &&
		    route->protocol == RTPROT_BOOT &&
		    route->table == RT_TABLE_MAIN &&
		    !is_wanted(run, wanted, route))
			rc = xn_route_delete(run->nl, route, err);
	}
	xn_route_table_fini(&table);
	return rc;
}

/* Who has the route that is in the way. */
static int explain_route(struct xvh_run *run, const struct xn_route *want,
			 const struct xvh_ip *guest, struct xn_err *err)
{
	char text[64];
	struct xn_link other = {.name = "another"};
	struct xn_route_table table;
	int ifindex = 0;
	int rc = xn_route_dump(run->nl, want->family, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table.count; i++) {
		const struct xn_route *route = &table.route[i];

		if (route->table == RT_TABLE_MAIN &&
		    route->prefix_length == want->prefix_length &&
		    route->metric == want->metric &&
		    memcmp(route->destination, want->destination,
			   xn_ip_bytes(want->family)) == 0)
			ifindex = route->ifindex;
	}
	xn_route_table_fini(&table);
	if (ifindex == run->link.ifindex)
		return 0;
	if (ifindex)
		(void)xn_link_get_index(run->nl, ifindex, &other, NULL);
	return xn_fail(err, EEXIST, "there is a route to %s by %s",
		       xvh_ip_format(guest, text), other.name);
}

static int add_route(struct xvh_run *run, const struct xvh_routed *wanted,
		     const struct xvh_ip *guest, struct xn_err *err)
{
	struct xn_route route = route_to(run, wanted, guest);
	struct xn_err refused = {.set = false};
	int rc = xn_route_add(run->nl, &route, &refused);

	if (rc == -EEXIST)
		return explain_route(run, &route, guest, err);
	if (rc < 0)
		xn_fail(err, -rc, "%s", xn_err_text(&refused));
	return rc;
}

static int set_routes(struct xvh_run *run, const struct xvh_routed *wanted,
		      bool fresh, struct xn_err *err)
{
	int rc = 0;

	/* A device that was down had none. */
	if (!fresh) {
		rc = remove_stale(run, wanted, AF_INET, err);
		if (rc == 0 && xvh_sysctl_get("ipv6/conf/all/forwarding") >= 0)
			rc = remove_stale(run, wanted, AF_INET6, err);
	}
	for (uint32_t i = 0; i < wanted->guest_count && rc == 0; i++)
		rc = add_route(run, wanted, &wanted->guest[i], err);
	return rc;
}

int xvh_routed_up(struct xvh_run *run, const struct xvh_routed *wanted,
		  struct xn_err *err)
{
	bool fresh = !(run->link.flags & IFF_UP);
	bool ipv6 = xvh_routed_has_ipv6(wanted->guest, wanted->guest_count);
	int rc = 0;

	if (run->link.master)
		rc = xn_link_set_master(run->nl, run->link.ifindex, 0, err);
	if (rc == 0)
		rc = set_ipv4(run, wanted, err);
	if (rc == 0 && ipv6)
		rc = allow_ipv6(run, err);
	if (rc == 0 && fresh)
		rc = xn_link_set_up(run->nl, run->link.ifindex, true, err);
	if (rc == 0 && ipv6)
		rc = set_ipv6(run, err);
	if (rc == 0)
		rc = xvh_sysctl_set_link("ipv4", run->link.name, "proxy_arp", 1,
					 err);
	return rc < 0 ? rc : set_routes(run, wanted, fresh, err);
}

void xvh_routed_down(struct xvh_run *run)
{
	struct xn_err err = {.set = false};
	int rc = 0;

	if (run->link.ifindex)
		rc = xvh_sysctl_set_link("ipv4", run->link.name, "proxy_arp", 0,
					 &err);
	/* -ENOENT: the device went meanwhile. */
	if (rc < 0 && rc != -ENOENT)
		xvh_report(XN_LOG_WARNING, "%s", xn_err_text(&err));
}
