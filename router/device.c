/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A routed device, see device.h. Only scripts' routes are looked at: the
 * kernel's own and a routing daemon's are theirs. */
#include "router/device.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/model/nat.h"
#include "router/sysctl.h"

static bool has_ipv6(void)
{
	return xrt_sysctl_get("ipv6/conf/all/forwarding") >= 0;
}

static int forget(int rc, int harmless, struct xn_err *err)
{
	if (rc != harmless)
		return rc;
	if (err)
		err->set = false;
	return 0;
}

/* Those of families that the plan speaks of; a plan of nothing takes all. */
static int set_addresses(struct xn_nl *nl, const struct xn_link *link,
			 const struct xrt_plan *plan, uint8_t family,
			 struct xn_err *err)
{
	struct xrt_plan have = {.addr_count = 0};
	struct xn_addr_table table;
	int rc = xn_addr_dump(nl, link->ifindex, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table.count && rc == 0; i++) {
		const struct xn_addr *addr = &table.addr[i];

		/* Kernels before 4.20 give all links' addresses. */
		if (addr->ifindex != link->ifindex || addr->family != family)
			continue;
		if (xrt_plan_has_addr(plan, addr)) {
			have.addr[have.addr_count++] = *addr;
			continue;
		}
		/* With the first of a network its others may have gone. */
		rc = forget(xn_addr_delete(nl, addr, err), -EADDRNOTAVAIL, err);
	}
	xn_addr_table_fini(&table);
	for (uint32_t i = 0; i < plan->addr_count && rc == 0; i++)
		if (plan->addr[i].family == family &&
		    !xrt_plan_has_addr(&have, &plan->addr[i]))
			rc = forget(xn_addr_add(nl, &plan->addr[i], err),
				    -EEXIST, err);
	return rc;
}

static int allow_ipv6(struct xn_nl *nl, const struct xn_link *link,
		      struct xn_err *err)
{
	int rc = link->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE
			 ? 0
			 : xn_link_set_no_link_local(nl, link->ifindex, err);

	return rc < 0 ? rc
		      : xrt_sysctl_set_link("ipv6", link->name, "disable_ipv6",
					    0, err);
}

static int remove_routes(struct xn_nl *nl, const struct xn_link *link,
			 const struct xrt_plan *plan, uint8_t family,
			 struct xn_err *err)
{
	struct xn_route_table table;
	int rc = xn_route_dump(nl, family, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = table.count; i > 0 && rc == 0; i--) {
		const struct xn_route *route = &table.route[i - 1];

		if (route->ifindex == link->ifindex &&
		    route->protocol == RTPROT_BOOT &&
		    route->table == RT_TABLE_MAIN &&
		    !xrt_plan_has_route(plan, route))
			rc = forget(xn_route_delete(nl, route, err), -ESRCH,
				    err);
	}
	xn_route_table_fini(&table);
	return rc;
}

static int remove_neighbours(struct xn_nl *nl, const struct xn_link *link,
			     const struct xrt_plan *plan, struct xn_err *err)
{
	struct xn_neigh_table table;
	int rc = xn_neigh_dump(nl, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table.count && rc == 0; i++) {
		const struct xn_neigh *neigh = &table.neigh[i];

		if (neigh->ifindex == link->ifindex && !neigh->proxy &&
		    !xrt_plan_has_neigh(plan, neigh))
			rc = forget(xn_neigh_delete(nl, neigh, err), -ENOENT,
				    err);
	}
	xn_neigh_table_fini(&table);
	return rc;
}

/* Whose device the route is of that would be in the way. 0: nobody's. */
static int owner_of(const struct xn_route_table *table,
		    const struct xn_route *want)
{
	int ifindex = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct xn_route *route = &table->route[i];

		if (route->table == RT_TABLE_MAIN &&
		    route->prefix_length == want->prefix_length &&
		    route->metric == want->metric &&
		    memcmp(route->destination, want->destination,
			   xn_ip_bytes(want->family)) == 0)
			ifindex = route->ifindex;
	}
	return ifindex;
}

static int refuse_route(struct xn_nl *nl, int ifindex,
			const struct xn_route *want, struct xn_err *err)
{
	struct xn_address guest = {.family = want->family == AF_INET6 ? 6 : 4,
				   .prefix = want->prefix_length};
	struct xn_link other = {.name = "another"};
	char text[XN_ADDRESS_TEXT_MAX];

	if (ifindex)
		(void)xn_link_get_index(nl, ifindex, &other, NULL);
	memcpy(guest.octet, want->destination, sizeof(guest.octet));
	return xn_fail(err, EEXIST, "there is a route to %s by %s",
		       xn_address_text(&guest, text), other.name);
}

/* Who has the route that is in the way. */
static int explain_route(struct xn_nl *nl, const struct xn_link *link,
			 const struct xn_route *want, struct xn_err *err)
{
	struct xn_route_table table;
	int ifindex;
	int rc = xn_route_dump(nl, want->family, &table, err);

	if (rc < 0)
		return rc;
	ifindex = owner_of(&table, want);
	xn_route_table_fini(&table);
	return ifindex == link->ifindex ? 0
					: refuse_route(nl, ifindex, want, err);
}

static int check_family(struct xn_nl *nl, const struct xn_link *link,
			const struct xrt_plan *plan, uint8_t family,
			struct xn_err *err)
{
	struct xn_route_table table;
	int rc = xn_route_dump(nl, family, &table, err);

	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < plan->route_count && rc == 0; i++) {
		const struct xn_route *want = &plan->route[i];
		int ifindex =
			want->family == family ? owner_of(&table, want) : 0;

		if (ifindex && ifindex != link->ifindex)
			rc = refuse_route(nl, ifindex, want, err);
	}
	xn_route_table_fini(&table);
	return rc;
}

int xrt_device_check(struct xn_nl *nl, const struct xn_link *link,
		     const struct xrt_plan *plan, struct xn_err *err)
{
	int rc = check_family(nl, link, plan, AF_INET, err);

	return rc == 0 && plan->ipv6
		       ? check_family(nl, link, plan, AF_INET6, err)
		       : rc;
}

static int add_route(struct xn_nl *nl, const struct xn_link *link,
		     const struct xn_route *route, struct xn_err *err)
{
	struct xn_err refused = {.set = false};
	int rc = xn_route_add(nl, route, &refused);

	if (rc == -EEXIST)
		return explain_route(nl, link, route, err);
	if (rc < 0)
		xn_fail(err, -rc, "%s", xn_err_text(&refused));
	return rc;
}

static int set_routes(struct xn_nl *nl, const struct xn_link *link,
		      const struct xrt_plan *plan, bool fresh,
		      struct xn_err *err)
{
	int rc = 0;

	/* A device that was down had none. */
	if (!fresh) {
		rc = remove_routes(nl, link, plan, AF_INET, err);
		if (rc == 0 && has_ipv6())
			rc = remove_routes(nl, link, plan, AF_INET6, err);
		if (rc == 0)
			rc = remove_neighbours(nl, link, plan, err);
	}
	for (uint32_t i = 0; i < plan->neigh_count && rc == 0; i++)
		rc = xn_neigh_replace(nl, &plan->neigh[i], err);
	for (uint32_t i = 0; i < plan->route_count && rc == 0; i++)
		rc = add_route(nl, link, &plan->route[i], err);
	return rc;
}

int xrt_device_up(struct xn_nl *nl, const struct xn_link *link,
		  const struct xrt_plan *plan, struct xn_err *err)
{
	bool fresh = !(link->flags & IFF_UP);
	int rc = 0;

	if (link->master)
		rc = xn_link_set_master(nl, link->ifindex, 0, err);
	if (rc == 0)
		rc = set_addresses(nl, link, plan, AF_INET, err);
	if (rc == 0 && plan->ipv6)
		rc = allow_ipv6(nl, link, err);
	if (rc == 0 && fresh)
		rc = xn_link_set_up(nl, link->ifindex, true, err);
	if (rc == 0 && plan->ipv6)
		rc = set_addresses(nl, link, plan, AF_INET6, err);
	if (rc == 0)
		rc = xrt_sysctl_set_link("ipv4", link->name, "proxy_arp", 1,
					 err);
	return rc < 0 ? rc : set_routes(nl, link, plan, fresh, err);
}

int xrt_device_clear(struct xn_nl *nl, const struct xn_link *link,
		     struct xn_err *err)
{
	static const struct xrt_plan nothing;
	int rc[] = {
		remove_routes(nl, link, &nothing, AF_INET, err),
		has_ipv6() ? remove_routes(nl, link, &nothing, AF_INET6, err)
			   : 0,
		remove_neighbours(nl, link, &nothing, err),
		set_addresses(nl, link, &nothing, AF_INET, err),
		has_ipv6() ? set_addresses(nl, link, &nothing, AF_INET6, err)
			   : 0,
		/* -ENOENT: the device went meanwhile. */
		forget(xrt_sysctl_set_link("ipv4", link->name, "proxy_arp", 0,
					   err),
		       -ENOENT, err),
	};

	for (size_t i = 0; i < sizeof(rc) / sizeof(*rc); i++)
		if (rc[i] < 0)
			return rc[i];
	return 0;
}
