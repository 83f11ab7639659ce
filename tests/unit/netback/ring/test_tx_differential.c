// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser against its slow, obvious twin: random rings, most of them nearly
 * right.
 */
#include "cmocka_std.h"

#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "hypervisor.h"
#include "netback/ring/tx_respond.h"
#include "tx_twin.h"

#define ROUNDS 30000u

static struct guest guest;
static struct xnb_tx_burst burst;
static struct tx_twin twin;
static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % below;
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
	const struct tx_twin_packet *expected = &twin.packet[n];

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
	for (uint32_t i = 0; i < twin.requests; i++) {
		assert_memory_equal(&burst.group[i].mac, &twin.group[i].mac,
				    sizeof(twin.group[i].mac));
		assert_int_equal(burst.group[i].add, twin.group[i].add);
		assert_int_equal(burst.group[i].slot, twin.group[i].slot);
	}
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
		tx_twin_parse(&twin, request, count);
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
