// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses a queue's tx ring (tx_parse.h), on the queue's worker. The page is
 * the guest's: req_prod is read once for each burst, each slot once, and only
 * the copies are looked at.
 *
 * A packet is a first slot, whose size is the whole frame's; extra infos, if
 * its flags say so; and a slot for each further fragment. The first fragment
 * is what the others leave of the whole.
 */
#include "netback/ring/tx_parse.h"

#include <errno.h>
#include <string.h>

#define EXTRA_TYPES (XNB_EXTRA_TYPE_XDP + 1u)
/* As a set: these say that a packet is a multicast request. */
#define GROUP_TYPES                                      \
	(UINT32_C(1) << XEN_NETIF_EXTRA_TYPE_MCAST_ADD | \
	 UINT32_C(1) << XEN_NETIF_EXTRA_TYPE_MCAST_DEL)

/* Where the parser stands. */
struct cursor {
	struct netif_tx_sring *shared;
	const struct xnb_owner *owner;
	struct xnb_tx_burst *burst;
	uint32_t next;
	uint32_t producer;
};

/* A packet while it is being parsed. */
struct draft {
	struct netif_tx_request first;
	uint32_t extras; /* set of types; extra[] of others is not set */
	struct netif_extra_info extra[EXTRA_TYPES]; /* by type */
	uint32_t slot_first;
	uint32_t frag_first;
	bool refused; /* breaks a rule: ERROR for all its slots */
};

int xnb_tx_attach(struct xnb_tx_ring *ring, void *page, struct xnb_redo_tx *log,
		  const struct xnb_owner *owner, bool resume)
{
	uint32_t next;
	int error = resume ? xnb_redo_tx_replay(log, page, &next)
			   : xnb_redo_tx_start(log, page, &next);

	if (error)
		return error;
	*ring = (struct xnb_tx_ring){
		.shared = page,
		.log = log,
		.next = next,
		.owner = owner,
	};
	return 0;
}

void xnb_tx_refuse(struct xnb_tx_burst *burst, uint32_t slot_first,
		   uint32_t slot_count)
{
	struct netif_tx_response *response = &burst->response[slot_first];

	for (uint32_t i = 0; i < slot_count; i++) {
		if (response[i].status != NETIF_RSP_NULL)
			response[i].status = NETIF_RSP_ERROR;
	}
}

/* The one read of a slot, each member for itself: so they stay in registers.
 */
static inline struct netif_tx_request read_slot(struct netif_tx_sring *shared,
						uint32_t index)
{
	const volatile struct netif_tx_request *slot =
		&xnb_tx_slot(shared, index)->req;

	return (struct netif_tx_request){
		.gref = slot->gref,
		.offset = slot->offset,
		.flags = slot->flags,
		.id = slot->id,
		.size = slot->size,
	};
}

static struct netif_tx_request take_slot(struct cursor *cursor)
{
	return read_slot(cursor->shared, cursor->next++);
}

static void note_answer(struct xnb_tx_burst *burst, uint16_t id, int16_t status)
{
	burst->response[burst->slot_count].id = id;
	burst->response[burst->slot_count].status = status;
	burst->slot_count++;
}

static uint32_t bit_of(uint8_t extra_type)
{
	return UINT32_C(1) << extra_type;
}

/* 0 or a fault. A later extra info of a type replaces an earlier one. */
static enum xn_dl_fault take_extras(struct cursor *cursor, struct draft *draft)
{
	struct netif_extra_info extra;

	do {
		struct netif_tx_request slot;

		if (cursor->next == cursor->producer)
			return XN_DL_FAULT_TX_EXTRA;
		slot = take_slot(cursor);
		memcpy(&extra, &slot, sizeof(extra));
		if (extra.type == XEN_NETIF_EXTRA_TYPE_NONE ||
		    extra.type >= EXTRA_TYPES)
			return XN_DL_FAULT_TX_EXTRA;
		draft->extra[extra.type] = extra;
		draft->extras |= bit_of(extra.type);
		note_answer(cursor->burst, 0, NETIF_RSP_NULL);
	} while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return 0;
}

static bool leaves_page(uint32_t offset, uint32_t bytes)
{
	return offset > XNB_PAGE_SIZE || bytes > XNB_PAGE_SIZE - offset;
}

/* Empty slots are legal, and answered; there is nothing to copy. */
static void add_frag(struct xnb_tx_burst *burst, uint32_t ref, uint16_t offset,
		     uint32_t bytes)
{
	struct xnb_tx_frag *frag = &burst->frag[burst->frag_count];

	if (bytes == 0)
		return;
	frag->ref = ref;
	frag->offset = offset;
	frag->bytes = (uint16_t)bytes;
	burst->frag_count++;
}

/* The first slot's fragment comes first, but its length is known only when
 * the others are: its place is kept, and closed again if it stays empty. */
static enum xn_dl_fault take_frags(struct cursor *cursor, struct draft *draft)
{
	struct xnb_tx_burst *burst = cursor->burst;
	struct netif_tx_request *first = &draft->first;
	uint32_t left = first->size; /* of the whole, for the first fragment */
	uint32_t slots = 1;
	bool more = first->flags & NETTXF_more_data;

	draft->refused = xnb_owner_maps(cursor->owner, first->gref);
	add_frag(burst, first->gref, first->offset, 1);
	while (more) {
		struct netif_tx_request slot;

		if (cursor->next == cursor->producer)
			return XN_DL_FAULT_TX_SLOTS;
		if (slots++ == XNB_TX_SLOTS_FATAL)
			return XN_DL_FAULT_TX_SLOTS;
		slot = take_slot(cursor);
		note_answer(burst, slot.id, NETIF_RSP_OKAY);
		/* A frame above 64 KiB has wrapped its size around: there are
		 * frontends that do this, so it is no fault. */
		if (slots > XNB_TX_SLOTS_MAX || slot.size > left ||
		    xnb_owner_maps(cursor->owner, slot.gref))
			draft->refused = true;
		if (leaves_page(slot.offset, slot.size))
			return XN_DL_FAULT_TX_FRAG;
		more = slot.flags & NETTXF_more_data;
		if (draft->refused)
			continue;
		left -= slot.size;
		add_frag(burst, slot.gref, slot.offset, slot.size);
	}
	if (first->size < XNB_FRAME_BYTES_MIN)
		draft->refused = true;
	if (draft->refused)
		return 0;
	if (leaves_page(first->offset, left))
		return XN_DL_FAULT_TX_FRAG;
	burst->frag[draft->frag_first].bytes = (uint16_t)left;
	return 0;
}

/* Takes the empty fragment of the first slot out again. */
static void close_empty_first(struct xnb_tx_burst *burst, uint32_t first)
{
	if (burst->frag[first].bytes != 0)
		return;
	burst->frag_count--;
	memmove(&burst->frag[first], &burst->frag[first + 1],
		(burst->frag_count - first) * sizeof(burst->frag[0]));
}

static enum xn_dl_fault set_gso(struct xnb_meta *meta,
				const struct netif_extra_info *extra)
{
	if (extra->u.gso.size == 0)
		return XN_DL_FAULT_TX_EXTRA;
	if (extra->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
	    extra->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6)
		return XN_DL_FAULT_TX_EXTRA;
	meta->gso_type = extra->u.gso.type;
	meta->gso_size = extra->u.gso.size;
	return 0;
}

static enum xn_dl_fault set_meta(struct xnb_meta *meta,
				 const struct draft *draft)
{
	*meta = (struct xnb_meta){0};
	meta->csum_blank = (draft->first.flags & NETTXF_csum_blank) != 0;
	meta->data_validated =
		meta->csum_blank || draft->first.flags & NETTXF_data_validated;
	if (!(draft->extras & bit_of(XEN_NETIF_EXTRA_TYPE_GSO)))
		return 0;
	return set_gso(meta, &draft->extra[XEN_NETIF_EXTRA_TYPE_GSO]);
}

static enum xn_dl_fault finish_packet(struct xnb_tx_burst *burst,
				      const struct draft *draft)
{
	struct xnb_tx_packet *packet = &burst->packet[burst->count];
	uint16_t bytes = draft->first.size;
	enum xn_dl_fault fault = set_meta(&packet->meta, draft);

	if (fault)
		return fault;
	close_empty_first(burst, draft->frag_first);
	packet->head = burst->head[burst->count];
	packet->head_bytes = bytes < XNB_PEEK_BYTES ? bytes : XNB_PEEK_BYTES;
	packet->frame_bytes = bytes;
	packet->frag_first = (uint16_t)draft->frag_first;
	packet->frag_count = (uint16_t)(burst->frag_count - draft->frag_first);
	packet->slot_first = (uint16_t)draft->slot_first;
	packet->slot_count = (uint16_t)(burst->slot_count - draft->slot_first);
	packet->source_status = 0;
	burst->count++;
	burst->bytes += bytes;
	if (packet->meta.csum_blank || packet->meta.gso_type)
		burst->offloaded++;
	return 0;
}

/* Both in one packet: the one to add, as in Linux. */
static void note_group(struct xnb_tx_burst *burst, const struct draft *draft)
{
	const struct netif_extra_info *add =
		&draft->extra[XEN_NETIF_EXTRA_TYPE_MCAST_ADD];
	const struct netif_extra_info *del =
		&draft->extra[XEN_NETIF_EXTRA_TYPE_MCAST_DEL];
	struct xnb_tx_group *group = &burst->group[burst->requests++];

	group->add = draft->extras & bit_of(XEN_NETIF_EXTRA_TYPE_MCAST_ADD);
	group->slot = (uint16_t)draft->slot_first;
	memcpy(group->mac.octet,
	       group->add ? add->u.mcast.addr : del->u.mcast.addr,
	       sizeof(group->mac.octet));
}

static enum xn_dl_fault parse_packet(struct cursor *cursor,
				     const struct netif_tx_request *first)
{
	struct xnb_tx_burst *burst = cursor->burst;
	struct draft draft;
	enum xn_dl_fault fault = 0;

	draft.extras = 0;
	draft.slot_first = burst->slot_count;
	draft.frag_first = burst->frag_count;
	draft.first = *first;
	note_answer(burst, draft.first.id, NETIF_RSP_OKAY);
	if (draft.first.flags & NETTXF_extra_info)
		fault = take_extras(cursor, &draft);
	if (fault)
		return fault;
	if (draft.extras & GROUP_TYPES) {
		note_group(burst, &draft);
		return 0;
	}
	fault = take_frags(cursor, &draft);
	if (fault)
		return fault;
	if (!draft.refused)
		return finish_packet(burst, &draft);
	burst->malformed++;
	burst->frag_count = draft.frag_first;
	xnb_tx_refuse(burst, draft.slot_first,
		      burst->slot_count - draft.slot_first);
	return 0;
}

/* What more the burst may take. */
struct limits {
	uint32_t packets_max;
	uint32_t bytes_max;
};

static inline bool is_plain(const struct xnb_owner *owner,
			    const struct netif_tx_request *slot)
{
	return !(slot->flags & (NETTXF_more_data | NETTXF_extra_info |
				NETTXF_csum_blank)) &&
	       slot->size >= XNB_FRAME_BYTES_MIN &&
	       (uint32_t)slot->offset + slot->size <= XNB_PAGE_SIZE &&
	       !xnb_owner_maps(owner, slot->gref);
}

/* Where the next packet of one slot goes, and how many there were. */
struct places {
	struct xnb_tx_packet *packet;
	struct xnb_tx_frag *frag;
	struct netif_tx_response *response;
	uint8_t *head;
	uint16_t frag_number, slot_number;
};

static inline void put_plain(const struct places *to, uint32_t n,
			     const struct netif_tx_request *slot)
{
	struct xnb_tx_packet *packet = &to->packet[n];
	const uint16_t bytes = slot->size;

	to->response[n].id = slot->id;
	to->response[n].status = NETIF_RSP_OKAY;
	to->frag[n].ref = slot->gref;
	to->frag[n].offset = slot->offset;
	to->frag[n].bytes = bytes;
	packet->head = to->head + (size_t)n * XNB_PEEK_BYTES;
	packet->head_bytes = bytes < XNB_PEEK_BYTES ? bytes : XNB_PEEK_BYTES;
	packet->frame_bytes = bytes;
	packet->frag_first = (uint16_t)(to->frag_number + n);
	packet->slot_first = (uint16_t)(to->slot_number + n);
	packet->frag_count = 1;
	packet->slot_count = 1;
	packet->source_status = 0;
	packet->meta = (struct xnb_meta){
		.data_validated = (slot->flags / NETTXF_data_validated) & 1};
}

/* Packets of one slot and without metadata, as long as such follow: most of
 * what guests send. False: the burst is over; true: *ret_other was taken, and
 * is something else. */
static bool take_plain(struct cursor *cursor, struct limits *limits,
		       struct netif_tx_request *ret_other)
{
	struct xnb_tx_burst *burst = cursor->burst;
	const struct xnb_owner *owner = cursor->owner;
	struct netif_tx_sring *shared = cursor->shared;
	const struct places to = {
		.packet = &burst->packet[burst->count],
		.frag = &burst->frag[burst->frag_count],
		.response = &burst->response[burst->slot_count],
		.head = burst->head[burst->count],
		.frag_number = (uint16_t)burst->frag_count,
		.slot_number = (uint16_t)burst->slot_count,
	};
	uint32_t available = cursor->producer - cursor->next;
	uint32_t index = cursor->next, count = 0, bytes = burst->bytes;
	bool other = false;

	if (available > limits->packets_max)
		available = limits->packets_max;
	for (; count < available && bytes < limits->bytes_max; count++) {
		struct netif_tx_request slot = read_slot(shared, index++);

		other = !is_plain(owner, &slot);
		if (other) {
			*ret_other = slot;
			break;
		}
		put_plain(&to, count, &slot);
		bytes += slot.size;
	}
	burst->count += count;
	burst->frag_count += count;
	burst->slot_count += count;
	burst->bytes = bytes;
	limits->packets_max -= count + other;
	cursor->next = index;
	return other;
}

void xnb_tx_parse(struct xnb_tx_ring *ring, struct xnb_tx_burst *burst,
		  uint32_t packets_max, uint32_t bytes_max)
{
	struct cursor cursor = {
		.shared = ring->shared,
		.owner = ring->owner,
		.burst = burst,
		.next = ring->next,
		.producer = xnb_index_load(&ring->shared->req_prod),
	};
	struct limits limits = {packets_max, bytes_max};
	struct netif_tx_request first;

	burst->domid = ring->owner->domid;
	burst->count = 0;
	burst->slot_count = 0;
	burst->frag_count = 0;
	burst->bytes = 0;
	burst->offloaded = 0;
	burst->malformed = 0;
	burst->requests = 0;
	burst->source_failed = 0;
	burst->mapped = false;
	if (!ring->fault && cursor.producer - ring->next > XNB_TX_RING_SIZE)
		ring->fault = XN_DL_FAULT_TX_INDEX;
	if (packets_max > XNB_TX_BURST_MAX)
		limits.packets_max = XNB_TX_BURST_MAX;
	while (!ring->fault && take_plain(&cursor, &limits, &first)) {
		uint32_t slot_count = burst->slot_count;

		ring->fault = (uint8_t)parse_packet(&cursor, &first);
		if (ring->fault)
			burst->slot_count = slot_count;
	}
	burst->fault = ring->fault;
}
