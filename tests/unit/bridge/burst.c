/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bursts for tests of the switch; see burst.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/bridge/burst.h"

#define FRAME_BYTES 60u

struct xn_mac mac_of(uint64_t number)
{
	struct xn_mac mac;

	for (int i = XN_MAC_BYTES - 1; i >= 0; i--) {
		mac.octet[i] = (uint8_t)(number & 0xff);
		number >>= 8;
	}
	return mac;
}

uint64_t mac_number(const struct xn_mac *mac)
{
	uint64_t number = 0;

	for (int i = 0; i < XN_MAC_BYTES; i++)
		number = number << 8 | mac->octet[i];
	return number;
}

void burst_init(struct burst *burst, uint16_t in_port)
{
	/* What the switch must write itself starts as rubbish. */
	memset(burst, 0xa5, sizeof(*burst));
	burst->batch.count = 0;
	burst->batch.in_port = in_port;
}

uint32_t burst_add(struct burst *burst, uint64_t dst, uint64_t src)
{
	uint32_t i = burst->batch.count++;
	struct xn_mac to = mac_of(dst);
	struct xn_mac from = mac_of(src);

	assert_true(i < XSW_BATCH_MAX);
	memset(burst->head[i], 0, BURST_HEAD_BYTES);
	memcpy(burst->head[i], to.octet, XN_MAC_BYTES);
	memcpy(burst->head[i] + XN_MAC_BYTES, from.octet, XN_MAC_BYTES);
	burst->batch.frame[i] = (struct xsw_frame){
		.head = burst->head[i],
		.head_bytes = FRAME_BYTES,
		.frame_bytes = FRAME_BYTES,
	};
	burst_type(burst, i, 0x0800);
	return i;
}

void burst_cut(struct burst *burst, uint32_t i, uint16_t bytes)
{
	burst->batch.frame[i].head_bytes = bytes;
	burst->batch.frame[i].frame_bytes = bytes;
}

void burst_type(struct burst *burst, uint32_t i, uint16_t ethertype)
{
	burst->head[i][12] = (uint8_t)(ethertype >> 8);
	burst->head[i][13] = (uint8_t)(ethertype & 0xff);
}

bool burst_reaches(const struct burst *burst, uint32_t i, uint16_t port)
{
	for (uint32_t d = 0; d < burst->batch.dest_count; d++) {
		if (burst->batch.dest[d] == port)
			return burst->batch.dest_frames[port] >> i & 1;
	}
	return false;
}

bool burst_reaches_twin(const struct burst *burst, uint32_t i)
{
	return burst->batch.to_twin >> i & 1;
}

uint32_t burst_copies(const struct burst *burst, uint32_t i)
{
	uint32_t copies = 0;

	for (uint32_t d = 0; d < burst->batch.dest_count; d++)
		copies += burst_reaches(burst, i, burst->batch.dest[d]);
	return copies;
}

enum xsw_drop burst_drop(const struct burst *burst, uint32_t i)
{
	return (enum xsw_drop)burst->batch.drop[i];
}

void burst_check(const struct burst *burst)
{
	const struct xsw_batch *batch = &burst->batch;
	uint64_t all = ~(uint64_t)0;
	uint64_t sent = batch->to_twin;
	bool used[XSW_PORTS_MAX] = {false};

	if (batch->count < XSW_BATCH_MAX)
		all = ((uint64_t)1 << batch->count) - 1;
	assert_true(batch->dest_count <= XSW_PORTS_MAX);
	for (uint32_t d = 0; d < batch->dest_count; d++) {
		uint16_t port = batch->dest[d];

		assert_true(port < XSW_PORTS_MAX);
		assert_false(used[port]);
		used[port] = true;
		assert_int_not_equal(port, batch->in_port);
		assert_int_not_equal(batch->dest_frames[port], 0);
		sent |= batch->dest_frames[port];
	}
	assert_int_equal(sent & ~all, 0);
	assert_int_equal(batch->dropped & ~all, 0);
	assert_int_equal(sent & batch->dropped, 0);
	assert_int_equal(sent | batch->dropped, all);
	for (uint32_t i = 0; i < batch->count; i++)
		assert_int_equal(batch->dropped >> i & 1,
				 batch->drop[i] != XSW_DROP_NONE);
}
