/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_NFT_PARSE_H
#define XN_NL_NFT_PARSE_H
/* NFT_MSG_NEWCHAIN and NFT_MSG_NEWFLOWTABLE to struct xn_nft_hook. For
 * netconf/nl only. Pure. */
#include <stddef.h>
#include <linux/netlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/nft.h"

/* Appends to an array of struct xn_nft_hook; nothing for a chain that is not
 * a base chain. 0, -EBADMSG or -ENOMEM. */
int xn_nft_parse(const struct nlmsghdr *header, size_t bytes,
		 struct xn_array *hooks);

#endif
