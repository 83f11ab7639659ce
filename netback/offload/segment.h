/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_OFFLOAD_SEGMENT_H
#define XNB_OFFLOAD_SEGMENT_H
/*
 * TCP segmentation (IPv4 and IPv6) of a private GSO frame for a receiver
 * without GSO: an iterator that writes each segment's headers into a buffer of
 * the caller's and points to its payload in the frame.
 *
 * Lengths, IPv4 identification and header checksum, sequence number, flags
 * (FIN and PSH on the last segment, CWR on the first) and the TCP checksum are
 * made here: a segment needs nothing more.
 *
 * Thread: any. The frame must stay until the last segment was used.
 */
#include <stdint.h>
#include <sys/uio.h>

#include "netback/offload/headers.h"
#include "netback/offload/meta.h"

#define XNB_SEGMENT_HEAD_MAX 256u
#define XNB_SEGMENT_IOV_MAX 20u

struct xnb_segmenter {
	const struct iovec *iov;
	uint32_t iov_count;
	struct xnb_headers headers;
	uint32_t payload_bytes;
	uint32_t done; /* payload bytes of the segments so far */
	uint32_t number;
	uint32_t iov_index; /* where the next payload byte lies */
	uint32_t iov_offset;
	uint16_t gso_size;
};

struct xnb_segment {
	uint8_t head[XNB_SEGMENT_HEAD_MAX]; /* first, the headers */
	uint32_t head_bytes;
	struct iovec iov[XNB_SEGMENT_IOV_MAX]; /* then this payload */
	uint32_t iov_count;
	uint32_t frame_bytes; /* both together */
};

/* iov[0] must hold all headers. 0, or -EBADMSG: metadata and frame do not fit
 * (not TCP, wrong IP version, no payload, a gso_size of 0, a payload in more
 * pieces than XNB_SEGMENT_IOV_MAX). */
int xnb_segment_start(struct xnb_segmenter *seg, const struct xnb_meta *meta,
		      const struct iovec *iov, uint32_t iov_count);
/* How many segments there will be: at most 65535 / gso_size + 1. */
uint32_t xnb_segment_count(const struct xnb_segmenter *seg);
/* 1: *ret is the next segment; 0: there is none left. */
int xnb_segment_next(struct xnb_segmenter *seg, struct xnb_segment *ret);

#endif
