// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many frames of a burst towards one guest, which need nothing but being copied
 * (rx_fill.h, xnb_rx_fill_plain()): most of what guests send each other. In
 * stages, each a loop over all of them: choose those that are plain, place
 * their answers and heads, then what is longer than its head.
 *
 * The ring page is the guest's: each slot is read once.
 */
#include <errno.h>
#include <string.h>

#include "netback/ring/rx_ring.h"
#include "netconf/base/prefetch.h"

/* Plain frames and the requests that they take: gref and id of each, and its
 * padding, as they lie in the ring. */
struct run {
	struct xnb_tx_packet *const *packet;
	uint32_t count;
	uint32_t bytes; /* of all */
	bool long_ones; /* some may be longer than their heads */
	struct netif_rx_request slot[XNB_TX_BURST_MAX];
};

/* A slot in one read. */
static inline struct netif_rx_request
read_slot(const union netif_rx_sring_entry *slot)
{
	struct netif_rx_request request;
	uint64_t word = __atomic_load_n((const uint64_t *)(const void *)slot,
					__ATOMIC_RELAXED);

	_Static_assert(sizeof(request) == sizeof(word), "a request is a word");
	memcpy(&request, &word, sizeof(request));
	return request;
}

/* First stage: as far as the frames are plain, and their slots, each of which
 * is read here only, are sound. `available`: slots up to the ring's end. */
static void choose(const struct xnb_rx_ring *ring,
		   const struct xnb_rx_plain *plain, uint32_t available,
		   struct run *ret)
{
	const uint32_t bytes_max =
		xnb_least(plain->frame_bytes_max, XNB_PAGE_SIZE);
	const union netif_rx_sring_entry *slot =
		xnb_rx_slot(ring->shared, ring->reserved);
	const struct xnb_owner *owner = ring->owner;
	const uint64_t ref_bits = owner->ref_bits;
	struct xnb_tx_packet *const *packet = plain->packet;
	uint32_t n = 0, bytes = 0, any = 0;

	/* The answers are going to be written there. */
	xn_prefetch_write_range(slot, available * sizeof(*slot));
	for (; n < available; n++) {
		const struct xnb_tx_packet *at = packet[n];
		struct netif_rx_request request = read_slot(&slot[n]);

		if (at->frame_bytes > bytes_max ||
		    xnb_owner_maps_of(owner, ref_bits, request.gref))
			break;
		ret->slot[n] = request;
		bytes += at->frame_bytes;
		any |= at->frame_bytes;
	}
	ret->packet = packet;
	ret->count = n;
	ret->bytes = bytes;
	ret->long_ones = any >= XNB_PEEK_BYTES;
}

_Static_assert(offsetof(struct xnb_rx_packet, origin) ==
		       offsetof(struct xnb_rx_packet, frame_bytes) + 6,
	       "size, count, status and origin are neighbours");

_Static_assert(NETRXF_data_validated == 1 && NETRXF_csum_blank == 2,
	       "the flags of a response can be added up");

/* first_flags(): who has a blank checksum is validated too (tx_parse.c). */
static inline uint16_t plain_flags(const struct xnb_meta *meta)
{
	return (uint16_t)(meta->data_validated + 2u * meta->csum_blank);
}

/* Where a frame's answer, note and copy go. */
struct spot {
	struct netif_rx_response *response;
	struct xnb_rx_packet *reserved;
	xengnttab_grant_copy_segment_t *segment;
	int16_t **dest_status;
};

/* The answer to the request at `index`, and the head to the start of its page.
 * xnb_rx_first_offset() leaves the frame in it. */
static inline void put(struct xnb_tx_packet *packet,
		       struct netif_rx_request request, uint32_t index,
		       uint16_t domid, const struct spot *to)
{
	uint16_t bytes = packet->frame_bytes;
	uint16_t offset = xnb_rx_first_offset(index, bytes);

	to->response->id = request.id;
	to->response->offset = offset;
	to->response->flags = plain_flags(&packet->meta);
	to->response->status = (int16_t)bytes;
	to->reserved->source_status = &packet->source_status;
	to->reserved->first = index;
	/* frame_bytes, slot_count, dest_status, origin */
	xnb_put4(to->reserved, offsetof(struct xnb_rx_packet, frame_bytes),
		 bytes, 1, 0, XNB_RX_FROM_GUEST);
	to->segment->source.virt = packet->head;
	to->segment->dest.foreign.ref = request.gref;
	to->segment->dest.foreign.offset = offset;
	to->segment->dest.foreign.domid = domid;
	xnb_copy_set(to->segment, packet->head_bytes, GNTCOPY_dest_gref);
	*to->dest_status = &to->reserved->dest_status;
}

/* Second stage: all of them. There is room in the plan. */
static void place(struct xnb_rx_ring *ring, const struct run *run,
		  struct xnb_copy *plan)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_TO_GRANT];
	xengnttab_grant_copy_segment_t *segment = &list->segment[list->count];
	int16_t **dest_status = &list->dest_status[list->count];
	struct netif_rx_response *response =
		xnb_rx_response(ring, ring->reserved);
	struct xnb_rx_packet *reserved = &ring->packet[ring->packet_count];
	struct xnb_tx_packet *const *packets = run->packet;
	const uint32_t first = ring->reserved, count = run->count;
	const uint16_t domid = ring->owner->domid;

	for (uint32_t i = 0; i < count; i++) {
		const struct spot spot = {&response[i], &reserved[i],
					  &segment[i], &dest_status[i]};

		put(packets[i], run->slot[i], first + i, domid, &spot);
	}
	list->count += count;
}

/* Third stage: what the head leaves of a frame, from the sender's fragments;
 * there is room. `segment`: the next of the plan; returns the one behind. */
static uint32_t plan_rest(const struct xnb_tx_burst *burst,
			  const struct xnb_tx_packet *packet,
			  struct xnb_grant to, struct xnb_rx_packet *reserved,
			  struct xnb_copy_list *list, uint32_t next)
{
	const struct xnb_tx_frag *frag = &burst->frag[packet->frag_first];
	const struct xnb_tx_frag *end = frag + packet->frag_count;
	uint32_t skip = packet->head_bytes;

	to.offset = (uint16_t)(to.offset + skip);
	for (; frag < end; frag++) {
		xengnttab_grant_copy_segment_t *segment = &list->segment[next];
		uint32_t bytes = frag->bytes;

		if (skip >= bytes) {
			skip -= bytes;
			continue;
		}
		bytes -= skip;
		segment->source.foreign.ref = frag->ref;
		segment->source.foreign.offset =
			(uint16_t)(frag->offset + skip);
		segment->source.foreign.domid = burst->domid;
		xnb_copy_set_grant(&segment->dest, to);
		xnb_copy_set(segment, (uint16_t)bytes,
			     GNTCOPY_source_gref | GNTCOPY_dest_gref);
		list->source_status[next] = reserved->source_status;
		list->dest_status[next++] = &reserved->dest_status;
		to.offset = (uint16_t)(to.offset + bytes);
		skip = 0;
	}
	return next;
}

static bool plan_has_room(const struct xnb_copy *plan,
			  const struct xnb_tx_burst *burst)
{
	return plan->list[XNB_COPY_TO_GRANT].count <=
		       XNB_COPY_SEGMENTS_MAX - XNB_TX_BURST_MAX &&
	       plan->list[XNB_COPY_ACROSS].count <=
		       XNB_COPY_SEGMENTS_MAX - burst->frag_count;
}

static void plan_rests(struct xnb_rx_ring *ring, const struct run *run,
		       const struct xnb_tx_burst *burst, struct xnb_copy *plan)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_ACROSS];
	const struct netif_rx_response *response =
		xnb_rx_response(ring, ring->reserved);
	struct xnb_rx_packet *reserved = &ring->packet[ring->packet_count];
	struct xnb_grant page = {.domid = ring->owner->domid};
	uint32_t next = list->count;

	for (uint32_t i = 0; i < run->count; i++) {
		const struct xnb_tx_packet *packet = run->packet[i];

		page.ref = run->slot[i].gref;
		page.offset = response[i].offset;
		if (packet->frame_bytes > packet->head_bytes)
			next = plan_rest(burst, packet, page, &reserved[i],
					 list, next);
	}
	list->count = next;
}

/* A single frame that is all head, as each of many receivers gets it. */
static uint32_t fill_one(struct xnb_rx_ring *ring,
			 const struct xnb_rx_plain *plain,
			 struct xnb_copy *plan)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_TO_GRANT];
	struct xnb_tx_packet *packet = plain->packet[0];
	const uint32_t index = ring->reserved, next = list->count;
	const struct spot spot = {
		xnb_rx_response(ring, index),
		&ring->packet[ring->packet_count],
		&list->segment[next],
		&list->dest_status[next],
	};
	struct netif_rx_request request =
		read_slot(xnb_rx_slot(ring->shared, index));

	if (packet->frame_bytes > plain->frame_bytes_max ||
	    xnb_owner_maps(ring->owner, request.gref))
		return 0;
	put(packet, request, index, ring->owner->domid, &spot);
	list->count = next + 1;
	ring->packet_count++;
	ring->reserved++;
	ring->result.frames[XNB_RX_FROM_GUEST]++;
	ring->result.bytes[XNB_RX_FROM_GUEST] += packet->frame_bytes;
	return 1;
}

static uint32_t fill_many(struct xnb_rx_ring *ring,
			  const struct xnb_rx_plain *plain,
			  struct xnb_copy *plan)
{
	uint32_t available =
		XNB_RX_RING_SIZE - ring->reserved % XNB_RX_RING_SIZE;
	struct run run;

	available = xnb_least(available, ring->producer - ring->reserved);
	choose(ring, plain, xnb_least(plain->count, available), &run);
	place(ring, &run, plan);
	if (run.long_ones)
		plan_rests(ring, &run, plain->burst, plan);
	ring->packet_count += run.count;
	ring->reserved += run.count;
	ring->result.frames[XNB_RX_FROM_GUEST] += run.count;
	ring->result.bytes[XNB_RX_FROM_GUEST] += run.bytes;
	return run.count;
}

uint32_t xnb_rx_fill_plain(struct xnb_rx_ring *ring,
			   const struct xnb_rx_plain *plain,
			   struct xnb_copy *plan)
{
	int error;

	if (ring->fault || ring->headroom || ring->grants ||
	    !plan_has_room(plan, plain->burst))
		return 0;
	error = xnb_rx_space(ring, plain->count);
	if (error == -EPROTO)
		return 0;
	xnb_rx_begin(ring, plan);
	if (plain->count == 1 && !error &&
	    plain->packet[0]->frame_bytes <= XNB_PEEK_BYTES)
		return fill_one(ring, plain, plan);
	return fill_many(ring, plain, plan);
}
