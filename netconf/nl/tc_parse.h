/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_TC_PARSE_H
#define XN_NL_TC_PARSE_H
/* RTM_NEWQDISC, _NEWTCLASS, _NEWTFILTER to plain values. For netconf/nl only.
 * Pure. */
#include <linux/netlink.h>

#include "netconf/nl/tc.h"

/* 0 or -EBADMSG; *ret is untouched then. */
int xn_tc_qdisc_parse(const struct nlmsghdr *header, size_t bytes,
		      struct xn_tc_qdisc *ret_qdisc);
int xn_tc_class_parse(const struct nlmsghdr *header, size_t bytes,
		      struct xn_tc_class *ret_class);
/* 1: a filter; 0: only the head of a list of them; -EBADMSG. */
int xn_tc_filter_parse(const struct nlmsghdr *header, size_t bytes,
		       struct xn_tc_filter *ret_filter);

#endif
