/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_FDB_H
#define XSW_FDB_H
/*
 * Forwarding table of one bridge: MAC -> port. Bounded, and so is each
 * port's part of it (a quarter); what is outside gets at most a half, and the
 * host's own addresses an eighth more: nobody out there fills it for them.
 *
 * A full table takes in a new station in the place of the oldest one of the
 * port that holds most, if that holds at least two more than the newcomer's.
 * So the ports that want much share evenly what the others leave, whoever came
 * first, and no set of guests can do either of these to another: keep it from
 * having its fair share (the table less what is outside, divided by the ports
 * that have stations), or push out one of its addresses while it holds no more
 * than that. For what is outside a port gives way down to XSW_FDB_PORT_FLOOR
 * entries, for the host's own addresses down to none.
 *
 * Layout: buckets of one cache line with eight words, each a whole entry
 * (48-bit MAC, 16-bit port); an address may live in either of two buckets,
 * and residents are displaced to their other bucket to make room (cuckoo).
 * A look-up touches at most two cache lines.
 *
 * Hash: guests choose their MACs, so whoever could compute the buckets could
 * fill a victim's two and have everything for it flooded. The hash is two
 * 64x64->128 bit multiplications folded with secret constants: a few cycles,
 * and without the key nothing about the buckets can be computed beforehand
 * (with CRC or plain FNV a set of colliding addresses collides under every
 * seed). It is no cryptographic hash; nobody outside ever sees its output.
 *
 * Threads: one writer at a time (every function below that takes a non-const
 * table). Looking up and refreshing may run on any thread at any time and take
 * no lock: an entry is one atomic word, and a displaced one is in its
 * new place before it leaves the old, so a station that is present is found.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bridge/batch.h"

struct xsw_fdb;

/* Values of an entry's port besides 0 .. XSW_PORTS_MAX - 1. */
#define XSW_FDB_OUTSIDE 0xffffu /* not on a fast port; never aged here */
/* The same, and it stays so when its address is seen on a port: addresses
 * of the host itself, which no guest may take over. */
#define XSW_FDB_OUTSIDE_FIXED 0xfffeu
#define XSW_FDB_NONE 0xfffdu /* no such entry */

#define XSW_FDB_ENTRIES_MAX (1u << 20)
#define XSW_FDB_PORT_FLOOR 16u

/* What became of a source address. */
enum xsw_fdb_learn {
	XSW_FDB_KNOWN,	   /* here already; the time is refreshed */
	XSW_FDB_LEARNED,   /* new */
	XSW_FDB_EVICTED,   /* new, in the place of another */
	XSW_FDB_MOVED,	   /* was on another port, or outside */
	XSW_FDB_HELD,	   /* fixed outside: not learned */
	XSW_FDB_FULL,	   /* no room: not learned */
	XSW_FDB_PORT_FULL, /* the port has its share: not learned, and if the
			    * address was known on another port, forgotten
			    * (what is outside is control's, and stays) */
};

struct xsw_fdb_entry {
	uint64_t key;
	uint16_t port;
	uint32_t seen_s; /* CLOCK_MONOTONIC when last seen; whole seconds */
};

struct xsw_fdb_change {
	uint16_t old_port; /* where it was known before, or XSW_FDB_NONE */
	/* Who is not known any more, if `key` is not 0. Filled in when the
	 * answer is EVICTED or FULL. */
	struct xsw_fdb_entry evicted;
};

/* `entries_max`: 1 .. XSW_FDB_ENTRIES_MAX (others are brought into it).
 * Caller owns the result. NULL: out of memory. */
struct xsw_fdb *xsw_fdb_create(uint32_t entries_max,
			       const uint8_t hash_key[16]);
void xsw_fdb_destroy(struct xsw_fdb *fdb); /* accepts NULL */

/* Keys are those of classify.h. The hash of a key is valid for the table's
 * life; taking it apart from the look-up lets a burst prefetch. */
uint64_t xsw_fdb_hash(const struct xsw_fdb *fdb, uint64_t key);
void xsw_fdb_prefetch(const struct xsw_fdb *fdb, uint64_t hash);

/* A port, XSW_FDB_OUTSIDE, XSW_FDB_OUTSIDE_FIXED or XSW_FDB_NONE. */
uint16_t xsw_fdb_look_up(const struct xsw_fdb *fdb, uint64_t key,
			 uint64_t hash);

/* The same for up to XSW_BATCH_MAX keys: the cache lines of all are asked for
 * before the first is read. */
void xsw_fdb_look_up_many(const struct xsw_fdb *fdb, const uint64_t *key,
			  uint32_t count, uint16_t *ret_port);

/* The station is known on the port: its time is refreshed, at most once a
 * second. Any thread, like xsw_fdb_look_up(). */
bool xsw_fdb_refresh(const struct xsw_fdb *fdb, uint64_t key, uint64_t hash,
		     uint16_t port, uint32_t now_s);

/* `key`: of an individual, not all-zero address. A known source writes nothing
 * but, at most once a second, its time. A new one takes a bounded number of
 * steps, whatever the table holds. */
enum xsw_fdb_learn xsw_fdb_learn(struct xsw_fdb *fdb, uint64_t key,
				 uint64_t hash, uint16_t port, uint32_t now_s,
				 struct xsw_fdb_change *ret);

/* `port`: one of the two outside values. Replaces a learned entry. Answers
 * like xsw_fdb_learn(); FULL and PORT_FULL: no room; then nothing is known of
 * the address any more. `ret_evicted` as there. */
enum xsw_fdb_learn xsw_fdb_set_outside(struct xsw_fdb *fdb, uint64_t key,
				       uint16_t port,
				       struct xsw_fdb_entry *ret_evicted);
/* Removes the entry if it is an outside one. */
void xsw_fdb_del_outside(struct xsw_fdb *fdb, uint64_t key);
/* Removes what was learned on the port. */
void xsw_fdb_forget_port(struct xsw_fdb *fdb, uint16_t port);

/* How often an entry was moved within the table: a walk during which this
 * grew may have missed one. */
uint32_t xsw_fdb_moves(const struct xsw_fdb *fdb);

/* Entries learned on ports. */
uint32_t xsw_fdb_learned(const struct xsw_fdb *fdb);

/* Walking the table: slots 0 .. xsw_fdb_slots() - 1. False: empty. Learning
 * during a walk may show an entry twice or not at all. */
uint32_t xsw_fdb_slots(const struct xsw_fdb *fdb);
bool xsw_fdb_slot_get(const struct xsw_fdb *fdb, uint32_t slot,
		      struct xsw_fdb_entry *ret);
void xsw_fdb_slot_clear(struct xsw_fdb *fdb, uint32_t slot); /* not empty */

#endif
