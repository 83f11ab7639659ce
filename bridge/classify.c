/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorts a burst's frames by destination class. Called by forward.c on the
 * worker for every burst; the bytes come from a guest, but are a private copy
 * that cannot change any more.
 */
#include "bridge/classify.h"

#define RESERVED_FIRST ((uint64_t)0xc28001 << XSW_KEY_SHIFT)
#define RESERVED_MASK ~((uint64_t)0x0f << (XSW_KEY_SHIFT + 40))

/* EtherTypes as the upper 16 bits of the word that starts at the source. */
#define TYPE_8021Q 0x0081u
#define TYPE_8021AD 0xa888u

static uint64_t load_le64(const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return le64toh(word);
}

static void sort_group(struct xsw_burst *burst, uint64_t dst, uint64_t bit)
{
	if (dst == XSW_KEY_BROADCAST)
		burst->broadcast |= bit;
	else if ((dst & RESERVED_MASK) == RESERVED_FIRST)
		burst->reserved |= bit;
	else
		burst->multicast |= bit;
}

void xsw_classify(const struct xsw_batch *batch, struct xsw_burst *ret)
{
	uint64_t group = 0;
	uint64_t src_group = 0;
	uint64_t tagged = 0;

	ret->runt = 0;
	ret->multicast = 0;
	ret->broadcast = 0;
	ret->reserved = 0;
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct xsw_frame *frame = &batch->frame[i];
		uint64_t bit = (uint64_t)1 << i;
		uint64_t dst, src, type;

		if (frame->head_bytes < XSW_HEAD_MIN ||
		    frame->frame_bytes < XSW_HEAD_MIN) {
			ret->runt |= bit;
			continue;
		}
		/* Octets 0-7 and 6-13: both within the 14 just checked. */
		dst = load_le64(frame->head) << XSW_KEY_SHIFT;
		src = load_le64(frame->head + XN_MAC_BYTES);
		type = src >> 48;
		src <<= XSW_KEY_SHIFT;

		ret->dst[i] = dst;
		ret->src[i] = src;
		if (src & XSW_KEY_GROUP)
			src_group |= bit;
		if (type == TYPE_8021Q || type == TYPE_8021AD)
			tagged |= bit;
		if (dst & XSW_KEY_GROUP) {
			group |= bit;
			sort_group(ret, dst, bit);
		}
	}
	ret->unicast = ~(group | ret->runt);
	if (batch->count < XSW_BATCH_MAX)
		ret->unicast &= ((uint64_t)1 << batch->count) - 1;
	ret->src_group = src_group;
	ret->tagged = tagged;
}
