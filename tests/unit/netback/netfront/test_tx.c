// SPDX-License-Identifier: GPL-2.0-or-later
/* netback/netfront/tx.c against an obvious backend in the same process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netback/netfront/backend.h"

static uint8_t sent[XNF_FRAME_MAX + 1];
static struct test_frame got;
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

static int put(struct test_vif *vif, uint32_t length, uint32_t seed,
	       const struct xnf_meta *meta)
{
	/* Pieces that end nowhere near a page's end. */
	struct iovec iov[4] = {
		{sent, length / 3},
		{sent + length / 3, 0},
		{sent + length / 3, length / 7},
		{sent + length / 3 + length / 7,
		 length - length / 3 - length / 7},
	};

	test_fill(sent, length, seed);
	return xnf_tx_put(&vif->tx, iov, 4, meta);
}

static void pass_frame(struct test_vif *vif, uint32_t length,
		       const struct xnf_meta *meta)
{
	assert_int_equal(put(vif, length, length, meta), 0);
	(void)xnf_tx_publish(&vif->tx);
	assert_true(test_backend_take(vif, &got));
	assert_int_equal(got.length, length);
	assert_memory_equal(got.bytes, sent, length);
	assert_int_equal(got.meta.csum_blank, meta->csum_blank);
	assert_int_equal(got.meta.data_validated, meta->data_validated);
	assert_int_equal(got.meta.gso_type, meta->gso_type);
	assert_int_equal(got.meta.gso_size, meta->gso_size);
	test_backend_answer(vif, &got, NETIF_RSP_OKAY);
	assert_int_equal(xnf_tx_reap(&vif->tx), (int)got.slots);
	assert_int_equal(xnf_tx_room(&vif->tx), XNF_RING_SLOTS);
}

static void test_sizes_at_borders(void **state)
{
	static const uint32_t sizes[] = {14,   15,   60,   1513,  1514,
					 2047, 2048, 2049, 65534, 65535};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		pass_frame(*state, sizes[i], &plain);
	for (uint32_t page = 1; page < XNF_FRAME_PAGES; page++)
		for (uint32_t d = 0; d < 3; d++) {
			pass_frame(*state, page * XNF_PAGE_BYTES + d - 1,
				   &plain);
			assert_int_equal(got.slots, d < 2 ? page : page + 1);
		}
}

static void test_every_small_size(void **state)
{
	for (uint32_t size = 14; size < 9100; size += 1)
		pass_frame(*state, size, &plain);
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
		pass_frame(*state, 65535, &metas[i]);
		pass_frame(*state, 60, &metas[i]);
		assert_int_equal(got.slots, metas[i].gso_type ? 2 : 1);
	}
}

static void answer_group(struct test_vif *vif, uint32_t index, int16_t status)
{
	uint16_t id = xnb_tx_slot(vif->tx.shared, index)->req.id;

	xnb_tx_slot(vif->tx.shared, index)->rsp =
		(struct netif_tx_response){id, status};
	xnb_tx_slot(vif->tx.shared, index + 1)->rsp =
		(struct netif_tx_response){0, NETIF_RSP_NULL};
	xnb_index_publish(&vif->tx.shared->rsp_prod, index + 2);
}

static void test_requests_for_groups(void **state)
{
	static const struct xn_mac group = {{0x33, 0x33, 0xff, 1, 2, 3}};
	struct test_vif *vif = *state;

	for (uint32_t i = 0; i < 2; i++) {
		uint32_t at = vif->tx.req_prod;
		struct netif_tx_request first;
		struct netif_extra_info extra;

		assert_int_equal(xnf_tx_put_group(&vif->tx, i == 0, &group), 0);
		(void)xnf_tx_publish(&vif->tx);
		first = xnb_tx_slot(vif->tx.shared, at)->req;
		memcpy(&extra, xnb_tx_slot(vif->tx.shared, at + 1),
		       sizeof(extra));
		assert_int_equal(first.flags, NETTXF_extra_info);
		assert_int_equal(first.size, 0);
		assert_int_equal(extra.type,
				 i == 0 ? XEN_NETIF_EXTRA_TYPE_MCAST_ADD
					: XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
		assert_int_equal(extra.flags, 0);
		assert_memory_equal(extra.u.mcast.addr, group.octet, 6);
		answer_group(vif, at, i ? NETIF_RSP_ERROR : NETIF_RSP_OKAY);
		assert_int_equal(xnf_tx_reap(&vif->tx), 2);
		assert_int_equal(xnf_tx_room(&vif->tx), XNF_RING_SLOTS);
	}
	assert_int_equal(vif->tx.stats.groups, 2);
	assert_int_equal(vif->tx.stats.groups_refused, 1);
	/* They are no frames. */
	assert_int_equal(vif->tx.stats.sent, 0);
	assert_int_equal(vif->tx.stats.done + vif->tx.stats.errors, 0);
}

static void test_a_full_ring_takes_no_request(void **state)
{
	static const struct xn_mac group = {{1, 0, 0x5e, 1, 2, 3}};
	struct test_vif *vif = *state;

	for (uint32_t i = 0; i < XNF_RING_SLOTS / 2; i++)
		assert_int_equal(xnf_tx_put_group(&vif->tx, true, &group), 0);
	assert_int_equal(xnf_tx_put_group(&vif->tx, true, &group), -EAGAIN);
}

static void test_indices_wrap(void **state)
{
	struct test_vif *vif = *state;

	test_vif_start_at(vif, UINT32_MAX);
	for (uint32_t i = 0; i < 3 * XNF_RING_SLOTS; i += 18)
		pass_frame(vif, 65535,
			   &(struct xnf_meta){true, true, XNF_GSO_TCPV4, 1448});
	assert_true(vif->tx.req_prod < 1024);
	assert_int_equal(vif->tx.fault, XNF_FAULT_NONE);
}

static void test_full_ring(void **state)
{
	struct test_vif *vif = *state;
	uint32_t count = 0;

	while (!put(vif, 60, count, &plain))
		count++;
	/* One slot is kept for an extra info. */
	assert_int_equal(count, XNF_RING_SLOTS - 1);
	assert_int_equal(put(vif, 60, 0, &plain), -EAGAIN);
	assert_int_equal(vif->tx.stats.sent, count);
	(void)xnf_tx_publish(&vif->tx);
	for (uint32_t i = 0; i < count; i++) {
		test_fill(sent, 60, i);
		assert_true(test_backend_take(vif, &got));
		assert_memory_equal(got.bytes, sent, 60);
		test_backend_answer(vif, &got, NETIF_RSP_OKAY);
	}
	assert_false(test_backend_take(vif, &got));
	assert_int_equal(put(vif, 60, 0, &plain), -EAGAIN);
	assert_int_equal(xnf_tx_reap(&vif->tx), (int)count);
	assert_int_equal(put(vif, 60, 0, &plain), 0);
}

static void test_room_for_big_frames(void **state)
{
	struct test_vif *vif = *state;
	struct iovec iov[XNF_FRAME_PAGES];
	uint32_t count = 0;

	while (xnf_tx_prepare(&vif->tx, XNF_FRAME_MAX, iov) > 0) {
		xnf_tx_commit(
			&vif->tx, XNF_FRAME_MAX,
			&(struct xnf_meta){true, true, XNF_GSO_TCPV4, 1448});
		count++;
	}
	assert_int_equal(count, XNF_RING_SLOTS / XNF_TX_SLOTS_MAX);
	assert_int_equal(xnf_tx_room(&vif->tx),
			 XNF_RING_SLOTS - count * XNF_TX_SLOTS_MAX);
	assert_int_equal(put(vif, 60, 0, &plain), -EAGAIN);
}

static void test_prepared_longer_than_committed(void **state)
{
	struct test_vif *vif = *state;
	struct iovec iov[XNF_FRAME_PAGES];

	assert_int_equal(xnf_tx_prepare(&vif->tx, XNF_FRAME_MAX, iov),
			 (int)XNF_FRAME_PAGES);
	test_fill(sent, 5000, 9);
	memcpy(iov[0].iov_base, sent, 4096);
	memcpy(iov[1].iov_base, sent + 4096, 5000 - 4096);
	xnf_tx_commit(&vif->tx, 5000, &plain);
	(void)xnf_tx_publish(&vif->tx);
	assert_true(test_backend_take(vif, &got));
	assert_int_equal(got.slots, 2);
	assert_int_equal(got.length, 5000);
	assert_memory_equal(got.bytes, sent, 5000);
}

static void test_impossible_sizes(void **state)
{
	struct test_vif *vif = *state;
	struct iovec huge[2] = {{sent, SIZE_MAX}, {sent, 60}};

	assert_int_equal(put(vif, 13, 0, &plain), -EINVAL);
	assert_int_equal(put(vif, 65536, 0, &plain), -EINVAL);
	assert_int_equal(xnf_tx_put(&vif->tx, huge, 2, &plain), -EINVAL);
	assert_false(xnf_tx_publish(&vif->tx));
	assert_int_equal(put(vif, 14, 0, &plain), 0);
}

static void test_answers_are_counted_by_frame(void **state)
{
	struct test_vif *vif = *state;
	static const int16_t statuses[] = {NETIF_RSP_OKAY, NETIF_RSP_ERROR,
					   NETIF_RSP_ERROR, NETIF_RSP_DROPPED};

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(put(vif, 10000, 1, &plain), 0);
		(void)xnf_tx_publish(&vif->tx);
		assert_true(test_backend_take(vif, &got));
		test_backend_answer(vif, &got, statuses[i]);
		assert_int_equal(xnf_tx_reap(&vif->tx), 3);
	}
	assert_int_equal(vif->tx.stats.sent, 4);
	assert_int_equal(vif->tx.stats.sent_bytes, 40000);
	assert_int_equal(vif->tx.stats.done, 1);
	assert_int_equal(vif->tx.stats.errors, 2);
	assert_int_equal(vif->tx.stats.dropped, 1);
}

static void test_answers_in_any_order(void **state)
{
	struct test_vif *vif = *state;

	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(put(vif, 60, i, &plain), 0);
	(void)xnf_tx_publish(&vif->tx);
	test_backend_respond(vif, 2, NETIF_RSP_OKAY);
	test_backend_respond(vif, 0, NETIF_RSP_OKAY);
	test_backend_respond(vif, 1, NETIF_RSP_OKAY);
	assert_int_equal(xnf_tx_reap(&vif->tx), 3);
	assert_int_equal(vif->tx.stats.done, 3);
}

/* One frame of two slots, with ids 0 and 1, is in the ring. */
static void expect_fault(struct test_vif *vif, enum xnf_fault fault)
{
	struct iovec iov[XNF_FRAME_PAGES];

	assert_int_equal(xnf_tx_reap(&vif->tx), -EPROTO);
	assert_int_equal(vif->tx.fault, fault);
	assert_string_not_equal(xnf_fault_name(fault), "unknown");
	/* From now on nothing is touched. */
	assert_int_equal(xnf_tx_reap(&vif->tx), -EPROTO);
	assert_int_equal(xnf_tx_prepare(&vif->tx, 60, iov), -EPROTO);
	assert_false(xnf_tx_publish(&vif->tx));
}

static struct test_vif *two_slots_out(void **state)
{
	struct test_vif *vif = *state;

	assert_int_equal(put(vif, 5000, 1, &plain), 0);
	(void)xnf_tx_publish(&vif->tx);
	return vif;
}

static void test_id_that_does_not_exist(void **state)
{
	struct test_vif *vif = two_slots_out(state);

	test_backend_respond(vif, 0, NETIF_RSP_OKAY);
	assert_int_equal(xnf_tx_reap(&vif->tx), 1); /* control */
	test_backend_respond(vif, XNF_RING_SLOTS, NETIF_RSP_OKAY);
	expect_fault(vif, XNF_FAULT_TX_ID);
}

static void test_id_that_is_not_out(void **state)
{
	struct test_vif *vif = two_slots_out(state);

	test_backend_respond(vif, 7, NETIF_RSP_OKAY);
	expect_fault(vif, XNF_FAULT_TX_ID);
}

static void test_id_answered_twice(void **state)
{
	struct test_vif *vif = two_slots_out(state);

	test_backend_respond(vif, 1, NETIF_RSP_OKAY);
	test_backend_respond(vif, 1, NETIF_RSP_OKAY);
	expect_fault(vif, XNF_FAULT_TX_ID);
}

static void test_null_for_data(void **state)
{
	struct test_vif *vif = two_slots_out(state);

	test_backend_respond(vif, 0, NETIF_RSP_NULL);
	expect_fault(vif, XNF_FAULT_TX_STATUS);
}

static void test_statuses_that_do_not_exist(void **state)
{
	struct test_vif *vif = two_slots_out(state);

	test_backend_respond(vif, 0, 2);
	expect_fault(vif, XNF_FAULT_TX_STATUS);
	test_vif_destroy(vif);
	*state = test_vif_create();
	vif = two_slots_out(state);
	test_backend_respond(vif, 0, -3);
	expect_fault(vif, XNF_FAULT_TX_STATUS);
}

static void test_more_answers_than_requests(void **state)
{
	struct test_vif *vif = two_slots_out(state);

	/* A third request is there, but was never published. */
	assert_int_equal(put(vif, 60, 1, &plain), 0);
	vif->tx.shared->rsp_prod = 3;
	expect_fault(vif, XNF_FAULT_TX_INDEX);
}

static void test_producer_goes_back(void **state)
{
	struct test_vif *vif = two_slots_out(state);

	vif->tx.shared->rsp_prod = UINT32_MAX;
	expect_fault(vif, XNF_FAULT_TX_INDEX);
}

static void test_notifies_only_when_asked(void **state)
{
	struct test_vif *vif = *state;

	assert_false(xnf_tx_publish(&vif->tx)); /* nothing to show */
	assert_int_equal(put(vif, 60, 1, &plain), 0);
	assert_true(xnf_tx_publish(&vif->tx)); /* req_event is 1 */
	assert_int_equal(put(vif, 60, 1, &plain), 0);
	assert_false(xnf_tx_publish(&vif->tx)); /* it is awake */
	vif->tx.shared->req_event = 5;
	for (int i = 0; i < 2; i++)
		assert_int_equal(put(vif, 60, 1, &plain), 0);
	assert_false(xnf_tx_publish(&vif->tx)); /* 4 */
	assert_int_equal(put(vif, 60, 1, &plain), 0);
	assert_true(xnf_tx_publish(&vif->tx)); /* 5 */
}

static void test_arming_waits_for_enough(void **state)
{
	struct test_vif *vif = *state;

	for (int i = 0; i < 20; i++)
		assert_int_equal(put(vif, 60, 1, &plain), 0);
	(void)xnf_tx_publish(&vif->tx);
	assert_false(xnf_tx_arm(&vif->tx, 8));
	assert_int_equal(vif->tx.shared->rsp_event, 8);
	for (int i = 0; i < 7; i++) {
		assert_true(test_backend_take(vif, &got));
		test_backend_answer(vif, &got, NETIF_RSP_OKAY);
	}
	assert_false(xnf_tx_arm(&vif->tx, 8));
	assert_true(test_backend_take(vif, &got));
	test_backend_answer(vif, &got, NETIF_RSP_OKAY);
	assert_true(xnf_tx_arm(&vif->tx, 8)); /* do not sleep */
	assert_int_equal(xnf_tx_reap(&vif->tx), 8);
	/* Never for more than there is to come. */
	assert_false(xnf_tx_arm(&vif->tx, 100));
	assert_int_equal(vif->tx.shared->rsp_event, 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sizes_at_borders),
		TEST(test_every_small_size),
		TEST(test_metadata_travels),
		TEST(test_requests_for_groups),
		TEST(test_a_full_ring_takes_no_request),
		TEST(test_indices_wrap),
		TEST(test_full_ring),
		TEST(test_room_for_big_frames),
		TEST(test_prepared_longer_than_committed),
		TEST(test_impossible_sizes),
		TEST(test_answers_are_counted_by_frame),
		TEST(test_answers_in_any_order),
		TEST(test_id_that_does_not_exist),
		TEST(test_id_that_is_not_out),
		TEST(test_id_answered_twice),
		TEST(test_null_for_data),
		TEST(test_statuses_that_do_not_exist),
		TEST(test_more_answers_than_requests),
		TEST(test_producer_goes_back),
		TEST(test_notifies_only_when_asked),
		TEST(test_arming_waits_for_enough),
	};
#undef TEST

	return cmocka_run_group_tests_name("netfront tx", tests, NULL, NULL);
}
