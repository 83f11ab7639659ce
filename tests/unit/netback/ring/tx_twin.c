// SPDX-License-Identifier: GPL-2.0-or-later
/* Parses a tx ring the slow way (tx_twin.h). */
#include "tx_twin.h"

#include <string.h>

/* The slots of one packet. */
struct chain {
	uint32_t used; /* slots of the ring, extras too */
	uint32_t extra_count;
	struct netif_extra_info extra[XNB_TX_RING_SIZE];
	uint32_t count;
	struct netif_tx_request slot[XNB_TX_SLOTS_FATAL + 1];
};

static bool crosses(uint32_t offset, uint32_t size)
{
	return offset + size > XNB_PAGE_SIZE;
}

/* 0 or a fault. */
static uint32_t collect(const struct netif_tx_request *slot, uint32_t left,
			struct chain *chain)
{
	bool more_extra = slot[0].flags & NETTXF_extra_info;

	memset(chain, 0, sizeof(*chain));
	chain->slot[chain->count++] = slot[chain->used++];
	while (more_extra) {
		struct netif_extra_info *extra =
			&chain->extra[chain->extra_count];

		if (chain->used == left)
			return XN_DL_FAULT_TX_EXTRA;
		memcpy(extra, &slot[chain->used++], sizeof(*extra));
		if (extra->type < 1 || extra->type > 5)
			return XN_DL_FAULT_TX_EXTRA;
		chain->extra_count++;
		more_extra = extra->flags & 1;
	}
	for (uint32_t i = 0; i < chain->extra_count; i++) {
		if (chain->extra[i].type == 2 || chain->extra[i].type == 3)
			return 0; /* a dummy has no further slots */
	}
	while (chain->slot[chain->count - 1].flags & NETTXF_more_data) {
		const struct netif_tx_request *next = &slot[chain->used];

		if (chain->used == left || chain->count == XNB_TX_SLOTS_FATAL)
			return XN_DL_FAULT_TX_SLOTS;
		if (crosses(next->offset, next->size))
			return XN_DL_FAULT_TX_FRAG;
		chain->slot[chain->count++] = *next;
		chain->used++;
	}
	return 0;
}

static const struct netif_extra_info *find(const struct chain *chain,
					   uint8_t type)
{
	const struct netif_extra_info *found = NULL;

	for (uint32_t i = 0; i < chain->extra_count; i++) {
		if (chain->extra[i].type == type)
			found = &chain->extra[i];
	}
	return found;
}

static void answer(struct tx_twin *twin, const struct chain *chain,
		   int16_t status)
{
	struct netif_tx_response *to = &twin->response[twin->response_count];
	uint32_t n = 0;

	to[n++] = (struct netif_tx_response){chain->slot[0].id, status};
	for (uint32_t i = 0; i < chain->extra_count; i++)
		to[n++] = (struct netif_tx_response){0, NETIF_RSP_NULL};
	for (uint32_t i = 1; i < chain->count; i++)
		to[n++] = (struct netif_tx_response){chain->slot[i].id, status};
	twin->response_count += n;
}

static void add_frag(struct tx_twin_packet *packet,
		     const struct netif_tx_request *slot, uint32_t bytes)
{
	if (bytes)
		packet->frag[packet->frag_count++] = (struct xnb_tx_frag){
			slot->gref, slot->offset, (uint16_t)bytes};
}

/* 0 or a fault; the packet is good so far but for its extras. */
static uint32_t add_packet(struct tx_twin *twin, const struct chain *chain,
			   uint32_t rest)
{
	struct tx_twin_packet *packet = &twin->packet[twin->count];
	const struct netif_extra_info *gso = find(chain, 1);

	memset(packet, 0, sizeof(*packet));
	if (gso && (gso->u.gso.size == 0 || gso->u.gso.type < 1 ||
		    gso->u.gso.type > 2))
		return XN_DL_FAULT_TX_EXTRA;
	packet->total = chain->slot[0].size;
	packet->slot_first = twin->response_count;
	packet->slot_count = chain->used;
	add_frag(packet, &chain->slot[0], rest);
	for (uint32_t i = 1; i < chain->count; i++)
		add_frag(packet, &chain->slot[i], chain->slot[i].size);
	packet->meta.csum_blank = chain->slot[0].flags & 1;
	packet->meta.data_validated = (chain->slot[0].flags & 3) != 0;
	if (gso) {
		packet->meta.gso_type = gso->u.gso.type;
		packet->meta.gso_size = gso->u.gso.size;
	}
	twin->count++;
	return 0;
}

static bool names_a_ring(const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		if (chain->slot[i].gref == GUEST_TX_RING_REF ||
		    chain->slot[i].gref == GUEST_RX_RING_REF)
			return true;
	}
	return false;
}

/* The last to add, else the last to delete. */
static void add_group(struct tx_twin *twin, const struct chain *chain)
{
	struct xnb_tx_group *group = &twin->group[twin->requests++];
	const struct netif_extra_info *last = find(chain, 2);

	group->add = last != NULL;
	if (!last)
		last = find(chain, 3);
	for (uint32_t i = 0; i < 6; i++)
		group->mac.octet[i] = last->u.mcast.addr[i];
	group->slot = (uint16_t)twin->response_count;
}

static uint32_t judge(struct tx_twin *twin, const struct chain *chain)
{
	uint32_t others = 0;
	uint32_t total = chain->slot[0].size;

	if (find(chain, 2) || find(chain, 3)) {
		add_group(twin, chain);
		answer(twin, chain, NETIF_RSP_OKAY);
		return 0;
	}
	for (uint32_t i = 1; i < chain->count; i++)
		others += chain->slot[i].size;
	if (chain->count > XNB_TX_SLOTS_MAX || others > total || total < 14 ||
	    names_a_ring(chain)) {
		twin->malformed++;
		answer(twin, chain, NETIF_RSP_ERROR);
		return 0;
	}
	if (crosses(chain->slot[0].offset, total - others))
		return XN_DL_FAULT_TX_FRAG;
	twin->fault = add_packet(twin, chain, total - others);
	if (!twin->fault)
		answer(twin, chain, NETIF_RSP_OKAY);
	return twin->fault;
}

void tx_twin_parse(struct tx_twin *twin, const struct netif_tx_request *slot,
		   uint32_t count)
{
	static struct chain chain;

	memset(twin, 0, sizeof(*twin));
	while (count && !twin->fault &&
	       twin->count + twin->malformed + twin->requests <
		       XNB_TX_BURST_MAX) {
		twin->fault = collect(slot, count, &chain);
		if (!twin->fault)
			twin->fault = judge(twin, &chain);
		slot += chain.used;
		count -= chain.used;
	}
}
