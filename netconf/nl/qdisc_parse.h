/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_QDISC_PARSE_H
#define XN_NL_QDISC_PARSE_H
/* RTM_NEWQDISC. For netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

/* 1: somebody added it, to *ret_ifindex; 0: it is the kernel's own;
 * -EBADMSG. */
int xn_qdisc_parse(const struct nlmsghdr *header, size_t bytes,
		   int *ret_ifindex);

#endif
