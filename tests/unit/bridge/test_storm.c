/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Storm control: the bucket by itself, and what the switch counts. Ports 1 and
 * 2 are open, 3 is not fast, 4 is closed, 5 has no bridge; station A is on 2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bridge/storm.h"
#include "tests/unit/bridge/burst.h"

#define A 0x00163e00000au
#define O 0x0200000000f0u /* known outside */
#define SENDER 0x00163e000001u
#define UNKNOWN 0x00163e0000ffu
#define GROUP 0x01005e000001u
#define LLDP 0x0180c200000eu
#define ALL (~(uint64_t)0)

static const uint8_t hash_key[16] = "sixteen storming";

static uint32_t passes(struct xsw_storm *storm, uint64_t now_ms)
{
	return 64 - (uint32_t)__builtin_popcountll(
			    xsw_storm_over(storm, ALL, now_ms));
}

static void no_limit_lets_everything_pass(void **state)
{
	struct xsw_storm storm = {0};

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(passes(&storm, 0), 64);
}

static void a_bucket_holds_a_tenth_of_a_second(void **state)
{
	static const struct {
		uint32_t frames, burst;
	} rates[] = {{1, 16},	  {100, 16},   {160, 16},      {170, 17},
		     {1000, 100}, {2560, 256}, {100000, 10000}};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct xsw_storm storm = {0};
		uint32_t passed = 0;

		xsw_storm_set(&storm, rates[i].frames);
		for (uint32_t n = 0; n < 200; n++)
			passed += passes(&storm, 5);
		assert_int_equal(passed, rates[i].burst);
		/* Full again after any pause, and never more. */
		passed = 0;
		for (uint32_t n = 0; n < 200; n++)
			passed += passes(&storm, 1000000000000);
		assert_int_equal(passed, rates[i].burst);
	}
}

static void the_first_frames_are_those_that_pass(void **state)
{
	struct xsw_storm storm = {0};

	(void)state;
	xsw_storm_set(&storm, 100); /* 16 at once */
	assert_int_equal(xsw_storm_over(&storm, 0xf00000000000000f, 0), 0);
	assert_int_equal(xsw_storm_over(&storm, 0xffff000000000000, 0),
			 0xff00000000000000);
	assert_int_equal(xsw_storm_over(&storm, 1, 0), 1);
	/* A frame in ten milliseconds. */
	assert_int_equal(xsw_storm_over(&storm, 1, 9), 1);
	assert_int_equal(xsw_storm_over(&storm, 3, 10), 2);
	/* An earlier clock gives nothing, and nothing twice. */
	assert_int_equal(xsw_storm_over(&storm, 1, 0), 1);
	assert_int_equal(xsw_storm_over(&storm, 1, 10), 1);
	assert_int_equal(xsw_storm_over(&storm, 1, 20), 0);
}

static void the_rate_holds_over_time(void **state)
{
	static const uint32_t rates[] = {1, 7, 100, 999, 12345};

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		struct xsw_storm storm = {0};
		uint64_t passed = 0;
		uint32_t rate = rates[i];

		xsw_storm_set(&storm, rate);
		for (uint64_t now = 0; now <= 20000; now++)
			passed += passes(&storm, now);
		assert_in_range(passed, 20ull * rate,
				20ull * rate +
					(rate / 10 > 16 ? rate / 10 : 16) + 1);
	}
}

static void any_pause_refills_at_any_rate(void **state)
{
	struct xsw_storm storm = {0};

	(void)state;
	xsw_storm_set(&storm, (uint32_t)1 << 31);
	storm.credit = 0;
	/* 2^31 frames for 2^33 ms are 2^64 thousandths. */
	assert_int_equal(xsw_storm_over(&storm, ALL, (uint64_t)1 << 33), 0);
}

static void setting_the_same_rate_again_gives_no_frames(void **state)
{
	struct xsw_storm storm = {0};

	(void)state;
	xsw_storm_set(&storm, 100);
	assert_int_equal(passes(&storm, 0), 16);
	xsw_storm_set(&storm, 100);
	assert_int_equal(passes(&storm, 0), 0);
	xsw_storm_set(&storm, 200);
	assert_int_equal(passes(&storm, 0), 20);
	xsw_storm_set(&storm, 0);
	assert_int_equal(passes(&storm, 0), 64);
}

static int set_up(void **state)
{
	struct xsw_switch *sw = xsw_switch_create(100, hash_key);
	struct xsw_port_config config = {.fast = true,
					 .forwarding = true,
					 .learning = true,
					 .flood = true,
					 .mcast_flood = true,
					 .bcast_flood = true};
	struct xn_mac outside = mac_of(O);
	struct burst burst;

	assert_non_null(sw);
	assert_int_equal(xsw_port_set(sw, 1, &config), 0);
	assert_int_equal(xsw_port_set(sw, 2, &config), 0);
	config.fast = false;
	assert_int_equal(xsw_port_set(sw, 3, &config), 0);
	config.forwarding = false;
	assert_int_equal(xsw_port_set(sw, 4, &config), 0);
	config.forwarding = true;
	config.bridge = XSW_NO_BRIDGE;
	assert_int_equal(xsw_port_set(sw, 5, &config), 0);
	assert_int_equal(xsw_outside_add(sw, 0, &outside), 0);
	burst_init(&burst, 2);
	burst_add(&burst, BROADCAST, A);
	xsw_forward(sw, &burst.batch, 0);
	*state = sw;
	return 0;
}

static int tear_down(void **state)
{
	xsw_switch_destroy(*state);
	return 0;
}

static void limit(struct xsw_switch *sw, uint16_t port, uint32_t frames)
{
	const struct xsw_policy policy = {.storm_frames = frames};

	assert_int_equal(xsw_port_set_policy(sw, port, &policy), 0);
}

/* 64 frames to `dst`; how many were dropped as a storm. */
static uint32_t dropped(struct xsw_switch *sw, uint16_t port, uint64_t dst)
{
	uint64_t before = xsw_switch_stats(sw)->drop[XSW_DROP_STORM];
	struct burst burst;

	burst_init(&burst, port);
	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++)
		burst_add(&burst, dst, SENDER);
	xsw_forward(sw, &burst.batch, 0);
	burst_check(&burst); /* what is dropped is not to the twin either */
	return (uint32_t)(xsw_switch_stats(sw)->drop[XSW_DROP_STORM] - before);
}

struct counted {
	uint16_t port;
	uint64_t dst;
	bool counts;
};

static void what_many_get_counts_and_what_one_gets_does_not(void **state)
{
	static const struct counted cases[] = {
		{1, BROADCAST, true}, {1, GROUP, true},	    {1, UNKNOWN, true},
		{1, LLDP, true},      {1, A, false},	    {1, O, false},
		{3, BROADCAST, true}, {3, GROUP, true},	    {3, UNKNOWN, true},
		{3, LLDP, true},      {3, A, false},	    {3, O, false},
		{4, LLDP, true},      {5, BROADCAST, true}, {5, GROUP, true},
		{5, UNKNOWN, false},  {5, A, false}};
	struct xsw_switch *sw = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		limit(sw, cases[i].port, 0);
		assert_int_equal(dropped(sw, cases[i].port, cases[i].dst), 0);
		limit(sw, cases[i].port, 100);
		assert_int_equal(dropped(sw, cases[i].port, cases[i].dst),
				 cases[i].counts ? 48 : 0);
	}
}

static void all_kinds_share_one_limit(void **state)
{
	static const uint64_t dst[8] = {A, BROADCAST, GROUP, UNKNOWN,
					A, LLDP,      O,     UNKNOWN};
	struct xsw_switch *sw = *state;
	struct burst burst;

	limit(sw, 1, 100);
	burst_init(&burst, 1);
	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++)
		burst_add(&burst, dst[i % 8], SENDER);
	xsw_forward(sw, &burst.batch, 0);
	burst_check(&burst);
	/* Five of eight count: the sixteenth is the first of the fourth lot. */
	assert_int_equal(burst.batch.dropped, 0xaeaeaeaeac000000u);
	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++) {
		if (dst[i % 8] == A)
			assert_true(burst_reaches(&burst, i, 2));
		if (dst[i % 8] == O)
			assert_true(burst_reaches_twin(&burst, i));
	}
}

static void each_port_has_its_own_limit(void **state)
{
	struct xsw_switch *sw = *state;

	limit(sw, 1, 100);
	limit(sw, 2, 1000);
	assert_int_equal(dropped(sw, 1, BROADCAST), 48);
	assert_int_equal(dropped(sw, 1, BROADCAST), 64);
	assert_int_equal(dropped(sw, 2, BROADCAST), 0);
	assert_int_equal(dropped(sw, 2, BROADCAST), 28);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_limit_lets_everything_pass),
		cmocka_unit_test(a_bucket_holds_a_tenth_of_a_second),
		cmocka_unit_test(the_first_frames_are_those_that_pass),
		cmocka_unit_test(the_rate_holds_over_time),
		cmocka_unit_test(any_pause_refills_at_any_rate),
		cmocka_unit_test(setting_the_same_rate_again_gives_no_frames),
		TEST(what_many_get_counts_and_what_one_gets_does_not),
		TEST(all_kinds_share_one_limit),
		TEST(each_port_has_its_own_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
