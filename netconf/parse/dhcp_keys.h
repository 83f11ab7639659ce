/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_DHCP_KEYS_H
#define XN_PARSE_DHCP_KEYS_H
/*
 * The keys of [bridge NAME] that give guests addresses and names
 * (netconf/model/dhcp.h):
 *
 *	dhcp = on | off | FIRST-LAST...		IPv4
 *	lease-time = NUMBER{s|m|h|d}
 *	ra = on | off				IPv6
 *	dns = on | off
 *	domain = NAME
 *
 * The words are an administrator's, and nothing in them is trusted. Pure; any
 * thread. The first return 0, or -EINVAL with file:line:column in err.
 */
#include <stdio.h>

#include "netconf/model/planeconf.h"
#include "netconf/parse/conf.h"
#include "netconf/parse/report.h"

int xn_dhcp_put_key(struct xn_conf_dhcp *dhcp, enum xn_conf_key key,
		    const struct xn_conf_entry *entry, struct xn_err *err);
/* XN_CONF_DHCP to XN_CONF_DOMAIN. */
bool xn_dhcp_is_key(enum xn_conf_key key);

/* The value, which reads back to the same. */
void xn_dhcp_write_value(FILE *to, const struct xn_conf_dhcp *dhcp,
			 enum xn_conf_key key);

/* Ranges outside of the bridge's networks, over its own address, over each
 * other; guests' addresses that collide (dhcp_check.c). `broken` as for
 * xn_planeconf_check(). */
void xn_dhcp_check(const struct xn_planeconf *conf, const bool *broken,
		   struct xn_report *report);

#endif
