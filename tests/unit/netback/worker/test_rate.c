/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sending rate, on a clock of the test's own. */
#include "../ring/cmocka_std.h"

#include <stdint.h>
#include <string.h>

#include "netback/rate.h"

#define SECOND UINT64_C(1000000)
#define FRAME_MAX 65535u
#define BURST_BYTES 524288u /* what a queue sends in a turn */

static struct xnb_rate rate;
static uint64_t now;

static int setup(void **state)
{
	(void)state;
	memset(&rate, 0, sizeof(rate));
	now = 12345678;
	return 0;
}

static void set_bits(uint64_t bits, uint32_t interval_us)
{
	(void)xnb_rate_set(&rate, bits / 8 * interval_us / SECOND, interval_us,
			   now);
}

/* The bytes of the `n`-th frame: all sizes of a guest's. */
static uint32_t frame_bytes(uint64_t n)
{
	static const uint32_t sizes[] = {1514, 60, FRAME_MAX, 9014, 1514};

	return sizes[n % 5];
}

/* A queue's turn: frames until what was allowed is reached. */
static uint64_t burst(uint64_t allowed, uint64_t *frames)
{
	uint64_t bytes = 0;

	if (allowed > BURST_BYTES)
		allowed = BURST_BYTES;
	while (bytes < allowed)
		bytes += frame_bytes((*frames)++);
	return bytes;
}

/* Greedy queues, in turn, until `us` are over; a wait ends `late_us` late.
 * What they sent. */
static uint64_t send_greedily(uint32_t queues, uint64_t us, uint64_t late_us)
{
	uint64_t end = now + us, bytes = 0, frames[8] = {0};

	while (now < end) {
		uint64_t sent = 0;

		for (uint32_t i = 0; i < queues; i++) {
			uint64_t allowed = xnb_rate_credit(&rate, now);
			uint64_t here = burst(allowed, &frames[i]);

			xnb_rate_spend(&rate, here);
			sent += here;
		}
		bytes += sent;
		if (sent == 0)
			now += xnb_rate_wait_us(&rate) + late_us;
	}
	return bytes;
}

static void assert_within_1_percent(uint64_t bytes, uint64_t bits, uint64_t us)
{
	uint64_t wanted = bits / 8 * us / SECOND;

	assert_true(bytes >= wanted - wanted / 100);
	assert_true(bytes <= wanted + wanted / 100);
}

static const uint64_t rates[] = {UINT64_C(1000000),    UINT64_C(10000000),
				 UINT64_C(100000000),  UINT64_C(333000000),
				 UINT64_C(1000000000), UINT64_C(5000000000)};
#define RATES (sizeof(rates) / sizeof(rates[0]))

static void every_rate_is_kept_with_one_queue_and_with_four(void **state)
{
	for (uint32_t i = 0; i < RATES; i++) {
		for (uint32_t queues = 1; queues <= 4; queues += 3) {
			setup(state);
			set_bits(rates[i], 50000);
			assert_within_1_percent(
				send_greedily(queues, 100 * SECOND, 0),
				rates[i], 100 * SECOND);
		}
	}
}

static void late_wake_ups_cost_nothing(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < RATES; i++) {
		setup(state);
		set_bits(rates[i], 20000);
		assert_within_1_percent(send_greedily(4, 100 * SECOND, 3000),
					rates[i], 100 * SECOND);
	}
}

static void every_interval_gives_the_same_rate(void **state)
{
	static const uint32_t interval[] = {8,	   1000,   5000,
					    20000, 100000, 10000000};

	for (uint32_t i = 0; i < 6; i++) {
		setup(state);
		set_bits(1000000000, interval[i]);
		/* A bucket of 10 s is more than a hundredth of 100 s. */
		assert_within_1_percent(send_greedily(2, 100 * SECOND, 1000),
					1000000000, 100 * SECOND);
	}
}

static void a_rate_that_changes_is_kept_from_then_on(void **state)
{
	uint64_t saved;

	(void)state;
	set_bits(rates[0], 50000);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < RATES; i++) {
			uint32_t to = round % 2 ? (uint32_t)RATES - 1 - i : i;

			set_bits(rates[to], 10000 + 10000 * round);
			assert_within_1_percent(
				send_greedily(4, 100 * SECOND, 0), rates[to],
				100 * SECOND);
		}
	}
	/* Idle, it saves a bucket; neither a change nor the change back gives
	 * a byte more. */
	now += 100 * SECOND;
	saved = xnb_rate_credit(&rate, now);
	for (uint32_t i = 0; i < 100; i++) {
		set_bits(1000000, 50000);
		set_bits(5000000000, 50000);
	}
	assert_true(xnb_rate_credit(&rate, now) <= saved);
	assert_true(xnb_rate_credit(&rate, now) <= 1000000 / 8 / 20);
}

static void a_limit_begins_with_nothing_saved(void **state)
{
	(void)state;
	set_bits(1000000000, 50000);
	assert_int_equal(xnb_rate_credit(&rate, now), 0);
	now += 1000;
	assert_int_equal(xnb_rate_credit(&rate, now), 125000);
	/* Off and on is no way to a full bucket. */
	assert_true(xnb_rate_set(&rate, 0, 0, now));
	assert_false(xnb_rate_is_limited(&rate));
	now += SECOND;
	set_bits(1000000000, 50000);
	assert_true(xnb_rate_is_limited(&rate));
	assert_int_equal(xnb_rate_credit(&rate, now), 0);
}

static void the_same_policy_again_changes_nothing(void **state)
{
	(void)state;
	assert_true(xnb_rate_set(&rate, 1000, 50000, now));
	now += 25000;
	assert_false(xnb_rate_set(&rate, 1000, 50000, now));
	assert_int_equal(xnb_rate_credit(&rate, now), 500);
	assert_true(xnb_rate_set(&rate, 2000, 50000, now));
	assert_int_equal(xnb_rate_credit(&rate, now), 500);
	assert_true(xnb_rate_set(&rate, 0, 0, now));
	assert_false(xnb_rate_set(&rate, 0, 50000, now));
}

static void a_bucket_holds_one_interval(void **state)
{
	(void)state;
	(void)xnb_rate_set(&rate, 1000, 50000, now);
	now += 1000 * SECOND;
	assert_int_equal(xnb_rate_credit(&rate, now), 1000);
	now += UINT64_MAX / 2;
	assert_int_equal(xnb_rate_credit(&rate, now), 1000);
}

static void the_biggest_frame_passes_and_is_paid_for(void **state)
{
	uint64_t waited;

	(void)state;
	(void)xnb_rate_set(&rate, 1000, 50000, now);
	now += 50;
	assert_int_equal(xnb_rate_credit(&rate, now), 1);
	xnb_rate_spend(&rate, FRAME_MAX);
	assert_int_equal(xnb_rate_credit(&rate, now), 0);
	/* One millisecond gives 20 bytes. */
	waited = xnb_rate_wait_us(&rate);
	assert_true(waited >= UINT64_C(50) * (FRAME_MAX - 1));
	assert_true(waited <= UINT64_C(50) * FRAME_MAX + XNB_RATE_WAIT_US);
	now += waited - XNB_RATE_WAIT_US - 50;
	assert_int_equal(xnb_rate_credit(&rate, now), 0);
	now += 101;
	assert_in_range(xnb_rate_credit(&rate, now), 1, 3);
}

static void a_debt_survives_a_change(void **state)
{
	(void)state;
	(void)xnb_rate_set(&rate, 1000, 50000, now);
	now += 50;
	assert_int_equal(xnb_rate_credit(&rate, now), 1);
	xnb_rate_spend(&rate, FRAME_MAX);
	(void)xnb_rate_set(&rate, 65534, 10000, now);
	now += 9999;
	assert_int_equal(xnb_rate_credit(&rate, now), 0);
	now += 2;
	assert_in_range(xnb_rate_credit(&rate, now), 1, 7);
}

static void who_waits_is_not_woken_for_each_frame(void **state)
{
	uint32_t wakes = 0;

	(void)state;
	set_bits(5000000000, 50000);
	for (uint64_t end = now + SECOND; now < end; wakes++) {
		uint64_t allowed;

		while ((allowed = xnb_rate_credit(&rate, now)) > 0)
			xnb_rate_spend(&rate, allowed < 1514 ? 1514 : allowed);
		assert_true(xnb_rate_wait_us(&rate) >= XNB_RATE_WAIT_US);
		now += xnb_rate_wait_us(&rate);
	}
	assert_true(wakes <= 1000);
}

static void impossible_rates_overflow_nothing(void **state)
{
	static const uint64_t bytes[] = {UINT64_C(1) << 32,
					 (UINT64_C(1) << 32) + 1, INT64_MAX,
					 UINT64_MAX};
	static const uint32_t interval[] = {1, 5000, 10000000};

	for (uint32_t i = 0; i < 4; i++) {
		for (uint32_t k = 0; k < 3; k++) {
			setup(state);
			(void)xnb_rate_set(&rate, bytes[i], interval[k], now);
			if (!xnb_rate_is_limited(&rate))
				continue;
			assert_int_equal(i, 0);
			now += 1000 * SECOND;
			assert_int_equal(xnb_rate_credit(&rate, now), bytes[i]);
			xnb_rate_spend(&rate, bytes[i] + BURST_BYTES);
			assert_int_equal(xnb_rate_credit(&rate, now), 0);
			assert_true(xnb_rate_wait_us(&rate) > 0);
		}
	}
	setup(state);
	(void)xnb_rate_set(&rate, 1, 10000000, now);
	xnb_rate_spend(&rate, BURST_BYTES + FRAME_MAX);
	assert_int_equal(xnb_rate_credit(&rate, now), 0);
	assert_true(xnb_rate_wait_us(&rate) > BURST_BYTES * 10 * SECOND);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_rate_is_kept_with_one_queue_and_with_four),
		T(late_wake_ups_cost_nothing),
		T(every_interval_gives_the_same_rate),
		T(a_rate_that_changes_is_kept_from_then_on),
		T(a_limit_begins_with_nothing_saved),
		T(the_same_policy_again_changes_nothing),
		T(a_bucket_holds_one_interval),
		T(the_biggest_frame_passes_and_is_paid_for),
		T(a_debt_survives_a_change),
		T(who_waits_is_not_woken_for_each_frame),
		T(impossible_rates_overflow_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
