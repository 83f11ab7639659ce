/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest receives is limited, in a whole worker on a clock of the test's
 * own: for one queue and four, from guests and from the twin; others do not
 * notice. */
#include "../ring/cmocka_std.h"

#include <string.h>

#include "bed.h"

#define LIMITED 0u /* with four queues: guests 0 to 3 */
#define QUEUES 4u
#define SENDER 4u
#define FREE 5u
#define MS UINT64_C(1000)
#define SECOND_US UINT64_C(1000000)
#define FRAME 1514u

static uint32_t queues_used;

static void set_rate(struct bed *bed, uint64_t bits)
{
	struct xnb_command command = bed_policy_command(bed, LIMITED);

	command.policy.receive_interval_us = 50000;
	command.policy.receive_bytes = bits / 8 / 20;
	bed_order(bed, &command);
	bed_run(bed);
}

static void introduce(struct bed *bed, uint32_t n)
{
	bed_add(bed, n, 0, 0);
	bed_burst(bed, n, BED_ALL, 60, 1);
}

static void post(struct bed *bed, uint32_t n)
{
	struct guest *guest = &bed->vif[n].guest;
	uint32_t posted;

	(void)bed_count_received(bed, n);
	posted = guest->rx_prod - xnb_index_load(&guest->rx->rsp_prod);
	bed_post(bed, n, XNB_RX_RING_SIZE - posted);
	ev_send(bed->vif[n].rx_channel);
}

static void post_all(struct bed *bed)
{
	for (uint32_t i = 0; i < queues_used; i++)
		post(bed, LIMITED + i);
	bed_run(bed);
}

/* LIMITED is known to the switch by a frame of its own. */
static void prepare(struct bed *bed, uint32_t queues)
{
	queues_used = queues;
	bed_stop_clock(bed);
	bed_add_queues(bed, LIMITED, queues);
	bed_frame(bed->vif[LIMITED + queues - 1].guest.page[BED_TX_PAGE],
		  BED_ALL, LIMITED, 60);
	bed_fill_ring(bed, LIMITED, BED_TX_PAGE, 60);
	bed_run(bed);
	introduce(bed, SENDER);
	introduce(bed, FREE);
	post_all(bed); /* and has what they said */
	bed_frame(bed->vif[SENDER].guest.page[BED_TX_PAGE], LIMITED, SENDER,
		  FRAME);
}

static uint64_t got_bytes(const struct bed *bed)
{
	return bed_counters(bed, LIMITED)->rx_bytes;
}

/* As much as it may be sent, looked at each `step_us`, for `us`: bits a second
 * that arrived. */
static uint64_t flood_in_steps(struct bed *bed, uint64_t us, uint64_t step_us)
{
	uint64_t before = got_bytes(bed);

	for (uint64_t at = 0; at < us; at += step_us) {
		bed_fill_ring(bed, SENDER, BED_TX_PAGE, FRAME);
		bed_run(bed);
		post_all(bed);
		bed_advance(bed, step_us);
	}
	return (got_bytes(bed) - before) * 8 * SECOND_US / us;
}

static uint64_t flood_for(struct bed *bed, uint64_t us)
{
	return flood_in_steps(bed, us, MS);
}

static void assert_within_1_percent(uint64_t bits, uint64_t wanted)
{
	if (bits < wanted - wanted / 100 || bits > wanted + wanted / 100)
		fail_msg("%llu bit/s, %llu wanted", (unsigned long long)bits,
			 (unsigned long long)wanted);
}

static void each_rate_is_kept(struct bed *bed, uint32_t queues)
{
	static const uint64_t rates[] = {1000000, 10000000, 100000000,
					 1000000000};

	prepare(bed, queues);
	for (uint32_t i = 0; i < 4; i++) {
		set_rate(bed, rates[i]);
		/* What the queue held is a frame or two of a long time. */
		(void)flood_for(bed, 100 * MS);
		assert_within_1_percent(flood_for(bed, rates[i] < 10000000
							       ? 4 * SECOND_US
							       : SECOND_US),
					rates[i]);
		assert_true(bed_counters(bed, LIMITED)->drop[XN_DROP_RX_FULL] >
			    0);
	}
}

/* More than a ring holds in a millisecond. */
static void five_gigabits_are_kept(void **state)
{
	struct bed *bed = *state;

	prepare(bed, QUEUES);
	set_rate(bed, 5000000000);
	(void)flood_in_steps(bed, 20 * MS, 100);
	assert_within_1_percent(flood_in_steps(bed, 200 * MS, 100), 5000000000);
}

static void one_queue_keeps_its_rate(void **state)
{
	each_rate_is_kept(*state, 1);
}

static void four_queues_share_one_rate(void **state)
{
	each_rate_is_kept(*state, QUEUES);
}

static int begin_with_two_workers(void **state)
{
	bed_workers = 2;
	return bed_setup(state);
}

/* The frames come from one worker, the limit is another's. */
static void another_workers_guest_keeps_its_rate(void **state)
{
	struct bed *bed = *state;
	const struct xnb_port *port = bed->worker->port;

	each_rate_is_kept(bed, QUEUES);
	assert_ptr_not_equal(port[bed->vif[LIMITED].slot].worker,
			     port[bed->vif[SENDER].slot].worker);
	set_rate(bed, 0);
	assert_true(flood_for(bed, 100 * MS) > 1000000000);
}

static void a_burst_is_what_an_interval_holds(void **state)
{
	struct bed *bed = *state;
	uint64_t before;

	prepare(bed, 1);
	set_rate(bed, 4000000); /* 25000 bytes in 50 ms */
	post_all(bed);
	bed_advance(bed, SECOND_US);
	before = got_bytes(bed);
	bed_fill_ring(bed, SENDER, BED_TX_PAGE, FRAME);
	bed_run(bed);
	/* The last frame may exceed it. */
	assert_in_range(got_bytes(bed) - before, 25000, 25000 + FRAME);
	bed_run(bed);
	assert_in_range(got_bytes(bed) - before, 25000, 25000 + FRAME);
}

static void what_waits_is_about_a_tenth_of_a_second(void **state)
{
	struct bed *bed = *state;

	prepare(bed, 1);
	set_rate(bed, 40000000);
	for (uint32_t i = 0; i < 8; i++) {
		bed_fill_ring(bed, SENDER, BED_TX_PAGE, FRAME);
		bed_run(bed);
	}
	/* 500 KB in 100 ms; two thirds for a single sender. */
	assert_in_range(bed_counters(bed, LIMITED)->queued_bytes, 200000,
			500000);
}

static void without_a_limit_all_goes_at_once(void **state)
{
	struct bed *bed = *state;
	uint64_t before;

	prepare(bed, 1);
	set_rate(bed, 1000000);
	post_all(bed);
	before = bed_counters(bed, LIMITED)->rx_frames;
	bed_burst(bed, SENDER, LIMITED, FRAME, 10);
	assert_int_equal(bed_counters(bed, LIMITED)->rx_frames, before);
	set_rate(bed, 0);
	assert_int_equal(bed_counters(bed, LIMITED)->rx_frames, before + 10);
	assert_false(
		bed->worker->port[bed->vif[LIMITED].slot].queue[0].ring_short);
	assert_true(TAILQ_EMPTY(&bed->worker->shaped));
	bed_burst(bed, SENDER, LIMITED, FRAME, 10);
	assert_int_equal(bed_counters(bed, LIMITED)->rx_frames, before + 20);
}

static void a_rate_changes_while_frames_wait(void **state)
{
	struct bed *bed = *state;

	prepare(bed, QUEUES);
	set_rate(bed, 10000000);
	(void)flood_for(bed, 100 * MS);
	assert_within_1_percent(flood_for(bed, 2 * SECOND_US), 10000000);
	set_rate(bed, 300000000);
	(void)flood_for(bed, 100 * MS);
	assert_within_1_percent(flood_for(bed, SECOND_US), 300000000);
	set_rate(bed, 10000000);
	(void)flood_for(bed, 100 * MS);
	assert_within_1_percent(flood_for(bed, 2 * SECOND_US), 10000000);
}

/* Nobody is held up by who may not receive, and his sender is answered. */
static void others_receive_meanwhile(void **state)
{
	struct bed *bed = *state;
	uint32_t got = 0;

	prepare(bed, 1);
	set_rate(bed, 1000000);
	post_all(bed);
	for (uint32_t i = 0; i < 20; i++) {
		post(bed, FREE);
		bed_burst(bed, SENDER, FREE, FRAME, 100);
		bed_burst(bed, SENDER, LIMITED, FRAME, 100);
		got += bed_count_received(bed, FREE);
	}
	assert_true(got >= 20 * 100);
	assert_int_equal(bed_counters(bed, FREE)->drop[XN_DROP_RX_FULL], 0);
	assert_int_equal(bed_answers(bed, SENDER).okay, 20 * 200 + 1);
}

static void what_comes_from_the_twin_counts(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet = {0};
	uint8_t frame[FRAME];
	uint64_t before, bits;

	prepare(bed, 1);
	set_rate(bed, 20000000);
	bed_frame(frame, LIMITED, 9, FRAME);
	before = got_bytes(bed);
	for (uint32_t i = 0; i < 1000; i++) {
		for (uint32_t k = 0; k < 8; k++)
			(void)bed_kernel_write(bed, LIMITED, &vnet, frame,
					       FRAME);
		bed_run(bed);
		post_all(bed);
		bed_advance(bed, MS);
	}
	bits = (got_bytes(bed) - before) * 8;
	/* The first bucket is empty, the last one full. */
	assert_within_1_percent(bits, 20000000);
}

static void who_waits_for_credit_is_not_stalled(void **state)
{
	struct bed *bed = *state;
	uint64_t before;

	prepare(bed, 1);
	set_rate(bed, 8000); /* a frame takes a second and a half */
	post_all(bed);
	bed_burst(bed, SENDER, LIMITED, FRAME, 20);
	before = bed_counters(bed, LIMITED)->rx_frames;
	for (uint32_t i = 0; i < 40; i++)
		bed_advance(bed, SECOND_US);
	assert_int_equal(bed_counters(bed, LIMITED)->stalls, 0);
	assert_int_equal(bed_counters(bed, LIMITED)->drop[XN_DROP_STALLED], 0);
	assert_in_range(bed_counters(bed, LIMITED)->rx_frames - before, 18, 20);
}

static void a_vif_that_goes_is_in_no_list(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = bed->vif[LIMITED].slot}};

	prepare(bed, 1);
	set_rate(bed, 8000);
	post_all(bed);
	bed_burst(bed, SENDER, LIMITED, FRAME, 20);
	assert_false(TAILQ_EMPTY(&bed->worker->shaped));
	command.del.slot = bed->vif[LIMITED].slot;
	command.del.generation = bed->vif[LIMITED].generation;
	bed_order(bed, &command);
	bed_run(bed);
	assert_true(TAILQ_EMPTY(&bed->worker->shaped));
	bed_advance(bed, 10 * SECOND_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(one_queue_keeps_its_rate),
		BED_TEST(four_queues_share_one_rate),
		BED_TEST(five_gigabits_are_kept),
		BED_TEST(a_burst_is_what_an_interval_holds),
		BED_TEST(what_waits_is_about_a_tenth_of_a_second),
		BED_TEST(without_a_limit_all_goes_at_once),
		BED_TEST(a_rate_changes_while_frames_wait),
		BED_TEST(others_receive_meanwhile),
		BED_TEST(what_comes_from_the_twin_counts),
		BED_TEST(who_waits_for_credit_is_not_stalled),
		BED_TEST(a_vif_that_goes_is_in_no_list),
		/* The last one: later beds would have two, too. */
		cmocka_unit_test_setup_teardown(
			another_workers_guest_keeps_its_rate,
			begin_with_two_workers, bed_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
