/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_OFFLOAD_META_H
#define XNB_OFFLOAD_META_H
/*
 * Offload metadata of a frame: what travels beside its bytes, in a ring's
 * flags and extra infos, or in the virtio_net_hdr of a tap. The conversions
 * look at the frame's private head only (headers.h), with every offset
 * checked; what does not fit together is -EBADMSG ("bad_offload"), never
 * guessed.
 *
 * Thread: any; nothing is allocated or kept.
 */
#include <linux/virtio_net.h>
#include <stdint.h>

enum xnb_gso {
	XNB_GSO_NONE = 0, /* values of XEN_NETIF_GSO_TYPE_* */
	XNB_GSO_TCPV4 = 1,
	XNB_GSO_TCPV6 = 2,
};

/* Linux's smallest TCP payload; smaller only serves to make us work. */
#define XNB_GSO_SIZE_MIN 8u

struct xnb_meta {
	uint8_t csum_blank; /* TCP/UDP checksum holds the pseudo-header sum */
	uint8_t data_validated; /* checksum is known to be right, or blank */
	uint8_t gso_type;	/* enum xnb_gso */
	uint16_t gso_size; /* payload bytes of each segment; 0 without GSO */
};

/* Checks metadata that a guest gave against its frame and completes it: a GSO
 * frame whose sender forgot csum_blank gets it, and the pseudo-header sum is
 * written into `head` (some frontends forget; Linux does the same). Call it
 * once for each frame from a guest, before it goes anywhere.
 * `head`: the first `head_bytes` of a frame of `frame_bytes`.
 * 0 or -EBADMSG: bad_offload, drop the frame. */
int xnb_meta_check(struct xnb_meta *meta, uint8_t *head, uint32_t head_bytes,
		   uint32_t frame_bytes);

/* For a tap with IFF_VNET_HDR (native byte order). 0 or -EBADMSG. */
int xnb_meta_to_vnet(const struct xnb_meta *meta, const uint8_t *head,
		     uint32_t head_bytes, uint32_t frame_bytes,
		     struct virtio_net_hdr *ret_vnet);

/* From a tap. 0: *ret_meta is right. 1: the same, but ret_meta says complete
 * checksum, and the caller must fill it first, with xnb_checksum_fill_at(
 * iov, iov_count, vnet->csum_start, vnet->csum_offset): a ring cannot say
 * where a checksum lies, and this one is not the outer TCP's or UDP's.
 * -EBADMSG: bad_offload; *ret_meta untouched. */
int xnb_meta_from_vnet(const struct virtio_net_hdr *vnet, const uint8_t *head,
		       uint32_t head_bytes, uint32_t frame_bytes,
		       struct xnb_meta *ret_meta);

/* What a receiver can take: the bits of XN_DL_FE_... in
 * netconf/ipc/datalink.h (ring/rx_fill.c holds the two to each other). */
#define XNB_FE_SG (1u << 0)
#define XNB_FE_GSO_TCPV4 (1u << 1)
#define XNB_FE_GSO_TCPV6 (1u << 2)
#define XNB_FE_CSUM (1u << 3)
#define XNB_FE_IPV6_CSUM (1u << 4)
#define XNB_BUFFER_BYTES 4096u /* the most that one takes without sg */

/* What must be done in software before a receiver with the features `fe`
 * can take the frame. Behind a VLAN tag that is everything: Linux's frontend
 * drops a tagged frame with a blank checksum, for it looks at the outer type
 * only (skb_checksum_setup), and Linux's backend hands it none. */
#define XNB_OFFLOAD_CSUM (1u << 0)    /* xnb_checksum_fill() */
#define XNB_OFFLOAD_SEGMENT (1u << 1) /* xnb_segment_*() (fills checksums) */
uint32_t xnb_offload_needed(const struct xnb_meta *meta, const uint8_t *head,
			    uint32_t head_bytes, uint32_t frame_bytes,
			    uint32_t fe);

#endif
