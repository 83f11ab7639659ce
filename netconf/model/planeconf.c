/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and memory of what xenplane.conf says, see planeconf.h. */
#include "netconf/model/planeconf.h"

#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

void xn_planeconf_destroy(struct xn_planeconf *conf)
{
	if (!conf)
		return;
	for (uint32_t i = 0; i < conf->file_count; i++)
		free(conf->file[i]);
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		xn_conf_nat_fini(&conf->bridge[i].nat);
	for (uint32_t i = 0; i < conf->acl_count; i++)
		xn_acl_fini(&conf->acl[i]);
	free(conf->acl);
	free(conf->bridge);
	free(conf->vif);
	free(conf);
}

const struct xn_acl *xn_planeconf_acl(const struct xn_planeconf *conf,
				      const char *name)
{
	for (uint32_t i = 0; i < conf->acl_count; i++)
		if (!strcmp(conf->acl[i].name, name))
			return &conf->acl[i];
	return NULL;
}

uint32_t xn_planeconf_vifnum(const struct xn_planeconf_bridge *bridge)
{
	uint32_t number = 0;

	if (xn_planeconf_says(bridge, XN_CONF_VIFNUM))
		return bridge->vifnum;
	if (strncmp(bridge->netdev, "eth", 3) != 0 ||
	    xn_parse_u32(bridge->netdev + 3, 0, XN_PLANECONF_VIFNUM_MAX,
			 &number) < 0)
		return 0;
	return number;
}

const char *xn_planeconf_host_link(const struct xn_planeconf_bridge *bridge)
{
	return bridge->style == XN_CONF_OLD ? bridge->netdev : bridge->name;
}

const char *xn_conf_key_name(enum xn_conf_key key)
{
	static const char *const names[XN_CONF_KEY_COUNT] = {
		[XN_CONF_MODE] = "mode",
		[XN_CONF_NETDEV] = "netdev",
		[XN_CONF_STYLE] = "style",
		[XN_CONF_VIFNUM] = "vifnum",
		[XN_CONF_ADDRESS] = "address",
		[XN_CONF_GATEWAY] = "gateway",
		[XN_CONF_PREFIX] = "prefix",
		[XN_CONF_MAC] = "mac",
		[XN_CONF_MTU] = "mtu",
		[XN_CONF_STP] = "stp",
		[XN_CONF_STP_PRIORITY] = "stp-priority",
		[XN_CONF_FORWARD_DELAY] = "forward-delay",
		[XN_CONF_HELLO_TIME] = "hello-time",
		[XN_CONF_MAX_AGE] = "max-age",
		[XN_CONF_AGEING] = "ageing",
		[XN_CONF_NETDEV_COST] = "netdev-cost",
		[XN_CONF_NETDEV_PRIORITY] = "netdev-priority",
		[XN_CONF_MULTICAST_SNOOPING] = "multicast-snooping",
		[XN_CONF_MULTICAST_QUERIER] = "multicast-querier",
		[XN_CONF_VLAN_FILTERING] = "vlan-filtering",
		[XN_CONF_VLAN_DEFAULT_PVID] = "vlan-default-pvid",
		[XN_CONF_UPLINK_RATE] = "uplink-rate",
		[XN_CONF_UPLINK_RATE_IN] = "uplink-rate-in",
		[XN_CONF_MASQUERADE] = "masquerade",
		[XN_CONF_NAT6] = "nat6",
		[XN_CONF_CONNECTIONS] = "connections",
		[XN_CONF_FORWARD] = "forward",
		[XN_CONF_ONE_TO_ONE] = "one-to-one",
		[XN_CONF_DHCP] = "dhcp",
		[XN_CONF_LEASE_TIME] = "lease-time",
		[XN_CONF_RA] = "ra",
		[XN_CONF_DNS] = "dns",
		[XN_CONF_DOMAIN] = "domain",
	};

	return (unsigned int)key < XN_CONF_KEY_COUNT ? names[key] : "";
}

const char *xn_conf_mode_name(enum xn_conf_mode mode)
{
	switch (mode) {
	case XN_CONF_BRIDGED:
		return "bridged";
	case XN_CONF_NAT:
		return "nat";
	case XN_CONF_ROUTED:
		return "routed";
	}
	return "";
}

const char *xn_conf_style_name(enum xn_conf_style style)
{
	switch (style) {
	case XN_CONF_PLAIN:
		return "plain";
	case XN_CONF_OLD:
		return "old";
	case XN_CONF_NEW:
		return "new";
	}
	return "";
}
