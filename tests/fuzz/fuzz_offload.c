// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A frame and what its sender says of it, through everything that netback does
 * about offloads: headers are found within the frame, metadata survives the
 * way to a tap and back, a filled checksum is right by a sum of our own, and
 * the segments of a frame put together are its payload. What is refused is left
 * as it was. Each piece lies in memory of its own size.
 *
 * Input: struct recipe, then the frame; `more` bytes of a pattern follow it.
 */
#include <errno.h>
#include <netinet/in.h>

#include "fuzz.h"
#include "netback/offload/checksum.h"
#include "netback/offload/meta.h"
#include "netback/offload/segment.h"
#include "netback/offload/wire.h"

#define FRAME_MAX 65535u
#define HEAD_MAX 256u /* as much as the worker peeks at */
#define PIECES_MAX 6u

struct recipe {
	uint8_t flags; /* csum_blank, data_validated */
	uint8_t gso_type;
	uint16_t gso_size;
	uint8_t vnet_flags, vnet_gso;
	uint16_t vnet_size, csum_start, csum_offset;
	uint16_t more;
	uint8_t cut[PIECES_MAX - 1]; /* lengths of the pieces, but the last */
} __attribute__((packed));

/* A frame in pieces that ASan knows the ends of. */
struct pieces {
	struct iovec iov[PIECES_MAX];
	uint32_t count;
};

static uint8_t frame[FRAME_MAX];
static uint32_t frame_bytes;
static uint8_t whole[FRAME_MAX + HEAD_MAX]; /* pieces or segments, joined */
static struct recipe recipe;

/* Of the frame's first bytes, and no more. */
static uint8_t *make_head(uint32_t *ret_bytes)
{
	uint32_t bytes = frame_bytes < HEAD_MAX ? frame_bytes : HEAD_MAX;
	uint8_t *head = malloc(bytes ? bytes : 1);

	FUZZ_CHECK(head);
	memcpy(head, frame, bytes);
	*ret_bytes = bytes;
	return head;
}

/* The first piece holds the head, as everywhere in the worker. */
static void cut(struct pieces *pieces)
{
	uint32_t at = 0;

	pieces->count = 0;
	while (pieces->count < PIECES_MAX) {
		uint32_t length = frame_bytes - at;
		uint32_t n = pieces->count++;

		if (n == 0 && length > HEAD_MAX + recipe.cut[0])
			length = HEAD_MAX + recipe.cut[0];
		else if (n > 0 && n + 1 < PIECES_MAX && length > recipe.cut[n])
			length = recipe.cut[n];
		pieces->iov[n].iov_base = malloc(length ? length : 1);
		pieces->iov[n].iov_len = length;
		FUZZ_CHECK(pieces->iov[n].iov_base);
		memcpy(pieces->iov[n].iov_base, frame + at, length);
		at += length;
	}
	FUZZ_CHECK(at == frame_bytes);
}

static void join(const struct pieces *pieces)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < pieces->count; i++) {
		memcpy(whole + at, pieces->iov[i].iov_base,
		       pieces->iov[i].iov_len);
		at += (uint32_t)pieces->iov[i].iov_len;
	}
}

static void discard(struct pieces *pieces)
{
	for (uint32_t i = 0; i < pieces->count; i++)
		free(pieces->iov[i].iov_base);
}

/* Byte by byte, in the network's order (RFC 1071, 1). */
static uint32_t slow_sum(uint32_t sum, const uint8_t *data, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/* Over pseudo-header, header and payload: right is all ones. */
static bool l4_right(const uint8_t *data, const struct xnb_headers *h,
		     uint32_t l4_bytes)
{
	const uint8_t tail[4] = {0, h->protocol, (uint8_t)(l4_bytes >> 8),
				 (uint8_t)l4_bytes};
	uint32_t sum = slow_sum(0, tail, sizeof(tail));

	sum = h->ip_version == 4 ? slow_sum(sum, data + h->l3 + 12, 8)
				 : slow_sum(sum, data + h->l3 + 8, 32);
	return slow_sum(sum, data + h->l4, l4_bytes) == 0xffff;
}

static void check_headers(const struct xnb_headers *h, uint32_t head_bytes)
{
	FUZZ_CHECK(h->l3 >= 14 && h->l3 <= 22);
	FUZZ_CHECK(h->ip_version == 4 || h->ip_version == 6);
	FUZZ_CHECK(h->l4 >= h->l3 + (h->ip_version == 4 ? 20 : 40));
	FUZZ_CHECK(h->protocol == IPPROTO_TCP || h->protocol == IPPROTO_UDP);
	FUZZ_CHECK(h->payload >= h->l4 + (h->protocol == IPPROTO_TCP ? 20 : 8));
	FUZZ_CHECK(h->payload <= head_bytes);
	FUZZ_CHECK(h->l4_bytes >= h->payload - h->l4);
	FUZZ_CHECK(h->l4_bytes <= frame_bytes - h->l4);
}

/* Looking at more of the frame never tells another tale. */
static void try_headers(void)
{
	struct xnb_headers h, again;
	uint32_t bytes;
	uint8_t *head = make_head(&bytes);

	memset(&h, 0, sizeof(h));
	memset(&again, 0, sizeof(again));
	if (xnb_headers_parse(head, bytes, frame_bytes, &h) == 0) {
		check_headers(&h, bytes);
		FUZZ_CHECK(xnb_headers_parse(frame, frame_bytes, frame_bytes,
					     &again) == 0);
		FUZZ_CHECK(!memcmp(&h, &again, sizeof(h)));
		FUZZ_CHECK(xnb_headers_parse(head, h.payload, frame_bytes,
					     &again) == 0);
		FUZZ_CHECK(xnb_headers_parse(head, h.payload - 1u, frame_bytes,
					     &again) != 0);
	}
	free(head);
}

static void check_needed(const struct xnb_meta *meta, const uint8_t *head,
			 uint32_t bytes)
{
	const uint32_t all = XNB_FE_SG | XNB_FE_GSO_TCPV4 | XNB_FE_GSO_TCPV6 |
			     XNB_FE_CSUM | XNB_FE_IPV6_CSUM;
	uint32_t none = xnb_offload_needed(meta, head, bytes, frame_bytes, 0);
	uint32_t any = xnb_offload_needed(meta, head, bytes, frame_bytes, all);

	FUZZ_CHECK(!none == !meta->csum_blank);
	if (meta->gso_type)
		FUZZ_CHECK(none & XNB_OFFLOAD_SEGMENT);
	if (meta->csum_blank && !xnb_headers_tagged(head))
		FUZZ_CHECK(any == 0);
}

/* To a tap and back. */
static void check_vnet(const struct xnb_meta *meta, const uint8_t *head,
		       uint32_t bytes)
{
	struct virtio_net_hdr vnet;
	struct xnb_meta back;

	FUZZ_CHECK(xnb_meta_to_vnet(meta, head, bytes, frame_bytes, &vnet) ==
		   0);
	FUZZ_CHECK(xnb_meta_from_vnet(&vnet, head, bytes, frame_bytes, &back) ==
		   0);
	FUZZ_CHECK(back.csum_blank == meta->csum_blank);
	FUZZ_CHECK(!back.data_validated ==
		   !(meta->data_validated || meta->csum_blank));
	FUZZ_CHECK(back.gso_type == meta->gso_type);
	FUZZ_CHECK(back.gso_size == meta->gso_size);
	if (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		FUZZ_CHECK(vnet.csum_start + vnet.csum_offset + 2u <= bytes);
	if (vnet.gso_type)
		FUZZ_CHECK(vnet.hdr_len <= bytes && vnet.gso_size);
}

/* One segment in `whole`. Returns its payload's length. */
static uint32_t check_segment(const struct xnb_segment *segment,
			      const struct xnb_segmenter *seg, uint32_t done)
{
	const struct xnb_headers *h = &seg->headers;
	uint32_t at = segment->head_bytes;
	uint32_t payload = segment->frame_bytes - segment->head_bytes;
	struct xnb_headers found;

	FUZZ_CHECK(at == h->payload && at <= XNB_SEGMENT_HEAD_MAX);
	memcpy(whole, segment->head, at);
	for (uint32_t i = 0; i < segment->iov_count; i++) {
		memcpy(whole + at, segment->iov[i].iov_base,
		       segment->iov[i].iov_len);
		at += (uint32_t)segment->iov[i].iov_len;
	}
	FUZZ_CHECK(at == segment->frame_bytes);
	FUZZ_CHECK(payload > 0 && payload <= recipe.gso_size);
	FUZZ_CHECK(!memcmp(whole + h->payload, frame + h->payload + done,
			   payload));
	FUZZ_CHECK(xnb_headers_parse(whole, at, at, &found) == 0);
	FUZZ_CHECK(found.l4 == h->l4 && found.payload == h->payload);
	FUZZ_CHECK(found.l4_bytes == at - h->l4);
	FUZZ_CHECK(xnb_get32(whole + h->l4 + 4) ==
		   xnb_get32(frame + h->l4 + 4) + done);
	if (h->ip_version == 4)
		FUZZ_CHECK(slow_sum(0, whole + h->l3,
				    (uint32_t)(h->l4 - h->l3)) == 0xffff);
	FUZZ_CHECK(l4_right(whole, &found, at - h->l4));
	return payload;
}

static void check_segments(const struct xnb_meta *meta)
{
	struct xnb_segmenter seg;
	struct xnb_segment segment;
	struct pieces pieces;
	uint32_t done = 0, count = 0;

	cut(&pieces);
	FUZZ_CHECK(xnb_segment_start(&seg, meta, pieces.iov, pieces.count) ==
		   0);
	while (xnb_segment_next(&seg, &segment) == 1) {
		done += check_segment(&segment, &seg, done);
		count++;
	}
	FUZZ_CHECK(done == frame_bytes - seg.headers.payload);
	FUZZ_CHECK(count == xnb_segment_count(&seg));
	FUZZ_CHECK(count <= FRAME_MAX / meta->gso_size + 1);
	discard(&pieces);
}

static void try_meta(void)
{
	struct xnb_meta meta = {
		.csum_blank = recipe.flags & 1,
		.data_validated = recipe.flags >> 1 & 1,
		.gso_type = recipe.gso_type % 3,
		.gso_size = recipe.gso_type % 3 ? recipe.gso_size : 0,
	};
	uint32_t bytes;
	uint8_t *head = make_head(&bytes);

	if (frame_bytes >= 14 &&
	    xnb_meta_check(&meta, head, bytes, frame_bytes) == 0) {
		check_vnet(&meta, head, bytes);
		check_needed(&meta, head, bytes);
		memcpy(frame, head, bytes); /* the seed may be new */
		if (meta.gso_type)
			check_segments(&meta);
	}
	free(head);
}

/* What a tap says, which is the kernel's word but checked like a guest's. */
static void try_vnet(void)
{
	const struct virtio_net_hdr vnet = {
		.flags = recipe.vnet_flags,
		.gso_type = recipe.vnet_gso,
		.gso_size = recipe.vnet_size,
		.csum_start = recipe.csum_start,
		.csum_offset = recipe.csum_offset,
	};
	struct virtio_net_hdr back;
	struct xnb_meta meta;
	struct pieces pieces;
	uint32_t bytes;
	uint8_t *head = make_head(&bytes);
	int said = xnb_meta_from_vnet(&vnet, head, bytes, frame_bytes, &meta);

	if (said == 1) {
		FUZZ_CHECK(!meta.csum_blank && !meta.gso_type);
		cut(&pieces);
		if (xnb_checksum_fill_at(pieces.iov, pieces.count,
					 vnet.csum_start,
					 vnet.csum_offset) == 0) {
			join(&pieces);
			memcpy(whole + vnet.csum_start + vnet.csum_offset,
			       frame + vnet.csum_start + vnet.csum_offset, 2);
			FUZZ_CHECK(!memcmp(whole, frame, frame_bytes));
		}
		discard(&pieces);
	} else if (said == 0) {
		FUZZ_CHECK(xnb_meta_to_vnet(&meta, head, bytes, frame_bytes,
					    &back) == 0);
	}
	free(head);
}

static void check_filled(const struct xnb_headers *h)
{
	uint32_t field = h->l4 + (h->protocol == IPPROTO_TCP ? 16u : 6u);

	if (!h->routed)
		FUZZ_CHECK(l4_right(whole, h, h->l4_bytes));
	if (h->protocol == IPPROTO_UDP)
		FUZZ_CHECK(whole[field] || whole[field + 1]);
	memcpy(whole + field, frame + field, 2);
	FUZZ_CHECK(!memcmp(whole, frame, frame_bytes));
}

static void try_checksum(void)
{
	struct xnb_headers h;
	struct pieces pieces;

	cut(&pieces);
	if (xnb_checksum_fill(pieces.iov, pieces.count) == 0) {
		FUZZ_CHECK(xnb_headers_parse(pieces.iov[0].iov_base,
					     (uint32_t)pieces.iov[0].iov_len,
					     frame_bytes, &h) == 0);
		join(&pieces);
		check_filled(&h);
	} else {
		join(&pieces);
		FUZZ_CHECK(!memcmp(whole, frame, frame_bytes));
	}
	discard(&pieces);
}

static void make_frame(struct fuzz_input *in)
{
	uint32_t bytes = in->left < FRAME_MAX ? (uint32_t)in->left : FRAME_MAX;
	uint32_t more = recipe.more;

	fuzz_bytes(in, frame, bytes);
	if (more > FRAME_MAX - bytes)
		more = FRAME_MAX - bytes;
	for (uint32_t i = 0; i < more; i++)
		frame[bytes + i] = (uint8_t)(i * 7 + (i >> 8));
	frame_bytes = bytes + more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};

	fuzz_bytes(&in, &recipe, sizeof(recipe));
	make_frame(&in);
	try_headers();
	try_vnet();
	try_checksum();
	try_meta(); /* last: it may complete the frame */
	return 0;
}
