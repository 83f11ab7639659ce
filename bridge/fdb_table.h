/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_FDB_TABLE_H
#define XSW_FDB_TABLE_H
/*
 * Layout of the forwarding table, for the files that make it up: fdb.c
 * (look-up and changes), fdb_room.c (where a new entry finds room), fdb_owner.c
 * (who holds how much) and fdb_create.c, the only one that allocates. Private
 * to these.
 */
#include <stdatomic.h>
#include <stdint.h>

#include "bridge/fdb.h"

#define FDB_WAYS 8u
#define FDB_SLOT_NONE UINT32_MAX
#define FDB_PORT_MASK 0xffffu

/* A word is key | port; 0 is empty, for the all-zero address has no entry. */
struct fdb_bucket {
	_Alignas(64) _Atomic uint64_t word[FDB_WAYS];
};
_Static_assert(sizeof(struct fdb_bucket) == 64, "one cache line");

/* An entry's neighbours among those of its port; slots. */
struct fdb_link {
	uint32_t older, newer;
};

/* What a port holds: a list in the order of learning. */
struct fdb_holding {
	uint32_t count;
	uint32_t oldest, newest;
	uint32_t rank; /* index in ranked[] */
};

struct xsw_fdb {
	struct fdb_bucket *bucket;
	_Atomic uint32_t *seen_s;  /* by slot */
	uint32_t bucket_mask;	   /* buckets - 1; a power of two, at least 2 */
	_Atomic uint32_t displace; /* counts displacements; see find() */
	uint64_t secret[2];

	/* The writer's own. */
	uint32_t entries;
	uint32_t entries_max;
	uint32_t outside;
	uint32_t outside_max;
	uint32_t fixed_max;    /* outside, when the new one is fixed */
	uint32_t port_max;     /* entries that one port may have */
	uint64_t searched;     /* buckets that were visited to find room */
	struct fdb_link *link; /* by slot; of entries learned on ports */
	struct fdb_holding of_port[XSW_PORTS_MAX];
	uint16_t ranked[XSW_PORTS_MAX]; /* a heap: [0] holds most */
};

static inline uint64_t fdb_get(const struct xsw_fdb *fdb, uint32_t slot)
{
	return atomic_load_explicit(
		&fdb->bucket[slot / FDB_WAYS].word[slot % FDB_WAYS],
		memory_order_acquire);
}

static inline void fdb_set(struct xsw_fdb *fdb, uint32_t slot, uint64_t word)
{
	atomic_store_explicit(
		&fdb->bucket[slot / FDB_WAYS].word[slot % FDB_WAYS], word,
		memory_order_release);
}

/* The upper half of an entry, to be compared with that of a key before the
 * whole word is read: for most words of a bucket it says no, and costs less. */
static inline uint32_t fdb_high_of(const _Atomic uint64_t *word)
{
	typedef uint32_t __attribute__((may_alias)) half_word;
	const half_word *half = (const half_word *)(uintptr_t)word;

	return __atomic_load_n(&half[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__],
			       __ATOMIC_ACQUIRE);
}

static inline uint16_t fdb_port_of(uint64_t word)
{
	return (uint16_t)(word & FDB_PORT_MASK);
}

static inline uint32_t fdb_first_bucket(const struct xsw_fdb *fdb,
					uint64_t hash)
{
	return (uint32_t)hash & fdb->bucket_mask;
}

/* Never the first one. */
static inline uint32_t fdb_second_bucket(const struct xsw_fdb *fdb,
					 uint64_t hash)
{
	uint32_t first = fdb_first_bucket(fdb, hash);
	uint32_t second = (uint32_t)(hash >> 32) & fdb->bucket_mask;

	return second == first ? first ^ 1 : second;
}

/* fdb_owner.c: who is charged for a slot. `port` may be an outside value. */
void fdb_owner_init(struct xsw_fdb *fdb);
void fdb_owner_add(struct xsw_fdb *fdb, uint16_t port, uint32_t slot);
void fdb_owner_remove(struct xsw_fdb *fdb, uint16_t port, uint32_t slot);
/* The entry in `from` is about to live in `to`. */
void fdb_owner_moved(struct xsw_fdb *fdb, uint16_t port, uint32_t from,
		     uint32_t to);
uint32_t fdb_owner_count(const struct xsw_fdb *fdb, uint16_t port);
uint32_t fdb_owner_max(const struct xsw_fdb *fdb, uint16_t port);
/* The oldest entry of the port that holds most, if that holds `least` (not 0)
 * or more; else FDB_SLOT_NONE. Of equals the lowest port. */
uint32_t fdb_owner_richest(const struct xsw_fdb *fdb, uint32_t least);

/* fdb_room.c: a free slot in one of the hash's two buckets, or FDB_SLOT_NONE:
 * none within reach of displacing others. */
uint32_t fdb_room_find(struct xsw_fdb *fdb, uint64_t hash);
/* In the hash's two buckets: the slot of the port that holds most, if that
 * holds `least` or more; else FDB_SLOT_NONE. */
uint32_t fdb_room_richest(const struct xsw_fdb *fdb, uint64_t hash,
			  uint32_t least);

#endif
