/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_LINK_PARSE_H
#define XN_NL_LINK_PARSE_H
/* RTM_NEWLINK and RTM_DELLINK to struct xn_link. For netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/link.h"
#include "netconf/nl/monitor.h"

/* A message of family AF_UNSPEC. 0 or -EBADMSG. */
int xn_link_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_link *ret_link);
/* A message of family AF_BRIDGE, which is about a port. 1: *ret_event is set;
 * 0: it is about something else; -EBADMSG. */
int xn_port_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_port_event *ret_event);

#endif
