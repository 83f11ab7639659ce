/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_RULE_PARSE_H
#define XN_NL_RULE_PARSE_H
/* RTM_NEWRULE to struct xn_rule. For netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/rule.h"

/* 1: *ret_rule is set; 0: another family; -EBADMSG. */
int xn_rule_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_rule *ret_rule);

#endif
