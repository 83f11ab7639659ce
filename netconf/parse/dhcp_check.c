/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of guests' addresses and names contradicts itself, see dhcp_keys.h.
 * Pure.
 */
#include <ctype.h>
#include <string.h>

#include "netconf/parse/dhcp_keys.h"

static bool says_any(const struct xn_planeconf_bridge *bridge)
{
	for (unsigned int key = XN_CONF_DHCP; key <= XN_CONF_DOMAIN; key++)
		if (bridge->said & XN_CONF_BIT(key))
			return true;
	return false;
}

static void refuse_all(const struct xn_planeconf_bridge *bridge,
		       const char *why, struct xn_report *report)
{
	for (unsigned int key = XN_CONF_DHCP; key <= XN_CONF_DOMAIN; key++)
		if (bridge->said & XN_CONF_BIT(key))
			xn_report_error(report, &bridge->place[key], "%s: %s",
					xn_conf_key_name((enum xn_conf_key)key),
					why);
}

/* A server on others' network would be a rogue one; on the name, the server's
 * own configuration has a word. */
static bool may_serve(const struct xn_planeconf_bridge *bridge,
		      struct xn_report *report)
{
	const char *why = NULL;

	if (bridge->mode == XN_CONF_ROUTED)
		why = "not with mode=routed: there is no bridge";
	else if (bridge->mode == XN_CONF_BRIDGED &&
		 xn_planeconf_says(bridge, XN_CONF_NETDEV))
		why = "not with a netdev: its network has servers of its own";
	else if (bridge->address_count == 0 || bridge->dhcp || bridge->dhcp6 ||
		 bridge->auto6)
		why = "the bridge needs addresses of its own";
	for (const char *c = bridge->name; *c && !why; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			why = "the bridge's name may have letters, digits, _, "
			      ". and - only";
	if (why)
		refuse_all(bridge, why, report);
	return !why;
}

static bool holds(const struct xn_dhcp_range *range,
		  const struct xn_address *address)
{
	return address->family == 4 &&
	       xn_dhcp_number(address) >= xn_dhcp_number(&range->first) &&
	       xn_dhcp_number(address) <= xn_dhcp_number(&range->last);
}

/* The bridge's network that an address is in; NULL: none. */
static const struct xn_address *
network_of(const struct xn_planeconf_bridge *bridge,
	   const struct xn_address *address)
{
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (xn_address_within(address, &bridge->address[i],
				      bridge->address[i].prefix))
			return &bridge->address[i];
	return NULL;
}

static bool is_edge(const struct xn_address *network,
		    const struct xn_address *address)
{
	uint32_t mask = UINT32_MAX >> network->prefix;
	uint32_t host = xn_dhcp_number(address) & mask;

	return network->prefix < 31 && (host == 0 || host == mask);
}

static void check_range(const struct xn_planeconf_bridge *bridge,
			const struct xn_dhcp_range *range,
			struct xn_report *report)
{
	const struct xn_conf_place *place = &bridge->place[XN_CONF_DHCP];
	const struct xn_address *network = network_of(bridge, &range->first);
	char first[XN_ADDRESS_TEXT_MAX];

	(void)xn_address_text(&range->first, first);
	if (!network || network->prefix > 31 ||
	    !xn_address_within(&range->first, &range->last, network->prefix)) {
		xn_report_error(report, place,
				"dhcp: the range from %s is not within one of "
				"the bridge's networks",
				first);
		return;
	}
	if (is_edge(network, &range->first) || is_edge(network, &range->last))
		xn_report_error(report, place,
				"dhcp: the range from %s has the network's own "
				"or its broadcast address",
				first);
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (holds(range, &bridge->address[i]))
			xn_report_error(report, place,
					"dhcp: the range from %s has the "
					"bridge's own address",
					first);
}

static void check_ranges(const struct xn_planeconf_bridge *bridge,
			 struct xn_report *report)
{
	const struct xn_conf_place *place = &bridge->place[XN_CONF_DHCP];
	const struct xn_conf_dhcp *dhcp = &bridge->dhcp_server;
	struct xn_dhcp_range range[XN_DHCP_RANGES_MAX];
	uint64_t pool = 0;

	for (uint32_t j = 0; j < dhcp->range_count; j++) {
		check_range(bridge, &dhcp->range[j], report);
		pool += xn_dhcp_range_size(&dhcp->range[j]);
		for (uint32_t i = 0; i < j; i++)
			if (holds(&dhcp->range[i], &dhcp->range[j].first) ||
			    holds(&dhcp->range[j], &dhcp->range[i].first))
				xn_report_error(report, place,
						"dhcp: two ranges have some of "
						"the same");
	}
	if (pool > XN_DHCP_POOL_MAX)
		xn_report_error(report, place,
				"dhcp: more than %u addresses in all",
				XN_DHCP_POOL_MAX);
	if (xn_dhcp_gives4(bridge) && xn_dhcp_ranges(bridge, range) == 0)
		xn_report_error(report, place,
				"dhcp: the bridge's network has no room for "
				"guests");
	if (dhcp->on && !xn_dhcp_gives4(bridge) && !xn_dhcp_gives6(bridge))
		xn_report_error(report, place,
				"dhcp: there is nothing to give: no IPv4 "
				"address, and ra=off");
}

static void check_ra(const struct xn_planeconf_bridge *bridge,
		     struct xn_report *report)
{
	bool said = xn_planeconf_says(bridge, XN_CONF_RA);
	const struct xn_conf_place *place =
		&bridge->place[said ? XN_CONF_RA : XN_CONF_DHCP];

	if (bridge->dhcp_server.ra_on && !xn_dhcp_gives6(bridge))
		xn_report_error(report, place,
				"ra: the bridge has no IPv6 address");
	for (uint32_t i = 0;
	     xn_dhcp_gives6(bridge) && i < bridge->address_count; i++) {
		const struct xn_address *address = &bridge->address[i];

		if (address->family != 6)
			continue;
		if (address->prefix < XN_DHCP_SLAAC_PREFIX)
			xn_report_error(report, place,
					"ra: /%u is too much for one link, "
					"which has /64; ra=off leaves it",
					address->prefix);
		else if (address->prefix > XN_DHCP_SLAAC_PREFIX)
			xn_report_warning(report, place,
					  "ra: with /%u guests make no address "
					  "of their own; those with ip get it "
					  "by DHCPv6",
					  address->prefix);
	}
}

static void check_words(const struct xn_planeconf_bridge *bridge,
			struct xn_report *report)
{
	if (xn_planeconf_says(bridge, XN_CONF_LEASE_TIME) &&
	    !xn_dhcp_gives4(bridge) && !xn_dhcp_gives6(bridge))
		xn_report_error(report, &bridge->place[XN_CONF_LEASE_TIME],
				"lease-time: only with dhcp or ra");
	if (xn_planeconf_says(bridge, XN_CONF_DOMAIN) &&
	    !xn_dhcp_wanted(bridge))
		xn_report_error(report, &bridge->place[XN_CONF_DOMAIN],
				"domain: only with dhcp, ra or dns");
}

static bool same_host(const struct xn_address *a, const struct xn_address *b)
{
	return xn_address_within(a, b, a->family == 6 ? 128 : 32);
}

/* [vif MAC] and [vif NAME] may be one guest's; two of a kind are two. */
static bool are_two(const struct xn_planeconf_vif *a,
		    const struct xn_planeconf_vif *b)
{
	return a != b && !a->name[0] == !b->name[0];
}

static void check_guest(const struct xn_planeconf *conf, uint32_t number,
			const struct xn_planeconf_bridge *bridge,
			const struct xn_address *address,
			struct xn_report *report)
{
	const struct xn_planeconf_vif *vif = &conf->vif[number];
	const struct xn_address *network = network_of(bridge, address);
	char text[XN_ADDRESS_TEXT_MAX];

	if (!network || address->prefix != (address->family == 6 ? 128 : 32))
		return;
	(void)xn_address_text(address, text);
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (same_host(address, &bridge->address[i]))
			xn_report_error(report, &vif->section,
					"ip: %s is [bridge %s]'s own", text,
					bridge->name);
	if (address->family == 4 && is_edge(network, address))
		xn_report_error(report, &vif->section,
				"ip: %s is no host's in [bridge %s]", text,
				bridge->name);
	for (uint32_t i = 0; i < number; i++) {
		const struct xn_settings *other = &conf->vif[i].settings;

		for (uint32_t k = 0; k < other->address_count; k++)
			if (are_two(vif, &conf->vif[i]) &&
			    other->address[k].family == address->family &&
			    same_host(address, &other->address[k]) &&
			    other->address[k].prefix == address->prefix)
				xn_report_error(report, &vif->section,
						"ip: %s is of the vif at %s:%u "
						"already, and [bridge %s] "
						"gives it to one",
						text, conf->vif[i].section.file,
						conf->vif[i].section.line,
						bridge->name);
	}
}

static void check_guests(const struct xn_planeconf *conf,
			 const struct xn_planeconf_bridge *bridge,
			 struct xn_report *report)
{
	for (uint32_t i = 0; i < conf->vif_count; i++) {
		const struct xn_settings *settings = &conf->vif[i].settings;

		for (uint32_t k = 0; k < settings->address_count; k++)
			check_guest(conf, i, bridge, &settings->address[k],
				    report);
	}
}

void xn_dhcp_check(const struct xn_planeconf *conf, const bool *broken,
		   struct xn_report *report)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (broken[i] || !says_any(bridge) ||
		    !may_serve(bridge, report))
			continue;
		check_ranges(bridge, report);
		check_ra(bridge, report);
		check_words(bridge, report);
		if (xn_dhcp_gives4(bridge) || xn_dhcp_gives6(bridge))
			check_guests(conf, bridge, report);
	}
}
