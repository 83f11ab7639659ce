/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link's settings of IPv6, which netlink tells and only sysctls change. */
#include "netconf/nl/link.h"

#include <linux/ipv6.h>

/* In this order they are written. */
const struct xn_ipv6_key xn_ipv6_key[] = {
	{DEVCONF_FORWARDING, "forwarding"},
	{DEVCONF_HOPLIMIT, "hop_limit"},
	{DEVCONF_ACCEPT_REDIRECTS, "accept_redirects"},
	{DEVCONF_AUTOCONF, "autoconf"},
	{DEVCONF_DAD_TRANSMITS, "dad_transmits"},
	{DEVCONF_RTR_SOLICITS, "router_solicitations"},
	{DEVCONF_USE_TEMPADDR, "use_tempaddr"},
	{DEVCONF_TEMP_VALID_LFT, "temp_valid_lft"},
	{DEVCONF_TEMP_PREFERED_LFT, "temp_prefered_lft"},
	{DEVCONF_MAX_ADDRESSES, "max_addresses"},
	{DEVCONF_ACCEPT_RA_DEFRTR, "accept_ra_defrtr"},
	{DEVCONF_ACCEPT_RA_PINFO, "accept_ra_pinfo"},
	{DEVCONF_PROXY_NDP, "proxy_ndp"},
	{DEVCONF_ACCEPT_SOURCE_ROUTE, "accept_source_route"},
	{DEVCONF_ACCEPT_DAD, "accept_dad"},
	{DEVCONF_FORCE_TLLAO, "force_tllao"},
	{DEVCONF_NDISC_NOTIFY, "ndisc_notify"},
	{DEVCONF_SUPPRESS_FRAG_NDISC, "suppress_frag_ndisc"},
	{DEVCONF_ACCEPT_RA_FROM_LOCAL, "accept_ra_from_local"},
	{DEVCONF_ACCEPT_RA_MTU, "accept_ra_mtu"},
	{DEVCONF_USE_OIF_ADDRS_ONLY, "use_oif_addrs_only"},
	{DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT, "accept_ra_min_hop_limit"},
	{DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, "ignore_routes_with_linkdown"},
	{DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, "drop_unicast_in_l2_multicast"},
	{DEVCONF_DROP_UNSOLICITED_NA, "drop_unsolicited_na"},
	{DEVCONF_KEEP_ADDR_ON_DOWN, "keep_addr_on_down"},
	{DEVCONF_ENHANCED_DAD, "enhanced_dad"},
	{DEVCONF_DISABLE_POLICY, "disable_policy"},
	{DEVCONF_NDISC_TCLASS, "ndisc_tclass"},
};
const uint8_t xn_ipv6_key_count = sizeof(xn_ipv6_key) / sizeof(xn_ipv6_key[0]);

_Static_assert(sizeof(xn_ipv6_key) / sizeof(xn_ipv6_key[0]) <= XN_LINK_CONF_MAX,
	       "all fit");

int xn_link_set_ipv6_conf(const char *name, const struct xn_link_conf *from,
			  const struct xn_link_conf *to, struct xn_err *err)
{
	int rc = 0;

	for (uint8_t i = 0; i < to->count && i < xn_ipv6_key_count && rc == 0;
	     i++) {
		if (i >= from->count || from->value[i] != to->value[i])
			rc = xn_link_set_ipv6(name, xn_ipv6_key[i].name,
					      to->value[i], err);
	}
	return rc;
}
