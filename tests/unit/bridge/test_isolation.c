/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports that are isolated from each other: 1 and 2 are, 3 and 4 are not. Each
 * is in the same bridge, and has one station with its number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/bridge/burst.h"

#define PORTS 4u
#define UNKNOWN 0x00163e0000ffu
#define GROUP 0x01005e000001u

static const uint8_t hash_key[16] = "sixteen lonesome";

static const struct xsw_port_config open_port = {
	.bridge = 0,
	.fast = true,
	.forwarding = true,
	.learning = true,
	.flood = true,
	.mcast_flood = true,
	.bcast_flood = true,
};

static uint64_t station(uint16_t port)
{
	return 0x00163e000000u + port;
}

static void isolate(struct xsw_switch *sw, uint16_t port, bool on)
{
	const struct xsw_policy policy = {.isolated = on};

	assert_int_equal(xsw_port_set_policy(sw, port, &policy), 0);
}

static int set_up(void **state)
{
	struct xsw_switch *sw = xsw_switch_create(100, hash_key);
	struct burst burst;

	assert_non_null(sw);
	for (uint16_t port = 1; port <= PORTS; port++) {
		assert_int_equal(xsw_port_set(sw, port, &open_port), 0);
		burst_init(&burst, port);
		burst_add(&burst, BROADCAST, station(port));
		xsw_forward(sw, &burst.batch, 0);
	}
	isolate(sw, 1, true);
	isolate(sw, 2, true);
	*state = sw;
	return 0;
}

static int tear_down(void **state)
{
	xsw_switch_destroy(*state);
	return 0;
}

/* Each kind of frame in one burst, and once more, so that sets matter. */
static void send_all(struct xsw_switch *sw, uint16_t from, uint16_t to,
		     struct burst *ret)
{
	const uint64_t dst[4] = {station(to), UNKNOWN, GROUP, BROADCAST};

	burst_init(ret, from);
	for (uint32_t i = 0; i < 8; i++)
		burst_add(ret, dst[i % 4], station(from));
	xsw_forward(sw, &ret->batch, 0);
	burst_check(ret);
}

static uint64_t got(const struct burst *burst, uint16_t port)
{
	uint64_t frames = 0;

	for (uint32_t i = 0; i < burst->batch.count; i++)
		frames |= (uint64_t)burst_reaches(burst, i, port) << i;
	return frames;
}

static void isolated_ports_exchange_nothing(void **state)
{
	struct xsw_switch *sw = *state;
	struct burst burst;

	for (uint16_t from = 1; from <= 2; from++) {
		uint16_t to = (uint16_t)(3 - from);

		send_all(sw, from, to, &burst);
		assert_int_equal(got(&burst, to), 0);
		/* Named, and not shown to the kernel's bridge either. */
		assert_int_equal(burst.batch.dropped, 0x11);
		assert_int_equal(burst_drop(&burst, 0), XSW_DROP_ISOLATED);
		assert_int_equal(burst.batch.to_twin, 0xee);
		/* The others get the floods. */
		assert_int_equal(got(&burst, 3), 0xee);
		assert_int_equal(got(&burst, 4), 0xee);
	}
	assert_int_equal(xsw_switch_stats(sw)->drop[XSW_DROP_ISOLATED], 4);
}

static void an_isolated_port_and_another_exchange_all(void **state)
{
	struct xsw_switch *sw = *state;
	struct burst burst;

	send_all(sw, 1, 3, &burst);
	assert_int_equal(got(&burst, 3), 0xff);
	assert_int_equal(got(&burst, 4), 0xee);
	send_all(sw, 3, 1, &burst);
	assert_int_equal(got(&burst, 1), 0xff);
	assert_int_equal(got(&burst, 2), 0xee);
	assert_int_equal(burst.batch.dropped, 0);
	send_all(sw, 3, 4, &burst);
	assert_int_equal(got(&burst, 4), 0xff);
	assert_int_equal(got(&burst, 1), 0xee);
}

/* One burst for stations here and there, isolated and not. */
static void a_burst_loses_only_what_is_for_neighbours(void **state)
{
	struct xsw_switch *sw = *state;
	struct burst burst;

	burst_init(&burst, 1);
	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++)
		burst_add(&burst, station((uint16_t)(2 + i % 3)), station(1));
	xsw_forward(sw, &burst.batch, 0);
	burst_check(&burst);
	assert_int_equal(burst.batch.dropped, 0x9249249249249249u);
	assert_int_equal(burst.batch.dest_count, 2);
	assert_int_equal(burst.batch.dest_frames[3], 0x2492492492492492u);
	assert_int_equal(burst.batch.dest_frames[4], 0x4924924924924924u);
}

static void isolation_ends_when_it_is_taken_away(void **state)
{
	struct xsw_switch *sw = *state;
	struct burst burst;

	isolate(sw, 2, false);
	send_all(sw, 1, 2, &burst);
	assert_int_equal(got(&burst, 2), 0xff);
	isolate(sw, 2, true);
	send_all(sw, 1, 2, &burst);
	assert_int_equal(got(&burst, 2), 0);
	/* It stays through a change of the port, and goes with it. */
	assert_int_equal(xsw_port_set(sw, 2, &open_port), 0);
	send_all(sw, 1, 2, &burst);
	assert_int_equal(got(&burst, 2), 0);
	xsw_port_clear(sw, 2);
	assert_int_equal(xsw_port_set(sw, 2, &open_port), 0);
	send_all(sw, 1, 2, &burst);
	assert_int_equal(got(&burst, 2), 0xff); /* unknown now: flooded */
}

/* A station cannot be drawn over to be reached. */
static void a_station_that_moves_among_isolated_ports_stays_away(void **state)
{
	struct xsw_switch *sw = *state;
	struct burst burst;

	burst_init(&burst, 2);
	burst_add(&burst, BROADCAST, station(3));
	xsw_forward(sw, &burst.batch, 0);
	assert_false(burst_reaches(&burst, 0, 1));
	send_all(sw, 1, 3, &burst);
	assert_int_equal(got(&burst, 2), 0);
	assert_int_equal(burst_drop(&burst, 0), XSW_DROP_ISOLATED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(isolated_ports_exchange_nothing),
		TEST(an_isolated_port_and_another_exchange_all),
		TEST(a_burst_loses_only_what_is_for_neighbours),
		TEST(isolation_ends_when_it_is_taken_away),
		TEST(a_station_that_moves_among_isolated_ports_stays_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
