/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a new entry of the forwarding table finds room: in a free slot of its
 * two buckets, if need be after displacing others to their other bucket, or
 * else in the place of somebody who holds much. Called by fdb.c. Thread: the
 * writer.
 */
#include "bridge/fdb_table.h"

/* Buckets that a search for room may visit. At the fullest (15/16) two of
 * five buckets have a free slot, so it ends after a few. */
#define SEARCH_MAX 128u

/* One step on the way from a full bucket to a free slot. */
struct step {
	uint32_t bucket;
	uint32_t way;	/* in the parent's bucket: who would move here */
	int32_t parent; /* index of the step before; -1: a home bucket */
};

static uint32_t free_slot(const struct xsw_fdb *fdb, uint32_t bucket)
{
	for (uint32_t way = 0; way < FDB_WAYS; way++) {
		if (fdb_get(fdb, bucket * FDB_WAYS + way) == 0)
			return bucket * FDB_WAYS + way;
	}
	return FDB_SLOT_NONE;
}

/* Adds the other buckets of everyone who lives in steps[at].bucket. */
static uint32_t branch_out(const struct xsw_fdb *fdb, struct step *steps,
			   uint32_t count, uint32_t at)
{
	uint32_t bucket = steps[at].bucket;

	for (uint32_t way = 0; way < FDB_WAYS && count < SEARCH_MAX; way++) {
		uint64_t word = fdb_get(fdb, bucket * FDB_WAYS + way);
		uint64_t hash =
			xsw_fdb_hash(fdb, word & ~(uint64_t)FDB_PORT_MASK);
		uint32_t other = fdb_first_bucket(fdb, hash);

		if (other == bucket)
			other = fdb_second_bucket(fdb, hash);
		steps[count++] = (struct step){
			.bucket = other, .way = way, .parent = (int32_t)at};
	}
	return count;
}

static void displace(struct xsw_fdb *fdb, uint32_t from, uint32_t to)
{
	uint32_t moves =
		atomic_load_explicit(&fdb->displace, memory_order_relaxed);
	uint32_t seen_s =
		atomic_load_explicit(&fdb->seen_s[from], memory_order_relaxed);

	fdb_owner_moved(fdb, fdb_port_of(fdb_get(fdb, from)), from, to);
	atomic_store_explicit(&fdb->seen_s[to], seen_s, memory_order_relaxed);
	fdb_set(fdb, to, fdb_get(fdb, from));
	atomic_store_explicit(&fdb->displace, moves + 1, memory_order_release);
	fdb_set(fdb, from, 0);
}

/* Moves everyone along the way, the last first, and returns the slot that
 * became free in the home bucket. */
static uint32_t walk_back(struct xsw_fdb *fdb, const struct step *steps,
			  uint32_t at, uint32_t free)
{
	while (steps[at].parent >= 0) {
		uint32_t parent = (uint32_t)steps[at].parent;
		uint32_t from = steps[parent].bucket * FDB_WAYS + steps[at].way;

		displace(fdb, from, free);
		free = from;
		at = parent;
	}
	return free;
}

/* The search is breadth first: the fewest possible entries move, and the way it
 * finds, being a shortest one, crosses no bucket twice. */
uint32_t fdb_room_find(struct xsw_fdb *fdb, uint64_t hash)
{
	struct step steps[SEARCH_MAX];
	uint32_t count = 2;

	steps[0] = (struct step){.bucket = fdb_first_bucket(fdb, hash),
				 .parent = -1};
	steps[1] = (struct step){.bucket = fdb_second_bucket(fdb, hash),
				 .parent = -1};
	for (uint32_t at = 0; at < count; at++) {
		uint32_t slot = free_slot(fdb, steps[at].bucket);

		fdb->searched++;
		if (slot != FDB_SLOT_NONE)
			return walk_back(fdb, steps, at, slot);
		count = branch_out(fdb, steps, count, at);
	}
	return FDB_SLOT_NONE;
}

static uint32_t richer(const struct xsw_fdb *fdb, uint32_t bucket,
		       uint32_t least, uint32_t best)
{
	for (uint32_t way = 0; way < FDB_WAYS; way++) {
		uint32_t slot = bucket * FDB_WAYS + way;
		uint16_t port = fdb_port_of(fdb_get(fdb, slot));

		if (port >= XSW_PORTS_MAX || fdb->of_port[port].count < least)
			continue;
		least = fdb->of_port[port].count + 1;
		best = slot;
	}
	return best;
}

uint32_t fdb_room_richest(const struct xsw_fdb *fdb, uint64_t hash,
			  uint32_t least)
{
	uint32_t best =
		richer(fdb, fdb_first_bucket(fdb, hash), least, FDB_SLOT_NONE);

	if (best != FDB_SLOT_NONE)
		least = fdb_owner_count(fdb, fdb_port_of(fdb_get(fdb, best))) +
			1;
	return richer(fdb, fdb_second_bucket(fdb, hash), least, best);
}
