// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames towards a guest (rx_fill.h). A frame is a train of pieces (head, then
 * the sender's fragments or private memory) poured into a train of buffers
 * (the guest's posted pages); each stretch where neither changes is one
 * segment of the copy plan.
 *
 * This is the way of any frame; what needs no more than a page and no metadata
 * has a shorter one (rx_plain.c). The ring page is the guest's: each slot is
 * read once.
 */
#include "netback/ring/rx_fill.h"

#include <errno.h>
#include <string.h>

#include "netback/ring/rx_ring.h"

_Static_assert(XNB_GSO_TCPV4 == XEN_NETIF_GSO_TYPE_TCPV4 &&
		       XNB_GSO_TCPV6 == XEN_NETIF_GSO_TYPE_TCPV6,
	       "GSO types");
_Static_assert(XNB_FE_SG == XN_DL_FE_SG && XNB_FE_CSUM == XN_DL_FE_CSUM &&
		       XNB_FE_GSO_TCPV4 == XN_DL_FE_GSO_TCPV4 &&
		       XNB_FE_GSO_TCPV6 == XN_DL_FE_GSO_TCPV6 &&
		       XNB_FE_IPV6_CSUM == XN_DL_FE_IPV6_CSUM &&
		       XNB_BUFFER_BYTES == XNB_PAGE_SIZE,
	       "receivers' features");

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
	return xnb_rx_response(pour->ring, pour->packet->first + n);
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
		bytes = xnb_least(bytes, pour->room);
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
		bytes = xnb_least(xnb_least(length, pour->room), pour->left);
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

/* Places the whole frame; the ring itself is not changed. */
static int pour_frame(struct pour *pour)
{
	const struct xnb_rx_source *source = pour->source;
	uint16_t headroom = pour->ring->headroom;
	int error;

	open_buffer(pour, headroom ? headroom
				   : xnb_rx_first_offset(pour->packet->first,
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
	error = xnb_rx_space(ring,
			     data_slots(source->frame_bytes + ring->headroom) +
				     pour.extras);
	if (error)
		return error;
	xnb_rx_begin(ring, plan);
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
	if (pour.packet->dest_status != 0 || xnb_rx_source_failed(pour.packet))
		ring->spoilt = true;
	return 0;
}
