/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and gateways that xenplane.conf names. Pure. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netconf/plan/host.h"

/* Source: net/ipv6/route.c, IP6_RT_PRIO_USER. */
#define IPV6_METRIC 1024

uint8_t xn_host_family_of(const struct xn_address *address)
{
	return address->family == 6 ? AF_INET6 : AF_INET;
}

static bool is_link_local(uint8_t family, const uint8_t *octet)
{
	return family == AF_INET6 && octet[0] == 0xfe &&
	       (octet[1] & 0xc0) == 0x80;
}

/* Source: ipv6_addr_type(): what the kernel reports. */
static uint8_t scope_of(uint8_t family, const uint8_t *octet)
{
	if (is_link_local(family, octet))
		return RT_SCOPE_LINK;
	if (family == AF_INET6 && octet[0] == 0xfe && (octet[1] & 0xc0) == 0xc0)
		return RT_SCOPE_SITE;
	return RT_SCOPE_UNIVERSE;
}

static struct xn_addr addr_of(int ifindex, const struct xn_address *address)
{
	struct xn_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.ifindex = ifindex;
	addr.family = xn_host_family_of(address);
	addr.prefix_length = address->prefix;
	memcpy(addr.address, address->octet, sizeof(addr.address));
	addr.scope = scope_of(addr.family, addr.address);
	addr.valid_s = addr.preferred_s = UINT32_MAX;
	addr.flags = IFA_F_PERMANENT;
	if (addr.family == AF_INET && addr.prefix_length < 31) {
		addr.has_broadcast = true;
		memcpy(addr.broadcast, addr.address, 4);
		for (unsigned int bit = addr.prefix_length; bit < 32; bit++)
			addr.broadcast[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	}
	return addr;
}

static bool is_named(const struct xn_planeconf_bridge *conf,
		     const struct xn_addr *addr)
{
	for (uint32_t i = 0; i < conf->address_count; i++) {
		const struct xn_address *named = &conf->address[i];

		if (xn_host_family_of(named) == addr->family &&
		    !addr->has_peer && named->prefix == addr->prefix_length &&
		    memcmp(named->octet, addr->address, XN_IP_BYTES_MAX) == 0)
			return true;
	}
	return false;
}

/* The kernel's own, and those that routers told of: they are told again. */
static bool comes_by_itself(const struct xn_addr *addr)
{
	return is_link_local(addr->family, addr->address) ||
	       (addr->family == AF_INET6 && addr->valid_s != UINT32_MAX);
}

/* The bridge's netdev of an earlier apply: it got back what was on the bridge.
 * NULL: none. */
static const struct xn_model_link *
former_netdev(const struct xn_host_step *step)
{
	const struct xn_ours *ours = step->host->ours;

	for (uint32_t i = 0; i < ours->count; i++) {
		if (strcmp(ours->item[i].bridge, step->conf->name) == 0 &&
		    strcmp(ours->item[i].netdev, step->conf->netdev) != 0)
			return xn_model_link_named(step->model,
						   ours->item[i].netdev);
	}
	return NULL;
}

/* It is the host's link's, and not to stay. */
static bool has_to_go(const struct xn_host_step *step, int ifindex,
		      const struct xn_addr *addr)
{
	return !step->host->keep_others && addr->ifindex == ifindex &&
	       !is_named(step->conf, addr) && !comes_by_itself(addr);
}

static int drop_addrs(const struct xn_host_step *step, int ifindex)
{
	const struct xn_model_link *former = former_netdev(step);
	size_t count = xn_model_count(step->model, XN_ADDR);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_addr *addr =
			xn_model_at(step->model, XN_ADDR, i);

		if (has_to_go(step, ifindex, addr))
			rc = xn_host_note_addr(step, addr, false);
	}
	for (size_t i = count; i > 0 && rc == 0; i--) {
		const struct xn_addr *addr =
			xn_model_at(step->model, XN_ADDR, i - 1);
		bool there = former && addr->ifindex == former->ifindex;

		if ((there && is_named(step->conf, addr)) ||
		    has_to_go(step, ifindex, addr))
			xn_model_remove(step->model, XN_ADDR, i - 1);
	}
	return rc;
}

static bool has_addr(const struct xn_model *model, const struct xn_addr *wanted)
{
	return xn_model_find(model, XN_ADDR, wanted, 0) >= 0;
}

static int add_addrs(const struct xn_host_step *step, int ifindex)
{
	int rc = 0;

	for (uint32_t i = 0; i < step->conf->address_count && rc == 0; i++) {
		struct xn_addr addr = addr_of(ifindex, &step->conf->address[i]);

		if (has_addr(step->model, &addr))
			continue;
		rc = xn_model_add(step->model, XN_ADDR, &addr);
		rc = rc < 0 ? xn_fail(step->err, -rc, "plan: %s", strerror(-rc))
			    : xn_host_note_addr(step, &addr, true);
	}
	return rc;
}

static bool in_network(const struct xn_addr *addr, const uint8_t *octet)
{
	const uint8_t *network = addr->has_peer ? addr->peer : addr->address;
	unsigned int whole = addr->prefix_length / 8;
	unsigned int rest = addr->prefix_length % 8;

	return memcmp(network, octet, whole) == 0 &&
	       (rest == 0 ||
		(network[whole] ^ octet[whole]) >> (8 - rest) == 0);
}

/* Some address of the link has it in its network, or is it. */
static bool reaches(const struct xn_model *model, int ifindex, uint8_t family,
		    const uint8_t *octet, bool itself)
{
	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(model, XN_ADDR, i);

		if (addr->ifindex != ifindex || addr->family != family)
			continue;
		if (itself ? memcmp(addr->address, octet, XN_IP_BYTES_MAX) == 0
			   : in_network(addr, octet))
			return true;
	}
	return false;
}

/* With its address a route lost its source or the way to its gateway. */
bool xn_host_is_cut_off(const struct xn_model *model,
			const struct xn_route *route)
{
	if (route->has_source &&
	    !reaches(model, route->ifindex, route->family, route->source, true))
		return true;
	return route->has_gateway && !route->onlink &&
	       !is_link_local(route->family, route->gateway) &&
	       !reaches(model, route->ifindex, route->family, route->gateway,
			false);
}

bool xn_host_is_default(const struct xn_route *route, uint8_t family)
{
	return route->family == family && route->prefix_length == 0 &&
	       route->table == RT_TABLE_MAIN && route->type == RTN_UNICAST;
}

/* `noted`: for the day when `address` is no longer said. */
static int drop_routes(const struct xn_host_step *step, int ifindex, bool noted)
{
	int rc = 0;

	for (size_t i = xn_model_count(step->model, XN_ROUTE); i > 0 && rc == 0;
	     i--) {
		const struct xn_route *route =
			xn_model_at(step->model, XN_ROUTE, i - 1);

		if (route->ifindex != ifindex || route->hop_count > 0 ||
		    !xn_host_is_cut_off(step->model, route))
			continue;
		if (noted)
			rc = xn_host_note_route(step, route, false);
		xn_model_remove(step->model, XN_ROUTE, i - 1);
	}
	return rc;
}

static uint32_t metric_of(uint8_t family)
{
	return family == AF_INET6 ? IPV6_METRIC : 0;
}

static bool goes_by(const struct xn_route *route,
		    const struct xn_address *gateway)
{
	return route->has_gateway &&
	       memcmp(route->gateway, gateway->octet, XN_IP_BYTES_MAX) == 0;
}

/* The bridge's default route goes by the gateway already. Others of that
 * family on the bridge go, but for what routers told of. */
static int settle_default(const struct xn_host_step *step, int ifindex,
			  const struct xn_address *gateway, bool *ret_there)
{
	uint8_t family = xn_host_family_of(gateway);
	bool spares = step->host->keep_others;
	int rc = 0;

	*ret_there = false;
	for (size_t i = xn_model_count(step->model, XN_ROUTE); i > 0 && rc == 0;
	     i--) {
		const struct xn_route *route =
			xn_model_at(step->model, XN_ROUTE, i - 1);

		if (route->ifindex != ifindex ||
		    !xn_host_is_default(route, family) ||
		    route->protocol == RTPROT_RA)
			continue;
		if (!*ret_there && goes_by(route, gateway)) {
			*ret_there = true;
			continue;
		}
		if (spares && route->metric != metric_of(family))
			continue;
		rc = xn_host_note_route(step, route, false);
		xn_model_remove(step->model, XN_ROUTE, i - 1);
	}
	return rc;
}

static int add_gateway(const struct xn_host_step *step, int ifindex,
		       const struct xn_address *gateway)
{
	struct xn_route route;
	bool there;
	int rc = settle_default(step, ifindex, gateway, &there);

	if (rc < 0 || there)
		return rc;
	memset(&route, 0, sizeof(route));
	route.family = xn_host_family_of(gateway);
	route.has_gateway = true;
	memcpy(route.gateway, gateway->octet, sizeof(route.gateway));
	route.ifindex = ifindex;
	route.metric = metric_of(route.family);
	route.table = RT_TABLE_MAIN;
	route.type = RTN_UNICAST;
	route.protocol = RTPROT_STATIC;
	route.scope = RT_SCOPE_UNIVERSE;
	rc = xn_model_add(step->model, XN_ROUTE, &route);
	return rc < 0 ? xn_fail(step->err, -rc, "plan: %s", strerror(-rc))
		      : xn_host_note_route(step, &route, true);
}

static int set_addrs(const struct xn_host_step *step, int ifindex)
{
	const struct xn_model_link *former = former_netdev(step);
	int rc = drop_addrs(step, ifindex);

	if (rc == 0)
		rc = add_addrs(step, ifindex);
	if (rc == 0)
		rc = xn_host_carry_addrs(step, ifindex);
	if (rc == 0)
		rc = drop_routes(step, ifindex, true);
	if (rc == 0 && former)
		rc = drop_routes(step, former->ifindex, false);
	return rc;
}

/* No longer said, or never: with another netdev all is given back already. */
static int unset_addrs(const struct xn_host_step *step, int ifindex)
{
	int rc;

	if (!step->before ||
	    !xn_host_has_addr_notes(step->host->ours, step->before->ifindex) ||
	    strcmp(step->before->netdev, step->conf->netdev) != 0)
		return 0;
	rc = xn_host_unput_addrs(step->model, step->host->ours, step->before,
				 ifindex, step->err);
	return rc < 0 ? rc : drop_routes(step, ifindex, false);
}

int xn_host_set_addrs(const struct xn_host_step *step)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	int ifindex =
		xn_model_link_named(step->model, xn_planeconf_host_link(conf))
			->ifindex;
	int rc;

	if (conf->dhcp || conf->dhcp6)
		return xn_fail(step->err, EOPNOTSUPP,
			       "address=%s: no DHCP client is started from the "
			       "file yet; name the address, or say nothing to "
			       "keep the netdev's",
			       conf->dhcp ? "dhcp" : "dhcp6");
	rc = xn_planeconf_says(conf, XN_CONF_ADDRESS)
		     ? set_addrs(step, ifindex)
		     : unset_addrs(step, ifindex);
	for (uint32_t i = 0; i < conf->gateway_count && rc == 0; i++)
		rc = add_gateway(step, ifindex, &conf->gateway[i]);
	return rc < 0 ? rc : xn_host_settle_routes(step, ifindex);
}
