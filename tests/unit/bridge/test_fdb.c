/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forwarding table by itself: load, displacement, shares, its hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bridge/classify.h"
#include "bridge/fdb_table.h"

#define PORT_SHARES 4u
#define SLOTS 32768u
#define ENTRIES_MAX 30720u /* 15/16 of them */

static const uint8_t hash_key[16] = "for the fdb test";
static const uint8_t other_hash_key[16] = "For the fdb test";

/* Distinct individual addresses without a pattern: an odd multiplier walks
 * through all 2^46 values. */
static uint64_t nth_key(uint64_t n)
{
	uint64_t value = (n + 1) * 0x9e3779b97f4a7c15u;
	uint64_t octets = value & 0x3fffffffffffu;

	/* Keeps the first octet's two flag bits: individual, local. */
	octets = (octets & ~(uint64_t)0x3f) << 2 | (octets & 0x3f) << 2 | 2;
	return octets << XSW_KEY_SHIFT;
}

static enum xsw_fdb_learn learn(struct xsw_fdb *fdb, uint64_t key,
				uint16_t port, uint32_t now_s)
{
	struct xsw_fdb_change change;

	return xsw_fdb_learn(fdb, key, xsw_fdb_hash(fdb, key), port, now_s,
			     &change);
}

static enum xsw_fdb_learn set_outside(struct xsw_fdb *fdb, uint64_t key,
				      uint16_t kind)
{
	struct xsw_fdb_entry evicted;

	return xsw_fdb_set_outside(fdb, key, kind, &evicted);
}

static uint16_t look_up(const struct xsw_fdb *fdb, uint64_t key)
{
	return xsw_fdb_look_up(fdb, key, xsw_fdb_hash(fdb, key));
}

static uint32_t count_entries(const struct xsw_fdb *fdb)
{
	struct xsw_fdb_entry entry;
	uint32_t count = 0;

	for (uint32_t slot = 0; slot < xsw_fdb_slots(fdb); slot++)
		count += xsw_fdb_slot_get(fdb, slot, &entry);
	return count;
}

static struct xsw_fdb *create(uint32_t entries_max)
{
	struct xsw_fdb *fdb = xsw_fdb_create(entries_max, hash_key);

	assert_non_null(fdb);
	return fdb;
}

static void an_empty_table_knows_nobody(void **state)
{
	struct xsw_fdb *fdb = create(100);

	(void)state;
	assert_int_equal(look_up(fdb, nth_key(1)), XSW_FDB_NONE);
	assert_int_equal(look_up(fdb, 0), XSW_FDB_NONE);
	assert_int_equal(look_up(fdb, XSW_KEY_BROADCAST), XSW_FDB_NONE);
	xsw_fdb_destroy(fdb);
	xsw_fdb_destroy(NULL);
}

static void keys_and_addresses_convert_both_ways(void **state)
{
	struct xn_mac mac = {{0x00, 0x16, 0x3e, 0x01, 0x02, 0x03}};
	struct xn_mac all = {{255, 255, 255, 255, 255, 255}};
	struct xn_mac back = xsw_key_mac(xsw_key_of(&mac));

	(void)state;
	assert_true(xn_mac_equal(&mac, &back));
	assert_int_equal(xsw_key_of(&all), XSW_KEY_BROADCAST);
	assert_int_equal(xsw_key_of(&mac) & (XSW_KEY_GROUP | 0xffff), 0);
	mac.octet[0] |= 1;
	assert_int_equal(xsw_key_of(&mac) & XSW_KEY_GROUP, XSW_KEY_GROUP);
}

static void fill(struct xsw_fdb *fdb)
{
	for (uint32_t i = 0; i < ENTRIES_MAX; i++) {
		uint16_t port = (uint16_t)(i % PORT_SHARES);

		assert_int_equal(learn(fdb, nth_key(i), port, i),
				 XSW_FDB_LEARNED);
	}
}

static void expect_present(const struct xsw_fdb *fdb, uint32_t without_port)
{
	for (uint32_t i = 0; i < ENTRIES_MAX; i++) {
		uint16_t port = (uint16_t)(i % PORT_SHARES);

		if (port == without_port)
			port = XSW_FDB_NONE;
		assert_int_equal(look_up(fdb, nth_key(i)), port);
	}
}

static void everyone_is_found_in_a_table_that_is_full(void **state)
{
	struct xsw_fdb *fdb = create(ENTRIES_MAX);
	struct xsw_fdb_entry entry;

	(void)state;
	/* 15/16 of the slots, so nearly 94 % load. */
	assert_int_equal(xsw_fdb_slots(fdb), SLOTS);
	fill(fdb);
	assert_int_equal(count_entries(fdb), ENTRIES_MAX);
	expect_present(fdb, PORT_SHARES);
	/* It took displacements, and the times moved along. */
	assert_true(fdb->displace > 0);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (xsw_fdb_slot_get(fdb, slot, &entry))
			assert_int_equal(entry.key, nth_key(entry.seen_s));
	}

	/* Nobody of them has more than another. */
	assert_int_equal(learn(fdb, nth_key(ENTRIES_MAX), 0, 0),
			 XSW_FDB_PORT_FULL);
	assert_int_equal(look_up(fdb, nth_key(ENTRIES_MAX)), XSW_FDB_NONE);
	expect_present(fdb, PORT_SHARES);
	xsw_fdb_destroy(fdb);
}

static void forgetting_a_port_takes_its_stations_only(void **state)
{
	struct xsw_fdb *fdb = create(ENTRIES_MAX);

	(void)state;
	fill(fdb);
	xsw_fdb_forget_port(fdb, 2);
	expect_present(fdb, 2);
	assert_int_equal(count_entries(fdb), ENTRIES_MAX / 4 * 3);
	/* The room is there again, for any port. */
	for (uint32_t i = 0; i < ENTRIES_MAX / 4; i++)
		assert_int_equal(learn(fdb, nth_key(ENTRIES_MAX + i), 7, 0),
				 XSW_FDB_LEARNED);
	for (uint32_t i = 0; i < ENTRIES_MAX / 4; i++)
		assert_int_equal(look_up(fdb, nth_key(ENTRIES_MAX + i)), 7);
	expect_present(fdb, 2);
	xsw_fdb_destroy(fdb);
}

static void learning_a_known_station_writes_nothing_but_its_time(void **state)
{
	struct xsw_fdb *fdb = create(1000);
	size_t words = xsw_fdb_slots(fdb);
	uint64_t *before = calloc(words, sizeof(*before));
	struct xsw_fdb_change change;

	(void)state;
	assert_non_null(before);
	for (uint32_t i = 0; i < 200; i++)
		learn(fdb, nth_key(i), 1, 5);
	memcpy(before, fdb->bucket, words * sizeof(*before));
	for (uint32_t i = 0; i < 200; i++) {
		uint64_t key = nth_key(i);

		assert_int_equal(xsw_fdb_learn(fdb, key, xsw_fdb_hash(fdb, key),
					       1, 6, &change),
				 XSW_FDB_KNOWN);
		assert_int_equal(change.old_port, 1);
	}
	assert_memory_equal(before, fdb->bucket, words * sizeof(*before));
	for (uint32_t slot = 0; slot < words; slot++) {
		struct xsw_fdb_entry entry;

		if (xsw_fdb_slot_get(fdb, slot, &entry))
			assert_int_equal(entry.seen_s, 6);
	}
	free(before);
	xsw_fdb_destroy(fdb);
}

static void a_move_tells_where_from_and_shifts_the_share(void **state)
{
	struct xsw_fdb *fdb = create(40);
	uint64_t key = nth_key(0);
	uint64_t hash = xsw_fdb_hash(fdb, key);
	struct xsw_fdb_change change;

	(void)state;
	assert_int_equal(xsw_fdb_learn(fdb, key, hash, 1, 0, &change),
			 XSW_FDB_LEARNED);
	assert_int_equal(change.old_port, XSW_FDB_NONE);
	assert_int_equal(xsw_fdb_learn(fdb, key, hash, 2, 0, &change),
			 XSW_FDB_MOVED);
	assert_int_equal(change.old_port, 1);
	/* Ten each: port 1 has none, port 2 one. */
	for (uint32_t i = 1; i <= 10; i++)
		assert_int_equal(learn(fdb, nth_key(i), 1, 0), XSW_FDB_LEARNED);
	assert_int_equal(learn(fdb, nth_key(20), 1, 0), XSW_FDB_PORT_FULL);
	for (uint32_t i = 21; i < 30; i++)
		assert_int_equal(learn(fdb, nth_key(i), 2, 0), XSW_FDB_LEARNED);
	assert_int_equal(learn(fdb, nth_key(30), 2, 0), XSW_FDB_PORT_FULL);

	/* A move to a full port: known nowhere, and the room is given back. */
	assert_int_equal(xsw_fdb_learn(fdb, key, hash, 1, 0, &change),
			 XSW_FDB_PORT_FULL);
	assert_int_equal(change.old_port, 2);
	assert_int_equal(look_up(fdb, key), XSW_FDB_NONE);
	assert_int_equal(learn(fdb, nth_key(30), 2, 0), XSW_FDB_LEARNED);

	/* What is outside stays: nobody would say so again. */
	key = nth_key(40);
	assert_int_equal(set_outside(fdb, key, XSW_FDB_OUTSIDE),
			 XSW_FDB_LEARNED);
	assert_int_equal(learn(fdb, key, 1, 0), XSW_FDB_PORT_FULL);
	assert_int_equal(look_up(fdb, key), XSW_FDB_OUTSIDE);
	xsw_fdb_destroy(fdb);
}

static void outside_entries_change_kind_and_go_when_asked(void **state)
{
	struct xsw_fdb *fdb = create(2); /* one of them may be outside */
	uint64_t key = nth_key(0);

	(void)state;
	assert_int_equal(set_outside(fdb, key, XSW_FDB_OUTSIDE),
			 XSW_FDB_LEARNED);
	assert_int_equal(look_up(fdb, key), XSW_FDB_OUTSIDE);
	assert_int_equal(set_outside(fdb, key, XSW_FDB_OUTSIDE_FIXED),
			 XSW_FDB_MOVED);
	assert_int_equal(learn(fdb, key, 1, 0), XSW_FDB_HELD);
	assert_int_equal(look_up(fdb, key), XSW_FDB_OUTSIDE_FIXED);
	assert_int_equal(set_outside(fdb, key, XSW_FDB_OUTSIDE), XSW_FDB_MOVED);
	assert_int_equal(learn(fdb, key, 1, 0), XSW_FDB_MOVED);
	xsw_fdb_del_outside(fdb, key);
	assert_int_equal(look_up(fdb, key), 1);

	/* Replacing it when the outside has its share forgets it. */
	assert_int_equal(set_outside(fdb, nth_key(1), XSW_FDB_OUTSIDE),
			 XSW_FDB_LEARNED);
	assert_int_equal(set_outside(fdb, key, XSW_FDB_OUTSIDE),
			 XSW_FDB_PORT_FULL);
	assert_int_equal(look_up(fdb, key), XSW_FDB_NONE);
	xsw_fdb_del_outside(fdb, nth_key(1));
	xsw_fdb_del_outside(fdb, nth_key(1));
	assert_int_equal(count_entries(fdb), 0);
	xsw_fdb_destroy(fdb);
}

static void sizes_are_brought_into_range(void **state)
{
	static const struct {
		uint32_t asked, fits;
	} sizes[] = {{0, 1}, {1, 1}, {15, 15}, {16, 16}, {UINT32_MAX, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct xsw_fdb *fdb = create(sizes[i].asked);
		uint32_t fits = 0;

		assert_true(xsw_fdb_slots(fdb) <= 4 * XSW_FDB_ENTRIES_MAX);
		while (sizes[i].fits &&
		       learn(fdb, nth_key(fits), (uint16_t)fits, 0) ==
			       XSW_FDB_LEARNED)
			fits++;
		assert_int_equal(fits, sizes[i].fits);
		xsw_fdb_destroy(fdb);
	}
}

/* Both buckets of the key in a table of four buckets, as a set of bits. */
static uint32_t buckets_of(const struct xsw_fdb *fdb, uint64_t key)
{
	uint64_t hash = xsw_fdb_hash(fdb, key);
	uint32_t first = (uint32_t)hash & 3;
	uint32_t second = (uint32_t)(hash >> 32) & 3;

	return 1u << first | 1u << (second == first ? first ^ 1 : second);
}

/* A table of four buckets, and addresses that have the first two. */
static struct xsw_fdb *create_with_pair(uint64_t *ret_key, uint32_t count)
{
	struct xsw_fdb *fdb = create(30);
	uint32_t found = 0;

	assert_int_equal(xsw_fdb_slots(fdb), 4 * FDB_WAYS);
	for (uint64_t n = 0; found < count; n++) {
		if (buckets_of(fdb, nth_key(n)) == 3)
			ret_key[found++] = nth_key(n);
	}
	return fdb;
}

static void addresses_of_one_bucket_pair_end_in_full_not_in_loss(void **state)
{
	uint64_t key[17];
	struct xsw_fdb *fdb = create_with_pair(key, 17);

	(void)state;
	for (uint16_t i = 0; i < 16; i++)
		assert_int_equal(learn(fdb, key[i], i, 0), XSW_FDB_LEARNED);
	assert_int_equal(learn(fdb, key[16], 16, 0), XSW_FDB_FULL);
	for (uint16_t i = 0; i < 16; i++)
		assert_int_equal(look_up(fdb, key[i]), i);
	xsw_fdb_destroy(fdb);
}

/* Brings three that live in the first bucket to the front. */
static void sort_first(const struct xsw_fdb *fdb, uint64_t *key, uint32_t count)
{
	uint32_t sorted = 0;

	for (uint32_t i = 0; i < count && sorted < 3; i++) {
		uint64_t swapped = key[sorted];

		if (fdb_first_bucket(fdb, xsw_fdb_hash(fdb, key[i])) != 0)
			continue;
		key[sorted++] = key[i];
		key[i] = swapped;
	}
	assert_int_equal(sorted, 3);
}

/* Port 1 has three of the pair's sixteen, six ports two, one port one. */
static void who_holds_most_of_a_bucket_pair_gives_way(void **state)
{
	uint64_t key[18];
	struct xsw_fdb *fdb = create_with_pair(key, 18);
	struct xsw_fdb_change change;

	(void)state;
	sort_first(fdb, key, 16);
	for (uint16_t i = 0; i < 16; i++) {
		uint16_t port = (uint16_t)(i < 3 ? 1 : 10 + (i - 3) / 2);

		assert_int_equal(learn(fdb, key[i], port, 0), XSW_FDB_LEARNED);
	}
	/* In whichever bucket it is looked for first. */
	for (uint32_t i = 0; i < 18; i++) {
		uint64_t hash = xsw_fdb_hash(fdb, key[i]);
		uint32_t slot = fdb_room_richest(fdb, hash, 2);

		assert_int_equal(fdb_port_of(fdb_get(fdb, slot)), 1);
		assert_int_equal(fdb_room_richest(fdb, hash, 4), FDB_SLOT_NONE);
	}
	assert_int_equal(xsw_fdb_learn(fdb, key[16], xsw_fdb_hash(fdb, key[16]),
				       3, 0, &change),
			 XSW_FDB_EVICTED);
	assert_int_equal(change.evicted.port, 1);
	assert_int_equal(look_up(fdb, key[16]), 3);
	assert_int_equal(look_up(fdb, change.evicted.key), XSW_FDB_NONE);
	assert_int_equal(count_entries(fdb), 16);
	/* Nobody has two more than this one. */
	assert_int_equal(learn(fdb, key[17], 3, 0), XSW_FDB_FULL);
	assert_int_equal(learn(fdb, key[17], 4, 0), XSW_FDB_EVICTED);
	xsw_fdb_destroy(fdb);
}

static void
addresses_that_collide_under_one_key_scatter_under_another(void **state)
{
	struct xsw_fdb *fdb = create(ENTRIES_MAX);
	struct xsw_fdb *other = xsw_fdb_create(ENTRIES_MAX, other_hash_key);
	bool used[SLOTS / FDB_WAYS] = {false};
	uint32_t found = 0, distinct = 0;

	(void)state;
	assert_non_null(other);
	for (uint64_t n = 0; found < 100; n++) {
		uint64_t key = nth_key(n);
		uint32_t there =
			(uint32_t)xsw_fdb_hash(other, key) & other->bucket_mask;

		if (((uint32_t)xsw_fdb_hash(fdb, key) & fdb->bucket_mask) != 77)
			continue;
		found++;
		distinct += !used[there];
		used[there] = true;
	}
	assert_true(distinct >= 95);
	xsw_fdb_destroy(fdb);
	xsw_fdb_destroy(other);
}

/* Neighbouring addresses, as a toolstack gives out, under a weak key too. */
static void neighbouring_addresses_spread_evenly(void **state)
{
	static const uint8_t zero_key[16];
	const uint8_t *keys[2] = {hash_key, zero_key};

	(void)state;
	for (uint32_t k = 0; k < 2; k++) {
		struct xsw_fdb *fdb = xsw_fdb_create(900, keys[k]);
		uint32_t low[128] = {0}, high[128] = {0};

		assert_non_null(fdb);
		for (uint32_t i = 0; i < 12800; i++) {
			struct xn_mac mac = {{0x00, 0x16, 0x3e, 0,
					      (uint8_t)(i >> 8),
					      (uint8_t)(i & 0xff)}};
			uint64_t hash = xsw_fdb_hash(fdb, xsw_key_of(&mac));

			low[hash & 127]++;
			high[hash >> 32 & 127]++;
		}
		/* 100 are expected; six standard deviations either way. */
		for (uint32_t i = 0; i < 128; i++) {
			assert_in_range(low[i], 40, 160);
			assert_in_range(high[i], 40, 160);
		}
		xsw_fdb_destroy(fdb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_knows_nobody),
		cmocka_unit_test(keys_and_addresses_convert_both_ways),
		cmocka_unit_test(everyone_is_found_in_a_table_that_is_full),
		cmocka_unit_test(forgetting_a_port_takes_its_stations_only),
		cmocka_unit_test(
			learning_a_known_station_writes_nothing_but_its_time),
		cmocka_unit_test(a_move_tells_where_from_and_shifts_the_share),
		cmocka_unit_test(outside_entries_change_kind_and_go_when_asked),
		cmocka_unit_test(sizes_are_brought_into_range),
		cmocka_unit_test(
			addresses_of_one_bucket_pair_end_in_full_not_in_loss),
		cmocka_unit_test(who_holds_most_of_a_bucket_pair_gives_way),
		cmocka_unit_test(
			addresses_that_collide_under_one_key_scatter_under_another),
		cmocka_unit_test(neighbouring_addresses_spread_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
