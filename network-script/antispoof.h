/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_ANTISPOOF_H
#define XNS_ANTISPOOF_H
/*
 * antispoof=yes: of the frames that a bridge would forward, those that came in
 * by its uplink (and by the host's own pair) are, all others are dropped. An
 * nftables table of its own for each bridge, of family bridge, put in place
 * and taken away as one transaction. What others filter is not touched.
 *
 * A kernel whose nftables cannot tell bridges apart (no nft_meta_bridge) holds
 * back only what would leave by the uplink or to the host; that is said.
 *
 * Thread: its network namespace is meant.
 */
#include "netconf/base/err.h"
#include "network-script/choose.h"

/* A table that is there is replaced. -EOPNOTSUPP: the kernel has no nftables
 * for bridges. */
int xns_antispoof_set(const struct xns_choice *choice, struct xn_err *err);
/* 0 also when there is none, or no nftables. */
int xns_antispoof_clear(const struct xns_choice *choice, struct xn_err *err);

#endif
