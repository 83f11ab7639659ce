/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_POOL_H
#define XNB_POOL_H
/*
 * Frames in private memory that outlive a burst (egress queues): 4 KiB chunks
 * of one slab, allocated at start and never after. A frame takes as many
 * chunks as its bytes need.
 *
 * Thread: one worker; after xnb_pool_share(), any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/offload/meta.h"
#include "netback/ring/rx_fill.h"

#define XNB_CHUNK_BYTES 4096u
#define XNB_CHUNKS_DEFAULT 4096u /* 16 MiB */
#define XNB_CHUNKS_MIN 64u
#define XNB_CHUNKS_MAX (1u << 20)
#define XNB_PACKET_CHUNKS 16u /* 65535 bytes */

struct xnb_packet {
	struct xnb_packet *next; /* the holder's */
	struct xnb_meta meta;
	struct xnb_rx_hash hash;
	uint32_t frame_bytes;
	uint32_t chunk_count;
	enum xnb_rx_origin origin;
	uint32_t sender; /* the holder's */
	uint32_t chunk[XNB_PACKET_CHUNKS];
};

struct xnb_pool;

/* Caller owns the result. NULL: out of memory. */
struct xnb_pool *xnb_pool_create(uint32_t chunks);
void xnb_pool_destroy(struct xnb_pool *pool); /* accepts NULL */

/* Before several workers use it. */
void xnb_pool_share(struct xnb_pool *pool);

uint32_t xnb_pool_free(const struct xnb_pool *pool); /* chunks */

static inline uint32_t xnb_pool_chunks_of(uint32_t frame_bytes)
{
	return (frame_bytes + XNB_CHUNK_BYTES - 1) / XNB_CHUNK_BYTES;
}

/* A packet with room for the frame, which is 1 to 65535 bytes. NULL: the
 * pool has not enough left. Its meta, hash, origin, sender
 * and next are not set. */
struct xnb_packet *xnb_pool_get(struct xnb_pool *pool, uint32_t frame_bytes);
void xnb_pool_put(struct xnb_pool *pool, struct xnb_packet *packet);

uint8_t *xnb_pool_chunk(struct xnb_pool *pool, const struct xnb_packet *packet,
			uint32_t index);

#endif
