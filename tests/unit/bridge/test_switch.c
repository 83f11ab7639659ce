/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings, station events, ageing and limits of the switch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bridge/age.h"
#include "bridge/switch_state.h"
#include "tests/unit/bridge/burst.h"

#define A 0x00163e000001u
#define B 0x00163e000002u
#define ENTRIES_MAX 64000u

static const uint8_t hash_key[16] = "another 16 bytes";

static const struct xsw_port_config open_port = {
	.bridge = 0,
	.fast = true,
	.forwarding = true,
	.learning = true,
	.flood = true,
	.mcast_flood = true,
	.bcast_flood = true,
};

/* Ports 1, 2 and 3 are open in bridge 0. */
static int set_up(void **state)
{
	struct xsw_switch *sw = xsw_switch_create(ENTRIES_MAX, hash_key);

	assert_non_null(sw);
	for (uint16_t port = 1; port <= 3; port++)
		assert_int_equal(xsw_port_set(sw, port, &open_port), 0);
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

/* `count` stations with numbers from `first`, in bursts as full as can be. */
static void show_many(struct xsw_switch *sw, uint16_t port, uint64_t first,
		      uint32_t count, uint64_t now_ms)
{
	struct burst burst;

	burst_init(&burst, port);
	for (uint32_t i = 0; i < count; i++) {
		burst_add(&burst, BROADCAST, first + i);
		if (burst.batch.count == XSW_BATCH_MAX || i + 1 == count) {
			xsw_forward(sw, &burst.batch, now_ms);
			burst_init(&burst, port);
		}
	}
}

/* Where the switch believes `mac` to be: a port, or XSW_PORT_OUTSIDE for
 * anything but exactly one port. Asks from port 3. */
static uint16_t where(struct xsw_switch *sw, uint64_t mac)
{
	struct burst burst;

	burst_init(&burst, 3);
	burst_add(&burst, mac, 0);
	xsw_forward(sw, &burst.batch, 0);
	burst_check(&burst);
	if (burst_reaches_twin(&burst, 0) || burst.batch.dest_count != 1)
		return XSW_PORT_OUTSIDE;
	return burst.batch.dest[0];
}

static uint32_t stations(struct xsw_switch *sw, uint16_t bridge)
{
	return xsw_station_dump(sw, bridge, NULL, NULL, 0, 0);
}

static void pass(struct xsw_switch *sw, uint64_t now_ms)
{
	for (uint32_t i = 0; i < XSW_AGE_PASS_TICKS; i++)
		xsw_tick(sw, now_ms);
}

static void numbers_out_of_range_are_refused(void **state)
{
	struct xsw_switch *sw = *state;
	struct xsw_port_config config = open_port;
	struct xn_mac a = mac_of(A);
	struct xn_mac group = mac_of(0x01005e000001);
	struct xn_mac none = mac_of(0);

	assert_int_equal(xsw_port_set(sw, XSW_PORTS_MAX, &config), -EINVAL);
	assert_int_equal(xsw_port_set(sw, XSW_PORTS_MAX - 1, &config), 0);
	config.bridge = XSW_BRIDGES_MAX;
	assert_int_equal(xsw_port_set(sw, 9, &config), -EINVAL);
	config.bridge = XSW_BRIDGES_MAX - 1;
	assert_int_equal(xsw_port_set(sw, 9, &config), 0);
	assert_int_equal(xsw_bridge_set_ageing(sw, XSW_BRIDGES_MAX, 1),
			 -EINVAL);
	assert_int_equal(xsw_outside_add(sw, XSW_BRIDGES_MAX, &a), -EINVAL);
	assert_int_equal(xsw_outside_add(sw, 0, &group), -EINVAL);
	assert_int_equal(xsw_outside_add(sw, 0, &none), -EINVAL);
	assert_int_equal(xsw_outside_add_fixed(sw, XSW_NO_BRIDGE, &a), -EINVAL);
	assert_int_equal(xsw_outside_add(sw, 0, &a), 0);
	assert_int_equal(stations(sw, 0), 1);
	assert_int_equal(stations(sw, XSW_BRIDGES_MAX), 0);
	assert_int_equal(stations(sw, 7), 0);
	/* Nothing to do, and nothing done. */
	xsw_port_clear(sw, XSW_PORTS_MAX);
	xsw_outside_del(sw, XSW_BRIDGES_MAX, &a);
	xsw_outside_del(sw, 7, &a);
	assert_int_equal(stations(sw, 0), 1);
}

static void a_refused_setting_leaves_the_port_as_it_was(void **state)
{
	struct xsw_switch *sw = *state;
	struct xsw_port_config config = open_port;

	show(sw, 1, A, 0);
	config.bridge = XSW_BRIDGES_MAX;
	assert_int_equal(xsw_port_set(sw, 1, &config), -EINVAL);
	assert_int_equal(where(sw, A), 1);
}

static void a_port_that_changes_forgets_its_stations(void **state)
{
	struct xsw_switch *sw = *state;
	struct xsw_port_config changed[3] = {open_port, open_port, open_port};

	changed[0].fast = false;
	changed[1].forwarding = false;
	changed[2].bridge = 1;
	for (uint32_t i = 0; i < 3; i++) {
		show(sw, 1, A, 0);
		show(sw, 2, B, 0);
		assert_int_equal(where(sw, A), 1);
		assert_int_equal(xsw_port_set(sw, 1, &changed[i]), 0);
		/* Unknown again: 2 alone is left to flood, and the twin. */
		assert_int_equal(where(sw, A), XSW_PORT_OUTSIDE);
		assert_int_equal(where(sw, B), 2);
		assert_int_equal(stations(sw, 0), 1);
		assert_int_equal(xsw_port_set(sw, 1, &open_port), 0);
		assert_int_equal(where(sw, A), XSW_PORT_OUTSIDE);
	}
	show(sw, 1, A, 0);
	xsw_port_clear(sw, 1);
	assert_int_equal(where(sw, A), XSW_PORT_OUTSIDE);
	assert_int_equal(stations(sw, 0), 1);
}

static void other_settings_keep_the_stations(void **state)
{
	struct xsw_switch *sw = *state;
	struct xsw_port_config config = open_port;

	show(sw, 1, A, 0);
	config.learning = false;
	config.flood = false;
	assert_int_equal(xsw_port_set(sw, 1, &config), 0);
	assert_int_equal(where(sw, A), 1);
}

static void a_port_receives_no_flood_after_it_left(void **state)
{
	struct xsw_switch *sw = *state;
	struct burst burst;

	for (uint32_t round = 0; round < 2; round++) {
		burst_init(&burst, 3);
		burst_add(&burst, BROADCAST, B);
		xsw_forward(sw, &burst.batch, 0);
		assert_int_equal(burst_reaches(&burst, 0, 1), round == 0);
		assert_true(burst_reaches(&burst, 0, 2));
		xsw_port_clear(sw, 1);
	}
}

static void bridges_keep_their_stations_apart(void **state)
{
	struct xsw_switch *sw = *state;
	struct xsw_port_config config = open_port;

	config.bridge = 1;
	assert_int_equal(xsw_port_set(sw, 5, &config), 0);
	show(sw, 1, A, 0);
	show(sw, 5, A, 0);
	assert_int_equal(where(sw, A), 1);
	assert_int_equal(stations(sw, 0), 1);
	assert_int_equal(stations(sw, 1), 1);
}

static void expect_event(struct xsw_switch *sw, enum xsw_station_event what,
			 uint16_t port, uint64_t mac)
{
	struct xsw_station event;

	assert_int_equal(xsw_station_events(sw, &event, 1), 1);
	assert_int_equal(event.event, what);
	assert_int_equal(event.bridge, 0);
	assert_int_equal(event.port, port);
	assert_int_equal(mac_number(&event.mac), mac);
}

static void events_tell_what_happened_in_order(void **state)
{
	struct xsw_switch *sw = *state;
	struct xn_mac outside = mac_of(B);
	struct xsw_station event;

	show(sw, 1, A, 0);
	show(sw, 1, A, 0); /* known: nothing */
	show(sw, 2, A, 0);
	assert_int_equal(xsw_outside_add(sw, 0, &outside), 0); /* asked for */
	show(sw, 1, B, 0);
	pass(sw, 301000);
	expect_event(sw, XSW_STATION_LEARNED, 1, A);
	expect_event(sw, XSW_STATION_MOVED, 2, A);
	expect_event(sw, XSW_STATION_MOVED, 1, B);
	/* Ageing goes by place in the table; either may be first. */
	assert_int_equal(xsw_station_events(sw, &event, 1), 1);
	assert_int_equal(event.event, XSW_STATION_AGED);
	expect_event(sw, XSW_STATION_AGED, event.port == 1 ? 2 : 1,
		     event.port == 1 ? A : B);
	assert_int_equal(xsw_station_events(sw, &event, 1), 0);
}

static void events_that_find_no_room_are_counted_and_dumped(void **state)
{
	struct xsw_switch *sw = *state;
	static struct xsw_station got[XSW_EVENTS_MAX + 100];
	static bool seen[XSW_EVENTS_MAX + 100];
	uint32_t age_ms[1];

	show_many(sw, 1, A, XSW_EVENTS_MAX, 0);
	assert_int_equal(xsw_switch_stats(sw)->events_lost, 0);
	show_many(sw, 2, A + XSW_EVENTS_MAX, 100, 0);
	assert_int_equal(xsw_switch_stats(sw)->events_lost, 100);
	/* The oldest are kept, in order, also across the ring's end. */
	assert_int_equal(xsw_station_events(sw, got, 10), 10);
	show_many(sw, 1, B + 0x10000, 10, 0);
	assert_int_equal(xsw_switch_stats(sw)->events_lost, 100);
	assert_int_equal(xsw_station_events(sw, got + 10, XSW_EVENTS_MAX + 90),
			 XSW_EVENTS_MAX);
	for (uint32_t i = 0; i < XSW_EVENTS_MAX; i++)
		assert_int_equal(mac_number(&got[i].mac), A + i);

	assert_int_equal(xsw_station_dump(sw, 0, got, age_ms, 1, 5000),
			 XSW_EVENTS_MAX + 110);
	assert_int_equal(age_ms[0], 5000);
	xsw_port_clear(sw, 3);
	assert_int_equal(
		xsw_station_dump(sw, 0, got, NULL, XSW_EVENTS_MAX + 100, 0),
		XSW_EVENTS_MAX + 110);
	for (uint32_t i = 0; i < XSW_EVENTS_MAX + 100; i++) {
		uint64_t number = mac_number(&got[i].mac) - A;

		if (number >= XSW_EVENTS_MAX + 100)
			continue;
		assert_false(seen[number]);
		seen[number] = true;
		assert_int_equal(got[i].port, number < XSW_EVENTS_MAX ? 1 : 2);
	}
}

static void a_silent_station_ages_and_a_busy_one_does_not(void **state)
{
	struct xsw_switch *sw = *state;

	show(sw, 1, A, 1000);
	show(sw, 2, B, 1000);
	show(sw, 2, B, 200000);
	pass(sw, 301000); /* 300 s: not yet */
	assert_int_equal(where(sw, A), 1);
	pass(sw, 302000);
	assert_int_equal(where(sw, A), XSW_PORT_OUTSIDE);
	assert_int_equal(where(sw, B), 2);
}

static void ageing_follows_its_setting(void **state)
{
	struct xsw_switch *sw = *state;
	struct xn_mac outside = mac_of(0x020000000001);

	assert_int_equal(xsw_outside_add(sw, 0, &outside), 0);
	assert_int_equal(xsw_bridge_set_ageing(sw, 0, 0), 0);
	show(sw, 1, A, 0);
	pass(sw, 1000000000);
	assert_int_equal(where(sw, A), 1);
	assert_int_equal(xsw_bridge_set_ageing(sw, 0, 10000), 0);
	show(sw, 1, A, 20000);
	pass(sw, 19000); /* an earlier reading of the clock */
	pass(sw, 30000);
	assert_int_equal(where(sw, A), 1);
	pass(sw, 31000);
	assert_int_equal(where(sw, A), XSW_PORT_OUTSIDE);
	/* What is outside is control's. */
	assert_int_equal(stations(sw, 0), 1);
}

static void one_tick_ages_a_slice_only(void **state)
{
	struct xsw_switch *sw = *state;
	const uint32_t count = 8000;
	uint32_t left = count;

	show_many(sw, 1, A, count, 0);
	for (uint32_t i = 0; i < XSW_AGE_PASS_TICKS; i++) {
		uint32_t before = left;

		xsw_tick(sw, 400000);
		left = stations(sw, 0);
		/* An even share, give or take what hashing scatters. */
		assert_in_range(before - left, count / 32, count / 8);
	}
	assert_int_equal(left, 0);
}

static void one_port_cannot_fill_the_table(void **state)
{
	struct xsw_switch *sw = *state;
	const struct xsw_stats *stats = xsw_switch_stats(sw);

	show(sw, 2, A, 0);
	show_many(sw, 1, B, ENTRIES_MAX, 0);
	assert_int_equal(stations(sw, 0), ENTRIES_MAX / 4 + 1);
	assert_int_equal(stats->fdb_port_full, ENTRIES_MAX - ENTRIES_MAX / 4);
	assert_int_equal(stats->fdb_full, 0);
	assert_int_equal(where(sw, A), 2);
	show(sw, 2, 0x020000000001, 0);
	assert_int_equal(where(sw, 0x020000000001), 2);
	/* A station that moves to the full port is known nowhere. */
	show(sw, 1, A, 0);
	assert_int_equal(where(sw, A), XSW_PORT_OUTSIDE);
	/* One that is the port's already may send. */
	show(sw, 1, B, 0);
	assert_int_equal(where(sw, B), 1);
}

static void what_is_outside_leaves_room_for_guests(void **state)
{
	struct xsw_switch *sw = *state;

	for (uint32_t i = 0; i < ENTRIES_MAX / 2; i++) {
		struct xn_mac mac = mac_of(B + i);

		assert_int_equal(xsw_outside_add(sw, 0, &mac), 0);
	}
	for (uint32_t i = 0; i < 10; i++) {
		struct xn_mac mac = mac_of(0x020000000000 + i);

		assert_int_equal(xsw_outside_add(sw, 0, &mac), -ENOSPC);
	}
	/* Nobody outside fills it for the host's own, and they are bounded. */
	for (uint32_t i = 0; i < ENTRIES_MAX / 8; i++) {
		struct xn_mac mac = mac_of(0x020000000000 + i);

		assert_int_equal(xsw_outside_add_fixed(sw, 0, &mac), 0);
	}
	for (uint32_t i = 0; i < 10; i++) {
		struct xn_mac mac = mac_of(0x020001000000 + i);

		assert_int_equal(xsw_outside_add_fixed(sw, 0, &mac), -ENOSPC);
		assert_int_equal(xsw_outside_add(sw, 0, &mac), -ENOSPC);
	}
	show(sw, 1, A, 0);
	assert_int_equal(where(sw, A), 1);
}

static void a_full_table_takes_from_who_holds_most_and_tells(void **state)
{
	struct xsw_switch *sw = *state;
	const struct xsw_stats *stats = xsw_switch_stats(sw);
	struct xsw_station event;

	for (uint16_t port = 10; port < 14; port++) {
		assert_int_equal(xsw_port_set(sw, port, &open_port), 0);
		show_many(sw, port, 0x020000000000 + port * 0x100000ull,
			  ENTRIES_MAX / 4, 0);
		while (xsw_station_events(sw, &event, 1))
			assert_int_equal(event.event, XSW_STATION_LEARNED);
	}
	assert_int_equal(stations(sw, 0), ENTRIES_MAX);
	show(sw, 1, A, 0);
	assert_int_equal(where(sw, A), 1);
	assert_int_equal(stations(sw, 0), ENTRIES_MAX);
	/* The oldest of the lowest of those that have most. */
	expect_event(sw, XSW_STATION_AGED, 10, 0x020000000000 + 0xa00000);
	expect_event(sw, XSW_STATION_LEARNED, 1, A);
	assert_int_equal(where(sw, 0x020000000000 + 0xa00000),
			 XSW_PORT_OUTSIDE);
	assert_int_equal(where(sw, 0x020000000000 + 0xa00001), 10);

	/* Who has nearly as much as anybody gets no more. */
	assert_int_equal(stats->fdb_full, 0);
	show(sw, 10, 0x020000000000, 0);
	assert_int_equal(stats->fdb_full, 1);
	assert_int_equal(where(sw, 0x020000000000), XSW_PORT_OUTSIDE);
	xsw_port_clear(sw, 11);
	show(sw, 10, 0x020000000000, 0);
	assert_int_equal(where(sw, 0x020000000000), 10);
}

static void outside_stations_find_room_in_a_full_table(void **state)
{
	struct xsw_switch *sw = *state;
	struct xn_mac outside = mac_of(A);
	struct xn_mac host = mac_of(A + 1);
	struct xsw_station event;

	for (uint16_t port = 10; port < 14; port++) {
		assert_int_equal(xsw_port_set(sw, port, &open_port), 0);
		show_many(sw, port, 0x020000000000 + port * 0x100000ull,
			  ENTRIES_MAX / 4, 0);
		while (xsw_station_events(sw, &event, 1))
			;
	}
	assert_int_equal(xsw_outside_add(sw, 0, &outside), 0);
	expect_event(sw, XSW_STATION_AGED, 10, 0x020000000000 + 0xa00000);
	assert_int_equal(xsw_outside_add_fixed(sw, 0, &host), 0);
	expect_event(sw, XSW_STATION_AGED, 11, 0x020000000000 + 0xb00000);
	assert_int_equal(stations(sw, 0), ENTRIES_MAX);
}

static void every_drop_has_a_name(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < XSW_DROP_COUNT; i++) {
		for (uint32_t j = 0; j < i; j++)
			assert_string_not_equal(
				xsw_drop_name((enum xsw_drop)i),
				xsw_drop_name((enum xsw_drop)j));
		assert_string_not_equal(xsw_drop_name((enum xsw_drop)i),
					"unknown");
	}
	assert_string_equal(xsw_drop_name(XSW_DROP_COUNT), "unknown");
	xsw_switch_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_out_of_range_are_refused),
		TEST(a_refused_setting_leaves_the_port_as_it_was),
		TEST(a_port_that_changes_forgets_its_stations),
		TEST(other_settings_keep_the_stations),
		TEST(a_port_receives_no_flood_after_it_left),
		TEST(bridges_keep_their_stations_apart),
		TEST(events_tell_what_happened_in_order),
		TEST(events_that_find_no_room_are_counted_and_dumped),
		TEST(a_silent_station_ages_and_a_busy_one_does_not),
		TEST(ageing_follows_its_setting),
		TEST(one_tick_ages_a_slice_only),
		TEST(one_port_cannot_fill_the_table),
		TEST(what_is_outside_leaves_room_for_guests),
		TEST(a_full_table_takes_from_who_holds_most_and_tells),
		TEST(outside_stations_find_room_in_a_full_table),
		cmocka_unit_test(every_drop_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
