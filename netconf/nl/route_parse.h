/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_ROUTE_PARSE_H
#define XN_NL_ROUTE_PARSE_H
/* RTM_NEWROUTE to struct xn_route. For netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/route.h"

/* 1: *ret_route is set; 0: another family, or a cached copy; -EBADMSG. */
int xn_route_parse(const struct nlmsghdr *header, size_t bytes,
		   struct xn_route *ret_route);

#endif
