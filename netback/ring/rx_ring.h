/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_RX_RING_H
#define XNB_RING_RX_RING_H
/*
 * What the files of a receiver's ring share (rx_fill.h): rx_fill.c and
 * rx_plain.c reserve, rx_commit.c answers and publishes. Private to these.
 * Thread: whoever holds the queue's lease.
 */
#include "netback/ring/rx_fill.h"

/* A frame that fits starts at one of 16 offsets: with all frames at offset 0
 * their lines would compete for the same cache sets. */
#define XNB_COLOUR_BYTES 64u
#define XNB_COLOURS 16u

static inline uint32_t xnb_least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint16_t xnb_rx_first_offset(uint32_t index, uint32_t frame_bytes)
{
	if (frame_bytes > XNB_PAGE_SIZE - XNB_COLOUR_BYTES * (XNB_COLOURS - 1))
		return 0;
	return (uint16_t)(index % XNB_COLOURS * XNB_COLOUR_BYTES);
}

/* The answer to the request at `index`. */
static inline struct netif_rx_response *
xnb_rx_response(struct xnb_rx_ring *ring, uint32_t index)
{
	return &ring->log->response[index % XNB_RX_RING_SIZE];
}

static inline bool xnb_rx_source_failed(const struct xnb_rx_packet *packet)
{
	return packet->source_status && *packet->source_status != 0;
}

/* From here on failures of the plan's are this ring's business. */
static inline void xnb_rx_begin(struct xnb_rx_ring *ring,
				const struct xnb_copy *plan)
{
	if (ring->packet_count > 0)
		return;
	ring->plan = plan;
	ring->failures = plan->failures;
}

/* Are `slots` requests there, behind those that are reserved? Reads req_prod
 * when the known ones run short. 0, -ENOSPC, or -EPROTO (ring->fault). */
int xnb_rx_space(struct xnb_rx_ring *ring, uint32_t slots);

#endif
