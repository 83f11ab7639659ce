/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network-bridge's direct style: an observed model to a wanted one. Pure. */
#include "netconf/plan/direct.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/base/text.h"
#include "netconf/model/fields.h"

/* From one link to another. */
struct move {
	struct xn_model *model;
	const struct xn_model_link *from;
	const struct xn_model_link *to;
	struct xn_err *err;
};

static const struct xn_route *best_default(const struct xn_model *observed,
					   uint8_t family)
{
	const struct xn_route *best = NULL;

	for (size_t i = 0; i < xn_model_count(observed, XN_ROUTE); i++) {
		const struct xn_route *route =
			xn_model_at(observed, XN_ROUTE, i);

		if (route->family == family && route->prefix_length == 0 &&
		    route->table == RT_TABLE_MAIN &&
		    route->type == RTN_UNICAST &&
		    (!best || route->metric < best->metric))
			best = route;
	}
	return best;
}

void xn_direct_default_netdev(const struct xn_model *observed,
			      char ret_name[IFNAMSIZ])
{
	const struct xn_route *route = best_default(observed, AF_INET);
	const struct xn_model_link *link = NULL;

	if (!route)
		route = best_default(observed, AF_INET6);
	if (route)
		link = xn_model_link(observed, route->hop_count > 0
						       ? route->hop[0].ifindex
						       : route->ifindex);
	(void)xn_text_copy(ret_name, IFNAMSIZ, link ? link->name : "eth0");
}

/* "eth0:1" becomes "xenbr0:1" and back; a label that says nothing of the
 * link, or has no room for the new name, stays. */
static void move_label(const struct move *m, char label[IFNAMSIZ])
{
	size_t length = strlen(m->from->name);
	char moved[IFNAMSIZ];

	if (strncmp(label, m->from->name, length) != 0 || label[length] != ':')
		return;
	if (xn_text_format(moved, sizeof(moved), "%s%s", m->to->name,
			   label + length) < 0)
		return;
	memcpy(label, moved, sizeof(moved));
}

/* The object at `place` has become `moved`, unless there is one already. */
static void put_moved(const struct move *m, enum xn_noun noun, size_t *place,
		      const void *moved)
{
	if (xn_model_find(m->model, noun, moved, 0) >= 0) {
		xn_model_remove(m->model, noun, (*place)--);
		return;
	}
	memcpy(xn_model_edit(m->model, noun, *place), moved,
	       xn_noun[noun].bytes);
}

static void move_addrs(const struct move *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_ADDR); i++) {
		struct xn_addr addr;

		memcpy(&addr, xn_model_at(m->model, XN_ADDR, i), sizeof(addr));
		if (addr.ifindex != m->from->ifindex)
			continue;
		addr.ifindex = m->to->ifindex;
		move_label(m, addr.label);
		/* It was found to be the only one on this network; looking
		 * again would take it away for a second. */
		if (addr.family == AF_INET6)
			addr.flags |= IFA_F_NODAD;
		put_moved(m, XN_ADDR, &i, &addr);
	}
}

/* False: the route does not use the link. */
static bool turn_route(const struct move *m, struct xn_route *route)
{
	bool turned = false;

	if (route->ifindex == m->from->ifindex) {
		route->ifindex = m->to->ifindex;
		turned = true;
	}
	for (uint8_t i = 0; i < route->hop_count; i++) {
		if (route->hop[i].ifindex != m->from->ifindex)
			continue;
		route->hop[i].ifindex = m->to->ifindex;
		turned = true;
	}
	return turned;
}

static int move_routes(const struct move *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_ROUTE); i++) {
		struct xn_route route;

		memcpy(&route, xn_model_at(m->model, XN_ROUTE, i),
		       sizeof(route));
		if (!turn_route(m, &route))
			continue;
		if (route.has_more)
			return xn_fail(m->err, EOPNOTSUPP,
				       "a route of table %u on %s has more "
				       "than can be moved with it",
				       route.table, m->from->name);
		put_moved(m, XN_ROUTE, &i, &route);
	}
	return 0;
}

static bool turn_name(const struct move *m, char name[IFNAMSIZ])
{
	if (strcmp(name, m->from->name) != 0)
		return false;
	memcpy(name, m->to->name, IFNAMSIZ);
	return true;
}

static int move_rules(const struct move *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_RULE); i++) {
		struct xn_rule rule;
		bool in;
		bool out;

		memcpy(&rule, xn_model_at(m->model, XN_RULE, i), sizeof(rule));
		in = turn_name(m, rule.in);
		out = turn_name(m, rule.out);
		if (!in && !out)
			continue;
		if (rule.has_more)
			return xn_fail(m->err, EOPNOTSUPP,
				       "rule %u for %s has more than can be "
				       "moved with it",
				       rule.priority, m->from->name);
		put_moved(m, XN_RULE, &i, &rule);
	}
	return 0;
}

static void move_neighs(const struct move *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_NEIGH); i++) {
		struct xn_neigh neigh;

		memcpy(&neigh, xn_model_at(m->model, XN_NEIGH, i),
		       sizeof(neigh));
		if (neigh.ifindex != m->from->ifindex)
			continue;
		neigh.ifindex = m->to->ifindex;
		put_moved(m, XN_NEIGH, &i, &neigh);
	}
}

static int move_all(struct xn_model *model, int from, int to,
		    struct xn_err *err)
{
	struct move m = {.model = model,
			 .from = xn_model_link(model, from),
			 .to = xn_model_link(model, to),
			 .err = err};
	int rc;

	move_addrs(&m);
	move_neighs(&m);
	rc = move_routes(&m);
	return rc < 0 ? rc : move_rules(&m);
}

static int check_names(const struct xn_direct *direct, struct xn_err *err)
{
	if (!xn_link_name_valid(direct->bridge))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       direct->bridge);
	if (!xn_link_name_valid(direct->netdev))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       direct->netdev);
	if (strcmp(direct->bridge, direct->netdev) == 0)
		return xn_fail(err, EINVAL,
			       "%s cannot be the bridge and its port",
			       direct->bridge);
	return 0;
}

static int check_netdev(const struct xn_model_link *nic, const char *name,
			const struct xn_model_link *bridge, struct xn_err *err)
{
	if (!nic)
		return xn_fail(err, ENODEV, "link %s: not there", name);
	if (!nic->ethernet || strcmp(nic->kind, "bridge") == 0)
		return xn_fail(err, EOPNOTSUPP,
			       "link %s cannot be a port of a bridge", name);
	if (nic->master && (!bridge || nic->master != bridge->ifindex))
		return xn_fail(err, EBUSY, "link %s is another's port", name);
	if (bridge && strcmp(bridge->kind, "bridge") != 0)
		return xn_fail(err, EEXIST, "link %s is there, and no bridge",
			       bridge->name);
	return 0;
}

/* STP is for the administrator to switch on: with it a guest waits for half a
 * minute, and so would the host. */
static struct xn_model_link new_bridge(const struct xn_model *model,
				       const struct xn_model_link *nic,
				       const char *name)
{
	struct xn_model_link bridge;

	memset(&bridge, 0, sizeof(bridge));
	bridge.ifindex = xn_model_free_ifindex(model);
	(void)xn_text_copy(bridge.kind, sizeof(bridge.kind), "bridge");
	(void)xn_text_copy(bridge.name, sizeof(bridge.name), name);
	bridge.mac = nic->mac;
	bridge.mtu = nic->mtu;
	bridge.up = true;
	bridge.addr_gen_mode = nic->addr_gen_mode;
	bridge.disable_ipv6 = nic->disable_ipv6;
	bridge.accept_ra = nic->accept_ra;
	bridge.has_ipv6 = nic->has_ipv6;
	bridge.ethernet = true;
	bridge.bridge.setting[0] = (struct xn_nl_setting){IFLA_BR_STP_STATE, 0};
	bridge.bridge.setting[1] =
		(struct xn_nl_setting){IFLA_BR_FORWARD_DELAY, 0};
	bridge.bridge.count = 2;
	return bridge;
}

static int fill_start(struct xn_model *model, const struct xn_direct *direct,
		      struct xn_err *err)
{
	struct xn_model_link *bridge =
		xn_model_link_named(model, direct->bridge);
	struct xn_model_link *nic = xn_model_link_named(model, direct->netdev);
	struct xn_model_link made;
	int rc = check_netdev(nic, direct->netdev, bridge, err);

	if (rc < 0)
		return rc;
	if (!bridge) {
		made = new_bridge(model, nic, direct->bridge);
		rc = xn_model_add(model, XN_LINK, &made);
		if (rc < 0)
			return xn_fail(err, -rc, "plan: %s", strerror(-rc));
		bridge = xn_model_link_named(model, direct->bridge);
		nic = xn_model_link_named(model, direct->netdev);
	}
	bridge->up = true;
	nic->up = true;
	nic->master = bridge->ifindex;
	nic->addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	return move_all(model, nic->ifindex, bridge->ifindex, err);
}

static bool has_ports(const struct xn_model *model, int bridge)
{
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(model, XN_LINK, i);

		if (link->master == bridge)
			return true;
	}
	return false;
}

static int fill_stop(struct xn_model *model, const struct xn_direct *direct,
		     struct xn_err *err)
{
	struct xn_model_link *bridge =
		xn_model_link_named(model, direct->bridge);
	struct xn_model_link *nic = xn_model_link_named(model, direct->netdev);
	int rc;

	/* Not started, or stopped already. */
	if (!bridge || !nic || nic->master != bridge->ifindex)
		return 0;
	rc = check_netdev(nic, direct->netdev, bridge, err);
	if (rc < 0)
		return rc;
	nic->master = 0;
	nic->port.count = 0;
	if (nic->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE)
		nic->addr_gen_mode = bridge->addr_gen_mode;
	rc = move_all(model, bridge->ifindex, nic->ifindex, err);
	if (rc == 0 && !has_ports(model, bridge->ifindex))
		xn_model_remove(model, XN_LINK,
				(size_t)(bridge - (struct xn_model_link *)model
							  ->table[XN_LINK]
							  .item));
	return rc;
}

static int
make_wanted(const struct xn_model *observed, const struct xn_direct *direct,
	    int (*fill)(struct xn_model *model, const struct xn_direct *direct,
			struct xn_err *err),
	    struct xn_model *ret_wanted, struct xn_err *err)
{
	struct xn_model wanted = {0};
	int rc = check_names(direct, err);

	if (rc < 0)
		return rc;
	if (xn_model_copy(observed, &wanted) < 0)
		return xn_fail(err, ENOMEM, "plan: out of memory");
	rc = fill(&wanted, direct, err);
	if (rc < 0) {
		xn_model_fini(&wanted);
		return rc;
	}
	*ret_wanted = wanted;
	return 0;
}

int xn_direct_start(const struct xn_model *observed,
		    const struct xn_direct *direct, struct xn_model *ret_wanted,
		    struct xn_err *err)
{
	return make_wanted(observed, direct, fill_start, ret_wanted, err);
}

int xn_direct_stop(const struct xn_model *observed,
		   const struct xn_direct *direct, struct xn_model *ret_wanted,
		   struct xn_err *err)
{
	return make_wanted(observed, direct, fill_stop, ret_wanted, err);
}
