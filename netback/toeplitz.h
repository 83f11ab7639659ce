/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_TOEPLITZ_H
#define XNB_TOEPLITZ_H
/*
 * Steering by the guest's own rule: Microsoft's Toeplitz hash of a frame's
 * addresses and TCP ports, and the guest's table from hash to queue, as it set
 * them through its control ring (xen/io/netif.h, "Hash types" and after). The
 * hash is found with two table lookups for each byte; the tables are made when
 * the key changes.
 *
 * Pure. Thread: any that may read the settings.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/ring/kept.h"
#include "netback/ring/rx_fill.h"

#define XNB_TOEPLITZ_BYTES_MAX 36u /* two IPv6 addresses, two ports */

struct xnb_toeplitz {
	bool on;	/* the guest chose the algorithm, and types of hash */
	uint32_t types; /* XEN_NETIF_CTRL_HASH_TYPE_... */
	uint32_t mapping_size;
	uint8_t mapping[XNB_HASH_MAPPING_MAX];
	/* What the upper and the lower half of each byte put into the hash. */
	uint32_t part[XNB_TOEPLITZ_BYTES_MAX][2][16];
};

/* `hash` is within its bounds (xnb_kept_hash_get()). */
void xnb_toeplitz_set(struct xnb_toeplitz *toeplitz,
		      const struct xnb_kept_hash *hash);

/* The hash of up to XNB_TOEPLITZ_BYTES_MAX bytes. */
uint32_t xnb_toeplitz_hash(const struct xnb_toeplitz *toeplitz,
			   const uint8_t *data, uint32_t bytes);

/* What the guest is told of this frame: the hash of the most specific type
 * that it wants and the frame has; algorithm 0 and value 0 if there is none.
 * Fragments and what is no TCP are hashed by their addresses. `head`: at least
 * 14 bytes of private memory. */
struct xnb_rx_hash xnb_toeplitz_frame(const struct xnb_toeplitz *toeplitz,
				      const uint8_t *head, uint32_t head_bytes,
				      uint32_t frame_bytes);

/* The queue of a hash value, below `queue_count`. Frames without a hash go by
 * the value 0, so all of them by one queue. */
uint32_t xnb_toeplitz_queue(const struct xnb_toeplitz *toeplitz, uint32_t value,
			    uint32_t queue_count);

#endif
