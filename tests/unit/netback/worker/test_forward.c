/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames between guests, through a whole worker. */
#include "../ring/cmocka_std.h"

#include <string.h>

#include "bed.h"

static struct bed_received received;
static uint8_t expected[4096];

/* Teaches the switch where guest `n` is, and forgets the flood it made. */
static void introduce(struct bed *bed, uint32_t n)
{
	struct virtio_net_hdr vnet;

	bed_burst(bed, n, (uint8_t)n, 60, 1); /* same port: goes nowhere */
	bed_answers(bed, n);
	for (uint32_t i = 0; i < BED_GUESTS; i++) {
		if (bed->vif[i].kernel_fd < 0)
			continue;
		bed_count_received(bed, i);
		while (bed_kernel_read(bed, i, &vnet, received.frame) > 0)
			;
	}
}

static void pair_up(struct bed *bed)
{
	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 0, 255);
	bed_post(bed, 1, 255);
	introduce(bed, 0);
	introduce(bed, 1);
}

static void a_frame_arrives_once_with_its_bytes(void **state)
{
	struct bed *bed = *state;
	struct bed_answers answers;
	struct virtio_net_hdr vnet;

	pair_up(bed);
	bed_burst(bed, 0, 1, 1514, 1);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 1514);
	bed_frame(expected, 1, 0, 1514);
	assert_memory_equal(received.frame, expected, 1514);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 0);
	answers = bed_answers(bed, 0);
	assert_int_equal(answers.okay, 1);
	assert_int_equal(answers.error, 0);
	/* Known to be a guest's: the kernel does not see it. */
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 0);
	assert_int_equal(bed_counters(bed, 0)->fast_tx_frames, 1);
	assert_int_equal(bed_counters(bed, 1)->fast_rx_frames, 1);
	assert_int_equal(bed_counters(bed, 1)->fast_rx_bytes, 1514);
}

static void both_sides_are_notified(void **state)
{
	struct bed *bed = *state;
	uint32_t before_tx, before_rx;

	pair_up(bed);
	before_tx = ev_notified(bed->vif[0].tx_channel);
	before_rx = ev_notified(bed->vif[1].rx_channel);
	bed->vif[0].guest.tx->rsp_event = bed->vif[0].tx_taken + 1;
	bed->vif[1].guest.rx->rsp_event = bed->vif[1].rx_taken + 1;
	bed_burst(bed, 0, 1, 60, 1);
	assert_int_equal(ev_notified(bed->vif[0].tx_channel), before_tx + 1);
	assert_int_equal(ev_notified(bed->vif[1].rx_channel), before_rx + 1);
	/* Nobody asked for the second one. */
	bed_burst(bed, 0, 1, 60, 1);
	assert_int_equal(ev_notified(bed->vif[0].tx_channel), before_tx + 1);
	assert_int_equal(ev_notified(bed->vif[1].rx_channel), before_rx + 1);
}

static void a_burst_costs_three_copy_calls(void **state)
{
	struct bed *bed = *state;

	pair_up(bed);
	hv.calls = 0;
	bed_burst(bed, 0, 1, 1514, 64);
	assert_int_equal(bed_count_received(bed, 1), 64);
	assert_int_equal(hv.calls, 3);
	/* What fits the peek needs no third one. */
	hv.calls = 0;
	bed_burst(bed, 0, 1, 200, 64);
	assert_int_equal(bed_count_received(bed, 1), 64);
	assert_int_equal(hv.calls, 2);
}

static void rewrite_frame(void *arg)
{
	struct guest *guest = arg;

	if (hv.calls > 1) /* the first one is the peek */
		memset(guest->page[BED_TX_PAGE], 0xee, 1514);
}

/* The sender rewrites its frame once the switch has seen the head: what was
 * decided on is what arrives. Only the rest is read from the guest again. */
static void the_head_is_that_which_was_decided_on(void **state)
{
	struct bed *bed = *state;

	pair_up(bed);
	bed_frame(expected, 1, 0, 1514);
	bed_frame(bed->vif[0].guest.page[BED_TX_PAGE], 1, 0, 1514);
	bed_send(bed, 0, BED_TX_PAGE, 1, 1514);
	hv.calls = 0;
	hv.before = rewrite_frame;
	hv.arg = &bed->vif[0].guest;
	bed_push(bed, 0);
	hv.before = NULL;
	assert_int_equal(hv.calls, 3);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 1514);
	assert_memory_equal(received.frame, expected, 256);
	for (uint32_t i = 256; i < 1514; i++)
		assert_int_equal(received.frame[i], 0xee);
}

/* A mapping for a frame would cost a flush of the TLB and two ioctls. */
static void no_grant_is_mapped_for_a_frame(void **state)
{
	struct bed *bed = *state;
	uint32_t maps;

	pair_up(bed);
	maps = hv.maps;
	assert_true(maps >= 4); /* the rings are */
	bed_burst(bed, 0, 1, 1514, 64);
	bed_burst(bed, 0, BED_ALL, 1514, 10);
	assert_int_equal(bed_count_received(bed, 1), 74);
	assert_int_equal(hv.maps, maps);
}

/* Frames as a guest makes them: slot after slot through its pages. Each page,
 * on either side, is then asked for once in each call. */
static void segments_of_a_grant_lie_side_by_side(void **state)
{
	struct bed *bed = *state;
	struct guest *guest;

	pair_up(bed);
	guest = &bed->vif[0].guest;
	hv.reopened = 0;
	for (uint32_t i = 0; i < 40; i++) {
		uint8_t *page = guest->page[BED_TX_PAGE + i];

		bed_frame(page, 1, 0, 4096);
		memcpy(page + 2048, page, 2048);
		if (i % 4 == 3) { /* one frame of two slots and two pages */
			guest_send(guest, BED_TX_PAGE + i - 1, 2048, 1500,
				   NETTXF_more_data);
			guest_send(guest, BED_TX_PAGE + i, 0, 600, 0);
			continue;
		}
		guest_send(guest, BED_TX_PAGE + i, 0, 1500, 0);
		if (i % 4 != 2)
			guest_send(guest, BED_TX_PAGE + i, 2048, 1500, 0);
	}
	hv.segments = 0;
	bed_push(bed, 0);
	assert_int_equal(bed_count_received(bed, 1), 60);
	assert_int_equal(bed_answers(bed, 0).okay, 70);
	assert_true(hv.segments >= 3 * 60);
	assert_int_equal(hv.reopened, 0);
	assert_int_equal(hv.breaches, 0);
}

static void the_copy_calls_are_counted(void **state)
{
	struct bed *bed = *state;
	const struct xn_worker_counters *worker = &bed->stats->worker[0];
	uint64_t calls, segments;

	pair_up(bed);
	calls = worker->copy_calls;
	segments = worker->copy_segments;
	hv.calls = hv.segments = 0;
	bed_burst(bed, 0, 1, 1514, 10);
	assert_int_equal(worker->copy_calls - calls, hv.calls);
	assert_int_equal(worker->copy_segments - segments, hv.segments);
	assert_int_equal(hv.segments, 30);
}

static void more_than_a_burst_is_served_in_order(void **state)
{
	struct bed *bed = *state;
	struct guest *guest;

	pair_up(bed);
	guest = &bed->vif[0].guest;
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t page = BED_TX_PAGE + i % 40;
		uint32_t offset = i / 40 * 100;

		bed_frame(guest->page[page] + offset, 1, 0, 60);
		guest->page[page][offset + 20] = (uint8_t)i;
		guest_send(guest, page, offset, 60, 0);
	}
	bed_push(bed, 0);
	for (uint32_t i = 0; i < 200; i++) {
		bed_receive(bed, 1, &received);
		assert_int_equal(received.bytes, 60);
		assert_int_equal(received.frame[20], i);
	}
	assert_int_equal(bed_answers(bed, 0).okay, 200);
}

static void unknown_and_broadcast_flood(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet;

	for (uint32_t n = 0; n < 3; n++) {
		bed_add(bed, n, 0, 0);
		bed_post(bed, n, 255);
	}
	bed_burst(bed, 0, 99, 300, 1);
	bed_burst(bed, 0, BED_ALL, 300, 1);
	assert_int_equal(bed_count_received(bed, 0), 0);
	assert_int_equal(bed_count_received(bed, 1), 2);
	assert_int_equal(bed_count_received(bed, 2), 2);
	bed_frame(expected, 99, 0, 300);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 300);
	assert_memory_equal(received.frame, expected, 300);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 300);
	/* Only the sender's twin. */
	assert_int_equal(bed_kernel_read(bed, 1, &vnet, received.frame), 0);
	assert_int_equal(bed_answers(bed, 0).okay, 2);
}

static void what_exceeds_the_receivers_mtu_is_dropped(void **state)
{
	struct bed *bed = *state;

	pair_up(bed);
	bed_burst(bed, 0, 1, 1519, 1);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_TOO_BIG], 1);
	assert_int_equal(bed_answers(bed, 0).okay, 1);
	bed_burst(bed, 0, 1, 1518, 1);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void the_ring_wraps(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 0, UINT32_MAX - 20, 0);
	bed_add(bed, 1, UINT32_MAX - 3, 0);
	bed_post(bed, 1, 255);
	for (uint32_t i = 0; i < 10; i++) {
		bed_burst(bed, 0, BED_ALL, 1000, 30);
		assert_int_equal(bed_answers(bed, 0).okay, 30);
		assert_int_equal(bed_count_received(bed, 1), 30);
		bed_post(bed, 1, 30);
	}
}

/* 64 frames of four slots to five receivers: more segments than one plan. */
static void send_big_flood(struct bed *bed)
{
	struct guest *guest = &bed->vif[0].guest;

	for (uint32_t i = 0; i < 64; i++) {
		uint32_t page = BED_TX_PAGE + i % 10 * 4;

		bed_frame(guest->page[page], BED_ALL, 0, 2000);
		guest->page[page][20] = (uint8_t)(i % 10);
		guest_send(guest, page, 0, 8000, NETTXF_more_data);
		guest_send(guest, page + 1, 0, 2000, NETTXF_more_data);
		guest_send(guest, page + 2, 0, 2000, NETTXF_more_data);
		guest_send(guest, page + 3, 0, 2000, 0);
	}
	bed_push(bed, 0);
}

static void add_jumbo_guests(struct bed *bed, uint32_t buffers)
{
	struct xnb_command command;

	for (uint32_t n = 0; n < BED_GUESTS; n++) {
		bed_add(bed, n, 0, 0);
		bed_post(bed, n, buffers);
	}
	for (uint32_t n = 0; n < BED_GUESTS; n++) {
		command = bed_port_command(bed, n);
		command.port.mtu = 9000;
		command.port.twin_up = 0;
		bed_order(bed, &command);
	}
	bed_run(bed);
}

static void expect_flood(struct bed *bed, uint32_t n, uint32_t from,
			 uint32_t count)
{
	const struct guest *guest = &bed->vif[0].guest;

	for (uint32_t i = from; i < from + count; i++) {
		uint32_t page = BED_TX_PAGE + i % 10 * 4;

		bed_receive(bed, n, &received);
		assert_int_equal(received.bytes, 8000);
		for (uint32_t k = 0; k < 4; k++)
			assert_memory_equal(received.frame + 2000 * k,
					    guest->page[page + k], 2000);
	}
	bed_receive(bed, n, &received);
	assert_int_equal(received.bytes, 0);
}

static void a_flood_beyond_one_plan_arrives_whole(void **state)
{
	struct bed *bed = *state;

	add_jumbo_guests(bed, 128);
	hv.segments = 0;
	send_big_flood(bed);
	assert_true(hv.segments > XNB_COPY_SEGMENTS_MAX + 64);
	assert_int_equal(bed_answers(bed, 0).okay, 256);
	for (uint32_t n = 1; n < BED_GUESTS; n++)
		expect_flood(bed, n, 0, 64);
}

static void the_same_with_short_rings(void **state)
{
	struct bed *bed = *state;
	uint64_t waiting;

	add_jumbo_guests(bed, 100); /* 50 frames at once, 14 later */
	send_big_flood(bed);
	assert_int_equal(bed_answers(bed, 0).okay, 256);
	for (uint32_t n = 1; n < BED_GUESTS; n++) {
		expect_flood(bed, n, 0, 50);
		waiting = bed_counters(bed, n)->queued_bytes;
		assert_int_equal(waiting, 14 * 8000);
		bed_post(bed, n, 100);
		ev_send(bed->vif[n].rx_channel);
		bed_run(bed);
		expect_flood(bed, n, 50, 14);
	}
}

#define LATE 40u /* the one whose ring is short */

/* 64 numbered frames to everybody; guest `LATE` has buffers for ten. */
static void flood_many(struct bed *bed)
{
	struct guest *guest = &bed->vif[0].guest;

	for (uint32_t n = 0; n < BED_GUESTS_MAX; n++) {
		bed_add(bed, n, 0, 0);
		bed_post(bed, n, n == LATE ? 10 : 64);
	}
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t page = BED_TX_PAGE + i % 32;
		uint32_t offset = i / 32 * 2000;

		bed_frame(guest->page[page] + offset, BED_ALL, 0, 1514);
		guest->page[page][offset + 1000] = (uint8_t)i;
		guest_send(guest, page, offset, 1514, 0);
	}
	bed_push(bed, 0);
	assert_int_equal(bed_answers(bed, 0).okay, 64);
}

static void expect_numbered(struct bed *bed, uint32_t n, uint32_t from,
			    uint32_t count)
{
	bed_frame(expected, BED_ALL, 0, 1514);
	for (uint32_t i = from; i < from + count; i++) {
		expected[1000] = (uint8_t)i;
		bed_receive(bed, n, &received);
		assert_int_equal(received.bytes, 1514);
		assert_memory_equal(received.frame, expected, 1514);
	}
	assert_int_equal(bed_count_received(bed, n), 0);
}

static void a_flood_reaches_more_than_64_guests(void **state)
{
	struct bed *bed = *state;

	flood_many(bed);
	for (uint32_t n = 1; n < BED_GUESTS_MAX; n++) {
		if (n != LATE)
			expect_numbered(bed, n, 0, 64);
		assert_int_equal(bed_counters(bed, n)->drop[XN_DROP_RX_FULL],
				 0);
	}
	expect_numbered(bed, 0, 0, 0);
	/* What came too late for one ring comes once it is filled. */
	expect_numbered(bed, LATE, 0, 10);
	assert_int_equal(bed_counters(bed, LATE)->queued_bytes, 54 * 1514);
	bed_post(bed, LATE, 54);
	ev_send(bed->vif[LATE].rx_channel);
	bed_run(bed);
	expect_numbered(bed, LATE, 10, 54);
}

static void an_event_storm_is_taken_once(void **state)
{
	struct bed *bed = *state;
	uint64_t before;

	pair_up(bed);
	before = bed_counters(bed, 0)->events_taken;
	bed_send(bed, 0, BED_TX_PAGE, 1, 60);
	guest_push(&bed->vif[0].guest);
	for (uint32_t i = 0; i < 1000; i++)
		ev_send(bed->vif[0].tx_channel);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 1);
	/* One was taken, and the others as one after the unmask. */
	assert_int_equal(bed_counters(bed, 0)->events_taken, before + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(a_frame_arrives_once_with_its_bytes),
		BED_TEST(both_sides_are_notified),
		BED_TEST(a_burst_costs_three_copy_calls),
		BED_TEST(the_head_is_that_which_was_decided_on),
		BED_TEST(no_grant_is_mapped_for_a_frame),
		BED_TEST(segments_of_a_grant_lie_side_by_side),
		BED_TEST(the_copy_calls_are_counted),
		BED_TEST(more_than_a_burst_is_served_in_order),
		BED_TEST(unknown_and_broadcast_flood),
		BED_TEST(what_exceeds_the_receivers_mtu_is_dropped),
		BED_TEST(the_ring_wraps),
		BED_TEST(a_flood_beyond_one_plan_arrives_whole),
		BED_TEST(the_same_with_short_rings),
		BED_TEST(a_flood_reaches_more_than_64_guests),
		BED_TEST(an_event_storm_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
