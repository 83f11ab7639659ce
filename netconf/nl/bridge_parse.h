/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_BRIDGE_PARSE_H
#define XN_NL_BRIDGE_PARSE_H
/* What the kernel reports about a bridge or a port, to the structs of
 * bridge.h. For netconf/nl only. Pure. 0 or -EBADMSG. */
#include <linux/netlink.h>

#include "netconf/nl/bridge.h"

/* `data` nests IFLA_BR_*. */
int xn_bridge_parse(const struct nlattr *data, struct xn_bridge *ret_bridge);
/* `data` nests IFLA_BRPORT_*. */
int xn_brport_parse(const struct nlattr *data, struct xn_brport *ret_port);

#endif
