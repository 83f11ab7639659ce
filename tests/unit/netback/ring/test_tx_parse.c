// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parser makes of a guest's tx ring: packets, ERROR answers, faults.
 * The cases ring2pkt_* carry the names of FreeBSD's (cases.txt). */
#include "cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "guest.h"
#include "hypervisor.h"
#include "netback/ring/tx_respond.h"

static struct guest guest;
static struct xnb_tx_burst burst;

static int setup(void **state)
{
	(void)state;
	hv_reset();
	guest_init(&guest, 1, 0);
	memset(&burst, 0xee, sizeof(burst));
	return 0;
}

static void parse(void)
{
	guest_push(&guest);
	xnb_tx_parse(&guest.tx_ring, &burst, XNB_TX_BURST_MAX, UINT32_MAX);
}

static void assert_frag(const struct xnb_tx_packet *packet, uint32_t n,
			uint32_t page, uint32_t offset, uint32_t bytes)
{
	const struct xnb_tx_frag *frag = &burst.frag[packet->frag_first + n];

	assert_true(n < packet->frag_count);
	assert_int_equal(frag->ref, GUEST_REF(page));
	assert_int_equal(frag->offset, offset);
	assert_int_equal(frag->bytes, bytes);
}

static void assert_fault(enum xn_dl_fault fault, uint32_t count)
{
	assert_int_equal(burst.fault, fault);
	assert_int_equal(guest.tx_ring.fault, fault);
	assert_int_equal(burst.count, count);
}

/* One packet, no packet but `slots` answers of ERROR, no fault. */
static void assert_refused(uint32_t slots)
{
	assert_int_equal(burst.fault, 0);
	assert_int_equal(burst.count, 0);
	assert_int_equal(burst.malformed, 1);
	assert_int_equal(burst.frag_count, 0);
	assert_int_equal(burst.slot_count, slots);
	for (uint32_t i = 0; i < slots; i++) {
		if (burst.response[i].status != NETIF_RSP_NULL)
			assert_int_equal(burst.response[i].status,
					 NETIF_RSP_ERROR);
	}
}

static void ring2pkt_emptyring_gives_nothing(void **state)
{
	(void)state;
	parse();
	assert_int_equal(burst.count, 0);
	assert_int_equal(burst.slot_count, 0);
	assert_int_equal(burst.fault, 0);
}

static void ring2pkt_1req_is_one_fragment(void **state)
{
	uint16_t id = guest_send(&guest, 3, 100, 69, 0);

	(void)state;
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].frame_bytes, 69);
	assert_int_equal(burst.packet[0].head_bytes, 69);
	assert_int_equal(burst.packet[0].frag_count, 1);
	assert_int_equal(burst.packet[0].slot_count, 1);
	assert_frag(&burst.packet[0], 0, 3, 100, 69);
	assert_int_equal(burst.response[0].id, id);
	assert_int_equal(burst.response[0].status, NETIF_RSP_OKAY);
	assert_int_equal(burst.packet[0].meta.csum_blank, 0);
	assert_int_equal(burst.packet[0].meta.data_validated, 0);
}

static void ring2pkt_2req_first_size_is_the_total(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 100, NETTXF_more_data);
	guest_send(&guest, 1, 0, 40, 0);
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].frame_bytes, 100);
	assert_int_equal(burst.packet[0].frag_count, 2);
	assert_frag(&burst.packet[0], 0, 0, 0, 60);
	assert_frag(&burst.packet[0], 1, 1, 0, 40);
}

static void ring2pkt_3req_all_fragments_in_order(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 200, NETTXF_more_data);
	guest_send(&guest, 1, 5, 40, NETTXF_more_data);
	guest_send(&guest, 2, 4046, 50, 0);
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].frag_count, 3);
	assert_frag(&burst.packet[0], 0, 0, 0, 110);
	assert_frag(&burst.packet[0], 1, 1, 5, 40);
	assert_frag(&burst.packet[0], 2, 2, 4046, 50);
	assert_int_equal(burst.packet[0].slot_count, 3);
}

static void ring2pkt_extra_lies_behind_the_first_slot(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 150,
		   NETTXF_extra_info | NETTXF_more_data | NETTXF_csum_blank);
	guest_send_gso(&guest, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	guest_send(&guest, 1, 0, 50, 0);
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].slot_count, 3);
	assert_int_equal(burst.packet[0].frag_count, 2);
	assert_frag(&burst.packet[0], 0, 0, 0, 100);
	assert_frag(&burst.packet[0], 1, 1, 0, 50);
	assert_int_equal(burst.packet[0].meta.gso_type, XNB_GSO_TCPV4);
	assert_int_equal(burst.packet[0].meta.gso_size, 1448);
	assert_int_equal(burst.packet[0].meta.csum_blank, 1);
	assert_int_equal(burst.packet[0].meta.data_validated, 1);
	assert_int_equal(burst.response[0].status, NETIF_RSP_OKAY);
	assert_int_equal(burst.response[1].status, NETIF_RSP_NULL);
	assert_int_equal(burst.response[2].status, NETIF_RSP_OKAY);
}

/* Linux: a frontend publishes whole packets, or it is broken. */
static void ring2pkt_partial_is_a_fault(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 64, 0);
	guest_send(&guest, 1, 0, 150, NETTXF_more_data);
	parse();
	assert_fault(XN_DL_FAULT_TX_SLOTS, 1);
	assert_int_equal(burst.slot_count, 1);
	assert_frag(&burst.packet[0], 0, 0, 0, 64);
}

static void ring2pkt_wraps_around_the_ring_and_the_index(void **state)
{
	(void)state;
	guest_init(&guest, 1, UINT32_MAX - 1);
	for (uint32_t i = 0; i < 3; i++) {
		guest_send(&guest, i, 0, 300, NETTXF_more_data);
		guest_send(&guest, i + 10, 0, 100, 0);
	}
	parse();
	assert_int_equal(burst.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_frag(&burst.packet[i], 0, i, 0, 200);
		assert_frag(&burst.packet[i], 1, i + 10, 0, 100);
	}
	assert_true(xnb_tx_respond(&guest.tx_ring, &burst));
	assert_int_equal(guest.tx->rsp_prod, 4);
	assert_false(xnb_tx_pending(&guest.tx_ring));
}

static void parsing_consumes_nothing(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 64, 0);
	parse();
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(guest.tx_ring.next, 0);
	assert_true(xnb_tx_pending(&guest.tx_ring));
}

static void full_ring_is_parsed_and_one_more_is_a_fault(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < XNB_TX_RING_SIZE; i++)
		guest_send(&guest, i, 0, 64, i % 4 == 3 ? 0 : 4);
	for (uint32_t i = 0; i < XNB_TX_RING_SIZE; i++)
		xnb_tx_slot(guest.tx, i)->req.size = i % 4 ? 64 : 256;
	parse();
	assert_int_equal(burst.fault, 0);
	assert_int_equal(burst.count, 64);
	assert_int_equal(burst.slot_count, XNB_TX_RING_SIZE);
	guest.tx_prod++;
	parse();
	assert_fault(XN_DL_FAULT_TX_INDEX, 0);
	assert_int_equal(burst.slot_count, 0);
}

static void producer_far_away_is_a_fault_for_good(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 64, 0);
	guest.tx_prod = guest.tx_ring.next + (1u << 31);
	parse();
	assert_fault(XN_DL_FAULT_TX_INDEX, 0);
	guest.tx_prod = 1;
	parse();
	assert_fault(XN_DL_FAULT_TX_INDEX, 0);
}

static void producer_behind_is_a_fault(void **state)
{
	(void)state;
	guest.tx_prod = guest.tx_ring.next - 1;
	parse();
	assert_fault(XN_DL_FAULT_TX_INDEX, 0);
}

static void packet_budget_is_kept_and_counts_malformed(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 5, 0);
	for (uint32_t i = 1; i < 10; i++)
		guest_send(&guest, i, 0, 64, 0);
	guest_push(&guest);
	xnb_tx_parse(&guest.tx_ring, &burst, 4, UINT32_MAX);
	assert_int_equal(burst.count, 3);
	assert_int_equal(burst.malformed, 1);
	assert_int_equal(burst.slot_count, 4);
	xnb_tx_parse(&guest.tx_ring, &burst, 0, UINT32_MAX);
	assert_int_equal(burst.slot_count, 0);
}

static void no_more_than_64_packets_a_burst(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 70; i++)
		guest_send(&guest, i, 0, 64, 0);
	guest_push(&guest);
	xnb_tx_parse(&guest.tx_ring, &burst, UINT32_MAX, UINT32_MAX);
	assert_int_equal(burst.count, 64);
	xnb_tx_respond(&guest.tx_ring, &burst);
	xnb_tx_parse(&guest.tx_ring, &burst, UINT32_MAX, UINT32_MAX);
	assert_int_equal(burst.count, 6);
}

static void byte_budget_stops_behind_the_packet_that_reaches_it(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		guest_send(&guest, i, 0, 1000, 0);
	guest_push(&guest);
	xnb_tx_parse(&guest.tx_ring, &burst, 64, 2000);
	assert_int_equal(burst.count, 2);
	xnb_tx_parse(&guest.tx_ring, &burst, 64, 2001);
	assert_int_equal(burst.count, 3);
}

static void frame_of_14_bytes_passes_and_13_is_refused(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 14, 0);
	parse();
	assert_int_equal(burst.count, 1);
	xnb_tx_respond(&guest.tx_ring, &burst);
	guest_send(&guest, 0, 0, 13, 0);
	parse();
	assert_refused(1);
}

static void send_chain(uint32_t slots, uint32_t total, uint32_t each)
{
	guest_send(&guest, 0, 0, total, slots > 1 ? NETTXF_more_data : 0);
	for (uint32_t i = 1; i < slots; i++)
		guest_send(&guest, i, 0, each,
			   i + 1 < slots ? NETTXF_more_data : 0);
}

static void frame_of_65535_bytes_passes(void **state)
{
	(void)state;
	send_chain(17, 65535, 4000);
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].frame_bytes, 65535);
	assert_int_equal(burst.packet[0].head_bytes, XNB_PEEK_BYTES);
	assert_frag(&burst.packet[0], 0, 0, 0, 1535);
}

static void eighteen_slots_of_one_byte_are_a_frame(void **state)
{
	(void)state;
	send_chain(18, 18, 1);
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].frag_count, 18);
	assert_frag(&burst.packet[0], 0, 0, 0, 1);
}

static void nineteen_and_twenty_slots_are_refused(void **state)
{
	(void)state;
	for (uint32_t slots = 19; slots <= 20; slots++) {
		setup(NULL);
		send_chain(slots, 1000, 10);
		parse();
		assert_refused(slots);
	}
}

static void twenty_one_slots_are_a_fault(void **state)
{
	(void)state;
	send_chain(21, 1000, 10);
	parse();
	assert_fault(XN_DL_FAULT_TX_SLOTS, 0);
	assert_int_equal(burst.slot_count, 0);
}

static void fragments_beyond_the_total_are_refused(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 100, NETTXF_more_data);
	guest_send(&guest, 1, 0, 60, NETTXF_more_data);
	guest_send(&guest, 2, 0, 41, 0);
	guest_send(&guest, 3, 0, 64, 0);
	parse();
	assert_int_equal(burst.malformed, 1);
	assert_int_equal(burst.count, 1);
	assert_frag(&burst.packet[0], 0, 3, 0, 64);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(burst.response[i].status, NETIF_RSP_ERROR);
	assert_int_equal(burst.response[3].status, NETIF_RSP_OKAY);
}

static void empty_slots_are_answered_and_never_copied(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 80, NETTXF_more_data);
	guest_send(&guest, 1, 0, 0, NETTXF_more_data);
	guest_send(&guest, 2, 7, 80, NETTXF_more_data);
	guest_send(&guest, 3, 4096, 0, 0);
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].frag_count, 1);
	assert_frag(&burst.packet[0], 0, 2, 7, 80);
	assert_int_equal(burst.slot_count, 4);
}

static void first_fragment_across_its_page_is_a_fault(void **state)
{
	(void)state;
	guest_send(&guest, 0, 4032, 64, 0);
	parse();
	assert_int_equal(burst.count, 1);
	xnb_tx_respond(&guest.tx_ring, &burst);
	guest_send(&guest, 0, 4033, 64, 0);
	parse();
	assert_fault(XN_DL_FAULT_TX_FRAG, 0);
}

static void later_fragment_across_its_page_is_a_fault(void **state)
{
	static const uint32_t offset[] = {4097, 65535, 4047};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		setup(NULL);
		guest_send(&guest, 0, 0, 200, NETTXF_more_data);
		guest_send(&guest, 1, offset[i], 50, 0);
		parse();
		assert_fault(XN_DL_FAULT_TX_FRAG, 0);
	}
}

static void page_crossing_in_a_refused_packet_is_a_fault(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 20, NETTXF_more_data);
	guest_send(&guest, 1, 0, 50, NETTXF_more_data);
	guest_send(&guest, 2, 4090, 50, 0);
	parse();
	assert_fault(XN_DL_FAULT_TX_FRAG, 0);
}

static void size_beyond_its_page_is_a_fault(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 4097, 0);
	parse();
	assert_fault(XN_DL_FAULT_TX_FRAG, 0);
}

static void unknown_extra_types_are_faults(void **state)
{
	static const uint8_t type[] = {0, 6, 255};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		setup(NULL);
		guest_send(&guest, 0, 0, 64, NETTXF_extra_info);
		guest_send_extra(&guest, type[i], 0);
		parse();
		assert_fault(XN_DL_FAULT_TX_EXTRA, 0);
	}
}

static void missing_extra_is_a_fault(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 64, NETTXF_extra_info);
	parse();
	assert_fault(XN_DL_FAULT_TX_EXTRA, 0);
}

static void unterminated_extras_are_a_fault(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 64, NETTXF_extra_info);
	for (uint32_t i = 0; i < 255; i++)
		guest_send_extra(&guest, XEN_NETIF_EXTRA_TYPE_HASH,
				 XEN_NETIF_EXTRA_FLAG_MORE);
	parse();
	assert_fault(XN_DL_FAULT_TX_EXTRA, 0);
}

static void several_extras_and_the_last_of_a_type_counts(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 64, NETTXF_extra_info);
	guest_send_gso(&guest, XEN_NETIF_GSO_TYPE_TCPV4, 100,
		       XEN_NETIF_EXTRA_FLAG_MORE);
	guest_send_extra(&guest, XNB_EXTRA_TYPE_XDP, XEN_NETIF_EXTRA_FLAG_MORE);
	guest_send_gso(&guest, XEN_NETIF_GSO_TYPE_TCPV6, 200, 0);
	parse();
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].slot_count, 4);
	assert_int_equal(burst.packet[0].meta.gso_type, XNB_GSO_TCPV6);
	assert_int_equal(burst.packet[0].meta.gso_size, 200);
}

/* No hash was asked for; who gives one is served. */
static void a_hash_is_passed_over(void **state)
{
	static const struct xnb_meta none;
	struct netif_extra_info *extra;

	(void)state;
	guest_send(&guest, 0, 0, 64, NETTXF_extra_info);
	guest_send_extra(&guest, XEN_NETIF_EXTRA_TYPE_HASH, 0);
	extra = (struct netif_extra_info *)(void *)xnb_tx_slot(guest.tx, 1);
	extra->u.hash.type = 3;
	extra->u.hash.algorithm = 1;
	memcpy(extra->u.hash.value, "\x01\x02\x03\x04", 4);
	parse();
	assert_int_equal(burst.fault, 0);
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].slot_count, 2);
	assert_memory_equal(&burst.packet[0].meta, &none, sizeof(none));
	assert_int_equal(burst.response[1].status, NETIF_RSP_NULL);
}

static void bad_gso_types_and_sizes_are_faults(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t size;
		bool good;
	} table[] = {
		{1, 1448, true},  {2, 1448, true},    {0, 1448, false},
		{3, 1448, false}, {255, 1448, false}, {1, 0, false},
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		setup(NULL);
		guest_send(&guest, 0, 0, 64, NETTXF_extra_info);
		guest_send_gso(&guest, table[i].type, table[i].size, 0);
		parse();
		if (table[i].good)
			assert_int_equal(burst.count, 1);
		else
			assert_fault(XN_DL_FAULT_TX_EXTRA, 0);
	}
}

static const uint8_t some_group[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
static const uint8_t other_group[6] = {0x33, 0x33, 0xff, 0x00, 0x00, 0x01};

static void assert_group(uint32_t n, bool add, const uint8_t mac[6],
			 uint16_t slot)
{
	assert_int_equal(burst.group[n].add, add);
	assert_memory_equal(burst.group[n].mac.octet, mac, 6);
	assert_int_equal(burst.group[n].slot, slot);
}

static void multicast_requests_are_answered_and_are_no_packets(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 0, NETTXF_extra_info);
	guest_send_group(&guest, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, some_group, 0);
	guest_send(&guest, 0, 0, 0, NETTXF_extra_info);
	guest_send_group(&guest, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, other_group,
			 0);
	guest_send(&guest, 5, 0, 64, 0);
	parse();
	assert_int_equal(burst.fault, 0);
	assert_int_equal(burst.requests, 2);
	assert_group(0, true, some_group, 0);
	assert_group(1, false, other_group, 2);
	assert_int_equal(burst.malformed, 0);
	assert_int_equal(burst.count, 1);
	assert_int_equal(burst.packet[0].slot_first, 4);
	assert_int_equal(burst.response[0].status, NETIF_RSP_OKAY);
	assert_int_equal(burst.response[1].status, NETIF_RSP_NULL);
	assert_int_equal(burst.response[2].status, NETIF_RSP_OKAY);
}

/* As in Linux: what is to be added counts; and a packet's data does not. */
static void of_both_requests_in_a_packet_the_one_to_add_counts(void **state)
{
	(void)state;
	guest_send(&guest, 3, 0, 64, NETTXF_extra_info);
	guest_send_group(&guest, XEN_NETIF_EXTRA_TYPE_MCAST_DEL, other_group,
			 XEN_NETIF_EXTRA_FLAG_MORE);
	guest_send_group(&guest, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, some_group, 0);
	parse();
	assert_int_equal(burst.requests, 1);
	assert_group(0, true, some_group, 0);
	assert_int_equal(burst.count, 0);
	assert_int_equal(burst.slot_count, 3);
}

/* A refused request: its first slot alone. */
static void a_request_can_be_refused(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 0, NETTXF_extra_info);
	guest_send_group(&guest, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, some_group, 0);
	parse();
	xnb_tx_refuse(&burst, burst.group[0].slot, 1);
	assert_int_equal(burst.response[0].status, NETIF_RSP_ERROR);
	assert_int_equal(burst.response[1].status, NETIF_RSP_NULL);
}

static void extras_of_a_refused_packet_stay_null(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 5, NETTXF_extra_info);
	guest_send_extra(&guest, XEN_NETIF_EXTRA_TYPE_HASH, 0);
	parse();
	assert_refused(2);
	assert_int_equal(burst.response[1].status, NETIF_RSP_NULL);
}

static void slots_rewritten_after_the_parse_have_no_effect(void **state)
{
	struct xnb_tx_burst before;

	(void)state;
	guest_send(&guest, 0, 0, 150, NETTXF_extra_info | NETTXF_more_data);
	guest_send_gso(&guest, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	guest_send(&guest, 1, 0, 50, 0);
	parse();
	memcpy(&before, &burst, sizeof(before));
	memset(guest.tx_page + 64, 0xff, XNB_PAGE_SIZE - 64);
	assert_memory_equal(&before, &burst, sizeof(burst));
	xnb_tx_respond(&guest.tx_ring, &burst);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(guest_tx_response(&guest, i).status,
				 i == 1 ? NETIF_RSP_NULL : NETIF_RSP_OKAY);
	assert_int_equal(guest_tx_response(&guest, 0).id, 1000);
	assert_int_equal(guest_tx_response(&guest, 2).id, 1002);
}

/* The ring's page is mapped: it must not be copied from as well. */
static void the_rings_own_grants_are_refused(void **state)
{
	static const uint32_t own[2] = {GUEST_TX_RING_REF, GUEST_RX_RING_REF};
	uint32_t index;

	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(setup(state), 0);
		index = i / 2; /* the first slot, the second */
		guest_send(&guest, 0, 0, 100, NETTXF_more_data);
		guest_send(&guest, 1, 0, 40, 0);
		xnb_tx_slot(guest.tx, index)->req.gref = own[i % 2];
		guest_send(&guest, 2, 0, 60, 0);
		/* Only the low bits are the same. */
		xnb_tx_slot(guest.tx, 2)->req.gref = own[i % 2] + 64;
		parse();
		assert_int_equal(burst.fault, 0);
		assert_int_equal(burst.malformed, 1);
		assert_int_equal(burst.response[0].status, NETIF_RSP_ERROR);
		assert_int_equal(burst.response[1].status, NETIF_RSP_ERROR);
		assert_int_equal(burst.count, 1);
		assert_int_equal(burst.packet[0].frame_bytes, 60);
		assert_int_equal(burst.response[2].status, NETIF_RSP_OKAY);
	}
}

static void attach_resumes_at_the_response_index(void **state)
{
	struct xnb_tx_ring ring;

	(void)state;
	guest.tx->rsp_prod = 40;
	guest.tx->req_prod = 40 + XNB_TX_RING_SIZE;
	assert_int_equal(xnb_tx_attach(&ring, guest.tx, &guest.log.tx,
				       &guest.owner, false),
			 0);
	assert_int_equal(ring.next, 40);
	guest.tx->req_prod++;
	assert_int_equal(xnb_tx_attach(&ring, guest.tx, &guest.log.tx,
				       &guest.owner, false),
			 -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(ring2pkt_emptyring_gives_nothing),
		T(ring2pkt_1req_is_one_fragment),
		T(ring2pkt_2req_first_size_is_the_total),
		T(ring2pkt_3req_all_fragments_in_order),
		T(ring2pkt_extra_lies_behind_the_first_slot),
		T(ring2pkt_partial_is_a_fault),
		T(ring2pkt_wraps_around_the_ring_and_the_index),
		T(parsing_consumes_nothing),
		T(full_ring_is_parsed_and_one_more_is_a_fault),
		T(producer_far_away_is_a_fault_for_good),
		T(producer_behind_is_a_fault),
		T(packet_budget_is_kept_and_counts_malformed),
		T(no_more_than_64_packets_a_burst),
		T(byte_budget_stops_behind_the_packet_that_reaches_it),
		T(frame_of_14_bytes_passes_and_13_is_refused),
		T(frame_of_65535_bytes_passes),
		T(eighteen_slots_of_one_byte_are_a_frame),
		T(nineteen_and_twenty_slots_are_refused),
		T(twenty_one_slots_are_a_fault),
		T(fragments_beyond_the_total_are_refused),
		T(empty_slots_are_answered_and_never_copied),
		T(first_fragment_across_its_page_is_a_fault),
		T(later_fragment_across_its_page_is_a_fault),
		T(page_crossing_in_a_refused_packet_is_a_fault),
		T(size_beyond_its_page_is_a_fault),
		T(unknown_extra_types_are_faults),
		T(missing_extra_is_a_fault),
		T(unterminated_extras_are_a_fault),
		T(several_extras_and_the_last_of_a_type_counts),
		T(a_hash_is_passed_over),
		T(bad_gso_types_and_sizes_are_faults),
		T(multicast_requests_are_answered_and_are_no_packets),
		T(of_both_requests_in_a_packet_the_one_to_add_counts),
		T(a_request_can_be_refused),
		T(extras_of_a_refused_packet_stay_null),
		T(slots_rewritten_after_the_parse_have_no_effect),
		T(the_rings_own_grants_are_refused),
		T(attach_resumes_at_the_response_index),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
