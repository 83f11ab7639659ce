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

#include "netconf/base/prefetch.h"

#define EXTRA_TYPES (XNB_EXTRA_TYPE_XDP + 1u)
/* As a set: these say that a packet is a multicast request. */
#define GROUP_TYPES                                      \
	(UINT32_C(1) << XEN_NETIF_EXTRA_TYPE_MCAST_ADD | \
	 UINT32_C(1) << XEN_NETIF_EXTRA_TYPE_MCAST_DEL)

/* All that is told of a checksum: what is blank is known to be right. */
#define PLAIN_FLAGS (NETTXF_csum_blank | NETTXF_data_validated)

/* Where the parser stands: at slot[at], which is a private copy. */
struct cursor {
	struct netif_tx_sring *shared;
	const struct xnb_owner *owner;
	struct xnb_tx_burst *burst;
	uint32_t next; /* behind what was copied */
	uint32_t producer;
	uint32_t at, count;
	struct netif_tx_request *slot; /* the burst's window */
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

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The one read of each slot. */
static void copy_slots(struct cursor *cursor)
{
	uint32_t first = cursor->next % XNB_TX_RING_SIZE;
	uint32_t count =
		least(cursor->producer - cursor->next, XNB_TX_BURST_MAX);

	count = least(count, XNB_TX_RING_SIZE - first);
	/* The answers are going to be written there. */
	xn_prefetch_write_range(xnb_tx_slot(cursor->shared, first),
				count * sizeof(cursor->slot[0]));
	memcpy(cursor->slot, xnb_tx_slot(cursor->shared, first),
	       count * sizeof(cursor->slot[0]));
	cursor->next += count;
	cursor->count = count;
	cursor->at = 0;
}

static bool at_end(struct cursor *cursor)
{
	if (cursor->at == cursor->count)
		copy_slots(cursor);
	return cursor->count == 0;
}

/* Not at the end. */
static const struct netif_tx_request *take_slot(struct cursor *cursor)
{
	return &cursor->slot[cursor->at++];
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
		if (at_end(cursor))
			return XN_DL_FAULT_TX_EXTRA;
		memcpy(&extra, take_slot(cursor), sizeof(extra));
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

		if (at_end(cursor))
			return XN_DL_FAULT_TX_SLOTS;
		if (slots++ == XNB_TX_SLOTS_FATAL)
			return XN_DL_FAULT_TX_SLOTS;
		slot = *take_slot(cursor);
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

static struct xnb_meta meta_of(uint16_t flags)
{
	return (struct xnb_meta){
		.csum_blank = (flags & NETTXF_csum_blank) != 0,
		.data_validated = (flags & PLAIN_FLAGS) != 0,
	};
}

static enum xn_dl_fault set_meta(struct xnb_meta *meta,
				 const struct draft *draft)
{
	*meta = meta_of(draft->first.flags);
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

static enum xn_dl_fault parse_packet(struct cursor *cursor)
{
	struct xnb_tx_burst *burst = cursor->burst;
	struct draft draft;
	enum xn_dl_fault fault = 0;

	draft.extras = 0;
	draft.slot_first = burst->slot_count;
	draft.frag_first = burst->frag_count;
	draft.first = *take_slot(cursor);
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

/* How many of the slots are packets by themselves, and have the flags of the
 * first one; adds up their bytes. Others may be sound, too. */
static uint32_t count_plain(const struct netif_tx_request *slot,
			    uint32_t available, const struct xnb_owner *owner,
			    uint32_t *bytes)
{
	const uint64_t ref_bits = owner->ref_bits;
	const uint16_t flags = slot->flags;
	uint32_t count = 0, sum = *bytes;

	if (flags & ~PLAIN_FLAGS)
		return 0;
	for (; count < available; count++, slot++) {
		if (slot->flags != flags || slot->size < XNB_FRAME_BYTES_MIN ||
		    (uint32_t)slot->offset + slot->size > XNB_PAGE_SIZE ||
		    xnb_owner_maps_of(owner, ref_bits, slot->gref))
			break;
		sum += slot->size;
	}
	*bytes = sum;
	return count;
}

_Static_assert(offsetof(struct xnb_tx_packet, mapped_count) ==
		       offsetof(struct xnb_tx_packet, frag_count) + 6,
	       "counts and status are neighbours");

/* Their fragments, answers and packets. */
static void put_plain(struct xnb_tx_burst *burst,
		      const struct netif_tx_request *slot, uint32_t count)
{
	struct xnb_tx_packet *packet = &burst->packet[burst->count];
	struct xnb_tx_frag *frag = &burst->frag[burst->frag_count];
	struct netif_tx_response *response =
		&burst->response[burst->slot_count];
	uint8_t *head = burst->head[burst->count];
	const uint32_t frag_first = burst->frag_count;
	const uint32_t slot_first = burst->slot_count;
	const struct xnb_meta meta = meta_of(slot->flags);

	for (uint32_t i = 0; i < count; i++, head += XNB_PEEK_BYTES) {
		uint32_t bytes = slot[i].size;

		frag[i].ref = slot[i].gref;
		frag[i].offset = slot[i].offset;
		frag[i].bytes = (uint16_t)bytes;
		response[i].id = slot[i].id;
		response[i].status = NETIF_RSP_OKAY;
		packet[i].head = head;
		packet[i].head_bytes = (uint16_t)least(bytes, XNB_PEEK_BYTES);
		packet[i].frame_bytes = (uint16_t)bytes;
		packet[i].frag_first = (uint16_t)(frag_first + i);
		packet[i].slot_first = (uint16_t)(slot_first + i);
		/* frag_count, slot_count, source_status, mapped_count */
		xnb_put4(&packet[i], offsetof(struct xnb_tx_packet, frag_count),
			 1, 1, 0, 0);
		/* Not as a whole, which would be put together on the stack and
		 * read back before its bytes have got there. */
		packet[i].meta.csum_blank = meta.csum_blank;
		packet[i].meta.data_validated = meta.data_validated;
		packet[i].meta.gso_type = XNB_GSO_NONE;
		packet[i].meta.gso_size = 0;
	}
	if (meta.csum_blank)
		burst->offloaded += count;
	burst->count += count;
	burst->frag_count += count;
	burst->slot_count += count;
}

/* Packets of one slot and without extra info, as long as such follow: most of
 * what guests send. Returns how many, at most `packets_max`. They are no more
 * than certainly fit: only the last one can reach `bytes_max`. */
static uint32_t take_plain(struct cursor *cursor, uint32_t packets_max,
			   uint32_t bytes_max)
{
	const struct netif_tx_request *slot = &cursor->slot[cursor->at];
	struct xnb_tx_burst *burst = cursor->burst;
	uint32_t pages = (bytes_max - burst->bytes - 1) / XNB_PAGE_SIZE + 1;
	uint32_t available =
		least(cursor->count - cursor->at, least(packets_max, pages));
	uint32_t count =
		count_plain(slot, available, cursor->owner, &burst->bytes);

	put_plain(burst, slot, count);
	cursor->at += count;
	return count;
}

static void start_burst(const struct xnb_tx_ring *ring,
			struct xnb_tx_burst *burst)
{
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
}

void xnb_tx_parse(struct xnb_tx_ring *ring, struct xnb_tx_burst *burst,
		  uint32_t packets_max, uint32_t bytes_max)
{
	uint32_t left = least(packets_max, XNB_TX_BURST_MAX);
	struct cursor cursor;

	cursor.shared = ring->shared;
	cursor.owner = ring->owner;
	cursor.burst = burst;
	cursor.next = ring->next;
	cursor.producer = xnb_index_load(&ring->shared->req_prod);
	cursor.at = cursor.count = 0;
	cursor.slot = burst->window;
	start_burst(ring, burst);
	if (!ring->fault && cursor.producer - ring->next > XNB_TX_RING_SIZE)
		ring->fault = XN_DL_FAULT_TX_INDEX;
	while (!ring->fault && left > 0 && burst->bytes < bytes_max &&
	       !at_end(&cursor)) {
		uint32_t slot_count, taken;

		taken = take_plain(&cursor, left, bytes_max);
		left -= taken;
		if (taken > 0)
			continue;
		slot_count = burst->slot_count;
		ring->fault = (uint8_t)parse_packet(&cursor);
		if (ring->fault)
			burst->slot_count = slot_count;
		left--;
	}
	burst->fault = ring->fault;
}
