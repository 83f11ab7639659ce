/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_TX_COPY_H
#define XNB_RING_TX_COPY_H
/*
 * Second stage: bytes of the sender's frames into private memory. The head of
 * every packet, however many slots it is spread over, with one call; later,
 * where a frame must be had whole (a tap, the egress queue, offloads in
 * software), its rest. What lies in pages that are mapped is copied at once.
 *
 * Thread: the queue's worker.
 */
#include "netback/ring/copy.h"
#include "netback/ring/tx_parse.h"

/* Fills the heads of all packets with one grant copy call (none for an empty
 * burst). Packets whose head could not be had leave the burst: their slots are
 * answered ERROR, burst->source_failed counts them, the others close ranks.
 * `plan` must be empty and is empty afterwards. */
void xnb_tx_peek(struct xnb_tx_burst *burst, struct xnb_copy *plan);

/* Plans the copy of bytes [skip, skip + bytes) of a packet to `to`; a failure
 * goes to packet->source_status. 0, -EINVAL (beyond the frame) or -ENOBUFS
 * (plan full; nothing added). */
int xnb_tx_fetch(struct xnb_tx_burst *burst, uint32_t packet, uint32_t skip,
		 uint32_t bytes, uint8_t *to, struct xnb_copy *plan);

/* Where in a page the bytes of a packet from `skip` on are to begin, so that
 * what is at a page's begin with the sender is at one in private memory, too.
 */
uint32_t xnb_tx_place(const struct xnb_tx_burst *burst, uint32_t packet,
		      uint32_t skip);

#endif
