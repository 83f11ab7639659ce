/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocates and frees forwarding tables: control's time, never the burst's.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/fdb_table.h"

#define OUTSIDE_SHARE 2u /* entries_max / this */
#define FIXED_SHARE 8u	 /* more, for those that are fixed */
#define PORT_SHARE 4u

/* Any odd, dense constants: they keep a weak key (all zero) from making the
 * multiplications do nothing. These are the binary digits of e and pi. */
#define DIGITS_OF_E 0xadf85458a2bb4a9bu
#define DIGITS_OF_PI 0xc90fdaa22168c235u

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

/* The table is never filled beyond 15/16 of its slots: there the search for
 * room is still short. */
static uint32_t buckets_for(uint32_t entries_max)
{
	uint32_t buckets = 2;

	while (buckets * FDB_WAYS / 16 * 15 < entries_max)
		buckets *= 2;
	return buckets;
}

struct xsw_fdb *xsw_fdb_create(uint32_t entries_max, const uint8_t hash_key[16])
{
	struct xsw_fdb *fdb = calloc(1, sizeof(*fdb));
	uint32_t buckets;

	if (!fdb)
		return NULL;
	entries_max = clamp(entries_max, 1, XSW_FDB_ENTRIES_MAX);
	buckets = buckets_for(entries_max);
	fdb->bucket_mask = buckets - 1;
	fdb->entries_max = entries_max;
	fdb->outside_max = clamp(entries_max / OUTSIDE_SHARE, 1, entries_max);
	fdb->fixed_max = fdb->outside_max + entries_max / FIXED_SHARE;
	fdb->port_max = clamp(entries_max / PORT_SHARE, 1, entries_max);
	memcpy(fdb->secret, hash_key, sizeof(fdb->secret));
	fdb->secret[0] ^= DIGITS_OF_E;
	fdb->secret[1] ^= DIGITS_OF_PI;

	fdb->bucket = aligned_alloc(sizeof(struct fdb_bucket),
				    buckets * sizeof(struct fdb_bucket));
	fdb->seen_s = calloc((size_t)buckets * FDB_WAYS, sizeof(*fdb->seen_s));
	fdb->link = calloc((size_t)buckets * FDB_WAYS, sizeof(*fdb->link));
	if (!fdb->bucket || !fdb->seen_s || !fdb->link) {
		xsw_fdb_destroy(fdb);
		return NULL;
	}
	memset(fdb->bucket, 0, buckets * sizeof(struct fdb_bucket));
	fdb_owner_init(fdb);
	return fdb;
}

void xsw_fdb_destroy(struct xsw_fdb *fdb)
{
	if (!fdb)
		return;
	free(fdb->bucket);
	free(fdb->seen_s);
	free(fdb->link);
	free(fdb);
}
