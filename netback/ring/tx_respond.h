/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_TX_RESPOND_H
#define XNB_RING_TX_RESPOND_H
/*
 * Last stage of a guest's frames: every slot of a burst gets its response, in
 * order; then, before sleeping, the final check. The receivers' responses must
 * have been published before (redo.h: at least once, never lost).
 *
 * Thread: the queue's worker.
 */
#include <stdbool.h>

#include "netback/ring/tx_parse.h"

/* OKAY for each slot of a packet, ERROR if its source_status is not 0, NULL
 * for extra infos. Logs, writes, publishes. True: notify the guest. The burst
 * is empty afterwards. */
bool xnb_tx_respond(struct xnb_tx_ring *ring, struct xnb_tx_burst *burst);

/* Asks for an event at the next request. True: requests are there already, do
 * not sleep. */
bool xnb_tx_arm(struct xnb_tx_ring *ring);

#endif
