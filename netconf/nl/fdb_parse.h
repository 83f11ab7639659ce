/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_FDB_PARSE_H
#define XN_NL_FDB_PARSE_H
/* RTM_NEWNEIGH and RTM_DELNEIGH to struct xn_fdb_entry. For netconf/nl only.
 * Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/fdb.h"

/* 1: *ret_entry is a bridge's entry; 0: the message is about something else;
 * -EBADMSG. */
int xn_fdb_parse(const struct nlmsghdr *header, size_t bytes,
		 struct xn_fdb_entry *ret_entry);

#endif
