// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers to a guest's frames. The cases txpkt2rsp_* carry the names of
 * FreeBSD's (cases.txt). */
#include "cmocka_std.h"

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
	return 0;
}

static void parse(void)
{
	guest_push(&guest);
	xnb_tx_parse(&guest.tx_ring, &burst, XNB_TX_BURST_MAX, UINT32_MAX);
}

static void assert_answer(uint32_t index, uint16_t id, int16_t status)
{
	assert_int_equal(guest_tx_response(&guest, index).status, status);
	if (status != NETIF_RSP_NULL)
		assert_int_equal(guest_tx_response(&guest, index).id, id);
}

static void txpkt2rsp_emptypkt_writes_nothing(void **state)
{
	uint8_t before[XNB_PAGE_SIZE];

	(void)state;
	parse();
	memcpy(before, guest.tx_page, sizeof(before));
	assert_false(xnb_tx_respond(&guest.tx_ring, &burst));
	assert_memory_equal(before, guest.tx_page, sizeof(before));
}

static void txpkt2rsp_1req_is_okay(void **state)
{
	uint16_t id = guest_send(&guest, 0, 0, 1000, 0);

	(void)state;
	parse();
	assert_true(xnb_tx_respond(&guest.tx_ring, &burst));
	assert_int_equal(guest.tx->rsp_prod, 1);
	assert_answer(0, id, NETIF_RSP_OKAY);
	assert_int_equal(guest.tx_ring.next, 1);
	assert_int_equal(burst.count, 0);
}

static void txpkt2rsp_extra_is_null(void **state)
{
	uint16_t id = guest_send(&guest, 0, 0, 1000, NETTXF_extra_info);

	(void)state;
	guest_send_gso(&guest, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	parse();
	xnb_tx_respond(&guest.tx_ring, &burst);
	assert_int_equal(guest.tx->rsp_prod, 2);
	assert_answer(0, id, NETIF_RSP_OKAY);
	assert_answer(1, 0, NETIF_RSP_NULL);
}

static void txpkt2rsp_long_answers_every_slot(void **state)
{
	uint16_t id[18];

	(void)state;
	id[0] = guest_send(&guest, 0, 0, 18 * 100,
			   NETTXF_more_data | NETTXF_extra_info);
	guest_send_gso(&guest, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	for (uint32_t i = 1; i < 18; i++)
		id[i] = guest_send(&guest, i, 0, 100,
				   i < 17 ? NETTXF_more_data : 0);
	parse();
	assert_int_equal(burst.count, 1);
	xnb_tx_respond(&guest.tx_ring, &burst);
	assert_int_equal(guest.tx->rsp_prod, 19);
	assert_answer(0, id[0], NETIF_RSP_OKAY);
	assert_answer(1, 0, NETIF_RSP_NULL);
	for (uint32_t i = 1; i < 18; i++)
		assert_answer(i + 1, id[i], NETIF_RSP_OKAY);
}

static void txpkt2rsp_invalid_packet_is_an_error(void **state)
{
	uint16_t id = guest_send(&guest, 0, 0, 10, NETTXF_extra_info);

	(void)state;
	guest_send_extra(&guest, XEN_NETIF_EXTRA_TYPE_HASH, 0);
	parse();
	assert_true(xnb_tx_respond(&guest.tx_ring, &burst));
	assert_int_equal(guest.tx->rsp_prod, 2);
	assert_answer(0, id, NETIF_RSP_ERROR);
	assert_answer(1, 0, NETIF_RSP_NULL);
}

static void txpkt2rsp_error_of_one_packet_leaves_the_others(void **state)
{
	uint16_t id[5];

	(void)state;
	id[0] = guest_send(&guest, 0, 0, 64, 0);
	id[1] = guest_send(&guest, 1, 0, 200,
			   NETTXF_more_data | NETTXF_extra_info);
	guest_send_gso(&guest, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	id[3] = guest_send(&guest, 2, 0, 100, 0);
	id[4] = guest_send(&guest, 3, 0, 64, 0);
	parse();
	assert_int_equal(burst.count, 3);
	burst.packet[1].source_status = GNTST_general_error;
	assert_int_equal(xnb_tx_refuse_failed(&burst), 1);
	xnb_tx_respond(&guest.tx_ring, &burst);
	assert_answer(0, id[0], NETIF_RSP_OKAY);
	assert_answer(1, id[1], NETIF_RSP_ERROR);
	assert_answer(2, 0, NETIF_RSP_NULL);
	assert_answer(3, id[3], NETIF_RSP_ERROR);
	assert_answer(4, id[4], NETIF_RSP_OKAY);
}

static void txpkt2rsp_wraps_around_the_ring(void **state)
{
	uint16_t id[10];

	(void)state;
	guest_init(&guest, 1, XNB_TX_RING_SIZE - 5);
	id[0] = guest_send(&guest, 0, 0, 1000, NETTXF_more_data);
	for (uint32_t i = 1; i < 10; i++)
		id[i] = guest_send(&guest, i, 0, 50,
				   i < 9 ? NETTXF_more_data : 0);
	parse();
	xnb_tx_respond(&guest.tx_ring, &burst);
	assert_int_equal(guest.tx->rsp_prod, XNB_TX_RING_SIZE + 5);
	for (uint32_t i = 0; i < 10; i++)
		assert_answer(XNB_TX_RING_SIZE - 5 + i, id[i], NETIF_RSP_OKAY);
}

static void notifies_only_if_the_event_index_was_crossed(void **state)
{
	static const struct {
		uint32_t event;
		bool notify;
	} table[] = {{1, true}, {3, true}, {4, false}, {0, false}};

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		setup(NULL);
		for (uint32_t n = 0; n < 3; n++)
			guest_send(&guest, n, 0, 64, 0);
		guest.tx->rsp_event = table[i].event;
		parse();
		assert_int_equal(xnb_tx_respond(&guest.tx_ring, &burst),
				 table[i].notify);
	}
}

static void arming_asks_for_the_next_request(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 64, 0);
	parse();
	xnb_tx_respond(&guest.tx_ring, &burst);
	assert_false(xnb_tx_arm(&guest.tx_ring));
	assert_int_equal(guest.tx->req_event, 2);
	guest_send(&guest, 0, 0, 64, 0);
	guest_push(&guest);
	assert_true(xnb_tx_arm(&guest.tx_ring));
}

static void packets_before_a_fault_can_be_answered(void **state)
{
	uint16_t id = guest_send(&guest, 0, 0, 64, 0);

	(void)state;
	guest_send(&guest, 0, 4090, 64, 0);
	parse();
	assert_int_equal(burst.fault, XN_DL_FAULT_TX_FRAG);
	assert_int_equal(burst.count, 1);
	xnb_tx_respond(&guest.tx_ring, &burst);
	assert_int_equal(guest.tx->rsp_prod, 1);
	assert_answer(0, id, NETIF_RSP_OKAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(txpkt2rsp_emptypkt_writes_nothing),
		T(txpkt2rsp_1req_is_okay),
		T(txpkt2rsp_extra_is_null),
		T(txpkt2rsp_long_answers_every_slot),
		T(txpkt2rsp_invalid_packet_is_an_error),
		T(txpkt2rsp_error_of_one_packet_leaves_the_others),
		T(txpkt2rsp_wraps_around_the_ring),
		T(notifies_only_if_the_event_index_was_crossed),
		T(arming_asks_for_the_next_request),
		T(packets_before_a_fault_can_be_answered),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
