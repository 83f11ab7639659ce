/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of xenplane.conf contradicts itself, see planeconf.h: keys that exclude
 * or need each other within a bridge, and bridges that want the same. Pure.
 */
#include <string.h>

#include "netconf/parse/acl_keys.h"
#include "netconf/parse/dhcp_keys.h"
#include "netconf/parse/nat_keys.h"
#include "netconf/parse/planeconf.h"
#include "netconf/parse/share_check.h"

#define BIT(key) XN_CONF_BIT(key)

/* Source: BR_MIN_FORWARD_DELAY of the kernel's net/bridge. */
#define FORWARD_DELAY_MIN_CS 200u
#define IPV6_MTU_MIN 1280u /* RFC 8200, 5 */

#define OF_NETDEV                                                              \
	(BIT(XN_CONF_STYLE) | BIT(XN_CONF_VIFNUM) | BIT(XN_CONF_NETDEV_COST) | \
	 BIT(XN_CONF_NETDEV_PRIORITY) | BIT(XN_CONF_UPLINK_RATE) |             \
	 BIT(XN_CONF_UPLINK_RATE_IN))
#define OF_A_BRIDGE                                                     \
	(BIT(XN_CONF_MAC) | BIT(XN_CONF_MTU) | BIT(XN_CONF_STP) |       \
	 BIT(XN_CONF_STP_PRIORITY) | BIT(XN_CONF_FORWARD_DELAY) |       \
	 BIT(XN_CONF_HELLO_TIME) | BIT(XN_CONF_MAX_AGE) |               \
	 BIT(XN_CONF_AGEING) | BIT(XN_CONF_MULTICAST_SNOOPING) |        \
	 BIT(XN_CONF_MULTICAST_QUERIER) | BIT(XN_CONF_VLAN_FILTERING) | \
	 BIT(XN_CONF_VLAN_DEFAULT_PVID))
#define OF_NAT                                             \
	(BIT(XN_CONF_MASQUERADE) | BIT(XN_CONF_NAT6) |     \
	 BIT(XN_CONF_CONNECTIONS) | BIT(XN_CONF_FORWARD) | \
	 BIT(XN_CONF_ONE_TO_ONE))
#define OF_BRIDGED (BIT(XN_CONF_NETDEV) | BIT(XN_CONF_GATEWAY) | OF_NETDEV)

static bool says(const struct xn_planeconf_bridge *bridge, enum xn_conf_key key)
{
	return xn_planeconf_says(bridge, key);
}

/* Each key of these that is said is refused. */
static void refuse_keys(const struct xn_planeconf_bridge *bridge, uint64_t keys,
			const char *why, struct xn_report *report)
{
	for (unsigned int i = 0; i < XN_CONF_KEY_COUNT; i++)
		if (bridge->said & keys & BIT(i))
			xn_report_error(report, &bridge->place[i], "%s: %s",
					xn_conf_key_name((enum xn_conf_key)i),
					why);
}

static void check_mode(const struct xn_planeconf_bridge *b,
		       struct xn_report *report)
{
	switch (b->mode) {
	case XN_CONF_BRIDGED:
		break;
	case XN_CONF_NAT:
		refuse_keys(b, OF_BRIDGED,
			    "not with mode=nat: its bridge has no NIC", report);
		if (!b->address_count)
			xn_report_error(report, &b->section,
					"mode=nat: an address is wanted, which "
					"is the guests' gateway");
		break;
	case XN_CONF_ROUTED:
		refuse_keys(b,
			    (OF_BRIDGED & ~BIT(XN_CONF_NETDEV)) | OF_A_BRIDGE,
			    "not with mode=routed: there is no bridge", report);
		if (!strcmp(b->name, b->netdev))
			xn_report_error(report, &b->place[XN_CONF_NETDEV],
					"netdev=%s: the group has that name",
					b->netdev);
		break;
	}
	if (b->mode != XN_CONF_NAT)
		refuse_keys(b, OF_NAT, "only with mode=nat", report);
	if (b->mode != XN_CONF_ROUTED)
		refuse_keys(b, BIT(XN_CONF_PREFIX), "only with mode=routed",
			    report);
	if (b->mode != XN_CONF_BRIDGED && (b->dhcp || b->dhcp6 || b->auto6))
		xn_report_error(report, &b->place[XN_CONF_ADDRESS],
				"address: mode=%s wants addresses that do not "
				"come from elsewhere",
				xn_conf_mode_name(b->mode));
}

static void check_style(const struct xn_planeconf_bridge *b,
			struct xn_report *report)
{
	if (b->style == XN_CONF_NEW && strcmp(b->name, b->netdev) != 0)
		xn_report_error(
			report, &b->place[XN_CONF_STYLE],
			"style=new: the bridge takes the NIC's name, so "
			"it is [bridge %s]; style=plain has another",
			b->netdev);
	if (b->style == XN_CONF_OLD)
		refuse_keys(b, BIT(XN_CONF_MAC),
			    "not with style=old: the host's link has the "
			    "NIC's, which the NIC gets back; style=plain can",
			    report);
}

static void check_netdev(const struct xn_planeconf_bridge *b,
			 struct xn_report *report)
{
	bool renames = b->style != XN_CONF_PLAIN;

	if (b->mode != XN_CONF_BRIDGED)
		return;
	if (!says(b, XN_CONF_NETDEV)) {
		refuse_keys(b, OF_NETDEV, "only with a netdev", report);
		return;
	}
	if (says(b, XN_CONF_VIFNUM) && b->style != XN_CONF_OLD)
		xn_report_error(report, &b->place[XN_CONF_VIFNUM],
				"vifnum: only with style=old");
	if (renames && strlen(b->netdev) > IFNAMSIZ - 2)
		xn_report_error(report, &b->place[XN_CONF_NETDEV],
				"netdev=%s: too long to become p%s", b->netdev,
				b->netdev);
	check_style(b, report);
	if (!strcmp(b->name, b->netdev) && b->style != XN_CONF_NEW)
		xn_report_error(report, &b->place[XN_CONF_NETDEV],
				"netdev=%s: the bridge has that name, which "
				"only style=new can do",
				b->netdev);
}

static void check_stp(const struct xn_planeconf_bridge *b,
		      struct xn_report *report)
{
	uint32_t delay_cs =
		says(b, XN_CONF_FORWARD_DELAY) ? b->forward_delay_cs : 1500;
	uint32_t hello_cs =
		says(b, XN_CONF_HELLO_TIME) ? b->hello_time_cs : 200;
	uint32_t age_cs = says(b, XN_CONF_MAX_AGE) ? b->max_age_cs : 2000;

	if (!b->stp)
		return;
	if (delay_cs < FORWARD_DELAY_MIN_CS)
		xn_report_error(report, &b->place[XN_CONF_FORWARD_DELAY],
				"forward-delay: with stp=on the kernel takes 2 "
				"to 30 seconds");
	/* IEEE 802.1D, 17.14; the kernel does not insist. */
	else if (2 * (delay_cs - 100) < age_cs || age_cs < 2 * (hello_cs + 100))
		xn_report_warning(report, &b->place[XN_CONF_STP],
				  "stp: 802.1D wants 2 x (forward-delay - 1) "
				  ">= max-age >= 2 x (hello-time + 1)");
}

static void check_features(const struct xn_planeconf_bridge *b,
			   struct xn_report *report)
{
	uint32_t fastpath = 1u << XN_SETTING_FASTPATH;

	if (b->multicast_querier && says(b, XN_CONF_MULTICAST_SNOOPING) &&
	    !b->multicast_snooping)
		xn_report_error(report, &b->place[XN_CONF_MULTICAST_QUERIER],
				"multicast-querier: not with "
				"multicast-snooping=off");
	if (says(b, XN_CONF_VLAN_DEFAULT_PVID) && !b->vlan_filtering)
		xn_report_error(report, &b->place[XN_CONF_VLAN_DEFAULT_PVID],
				"vlan-default-pvid: only with "
				"vlan-filtering=on");
	if (b->vlan_filtering && (b->vifs.said & fastpath) && b->vifs.fastpath)
		xn_report_warning(report, &b->place[XN_CONF_VLAN_FILTERING],
				  "vlan-filtering=on: the vifs take the "
				  "kernel's path in spite of fastpath=on");
}

static bool same_host(const struct xn_address *a, const struct xn_address *b)
{
	return xn_address_within(a, b, a->family == 6 ? 128 : 32);
}

static bool is_link_local(const struct xn_address *a)
{
	return a->family == 6 && a->octet[0] == 0xfe &&
	       (a->octet[1] & 0xc0) == 0x80;
}

static void check_gateway(const struct xn_planeconf_bridge *b,
			  const struct xn_address *gateway,
			  struct xn_report *report)
{
	const struct xn_conf_place *place = &b->place[XN_CONF_GATEWAY];
	bool reached = is_link_local(gateway);

	if (gateway->family == 4 ? b->dhcp : b->auto6)
		xn_report_error(report, place,
				"gateway: IPv%u's comes with the address, from "
				"elsewhere",
				gateway->family);
	for (uint32_t i = 0; i < b->address_count; i++) {
		if (same_host(gateway, &b->address[i]))
			xn_report_error(report, place,
					"gateway: it is the bridge's own "
					"address");
		reached |= xn_address_within(gateway, &b->address[i],
					     b->address[i].prefix);
	}
	if (!reached && !(gateway->family == 4 ? b->dhcp : b->auto6))
		xn_report_error(report, place,
				"gateway: IPv%u's is in no network of the "
				"bridge's addresses",
				gateway->family);
}

static void check_addresses(const struct xn_planeconf_bridge *b,
			    struct xn_report *report)
{
	for (uint32_t i = 0; i < b->gateway_count; i++)
		check_gateway(b, &b->gateway[i], report);
	for (uint32_t i = 0; i < b->address_count; i++) {
		if (says(b, XN_CONF_MTU) && b->mtu < IPV6_MTU_MIN &&
		    b->address[i].family == 6) {
			xn_report_error(report, &b->place[XN_CONF_MTU],
					"mtu=%u: there is no IPv6 below %u",
					b->mtu, IPV6_MTU_MIN);
			break;
		}
	}
}

/* Addresses of one bridge against those of another, or its own later ones. */
static void compare_addresses(const struct xn_planeconf_bridge *a,
			      const struct xn_planeconf_bridge *b,
			      struct xn_report *report)
{
	for (uint32_t i = 0; i < a->address_count; i++)
		for (uint32_t j = a == b ? i + 1 : 0; j < b->address_count;
		     j++) {
			const struct xn_address *x = &a->address[i];
			const struct xn_address *y = &b->address[j];
			uint32_t prefix =
				x->prefix < y->prefix ? x->prefix : y->prefix;

			if (same_host(x, y))
				xn_report_error(
					report, &b->place[XN_CONF_ADDRESS],
					"address: one of them is of [bridge "
					"%s] already",
					a->name);
			else if (a != b && xn_address_within(x, y, prefix) &&
				 !is_link_local(x))
				xn_report_warning(
					report, &b->place[XN_CONF_ADDRESS],
					"address: the network is on [bridge "
					"%s] too",
					a->name);
		}
}

/* NETDEV's name while it is a port of `b`, if not its own. */
static bool is_renamed_to(const struct xn_planeconf_bridge *b, const char *name)
{
	return says(b, XN_CONF_NETDEV) && b->style != XN_CONF_PLAIN &&
	       name[0] == 'p' && !strcmp(name + 1, b->netdev);
}

static bool both_old(const struct xn_planeconf_bridge *a,
		     const struct xn_planeconf_bridge *b)
{
	return a->style == XN_CONF_OLD && b->style == XN_CONF_OLD &&
	       says(a, XN_CONF_NETDEV) && says(b, XN_CONF_NETDEV);
}

static void compare_vifnums(const struct xn_planeconf_bridge *a,
			    const struct xn_planeconf_bridge *b,
			    struct xn_report *report)
{
	uint32_t vifnum = xn_planeconf_vifnum(b);

	if (!both_old(a, b) || xn_planeconf_vifnum(a) != vifnum)
		return;
	if (says(b, XN_CONF_VIFNUM))
		xn_report_error(report, &b->place[XN_CONF_VIFNUM],
				"vifnum=%u: it is of [bridge %s] already",
				vifnum, a->name);
	else
		xn_report_error(report, &b->place[XN_CONF_STYLE],
				"style=old: a vifnum is wanted, as that of "
				"[bridge %s] is %u, too",
				a->name, vifnum);
}

/* `b` is the later one in the file. */
static void compare_bridges(const struct xn_planeconf_bridge *a,
			    const struct xn_planeconf_bridge *b,
			    struct xn_report *report)
{
	bool both = says(a, XN_CONF_NETDEV) && says(b, XN_CONF_NETDEV);

	/* A group of routed vifs takes nothing: its way out may be a bridge,
	 * and its address the host's own. */
	if (a->mode == XN_CONF_ROUTED || b->mode == XN_CONF_ROUTED)
		return;

	if (both && !strcmp(a->netdev, b->netdev))
		xn_report_error(report, &b->place[XN_CONF_NETDEV],
				"netdev=%s: it is the port of [bridge %s] "
				"already",
				b->netdev, a->name);
	if (both &&
	    (is_renamed_to(a, b->netdev) || is_renamed_to(b, a->netdev)))
		xn_report_error(report, &b->place[XN_CONF_NETDEV],
				"netdev=%s: a NIC of [bridge %s] gets or has "
				"the same name",
				b->netdev, a->name);
	if (says(b, XN_CONF_NETDEV) && !strcmp(b->netdev, a->name))
		xn_report_error(report, &b->place[XN_CONF_NETDEV],
				"netdev=%s: that is a bridge", b->netdev);
	if (says(a, XN_CONF_NETDEV) && !strcmp(a->netdev, b->name))
		xn_report_error(report, &a->place[XN_CONF_NETDEV],
				"netdev=%s: that is a bridge", a->netdev);
	if (is_renamed_to(a, b->name) || is_renamed_to(b, a->name))
		xn_report_error(report, &b->section,
				"a NIC that is renamed gets a bridge's name: "
				"[bridge %s], [bridge %s]",
				a->name, b->name);
	compare_vifnums(a, b, report);
	compare_addresses(a, b, report);
}

static void check_bridge(const struct xn_planeconf_bridge *b,
			 struct xn_report *report)
{
	check_mode(b, report);
	check_netdev(b, report);
	if (is_renamed_to(b, b->name))
		xn_report_error(report, &b->section,
				"[bridge %s]: its netdev gets that name",
				b->name);
	if (b->mode == XN_CONF_ROUTED)
		return;
	check_stp(b, report);
	check_features(b, report);
	check_addresses(b, report);
	compare_addresses(b, b, report);
}

static void check_vif(const struct xn_planeconf *conf,
		      const struct xn_planeconf_vif *vif,
		      struct xn_report *report)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *b = &conf->bridge[i];

		if (!strcmp(vif->name, b->name) ||
		    (says(b, XN_CONF_NETDEV) && !strcmp(vif->name, b->netdev)))
			xn_report_error(report, &vif->section,
					"[vif %s]: that is no vif, but of "
					"[bridge %s]",
					vif->name, b->name);
	}
}

void xn_planeconf_check(const struct xn_planeconf *conf, const bool *broken,
			struct xn_report *report)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		if (broken[i])
			continue;
		check_bridge(&conf->bridge[i], report);
		for (uint32_t j = 0; j < i; j++)
			if (!broken[j])
				compare_bridges(&conf->bridge[j],
						&conf->bridge[i], report);
	}
	xn_nat_check(conf, broken, report);
	xn_dhcp_check(conf, broken, report);
	xn_acl_check(conf, report);
	xn_share_check(conf, report);
	for (uint32_t i = 0; i < conf->vif_count; i++)
		if (conf->vif[i].name[0])
			check_vif(conf, &conf->vif[i], report);
}
