/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_TX_MAPPED_H
#define XNB_RING_TX_MAPPED_H
/*
 * Fragments in pages that the guest had us map (grants.h): no grant copy may
 * touch these, and none is needed. The peek and every fetch read them by
 * memory copies (tx_copy.h); a tap may be given them as they are.
 *
 * Thread: the queue's worker.
 */
#include <sys/uio.h>

#include "netback/ring/tx_parse.h"

/* Looks the fragments up; after xnb_tx_parse(), for vifs with static grants. */
void xnb_tx_resolve(struct xnb_tx_burst *burst,
		    const struct xnb_grants *grants);

/* Where the bytes from `skip` on lie, of a packet that is mapped whole: fills
 * up to XNB_TX_SLOTS_MAX pieces, and returns how many. The guest may change
 * them at any time. */
uint32_t xnb_tx_pieces(const struct xnb_tx_burst *burst,
		       const struct xnb_tx_packet *packet, uint32_t skip,
		       struct iovec *ret_iov);

#endif
