/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_CLASSIFY_H
#define XSW_CLASSIFY_H
/*
 * The first stage of a burst: reads each frame's Ethernet header once from
 * the private copy and sorts the frames into sets. Everything after it works
 * on keys and 64-bit sets, not on bytes.
 *
 * A key is a MAC address in the upper 48 bits of a word, first octet lowest,
 * with the lower 16 bits free for a port (fdb.h). So a key is one load and
 * one shift, and the group bit is always XSW_KEY_GROUP.
 *
 * Thread: worker. Memory: the caller's. Rules: IEEE 802.1D 7.8, 7.12.6.
 */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "bridge/batch.h"
#include "netconf/base/mac.h"

#define XSW_KEY_SHIFT 16
#define XSW_KEY_GROUP ((uint64_t)1 << XSW_KEY_SHIFT)
#define XSW_KEY_BROADCAST (~(uint64_t)0 << XSW_KEY_SHIFT)
/* 01:80:c2:00:00:00, where BPDUs go (802.1D table 7-9) */
#define XSW_KEY_BPDU ((uint64_t)0xc28001 << XSW_KEY_SHIFT)
#define XSW_KEY_NONE ((uint64_t)1) /* no address's key: a runt's */

/* Bit i stands for frame[i]. A frame is in `runt` alone, or in exactly one
 * of the four destination sets and perhaps in `src_group` and `tagged`. */
struct xsw_burst {
	uint64_t runt;
	uint64_t unicast;
	uint64_t multicast; /* group, neither broadcast nor reserved */
	uint64_t broadcast;
	uint64_t reserved; /* 01:80:c2:00:00:00 .. 0f */
	uint64_t src_group;
	uint64_t tagged;	     /* 802.1Q or 802.1ad */
	uint64_t dst[XSW_BATCH_MAX]; /* keys */
	uint64_t src[XSW_BATCH_MAX];
};

/* Fills `ret` from batch->frame[0 .. count - 1]. */
void xsw_classify(const struct xsw_batch *batch, struct xsw_burst *ret);

/* Takes frames out: they are in no destination set any more, and show no
 * address to look up or to learn. */
void xsw_burst_remove(struct xsw_burst *burst, uint64_t frames);

static inline uint64_t xsw_key_of(const struct xn_mac *mac)
{
	uint64_t word = 0;

	memcpy(&word, mac->octet, XN_MAC_BYTES);
	return le64toh(word) << XSW_KEY_SHIFT;
}

static inline struct xn_mac xsw_key_mac(uint64_t key)
{
	uint64_t word = htole64(key >> XSW_KEY_SHIFT);
	struct xn_mac mac;

	memcpy(mac.octet, &word, XN_MAC_BYTES);
	return mac;
}

#endif
