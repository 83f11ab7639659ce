/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which style it is. Pure. */
#include "netconf/plan/style.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/plan/uplink.h"

static const char *const words[XN_STYLES] = {[XN_STYLE_DIRECT] = "direct",
					     [XN_STYLE_NEW] = "new",
					     [XN_STYLE_OLD] = "old"};

const char *xn_style_word(enum xn_style style)
{
	return style < XN_STYLES ? words[style] : "none";
}

int xn_style_from_word(const char *word, enum xn_style *ret_style)
{
	for (int i = 0; i < XN_STYLES; i++) {
		if (strcmp(word, words[i]) == 0) {
			*ret_style = (enum xn_style)i;
			return 0;
		}
	}
	return -EINVAL;
}

enum xn_style xn_style_of_conf(enum xn_conf_style style)
{
	switch (style) {
	case XN_CONF_PLAIN:
		return XN_STYLE_DIRECT;
	case XN_CONF_NEW:
		return XN_STYLE_NEW;
	case XN_CONF_OLD:
		break;
	}
	return XN_STYLE_OLD;
}

static const struct xn_model_link *bridge_of(const struct xn_model *model,
					     const struct xn_model_link *port)
{
	const struct xn_model_link *bridge =
		port && port->master ? xn_model_link(model, port->master)
				     : NULL;

	return bridge && strcmp(bridge->kind, "bridge") == 0 ? bridge : NULL;
}

/* The one of the two ends that is on the same bridge as the NIC. */
static bool is_pair(const struct xn_model *model, const char *netdev,
		    int bridge)
{
	const struct xn_model_link *host = xn_model_link_named(model, netdev);
	const struct xn_model_link *port =
		host && host->peer ? xn_model_link(model, host->peer) : NULL;

	return port && port->master == bridge &&
	       strncmp(port->name, "vif0.", 5) == 0;
}

enum xn_style xn_style_found(const struct xn_model *observed,
			     const char *netdev, char ret_bridge[IFNAMSIZ])
{
	const struct xn_model_link *bridge = NULL;
	enum xn_style style = XN_STYLE_NEW;
	char pdev[IFNAMSIZ];

	if (xn_text_format(pdev, sizeof(pdev), "p%s", netdev) >= 0)
		bridge = bridge_of(observed,
				   xn_model_link_named(observed, pdev));
	if (!bridge) {
		bridge = bridge_of(observed,
				   xn_model_link_named(observed, netdev));
		style = XN_STYLE_DIRECT;
	} else if (is_pair(observed, netdev, bridge->ifindex)) {
		style = XN_STYLE_OLD;
	}
	if (!bridge)
		return XN_STYLES;
	memcpy(ret_bridge, bridge->name, IFNAMSIZ);
	return style;
}

static int run(const struct xn_model *observed, const struct xn_uplink *uplink,
	       xn_uplink_fill_fn *const fill[XN_STYLES],
	       struct xn_model *ret_wanted, struct xn_err *err)
{
	if (uplink->style >= XN_STYLES)
		return xn_fail(err, EINVAL, "no such style");
	return xn_uplink_make(observed, uplink, fill[uplink->style], ret_wanted,
			      err);
}

int xn_style_start(const struct xn_model *observed,
		   const struct xn_uplink *uplink, struct xn_model *ret_wanted,
		   struct xn_err *err)
{
	static xn_uplink_fill_fn *const fill[XN_STYLES] = {
		[XN_STYLE_DIRECT] = xn_direct_fill_start,
		[XN_STYLE_NEW] = xn_new_fill_start,
		[XN_STYLE_OLD] = xn_old_fill_start};
	char bridge[IFNAMSIZ];
	enum xn_style found = xn_style_found(observed, uplink->netdev, bridge);

	if (found != XN_STYLES && found != uplink->style)
		return xn_fail(err, EEXIST,
			       "link %s is bridged already, in the %s style "
			       "by %s: stop that first",
			       uplink->netdev, xn_style_word(found), bridge);
	return run(observed, uplink, fill, ret_wanted, err);
}

int xn_style_stop(const struct xn_model *observed,
		  const struct xn_uplink *uplink, struct xn_model *ret_wanted,
		  struct xn_err *err)
{
	static xn_uplink_fill_fn *const fill[XN_STYLES] = {
		[XN_STYLE_DIRECT] = xn_direct_fill_stop,
		[XN_STYLE_NEW] = xn_new_fill_stop,
		[XN_STYLE_OLD] = xn_old_fill_stop};

	return run(observed, uplink, fill, ret_wanted, err);
}
