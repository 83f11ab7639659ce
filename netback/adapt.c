/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See adapt.h. Called by deliver.c, on the worker's thread. */
#include "netback/adapt.h"

#include <errno.h>
#include <string.h>

#include "netback/offload/checksum.h"

/* More than a ring holds could never be delivered in one go; and a sender's
 * tiny gso_size must not cost everybody else thousands of segments. */
#define SEGMENTS_MAX XNB_RX_RING_SIZE

static const struct xnb_meta finished = {.data_validated = 1};

int xnb_adapt_start(struct xnb_adapt *adapt, const struct xnb_rx_source *source,
		    uint32_t needed)
{
	int rc;

	adapt->source = source;
	adapt->needed = needed;
	adapt->made = 0;
	/* The segmenter, the only one to use this head, only reads it. */
	adapt->iov[0].iov_base = (uint8_t *)(uintptr_t)source->head;
	adapt->iov[0].iov_len = source->head_bytes;
	adapt->iov_count = 1;
	if (source->iov_count > 0)
		adapt->iov[adapt->iov_count++] = source->iov[0];
	if (source->head_bytes > XNB_ADAPT_HEAD_BYTES)
		return -EBADMSG;
	if (!(needed & XNB_OFFLOAD_SEGMENT))
		return 0;
	rc = xnb_segment_start(&adapt->segmenter, &source->meta, adapt->iov,
			       adapt->iov_count);
	if (rc < 0)
		return rc;
	if (xnb_segment_count(&adapt->segmenter) > SEGMENTS_MAX)
		return -EBADMSG;
	return 0;
}

uint32_t xnb_adapt_bytes_max(const struct xnb_adapt *adapt)
{
	const struct xnb_segmenter *segmenter = &adapt->segmenter;
	const uint32_t headers = segmenter->headers.payload;

	if (!(adapt->needed & XNB_OFFLOAD_SEGMENT))
		return adapt->source->frame_bytes;
	if (segmenter->payload_bytes < segmenter->gso_size)
		return headers + segmenter->payload_bytes;
	return headers + segmenter->gso_size;
}

/* A copy of the head, for other receivers may get it as it was. */
static int next_summed(struct xnb_adapt *adapt, uint8_t *head,
		       struct xnb_rx_source *ret)
{
	int rc;

	if (adapt->made++ > 0)
		return 0;
	memcpy(head, adapt->source->head, adapt->source->head_bytes);
	adapt->iov[0].iov_base = head;
	rc = xnb_checksum_fill(adapt->iov, adapt->iov_count);
	if (rc < 0)
		return rc;
	*ret = *adapt->source;
	ret->head = head;
	ret->meta = finished;
	return 1;
}

static int next_segment(struct xnb_adapt *adapt, uint8_t *head,
			struct xnb_rx_source *ret)
{
	const struct xnb_segment *segment = &adapt->segment;
	int rc = xnb_segment_next(&adapt->segmenter, &adapt->segment);

	if (rc <= 0)
		return rc;
	memcpy(head, segment->head, segment->head_bytes);
	*ret = (struct xnb_rx_source){
		.head = head,
		.head_bytes = segment->head_bytes,
		.frame_bytes = segment->frame_bytes,
		.origin = adapt->source->origin,
		.meta = finished,
		.hash = adapt->source->hash,
		.iov = segment->iov,
		.iov_count = segment->iov_count,
	};
	return 1;
}

int xnb_adapt_next(struct xnb_adapt *adapt, uint8_t *head,
		   struct xnb_rx_source *ret)
{
	if (adapt->needed & XNB_OFFLOAD_SEGMENT)
		return next_segment(adapt, head, ret);
	return next_summed(adapt, head, ret);
}
