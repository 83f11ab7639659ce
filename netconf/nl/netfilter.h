/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_NETFILTER_H
#define XN_NL_NETFILTER_H
/*
 * The parts of netfilter that are older than netlink, of the thread's network
 * namespace: what br_netfilter is told, which tables of the old iptables there
 * are, and whether an old ebtables table is in use. Nothing announces them.
 */
#include <stdbool.h>
#include <stddef.h>

#include "netconf/base/err.h"

/* br_netfilter shows the frames of every bridge to these hooks. All false when
 * it is not loaded. */
struct xn_bridge_nf {
	bool call_iptables, call_ip6tables, call_arptables;
};

/* Negative errno and the path in `err`; a file that is not there is false. */
int xn_bridge_nf_read(struct xn_bridge_nf *ret_nf, struct xn_err *err);

/* Old tables (not nftables') exist. One exists from the first time that it is
 * listed or written, with rules or without. */
struct xn_xtables {
	bool ip, ip6, arp;
};
int xn_xtables_read(struct xn_xtables *ret_tables, struct xn_err *err);

/* An old ebtables table has a rule, or a policy that is not ACCEPT. Does not
 * have the kernel load a module or make a table of one that is not loaded.
 * Needs CAP_NET_ADMIN. */
int xn_ebtables_in_use(bool *ret_in_use, struct xn_err *err);

/* A file with one number: 0 or 1. -EBADMSG: anything else. For tests. */
int xn_netfilter_parse_flag(const char *text, bool *ret_flag);
/* The entries of a table without rules: -EBADMSG when they are no chains;
 * else whether a policy is not ACCEPT. `bytes` of `entries` are aligned as a
 * struct ebt_entries. For tests. */
int xn_ebtables_judge(const void *entries, size_t bytes, bool *ret_in_use);

#endif
