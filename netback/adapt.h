/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_ADAPT_H
#define XNB_ADAPT_H
/*
 * What a receiver without an offload gets instead of a frame: the frame with
 * its checksum, or the segments of a GSO frame, one after the other. The
 * arithmetic is netback/offload; the payload is never copied here.
 *
 * Thread: any; nothing is allocated.
 */
#include <stdint.h>
#include <sys/uio.h>

#include "netback/offload/segment.h"
#include "netback/ring/rx_fill.h"

#define XNB_ADAPT_HEAD_BYTES XNB_SEGMENT_HEAD_MAX

struct xnb_adapt {
	const struct xnb_rx_source *source;
	uint32_t needed;
	uint32_t made;
	struct iovec iov[2]; /* the frame: head, rest */
	uint32_t iov_count;
	struct xnb_segmenter segmenter;
	struct xnb_segment segment;
};

/* `source`: a frame that is whole in private memory, its head at most
 * XNB_ADAPT_HEAD_BYTES, its rest in one piece; it stays until the last result
 * was used. `needed`: XNB_OFFLOAD_..., not 0.
 * 0, or -EBADMSG: bad_offload. */
int xnb_adapt_start(struct xnb_adapt *adapt, const struct xnb_rx_source *source,
		    uint32_t needed);

/* The size of the biggest frame that it makes. */
uint32_t xnb_adapt_bytes_max(const struct xnb_adapt *adapt);

/* Makes the next frame, its headers in `head` (XNB_ADAPT_HEAD_BYTES, the
 * caller's, to stay as long as the frame). ret->iov is valid until the next
 * call. 1: *ret is a frame; 0: there are no more; -EBADMSG: bad_offload. */
int xnb_adapt_next(struct xnb_adapt *adapt, uint8_t *head,
		   struct xnb_rx_source *ret);

#endif
