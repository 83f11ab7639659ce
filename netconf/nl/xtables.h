/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_XTABLES_H
#define XN_NL_XTABLES_H
/*
 * The old iptables' filter table, of the thread's network namespace: what its
 * FORWARD chain does with what no rule decides on. Does not have the kernel
 * make a table that is not there. Needs CAP_NET_ADMIN.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"

/* `family`: AF_INET or AF_INET6. */
int xn_xtables_forward_drops(uint8_t family, bool *ret_drops,
			     struct xn_err *err);

/* The verdict of the entry at `at`, which is a policy's. `target_at`: where an
 * entry of that family says where its target is. -EBADMSG: it is none. For
 * tests. */
int xn_xtables_judge(const void *entries, size_t bytes, size_t at,
		     size_t target_at, bool *ret_drops);

#endif
