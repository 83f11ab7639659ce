// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP segmentation in software (RFC 9293, 3168 for CWR). The payload is never
 * copied; each segment's headers are the frame's with what differs written
 * over them.
 */
#include "netback/offload/segment.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "netback/offload/checksum.h"
#include "netback/offload/wire.h"

#define IPV6_BYTES 40u
#define TCP_FLAG_FIN 0x01u
#define TCP_FLAG_PSH 0x08u
#define TCP_FLAG_CWR 0x80u

int xnb_segment_start(struct xnb_segmenter *seg, const struct xnb_meta *meta,
		      const struct iovec *iov, uint32_t iov_count)
{
	struct xnb_headers h;
	uint64_t bytes = 0;

	if (iov_count == 0 || iov_count > XNB_SEGMENT_IOV_MAX)
		return -EBADMSG;
	for (uint32_t i = 0; i < iov_count; i++)
		bytes += iov[i].iov_len;
	if (bytes > UINT16_MAX || meta->gso_size < XNB_GSO_SIZE_MIN)
		return -EBADMSG;
	if (xnb_headers_parse(iov[0].iov_base, (uint32_t)iov[0].iov_len,
			      (uint32_t)bytes, &h))
		return -EBADMSG;
	if (h.protocol != IPPROTO_TCP || h.routed ||
	    h.ip_version != (meta->gso_type == XNB_GSO_TCPV4   ? 4
			     : meta->gso_type == XNB_GSO_TCPV6 ? 6
							       : 0))
		return -EBADMSG;
	if (h.l4_bytes != bytes - h.l4 || bytes == h.payload ||
	    h.payload > XNB_SEGMENT_HEAD_MAX)
		return -EBADMSG;
	*seg = (struct xnb_segmenter){
		.iov = iov,
		.iov_count = iov_count,
		.headers = h,
		.payload_bytes = (uint32_t)bytes - h.payload,
		.iov_offset = h.payload,
		.gso_size = meta->gso_size,
	};
	return 0;
}

uint32_t xnb_segment_count(const struct xnb_segmenter *seg)
{
	return (seg->payload_bytes + seg->gso_size - 1) / seg->gso_size;
}

/* Points ret->iov to the next `bytes` bytes of payload. */
static void take_payload(struct xnb_segmenter *seg, uint32_t bytes,
			 struct xnb_segment *ret)
{
	ret->iov_count = 0;
	while (bytes) {
		const struct iovec *from = &seg->iov[seg->iov_index];
		uint32_t length = (uint32_t)from->iov_len - seg->iov_offset;

		if (length == 0) {
			seg->iov_index++;
			seg->iov_offset = 0;
			continue;
		}
		if (length > bytes)
			length = bytes;
		ret->iov[ret->iov_count++] = (struct iovec){
			.iov_base = (uint8_t *)from->iov_base + seg->iov_offset,
			.iov_len = length,
		};
		seg->iov_offset += length;
		bytes -= length;
	}
}

static void write_ip(const struct xnb_segmenter *seg, uint32_t frame_bytes,
		     uint8_t *head)
{
	const struct xnb_headers *h = &seg->headers;
	uint8_t *ip = head + h->l3;
	uint16_t checksum = 0;

	if (h->ip_version == 6) {
		xnb_put16(ip + 4, (uint16_t)(frame_bytes - h->l3 - IPV6_BYTES));
		return;
	}
	xnb_put16(ip + 2, (uint16_t)(frame_bytes - h->l3));
	xnb_put16(ip + 4, (uint16_t)(xnb_get16(ip + 4) + seg->number));
	memcpy(ip + 10, &checksum, sizeof(checksum));
	checksum = xnb_sum_fold(xnb_sum(0, ip, (uint32_t)(h->l4 - h->l3)));
	memcpy(ip + 10, &checksum, sizeof(checksum));
}

/* Everything but the checksum. */
static void write_tcp(const struct xnb_segmenter *seg, bool last, uint8_t *head)
{
	uint8_t *tcp = head + seg->headers.l4;

	xnb_put32(tcp + 4, xnb_get32(tcp + 4) + seg->done);
	if (!last)
		tcp[13] &= (uint8_t) ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
	if (seg->number > 0)
		tcp[13] &= (uint8_t)~TCP_FLAG_CWR;
}

static void write_checksum(const struct xnb_segmenter *seg,
			   struct xnb_segment *ret)
{
	const struct xnb_headers *h = &seg->headers;
	uint8_t *field = ret->head + h->l4 + XNB_TCP_CSUM_OFFSET;
	uint32_t header_bytes = (uint32_t)(h->payload - h->l4);
	uint32_t l4_bytes = ret->frame_bytes - h->l4;
	uint16_t value = 0;
	uint32_t sum;

	memcpy(field, &value, sizeof(value));
	sum = xnb_sum_pseudo(ret->head, h, l4_bytes);
	sum = xnb_sum(sum, ret->head + h->l4, header_bytes);
	sum = xnb_sum_iov(sum, ret->iov, ret->iov_count, 0,
			  l4_bytes - header_bytes);
	value = xnb_sum_fold(sum);
	memcpy(field, &value, sizeof(value));
}

int xnb_segment_next(struct xnb_segmenter *seg, struct xnb_segment *ret)
{
	uint32_t left = seg->payload_bytes - seg->done;
	uint32_t bytes = left < seg->gso_size ? left : seg->gso_size;

	if (left == 0)
		return 0;
	ret->head_bytes = seg->headers.payload;
	ret->frame_bytes = ret->head_bytes + bytes;
	memcpy(ret->head, seg->iov[0].iov_base, ret->head_bytes);
	take_payload(seg, bytes, ret);
	write_ip(seg, ret->frame_bytes, ret->head);
	write_tcp(seg, bytes == left, ret->head);
	write_checksum(seg, ret);
	seg->done += bytes;
	seg->number++;
	return 1;
}
