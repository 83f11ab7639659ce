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

/* Few frames are for a group: those are sorted after the loop over all, and
 * only if there are some. */
static void sort_groups(struct xsw_burst *burst, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t bit = (uint64_t)1 << i;
		uint64_t dst = burst->dst[i];

		if (!(dst & XSW_KEY_GROUP))
			continue;
		if (dst == XSW_KEY_BROADCAST)
			burst->broadcast |= bit;
		else if ((dst & RESERVED_MASK) == XSW_KEY_BPDU)
			burst->reserved |= bit;
		else
			burst->multicast |= bit;
	}
	burst->unicast &=
		~(burst->broadcast | burst->reserved | burst->multicast);
}

static void sort_sources(struct xsw_burst *burst, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (burst->src[i] & XSW_KEY_GROUP)
			burst->src_group |= (uint64_t)1 << i;
	}
}

static uint64_t first_bits(uint32_t count)
{
	return count < XSW_BATCH_MAX ? ((uint64_t)1 << count) - 1
				     : ~(uint64_t)0;
}

void xsw_classify(const struct xsw_batch *batch, struct xsw_burst *ret)
{
	const struct xsw_frame *frame = batch->frame;
	const uint32_t count = batch->count;
	uint64_t runt = 0, tagged = 0;
	uint64_t any_dst = 0, any_src = 0; /* bits that one of them has */

	for (uint32_t i = 0; i < count; i++, frame++) {
		uint64_t dst, src, type;

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
		if (type == TYPE_8021Q || type == TYPE_8021AD)
			tagged |= (uint64_t)1 << i;
		src <<= XSW_KEY_SHIFT;
		ret->dst[i] = dst;
		ret->src[i] = src;
		any_dst |= dst;
		any_src |= src;
	}
	ret->runt = runt;
	ret->unicast = first_bits(count) & ~runt;
	ret->multicast = ret->broadcast = ret->reserved = 0;
	ret->src_group = 0;
	ret->tagged = tagged;
	if (any_dst & XSW_KEY_GROUP)
		sort_groups(ret, count);
	if (any_src & XSW_KEY_GROUP)
		sort_sources(ret, count);
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
