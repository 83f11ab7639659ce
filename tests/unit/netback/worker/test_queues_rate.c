/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates, in a whole worker on a clock of the test's own: what a limited guest
 * may not send yet stays in its rings, and its neighbours do not notice. */
#include "../ring/cmocka_std.h"

#include <string.h>
#include <sys/timerfd.h>

#include "bed.h"

#define LIMITED 0u /* with four queues: guests 0 to 3 */
#define QUEUES 4u
#define FREE 4u
#define FIRST 5u /* receives from LIMITED */
#define SECOND 6u
#define MS UINT64_C(1000)
#define SECOND_US UINT64_C(1000000)
#define FRAME 1514u

static void set_rate(struct bed *bed, uint32_t n, uint64_t bits)
{
	struct xnb_command command = bed_policy_command(bed, n);

	command.policy.rate_interval_us = 50000;
	command.policy.rate_bytes = bits / 8 / 20;
	bed_order(bed, &command);
	bed_run(bed);
}

static void prepare(struct bed *bed, uint32_t queues)
{
	bed_stop_clock(bed);
	bed_add_queues(bed, LIMITED, queues);
	for (uint32_t n = FREE; n <= SECOND; n++) {
		bed_add(bed, n, 0, 0);
		bed_burst(bed, n, BED_ALL, 60, 1);
	}
	bed_frame(bed->vif[LIMITED + queues - 1].guest.page[BED_TX_PAGE], FIRST,
		  LIMITED, FRAME);
	bed_frame(bed->vif[FREE].guest.page[BED_TX_PAGE], SECOND, FREE, FRAME);
}

static void receive(struct bed *bed, uint32_t n)
{
	struct guest *guest = &bed->vif[n].guest;
	uint32_t posted;

	(void)bed_count_received(bed, n);
	posted = guest->rx_prod - xnb_index_load(&guest->rx->rsp_prod);
	bed_post(bed, n, XNB_RX_RING_SIZE - posted);
	ev_send(bed->vif[n].rx_channel);
}

/* Greedy for `us`, looked at each millisecond. What was sent, in bits a
 * second. */
static uint64_t send_for(struct bed *bed, uint32_t queues, uint64_t us)
{
	uint64_t before = bed_counters(bed, LIMITED)->tx_bytes;

	for (uint64_t at = 0; at < us; at += MS) {
		for (uint32_t i = 0; i < queues; i++)
			bed_fill_ring(bed, LIMITED + i, BED_TX_PAGE, FRAME);
		bed_run(bed);
		receive(bed, FIRST);
		bed_advance(bed, MS);
	}
	return (bed_counters(bed, LIMITED)->tx_bytes - before) * 8 * SECOND_US /
	       us;
}

static void assert_within_1_percent(uint64_t bits, uint64_t wanted)
{
	assert_true(bits >= wanted - wanted / 100);
	assert_true(bits <= wanted + wanted / 100);
}

static void one_queue_keeps_its_rate(void **state)
{
	struct bed *bed = *state;

	prepare(bed, 1);
	set_rate(bed, LIMITED, 100000000);
	assert_within_1_percent(send_for(bed, 1, 2 * SECOND_US), 100000000);
	assert_int_equal(bed_counters(bed, FIRST)->drop[XN_DROP_RX_FULL], 0);
	assert_true(bed_counters(bed, LIMITED)->rate_waits > 0);
}

static void four_queues_share_one_rate(void **state)
{
	struct bed *bed = *state;
	uint32_t sent[QUEUES];

	prepare(bed, QUEUES);
	set_rate(bed, LIMITED, 100000000);
	assert_within_1_percent(send_for(bed, QUEUES, 2 * SECOND_US),
				100000000);
	for (uint32_t i = 0; i < QUEUES; i++) {
		sent[i] = bed_answers(bed, LIMITED + i).okay;
		assert_true(sent[i] > 0);
	}
}

static void a_rate_changes_while_frames_wait(void **state)
{
	struct bed *bed = *state;

	prepare(bed, QUEUES);
	set_rate(bed, LIMITED, 10000000);
	assert_within_1_percent(send_for(bed, QUEUES, 4 * SECOND_US), 10000000);
	set_rate(bed, LIMITED, 300000000);
	assert_within_1_percent(send_for(bed, QUEUES, SECOND_US), 300000000);
	set_rate(bed, LIMITED, 10000000);
	assert_within_1_percent(send_for(bed, QUEUES, 4 * SECOND_US), 10000000);
}

static void without_a_limit_all_goes_at_once(void **state)
{
	struct bed *bed = *state;

	prepare(bed, 1);
	set_rate(bed, LIMITED, 1000000);
	bed_fill_ring(bed, LIMITED, BED_TX_PAGE, FRAME);
	bed_run(bed);
	assert_int_equal(bed_answers(bed, LIMITED).okay, 0);
	receive(bed, FIRST);
	bed_run(bed);
	set_rate(bed, LIMITED, 0);
	assert_int_equal(bed_answers(bed, LIMITED).okay, XNB_TX_RING_SIZE);
	assert_true(TAILQ_EMPTY(&bed->worker->parked));
}

/* A neighbour's frames pass all the time, and none of anybody is lost. */
static void neighbours_are_served_meanwhile(void **state)
{
	struct bed *bed = *state;
	uint32_t sent = 0, got = 0;

	prepare(bed, QUEUES);
	receive(bed, SECOND);
	set_rate(bed, LIMITED, 1000000);
	for (uint32_t i = 0; i < 50; i++) {
		for (uint32_t k = 0; k < QUEUES; k++)
			bed_fill_ring(bed, LIMITED + k, BED_TX_PAGE, FRAME);
		bed_burst(bed, FREE, SECOND, FRAME, 100);
		sent += bed_answers(bed, FREE).okay;
		got += bed_count_received(bed, SECOND);
		receive(bed, SECOND);
	}
	assert_int_equal(sent, 50 * 100 + 1); /* and its introduction */
	assert_true(got >= 50 * 100);
	assert_int_equal(bed_counters(bed, SECOND)->drop[XN_DROP_RX_FULL], 0);
	assert_int_equal(bed_answers(bed, LIMITED).okay, 0);
	/* It can still receive, whichever queue the flow goes to. */
	for (uint32_t k = 0; k < QUEUES; k++) {
		bed_post(bed, LIMITED + k, 5);
		ev_send(bed->vif[LIMITED + k].rx_channel);
	}
	bed_burst(bed, FREE, BED_ALL, FRAME, 1);
	assert_true(bed_counters(bed, LIMITED)->rx_frames > 0);
}

static uint64_t wakes(const struct bed *bed)
{
	return bed->worker->counters->rounds;
}

static bool timer_is_armed(int fd)
{
	struct itimerspec left;

	assert_int_equal(timerfd_gettime(fd, &left), 0);
	return left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0;
}

static void who_waits_neither_spins_nor_hears_events(void **state)
{
	struct bed *bed = *state;
	uint64_t before, events;

	prepare(bed, 1);
	set_rate(bed, LIMITED, 1000000);
	bed_fill_ring(bed, LIMITED, BED_TX_PAGE, FRAME);
	bed_run(bed);
	assert_true(timer_is_armed(bed->worker->rate_fd));
	assert_int_equal(bed_counters(bed, LIMITED)->rate_waits, 1);
	before = wakes(bed);
	events = bed_counters(bed, LIMITED)->events_taken;
	for (uint32_t i = 0; i < 1000; i++) {
		ev_send(bed->vif[LIMITED].tx_channel);
		bed_run(bed);
	}
	/* Its timer may have come for nothing: the test's clock stands. */
	assert_in_range(wakes(bed) - before, 0, 300);
	assert_int_equal(bed_counters(bed, LIMITED)->events_taken, events);
}

static void a_limited_guest_that_is_idle_wakes_nobody(void **state)
{
	struct bed *bed = *state;
	uint64_t before;

	prepare(bed, QUEUES);
	receive(bed, FIRST);
	set_rate(bed, LIMITED, 1000000000);
	bed_advance(bed, 50 * MS);
	bed_fill_ring(bed, LIMITED, BED_TX_PAGE, FRAME);
	bed_run(bed);
	assert_int_equal(bed_answers(bed, LIMITED).okay, XNB_TX_RING_SIZE);
	assert_int_equal(bed_counters(bed, LIMITED)->rate_waits, 0);
	assert_false(timer_is_armed(bed->worker->rate_fd));
	before = wakes(bed);
	bed_run(bed);
	assert_int_equal(wakes(bed), before);
}

static void a_frame_beyond_the_bucket_passes(void **state)
{
	struct bed *bed = *state;
	struct guest *guest = &bed->vif[LIMITED].guest;

	prepare(bed, 1);
	receive(bed, FIRST);
	set_rate(bed, LIMITED, 160000); /* 1000 bytes in 50 ms */
	guest_send(guest, BED_TX_PAGE, 0, 4000, 0);
	guest_send(guest, BED_TX_PAGE, 0, 1000, 0);
	bed_push(bed, LIMITED);
	for (uint32_t i = 0; i < 4; i++)
		bed_advance(bed, MS);
	assert_int_equal(bed_counters(bed, LIMITED)->tx_bytes, 4000);
	for (uint32_t i = 0; i < 190; i++)
		bed_advance(bed, MS);
	assert_int_equal(bed_counters(bed, LIMITED)->tx_bytes, 4000);
	for (uint32_t i = 0; i < 20; i++)
		bed_advance(bed, MS);
	assert_int_equal(bed_counters(bed, LIMITED)->tx_bytes, 5000);
}

/* `rate` is of what a guest sends. Its own limit leaves alone what it gets. */
static void what_a_limited_guest_gets_is_not_limited(void **state)
{
	struct bed *bed = *state;

	prepare(bed, 1);
	receive(bed, LIMITED);
	set_rate(bed, LIMITED, 160000); /* 1000 bytes in 50 ms */
	bed_advance(bed, 50 * MS);
	/* Shows where it is, and that it is limited. */
	bed_burst(bed, LIMITED, LIMITED, FRAME, 2);
	assert_int_equal(bed_counters(bed, LIMITED)->rate_waits, 1);
	assert_int_equal(bed_answers(bed, LIMITED).okay, 1);
	(void)bed_count_received(bed, LIMITED);
	bed_burst(bed, FREE, LIMITED, FRAME, 100);
	assert_int_equal(bed_count_received(bed, LIMITED), 100);
	assert_int_equal(bed_answers(bed, LIMITED).okay, 0); /* waits on */
}

static void many_who_wait_have_one_timer(void **state)
{
	struct bed *bed = *state;
	uint64_t before;

	bed_stop_clock(bed);
	for (uint32_t n = 0; n < 40; n++) {
		bed_add(bed, n, 0, 0);
		set_rate(bed, n, 8000000 + n * 10000);
		bed_frame(bed->vif[n].guest.page[BED_TX_PAGE], BED_ALL,
			  (uint8_t)n, 60);
		bed_fill_ring(bed, n, BED_TX_PAGE, 60);
	}
	bed_run(bed);
	before = bed->worker->counters->bursts;
	bed_advance(bed, 2 * MS);
	assert_true(bed->worker->counters->bursts - before >= 40);
	for (uint32_t n = 0; n < 40; n++)
		assert_true(bed_answers(bed, n).okay > 0);
}

static void a_vif_that_waits_can_go(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = LIMITED}};

	prepare(bed, QUEUES);
	set_rate(bed, LIMITED, 1000000);
	for (uint32_t i = 0; i < QUEUES; i++)
		bed_fill_ring(bed, LIMITED + i, BED_TX_PAGE, FRAME);
	bed_run(bed);
	assert_false(TAILQ_EMPTY(&bed->worker->parked));
	command.del.generation = bed->vif[LIMITED].generation;
	bed_order(bed, &command);
	bed_run(bed);
	assert_true(TAILQ_EMPTY(&bed->worker->parked));
	assert_false(timer_is_armed(bed->worker->rate_fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(one_queue_keeps_its_rate),
		BED_TEST(four_queues_share_one_rate),
		BED_TEST(a_rate_changes_while_frames_wait),
		BED_TEST(without_a_limit_all_goes_at_once),
		BED_TEST(neighbours_are_served_meanwhile),
		BED_TEST(who_waits_neither_spins_nor_hears_events),
		BED_TEST(a_limited_guest_that_is_idle_wakes_nobody),
		BED_TEST(a_frame_beyond_the_bucket_passes),
		BED_TEST(what_a_limited_guest_gets_is_not_limited),
		BED_TEST(many_who_wait_have_one_timer),
		BED_TEST(a_vif_that_waits_can_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
