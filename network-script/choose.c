/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a request to a choice, see choose.h. Pure. */
#include "network-script/choose.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/plan/direct.h"

/* N of ethN; false: the name is another. */
static bool number_of(const char *netdev, uint32_t *ret_number)
{
	return strncmp(netdev, "eth", 3) == 0 &&
	       xn_parse_u32(netdev + 3, 0, XN_VIFNUM_MAX, ret_number) == 0;
}

/* The NIC's name before the start, by what it is called as a port: a pNETDEV is
 * NETDEV's unless that is another link, which is not its bridge. */
static const char *netdev_of(const struct xn_model *observed,
			     const struct xn_model_link *port,
			     const char *bridge)
{
	const char *rest = port->name + 1;

	if (port->name[0] == 'p' && rest[0] != '\0' &&
	    (strcmp(rest, bridge) == 0 || !xn_model_link_named(observed, rest)))
		return rest;
	return port->name;
}

/* A bridge that has the default route is there for the sake of its uplink:
 * the port that is no guest's. */
static void step_down(const struct xn_model *observed, char name[IFNAMSIZ])
{
	const struct xn_model_link *bridge =
		xn_model_link_named(observed, name);

	if (!bridge || strcmp(bridge->kind, "bridge") != 0)
		return;
	for (size_t i = 0; i < xn_model_count(observed, XN_LINK); i++) {
		const struct xn_model_link *port =
			xn_model_at(observed, XN_LINK, i);

		if (port->master != bridge->ifindex ||
		    strncmp(port->name, "vif", 3) == 0 ||
		    strcmp(port->kind, "tun") == 0)
			continue;
		(void)xn_text_copy(name, IFNAMSIZ,
				   netdev_of(observed, port, bridge->name));
		return;
	}
}

static void choose_netdev(const struct xns_request *request,
			  const struct xn_model *observed,
			  struct xns_choice *choice)
{
	if (request->netdev[0] != '\0') {
		memcpy(choice->netdev, request->netdev, IFNAMSIZ);
		return;
	}
	if (request->has_vifnum) {
		(void)xn_text_format(choice->netdev, IFNAMSIZ, "eth%u",
				     request->vifnum);
		return;
	}
	xn_direct_default_netdev(observed, choice->netdev);
	step_down(observed, choice->netdev);
}

static const struct xn_planeconf_bridge *
section_of(const struct xn_planeconf *conf, const struct xns_request *request,
	   const char *netdev)
{
	for (uint32_t i = 0; conf && i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (request->bridge[0] != '\0'
			    ? strcmp(bridge->name, request->bridge) == 0
			    : xn_planeconf_says(bridge, XN_CONF_NETDEV) &&
				      strcmp(bridge->netdev, netdev) == 0)
			return bridge;
	}
	return NULL;
}

/* A section that is about guests only says nothing of the uplink; one that
 * names it has a style, if only the first. */
static bool says_style(const struct xn_planeconf_bridge *section)
{
	return section && (xn_planeconf_says(section, XN_CONF_STYLE) ||
			   xn_planeconf_says(section, XN_CONF_NETDEV));
}

static enum xn_style choose_style(const struct xns_request *request,
				  const struct xn_planeconf_bridge *section,
				  const struct xns_choice *choice)
{
	if (request->style != XN_STYLES)
		return request->style;
	if (choice->found != XN_STYLES)
		return choice->found;
	if (says_style(section))
		return xn_style_of_conf(section->style);
	if (strcmp(request->bridge, choice->netdev) == 0)
		return XN_STYLE_NEW;
	return XN_STYLE_OLD;
}

static uint32_t choose_vifnum(const struct xns_request *request,
			      const struct xn_planeconf_bridge *section,
			      const struct xn_model *observed)
{
	char netdev[IFNAMSIZ];
	uint32_t number = 0;

	if (request->has_vifnum)
		return request->vifnum;
	if (section && xn_planeconf_says(section, XN_CONF_VIFNUM))
		return section->vifnum;
	/* By the default route, whatever the netdev: as the original. */
	xn_direct_default_netdev(observed, netdev);
	return number_of(netdev, &number) ? number : 0;
}

static void choose_bridge(const struct xns_request *request,
			  const struct xn_planeconf_bridge *section,
			  const char *found_bridge, struct xns_choice *choice)
{
	if (request->bridge[0] != '\0')
		memcpy(choice->bridge, request->bridge, IFNAMSIZ);
	else if (found_bridge[0] != '\0')
		memcpy(choice->bridge, found_bridge, IFNAMSIZ);
	else if (section)
		memcpy(choice->bridge, section->name, IFNAMSIZ);
	else if (choice->style == XN_STYLE_NEW)
		memcpy(choice->bridge, choice->netdev, IFNAMSIZ);
	else
		(void)xn_text_format(choice->bridge, IFNAMSIZ, "xenbr%u",
				     choice->vifnum);
}

int xns_choose(const struct xns_request *request,
	       const struct xn_model *observed, const struct xn_planeconf *conf,
	       struct xns_choice *ret_choice, struct xn_err *err)
{
	const struct xn_planeconf_bridge *section;
	struct xns_choice choice = {.found = XN_STYLES};
	char found_bridge[IFNAMSIZ] = "";

	choose_netdev(request, observed, &choice);
	choice.found = xn_style_found(observed, choice.netdev, found_bridge);
	section = section_of(conf, request, choice.netdev);
	choice.style = choose_style(request, section, &choice);
	choice.vifnum = choose_vifnum(request, section, observed);
	choose_bridge(request, section, found_bridge, &choice);
	if (choice.found != XN_STYLES &&
	    (choice.found != choice.style ||
	     strcmp(choice.bridge, found_bridge) != 0))
		return xn_fail(err, EBUSY,
			       "%s is bridged already, in the %s style by %s%s",
			       choice.netdev, xn_style_word(choice.found),
			       found_bridge,
			       request->command == XNS_START
				       ? ": stop that first"
				       : "");
	*ret_choice = choice;
	return 0;
}
