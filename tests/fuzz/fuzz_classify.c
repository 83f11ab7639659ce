// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A burst's Ethernet headers, sorted by the switch's first stage, against the
 * same byte by byte. Each head lies in memory of its own size.
 *
 * Input: for each frame u8 how many bytes of it there are (at most 31), then
 * these; at most 64 frames.
 */
#include "bridge/classify.h"
#include "fuzz.h"

#define HEAD_MAX 32u

static struct xsw_batch batch;
static struct xsw_burst burst;

static uint64_t key_of(const uint8_t *mac)
{
	uint64_t key = 0;

	for (uint32_t i = XN_MAC_BYTES; i-- > 0;)
		key = key << 8 | mac[i];
	return key << 16;
}

static bool is_broadcast(const uint8_t *mac)
{
	for (uint32_t i = 0; i < XN_MAC_BYTES; i++) {
		if (mac[i] != 0xff)
			return false;
	}
	return true;
}

static bool is_reserved(const uint8_t *mac)
{
	static const uint8_t first[] = {0x01, 0x80, 0xc2, 0, 0};

	return !memcmp(mac, first, sizeof(first)) && mac[5] < 16;
}

static bool is_tagged(const uint8_t *head)
{
	return (head[12] == 0x81 && head[13] == 0x00) ||
	       (head[12] == 0x88 && head[13] == 0xa8);
}

static bool in(uint64_t set, uint32_t i)
{
	return set >> i & 1;
}

static void check_frame(uint32_t i)
{
	const struct xsw_frame *frame = &batch.frame[i];
	const uint8_t *dst = frame->head, *src = frame->head + XN_MAC_BYTES;
	bool runt = frame->head_bytes < 14;
	bool group = !runt && dst[0] & 1;
	bool broadcast = group && is_broadcast(dst);
	bool reserved = group && is_reserved(dst);

	FUZZ_CHECK(in(burst.runt, i) == runt);
	FUZZ_CHECK(in(burst.unicast, i) == (!runt && !group));
	FUZZ_CHECK(in(burst.broadcast, i) == broadcast);
	FUZZ_CHECK(in(burst.reserved, i) == reserved);
	FUZZ_CHECK(in(burst.multicast, i) ==
		   (group && !broadcast && !reserved));
	FUZZ_CHECK(in(burst.src_group, i) == (!runt && src[0] & 1));
	FUZZ_CHECK(in(burst.tagged, i) == (!runt && is_tagged(frame->head)));
	if (runt) {
		FUZZ_CHECK(burst.dst[i] == XSW_KEY_NONE);
		FUZZ_CHECK(burst.src[i] == XSW_KEY_NONE);
		return;
	}
	FUZZ_CHECK(burst.dst[i] == key_of(dst));
	/* Behind the source lies the type, which is no part of the key. */
	FUZZ_CHECK(burst.src[i] == key_of(src));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint64_t all;

	for (batch.count = 0; batch.count < XSW_BATCH_MAX && input.left;
	     batch.count++) {
		uint16_t bytes = fuzz_u8(&input) % HEAD_MAX;
		uint8_t *head = malloc(bytes ? bytes : 1);

		FUZZ_CHECK(head);
		fuzz_bytes(&input, head, bytes);
		batch.frame[batch.count] = (struct xsw_frame){
			.head = head,
			.frame_bytes = bytes,
			.head_bytes = bytes,
		};
	}
	memset(&burst, 0xa5, sizeof(burst));
	xsw_classify(&batch, &burst);
	for (uint32_t i = 0; i < batch.count; i++)
		check_frame(i);
	all = burst.runt | burst.unicast | burst.multicast | burst.broadcast |
	      burst.reserved | burst.src_group | burst.tagged;
	if (batch.count < XSW_BATCH_MAX)
		FUZZ_CHECK(all >> batch.count == 0);
	for (uint32_t i = 0; i < batch.count; i++)
		free((void *)(uintptr_t)batch.frame[i].head);
	return 0;
}
