/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forwarding table (fdb.h): look-up for any thread, changes for the one
 * writer. No allocation, lock or system call. Keys are guests' input; all
 * other arguments are the switch's own.
 */
#include <errno.h>
#include <string.h>

#include "bridge/classify.h"
#include "bridge/fdb_table.h"

/* Buckets that a search for room may visit. At the fullest (15/16) two of
 * five buckets have a free slot, so it ends after a few. */
#define SEARCH_MAX 128u
/* A miss during displacements is looked at again at most this often; then it
 * counts as unknown, which floods the frame: slow, but never wrong. */
#define FIND_TRIES_MAX 128u

#define SLOT_NONE UINT32_MAX
#define PORT_MASK 0xffffu

struct place {
	uint64_t word; /* 0: not found; so the all-zero address never is */
	uint32_t slot;
};

static uint64_t multiply_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t xsw_fdb_hash(const struct xsw_fdb *fdb, uint64_t key)
{
	uint64_t folded = multiply_fold(key ^ fdb->secret[0], fdb->secret[1]);

	return multiply_fold(folded ^ fdb->secret[1], fdb->secret[0]);
}

static uint32_t first_bucket(const struct xsw_fdb *fdb, uint64_t hash)
{
	return (uint32_t)hash & fdb->bucket_mask;
}

/* Never the first one. */
static uint32_t second_bucket(const struct xsw_fdb *fdb, uint64_t hash)
{
	uint32_t first = first_bucket(fdb, hash);
	uint32_t second = (uint32_t)(hash >> 32) & fdb->bucket_mask;

	return second == first ? first ^ 1 : second;
}

void xsw_fdb_prefetch(const struct xsw_fdb *fdb, uint64_t hash)
{
	__builtin_prefetch(&fdb->bucket[first_bucket(fdb, hash)]);
	__builtin_prefetch(&fdb->bucket[second_bucket(fdb, hash)]);
}

static _Atomic uint64_t *word_at(const struct xsw_fdb *fdb, uint32_t slot)
{
	return &fdb->bucket[slot / FDB_WAYS].word[slot % FDB_WAYS];
}

static uint64_t get(const struct xsw_fdb *fdb, uint32_t slot)
{
	return atomic_load_explicit(word_at(fdb, slot), memory_order_acquire);
}

static void set(const struct xsw_fdb *fdb, uint32_t slot, uint64_t word)
{
	atomic_store_explicit(word_at(fdb, slot), word, memory_order_release);
}

static uint16_t port_of(uint64_t word)
{
	return (uint16_t)(word & PORT_MASK);
}

static bool probe(const struct xsw_fdb *fdb, uint32_t bucket, uint64_t key,
		  struct place *ret)
{
	for (uint32_t way = 0; way < FDB_WAYS; way++) {
		uint64_t word = get(fdb, bucket * FDB_WAYS + way);

		if ((word ^ key) <= PORT_MASK) {
			ret->word = word;
			ret->slot = bucket * FDB_WAYS + way;
			return true;
		}
	}
	return false;
}

/*
 * An entry that moves from the second bucket to the first can slip past a
 * reader who looks at the first before and at the second after the move. The
 * writer counts every move between storing the copy and clearing the old
 * place, so a reader that missed because of the cleared place sees the count
 * changed and looks again. Hits never pay for this but with one load.
 */
static struct place find(const struct xsw_fdb *fdb, uint64_t key, uint64_t hash)
{
	struct place place = {.word = 0, .slot = SLOT_NONE};
	uint32_t first = first_bucket(fdb, hash);
	uint32_t second = second_bucket(fdb, hash);
	uint32_t before, after;

	after = atomic_load_explicit(&fdb->displace, memory_order_acquire);
	for (uint32_t i = 0; i < FIND_TRIES_MAX; i++) {
		before = after;
		if (probe(fdb, first, key, &place) ||
		    probe(fdb, second, key, &place))
			break;
		after = atomic_load_explicit(&fdb->displace,
					     memory_order_acquire);
		if (after == before)
			break;
	}
	return place;
}

uint16_t xsw_fdb_look_up(const struct xsw_fdb *fdb, uint64_t key, uint64_t hash)
{
	struct place place = find(fdb, key, hash);

	return place.word ? port_of(place.word) : XSW_FDB_NONE;
}

/* One step on the way from a full bucket to a free slot. */
struct step {
	uint32_t bucket;
	uint32_t way;	/* in the parent's bucket: who would move here */
	int32_t parent; /* index of the step before; -1: a home bucket */
};

static uint32_t free_slot(const struct xsw_fdb *fdb, uint32_t bucket)
{
	for (uint32_t way = 0; way < FDB_WAYS; way++) {
		if (get(fdb, bucket * FDB_WAYS + way) == 0)
			return bucket * FDB_WAYS + way;
	}
	return SLOT_NONE;
}

/* Adds the other buckets of everyone who lives in steps[at].bucket. */
static uint32_t branch_out(const struct xsw_fdb *fdb, struct step *steps,
			   uint32_t count, uint32_t at)
{
	uint32_t bucket = steps[at].bucket;

	for (uint32_t way = 0; way < FDB_WAYS && count < SEARCH_MAX; way++) {
		uint64_t word = get(fdb, bucket * FDB_WAYS + way);
		uint64_t hash = xsw_fdb_hash(fdb, word & ~(uint64_t)PORT_MASK);
		uint32_t other = first_bucket(fdb, hash);

		if (other == bucket)
			other = second_bucket(fdb, hash);
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

	atomic_store_explicit(&fdb->seen_s[to], seen_s, memory_order_relaxed);
	set(fdb, to, get(fdb, from));
	atomic_store_explicit(&fdb->displace, moves + 1, memory_order_release);
	set(fdb, from, 0);
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

/* A free slot in one of the two buckets; SLOT_NONE: none within reach. The
 * search is breadth first: the fewest possible entries move, and the way it
 * finds, being a shortest one, crosses no bucket twice. */
static uint32_t make_room(struct xsw_fdb *fdb, uint64_t hash)
{
	struct step steps[SEARCH_MAX];
	uint32_t count = 2;

	steps[0] =
		(struct step){.bucket = first_bucket(fdb, hash), .parent = -1};
	steps[1] =
		(struct step){.bucket = second_bucket(fdb, hash), .parent = -1};
	for (uint32_t at = 0; at < count; at++) {
		uint32_t slot = free_slot(fdb, steps[at].bucket);

		if (slot != SLOT_NONE)
			return walk_back(fdb, steps, at, slot);
		count = branch_out(fdb, steps, count, at);
	}
	return SLOT_NONE;
}

/* Who an entry's room is charged to. */
static uint32_t *owner(struct xsw_fdb *fdb, uint16_t port)
{
	return port < XSW_PORTS_MAX ? &fdb->of_port[port] : &fdb->outside;
}

static uint32_t owner_max(const struct xsw_fdb *fdb, uint16_t port)
{
	return port < XSW_PORTS_MAX ? fdb->port_max : fdb->outside_max;
}

static void refresh(struct xsw_fdb *fdb, uint32_t slot, uint32_t now_s)
{
	_Atomic uint32_t *seen_s = &fdb->seen_s[slot];

	if (atomic_load_explicit(seen_s, memory_order_relaxed) != now_s)
		atomic_store_explicit(seen_s, now_s, memory_order_relaxed);
}

void xsw_fdb_slot_clear(struct xsw_fdb *fdb, uint32_t slot)
{
	(*owner(fdb, port_of(get(fdb, slot))))--;
	fdb->entries--;
	set(fdb, slot, 0);
}

static enum xsw_fdb_learn add(struct xsw_fdb *fdb, uint64_t hash, uint64_t word,
			      uint32_t now_s)
{
	uint32_t slot;

	if (fdb->entries == fdb->entries_max)
		return XSW_FDB_FULL;
	slot = make_room(fdb, hash);
	if (slot == SLOT_NONE)
		return XSW_FDB_FULL;
	refresh(fdb, slot, now_s);
	set(fdb, slot, word);
	(*owner(fdb, port_of(word)))++;
	fdb->entries++;
	return XSW_FDB_LEARNED;
}

/* Gives a known address to another port; `place` is where find() saw it. */
static enum xsw_fdb_learn reassign(struct xsw_fdb *fdb, uint64_t word,
				   uint32_t now_s, struct place place)
{
	uint16_t port = port_of(word);
	uint32_t *to = owner(fdb, port);
	uint32_t *from = owner(fdb, port_of(place.word));

	if (to != from && *to == owner_max(fdb, port)) {
		if (from != &fdb->outside)
			xsw_fdb_slot_clear(fdb, place.slot);
		return XSW_FDB_PORT_FULL;
	}
	(*from)--;
	(*to)++;
	refresh(fdb, place.slot, now_s);
	set(fdb, place.slot, word);
	return XSW_FDB_MOVED;
}

static enum xsw_fdb_learn assign(struct xsw_fdb *fdb, uint64_t hash,
				 uint64_t word, uint32_t now_s,
				 struct place place)
{
	uint16_t port = port_of(word);

	if (place.word)
		return reassign(fdb, word, now_s, place);
	if (*owner(fdb, port) == owner_max(fdb, port))
		return XSW_FDB_PORT_FULL;
	return add(fdb, hash, word, now_s);
}

enum xsw_fdb_learn xsw_fdb_learn(struct xsw_fdb *fdb, uint64_t key,
				 uint64_t hash, uint16_t port, uint32_t now_s,
				 uint16_t *ret_old_port)
{
	struct place place = find(fdb, key, hash);

	if (place.word == (key | port)) {
		refresh(fdb, place.slot, now_s);
		*ret_old_port = port;
		return XSW_FDB_KNOWN;
	}
	*ret_old_port = place.word ? port_of(place.word) : XSW_FDB_NONE;
	if (*ret_old_port == XSW_FDB_OUTSIDE_FIXED)
		return XSW_FDB_HELD;
	return assign(fdb, hash, key | port, now_s, place);
}

int xsw_fdb_set_outside(struct xsw_fdb *fdb, uint64_t key, uint16_t port)
{
	uint64_t hash = xsw_fdb_hash(fdb, key);
	struct place place = find(fdb, key, hash);

	switch (assign(fdb, hash, key | port, 0, place)) {
	case XSW_FDB_KNOWN:
	case XSW_FDB_LEARNED:
	case XSW_FDB_MOVED:
	case XSW_FDB_HELD:
		return 0;
	case XSW_FDB_FULL:
	case XSW_FDB_PORT_FULL:
		break;
	}
	return -ENOSPC;
}

void xsw_fdb_del_outside(struct xsw_fdb *fdb, uint64_t key)
{
	struct place place = find(fdb, key, xsw_fdb_hash(fdb, key));

	if (place.word && port_of(place.word) >= XSW_PORTS_MAX)
		xsw_fdb_slot_clear(fdb, place.slot);
}

void xsw_fdb_forget_port(struct xsw_fdb *fdb, uint16_t port)
{
	uint32_t slots = xsw_fdb_slots(fdb);

	for (uint32_t slot = 0; slot < slots && fdb->of_port[port]; slot++) {
		uint64_t word = get(fdb, slot);

		if (word && port_of(word) == port)
			xsw_fdb_slot_clear(fdb, slot);
	}
}

uint32_t xsw_fdb_learned(const struct xsw_fdb *fdb)
{
	return fdb->entries - fdb->outside;
}

uint32_t xsw_fdb_slots(const struct xsw_fdb *fdb)
{
	return (fdb->bucket_mask + 1) * FDB_WAYS;
}

bool xsw_fdb_slot_get(const struct xsw_fdb *fdb, uint32_t slot,
		      struct xsw_fdb_entry *ret)
{
	uint64_t word = get(fdb, slot);

	if (!word)
		return false;
	ret->key = word & ~(uint64_t)PORT_MASK;
	ret->port = port_of(word);
	ret->seen_s =
		atomic_load_explicit(&fdb->seen_s[slot], memory_order_relaxed);
	return true;
}
