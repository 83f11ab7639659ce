// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies from the sender's pages into private memory (tx_copy.h), on the
 * queue's worker. Fragments were checked by the parser.
 */
#include "netback/ring/tx_copy.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* `page`: of each fragment, NULL if it is not mapped; or NULL for all. Inline,
 * so that the peek at a guest's without mapped pages asks for none, and costs
 * no call. */
static inline __attribute__((always_inline)) int
fetch(struct xnb_tx_burst *burst, uint32_t packet, uint32_t skip,
      uint32_t bytes, uint8_t *to, const uint8_t *const *page,
      struct xnb_copy *plan)
{
	struct xnb_tx_packet *from = &burst->packet[packet];
	const struct xnb_tx_frag *frag = &burst->frag[from->frag_first];
	const struct xnb_copy_mark mark = xnb_copy_mark(plan);

	if (skip > from->frame_bytes || bytes > from->frame_bytes - skip)
		return -EINVAL;
	for (uint32_t i = 0; i < from->frag_count && bytes; i++) {
		struct xnb_grant grant = {
			.ref = frag[i].ref,
			.domid = burst->domid,
		};
		uint32_t length = frag[i].bytes;
		int error;

		if (skip >= length) {
			skip -= length;
			continue;
		}
		grant.offset = (uint16_t)(frag[i].offset + skip);
		length -= skip;
		if (length > bytes)
			length = bytes;
		error = 0;
		if (page && page[i])
			memcpy(to, page[i] + grant.offset, length);
		else
			error = xnb_copy_to_private(plan, grant, to, length,
						    &from->source_status);
		if (error) {
			xnb_copy_undo(plan, mark);
			return error;
		}
		to += length;
		bytes -= length;
		skip = 0;
	}
	return 0;
}

static __attribute__((noinline)) int
fetch_mapped(struct xnb_tx_burst *burst, uint32_t packet, uint32_t skip,
	     uint32_t bytes, uint8_t *to, struct xnb_copy *plan)
{
	return fetch(burst, packet, skip, bytes, to,
		     &burst->frag_page[burst->packet[packet].frag_first], plan);
}

int xnb_tx_fetch(struct xnb_tx_burst *burst, uint32_t packet, uint32_t skip,
		 uint32_t bytes, uint8_t *to, struct xnb_copy *plan)
{
	if (burst->mapped)
		return fetch_mapped(burst, packet, skip, bytes, to, plan);
	return fetch(burst, packet, skip, bytes, to, NULL, plan);
}

uint32_t xnb_tx_place(const struct xnb_tx_burst *burst, uint32_t packet,
		      uint32_t skip)
{
	const struct xnb_tx_packet *from = &burst->packet[packet];
	const struct xnb_tx_frag *frag = &burst->frag[from->frag_first];
	uint32_t place = 0, before = 0;
	bool found = false;

	for (uint32_t i = 0; i < from->frag_count; i++) {
		if (skip >= frag[i].bytes) {
			skip -= frag[i].bytes;
			continue;
		}
		if (!found || frag[i].offset + skip == 0)
			place = frag[i].offset + skip - before;
		found = true;
		if (frag[i].offset + skip == 0)
			break;
		before += frag[i].bytes - skip;
		skip = 0;
	}
	return place % XNB_PAGE_SIZE;
}

/* Packets without a head leave; the order of the others stays. */
static void close_ranks(struct xnb_tx_burst *burst)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < burst->count; i++) {
		struct xnb_tx_packet *packet = &burst->packet[i];

		if (packet->source_status != 0) {
			xnb_tx_refuse(burst, packet->slot_first,
				      packet->slot_count);
			burst->source_failed++;
			burst->bytes -= packet->frame_bytes;
			continue;
		}
		if (kept != i)
			burst->packet[kept] = *packet;
		kept++;
	}
	burst->count = kept;
}

/* Each packet is one fragment, number i that of packet i. There is room in the
 * plan, which is empty, and the parser has looked at the pages' bounds. */
static void peek_single(struct xnb_tx_burst *burst, struct xnb_copy *plan)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_TO_PRIVATE];
	xengnttab_grant_copy_segment_t *segment = list->segment;
	const struct xnb_tx_frag *frag = burst->frag;
	const uint16_t domid = burst->domid;
	const uint32_t count = burst->count;

	for (uint32_t i = 0; i < count; i++) {
		struct xnb_tx_packet *packet = &burst->packet[i];

		segment[i].source.foreign.ref = frag[i].ref;
		segment[i].source.foreign.offset = frag[i].offset;
		segment[i].source.foreign.domid = domid;
		segment[i].dest.virt = packet->head;
		xnb_copy_set(&segment[i], packet->head_bytes,
			     GNTCOPY_source_gref);
		list->source_status[i] = &packet->source_status;
	}
	list->count = count;
}

/* False: for one of them there was no room. */
static bool peek_all(struct xnb_tx_burst *burst, struct xnb_copy *plan)
{
	bool planned = true;

	for (uint32_t i = 0; i < burst->count; i++) {
		struct xnb_tx_packet *packet = &burst->packet[i];
		uint32_t bytes = packet->head_bytes;
		int error;

		if (burst->mapped)
			error = fetch_mapped(burst, i, 0, bytes, packet->head,
					     plan);
		else
			error = fetch(burst, i, 0, bytes, packet->head, NULL,
				      plan);
		if (!error)
			continue;
		/* An empty plan holds all fragments of a ring: what cannot be
		 * planned is a packet that cannot be had. */
		packet->source_status = GNTST_general_error;
		planned = false;
	}
	return planned;
}

void xnb_tx_peek(struct xnb_tx_burst *burst, struct xnb_copy *plan)
{
	const uint64_t failures = plan->failures;
	bool planned = true;

	if (burst->frag_count == burst->count && !burst->mapped &&
	    plan->list[XNB_COPY_TO_PRIVATE].count == 0)
		peek_single(burst, plan);
	else
		planned = peek_all(burst, plan);
	xnb_copy_run(plan);
	if (!planned || plan->failures != failures)
		close_ranks(burst);
}
