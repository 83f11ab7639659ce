/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bridge of xenplane.conf and its netdev, in the styles of style.h. Pure. */
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/plan/host.h"
#include "netconf/plan/uplink.h"

#define VIF_NAME "vif0."

/* Consumes the model that `take` holds. */
static void replace(struct xn_model *model, struct xn_model *take)
{
	xn_model_fini(model);
	*model = *take;
	*take = (struct xn_model){0};
}

struct xn_model_link *xn_host_port(const struct xn_model *model,
				   const char *netdev, enum xn_conf_style style)
{
	char name[IFNAMSIZ];

	if (style == XN_CONF_PLAIN)
		return xn_model_link_named(model, netdev);
	if (xn_text_format(name, sizeof(name), "p%s", netdev) < 0)
		return NULL;
	return xn_model_link_named(model, name);
}

struct xn_model_link *xn_host_pair_end(const struct xn_model *model,
				       const char *netdev)
{
	const struct xn_model_link *host = xn_model_link_named(model, netdev);

	return host && host->peer && strcmp(host->kind, "veth") == 0
		       ? xn_model_link(model, host->peer)
		       : NULL;
}

struct xn_model_link *xn_host_of(const struct xn_model *model,
				 const struct xn_our *our)
{
	return xn_model_link_named(model,
				   our->style == XN_CONF_OLD && our->netdev[0]
					   ? our->netdev
					   : our->bridge);
}

/* What is made or enslaved with the bridge is no user of it. */
static bool is_own_port(const struct xn_model *model, const struct xn_our *our,
			const struct xn_model_link *link)
{
	if (link == xn_host_port(model, our->netdev, our->style))
		return true;
	return our->style == XN_CONF_OLD && our->netdev[0] &&
	       link == xn_host_pair_end(model, our->netdev);
}

const struct xn_model_link *xn_host_user(const struct xn_model *model,
					 const struct xn_model_link *bridge,
					 const struct xn_our *our)
{
	const struct xn_model_link *pair =
		our->style == XN_CONF_OLD ? xn_host_pair_end(model, our->netdev)
					  : NULL;

	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(model, XN_LINK, i);

		if (is_own_port(model, our, link))
			continue;
		if (link->lower == bridge->ifindex ||
		    (pair && link->lower == pair->peer) ||
		    link->master == bridge->ifindex)
			return link;
	}
	return NULL;
}

bool xn_host_is_in_force(const struct xn_model *model, const struct xn_our *our,
			 const struct xn_planeconf_bridge *conf)
{
	const struct xn_model_link *end;
	char name[IFNAMSIZ];

	if (conf->style != our->style || strcmp(conf->netdev, our->netdev) != 0)
		return false;
	end = conf->style == XN_CONF_OLD ? xn_host_pair_end(model, our->netdev)
					 : NULL;
	if (!end || !xn_planeconf_says(conf, XN_CONF_VIFNUM) ||
	    strncmp(end->name, VIF_NAME, strlen(VIF_NAME)) != 0)
		return true;
	(void)xn_text_format(name, sizeof(name), VIF_NAME "%u", conf->vifnum);
	return strcmp(end->name, name) == 0;
}

/* A pair and a bridge go; what somebody made on top would go along. */
static int check_tops(const struct xn_model *before,
		      const struct xn_model *after, struct xn_err *err)
{
	for (size_t i = 0; i < xn_model_count(after, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(after, XN_LINK, i);
		const struct xn_model_link *lower =
			link->lower ? xn_model_link(before, link->lower) : NULL;

		if (lower && !xn_model_link(after, link->lower))
			return xn_fail(err, EBUSY,
				       "link %s is on %s, which has to go: "
				       "take it away first",
				       link->name, lower->name);
	}
	return 0;
}

/* Else the plan would have things on links that it does not have. */
static void remove_rest(const struct xn_model *before, struct xn_model *after)
{
	for (size_t i = 0; i < xn_model_count(before, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(before, XN_LINK, i);

		if (!xn_model_link(after, link->ifindex))
			xn_host_remove_link(after, link->ifindex);
	}
}

/* The NIC has vanished, and left a pair that leads nowhere. */
static void remove_orphans(struct xn_model *model, const struct xn_our *our,
			   int bridge)
{
	const struct xn_model_link *end =
		our->style == XN_CONF_OLD ? xn_host_pair_end(model, our->netdev)
					  : NULL;
	int host;

	if (!end || end->master != bridge)
		return;
	host = end->peer;
	xn_uplink_remove(model, end->ifindex);
	xn_uplink_remove(model, host);
}

int xn_host_give_netdev(struct xn_model *model, const struct xn_our *our,
			bool bridge_stays, struct xn_err *err)
{
	struct xn_uplink uplink = {.style = xn_style_of_conf(our->style),
				   .bridge = our->bridge,
				   .netdev = our->netdev};
	struct xn_model_link bridge = *xn_model_link_named(model, our->bridge);
	struct xn_model without = {0};
	int rc = xn_style_stop(model, &uplink, &without, err);

	if (rc < 0)
		return rc;
	remove_orphans(&without, our, bridge.ifindex);
	/* In the new style the NIC has taken the name from it. */
	if (bridge_stays && !xn_model_link(&without, bridge.ifindex) &&
	    !xn_model_link_named(&without, bridge.name))
		rc = xn_uplink_add(&without, &bridge, err);
	if (rc == 0)
		rc = check_tops(model, &without, err);
	if (rc < 0) {
		xn_model_fini(&without);
		return rc;
	}
	remove_rest(model, &without);
	replace(model, &without);
	return 0;
}

/* A bridge that is no longer wanted, and cannot be taken apart. */
static int check_left(const struct xn_host_step *step)
{
	const struct xn_host_wanted *wanted = step->wanted;

	for (uint32_t i = 0; i < wanted->left_count; i++) {
		const struct xn_left *left = &wanted->left[i];

		if (strcmp(left->netdev, step->conf->netdev) == 0)
			return xn_fail(step->err, EBUSY,
				       "netdev=%s: bridge %s has it, and %s is "
				       "on that bridge: take that off first",
				       left->netdev, left->bridge, left->port);
	}
	return 0;
}

int xn_host_take_netdev(const struct xn_host_step *step)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	struct xn_uplink uplink = {.style = xn_style_of_conf(conf->style),
				   .bridge = conf->name,
				   .netdev = conf->netdev,
				   .vifnum = xn_planeconf_vifnum(conf)};
	struct xn_model with = {0};
	int rc = check_left(step);

	if (rc == 0)
		rc = xn_style_start(step->model, &uplink, &with, step->err);
	if (rc == 0)
		replace(step->model, &with);
	return rc;
}

/* What the host itself has of a bridge. */
static void take_manners(struct xn_model_link *bridge,
			 const struct xn_model_link *from)
{
	bridge->mac = from->mac;
	bridge->noarp = from->noarp;
	bridge->nomulticast = from->nomulticast;
	bridge->addr_gen_mode = from->addr_gen_mode;
	bridge->disable_ipv6 = from->disable_ipv6;
	bridge->accept_ra = from->accept_ra;
	bridge->ipv4 = from->ipv4;
	bridge->ipv6 = from->ipv6;
}

void xn_host_restyle(const struct xn_host_step *step, const struct xn_our *our)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	struct xn_uplink uplink = {.style = xn_style_of_conf(conf->style),
				   .bridge = conf->name,
				   .netdev = conf->netdev};
	struct xn_model_link *bridge =
		xn_model_link_named(step->model, conf->name);
	const struct xn_model_link *nic =
		xn_model_link_named(step->model, conf->netdev);
	struct xn_model_link as_new;

	if (!bridge || !our->made ||
	    (our->style == XN_CONF_OLD) == (conf->style == XN_CONF_OLD))
		return;
	if (nic)
		as_new = xn_uplink_bridge(step->model, nic, &uplink);
	else
		as_new = xn_host_lone_bridge(step);
	take_manners(bridge, &as_new);
}
