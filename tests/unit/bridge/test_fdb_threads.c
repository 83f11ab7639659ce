/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reader without locks beside a writer that inserts, displaces, moves and
 * deletes in a table that is nearly full: a station that is present is never
 * missed, and one that never was is never found. Also run under TSan.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "bridge/classify.h"
#include "bridge/fdb_table.h"

#define ENTRIES_MAX 240u /* of 256 slots */
#define PRESENT 40u	 /* always there, on port 1 or 2 */
#define FILLERS 100u	 /* always there, on ports 3 and 4 */
#define CHURNED 200u	 /* half of them there */
#define READER_ROUNDS 5000u
#define DISPLACEMENTS 5000u

static const uint8_t hash_key[16] = "for the threads!";

struct shared {
	struct xsw_fdb *fdb;
	atomic_bool reader_done;
	atomic_bool writer_done;
	uint32_t missed;
	uint32_t invented;
};

static uint64_t key_of(uint32_t kind, uint32_t i)
{
	struct xn_mac mac = {
		{0x02, 0, 0, (uint8_t)kind, 0, (uint8_t)(i & 0xff)}};

	return xsw_key_of(&mac);
}

static uint16_t look_up(const struct xsw_fdb *fdb, uint64_t key)
{
	return xsw_fdb_look_up(fdb, key, xsw_fdb_hash(fdb, key));
}

static enum xsw_fdb_learn learn(struct xsw_fdb *fdb, uint64_t key,
				uint16_t port)
{
	uint16_t old_port;

	return xsw_fdb_learn(fdb, key, xsw_fdb_hash(fdb, key), port, 0,
			     &old_port);
}

/* Reads until it has had its share and the writer its own. */
static void *read_on(void *arg)
{
	struct shared *shared = arg;

	for (uint32_t round = 0;
	     round < READER_ROUNDS || !atomic_load(&shared->writer_done);
	     round++) {
		for (uint32_t i = 0; i < PRESENT; i++) {
			uint16_t port = look_up(shared->fdb, key_of(1, i));

			if (port != 1 && port != 2)
				shared->missed++;
			if (look_up(shared->fdb, key_of(9, i)) != XSW_FDB_NONE)
				shared->invented++;
		}
		if (round == READER_ROUNDS)
			atomic_store(&shared->reader_done, true);
	}
	atomic_store(&shared->reader_done, true);
	return NULL;
}

static void change_something(struct xsw_fdb *fdb, uint32_t random)
{
	uint32_t i = random >> 8;
	uint64_t key = key_of(3, i % CHURNED);

	if (random % 4 == 0) {
		learn(fdb, key_of(1, i % PRESENT), random & 16 ? 1 : 2);
	} else if (look_up(fdb, key) == XSW_FDB_NONE) {
		/* No room is an answer too. */
		(void)xsw_fdb_set_outside(fdb, key, XSW_FDB_OUTSIDE);
	} else {
		xsw_fdb_del_outside(fdb, key);
	}
}

static void a_present_station_is_never_missed(void **state)
{
	struct shared shared = {.fdb = xsw_fdb_create(ENTRIES_MAX, hash_key)};
	uint32_t random = 1;
	pthread_t reader;

	(void)state;
	assert_non_null(shared.fdb);
	assert_int_equal(xsw_fdb_slots(shared.fdb), 256);
	for (uint32_t i = 0; i < PRESENT; i++)
		assert_int_equal(learn(shared.fdb, key_of(1, i), 1),
				 XSW_FDB_LEARNED);
	for (uint32_t i = 0; i < FILLERS; i++)
		assert_int_equal(
			learn(shared.fdb, key_of(2, i), (uint16_t)(3 + i % 2)),
			XSW_FDB_LEARNED);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &shared), 0);
	while (!atomic_load(&shared.reader_done) ||
	       shared.fdb->displace < DISPLACEMENTS) {
		random = random * 1664525u + 1013904223u;
		change_something(shared.fdb, random >> 4);
	}
	atomic_store(&shared.writer_done, true);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_int_equal(shared.missed, 0);
	assert_int_equal(shared.invented, 0);
	xsw_fdb_destroy(shared.fdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_present_station_is_never_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
