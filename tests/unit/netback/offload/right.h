/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_OFFLOAD_RIGHT_H
#define TEST_OFFLOAD_RIGHT_H
/* Is the TCP or UDP checksum of a frame in one piece right? One that has none,
 * or cannot be understood, is not. */
#include <stdbool.h>
#include <stdint.h>

#include "netback/offload/checksum.h"
#include "netback/offload/headers.h"

static inline bool frame_l4_right(const uint8_t *frame, uint32_t bytes)
{
	struct xnb_headers h;
	uint32_t sum;

	if (xnb_headers_parse(frame, bytes, bytes, &h) < 0 || h.routed)
		return false;
	sum = xnb_sum_pseudo(frame, &h, h.l4_bytes);
	return xnb_sum_fold(xnb_sum(sum, frame + h.l4, h.l4_bytes)) == 0;
}

#endif
