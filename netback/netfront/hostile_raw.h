/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_HOSTILE_RAW_H
#define XNF_HOSTILE_RAW_H
/*
 * A transmit ring without the frontend library's honesty: any slot with any
 * content goes in, and answers are counted without being believed. The slot at
 * an index owns the page of the same number, so what is not overwritten by an
 * attack is sound.
 *
 * Thread: one. Nothing here waits for longer than it says.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/queue.h"

struct xnf_raw {
	struct xnf_queue *queue;
	uint32_t prod; /* requests put */
	uint32_t cons; /* answers counted */
	uint64_t okay, error, null, dropped;
	uint64_t odd; /* any other status */
};

/* Takes over a queue that was just made; keeps the counts. */
void xnf_raw_begin(struct xnf_raw *raw, struct xnf_queue *queue);

static inline uint32_t xnf_raw_room(const struct xnf_raw *raw)
{
	return XNF_RING_SLOTS - (raw->prod - raw->cons);
}

/* The page of the slot that is put next. */
uint8_t *xnf_raw_memory(const struct xnf_raw *raw);
/* A request for so many bytes of that page. */
struct netif_tx_request xnf_raw_request(const struct xnf_raw *raw,
					uint32_t bytes, uint32_t flags);
/* The caller has seen that there is room. */
void xnf_raw_put(struct xnf_raw *raw, const struct netif_tx_request *request);
void xnf_raw_put_extra(struct xnf_raw *raw,
		       const struct netif_extra_info *extra);
/* Shows what was put and notifies, wanted or not. */
void xnf_raw_show(struct xnf_raw *raw);
/* Counts answers; more than there are requests are left alone. */
void xnf_raw_reap(struct xnf_raw *raw);
/* True: every request is answered. */
bool xnf_raw_wait(struct xnf_raw *raw, uint32_t limit_ms);

#endif
