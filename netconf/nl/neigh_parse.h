/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_NEIGH_PARSE_H
#define XN_NL_NEIGH_PARSE_H
/* RTM_NEWNEIGH of IP families to struct xn_neigh. For netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/neigh.h"

/* 1: *ret_neigh is set; 0: another family, or one without an Ethernet
 * address; -EBADMSG. */
int xn_neigh_parse(const struct nlmsghdr *header, size_t bytes,
		   struct xn_neigh *ret_neigh);

#endif
