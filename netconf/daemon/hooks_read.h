/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_HOOKS_READ_H
#define XN_DAEMON_HOOKS_READ_H
/*
 * What hooks.c knows, and the reading of it, one source at a time. A reader
 * replaces what it knew, or sets `unreadable` for its source and says why in
 * `err`. Thread: the loop's.
 */
#include <stdbool.h>

#include "netconf/base/err.h"
#include "netconf/nl/ifindex.h"
#include "netconf/nl/netfilter.h"
#include "netconf/nl/nft.h"
#include "netconf/nl/qdisc.h"
#include "netconf/nl/socket.h"

enum xn_hooks_source {
	XN_HOOKS_NFT,
	XN_HOOKS_TC,
	XN_HOOKS_LINKS,
	XN_HOOKS_NETFILTER,
	XN_HOOKS_PACKET,
	XN_HOOKS_SOURCES,
};

struct xn_hooks_known {
	struct xn_nft_hooks nft; /* those on devices */
	bool nft_bridge, nft_ip, nft_ip6;
	struct xn_ifindexes tc;
	struct xn_ifindexes lowers;  /* links that have one on top */
	struct xn_ifindexes xdp;     /* links with a program */
	struct xn_ifindexes packets; /* links with a packet socket; 0: all */
	struct xn_bridge_nf bridge_nf;
	struct xn_xtables xtables;
	bool ebtables;
	bool unreadable[XN_HOOKS_SOURCES];
	bool absent[XN_HOOKS_SOURCES]; /* the kernel lacks it */
};

void xn_hooks_known_fini(struct xn_hooks_known *known);

/* All: 1 when something may differ now, 0 when not, or negative errno.
 * `netfilter` NULL: the kernel has none. */
int xn_hooks_read_nft(struct xn_hooks_known *known, struct xn_nl *netfilter,
		      struct xn_err *err);
int xn_hooks_read_tc(struct xn_hooks_known *known, struct xn_nl *nl,
		     struct xn_err *err);
int xn_hooks_read_links(struct xn_hooks_known *known, struct xn_nl *nl,
			struct xn_err *err);
int xn_hooks_read_netfilter(struct xn_hooks_known *known, struct xn_err *err);
int xn_hooks_read_packets(struct xn_hooks_known *known, struct xn_err *err);

/* br_netfilter is told to show frames where somebody is hooked. */
bool xn_hooks_bridge_nf(const struct xn_hooks_known *known);

#endif
