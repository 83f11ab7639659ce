/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_COUNTERS_PARSE_H
#define XN_NL_COUNTERS_PARSE_H
/* RTM_NEWSTATS. For netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/counters.h"

/* 0 or -EBADMSG. */
int xn_counters_parse(const struct nlmsghdr *header, size_t bytes,
		      struct xn_counters *ret_counters);

#endif
