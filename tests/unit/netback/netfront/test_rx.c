// SPDX-License-Identifier: GPL-2.0-or-later
/* netback/netfront/rx.c against an obvious backend in the same process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netback/netfront/backend.h"

static uint8_t given[XNF_FRAME_MAX];
static uint8_t taken[XNF_FRAME_MAX];
static struct xnf_rx_packet packet;
static const struct xnf_meta plain;

static int setup(void **state)
{
	*state = test_vif_create();
	return 0;
}

static int teardown(void **state)
{
	test_vif_destroy(*state);
	return 0;
}

static void give(struct test_vif *vif, uint32_t length, uint32_t piece,
		 uint16_t offset, const struct xnf_meta *meta)
{
	test_fill(given, length, length);
	test_backend_give(vif, given, length, piece, offset, meta);
}

static void expect_packet(struct test_vif *vif, uint32_t length,
			  const struct xnf_meta *meta)
{
	uint32_t done = 0;

	assert_int_equal(xnf_rx_take(&vif->rx, &packet), 1);
	assert_int_equal(packet.bytes, length);
	for (uint32_t i = 0; i < packet.iov_count; i++) {
		assert_true(packet.iov[i].iov_len <= XNF_FRAME_MAX - done);
		memcpy(taken + done, packet.iov[i].iov_base,
		       packet.iov[i].iov_len);
		done += (uint32_t)packet.iov[i].iov_len;
	}
	assert_int_equal(done, length);
	assert_memory_equal(taken, given, length);
	assert_int_equal(packet.meta.csum_blank, meta->csum_blank);
	assert_int_equal(packet.meta.data_validated, meta->data_validated);
	assert_int_equal(packet.meta.gso_type, meta->gso_type);
	assert_int_equal(packet.meta.gso_size, meta->gso_size);
}

/* A good frame comes through: the control beside each refusal. */
static void expect_alive(struct test_vif *vif)
{
	(void)xnf_rx_release(&vif->rx);
	give(vif, 1514, XNF_PAGE_BYTES, 0, &plain);
	expect_packet(vif, 1514, &plain);
	assert_int_equal(xnf_rx_take(&vif->rx, &packet), 0);
	assert_int_equal(vif->rx.fault, XNF_FAULT_NONE);
}

static void expect_nothing(struct test_vif *vif)
{
	test_backend_publish_rx(vif);
	assert_int_equal(xnf_rx_take(&vif->rx, &packet), 0);
	assert_int_equal(vif->rx.rsp_cons, vif->rx_cons);
}

static void expect_fault(struct test_vif *vif, enum xnf_fault fault)
{
	assert_int_equal(xnf_rx_take(&vif->rx, &packet), -EPROTO);
	assert_int_equal(vif->rx.fault, fault);
	assert_string_not_equal(xnf_fault_name(fault), "unknown");
	assert_int_equal(xnf_rx_take(&vif->rx, &packet), -EPROTO);
	assert_false(xnf_rx_release(&vif->rx));
}

static void pass_packet(struct test_vif *vif, uint32_t length, uint32_t piece,
			uint16_t offset, const struct xnf_meta *meta)
{
	give(vif, length, piece, offset, meta);
	expect_packet(vif, length, meta);
	(void)xnf_rx_release(&vif->rx);
	assert_int_equal(vif->rx.shared->req_prod,
			 vif->rx_cons + XNF_RING_SLOTS);
}

static void test_nothing_there(void **state)
{
	struct test_vif *vif = *state;

	assert_int_equal(vif->rx.shared->req_prod, XNF_RING_SLOTS);
	assert_int_equal(xnf_rx_take(&vif->rx, &packet), 0);
	assert_false(xnf_rx_release(&vif->rx));
}

static void test_sizes_at_borders(void **state)
{
	static const uint32_t sizes[] = {14, 15, 60, 1514, 65534, 65535};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		pass_packet(*state, sizes[i], XNF_PAGE_BYTES, 0, &plain);
	for (uint32_t page = 1; page < XNF_FRAME_PAGES; page++)
		for (uint32_t d = 0; d < 3; d++)
			pass_packet(*state, page * XNF_PAGE_BYTES + d - 1,
				    XNF_PAGE_BYTES, 0, &plain);
}

static void test_pieces_anywhere_in_their_pages(void **state)
{
	pass_packet(*state, 18, 1, 4095, &plain);
	pass_packet(*state, 1514, 100, 2048, &plain);
	pass_packet(*state, 4096, 4032, 64, &plain);
	pass_packet(*state, 65535, 3900, 196, &plain);
}

static void test_metadata_travels(void **state)
{
	static const struct xnf_meta metas[] = {
		{.csum_blank = true, .data_validated = true},
		{.data_validated = true},
		{true, true, XNF_GSO_TCPV4, 1448},
		{true, false, XNF_GSO_TCPV6, 65535},
	};

	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		pass_packet(*state, 65535, XNF_PAGE_BYTES, 0, &metas[i]);
		pass_packet(*state, 60, XNF_PAGE_BYTES, 0, &metas[i]);
	}
}

static void test_advice_beside_gso(void **state)
{
	struct test_vif *vif = *state;

	test_fill(given, 100, 100);
	memcpy(vif->rx_pages, given, 100);
	test_backend_slot(vif, 0, NETRXF_extra_info, 100);
	test_backend_extra(vif, (struct netif_extra_info){
					.type = XEN_NETIF_EXTRA_TYPE_HASH,
					.flags = XEN_NETIF_EXTRA_FLAG_MORE});
	test_backend_extra(vif, (struct netif_extra_info){
					.type = XEN_NETIF_EXTRA_TYPE_GSO,
					.flags = XEN_NETIF_EXTRA_FLAG_MORE,
					.u.gso = {.size = 1000, .type = 2}});
	test_backend_extra(
		vif, (struct netif_extra_info){.type = XNB_EXTRA_TYPE_XDP});
	test_backend_publish_rx(vif);
	expect_packet(vif, 100,
		      &(struct xnf_meta){.gso_type = 2, .gso_size = 1000});
	expect_alive(vif);
}

static struct netif_extra_info headroom_extra(uint16_t headroom)
{
	struct netif_extra_info extra = {.type = XNB_EXTRA_TYPE_XDP};

	xnb_extra_set_headroom(&extra, headroom);
	return extra;
}

/* Linux's backend says 0 in the response, ours the headroom. */
static void test_headroom_is_where_the_extra_info_says(void **state)
{
	struct test_vif *vif = *state;

	for (uint16_t said = 0; said <= 256; said += 256) {
		uint32_t at = vif->rx_cons % XNF_RING_SLOTS;

		test_fill(given, 100, 100);
		memcpy(vif->rx_pages + (size_t)at * XNF_PAGE_BYTES + 256, given,
		       100);
		test_backend_slot(vif, said, NETRXF_extra_info, 100);
		test_backend_extra(vif, headroom_extra(256));
		test_backend_publish_rx(vif);
		expect_packet(vif, 100, &plain);
		assert_int_equal(packet.headroom, 256);
		expect_alive(vif);
		assert_int_equal(packet.headroom, 0);
	}
	assert_int_equal(vif->rx.stats.headroom, 2);
}

static void test_headroom_that_leaves_the_page(void **state)
{
	struct test_vif *vif = *state;

	test_backend_slot(vif, 0, NETRXF_extra_info, 100);
	test_backend_extra(vif, headroom_extra(XNF_PAGE_BYTES - 99));
	test_backend_slot(vif, 0, NETRXF_extra_info, 100);
	test_backend_extra(vif, headroom_extra(UINT16_MAX));
	expect_nothing(vif);
	assert_int_equal(vif->rx.stats.bad_size, 2);
	expect_alive(vif);
}

static void test_bursts_and_wrap(void **state)
{
	struct test_vif *vif = *state;

	test_vif_start_at(vif, UINT32_MAX);
	for (uint32_t round = 0; round < 8; round++) {
		for (uint32_t i = 0; i < 84; i++)
			give(vif, 9000, XNF_PAGE_BYTES, 0, &plain);
		for (uint32_t i = 0; i < 84; i++)
			expect_packet(vif, 9000, &plain);
		assert_int_equal(xnf_rx_take(&vif->rx, &packet), 0);
		(void)xnf_rx_release(&vif->rx);
	}
	assert_true(vif->rx.rsp_cons < 4096);
	assert_int_equal(vif->rx.stats.taken, 8 * 84);
	assert_int_equal(vif->rx.stats.taken_bytes, 8 * 84 * 9000);
}

static void test_buffers_stay_ours_until_released(void **state)
{
	struct test_vif *vif = *state;

	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++)
		give(vif, 60, 60, 0, &plain);
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++)
		expect_packet(vif, 60, &plain);
	assert_int_equal(vif->rx.shared->req_prod, XNF_RING_SLOTS);
	(void)xnf_rx_release(&vif->rx);
	assert_int_equal(vif->rx.shared->req_prod, 2 * XNF_RING_SLOTS);
	expect_alive(vif);
}

static void test_error_response(void **state)
{
	struct test_vif *vif = *state;

	test_backend_slot(vif, 0, NETRXF_more_data, 1000);
	test_backend_slot(vif, 0, 0, NETIF_RSP_ERROR);
	expect_nothing(vif);
	assert_int_equal(vif->rx.stats.errors, 1);
	test_backend_slot(vif, 0, 0, INT16_MIN);
	expect_nothing(vif);
	assert_int_equal(vif->rx.stats.errors, 2);
	expect_alive(vif);
}

static void test_piece_outside_its_page(void **state)
{
	struct test_vif *vif = *state;
	static const struct {
		uint16_t offset;
		int16_t status;
	} bad[] = {{4097, 0},	  {4096, 1}, {4095, 2},
		   {1, 4096},	  {0, 4097}, {UINT16_MAX, INT16_MAX},
		   {0, INT16_MAX}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_backend_slot(vif, 0, NETRXF_more_data, 100);
		test_backend_slot(vif, bad[i].offset, 0, bad[i].status);
		expect_nothing(vif);
		assert_int_equal(vif->rx.stats.bad_size, i + 1);
	}
	expect_alive(vif);
}

static void test_frame_too_short_or_too_long(void **state)
{
	struct test_vif *vif = *state;

	test_backend_slot(vif, 0, 0, 13);
	expect_nothing(vif);
	test_backend_slot(vif, 0, 0, 0);
	expect_nothing(vif);
	assert_int_equal(vif->rx.stats.bad_size, 2);
	for (int i = 0; i < 16; i++)
		test_backend_slot(vif, 0, i < 15 ? NETRXF_more_data : 0, 4096);
	expect_nothing(vif);
	assert_int_equal(vif->rx.stats.bad_size, 3);
	expect_alive(vif);
}

static void test_too_many_slots(void **state)
{
	struct test_vif *vif = *state;

	for (int i = 0; i < 19; i++)
		test_backend_slot(vif, 0, i < 18 ? NETRXF_more_data : 0, 100);
	expect_nothing(vif);
	assert_int_equal(vif->rx.stats.too_many_slots, 1);
	/* Eighteen are fine. */
	(void)xnf_rx_release(&vif->rx);
	pass_packet(vif, 1800, 100, 0, &plain);
}

static void test_bad_extra_infos(void **state)
{
	struct test_vif *vif = *state;
	static const struct netif_extra_info bad[] = {
		{.type = 0},
		{.type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD},
		{.type = 255},
		{.type = 1, .u.gso = {.size = 0, .type = 1}},
		{.type = 1, .u.gso = {.size = 1448, .type = 0}},
		{.type = 1, .u.gso = {.size = 1448, .type = 3}},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_backend_slot(vif, 0, NETRXF_extra_info, 100);
		test_backend_extra(vif, bad[i]);
		expect_nothing(vif);
		assert_int_equal(vif->rx.stats.bad_extra, i + 1);
	}
	expect_alive(vif);
}

static void test_wrong_id_is_counted_only(void **state)
{
	struct test_vif *vif = *state;

	give(vif, 60, 60, 0, &plain);
	xnb_rx_slot(vif->rx.shared, 0)->rsp.id = 99;
	expect_packet(vif, 60, &plain);
	assert_int_equal(vif->rx.stats.wrong_id, 1);
	expect_alive(vif);
	assert_int_equal(vif->rx.stats.wrong_id, 1);
}

static void test_chain_leaves_what_is_there(void **state)
{
	struct test_vif *vif = *state;

	test_backend_slot(vif, 0, NETRXF_more_data, 100);
	test_backend_publish_rx(vif);
	expect_fault(vif, XNF_FAULT_RX_CHAIN);
}

static void test_extra_leaves_what_is_there(void **state)
{
	struct test_vif *vif = *state;

	test_backend_slot(vif, 0, NETRXF_extra_info, 100);
	test_backend_publish_rx(vif);
	expect_fault(vif, XNF_FAULT_RX_CHAIN);
}

static void test_extras_without_end(void **state)
{
	struct test_vif *vif = *state;

	test_backend_slot(vif, 0, NETRXF_extra_info, 100);
	for (uint32_t i = 1; i < XNF_RING_SLOTS; i++)
		test_backend_extra(vif,
				   (struct netif_extra_info){
					   .type = XEN_NETIF_EXTRA_TYPE_HASH,
					   .flags = XEN_NETIF_EXTRA_FLAG_MORE});
	test_backend_publish_rx(vif);
	expect_fault(vif, XNF_FAULT_RX_CHAIN);
}

static void test_more_responses_than_requests(void **state)
{
	struct test_vif *vif = *state;

	vif->rx.shared->rsp_prod = XNF_RING_SLOTS + 1;
	expect_fault(vif, XNF_FAULT_RX_INDEX);
}

static void test_producer_goes_back(void **state)
{
	struct test_vif *vif = *state;

	give(vif, 60, 60, 0, &plain);
	expect_packet(vif, 60, &plain);
	vif->rx.shared->rsp_prod = 0;
	expect_fault(vif, XNF_FAULT_RX_INDEX);
}

static void test_events(void **state)
{
	struct test_vif *vif = *state;

	assert_false(xnf_rx_arm(&vif->rx));
	assert_int_equal(vif->rx.shared->rsp_event, 1);
	give(vif, 60, 60, 0, &plain);
	assert_true(xnf_rx_arm(&vif->rx)); /* do not sleep */
	expect_packet(vif, 60, &plain);
	assert_false(xnf_rx_arm(&vif->rx));
	assert_int_equal(vif->rx.shared->rsp_event, 2);
	/* The backend waits for buffers until it has 258. */
	vif->rx.shared->req_event = 258;
	assert_false(xnf_rx_release(&vif->rx));
	give(vif, 60, 60, 0, &plain);
	expect_packet(vif, 60, &plain);
	assert_true(xnf_rx_release(&vif->rx));
	assert_false(xnf_rx_release(&vif->rx));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_there),
		TEST(test_sizes_at_borders),
		TEST(test_pieces_anywhere_in_their_pages),
		TEST(test_metadata_travels),
		TEST(test_advice_beside_gso),
		TEST(test_headroom_is_where_the_extra_info_says),
		TEST(test_headroom_that_leaves_the_page),
		TEST(test_bursts_and_wrap),
		TEST(test_buffers_stay_ours_until_released),
		TEST(test_error_response),
		TEST(test_piece_outside_its_page),
		TEST(test_frame_too_short_or_too_long),
		TEST(test_too_many_slots),
		TEST(test_bad_extra_infos),
		TEST(test_wrong_id_is_counted_only),
		TEST(test_chain_leaves_what_is_there),
		TEST(test_extra_leaves_what_is_there),
		TEST(test_extras_without_end),
		TEST(test_more_responses_than_requests),
		TEST(test_producer_goes_back),
		TEST(test_events),
	};
#undef TEST

	return cmocka_run_group_tests_name("netfront rx", tests, NULL, NULL);
}
