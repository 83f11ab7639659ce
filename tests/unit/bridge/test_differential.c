/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch against the slow reference: random bursts, moves, ageing, outside
 * entries and port changes; every decision and the tables must be equal, and
 * the station events, replayed, must give the same table. Prints its seed;
 * XP_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/age.h"
#include "tests/unit/bridge/burst.h"
#include "tests/unit/bridge/reference.h"

#define FRAMES 100000u
#define PORTS 12u
#define BRIDGES 3u
#define ADDRESSES 60u
#define ENTRIES_MAX 24u /* small: shares and the whole table run full */

/* What control would know from the events alone. */
struct mirror {
	bool known[BRIDGES][ADDRESSES];
	uint16_t port[BRIDGES][ADDRESSES];
};

struct pair {
	uint64_t random;
	uint64_t now_ms;
	struct xsw_switch *sw;
	struct ref_switch ref;
	struct mirror mirror;
	struct burst burst;
	uint32_t frames;
	uint32_t drops[XSW_DROP_COUNT];
};

/* xorshift64*: the same numbers everywhere. */
static uint32_t below(struct pair *pair, uint32_t limit)
{
	pair->random ^= pair->random >> 12;
	pair->random ^= pair->random << 25;
	pair->random ^= pair->random >> 27;
	return (uint32_t)((pair->random * 0x2545f4914f6cdd1du) >> 33) % limit;
}

static bool one_in(struct pair *pair, uint32_t times)
{
	return below(pair, times) == 0;
}

static uint64_t address(uint32_t i)
{
	return 0x00163e000000u + (uint64_t)i * 0x10101u;
}

static uint64_t any_address(struct pair *pair)
{
	static const uint64_t special[] = {BROADCAST,
					   0x01005e000001,
					   0x333300000002,
					   0x0180c2000000,
					   0x0180c200000e,
					   0x0180c2000010,
					   0};

	if (one_in(pair, 8))
		return special[below(pair, 7)];
	return address(below(pair, ADDRESSES));
}

/* Mostly a few addresses of the port's own, so that stations have a home. */
static uint64_t any_source(struct pair *pair, uint16_t port)
{
	if (one_in(pair, 12))
		return any_address(pair);
	return address((port * 5u + below(pair, 9)) % ADDRESSES);
}

static void mirror_forget(struct mirror *mirror, uint16_t port)
{
	for (uint32_t b = 0; b < BRIDGES; b++) {
		for (uint32_t i = 0; i < ADDRESSES; i++) {
			if (mirror->port[b][i] == port)
				mirror->known[b][i] = false;
		}
	}
}

static uint32_t index_of(const struct xn_mac *mac)
{
	uint64_t number = mac_number(mac);

	for (uint32_t i = 0; i < ADDRESSES; i++) {
		if (address(i) == number)
			return i;
	}
	fail_msg("unexpected station %" PRIx64, number);
	return 0;
}

static void mirror_events(struct pair *pair)
{
	struct xsw_station event;

	while (xsw_station_events(pair->sw, &event, 1)) {
		uint32_t i = index_of(&event.mac);
		bool *known = &pair->mirror.known[event.bridge][i];
		uint16_t *port = &pair->mirror.port[event.bridge][i];

		switch (event.event) {
		case XSW_STATION_LEARNED:
			assert_false(*known);
			*known = true;
			*port = event.port;
			break;
		case XSW_STATION_MOVED:
			*known = true;
			*port = event.port;
			break;
		case XSW_STATION_AGED:
			assert_true(*known);
			assert_int_equal(*port, event.port);
			*known = false;
			break;
		}
	}
}

static void send_burst(struct pair *pair)
{
	struct burst *burst = &pair->burst;
	uint16_t in_port = (uint16_t)below(pair, PORTS);
	uint32_t count = below(pair, XSW_BATCH_MAX + 1);
	struct ref_decision decision[XSW_BATCH_MAX];

	burst_init(burst, in_port);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t dst = any_address(pair);

		burst_add(burst, dst, any_source(pair, in_port));
		if (one_in(pair, 40))
			burst_cut(burst, i, (uint16_t)below(pair, 20));
	}
	xsw_forward(pair->sw, &burst->batch, pair->now_ms);
	burst_check(burst);
	ref_forward(&pair->ref, &burst->batch, pair->now_ms, decision);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(burst_drop(burst, i), decision[i].drop);
		assert_int_equal(burst_reaches_twin(burst, i),
				 decision[i].to_twin);
		for (uint16_t port = 0; port < REF_PORTS; port++)
			assert_int_equal(burst_reaches(burst, i, port),
					 decision[i].to_port[port]);
		pair->drops[decision[i].drop]++;
	}
	pair->frames += count;
}

static void change_port(struct pair *pair)
{
	uint16_t port = (uint16_t)below(pair, PORTS);
	struct xsw_port_config config = {
		.bridge = (uint16_t)below(pair, BRIDGES),
		.fast = !one_in(pair, 6),
		.forwarding = !one_in(pair, 6),
		.learning = !one_in(pair, 8),
		.flood = !one_in(pair, 5),
		.mcast_flood = !one_in(pair, 5),
		.bcast_flood = !one_in(pair, 5),
	};

	if (one_in(pair, 10)) {
		xsw_port_clear(pair->sw, port);
		ref_port_clear(&pair->ref, port);
		mirror_forget(&pair->mirror, port);
		return;
	}
	if (one_in(pair, 10))
		config.bridge = XSW_NO_BRIDGE;
	if (!config.fast || !config.forwarding ||
	    config.bridge != pair->ref.port[port].bridge)
		mirror_forget(&pair->mirror, port);
	assert_int_equal(xsw_port_set(pair->sw, port, &config), 0);
	ref_port_set(&pair->ref, port, &config);
}

static void change_policy(struct pair *pair)
{
	static const uint32_t storm[] = {0, 0, 1, 100, 1000, UINT32_MAX};
	uint16_t port = (uint16_t)below(pair, PORTS);
	struct xsw_policy policy = {
		.isolated = one_in(pair, 3),
		.bpdu_drop = one_in(pair, 3),
		.mcast_control = one_in(pair, 3),
		.storm_frames = storm[below(pair, 6)],
	};

	assert_int_equal(xsw_port_set_policy(pair->sw, port, &policy), 0);
	ref_policy_set(&pair->ref, port, &policy);
}

static void change_group(struct pair *pair)
{
	static const uint64_t group[] = {BROADCAST, 0x01005e000001,
					 0x333300000002, 0x0180c2000010};
	uint16_t port = (uint16_t)below(pair, PORTS);
	struct xn_mac mac = mac_of(group[below(pair, 4)]);

	if (one_in(pair, 2)) {
		xsw_group_del(pair->sw, port, &mac);
		ref_group_del(&pair->ref, port, &mac);
		return;
	}
	assert_int_equal(xsw_group_add(pair->sw, port, &mac), 0);
	ref_group_add(&pair->ref, port, &mac);
}

static void change_outside(struct pair *pair)
{
	uint16_t bridge = (uint16_t)below(pair, BRIDGES);
	struct xn_mac mac = mac_of(any_address(pair));
	int result;

	if (one_in(pair, 2)) {
		xsw_outside_del(pair->sw, bridge, &mac);
		ref_outside_del(&pair->ref, bridge, &mac);
		return;
	}
	if (one_in(pair, 3)) {
		result = xsw_outside_add_fixed(pair->sw, bridge, &mac);
		assert_int_equal(result, ref_outside_add(&pair->ref, bridge,
							 &mac, REF_FIXED));
	} else {
		result = xsw_outside_add(pair->sw, bridge, &mac);
		assert_int_equal(result, ref_outside_add(&pair->ref, bridge,
							 &mac, REF_OUTSIDE));
	}
	if (!xn_mac_is_group(&mac) && mac_number(&mac) != 0)
		pair->mirror.known[bridge][index_of(&mac)] = false;
}

static void let_time_pass(struct pair *pair)
{
	pair->now_ms += below(pair, one_in(pair, 10) ? 400000 : 1000);
	if (one_in(pair, 4)) {
		uint16_t bridge = (uint16_t)below(pair, BRIDGES);
		uint64_t ageing_ms = (uint64_t)below(pair, 4) * 20000;

		assert_int_equal(
			xsw_bridge_set_ageing(pair->sw, bridge, ageing_ms), 0);
		pair->ref.ageing_ms[bridge] = ageing_ms;
	}
	for (uint32_t i = 0; i < XSW_AGE_PASS_TICKS; i++)
		xsw_tick(pair->sw, pair->now_ms);
	ref_age(&pair->ref, pair->now_ms);
}

static void compare_station(struct pair *pair,
			    const struct xsw_station *station, uint32_t age_ms)
{
	struct ref_station *known =
		ref_find(&pair->ref, station->bridge, &station->mac);
	uint32_t i = index_of(&station->mac);
	bool mirrored = pair->mirror.known[station->bridge][i];

	assert_non_null(known);
	assert_int_equal(station->event, XSW_STATION_LEARNED);
	if (known->kind != REF_LEARNED) {
		assert_int_equal(station->port, XSW_PORT_OUTSIDE);
		assert_int_equal(age_ms, 0);
		assert_false(mirrored);
		return;
	}
	assert_int_equal(station->port, known->port);
	assert_int_equal(age_ms, (pair->now_ms / 1000 - known->seen_s) * 1000);
	assert_true(mirrored);
	assert_int_equal(pair->mirror.port[station->bridge][i], known->port);
}

static void compare_tables(struct pair *pair)
{
	struct xsw_station station[ADDRESSES];
	uint32_t age_ms[ADDRESSES];
	uint32_t expected = 0, found = 0;

	mirror_events(pair);
	for (uint16_t b = 0; b < BRIDGES; b++) {
		uint32_t count = xsw_station_dump(pair->sw, b, station, age_ms,
						  ADDRESSES, pair->now_ms);

		assert_true(count <= ENTRIES_MAX);
		for (uint32_t i = 0; i < count; i++)
			compare_station(pair, &station[i], age_ms[i]);
		found += count;
	}
	for (uint32_t i = 0; i < REF_STATIONS; i++)
		expected += pair->ref.station[i].used;
	assert_int_equal(found, expected);
}

static uint64_t choose_seed(void)
{
	const char *wanted = getenv("XP_SEED");
	struct timespec now;

	if (wanted)
		return strtoull(wanted, NULL, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
}

static void check_coverage(const struct pair *pair)
{
	const struct xsw_stats *stats = xsw_switch_stats(pair->sw);

	static const enum xsw_drop covered[] = {
		XSW_DROP_NONE,	    XSW_DROP_RUNT,	  XSW_DROP_SRC_GROUP,
		XSW_DROP_SAME_PORT, XSW_DROP_PORT_CLOSED, XSW_DROP_BPDU,
		XSW_DROP_STORM,	    XSW_DROP_ISOLATED};

	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
		enum xsw_drop drop = covered[i];

		assert_true(pair->drops[drop] > FRAMES / 1000);
		if (drop != XSW_DROP_NONE)
			assert_int_equal(stats->drop[drop], pair->drops[drop]);
	}
	assert_true(stats->fdb_full > 0);
	assert_true(stats->fdb_port_full > 0);
	assert_true(pair->ref.evicted > 0);
	assert_int_equal(stats->events_lost, 0);
}

static void decides_as_the_reference_does(void **state)
{
	static struct pair pair;
	uint64_t seed = choose_seed();
	uint8_t hash_key[16];

	(void)state;
	printf("XP_SEED=%" PRIu64 "\n", seed);
	memcpy(hash_key, &seed, 8);
	memcpy(hash_key + 8, &seed, 8);
	pair.random = seed | 1;
	pair.now_ms = 1000000;
	pair.sw = xsw_switch_create(ENTRIES_MAX, hash_key);
	assert_non_null(pair.sw);
	ref_init(&pair.ref, ENTRIES_MAX);
	for (uint32_t i = 0; i < 2 * PORTS; i++) {
		change_port(&pair);
		change_policy(&pair);
	}

	while (pair.frames < FRAMES) {
		send_burst(&pair);
		mirror_events(&pair); /* settings change after events only */
		if (one_in(&pair, 10))
			change_port(&pair);
		if (one_in(&pair, 10))
			change_policy(&pair);
		if (one_in(&pair, 4))
			change_group(&pair);
		if (one_in(&pair, 3))
			change_outside(&pair);
		if (one_in(&pair, 8))
			let_time_pass(&pair);
		compare_tables(&pair);
	}
	check_coverage(&pair);
	xsw_switch_destroy(pair.sw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_as_the_reference_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
