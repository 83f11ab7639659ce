// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser against a slow, obvious twin: random rings, most of them nearly
 * right. The twin collects a packet's slots first and judges them afterwards,
 * straight from the rules in netback/ring/tx_parse.h.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "hypervisor.h"
#include "netback/ring/tx_respond.h"

#define ROUNDS 30000u

struct twin_packet {
	uint32_t total;
	uint32_t frag_count;
	struct xnb_tx_frag frag[XNB_TX_SLOTS_MAX];
	uint32_t slot_first, slot_count;
	struct xnb_meta meta;
};

struct twin {
	uint32_t fault;
	uint32_t response_count;
	struct netif_tx_response response[XNB_TX_RING_SIZE];
	uint32_t count, malformed, requests;
	struct twin_packet packet[XNB_TX_BURST_MAX];
};

/* The slots of one packet. */
struct chain {
	uint32_t used; /* slots of the ring, extras too */
	uint32_t extra_count;
	struct netif_extra_info extra[XNB_TX_RING_SIZE];
	uint32_t count;
	struct netif_tx_request slot[XNB_TX_SLOTS_FATAL + 1];
};

static struct guest guest;
static struct xnb_tx_burst burst;
static struct twin twin;
static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
}

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

static void answer(const struct chain *chain, int16_t status)
{
	struct netif_tx_response *to = &twin.response[twin.response_count];
	uint32_t n = 0;

	to[n++] = (struct netif_tx_response){chain->slot[0].id, status};
	for (uint32_t i = 0; i < chain->extra_count; i++)
		to[n++] = (struct netif_tx_response){0, NETIF_RSP_NULL};
	for (uint32_t i = 1; i < chain->count; i++)
		to[n++] = (struct netif_tx_response){chain->slot[i].id, status};
	twin.response_count += n;
}

static void add_frag(struct twin_packet *packet,
		     const struct netif_tx_request *slot, uint32_t bytes)
{
	if (bytes)
		packet->frag[packet->frag_count++] = (struct xnb_tx_frag){
			slot->gref, slot->offset, (uint16_t)bytes};
}

/* 0 or a fault; the packet is good so far but for its extras. */
static uint32_t add_packet(const struct chain *chain, uint32_t rest)
{
	struct twin_packet *packet = &twin.packet[twin.count];
	const struct netif_extra_info *gso = find(chain, 1);

	memset(packet, 0, sizeof(*packet));
	if (gso && (gso->u.gso.size == 0 || gso->u.gso.type < 1 ||
		    gso->u.gso.type > 2))
		return XN_DL_FAULT_TX_EXTRA;
	packet->total = chain->slot[0].size;
	packet->slot_first = twin.response_count;
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
	twin.count++;
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

static uint32_t judge(const struct chain *chain)
{
	uint32_t others = 0;
	uint32_t total = chain->slot[0].size;

	if (find(chain, 2) || find(chain, 3)) {
		twin.requests++;
		answer(chain, NETIF_RSP_OKAY);
		return 0;
	}
	for (uint32_t i = 1; i < chain->count; i++)
		others += chain->slot[i].size;
	if (chain->count > XNB_TX_SLOTS_MAX || others > total || total < 14 ||
	    names_a_ring(chain)) {
		twin.malformed++;
		answer(chain, NETIF_RSP_ERROR);
		return 0;
	}
	if (crosses(chain->slot[0].offset, total - others))
		return XN_DL_FAULT_TX_FRAG;
	twin.fault = add_packet(chain, total - others);
	if (!twin.fault)
		answer(chain, NETIF_RSP_OKAY);
	return twin.fault;
}

static void twin_parse(const struct netif_tx_request *slot, uint32_t count)
{
	static struct chain chain;

	memset(&twin, 0, sizeof(twin));
	while (count && !twin.fault &&
	       twin.count + twin.malformed + twin.requests < XNB_TX_BURST_MAX) {
		twin.fault = collect(slot, count, &chain);
		if (!twin.fault)
			twin.fault = judge(&chain);
		slot += chain.used;
		count -= chain.used;
	}
}

/* A packet that is right, of `slots` data slots. */
static void send_packet(uint32_t slots)
{
	uint32_t size[24] = {14 + draw(2000)};
	uint32_t extras = draw(4) == 0 ? 1 + draw(3) : 0;
	uint32_t total = size[0];

	for (uint32_t i = 1; i < slots; i++) {
		size[i] = draw(8) ? draw(400) : 0;
		total += size[i];
	}
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t flags = draw(4);

		flags |= i + 1 < slots ? NETTXF_more_data : 0;
		flags |= i == 0 && extras ? NETTXF_extra_info : 0;
		guest_send(&guest, draw(GUEST_PAGES),
			   draw(XNB_PAGE_SIZE + 1 - size[i]),
			   i == 0 ? total : size[i], flags);
		for (uint32_t e = 0; i == 0 && e < extras; e++) {
			uint8_t more = e + 1 < extras;

			if (draw(2))
				guest_send_gso(&guest, (uint8_t)(1 + draw(2)),
					       (uint16_t)(1 + draw(9000)),
					       more);
			else
				guest_send_extra(&guest, (uint8_t)(1 + draw(5)),
						 more);
		}
	}
}

static void spoil(uint32_t index)
{
	struct netif_tx_request *slot = &xnb_tx_slot(guest.tx, index)->req;

	switch (draw(6)) {
	case 0:
		slot->size = (uint16_t)draw(65536);
		break;
	case 1:
		slot->offset = (uint16_t)draw(65536);
		break;
	case 2:
		slot->flags ^= (uint16_t)(1u << draw(4));
		break;
	case 3:
		slot->gref = draw(UINT32_MAX);
		break;
	case 4:
		slot->size = (uint16_t)draw(20);
		break;
	default:
		memset(slot, (int)draw(256), sizeof(*slot));
		break;
	}
}

static void reconnect(uint32_t index)
{
	guest.tx_prod = index;
	guest.tx->req_prod = guest.tx->rsp_prod = index;
	assert_int_equal(xnb_tx_attach(&guest.tx_ring, guest.tx, &guest.log.tx,
				       &guest.owner, false),
			 0);
}

static void compare_packet(uint32_t n)
{
	const struct xnb_tx_packet *packet = &burst.packet[n];
	const struct twin_packet *expected = &twin.packet[n];

	assert_int_equal(packet->frame_bytes, expected->total);
	assert_int_equal(packet->frag_count, expected->frag_count);
	assert_memory_equal(&burst.frag[packet->frag_first], expected->frag,
			    expected->frag_count * sizeof(expected->frag[0]));
	assert_int_equal(packet->slot_first, expected->slot_first);
	assert_int_equal(packet->slot_count, expected->slot_count);
	assert_memory_equal(&packet->meta, &expected->meta,
			    sizeof(packet->meta));
}

static void compare(void)
{
	assert_int_equal(burst.fault, twin.fault);
	assert_int_equal(burst.count, twin.count);
	assert_int_equal(burst.malformed, twin.malformed);
	assert_int_equal(burst.requests, twin.requests);
	assert_int_equal(burst.slot_count, twin.response_count);
	assert_memory_equal(burst.response, twin.response,
			    twin.response_count * sizeof(twin.response[0]));
	for (uint32_t i = 0; i < twin.count; i++)
		compare_packet(i);
}

/* Fills the ring; returns the requests that wait, in order. */
static uint32_t make_ring(struct netif_tx_request *ret)
{
	uint32_t next = guest.tx_ring.next;
	uint32_t count;

	while (guest.tx_prod - next < 200 && draw(12))
		send_packet(draw(6) ? 1 + draw(4) : 1 + draw(22));
	while (draw(3) == 0 && guest.tx_prod != next)
		spoil(next + draw(guest.tx_prod - next));
	if (draw(40) == 0 && guest.tx_prod != next)
		guest.tx_prod--; /* publishes an incomplete packet, perhaps */
	guest_push(&guest);
	count = guest.tx_prod - next;
	for (uint32_t i = 0; i < count; i++)
		memcpy(&ret[i], xnb_tx_slot(guest.tx, next + i),
		       sizeof(ret[i]));
	return count;
}

static void parser_agrees_with_its_twin(void **state)
{
	static struct netif_tx_request request[XNB_TX_RING_SIZE];
	uint32_t faults = 0, malformed = 0, packets = 0, requests = 0;

	(void)state;
	seed = 0x9e3779b97f4a7c15u;
	hv_reset();
	guest_init(&guest, 1, UINT32_MAX - 1000);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t next = guest.tx_ring.next;
		uint32_t count = make_ring(request);

		xnb_tx_parse(&guest.tx_ring, &burst, XNB_TX_BURST_MAX,
			     UINT32_MAX);
		twin_parse(request, count);
		compare();
		packets += burst.count;
		malformed += burst.malformed;
		requests += burst.requests;
		xnb_tx_respond(&guest.tx_ring, &burst);
		for (uint32_t i = 0; i < twin.response_count; i++)
			assert_memory_equal(xnb_tx_slot(guest.tx, next + i),
					    &twin.response[i], 4);
		assert_int_equal(guest.tx->rsp_prod,
				 next + twin.response_count);
		if (twin.fault) {
			faults++;
			reconnect(draw(UINT32_MAX));
		}
	}
	/* All kinds were met. */
	assert_true(packets > ROUNDS);
	assert_true(faults > 100);
	assert_true(malformed > 100);
	assert_true(requests > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parser_agrees_with_its_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
