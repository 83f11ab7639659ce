/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorts a burst's frames by destination class. Called by forward.c on the
 * worker for every burst; the bytes come from a guest, but are a private copy
 * that cannot change any more.
 */
#include "bridge/classify.h"

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

/* Few frames are for a group: they are sorted after the loop over all. */
static void sort_groups(struct xsw_burst *burst, uint64_t group)
{
	uint64_t broadcast = 0;
	uint64_t reserved = 0;

	for (uint64_t left = group; left; left &= left - 1) {
		uint64_t bit = left & -left;
		uint64_t dst = burst->dst[__builtin_ctzll(left)];

		if (dst == XSW_KEY_BROADCAST)
			broadcast |= bit;
		else if ((dst & RESERVED_MASK) == XSW_KEY_BPDU)
			reserved |= bit;
	}
	burst->broadcast = broadcast;
	burst->reserved = reserved;
	burst->multicast = group & ~(broadcast | reserved);
}

void xsw_classify(const struct xsw_batch *batch, struct xsw_burst *ret)
{
	uint64_t runt = 0;
	uint64_t group = 0;
	uint64_t src_group = 0;
	uint64_t tagged = 0;

	/* From the last to the first: shifting in a bit is then one step. */
	for (uint32_t i = batch->count; i-- > 0;) {
		const struct xsw_frame *frame = &batch->frame[i];
		uint64_t dst, src, type;

		group <<= 1;
		src_group <<= 1;
		if (frame->head_bytes < XSW_HEAD_MIN) {
			runt |= (uint64_t)1 << i;
			ret->dst[i] = XSW_KEY_NONE;
			ret->src[i] = XSW_KEY_NONE;
			continue;
		}
		/* Octets 0-7 and 6-13: both within the 14 just checked. */
		dst = load_le64(frame->head) << XSW_KEY_SHIFT;
		src = load_le64(frame->head + XN_MAC_BYTES);
		type = src >> 48;
		src <<= XSW_KEY_SHIFT;

		ret->dst[i] = dst;
		ret->src[i] = src;
		group |= dst >> XSW_KEY_SHIFT & 1;
		src_group |= src >> XSW_KEY_SHIFT & 1;
		if (type == TYPE_8021Q || type == TYPE_8021AD)
			tagged |= (uint64_t)1 << i;
	}
	ret->runt = runt;
	ret->src_group = src_group;
	ret->tagged = tagged;
	ret->unicast = ~(group | runt);
	if (batch->count < XSW_BATCH_MAX)
		ret->unicast &= ((uint64_t)1 << batch->count) - 1;
	sort_groups(ret, group);
}

void xsw_burst_remove(struct xsw_burst *burst, uint64_t frames)
{
	burst->unicast &= ~frames;
	burst->multicast &= ~frames;
	burst->broadcast &= ~frames;
	burst->reserved &= ~frames;
	burst->src_group &= ~frames;
	for (; frames; frames &= frames - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(frames);

		burst->dst[i] = XSW_KEY_NONE;
		burst->src[i] = XSW_KEY_NONE;
	}
}
