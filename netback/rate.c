/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See rate.h. Thread: the port's worker. */
#include "netback/rate.h"

/* Bytes in a bucket: with an interval of at most 2^24 us their product is a
 * credit. Nothing that a guest has is faster. */
#define BUCKET_BYTES_MAX (UINT64_C(1) << 32)

/* What `us` bring, below `max`, in credit. */
static int64_t gain(const struct xnb_rate *rate, uint64_t us, int64_t max)
{
	if (us >= ((uint64_t)max + rate->bytes - 1) / rate->bytes)
		return max;
	return (int64_t)(rate->bytes * us);
}

static void fill(struct xnb_rate *rate, uint64_t now_us)
{
	uint64_t us = now_us > rate->filled_us ? now_us - rate->filled_us : 0;

	rate->credit += gain(rate, us, rate->credit_max - rate->credit);
	rate->filled_us = now_us;
}

/* 0: faster than can be counted. */
static uint64_t bucket_bytes(uint64_t bytes, uint64_t interval)
{
	uint64_t bucket = bytes;

	if (bytes > BUCKET_BYTES_MAX)
		return 0;
	if (interval < XNB_RATE_BURST_MIN_US)
		bucket = bytes * XNB_RATE_BURST_MIN_US / interval;
	return bucket <= BUCKET_BYTES_MAX ? bucket : 0;
}

bool xnb_rate_set(struct xnb_rate *rate, uint64_t bytes, uint32_t interval_us,
		  uint64_t now_us)
{
	uint64_t bucket = 0;
	int64_t credit = 0; /* bytes */

	if (bytes > 0 && interval_us > 0)
		bucket = bucket_bytes(bytes, interval_us);
	if (bucket == 0)
		bytes = 0;
	if (bytes == rate->bytes &&
	    (bytes == 0 || interval_us == rate->interval))
		return false;
	if (rate->bytes > 0) {
		fill(rate, now_us);
		credit = rate->credit / (int64_t)rate->interval;
	}
	rate->bytes = bytes;
	if (bytes == 0)
		return true;
	rate->interval = interval_us;
	rate->credit_max = (int64_t)(bucket * interval_us);
	rate->credit = credit * (int64_t)interval_us;
	if (rate->credit > rate->credit_max)
		rate->credit = rate->credit_max;
	rate->filled_us = now_us;
	return true;
}

uint64_t xnb_rate_credit(struct xnb_rate *rate, uint64_t now_us)
{
	fill(rate, now_us);
	if (rate->credit <= 0)
		return 0;
	return ((uint64_t)rate->credit + rate->interval - 1) / rate->interval;
}

void xnb_rate_spend(struct xnb_rate *rate, uint64_t frame_bytes)
{
	rate->credit -= (int64_t)(frame_bytes * rate->interval);
}

uint64_t xnb_rate_wait_us(const struct xnb_rate *rate)
{
	int64_t wanted = (int64_t)(rate->bytes * XNB_RATE_WAIT_US);

	if (rate->credit >= wanted)
		return 1;
	return ((uint64_t)(wanted - rate->credit) + rate->bytes - 1) /
	       rate->bytes;
}
