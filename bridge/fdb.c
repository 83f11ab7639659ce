/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forwarding table (fdb.h): look-up for any thread, changes for the one
 * writer. No allocation, lock or system call. Keys are guests' input; all
 * other arguments are the switch's own.
 */
#include <string.h>

#include "bridge/classify.h"
#include "bridge/fdb_table.h"

/* A miss during displacements is looked at again at most this often; then it
 * counts as unknown, which floods the frame: slow, but never wrong. */
#define FIND_TRIES_MAX 128u

struct place {
	uint64_t word; /* 0: not found; so the all-zero address never is */
	uint32_t slot;
};

static uint64_t multiply_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_of(uint64_t key, const uint64_t secret[2])
{
	uint64_t folded = multiply_fold(key ^ secret[0], secret[1]);

	return multiply_fold(folded ^ secret[1], secret[0]);
}

uint64_t xsw_fdb_hash(const struct xsw_fdb *fdb, uint64_t key)
{
	return hash_of(key, fdb->secret);
}

void xsw_fdb_prefetch(const struct xsw_fdb *fdb, uint64_t hash)
{
	__builtin_prefetch(&fdb->bucket[fdb_first_bucket(fdb, hash)]);
	__builtin_prefetch(&fdb->bucket[fdb_second_bucket(fdb, hash)]);
}

/* The way of a bucket that has the key, or FDB_WAYS. */
static inline uint32_t probe(const struct fdb_bucket *bucket, uint64_t key,
			     uint64_t *ret_word)
{
#pragma GCC unroll 8
	for (uint32_t way = 0; way < FDB_WAYS; way++) {
		uint64_t word;

		if (fdb_high_of(&bucket->word[way]) != (uint32_t)(key >> 32))
			continue;
		word = atomic_load_explicit(&bucket->word[way],
					    memory_order_acquire);
		if ((word ^ key) > FDB_PORT_MASK)
			continue;
		*ret_word = word;
		return way;
	}
	return FDB_WAYS;
}

static bool probe_at(const struct xsw_fdb *fdb, uint32_t bucket, uint64_t key,
		     struct place *ret)
{
	uint32_t way = probe(&fdb->bucket[bucket], key, &ret->word);

	if (way == FDB_WAYS)
		return false;
	ret->slot = bucket * FDB_WAYS + way;
	return true;
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
	struct place place = {.word = 0, .slot = FDB_SLOT_NONE};
	uint32_t first = fdb_first_bucket(fdb, hash);
	uint32_t second = fdb_second_bucket(fdb, hash);
	uint32_t before, after;

	after = atomic_load_explicit(&fdb->displace, memory_order_acquire);
	for (uint32_t i = 0; i < FIND_TRIES_MAX; i++) {
		before = after;
		if (probe_at(fdb, first, key, &place) ||
		    probe_at(fdb, second, key, &place))
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

	return place.word ? fdb_port_of(place.word) : XSW_FDB_NONE;
}

void xsw_fdb_look_up_many(const struct xsw_fdb *fdb, const uint64_t *key,
			  uint32_t count, uint16_t *ret_port)
{
	const uint64_t secret[2] = {fdb->secret[0], fdb->secret[1]};
	const uint32_t mask = fdb->bucket_mask;
	const struct fdb_bucket *bucket[XSW_BATCH_MAX]; /* the first of each */

	for (uint32_t i = 0; i < count; i++) {
		bucket[i] = &fdb->bucket[hash_of(key[i], secret) & mask];
		__builtin_prefetch(bucket[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		uint64_t word;

		/* A hit there, where most live, needs no second look. The
		 * all-zero address is like an empty word, and never known. */
		if (probe(bucket[i], key[i], &word) < FDB_WAYS && word)
			ret_port[i] = fdb_port_of(word);
		else
			ret_port[i] = xsw_fdb_look_up(fdb, key[i],
						      hash_of(key[i], secret));
	}
}

static void refresh(const struct xsw_fdb *fdb, uint32_t slot, uint32_t now_s)
{
	_Atomic uint32_t *seen_s = &fdb->seen_s[slot];

	if (atomic_load_explicit(seen_s, memory_order_relaxed) != now_s)
		atomic_store_explicit(seen_s, now_s, memory_order_relaxed);
}

void xsw_fdb_slot_clear(struct xsw_fdb *fdb, uint32_t slot)
{
	fdb_owner_remove(fdb, fdb_port_of(fdb_get(fdb, slot)), slot);
	fdb_set(fdb, slot, 0);
}

/* How many entries a port must hold that one of them gives way to a new entry
 * of `port`: so many that it has still as many as the newcomer afterwards. */
static uint32_t least_to_take(const struct xsw_fdb *fdb, uint16_t port)
{
	if (port < XSW_PORTS_MAX)
		return fdb->of_port[port].count + 2;
	return port == XSW_FDB_OUTSIDE_FIXED ? 1 : XSW_FDB_PORT_FLOOR + 1;
}

static void evict(struct xsw_fdb *fdb, uint32_t slot,
		  struct xsw_fdb_entry *ret_evicted)
{
	(void)xsw_fdb_slot_get(fdb, slot, ret_evicted);
	xsw_fdb_slot_clear(fdb, slot);
}

/* A slot for a new entry; FDB_SLOT_NONE: no room. `ret_evicted->key` is 0
 * unless somebody had to go. */
static uint32_t take_slot(struct xsw_fdb *fdb, uint64_t hash, uint16_t port,
			  struct xsw_fdb_entry *ret_evicted)
{
	uint32_t least = least_to_take(fdb, port);
	uint32_t victim = FDB_SLOT_NONE;
	uint32_t slot;

	ret_evicted->key = 0;
	if (fdb->entries == fdb->entries_max) {
		victim = fdb_owner_richest(fdb, least);
		if (victim == FDB_SLOT_NONE)
			return FDB_SLOT_NONE;
		evict(fdb, victim, ret_evicted);
	}
	slot = fdb_room_find(fdb, hash);
	if (slot != FDB_SLOT_NONE || victim != FDB_SLOT_NONE)
		return slot;
	slot = fdb_room_richest(fdb, hash, least);
	if (slot != FDB_SLOT_NONE)
		evict(fdb, slot, ret_evicted);
	return slot;
}

static enum xsw_fdb_learn add(struct xsw_fdb *fdb, uint64_t hash, uint64_t word,
			      uint32_t now_s, struct xsw_fdb_entry *ret_evicted)
{
	uint16_t port = fdb_port_of(word);
	uint32_t slot = take_slot(fdb, hash, port, ret_evicted);

	if (slot == FDB_SLOT_NONE)
		return XSW_FDB_FULL;
	refresh(fdb, slot, now_s);
	fdb_set(fdb, slot, word);
	fdb_owner_add(fdb, port, slot);
	return ret_evicted->key ? XSW_FDB_EVICTED : XSW_FDB_LEARNED;
}

/* Both of what is outside are one owner's. */
static bool same_owner(uint16_t a, uint16_t b)
{
	return a == b || (a >= XSW_PORTS_MAX && b >= XSW_PORTS_MAX);
}

/* Gives a known address to another port; `place` is where find() saw it. */
static enum xsw_fdb_learn reassign(struct xsw_fdb *fdb, uint64_t word,
				   uint32_t now_s, struct place place)
{
	uint16_t to = fdb_port_of(word);
	uint16_t from = fdb_port_of(place.word);

	if (!same_owner(to, from) &&
	    fdb_owner_count(fdb, to) >= fdb_owner_max(fdb, to)) {
		if (from < XSW_PORTS_MAX)
			xsw_fdb_slot_clear(fdb, place.slot);
		return XSW_FDB_PORT_FULL;
	}
	fdb_owner_remove(fdb, from, place.slot);
	refresh(fdb, place.slot, now_s);
	fdb_set(fdb, place.slot, word);
	fdb_owner_add(fdb, to, place.slot);
	return XSW_FDB_MOVED;
}

static enum xsw_fdb_learn assign(struct xsw_fdb *fdb, uint64_t hash,
				 uint64_t word, uint32_t now_s,
				 struct place place,
				 struct xsw_fdb_entry *ret_evicted)
{
	uint16_t port = fdb_port_of(word);

	if (place.word)
		return reassign(fdb, word, now_s, place);
	if (fdb_owner_count(fdb, port) >= fdb_owner_max(fdb, port))
		return XSW_FDB_PORT_FULL;
	return add(fdb, hash, word, now_s, ret_evicted);
}

/* If the entry was moved or replaced meanwhile, another one's time is refreshed
 * in its place: that one goes later, and this one is seen again. */
bool xsw_fdb_refresh(const struct xsw_fdb *fdb, uint64_t key, uint64_t hash,
		     uint16_t port, uint32_t now_s)
{
	struct place place = find(fdb, key, hash);

	if (place.word != (key | port))
		return false;
	refresh(fdb, place.slot, now_s);
	return true;
}

enum xsw_fdb_learn xsw_fdb_learn(struct xsw_fdb *fdb, uint64_t key,
				 uint64_t hash, uint16_t port, uint32_t now_s,
				 struct xsw_fdb_change *ret)
{
	struct place place = find(fdb, key, hash);

	if (place.word == (key | port)) {
		refresh(fdb, place.slot, now_s);
		ret->old_port = port;
		return XSW_FDB_KNOWN;
	}
	ret->old_port = place.word ? fdb_port_of(place.word) : XSW_FDB_NONE;
	if (ret->old_port == XSW_FDB_OUTSIDE_FIXED)
		return XSW_FDB_HELD;
	return assign(fdb, hash, key | port, now_s, place, &ret->evicted);
}

enum xsw_fdb_learn xsw_fdb_set_outside(struct xsw_fdb *fdb, uint64_t key,
				       uint16_t port,
				       struct xsw_fdb_entry *ret_evicted)
{
	uint64_t hash = xsw_fdb_hash(fdb, key);

	return assign(fdb, hash, key | port, 0, find(fdb, key, hash),
		      ret_evicted);
}

void xsw_fdb_del_outside(struct xsw_fdb *fdb, uint64_t key)
{
	struct place place = find(fdb, key, xsw_fdb_hash(fdb, key));

	if (place.word && fdb_port_of(place.word) >= XSW_PORTS_MAX)
		xsw_fdb_slot_clear(fdb, place.slot);
}

void xsw_fdb_forget_port(struct xsw_fdb *fdb, uint16_t port)
{
	while (fdb->of_port[port].count)
		xsw_fdb_slot_clear(fdb, fdb->of_port[port].oldest);
}

uint32_t xsw_fdb_moves(const struct xsw_fdb *fdb)
{
	return atomic_load_explicit(&fdb->displace, memory_order_relaxed);
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
	uint64_t word = fdb_get(fdb, slot);

	if (!word)
		return false;
	ret->key = word & ~(uint64_t)FDB_PORT_MASK;
	ret->port = fdb_port_of(word);
	ret->seen_s =
		atomic_load_explicit(&fdb->seen_s[slot], memory_order_relaxed);
	return true;
}
