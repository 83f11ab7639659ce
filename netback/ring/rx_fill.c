// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames towards a guest (rx_fill.h). A frame is a train of pieces (head, then
 * the sender's fragments or private memory) poured into a train of buffers
 * (the guest's posted pages); each stretch where neither changes is one
 * segment of the copy plan.
 *
 * The ring page is the guest's: req_prod is read when the known requests run
 * short, each slot once.
 */
#include "netback/ring/rx_fill.h"

#include <errno.h>
#include <string.h>

/* A frame that fits starts at one of 16 offsets: with all frames at offset 0
 * their lines would compete for the same cache sets. */
#define COLOUR_BYTES 64u
#define COLOURS 16u

_Static_assert(XNB_GSO_TCPV4 == XEN_NETIF_GSO_TYPE_TCPV4 &&
		       XNB_GSO_TCPV6 == XEN_NETIF_GSO_TYPE_TCPV6,
	       "GSO types");
_Static_assert(XNB_FE_SG == XN_DL_FE_SG && XNB_FE_CSUM == XN_DL_FE_CSUM &&
		       XNB_FE_GSO_TCPV4 == XN_DL_FE_GSO_TCPV4 &&
		       XNB_FE_GSO_TCPV6 == XN_DL_FE_GSO_TCPV6 &&
		       XNB_FE_IPV6_CSUM == XN_DL_FE_IPV6_CSUM &&
		       XNB_BUFFER_BYTES == XNB_PAGE_SIZE,
	       "receivers' features");

int xnb_rx_attach(struct xnb_rx_ring *ring, void *page, struct xnb_redo_rx *log,
		  const struct xnb_owner *owner, uint32_t frontend, bool resume)
{
	uint32_t next;
	int error = resume ? xnb_redo_rx_replay(log, page, &next)
			   : xnb_redo_rx_start(log, page, &next);

	if (error)
		return error;
	ring->shared = page;
	ring->log = log;
	ring->published = next;
	ring->next = next;
	ring->reserved = next;
	ring->producer = next;
	ring->frontend = frontend;
	ring->headroom = 0;
	ring->owner = owner;
	ring->grants = NULL;
	ring->fault = 0;
	ring->result = (struct xnb_rx_result){0};
	ring->packet_count = 0;
	ring->spoilt = false;
	return 0;
}

/* The answer to the request at `index`. */
static inline struct netif_rx_response *response_to(struct xnb_rx_ring *ring,
						    uint32_t index)
{
	return &ring->log->response[index % XNB_RX_RING_SIZE];
}

/* Where the frame being poured stands. */
struct pour {
	struct xnb_rx_ring *ring;
	const struct xnb_rx_source *source;
	struct xnb_copy *plan;
	struct xnb_rx_packet *packet;
	uint32_t extras;		  /* slots for extra infos */
	uint32_t slots;			  /* taken so far */
	struct netif_rx_response *buffer; /* answer of the open buffer */
	struct xnb_grant page; /* the buffer, at the next free byte */
	uint8_t *local;	       /* its page, if that is mapped here */
	uint32_t room;	       /* left in it */
	uint32_t left;	       /* bytes of the frame not yet placed */
};

static bool has_gso_slot(const struct xnb_rx_source *source)
{
	return source->meta.gso_type != XNB_GSO_NONE;
}

static bool has_hash_slot(const struct xnb_rx_source *source)
{
	return source->hash.algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_NONE;
}

static uint32_t data_slots(uint32_t bytes)
{
	return (bytes + XNB_PAGE_SIZE - 1) / XNB_PAGE_SIZE;
}

static inline uint32_t extra_slots(const struct xnb_rx_ring *ring,
				   const struct xnb_rx_source *source)
{
	return (has_gso_slot(source) ? 1u : 0u) +
	       (has_hash_slot(source) ? 1u : 0u) + (ring->headroom ? 1u : 0u);
}

uint32_t xnb_rx_slots_needed(const struct xnb_rx_ring *ring,
			     const struct xnb_rx_source *source)
{
	return data_slots(source->frame_bytes + ring->headroom) +
	       extra_slots(ring, source);
}

/* The response of the n-th slot of the frame. */
static struct netif_rx_response *response_at(const struct pour *pour,
					     uint32_t n)
{
	return response_to(pour->ring, pour->packet->first + n);
}

/* Takes the next request; the one read of its slot. */
static struct netif_rx_request take_slot(struct pour *pour)
{
	struct xnb_rx_ring *ring = pour->ring;
	uint32_t index = pour->packet->first + pour->slots;
	const union netif_rx_sring_entry *slot =
		xnb_rx_slot(ring->shared, index);
	struct netif_rx_request request =
		*(const volatile struct netif_rx_request *)&slot->req;

	ring->id[index % XNB_RX_RING_SIZE] = request.id;
	pour->slots++;
	return request;
}

/* A page that the guest had us map is written here, and never by a copy. */
static void find_local(struct pour *pour, uint32_t ref)
{
	const struct xnb_static_page *page =
		xnb_grants_find(pour->ring->grants, ref);

	pour->local = page ? page->page : NULL;
	if (page && page->readonly)
		pour->packet->dest_status = GNTST_permission_denied;
}

/* Opens the next buffer at `offset`, with an empty response. One that must not
 * be copied to has failed already. */
static void open_buffer(struct pour *pour, uint16_t offset)
{
	struct netif_rx_request request;

	pour->buffer = response_at(pour, pour->slots);
	request = take_slot(pour);
	*pour->buffer = (struct netif_rx_response){
		.id = request.id,
		.offset = offset,
	};
	if (xnb_owner_maps(pour->ring->owner, request.gref))
		pour->packet->dest_status = GNTST_bad_gntref;
	if (pour->ring->grants)
		find_local(pour, request.gref);
	pour->page.ref = request.gref;
	pour->page.offset = offset;
	pour->page.domid = pour->ring->owner->domid;
	pour->room = XNB_PAGE_SIZE - offset;
}

/* Opens the next page if this one is full. */
static void next_buffer(struct pour *pour)
{
	if (pour->room)
		return;
	pour->buffer->flags |= NETRXF_more_data;
	open_buffer(pour, 0);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* `bytes` more lie in the open buffer. */
static void account(struct pour *pour, uint32_t bytes)
{
	pour->buffer->status = (int16_t)(pour->buffer->status + (int)bytes);
	pour->page.offset = (uint16_t)(pour->page.offset + bytes);
	pour->room -= bytes;
	pour->left -= bytes;
}

/* A frame that has failed takes its slots, but there is nothing to copy. */
static bool failed(const struct pour *pour)
{
	return pour->packet->dest_status != 0;
}

static int copy_private(struct pour *pour, const uint8_t *from, uint32_t bytes)
{
	if (failed(pour))
		return 0;
	if (!pour->local)
		return xnb_copy_to_grant(pour->plan, from, pour->page, bytes,
					 &pour->packet->dest_status);
	memcpy(pour->local + pour->page.offset, from, bytes);
	return 0;
}

static int copy_grant(struct pour *pour, struct xnb_grant from, uint32_t bytes)
{
	if (failed(pour))
		return 0;
	if (!pour->local)
		return xnb_copy_across(pour->plan, from, pour->page, bytes,
				       pour->source->source_status,
				       &pour->packet->dest_status);
	pour->packet->dest_status = GNTST_general_error; /* see rx_fill.h */
	return 0;
}

static int pour_private(struct pour *pour, const uint8_t *from, size_t length)
{
	while (length && pour->left) {
		uint32_t bytes = pour->left;
		int error;

		next_buffer(pour);
		bytes = least(bytes, pour->room);
		if (length < bytes)
			bytes = (uint32_t)length;
		error = copy_private(pour, from, bytes);
		if (error)
			return error;
		account(pour, bytes);
		from += bytes;
		length -= bytes;
	}
	return 0;
}

static int pour_grant(struct pour *pour, struct xnb_grant from, uint32_t length)
{
	while (length && pour->left) {
		uint32_t bytes;
		int error;

		next_buffer(pour);
		bytes = least(least(length, pour->room), pour->left);
		error = copy_grant(pour, from, bytes);
		if (error)
			return error;
		account(pour, bytes);
		from.offset = (uint16_t)(from.offset + bytes);
		length -= bytes;
	}
	return 0;
}

static int pour_frags(struct pour *pour)
{
	const struct xnb_rx_source *source = pour->source;
	uint32_t skip = source->frag_skip;

	for (uint32_t i = 0; i < source->frag_count && pour->left; i++) {
		const struct xnb_tx_frag *frag = &source->frag[i];
		struct xnb_grant from = {
			.ref = frag->ref,
			.domid = source->domid,
		};
		int error;

		if (skip >= frag->bytes) {
			skip -= frag->bytes;
			continue;
		}
		from.offset = (uint16_t)(frag->offset + skip);
		error = pour_grant(pour, from, frag->bytes - skip);
		if (error)
			return error;
		skip = 0;
	}
	return 0;
}

static int pour_iov(struct pour *pour)
{
	const struct xnb_rx_source *source = pour->source;
	size_t skip = source->iov_skip;

	for (uint32_t i = 0; i < source->iov_count && pour->left; i++) {
		const struct iovec *iov = &source->iov[i];
		int error;

		if (skip >= iov->iov_len) {
			skip -= iov->iov_len;
			continue;
		}
		error = pour_private(pour,
				     (const uint8_t *)iov->iov_base + skip,
				     iov->iov_len - skip);
		if (error)
			return error;
		skip = 0;
	}
	return 0;
}

/* An extra info behind the first slot: it takes a request, not its page. */
static void add_extra(struct pour *pour, struct netif_extra_info extra)
{
	extra.flags =
		pour->slots < pour->extras ? XEN_NETIF_EXTRA_FLAG_MORE : 0;
	memcpy(response_at(pour, pour->slots), &extra, sizeof(extra));
	take_slot(pour);
}

static void add_gso_extra(struct pour *pour)
{
	const struct xnb_meta *meta = &pour->source->meta;

	add_extra(pour, (struct netif_extra_info){
				.type = XEN_NETIF_EXTRA_TYPE_GSO,
				.u.gso.size = meta->gso_size,
				.u.gso.type = meta->gso_type,
			});
}

static void add_hash_extra(struct pour *pour)
{
	const struct xnb_rx_hash *hash = &pour->source->hash;
	struct netif_extra_info extra = {
		.type = XEN_NETIF_EXTRA_TYPE_HASH,
		.u.hash.type = hash->type,
		.u.hash.algorithm = hash->algorithm,
	};

	for (uint32_t i = 0; i < sizeof(extra.u.hash.value); i++)
		extra.u.hash.value[i] = (uint8_t)(hash->value >> (8 * i));
	add_extra(pour, extra);
}

static void add_headroom_extra(struct pour *pour)
{
	struct netif_extra_info extra = {.type = XNB_EXTRA_TYPE_XDP};

	xnb_extra_set_headroom(&extra, pour->ring->headroom);
	add_extra(pour, extra);
}

/* Their slots lie between the first buffer and the next, so they must be taken
 * before the first buffer runs over. */
static void add_extras(struct pour *pour)
{
	pour->buffer->flags |= NETRXF_extra_info;
	if (has_gso_slot(pour->source))
		add_gso_extra(pour);
	if (has_hash_slot(pour->source))
		add_hash_extra(pour);
	if (pour->ring->headroom)
		add_headroom_extra(pour);
}

static uint16_t first_flags(const struct xnb_meta *meta)
{
	if (meta->csum_blank)
		return NETRXF_csum_blank | NETRXF_data_validated;
	return meta->data_validated ? NETRXF_data_validated : 0;
}

static uint16_t first_offset(uint32_t index, uint32_t frame_bytes)
{
	if (frame_bytes > XNB_PAGE_SIZE - COLOUR_BYTES * (COLOURS - 1))
		return 0;
	return (uint16_t)(index % COLOURS * COLOUR_BYTES);
}

/* Places the whole frame; the ring itself is not changed. */
static int pour_frame(struct pour *pour)
{
	const struct xnb_rx_source *source = pour->source;
	uint16_t headroom = pour->ring->headroom;
	int error;

	open_buffer(pour, headroom ? headroom
				   : first_offset(pour->packet->first,
						  source->frame_bytes));
	pour->buffer->flags = first_flags(&source->meta);
	if (pour->extras)
		add_extras(pour);
	error = pour_private(pour, source->head, source->head_bytes);
	if (!error)
		error = source->frag_count ? pour_frags(pour) : pour_iov(pour);
	if (error)
		return error;
	return pour->left ? -EINVAL : 0;
}

/* Are `slots` requests there, behind those that are reserved? */
static int check_space(struct xnb_rx_ring *ring, uint32_t slots)
{
	if (ring->producer - ring->reserved >= slots)
		return 0;
	ring->producer = xnb_index_load(&ring->shared->req_prod);
	if (ring->producer - ring->published > XNB_RX_RING_SIZE ||
	    ring->producer - ring->published <
		    ring->reserved - ring->published) {
		ring->fault = XN_DL_FAULT_RX_INDEX;
		return -EPROTO;
	}
	return ring->producer - ring->reserved >= slots ? 0 : -ENOSPC;
}

static inline bool takes(const struct xnb_rx_ring *ring, uint32_t frame_bytes)
{
	if (frame_bytes < XNB_FRAME_BYTES_MIN ||
	    frame_bytes > XNB_FRAME_BYTES_MAX)
		return false;
	return ring->frontend & XN_DL_FE_SG ||
	       frame_bytes <= XNB_PAGE_SIZE - ring->headroom;
}

bool xnb_rx_takes(const struct xnb_rx_ring *ring, uint32_t frame_bytes)
{
	return takes(ring, frame_bytes);
}

/* From here on failures are this ring's business. */
static void begin_reserving(struct xnb_rx_ring *ring,
			    const struct xnb_copy *plan)
{
	if (ring->packet_count > 0)
		return;
	ring->plan = plan;
	ring->failures = plan->failures;
}

static bool source_failed(const struct xnb_rx_packet *packet)
{
	return packet->source_status && *packet->source_status != 0;
}

int xnb_rx_fill(struct xnb_rx_ring *ring, const struct xnb_rx_source *source,
		struct xnb_copy *plan)
{
	const struct xnb_copy_mark mark = xnb_copy_mark(plan);
	struct pour pour = {
		.ring = ring,
		.source = source,
		.plan = plan,
		.packet = &ring->packet[ring->packet_count],
		.extras = extra_slots(ring, source),
		.left = source->frame_bytes,
	};
	int error;

	if (ring->fault)
		return -EPROTO;
	if (!takes(ring, source->frame_bytes))
		return -EMSGSIZE;
	error = check_space(ring,
			    data_slots(source->frame_bytes + ring->headroom) +
				    pour.extras);
	if (error)
		return error;
	begin_reserving(ring, plan);
	*pour.packet = (struct xnb_rx_packet){
		.first = ring->reserved,
		.frame_bytes = (uint16_t)source->frame_bytes,
		.origin = (uint16_t)source->origin,
		.source_status =
			source->frag_count ? source->source_status : NULL,
	};
	error = pour_frame(&pour);
	if (error) {
		xnb_copy_undo(plan, mark);
		return error;
	}
	pour.packet->slot_count = (uint16_t)pour.slots;
	ring->reserved += pour.slots;
	ring->packet_count++;
	ring->result.frames[source->origin]++;
	ring->result.bytes[source->origin] += source->frame_bytes;
	if (pour.packet->dest_status != 0 || source_failed(pour.packet))
		ring->spoilt = true;
	return 0;
}

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
	const uint32_t bytes_max = least(plain->frame_bytes_max, XNB_PAGE_SIZE);
	const union netif_rx_sring_entry *slot =
		xnb_rx_slot(ring->shared, ring->reserved);
	const struct xnb_owner *owner = ring->owner;
	const uint64_t ref_bits = owner->ref_bits;
	struct xnb_tx_packet *const *packet = plain->packet;
	uint32_t n = 0, bytes = 0, any = 0;

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

/* Second stage: an answer for each frame, and its head to the start of its
 * page. There is room in the plan, and first_offset() leaves each in its page.
 */
static void place(struct xnb_rx_ring *ring, const struct run *run,
		  struct xnb_copy *plan)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_TO_GRANT];
	xengnttab_grant_copy_segment_t *segment = &list->segment[list->count];
	int16_t **dest_status = &list->dest_status[list->count];
	struct netif_rx_response *response = response_to(ring, ring->reserved);
	struct xnb_rx_packet *reserved = &ring->packet[ring->packet_count];
	struct xnb_tx_packet *const *packets = run->packet;
	const uint32_t first = ring->reserved, count = run->count;
	const uint16_t domid = ring->owner->domid;

	for (uint32_t i = 0; i < count; i++) {
		struct xnb_tx_packet *packet = packets[i];
		uint16_t bytes = packet->frame_bytes;
		uint16_t offset = first_offset(first + i, bytes);

		response[i].id = run->slot[i].id;
		response[i].offset = offset;
		response[i].flags = plain_flags(&packet->meta);
		response[i].status = (int16_t)bytes;
		reserved[i].source_status = &packet->source_status;
		reserved[i].first = first + i;
		/* frame_bytes, slot_count, dest_status, origin */
		xnb_put4(&reserved[i],
			 offsetof(struct xnb_rx_packet, frame_bytes), bytes, 1,
			 0, XNB_RX_FROM_GUEST);
		segment[i].source.virt = packet->head;
		segment[i].dest.foreign.ref = run->slot[i].gref;
		segment[i].dest.foreign.offset = offset;
		segment[i].dest.foreign.domid = domid;
		xnb_copy_set(&segment[i], packet->head_bytes,
			     GNTCOPY_dest_gref);
		dest_status[i] = &reserved[i].dest_status;
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
		response_to(ring, ring->reserved);
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

uint32_t xnb_rx_fill_plain(struct xnb_rx_ring *ring,
			   const struct xnb_rx_plain *plain,
			   struct xnb_copy *plan)
{
	uint32_t available =
		XNB_RX_RING_SIZE - ring->reserved % XNB_RX_RING_SIZE;
	struct run run;

	if (ring->fault || ring->headroom || ring->grants ||
	    !plan_has_room(plan, plain->burst))
		return 0;
	if (check_space(ring, plain->count) == -EPROTO)
		return 0;
	begin_reserving(ring, plan);
	available = least(available, ring->producer - ring->reserved);
	choose(ring, plain, least(plain->count, available), &run);
	place(ring, &run, plan);
	if (run.long_ones)
		plan_rests(ring, &run, plain->burst, plan);
	ring->packet_count += run.count;
	ring->reserved += run.count;
	ring->result.frames[XNB_RX_FROM_GUEST] += run.count;
	ring->result.bytes[XNB_RX_FROM_GUEST] += run.bytes;
	return run.count;
}

/* Answers ERROR to each slot by itself, whatever it held. */
static void refuse(struct xnb_rx_ring *ring, const struct xnb_rx_packet *packet)
{
	for (uint32_t i = 0; i < packet->slot_count; i++) {
		uint32_t index = packet->first + i;
		struct netif_rx_response *response = response_to(ring, index);

		*response = (struct netif_rx_response){
			.id = packet->slot_count == 1
				      ? response->id
				      : ring->id[index % XNB_RX_RING_SIZE],
			.status = NETIF_RSP_ERROR,
		};
	}
}

/* It was taken for delivered. */
static void undeliver(struct xnb_rx_ring *ring,
		      const struct xnb_rx_packet *packet)
{
	struct xnb_rx_result *result = &ring->result;

	result->frames[packet->origin]--;
	result->bytes[packet->origin] -= packet->frame_bytes;
	if (packet->dest_status != 0)
		result->dest_failed++;
	else
		result->source_failed++;
}

/* Gives back what was reserved last for frames that their sender spoilt. */
static void give_back(struct xnb_rx_ring *ring)
{
	while (ring->packet_count) {
		const struct xnb_rx_packet *last =
			&ring->packet[ring->packet_count - 1];

		if (!source_failed(last) || last->dest_status != 0)
			return;
		undeliver(ring, last);
		ring->reserved = last->first;
		ring->packet_count--;
	}
}

/* Some frames may have failed: looks at each. */
static void judge(struct xnb_rx_ring *ring)
{
	give_back(ring);
	for (uint32_t i = 0; i < ring->packet_count; i++) {
		const struct xnb_rx_packet *packet = &ring->packet[i];

		if (packet->dest_status == 0 && !source_failed(packet))
			continue;
		undeliver(ring, packet);
		refuse(ring, packet);
	}
	ring->spoilt = false;
}

void xnb_rx_commit(struct xnb_rx_ring *ring)
{
	if (ring->packet_count == 0)
		return;
	if (ring->spoilt || ring->plan->failures != ring->failures)
		judge(ring);
	ring->packet_count = 0;
	ring->next = ring->reserved;
	xnb_redo_rx_log(ring->log, ring->next);
}

uint32_t xnb_rx_publish(struct xnb_rx_ring *ring, struct xnb_rx_result *ret)
{
	uint32_t old = ring->published;

	*ret = ring->result;
	ring->result = (struct xnb_rx_result){0};
	if (ring->next == old)
		return old;
	xnb_redo_rx_publish(ring->log, ring->shared, old, ring->next);
	ring->published = ring->next;
	return old;
}

bool xnb_rx_wants_event(const struct xnb_rx_ring *ring, uint32_t old)
{
	return xnb_event_wanted(&ring->shared->rsp_event, old, ring->published);
}

bool xnb_rx_arm(struct xnb_rx_ring *ring, uint32_t slots)
{
	if (slots == 0)
		slots = 1;
	xnb_event_arm(&ring->shared->req_event, ring->next + slots);
	return xnb_index_load(&ring->shared->req_prod) - ring->next >= slots;
}
