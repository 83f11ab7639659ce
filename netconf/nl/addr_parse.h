/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_ADDR_PARSE_H
#define XN_NL_ADDR_PARSE_H
/* RTM_NEWADDR and RTM_DELADDR to struct xn_addr. For netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/addr.h"

/* 1: *ret_addr is set; 0: another family; -EBADMSG. */
int xn_addr_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_addr *ret_addr);

#endif
