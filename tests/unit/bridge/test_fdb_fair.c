/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Greedy guests and modest ones in one forwarding table: who can take what
 * from whom, in how many steps, and that the accounts stay right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bridge/classify.h"
#include "bridge/fdb_table.h"

#define ENTRIES_MAX 4096u
#define GREEDY 20u  /* ports 0 .. 19 */
#define MODEST 100u /* ports 100 .. 199 */
#define ADDRESSES 16u

static const uint8_t hash_key[16] = "fair to everyone";

static uint64_t random_state = 1;

static uint32_t below(uint32_t limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 0x2545f4914f6cdd1du) >> 33) % limit;
}

static uint64_t random_key(void)
{
	struct xn_mac mac = {{0x02, (uint8_t)below(256), (uint8_t)below(256),
			      (uint8_t)below(256), (uint8_t)below(256),
			      (uint8_t)below(256)}};

	return xsw_key_of(&mac);
}

static uint64_t own_key(uint16_t port, uint32_t i)
{
	struct xn_mac mac = {{0x00, 0x16, 0x3e, (uint8_t)(port >> 8),
			      (uint8_t)(port & 0xff), (uint8_t)i}};

	return xsw_key_of(&mac);
}

static struct xsw_fdb *create(uint32_t entries_max)
{
	struct xsw_fdb *fdb = xsw_fdb_create(entries_max, hash_key);

	assert_non_null(fdb);
	return fdb;
}

/* What one learning may cost, however the table is filled. */
#define SEARCHED_MAX 128u

static enum xsw_fdb_learn learn(struct xsw_fdb *fdb, uint64_t key,
				uint16_t port, struct xsw_fdb_change *ret)
{
	uint64_t before = fdb->searched;
	enum xsw_fdb_learn learned =
		xsw_fdb_learn(fdb, key, xsw_fdb_hash(fdb, key), port, 0, ret);

	assert_true(fdb->searched - before <= SEARCHED_MAX);
	return learned;
}

/* `count` frames, each from another address, in turns of all greedy ports. */
static void storm(struct xsw_fdb *fdb, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct xsw_fdb_change change;

		if (learn(fdb, random_key(), (uint16_t)(i % GREEDY), &change) !=
		    XSW_FDB_EVICTED)
			continue;
		/* They take from each other only. */
		assert_true(change.evicted.port < GREEDY);
	}
}

static void expect_own(const struct xsw_fdb *fdb, uint16_t port)
{
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		uint64_t key = own_key(port, i);

		assert_int_equal(
			xsw_fdb_look_up(fdb, key, xsw_fdb_hash(fdb, key)),
			port);
	}
}

static void modest_ports_learn_all_and_lose_none(void **state)
{
	struct xsw_fdb *fdb = create(ENTRIES_MAX);

	(void)state;
	storm(fdb, 4 * ENTRIES_MAX);
	assert_int_equal(fdb->entries, ENTRIES_MAX);
	for (uint16_t port = 100; port < 100 + MODEST; port++) {
		for (uint32_t i = 0; i < ADDRESSES; i++) {
			struct xsw_fdb_change change;

			assert_int_equal(
				learn(fdb, own_key(port, i), port, &change),
				XSW_FDB_EVICTED);
			assert_true(change.evicted.port < GREEDY);
			storm(fdb, 50);
		}
	}
	storm(fdb, 4 * ENTRIES_MAX);
	for (uint16_t port = 100; port < 100 + MODEST; port++)
		expect_own(fdb, port);
	/* What is left the greedy share evenly. */
	for (uint16_t port = 0; port < GREEDY; port++)
		assert_in_range(fdb_owner_count(fdb, port),
				(ENTRIES_MAX - MODEST * ADDRESSES) / GREEDY - 1,
				(ENTRIES_MAX - MODEST * ADDRESSES) / GREEDY +
					1);
	xsw_fdb_destroy(fdb);
}

/* The whole bridge full of guests: each can have its sixteen. */
static void every_port_of_a_big_table_gets_its_share(void **state)
{
	struct xsw_fdb *fdb = create(XSW_PORTS_MAX * ADDRESSES);

	(void)state;
	storm(fdb, 40 * XSW_PORTS_MAX * ADDRESSES / GREEDY);
	for (uint16_t port = GREEDY; port < XSW_PORTS_MAX; port++) {
		for (uint32_t i = 0; i < ADDRESSES; i++) {
			struct xsw_fdb_change change;

			(void)learn(fdb, own_key(port, i), port, &change);
		}
		storm(fdb, GREEDY);
	}
	for (uint16_t port = GREEDY; port < XSW_PORTS_MAX; port++)
		expect_own(fdb, port);
	for (uint16_t port = 0; port < GREEDY; port++)
		assert_in_range(fdb_owner_count(fdb, port), ADDRESSES - 1,
				ADDRESSES + 1);
	xsw_fdb_destroy(fdb);
}

/* Even ports end the contest: no frame of theirs costs a search any more. */
static void greedy_ports_that_have_the_same_cost_nothing(void **state)
{
	struct xsw_fdb *fdb = create(ENTRIES_MAX);
	uint64_t before;

	(void)state;
	storm(fdb, 4 * ENTRIES_MAX);
	before = fdb->searched;
	storm(fdb, ENTRIES_MAX);
	assert_int_equal(fdb->searched, before);
	xsw_fdb_destroy(fdb);
}

static void outside_takes_no_port_below_its_floor(void **state)
{
	struct xsw_fdb *fdb = create(256);
	struct xsw_fdb_entry evicted;
	uint32_t added = 0;

	(void)state;
	for (uint16_t port = 0; port < 10; port++) {
		for (uint32_t i = 0; i < 25; i++) {
			struct xsw_fdb_change change;

			(void)learn(fdb, own_key(port, i), port, &change);
		}
	}
	while (xsw_fdb_set_outside(fdb, random_key(), XSW_FDB_OUTSIDE,
				   &evicted) != XSW_FDB_FULL)
		added++;
	assert_int_equal(added, 256 - 10 * XSW_FDB_PORT_FLOOR);
	for (uint16_t port = 0; port < 10; port++)
		assert_int_equal(fdb_owner_count(fdb, port),
				 XSW_FDB_PORT_FLOOR);
	/* The host's own address always finds room. */
	assert_int_equal(xsw_fdb_set_outside(fdb, random_key(),
					     XSW_FDB_OUTSIDE_FIXED, &evicted),
			 XSW_FDB_EVICTED);
	xsw_fdb_destroy(fdb);
}

/* Walks each port's list both ways, and the heap. */
static void check_accounts(const struct xsw_fdb *fdb)
{
	uint32_t entries = fdb->outside;

	for (uint16_t port = 0; port < XSW_PORTS_MAX; port++) {
		const struct fdb_holding *holding = &fdb->of_port[port];
		uint32_t older = FDB_SLOT_NONE;
		uint32_t count = 0;

		for (uint32_t at = holding->oldest; at != FDB_SLOT_NONE;
		     at = fdb->link[at].newer) {
			assert_int_equal(fdb_port_of(fdb_get(fdb, at)), port);
			assert_int_equal(fdb->link[at].older, older);
			older = at;
			count++;
		}
		assert_int_equal(holding->newest, older);
		assert_int_equal(holding->count, count);
		assert_int_equal(fdb->ranked[holding->rank], port);
		assert_true(count <= fdb->of_port[fdb->ranked[0]].count);
		entries += count;
	}
	assert_int_equal(fdb->entries, entries);
	for (uint32_t slot = 0; slot < xsw_fdb_slots(fdb); slot++)
		entries -= fdb_get(fdb, slot) != 0;
	assert_int_equal(entries, 0);
}

static void accounts_stay_right_whatever_happens(void **state)
{
	struct xsw_fdb *fdb = create(120); /* of 128 slots: much displacing */

	(void)state;
	for (uint32_t step = 0; step < 4000; step++) {
		uint16_t port = (uint16_t)(below(12) * 50);
		uint64_t key = own_key(0, below(250));
		uint32_t slot = below(xsw_fdb_slots(fdb));
		struct xsw_fdb_change change;

		switch (below(8)) {
		case 0:
			(void)xsw_fdb_set_outside(fdb, key, XSW_FDB_OUTSIDE,
						  &change.evicted);
			break;
		case 1:
			xsw_fdb_del_outside(fdb, key);
			break;
		case 2:
			if (fdb_get(fdb, slot))
				xsw_fdb_slot_clear(fdb, slot);
			break;
		case 3:
			if (below(20) == 0)
				xsw_fdb_forget_port(fdb, port);
			break;
		default:
			(void)learn(fdb, key, port, &change);
			break;
		}
		if (step % 16 == 0)
			check_accounts(fdb);
	}
	assert_true(fdb->displace > 100);
	xsw_fdb_destroy(fdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modest_ports_learn_all_and_lose_none),
		cmocka_unit_test(every_port_of_a_big_table_gets_its_share),
		cmocka_unit_test(greedy_ports_that_have_the_same_cost_nothing),
		cmocka_unit_test(outside_takes_no_port_below_its_floor),
		cmocka_unit_test(accounts_stay_right_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
