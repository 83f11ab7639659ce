/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_NFT_H
#define XN_NL_NFT_H
/*
 * Where nftables looks at frames: the hooks of base chains and of flow tables,
 * of all families. What their rules say is not read. A chain of a table that
 * is switched off (dormant) is reported too. Reading needs CAP_NET_ADMIN.
 * Threads and errors: socket.h.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

/* Longer names, which nftables has, are cut. */
#define XN_NFT_NAME_MAX 32

struct xn_nft_hook {
	uint8_t family; /* NFPROTO_* of linux/netfilter.h */
	uint32_t number;
	/* One device's frames only; "": those of the namespace. A hook on
	 * several devices is reported once for each. */
	char device[IFNAMSIZ];
	bool prefix; /* all devices whose names begin so (Linux 6.16) */
	/* Of a base chain: what no rule decides on is dropped. */
	bool drops;
	char table[XN_NFT_NAME_MAX], chain[XN_NFT_NAME_MAX];
};

struct xn_nft_hooks {
	struct xn_nft_hook *hook;
	size_t count;
};

/* `netfilter`: of xn_nl_open_netfilter(). The caller owns the table's memory:
 * xn_nft_hooks_fini(). -EOPNOTSUPP: the kernel has no nftables. */
int xn_nft_hooks_dump(struct xn_nl *netfilter, struct xn_nft_hooks *ret_hooks,
		      struct xn_err *err);
void xn_nft_hooks_fini(struct xn_nft_hooks *hooks);

/* The hook is for one device, and the link is that. */
bool xn_nft_hook_is_on(const struct xn_nft_hook *hook, const char *link_name);

#endif
