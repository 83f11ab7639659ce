/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RATE_H
#define XNB_RATE_H
/*
 * A vif's sending rate: a bucket of bytes, one for all queues of the vif
 * (Linux has one for each queue, so that queues multiply the rate). The bucket
 * fills steadily and holds what one interval gives, but at least what
 * XNB_RATE_BURST_MIN_US gives: with less, each wake-up that comes late would
 * cost bytes. Whoever finds it not empty may send one frame more than it
 * holds, so a frame of any size passes; the debt is paid before the next one.
 * So a vif never sends more than its rate and one bucket and frame beyond.
 *
 * Pure: the clock is the caller's. Thread: the port's worker.
 */
#include <stdbool.h>
#include <stdint.h>

#define XNB_RATE_BURST_MIN_US 5000u
/* Who waits, waits at least for so much credit: not a wake-up for a frame. */
#define XNB_RATE_WAIT_US 1000u

struct xnb_rate {
	uint64_t bytes;	   /* in each interval; 0: unlimited */
	uint64_t interval; /* microseconds */
	/* Bytes times `interval`, so that no fraction is lost; below 0: debt */
	int64_t credit;
	int64_t credit_max;
	uint64_t filled_us; /* when credit was right */
};

/* In force at once. What was saved or owed remains, as far as the new bucket
 * holds it; a limit that begins, begins with an empty bucket. False: nothing
 * changed. Rates above 2^32 bytes in 5 ms count as unlimited. */
bool xnb_rate_set(struct xnb_rate *rate, uint64_t bytes, uint32_t interval_us,
		  uint64_t now_us);

static inline bool xnb_rate_is_limited(const struct xnb_rate *rate)
{
	return rate->bytes != 0;
}

/* The following are for a limited rate. */

/* Bytes that may be sent now; the last frame may exceed them. */
uint64_t xnb_rate_credit(struct xnb_rate *rate, uint64_t now_us);
void xnb_rate_spend(struct xnb_rate *rate, uint64_t frame_bytes);
/* Microseconds from the last xnb_rate_credit() until it is worth to ask again;
 * at least 1. */
uint64_t xnb_rate_wait_us(const struct xnb_rate *rate);

#endif
