/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a receiver without the offload gets instead: the frame with its
 * checksum, or the segments of a GSO frame. The arithmetic is netback/offload;
 * here is only where the changed headers live until they were copied.
 * Thread: the worker.
 */
#include <string.h>

#include "netback/offload/checksum.h"
#include "netback/offload/segment.h"
#include "netback/worker_state.h"

/* More than a ring holds could never be delivered in one go; and a sender's
 * tiny gso_size must not cost everybody else thousands of segments. */
#define SEGMENTS_MAX XNB_RX_RING_SIZE

/* Frames here have their rest in one piece of private memory, or none. */
static uint32_t whole_frame(const struct xnb_rx_source *source, uint8_t *head,
			    struct iovec *iov)
{
	iov[0].iov_base = head;
	iov[0].iov_len = source->head_bytes;
	if (source->iov_count == 0)
		return 1;
	iov[1] = source->iov[0];
	return 2;
}

static const struct xnb_meta finished = {.data_validated = 1};

static void deliver_summed(struct xnb_worker *w, struct xnb_queue *queue,
			   const struct xnb_rx_source *source)
{
	/* Other receivers may get the head as it was. */
	uint8_t *head = xnb_deliver_memory(w, source->head_bytes);
	struct xnb_rx_source summed = *source;
	struct iovec iov[2];

	if (!head) {
		xnb_drop(queue->port, XN_DROP_RX_FULL, 1);
		return;
	}
	memcpy(head, source->head, source->head_bytes);
	if (xnb_checksum_fill(iov, whole_frame(source, head, iov)) < 0) {
		xnb_drop(queue->port, XN_DROP_BAD_OFFLOAD, 1);
		return;
	}
	summed.head = head;
	summed.meta = finished;
	xnb_deliver_private(w, queue, &summed);
}

static void deliver_segment(struct xnb_worker *w, struct xnb_queue *queue,
			    const struct xnb_segment *segment,
			    enum xnb_rx_origin origin)
{
	uint8_t *head = xnb_deliver_memory(w, segment->head_bytes);
	struct xnb_rx_source source = {
		.head = head,
		.head_bytes = segment->head_bytes,
		.frame_bytes = segment->frame_bytes,
		.origin = origin,
		.meta = finished,
		.iov = segment->iov,
		.iov_count = segment->iov_count,
	};

	if (!head) {
		xnb_drop(queue->port, XN_DROP_RX_FULL, 1);
		return;
	}
	memcpy(head, segment->head, segment->head_bytes);
	xnb_deliver_private(w, queue, &source);
}

static void deliver_segments(struct xnb_worker *w, struct xnb_queue *queue,
			     const struct xnb_rx_source *source)
{
	/* The segmenter only reads the head. */
	uint8_t *head = (uint8_t *)(uintptr_t)source->head;
	struct xnb_segmenter segmenter;
	struct xnb_segment segment;
	struct iovec iov[2];
	uint32_t pieces = whole_frame(source, head, iov);

	if (xnb_segment_start(&segmenter, &source->meta, iov, pieces) < 0 ||
	    xnb_segment_count(&segmenter) > SEGMENTS_MAX) {
		xnb_drop(queue->port, XN_DROP_BAD_OFFLOAD, 1);
		return;
	}
	while (xnb_segment_next(&segmenter, &segment) == 1)
		deliver_segment(w, queue, &segment, source->origin);
}

void xnb_adapt_deliver(struct xnb_worker *w, struct xnb_queue *queue,
		       const struct xnb_rx_source *source, uint32_t needed)
{
	if (needed & XNB_OFFLOAD_SEGMENT)
		deliver_segments(w, queue, source);
	else
		deliver_summed(w, queue, source);
}
