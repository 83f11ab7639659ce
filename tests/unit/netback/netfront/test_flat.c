// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames of one slot, a burst at a time: the same rings and the same backend
 * as one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netback/netfront/backend.h"

static uint8_t bytes[XNF_FRAME_MAX];
static struct test_frame got;
static struct xnf_rx_packet packet;
static struct xnf_rx_flat flats[XNF_RING_SLOTS];
static uint8_t *frames[XNF_RING_SLOTS];
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

static void send_flat(struct test_vif *vif, uint32_t length, uint32_t count)
{
	assert_int_equal(xnf_tx_claim(&vif->tx, length, count, frames), count);
	for (uint32_t i = 0; i < count; i++)
		test_fill(frames[i], length, i);
	xnf_tx_commit_flat(&vif->tx, length, count);
	(void)xnf_tx_publish(&vif->tx);
}

static void expect_sent(struct test_vif *vif, uint32_t length, uint32_t count,
			int16_t status)
{
	for (uint32_t i = 0; i < count; i++) {
		assert_true(test_backend_take(vif, &got));
		test_fill(bytes, length, i);
		assert_int_equal(got.length, length);
		assert_int_equal(got.slots, 1);
		assert_memory_equal(got.bytes, bytes, length);
		assert_false(got.meta.csum_blank || got.meta.gso_type);
		test_backend_answer(vif, &got, status);
	}
	assert_false(test_backend_take(vif, &got));
}

static void test_sent_frames_are_whole(void **state)
{
	static const uint32_t sizes[] = {14, 64, 2048, 2049, 4096};
	struct test_vif *vif = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (uint32_t count = 1; count <= 64; count += 21) {
			send_flat(vif, sizes[i], count);
			expect_sent(vif, sizes[i], count, NETIF_RSP_OKAY);
			assert_int_equal(xnf_tx_reap(&vif->tx), (int)count);
			assert_int_equal(xnf_tx_room(&vif->tx), XNF_RING_SLOTS);
		}
	}
	assert_int_equal(vif->tx.stats.done, vif->tx.stats.sent);
}

static void test_indices_wrap(void **state)
{
	struct test_vif *vif = *state;

	test_vif_start_at(vif, UINT32_MAX - 300);
	for (uint32_t i = 0; i < 20; i++) {
		send_flat(vif, 100, 64);
		expect_sent(vif, 100, 64, NETIF_RSP_OKAY);
		assert_int_equal(xnf_tx_reap(&vif->tx), 64);
	}
	assert_int_equal(vif->tx.stats.sent_bytes, 20 * 64 * 100);
}

static void test_no_more_than_there_is_room_for(void **state)
{
	struct test_vif *vif = *state;

	send_flat(vif, 64, 200);
	assert_int_equal(xnf_tx_claim(&vif->tx, 64, 64, frames), 56);
	xnf_tx_commit_flat(&vif->tx, 64, 56);
	assert_int_equal(xnf_tx_claim(&vif->tx, 64, 1, frames), 0);
	assert_int_equal(xnf_tx_claim(&vif->tx, 13, 1, frames), 0);
	assert_int_equal(xnf_tx_claim(&vif->tx, 4097, 1, frames), 0);
}

static void test_claiming_changes_nothing(void **state)
{
	struct test_vif *vif = *state;
	uint8_t *first[2];

	assert_int_equal(xnf_tx_claim(&vif->tx, 64, 2, first), 2);
	assert_int_equal(xnf_tx_claim(&vif->tx, 64, 2, frames), 2);
	assert_ptr_equal(first[0], frames[0]);
	assert_ptr_equal(first[1], frames[1]);
	send_flat(vif, 64, 1); /* fewer than were claimed */
	expect_sent(vif, 64, 1, NETIF_RSP_OKAY);
}

static void test_beside_frames_of_many_slots(void **state)
{
	const struct xnf_meta gso = {.csum_blank = true,
				     .gso_type = XNF_GSO_TCPV4,
				     .gso_size = 1000};
	struct test_vif *vif = *state;
	struct iovec iov = {bytes, 9000};

	for (uint32_t i = 0; i < 50; i++) {
		test_fill(bytes, 9000, i);
		assert_int_equal(xnf_tx_put(&vif->tx, &iov, 1, &gso), 0);
		send_flat(vif, 64, 3);
		assert_true(test_backend_take(vif, &got));
		assert_int_equal(got.slots, 4);
		test_backend_answer(vif, &got, NETIF_RSP_OKAY);
		expect_sent(vif, 64, 3, NETIF_RSP_OKAY);
		assert_int_equal(xnf_tx_reap(&vif->tx), 7);
	}
	assert_int_equal(vif->tx.stats.done, 200);
	assert_int_equal(vif->tx.extras_out, 0);
}

static void test_answers_of_all_kinds_in_one_look(void **state)
{
	struct test_vif *vif = *state;

	send_flat(vif, 64, 6);
	for (uint32_t i = 0; i < 6; i++) {
		static const int16_t statuses[] = {
			NETIF_RSP_OKAY,	   NETIF_RSP_ERROR, NETIF_RSP_OKAY,
			NETIF_RSP_DROPPED, NETIF_RSP_OKAY,  NETIF_RSP_ERROR,
		};

		assert_true(test_backend_take(vif, &got));
		test_backend_answer(vif, &got, statuses[i]);
	}
	assert_int_equal(xnf_tx_reap(&vif->tx), 6);
	assert_int_equal(vif->tx.stats.done, 3);
	assert_int_equal(vif->tx.stats.errors, 2);
	assert_int_equal(vif->tx.stats.dropped, 1);
	assert_int_equal(xnf_tx_room(&vif->tx), XNF_RING_SLOTS);
}

static void test_an_id_twice_among_good_answers(void **state)
{
	struct test_vif *vif = *state;

	send_flat(vif, 64, 3);
	assert_true(test_backend_take(vif, &got));
	test_backend_answer(vif, &got, NETIF_RSP_OKAY);
	test_backend_respond(vif,
			     xnb_tx_slot(vif->tx.shared, got.first + 1)->req.id,
			     NETIF_RSP_OKAY);
	/* The second one's slot holds its answer by now: its id again. */
	test_backend_respond(vif,
			     xnb_tx_slot(vif->tx.shared, got.first + 1)->rsp.id,
			     NETIF_RSP_OKAY);
	assert_true(xnf_tx_reap(&vif->tx) < 0);
	assert_int_equal(vif->tx.fault, XNF_FAULT_TX_ID);
	assert_int_equal(vif->tx.stats.done, 2);
	assert_int_equal(xnf_tx_claim(&vif->tx, 64, 1, frames), 0);
}

/* ---- receiving ---- */

static void give(struct test_vif *vif, uint32_t length, uint32_t seed)
{
	test_fill(bytes, length, seed);
	test_backend_give(vif, bytes, length, XNF_PAGE_BYTES, 0, &plain);
}

static void expect_flat(const struct xnf_rx_flat *flat, uint32_t length,
			uint32_t seed)
{
	test_fill(bytes, length, seed);
	assert_int_equal(flat->bytes, length);
	assert_memory_equal(flat->at, bytes, length);
}

static void test_received_frames_are_whole(void **state)
{
	struct test_vif *vif = *state;

	test_vif_start_at(vif, UINT32_MAX - 300);
	for (uint32_t round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 50; i++)
			give(vif, 14 + i * 80, i);
		assert_int_equal(xnf_rx_take_flat(&vif->rx, 30, flats), 30);
		assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats + 30),
				 20);
		for (uint32_t i = 0; i < 50; i++)
			expect_flat(&flats[i], 14 + i * 80, i);
		assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 0);
		(void)xnf_rx_release(&vif->rx);
	}
	assert_int_equal(vif->rx.stats.taken, 1000);
	assert_int_equal(vif->rx.fault, XNF_FAULT_NONE);
}

static void test_at_a_pages_end(void **state)
{
	struct test_vif *vif = *state;

	test_fill(bytes, 4096, 1);
	test_backend_give(vif, bytes, 14, 4096, 4082, &plain);
	assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 1);
	expect_flat(&flats[0], 14, 1);
	test_backend_slot(vif, 4083, 0, 14);
	test_backend_publish_rx(vif);
	assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 0);
	assert_int_equal(xnf_rx_take(&vif->rx, &packet), 0);
	assert_int_equal(vif->rx.stats.bad_size, 1);
}

/* Each is left to xnf_rx_take(), which knows what to say of it. */
static void expect_left(struct test_vif *vif, int rc)
{
	uint64_t taken = vif->rx.stats.taken;

	assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 1);
	expect_flat(&flats[0], 64, 9);
	assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 0);
	assert_int_equal(vif->rx.stats.taken, taken + 1);
	assert_int_equal(xnf_rx_take(&vif->rx, &packet), rc);
	(void)xnf_rx_release(&vif->rx);
}

static void test_stops_before_other_packets(void **state)
{
	const struct xnf_meta gso = {.gso_type = XNF_GSO_TCPV4,
				     .gso_size = 1000};
	struct test_vif *vif = *state;

	give(vif, 64, 9);
	give(vif, 5000, 1); /* a chain */
	expect_left(vif, 1);
	assert_int_equal(packet.bytes, 5000);

	give(vif, 64, 9);
	test_fill(bytes, 3000, 1);
	test_backend_give(vif, bytes, 3000, 4096, 0, &gso);
	expect_left(vif, 1);
	assert_int_equal(packet.meta.gso_size, 1000);

	give(vif, 64, 9);
	test_backend_slot(vif, 0, 0, NETIF_RSP_ERROR);
	test_backend_publish_rx(vif);
	expect_left(vif, 0);
	assert_int_equal(vif->rx.stats.errors, 1);

	give(vif, 64, 9);
	test_backend_slot(vif, 0, 0, 13);
	test_backend_publish_rx(vif);
	expect_left(vif, 0);
	assert_int_equal(vif->rx.stats.bad_size, 1);

	give(vif, 64, 9);
	give(vif, 64, 2);
	xnb_rx_slot(vif->rx.shared, vif->rx_cons - 1)->rsp.id ^= 1;
	expect_left(vif, 1);
	assert_int_equal(vif->rx.stats.wrong_id, 1);
}

static void test_flags_that_do_not_matter(void **state)
{
	struct test_vif *vif = *state;

	test_fill(bytes, 64, 9);
	test_backend_give(
		vif, bytes, 64, 4096, 0,
		&(struct xnf_meta){.csum_blank = true, .data_validated = true});
	assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 1);
	expect_flat(&flats[0], 64, 9);
}

static void test_impossible_producer(void **state)
{
	struct test_vif *vif = *state;

	vif->rx.shared->rsp_prod = XNF_RING_SLOTS + 1;
	assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 0);
	assert_int_equal(vif->rx.fault, XNF_FAULT_RX_INDEX);
	vif->rx.shared->rsp_prod = 0;
	assert_int_equal(xnf_rx_take_flat(&vif->rx, 64, flats), 0);
	assert_true(xnf_rx_take(&vif->rx, &packet) < 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sent_frames_are_whole),
		TEST(test_indices_wrap),
		TEST(test_no_more_than_there_is_room_for),
		TEST(test_claiming_changes_nothing),
		TEST(test_beside_frames_of_many_slots),
		TEST(test_answers_of_all_kinds_in_one_look),
		TEST(test_an_id_twice_among_good_answers),
		TEST(test_received_frames_are_whole),
		TEST(test_at_a_pages_end),
		TEST(test_stops_before_other_packets),
		TEST(test_flags_that_do_not_matter),
		TEST(test_impossible_producer),
	};
#undef TEST

	return cmocka_run_group_tests_name("netfront flat frames", tests, NULL,
					   NULL);
}
