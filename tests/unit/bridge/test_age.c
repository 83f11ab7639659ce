/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the switch wants to be called to forget silent stations: not before
 * the oldest one can have come of age, and not at all for nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bridge/age.h"
#include "bridge/switch.h"
#include "tests/unit/bridge/burst.h"

#define A 0x00163e000001u
#define B 0x00163e000002u
#define AGEING_MS 300000u

static const uint8_t hash_key[16] = "another 16 bytes";

static int set_up(void **state)
{
	struct xsw_switch *sw = xsw_switch_create(4096, hash_key);
	struct xsw_port_config config = {
		.fast = true,
		.forwarding = true,
		.learning = true,
		.flood = true,
		.mcast_flood = true,
		.bcast_flood = true,
	};

	assert_non_null(sw);
	for (uint16_t port = 1; port <= 4; port++) {
		config.bridge = port / 3; /* 1, 2 in bridge 0; 3, 4 in 1 */
		assert_int_equal(xsw_port_set(sw, port, &config), 0);
	}
	*state = sw;
	return 0;
}

static int tear_down(void **state)
{
	xsw_switch_destroy(*state);
	return 0;
}

static void show(struct xsw_switch *sw, uint16_t port, uint64_t from,
		 uint64_t now_ms)
{
	struct burst burst;

	burst_init(&burst, port);
	burst_add(&burst, BROADCAST, from);
	xsw_forward(sw, &burst.batch, now_ms);
}

/* Does what it asks for until that is later than `until_ms`; returns how
 * often it was called. */
static uint32_t run(struct xsw_switch *sw, uint64_t until_ms)
{
	uint32_t calls = 0;
	uint64_t due;

	while ((due = xsw_tick_due(sw)) && due <= until_ms) {
		xsw_tick(sw, due);
		assert_true(xsw_tick_due(sw) == 0 || xsw_tick_due(sw) > due);
		calls++;
	}
	return calls;
}

static void nobody_to_forget_means_no_call(void **state)
{
	struct xsw_switch *sw = *state;
	struct xn_mac outside = mac_of(B);

	assert_int_equal(xsw_tick_due(sw), 0);
	assert_int_equal(xsw_outside_add(sw, 0, &outside), 0);
	show(sw, 1, 0, 1000); /* the all-zero source is nobody */
	assert_int_equal(xsw_tick_due(sw), 0);
	show(sw, 1, A, 1000);
	assert_true(xsw_tick_due(sw) > 0);
}

static void a_station_goes_when_it_is_of_age(void **state)
{
	struct xsw_switch *sw = *state;

	show(sw, 1, A, 5000);
	assert_in_range(xsw_tick_due(sw), 5000 + AGEING_MS,
			5000 + AGEING_MS + 1000);
	assert_int_equal(run(sw, 5000 + AGEING_MS - 1), 0);
	assert_int_equal(xsw_station_count(sw), 1);
	assert_int_equal(run(sw, UINT64_MAX - 1), XSW_AGE_PASS_TICKS);
	assert_int_equal(xsw_station_count(sw), 0);
	assert_int_equal(xsw_tick_due(sw), 0);
}

static void a_busy_station_costs_a_walk_in_each_ageing_time(void **state)
{
	struct xsw_switch *sw = *state;
	uint32_t calls = 0;

	for (uint64_t now_ms = 1000; now_ms < 10 * AGEING_MS; now_ms += 500) {
		show(sw, 1, A, now_ms);
		calls += run(sw, now_ms);
	}
	assert_in_range(calls, 9 * XSW_AGE_PASS_TICKS, 10 * XSW_AGE_PASS_TICKS);
	assert_int_equal(xsw_station_count(sw), 1);
}

static void each_station_has_its_own_time(void **state)
{
	struct xsw_switch *sw = *state;
	const uint32_t late = 17000;

	show(sw, 1, A, 1000);
	show(sw, 2, B, 1000 + late);
	(void)run(sw, 1000 + AGEING_MS + 5000);
	assert_int_equal(xsw_station_count(sw), 1);
	assert_in_range(xsw_tick_due(sw), 1000 + late + AGEING_MS,
			1000 + late + AGEING_MS + 1000);
	(void)run(sw, UINT64_MAX - 1);
	assert_int_equal(xsw_station_count(sw), 0);
}

static void the_earliest_bridge_is_waited_for(void **state)
{
	struct xsw_switch *sw = *state;

	assert_int_equal(xsw_bridge_set_ageing(sw, 1, 20000), 0);
	show(sw, 1, A, 1000);
	show(sw, 3, A, 2000);
	assert_in_range(xsw_tick_due(sw), 22000, 23000);
	(void)run(sw, 30000);
	assert_int_equal(xsw_station_count(sw), 1);
	assert_in_range(xsw_tick_due(sw), 1000 + AGEING_MS, 2000 + AGEING_MS);
}

static void a_shorter_time_is_looked_at_at_once(void **state)
{
	struct xsw_switch *sw = *state;

	show(sw, 1, A, 1000);
	assert_int_equal(xsw_bridge_set_ageing(sw, 0, 15000), 0);
	assert_true(xsw_tick_due(sw) <= 30000);
	(void)run(sw, 1000);
	for (uint32_t i = 0; i < XSW_AGE_PASS_TICKS; i++)
		xsw_tick(sw, 30000);
	assert_int_equal(xsw_station_count(sw), 0);
}

static void time_that_never_comes_is_not_waited_for(void **state)
{
	struct xsw_switch *sw = *state;

	show(sw, 1, A, 1000);
	assert_int_equal(xsw_bridge_set_ageing(sw, 0, 0), 0);
	assert_int_equal(xsw_tick_due(sw), 0);
	show(sw, 1, B, 2000);
	assert_int_equal(xsw_tick_due(sw), 0);
	/* Ageing again: those who were there are not forgotten for ever. */
	assert_int_equal(xsw_bridge_set_ageing(sw, 0, AGEING_MS), 0);
	(void)run(sw, UINT64_MAX - 1);
	assert_int_equal(xsw_tick_due(sw), 0);
	assert_int_equal(xsw_station_count(sw), 0);
}

#define AGE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGE_TEST(nobody_to_forget_means_no_call),
		AGE_TEST(a_station_goes_when_it_is_of_age),
		AGE_TEST(a_busy_station_costs_a_walk_in_each_ageing_time),
		AGE_TEST(each_station_has_its_own_time),
		AGE_TEST(the_earliest_bridge_is_waited_for),
		AGE_TEST(a_shorter_time_is_looked_at_at_once),
		AGE_TEST(time_that_never_comes_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
