/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table in motion; see churn.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bridge/classify.h"
#include "tests/unit/bridge/churn.h"

/* Nearly every insert displaces somebody. */
#define ENTRIES_MAX 30u /* of 32 slots */
#define STAY 6u		/* on port 1 or 2 */
#define FILLERS 10u	/* stay too, on ports 3 and 4 */
#define CHURNED 28u	/* half of them there */

static const uint8_t hash_key[16] = "for the threads!";

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
	struct xsw_fdb_change change;

	return xsw_fdb_learn(fdb, key, xsw_fdb_hash(fdb, key), port, 0,
			     &change);
}

void churn_init(struct churn *churn)
{
	churn->random = 1;
	churn->fdb = xsw_fdb_create(ENTRIES_MAX, hash_key);
	assert_non_null(churn->fdb);
	assert_int_equal(xsw_fdb_slots(churn->fdb), 32);
	for (uint32_t i = 0; i < STAY; i++)
		assert_int_equal(learn(churn->fdb, key_of(1, i), 1),
				 XSW_FDB_LEARNED);
	for (uint32_t i = 0; i < FILLERS; i++)
		assert_int_equal(
			learn(churn->fdb, key_of(2, i), (uint16_t)(3 + i % 2)),
			XSW_FDB_LEARNED);
}

void churn_fini(struct churn *churn)
{
	xsw_fdb_destroy(churn->fdb);
}

void churn_step(struct churn *churn)
{
	struct xsw_fdb_entry evicted;
	uint32_t random, i;
	uint64_t key;

	churn->random = churn->random * 1664525u + 1013904223u;
	random = churn->random >> 4;
	i = random >> 8;
	key = key_of(3, i % CHURNED);
	if (random % 4 == 0)
		learn(churn->fdb, key_of(1, i % STAY), random & 16 ? 1 : 2);
	else if (look_up(churn->fdb, key) != XSW_FDB_NONE)
		xsw_fdb_del_outside(churn->fdb, key);
	else /* no room is an answer too */
		(void)xsw_fdb_set_outside(churn->fdb, key, XSW_FDB_OUTSIDE,
					  &evicted);
}

uint32_t churn_displaced(const struct churn *churn)
{
	return atomic_load_explicit(&churn->fdb->displace,
				    memory_order_relaxed);
}

uint32_t churn_wrong(const struct xsw_fdb *fdb)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < STAY; i++) {
		uint16_t port = look_up(fdb, key_of(1, i));

		wrong += port != 1 && port != 2;
		wrong += look_up(fdb, key_of(9, i)) != XSW_FDB_NONE;
	}
	return wrong;
}
