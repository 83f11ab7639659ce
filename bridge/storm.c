/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The token bucket of storm.h. Called by forward.c for bursts of ports that
 * have a limit and send such frames; how many is the guest's choice.
 */
#include "bridge/storm.h"

#define FRAME 1000u    /* credit for one */
#define FULL_MS 16000u /* the slowest rate, 1 a second, is full by then */

_Static_assert(FULL_MS >= XSW_STORM_BURST_MIN * FRAME,
	       "the longest wait fills the smallest bucket");

static uint64_t credit_max(const struct xsw_storm *storm)
{
	uint32_t frames = storm->frames / 10;

	if (frames < XSW_STORM_BURST_MIN)
		frames = XSW_STORM_BURST_MIN;
	return (uint64_t)frames * FRAME;
}

void xsw_storm_set(struct xsw_storm *storm, uint32_t frames)
{
	if (storm->frames == frames)
		return;
	storm->frames = frames;
	storm->credit = credit_max(storm);
}

static void refill(struct xsw_storm *storm, uint64_t now_ms)
{
	uint64_t max = credit_max(storm);
	uint64_t passed_ms;

	if (now_ms <= storm->refilled)
		return;
	passed_ms = now_ms - storm->refilled;
	if (passed_ms > FULL_MS)
		passed_ms = FULL_MS;
	storm->refilled = now_ms;
	/* A frame a second is a thousandth a millisecond. */
	storm->credit += passed_ms * storm->frames;
	if (storm->credit > max)
		storm->credit = max;
}

uint64_t xsw_storm_over(struct xsw_storm *storm, uint64_t frames,
			uint64_t now_ms)
{
	if (storm->frames == 0)
		return 0;
	refill(storm, now_ms);
	while (frames && storm->credit >= FRAME) {
		storm->credit -= FRAME;
		frames &= frames - 1;
	}
	return frames;
}
