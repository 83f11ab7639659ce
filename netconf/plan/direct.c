/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network-bridge's direct style: an observed model to a wanted one. Pure. */
#include "netconf/plan/direct.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/base/text.h"
#include "netconf/plan/takeover.h"
#include "netconf/plan/uplink.h"

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

static int take_over(struct xn_model *model, int from, int to,
		     struct xn_err *err)
{
	struct xn_takeover takeover = {
		.model = model,
		.from = from,
		.to = to,
		.from_name = xn_model_link(model, from)->name,
		.to_name = xn_model_link(model, to)->name,
		.err = err,
	};

	return xn_takeover(&takeover);
}

static int check_names(const struct xn_uplink *uplink, struct xn_err *err)
{
	if (strcmp(uplink->bridge, uplink->netdev) == 0)
		return xn_fail(err, EINVAL,
			       "%s cannot be the bridge and its port",
			       uplink->bridge);
	return 0;
}

int xn_direct_fill_start(struct xn_model *model, const struct xn_uplink *uplink,
			 struct xn_err *err)
{
	struct xn_model_link *bridge =
		xn_model_link_named(model, uplink->bridge);
	struct xn_model_link *nic = xn_model_link_named(model, uplink->netdev);
	struct xn_model_link made;
	int rc = check_names(uplink, err);

	if (rc == 0)
		rc = xn_uplink_check(nic, uplink->netdev, bridge, err);
	if (rc < 0)
		return rc;
	if (!bridge) {
		made = xn_uplink_bridge(model, nic, uplink);
		rc = xn_uplink_add(model, &made, err);
		if (rc < 0)
			return rc;
		bridge = xn_model_link_named(model, uplink->bridge);
		nic = xn_model_link_named(model, uplink->netdev);
	}
	bridge->up = true;
	xn_uplink_enslave(nic, bridge);
	return take_over(model, nic->ifindex, bridge->ifindex, err);
}

int xn_direct_fill_stop(struct xn_model *model, const struct xn_uplink *uplink,
			struct xn_err *err)
{
	struct xn_model_link *bridge =
		xn_model_link_named(model, uplink->bridge);
	struct xn_model_link *nic = xn_model_link_named(model, uplink->netdev);
	int rc = check_names(uplink, err);

	/* Not started, or stopped already. */
	if (rc < 0 || !bridge || !nic || nic->master != bridge->ifindex)
		return rc;
	rc = xn_uplink_check(nic, uplink->netdev, bridge, err);
	if (rc < 0)
		return rc;
	xn_uplink_release(nic, bridge);
	rc = take_over(model, bridge->ifindex, nic->ifindex, err);
	if (rc == 0 && !xn_uplink_has_ports(model, bridge->ifindex))
		xn_uplink_remove(model, bridge->ifindex);
	return rc;
}

static struct xn_uplink uplink_of(const struct xn_direct *direct)
{
	return (struct xn_uplink){.style = XN_STYLE_DIRECT,
				  .bridge = direct->bridge,
				  .netdev = direct->netdev};
}

int xn_direct_start(const struct xn_model *observed,
		    const struct xn_direct *direct, struct xn_model *ret_wanted,
		    struct xn_err *err)
{
	struct xn_uplink uplink = uplink_of(direct);

	return xn_uplink_make(observed, &uplink, xn_direct_fill_start,
			      ret_wanted, err);
}

int xn_direct_stop(const struct xn_model *observed,
		   const struct xn_direct *direct, struct xn_model *ret_wanted,
		   struct xn_err *err)
{
	struct xn_uplink uplink = uplink_of(direct);

	return xn_uplink_make(observed, &uplink, xn_direct_fill_stop,
			      ret_wanted, err);
}
