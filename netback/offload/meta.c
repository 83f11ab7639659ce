// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offload metadata: checked against the frame, and converted between the
 * words of the rings and those of virtio_net_hdr. The frame's private head is
 * all that is looked at.
 */
#include "netback/offload/meta.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "netback/offload/checksum.h"
#include "netback/offload/headers.h"

#define TCP_FLAGS_OFFSET 13u
#define TCP_FLAG_CWR 0x80u

static uint16_t csum_offset(const struct xnb_headers *h)
{
	return h->protocol == IPPROTO_TCP ? XNB_TCP_CSUM_OFFSET
					  : XNB_UDP_CSUM_OFFSET;
}

/* Do these headers carry what a GSO type promises? */
static bool gso_fits(uint8_t gso_type, uint16_t gso_size,
		     const struct xnb_headers *h, uint32_t frame_bytes)
{
	if (gso_type != XNB_GSO_TCPV4 && gso_type != XNB_GSO_TCPV6)
		return false;
	return gso_size >= XNB_GSO_SIZE_MIN && h->protocol == IPPROTO_TCP &&
	       h->ip_version == (gso_type == XNB_GSO_TCPV4 ? 4 : 6) &&
	       !h->routed && h->l4_bytes == frame_bytes - h->l4;
}

/* One segment is no GSO: a kernel that segments would refuse it. */
static void drop_single(struct xnb_meta *meta, const struct xnb_headers *h,
			uint32_t frame_bytes)
{
	if (frame_bytes - h->payload > meta->gso_size)
		return;
	meta->gso_type = XNB_GSO_NONE;
	meta->gso_size = 0;
}

int xnb_meta_check(struct xnb_meta *meta, uint8_t *head, uint32_t head_bytes,
		   uint32_t frame_bytes)
{
	struct xnb_headers h;
	uint16_t seed;

	if (!meta->csum_blank && meta->gso_type == XNB_GSO_NONE)
		return 0;
	if (xnb_headers_parse(head, head_bytes, frame_bytes, &h))
		return -EBADMSG;
	if (meta->gso_type == XNB_GSO_NONE)
		return 0;
	if (!gso_fits(meta->gso_type, meta->gso_size, &h, frame_bytes))
		return -EBADMSG;
	if (!meta->csum_blank) {
		seed = (uint16_t)~xnb_sum_fold(
			xnb_sum_pseudo(head, &h, h.l4_bytes));
		memcpy(head + h.l4 + XNB_TCP_CSUM_OFFSET, &seed, sizeof(seed));
		meta->csum_blank = 1;
		meta->data_validated = 1;
	}
	drop_single(meta, &h, frame_bytes);
	return 0;
}

int xnb_meta_to_vnet(const struct xnb_meta *meta, const uint8_t *head,
		     uint32_t head_bytes, uint32_t frame_bytes,
		     struct virtio_net_hdr *ret_vnet)
{
	struct virtio_net_hdr vnet = {0};
	struct xnb_headers h;

	if (!meta->csum_blank) {
		if (meta->gso_type != XNB_GSO_NONE)
			return -EBADMSG;
		if (meta->data_validated)
			vnet.flags = VIRTIO_NET_HDR_F_DATA_VALID;
		*ret_vnet = vnet;
		return 0;
	}
	if (xnb_headers_parse(head, head_bytes, frame_bytes, &h))
		return -EBADMSG;
	vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet.csum_start = h.l4;
	vnet.csum_offset = csum_offset(&h);
	if (meta->gso_type != XNB_GSO_NONE) {
		if (!gso_fits(meta->gso_type, meta->gso_size, &h, frame_bytes))
			return -EBADMSG;
		vnet.gso_type = meta->gso_type == XNB_GSO_TCPV4
					? VIRTIO_NET_HDR_GSO_TCPV4
					: VIRTIO_NET_HDR_GSO_TCPV6;
		if (head[h.l4 + TCP_FLAGS_OFFSET] & TCP_FLAG_CWR)
			vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		vnet.gso_size = meta->gso_size;
		vnet.hdr_len = h.payload;
	}
	*ret_vnet = vnet;
	return 0;
}

/* 0 or -EBADMSG. The ECN bit repeats what the TCP header says. */
static int gso_from_vnet(uint8_t vnet_type, uint8_t *ret_type)
{
	switch (vnet_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		*ret_type = XNB_GSO_NONE;
		return vnet_type == VIRTIO_NET_HDR_GSO_NONE ? 0 : -EBADMSG;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		*ret_type = XNB_GSO_TCPV4;
		return 0;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		*ret_type = XNB_GSO_TCPV6;
		return 0;
	default:
		return -EBADMSG;
	}
}

int xnb_meta_from_vnet(const struct virtio_net_hdr *vnet, const uint8_t *head,
		       uint32_t head_bytes, uint32_t frame_bytes,
		       struct xnb_meta *ret_meta)
{
	struct xnb_meta meta = {0};
	struct xnb_headers h;

	if (gso_from_vnet(vnet->gso_type, &meta.gso_type))
		return -EBADMSG;
	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) {
		if (meta.gso_type != XNB_GSO_NONE)
			return -EBADMSG;
		meta.data_validated =
			(vnet->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0;
		*ret_meta = meta;
		return 0;
	}
	meta.data_validated = 1;
	if (frame_bytes < 2 || vnet->csum_start > frame_bytes - 2 ||
	    vnet->csum_offset > frame_bytes - 2 - vnet->csum_start)
		return -EBADMSG;
	if (xnb_headers_parse(head, head_bytes, frame_bytes, &h) ||
	    vnet->csum_start != h.l4 || vnet->csum_offset != csum_offset(&h)) {
		if (meta.gso_type != XNB_GSO_NONE)
			return -EBADMSG;
		*ret_meta = meta;
		return 1;
	}
	meta.csum_blank = 1;
	if (meta.gso_type != XNB_GSO_NONE) {
		if (!gso_fits(meta.gso_type, vnet->gso_size, &h, frame_bytes))
			return -EBADMSG;
		meta.gso_size = vnet->gso_size;
		drop_single(&meta, &h, frame_bytes);
	}
	*ret_meta = meta;
	return 0;
}

uint32_t xnb_offload_needed(const struct xnb_meta *meta, const uint8_t *head,
			    uint32_t head_bytes, uint32_t frame_bytes,
			    uint32_t fe)
{
	struct xnb_headers h;
	bool csum;

	if (!meta->csum_blank)
		return 0;
	if (xnb_headers_parse(head, head_bytes, frame_bytes, &h))
		return XNB_OFFLOAD_CSUM; /* which will say bad_offload */
	csum = fe & (h.ip_version == 4 ? XNB_FE_CSUM : XNB_FE_IPV6_CSUM) &&
	       !xnb_headers_tagged(head);
	if (meta->gso_type == XNB_GSO_NONE)
		return csum ? 0 : XNB_OFFLOAD_CSUM;
	if (!csum)
		return XNB_OFFLOAD_SEGMENT;
	if (!(fe & XNB_FE_SG) && frame_bytes > XNB_BUFFER_BYTES)
		return XNB_OFFLOAD_SEGMENT;
	if (meta->gso_type == XNB_GSO_TCPV4)
		return fe & XNB_FE_GSO_TCPV4 ? 0 : XNB_OFFLOAD_SEGMENT;
	return fe & XNB_FE_GSO_TCPV6 ? 0 : XNB_OFFLOAD_SEGMENT;
}
