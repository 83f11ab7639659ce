/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps to a model. What they say in several ways is brought to one. */
#include "netconf/observe/observe.h"

#include <errno.h>
#include <string.h>
#include <net/if_arp.h>
#include <sys/socket.h>
#include <linux/if_link.h>

#include "netconf/observe/derived.h"

/* While its topology changes a bridge says how long it remembers for now, and
 * not what it was told. */
static void forget_ageing(struct xn_link_settings *settings)
{
	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == IFLA_BR_AGEING_TIME)
			settings->setting[i] =
				settings->setting[--settings->count];
	}
}

/* Not xn_model's copy: it holds what the model's link has. */
static struct xn_model_link model_link(const struct xn_link *link)
{
	struct xn_model_link made = {
		.ifindex = link->ifindex,
		.mac = link->mac,
		.mtu = link->mtu,
		.up = (link->flags & IFF_UP) != 0,
		.noarp = (link->flags & IFF_NOARP) != 0,
		.nomulticast = (link->flags & IFF_MULTICAST) == 0,
		.master = link->master,
		.addr_gen_mode = link->addr_gen_mode,
		.disable_ipv6 = link->disable_ipv6,
		.accept_ra = link->accept_ra,
		.ipv4 = link->ipv4,
		.ipv6 = link->ipv6,
		.has_ipv6 = link->has_ipv6,
		.ethernet = link->arphrd == ARPHRD_ETHER,
		.has_carrier = (link->flags & IFF_RUNNING) != 0,
		.lower = link->lower,
	};

	memcpy(made.name, link->name, sizeof(made.name));
	memcpy(made.kind, link->kind, sizeof(made.kind));
	if (strcmp(made.kind, "veth") == 0)
		made.peer = link->lower;
	if (link->is_bridge)
		made.bridge.count = (uint8_t)xn_bridge_settings(
			&link->bridge, made.bridge.setting);
	if (link->is_bridge && link->bridge.topology_change)
		forget_ageing(&made.bridge);
	if (link->is_bridge_port)
		made.port.count = (uint8_t)xn_brport_settings(
			&link->port, made.port.setting);
	return made;
}

static int observe_links(struct xn_nl *nl, struct xn_model *model,
			 struct xn_err *err)
{
	struct xn_link_table links;
	int rc = xn_link_dump(nl, &links, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < links.count && rc == 0; i++) {
		struct xn_model_link link = model_link(&links.link[i]);

		rc = xn_model_add(model, XN_LINK, &link);
	}
	xn_link_table_fini(&links);
	return rc;
}

static int observe_addrs(struct xn_nl *nl, struct xn_model *model,
			 struct xn_err *err)
{
	struct xn_addr_table addrs;
	int rc = xn_addr_dump(nl, 0, &addrs, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < addrs.count && rc == 0; i++) {
		struct xn_addr *addr = &addrs.addr[i];
		struct xn_model_link *link =
			xn_model_link(model, addr->ifindex);

		/* A link that came since: it is not of this model. */
		if (!link)
			continue;
		if (strcmp(addr->label, link->name) == 0)
			memset(addr->label, 0, sizeof(addr->label));
		rc = xn_model_add(model, XN_ADDR, addr);
	}
	xn_addr_table_fini(&addrs);
	return rc;
}

/* The route uses a link that came since the links were asked for: another
 * model's. */
static bool is_on_unknown_link(const struct xn_model *model,
			       const struct xn_route *route)
{
	for (uint8_t i = 0; i < route->hop_count; i++) {
		if (!xn_model_link(model, route->hop[i].ifindex))
			return true;
	}
	return route->ifindex && !xn_model_link(model, route->ifindex);
}

static int observe_routes(struct xn_nl *nl, uint8_t family,
			  struct xn_model *model, struct xn_err *err)
{
	struct xn_route_table routes;
	int rc = xn_route_dump(nl, family, &routes, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < routes.count && rc == 0; i++) {
		if (!is_on_unknown_link(model, &routes.route[i]) &&
		    !xn_route_is_derived(model, &routes.route[i]))
			rc = xn_model_add(model, XN_ROUTE, &routes.route[i]);
	}
	xn_route_table_fini(&routes);
	return rc;
}

static int observe_rules(struct xn_nl *nl, uint8_t family,
			 struct xn_model *model, struct xn_err *err)
{
	struct xn_rule_table rules;
	int rc = xn_rule_dump(nl, family, &rules, err);

	/* A kernel without policy routing has no rules. */
	if (rc == -EOPNOTSUPP) {
		if (err)
			err->set = false;
		return 0;
	}
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rules.count && rc == 0; i++)
		rc = xn_model_add(model, XN_RULE, &rules.rule[i]);
	xn_rule_table_fini(&rules);
	return rc;
}

static int observe_neighs(struct xn_nl *nl, struct xn_model *model,
			  struct xn_err *err)
{
	struct xn_neigh_table neighs;
	int rc = xn_neigh_dump(nl, &neighs, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < neighs.count && rc == 0; i++) {
		if (xn_model_link(model, neighs.neigh[i].ifindex))
			rc = xn_model_add(model, XN_NEIGH, &neighs.neigh[i]);
	}
	xn_neigh_table_fini(&neighs);
	return rc;
}

int xn_observe(struct xn_nl *nl, struct xn_model *ret_model, struct xn_err *err)
{
	struct xn_model model = {0};
	int rc = observe_links(nl, &model, err);

	if (rc == 0)
		rc = observe_addrs(nl, &model, err);
	if (rc == 0)
		rc = observe_routes(nl, AF_INET, &model, err);
	if (rc == 0)
		rc = observe_routes(nl, AF_INET6, &model, err);
	if (rc == 0)
		rc = observe_rules(nl, AF_INET, &model, err);
	if (rc == 0)
		rc = observe_rules(nl, AF_INET6, &model, err);
	if (rc == 0)
		rc = observe_neighs(nl, &model, err);
	if (rc < 0) {
		xn_model_fini(&model);
		return xn_fail(err, -rc, "observe the network: %s",
			       strerror(-rc));
	}
	*ret_model = model;
	return 0;
}
