/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_TX_RESPOND_H
#define XNB_RING_TX_RESPOND_H
/*
 * Last stage of a guest's frames: every slot of a burst gets its response, in
 * order; then, before sleeping, the final check. The receivers' responses must
 * have been logged before (redo.h: at least once, never lost).
 *
 * Thread: the queue's worker.
 */
#include <stdbool.h>

#include "netback/ring/tx_parse.h"

/* Turns the answers of packets into ERROR whose source_status is not 0; returns
 * how many they are. Before xnb_tx_respond(), if a copy has failed since the
 * peek. */
uint32_t xnb_tx_refuse_failed(struct xnb_tx_burst *burst);

/* OKAY for each slot of a packet, ERROR if it was refused, NULL for extra
 * infos. Logs, writes, publishes. True: notify the guest. The burst is empty
 * afterwards. */
bool xnb_tx_respond(struct xnb_tx_ring *ring, struct xnb_tx_burst *burst);

/* Asks for an event at the next request. True: requests are there already, do
 * not sleep. */
bool xnb_tx_arm(struct xnb_tx_ring *ring);

#endif
