/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_GUEST_ANNOUNCE_H
#define XNF_GUEST_ANNOUNCE_H
/*
 * Gratuitous ARP, as a frontend sends it when its backend connects: switches
 * learn at once where the guest is now (this is what makes live migration
 * work). One request for each IPv4 address of the interface, none without.
 *
 * Thread: whoever has the transmit ring.
 */
#include <stdint.h>

#include "netback/netfront/tx.h"
#include "netconf/base/mac.h"

#define XNF_ANNOUNCE_BYTES 60u

/* The frame (RFC 5227, an announcement) for `address` in network order. */
void xnf_announce_frame(const struct xn_mac *mac, uint32_t address,
			uint8_t ret_frame[XNF_ANNOUNCE_BYTES]);

/* Puts the announcements of interface `name` into the ring; how many. The
 * caller publishes. */
uint32_t xnf_announce(struct xnf_tx *tx, const char *name,
		      const struct xn_mac *mac);

#endif
