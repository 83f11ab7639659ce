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
#include <stdbool.h>

#include "tests/unit/bridge/churn.h"

#define READER_ROUNDS 3000u
#define DISPLACEMENTS 20000u

struct shared {
	const struct xsw_fdb *fdb;
	atomic_bool reader_done;
	atomic_bool writer_done;
	uint32_t wrong;
};

/* Reads until it has had its share and the writer its own. */
static void *read_on(void *arg)
{
	struct shared *shared = arg;
	uint32_t rounds = 0;

	while (rounds < READER_ROUNDS || !atomic_load(&shared->writer_done)) {
		shared->wrong += churn_wrong(shared->fdb);
		if (++rounds == READER_ROUNDS)
			atomic_store(&shared->reader_done, true);
	}
	return NULL;
}

static void a_present_station_is_never_missed(void **state)
{
	struct churn churn;
	struct shared shared = {.wrong = 0};
	pthread_t reader;

	(void)state;
	churn_init(&churn);
	shared.fdb = churn.fdb;
	assert_int_equal(pthread_create(&reader, NULL, read_on, &shared), 0);
	while (!atomic_load(&shared.reader_done) ||
	       churn_displaced(&churn) < DISPLACEMENTS)
		churn_step(&churn);
	atomic_store(&shared.writer_done, true);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_int_equal(shared.wrong, 0);
	churn_fini(&churn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_present_station_is_never_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
