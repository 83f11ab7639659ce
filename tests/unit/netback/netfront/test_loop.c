// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop of the traffic program, with a slow and obvious switch on the same
 * thread in the place of the backend: it learns nothing and asserts that no
 * ring is asked to hold more than it can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "netback/netfront/traffic_loop.h"
#include "tests/unit/netback/netfront/backend.h"

#define VIFS (2 * 3)

struct bed {
	struct xnf_loop loop;
	struct test_vif *vif[VIFS];
	struct xnf_queue queue[VIFS];
	uint32_t lose_every; /* 0: none is lost */
	bool knows_nobody;   /* every frame to all */
	uint64_t passed;
	struct xn_mac dest; /* the last frame's */
};

static struct test_frame frame;

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	for (uint32_t v = 0; v < VIFS; v++) {
		bed->vif[v] = test_vif_create();
		bed->queue[v].tx = bed->vif[v]->tx;
		bed->queue[v].rx = bed->vif[v]->rx;
	}
	bed->loop.settings = (struct xnf_loop_settings){
		.pairs = 1, .burst = XNF_LOOP_BURST_MAX};
	bed->loop.traffic.touch = XNF_TOUCH_HEADER;
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	for (uint32_t v = 0; v < VIFS; v++)
		test_vif_destroy(bed->vif[v]);
	free(bed);
	return 0;
}

static void start(struct bed *bed, uint32_t size, uint16_t gso_size)
{
	struct xnf_loop *loop = &bed->loop;

	if (size)
		loop->traffic.size[loop->traffic.size_count++] = size;
	for (uint32_t v = 0; v < 2 * loop->settings.pairs; v++) {
		struct xnf_loop_pair *pair = &loop->pair[v / 2];
		struct xnf_loop_end *end = v % 2 ? &pair->to : &pair->from;

		end->queue[0] = &bed->queue[v];
		end->queue_count = 1;
		end->mac = (struct xn_mac){{2, 0, 0, 0, 0, (uint8_t)v}};
	}
	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		struct xnf_loop_pair *pair = &loop->pair[p];

		pair->stream[0].template = (struct xnf_traffic_template){
			.source = pair->from.mac,
			.dest = pair->to.mac,
			.stream = xnf_traffic_stream(p, 15, 0),
			.flows = 1,
			.gso_size = gso_size,
		};
	}
	xnf_loop_prepare(loop);
	xnf_loop_write_pages(loop);
}

static void deliver(struct bed *bed, uint32_t to)
{
	test_backend_give(bed->vif[to], frame.bytes, frame.length,
			  XNF_PAGE_BYTES, 0, &frame.meta);
}

/* All that was sent, to where it goes; nothing is asked of the guests. */
static void pass(struct bed *bed)
{
	uint32_t vifs = 2 * bed->loop.settings.pairs;

	for (uint32_t v = 0; v < vifs; v++) {
		while (test_backend_take(bed->vif[v], &frame)) {
			memcpy(bed->dest.octet, frame.bytes, XN_MAC_BYTES);
			test_backend_answer(bed->vif[v], &frame,
					    NETIF_RSP_OKAY);
			if (bed->lose_every &&
			    ++bed->passed % bed->lose_every == 0)
				continue;
			for (uint32_t to = 0; to < vifs; to++)
				if (bed->knows_nobody ? to != v : to == (v ^ 1))
					deliver(bed, to);
		}
	}
}

static void expect_all_arrived(struct bed *bed, uint32_t receivers)
{
	struct xnf_loop *loop = &bed->loop;
	struct xnf_track_sum sum;

	pass(bed);
	(void)xnf_loop_sink(loop);
	assert_true(loop->result.frames > 0);
	assert_int_equal(loop->arrived, loop->result.frames * receivers);
	sum = xnf_track_sum(&loop->result.track);
	assert_int_equal(sum.unique, loop->result.frames);
	assert_int_equal(sum.missing, 0);
	assert_int_equal(loop->result.unstamped, 0);
	assert_int_equal(loop->result.corrupted, 0);
	assert_int_equal(xnf_loop_fault(loop), XNF_FAULT_NONE);
}

static void turn_and_pass(struct bed *bed, uint32_t turns)
{
	while (turns--) {
		(void)xnf_loop_turn(&bed->loop);
		pass(bed);
	}
}

static void test_alike_frames(void **state)
{
	struct bed *bed = *state;

	start(bed, 64, 0);
	assert_true(bed->loop.flat);
	turn_and_pass(bed, 100);
	assert_int_equal(bed->loop.result.frames, 100 * XNF_LOOP_BURST_MAX);
	assert_int_equal(bed->loop.result.bytes, 100 * XNF_LOOP_BURST_MAX * 64);
	expect_all_arrived(bed, 1);
}

static void test_a_window_is_what_the_buffers_hold(void **state)
{
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;

	start(bed, 64, 0);
	for (uint32_t i = 0; i < 10; i++)
		(void)xnf_loop_turn(loop); /* nothing arrives */
	assert_int_equal(loop->result.frames,
			 XNF_RING_SLOTS - XNF_LOOP_SPARE_SLOTS);
	assert_false(xnf_loop_turn(loop));
	expect_all_arrived(bed, 1);
	assert_true(xnf_loop_turn(loop));
}

static void test_the_window_of_chains(void **state)
{
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;

	start(bed, 65535, 1448);
	assert_false(loop->flat);
	assert_int_equal(loop->window, 224 / 17);
	turn_and_pass(bed, 20);
	assert_int_equal(loop->result.frames, 20 * loop->window);
	expect_all_arrived(bed, 1);
}

static void test_a_narrower_window(void **state)
{
	struct bed *bed = *state;

	bed->loop.settings.window = 5;
	start(bed, 64, 0);
	(void)xnf_loop_turn(&bed->loop);
	(void)xnf_loop_turn(&bed->loop);
	assert_int_equal(bed->loop.result.frames, 5);
	expect_all_arrived(bed, 1);
}

static void test_a_smaller_burst(void **state)
{
	struct bed *bed = *state;

	bed->loop.settings.burst = 8;
	start(bed, 64, 0);
	(void)xnf_loop_turn(&bed->loop);
	assert_int_equal(bed->loop.result.frames, 8);
	expect_all_arrived(bed, 1);
}

static void test_no_more_frames_than_were_ordered(void **state)
{
	struct bed *bed = *state;

	bed->loop.traffic.count = 150;
	start(bed, 64, 0);
	turn_and_pass(bed, 10);
	assert_int_equal(bed->loop.result.frames, 150);
	expect_all_arrived(bed, 1);
}

static void test_sizes_in_turn(void **state)
{
	struct bed *bed = *state;
	struct xnf_traffic_settings *traffic = &bed->loop.traffic;

	traffic->size[traffic->size_count++] = 64;
	traffic->size[traffic->size_count++] = 4096;
	start(bed, 9000, 0);
	assert_false(bed->loop.flat);
	assert_int_equal(bed->loop.window, 224 / 3);
	turn_and_pass(bed, 50);
	expect_all_arrived(bed, 1);
	assert_true(bed->loop.result.bytes > bed->loop.result.frames * 4380);
}

static void test_sealed_frames(void **state)
{
	struct bed *bed = *state;

	bed->loop.traffic.verify = true;
	start(bed, 1514, 0);
	turn_and_pass(bed, 5);
	expect_all_arrived(bed, 1);
	/* A changed byte is seen: the control. */
	(void)xnf_loop_turn(&bed->loop);
	assert_true(test_backend_take(bed->vif[0], &frame));
	frame.bytes[1000] ^= 1;
	deliver(bed, 1);
	(void)xnf_loop_sink(&bed->loop);
	assert_int_equal(bed->loop.result.corrupted, 1);
}

static void test_payload_is_written_and_read(void **state)
{
	struct bed *bed = *state;
	uint64_t sum = 0;

	bed->loop.traffic.touch = XNF_TOUCH_PAYLOAD;
	start(bed, 1500, 0);
	(void)xnf_loop_turn(&bed->loop);
	assert_true(test_backend_take(bed->vif[0], &frame));
	assert_int_equal(frame.bytes[64], 0); /* its number */
	for (uint32_t i = 1; i < 50; i++) {
		assert_true(test_backend_take(bed->vif[0], &frame));
		for (uint32_t at = 64; at < 1500; at++)
			assert_int_equal(frame.bytes[at], i);
	}
	deliver(bed, 1);
	sum = bed->loop.result.touched;
	(void)xnf_loop_sink(&bed->loop);
	assert_int_not_equal(bed->loop.result.touched, sum);
}

static void test_untouched_frames(void **state)
{
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;

	loop->traffic.touch = XNF_TOUCH_NONE;
	start(bed, 64, 0);
	turn_and_pass(bed, 50);
	(void)xnf_loop_sink(loop);
	assert_int_equal(loop->result.frames, 50 * XNF_LOOP_BURST_MAX);
	assert_int_equal(loop->arrived, loop->result.frames);
	assert_memory_equal(bed->dest.octet, loop->pair[0].to.mac.octet,
			    XN_MAC_BYTES);
	assert_int_equal(xnf_track_sum(&loop->result.track).unique, 0);
}

static void test_strangers_are_not_ours(void **state)
{
	static const uint32_t sizes[] = {60, 64, 5000};
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;

	start(bed, 64, 0);
	memset(&frame, 0, sizeof(frame));
	for (uint32_t i = 0; i < 3; i++) {
		frame.length = sizes[i];
		deliver(bed, 1);
		deliver(bed, 0);
	}
	turn_and_pass(bed, 2);
	(void)xnf_loop_sink(loop);
	assert_int_equal(loop->result.unstamped, 6);
	assert_int_equal(loop->arrived, loop->result.frames);
	assert_int_equal(loop->result.frames, 2 * XNF_LOOP_BURST_MAX);
}

static void test_pairs(void **state)
{
	struct bed *bed = *state;

	bed->loop.settings.pairs = 3;
	start(bed, 64, 0);
	turn_and_pass(bed, 10);
	assert_int_equal(bed->loop.result.frames, 30 * XNF_LOOP_BURST_MAX);
	for (uint32_t p = 0; p < 3; p++)
		assert_int_equal(bed->loop.pair[p].stream[0].number,
				 10 * XNF_LOOP_BURST_MAX);
	expect_all_arrived(bed, 1);
}

static void test_a_flood_fits_every_receiver(void **state)
{
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;

	loop->settings.pairs = 3;
	loop->settings.flood = true;
	bed->knows_nobody = true;
	start(bed, 64, 0);
	for (uint32_t i = 0; i < 10; i++)
		(void)xnf_loop_turn(loop); /* nothing arrives */
	assert_int_equal(loop->result.frames, loop->window);
	pass(bed); /* asserts that there is room */
	(void)xnf_loop_sink(loop);
	turn_and_pass(bed, 10);
	(void)xnf_loop_sink(loop);
	assert_int_equal(loop->arrived, loop->result.frames * 5);
	assert_int_equal(xnf_track_sum(&loop->result.track).unique,
			 loop->result.frames);
}

/* Copies of a frame that was flooded for want of knowledge. */
static void test_strays_are_told_apart(void **state)
{
	struct bed *bed = *state;

	bed->loop.settings.pairs = 2;
	bed->loop.settings.window = 50; /* each buffer gets more than its due */
	bed->knows_nobody = true;
	start(bed, 64, 0);
	turn_and_pass(bed, 10);
	expect_all_arrived(bed, 1);
	assert_int_equal(bed->loop.result.strays, bed->loop.result.frames * 2);
	assert_int_equal(xnf_track_sum(&bed->loop.result.track).duplicates, 0);
}

static void test_strays_of_other_kinds(void **state)
{
	struct bed *bed = *state;

	bed->loop.settings.pairs = 2;
	bed->loop.settings.window = 20;
	bed->knows_nobody = true;
	bed->loop.traffic.verify = true;
	start(bed, 5000, 0);
	turn_and_pass(bed, 10);
	expect_all_arrived(bed, 1);
	assert_int_equal(bed->loop.result.strays, bed->loop.result.frames * 2);
}

static void test_stations_are_all_different(void **state)
{
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;
	static uint8_t seen[1 << 20];
	uint32_t shared = 0;

	loop->settings.pairs = 2;
	memset(seen, 0, sizeof(seen));
	for (uint32_t p = 0; p < 2; p++) {
		for (uint32_t n = 0; n < 5000; n++) {
			struct xn_mac mac = xnf_loop_station(loop, p, n);
			uint32_t low = (uint32_t)mac.octet[1] |
				       (uint32_t)mac.octet[2] << 8 |
				       (uint32_t)(mac.octet[3] & 15) << 16;

			assert_int_equal(mac.octet[0], 6);
			shared += seen[low];
			seen[low] = 1;
		}
	}
	/* Of 20 bits; of 40 none can be shared. */
	assert_true(shared < 100);
}

static void test_frames_go_to_all_stations(void **state)
{
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;

	loop->settings.macs = 5;
	loop->settings.burst = 1;
	start(bed, 64, 0);
	for (uint32_t i = 0; i < 12; i++) {
		struct xn_mac mac = xnf_loop_station(loop, 0, i % 5);

		turn_and_pass(bed, 1);
		assert_memory_equal(bed->dest.octet, mac.octet, XN_MAC_BYTES);
	}
	expect_all_arrived(bed, 1);
}

static void test_stations_are_shared_among_pairs(void **state)
{
	struct bed *bed = *state;

	bed->loop.settings.pairs = 3;
	bed->loop.settings.macs = 8;
	start(bed, 64, 0);
	assert_int_equal(bed->loop.pair[0].station_count, 3);
	assert_int_equal(bed->loop.pair[1].station_count, 3);
	assert_int_equal(bed->loop.pair[2].station_count, 2);
}

static void test_flows_have_ports_of_their_own(void **state)
{
	struct bed *bed = *state;

	bed->loop.settings.burst = 1;
	start(bed, 64, 0);
	bed->loop.pair[0].stream[0].template.flows = 3;
	for (uint32_t i = 0; i < 7; i++) {
		turn_and_pass(bed, 1);
		assert_int_equal(frame.bytes[34] << 8 | frame.bytes[35],
				 10000 + i % 3);
	}
	expect_all_arrived(bed, 1);
}

static void test_lost_frames_are_missing(void **state)
{
	struct bed *bed = *state;
	struct xnf_loop *loop = &bed->loop;

	bed->lose_every = 10;
	start(bed, 64, 0);
	turn_and_pass(bed, 5);
	(void)xnf_loop_sink(loop);
	assert_int_equal(loop->arrived,
			 loop->result.frames - loop->result.frames / 10);
	assert_int_equal(xnf_loop_under_way(&loop->pair[0].to),
			 loop->result.frames / 10);
}

static void test_a_broken_ring_is_seen(void **state)
{
	struct bed *bed = *state;

	start(bed, 64, 0);
	turn_and_pass(bed, 1);
	bed->vif[1]->rx.shared->rsp_prod += 1000;
	(void)xnf_loop_turn(&bed->loop);
	assert_int_equal(xnf_loop_fault(&bed->loop), XNF_FAULT_RX_INDEX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_alike_frames),
		TEST(test_a_window_is_what_the_buffers_hold),
		TEST(test_the_window_of_chains),
		TEST(test_a_narrower_window),
		TEST(test_a_smaller_burst),
		TEST(test_no_more_frames_than_were_ordered),
		TEST(test_sizes_in_turn),
		TEST(test_sealed_frames),
		TEST(test_payload_is_written_and_read),
		TEST(test_untouched_frames),
		TEST(test_strangers_are_not_ours),
		TEST(test_pairs),
		TEST(test_a_flood_fits_every_receiver),
		TEST(test_strays_are_told_apart),
		TEST(test_strays_of_other_kinds),
		TEST(test_stations_are_all_different),
		TEST(test_frames_go_to_all_stations),
		TEST(test_stations_are_shared_among_pairs),
		TEST(test_flows_have_ports_of_their_own),
		TEST(test_lost_frames_are_missing),
		TEST(test_a_broken_ring_is_seen),
	};
#undef TEST

	return cmocka_run_group_tests_name("netfront loop", tests, NULL, NULL);
}
