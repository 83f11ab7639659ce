/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way out of routed guests, see uplink.h.  */
#include "router/uplink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/addr.h"
#include "netconf/nl/route.h"

#define DEFAULT_NAME "eth0"

static int read_address(struct xn_nl *nl, struct xrt_uplink *uplink,
			struct xn_err *err)
{
	struct xn_addr_table table;
	int rc = xn_addr_dump(nl, uplink->link.ifindex, &table, err);

	if (rc < 0)
		return rc;
	uplink->has_ipv4 = false;
	for (size_t i = 0; i < table.count && !uplink->has_ipv4; i++) {
		const struct xn_addr *addr = &table.addr[i];

		if (addr->ifindex != uplink->link.ifindex ||
		    addr->family != AF_INET || (addr->flags & IFA_F_SECONDARY))
			continue;
		uplink->has_ipv4 = true;
		memcpy(uplink->ipv4, addr->address, sizeof(uplink->ipv4));
	}
	xn_addr_table_fini(&table);
	return 0;
}

static int by_name(struct xn_nl *nl, const char *name,
		   struct xrt_uplink *uplink, struct xn_err *err)
{
	int rc = xn_link_get(nl, name, &uplink->link, err);

	return rc < 0 ? rc : read_address(nl, uplink, err);
}

static bool is_default(const struct xn_route *route)
{
	return route->prefix_length == 0 && route->ifindex > 0 &&
	       route->table == RT_TABLE_MAIN && route->type == RTN_UNICAST;
}

/* The default route that counts most; 0: there is none. */
static int default_ifindex(struct xn_nl *nl, uint8_t family)
{
	const struct xn_route *best = NULL;
	struct xn_route_table table;
	int ifindex = 0;

	if (xn_route_dump(nl, family, &table, NULL) < 0)
		return 0;
	for (size_t i = 0; i < table.count; i++) {
		const struct xn_route *route = &table.route[i];

		if (is_default(route) &&
		    (!best || route->metric < best->metric))
			best = route;
	}
	if (best)
		ifindex = best->ifindex;
	xn_route_table_fini(&table);
	return ifindex;
}

int xrt_uplink_find(struct xn_nl *nl, const char *name,
		    struct xrt_uplink *ret_uplink, struct xn_err *err)
{
	int ifindex;
	int rc;

	if (name[0])
		return by_name(nl, name, ret_uplink, err);
	if (by_name(nl, DEFAULT_NAME, ret_uplink, NULL) == 0 &&
	    ret_uplink->has_ipv4)
		return 0;
	ifindex = default_ifindex(nl, AF_INET);
	if (ifindex == 0)
		ifindex = default_ifindex(nl, AF_INET6);
	if (ifindex == 0)
		return xn_fail(err, ENODEV,
			       "%s has no address, and there is no default "
			       "route: specify another interface with "
			       "netdev=<if>",
			       DEFAULT_NAME);
	rc = xn_link_get_index(nl, ifindex, &ret_uplink->link, err);
	return rc < 0 ? rc : read_address(nl, ret_uplink, err);
}
