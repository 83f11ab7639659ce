/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_FDB_H
#define XSW_FDB_H
/*
 * Forwarding table of one bridge: MAC -> port. Bounded, and so is each
 * port's part of it (a quarter), so that one guest cannot push its
 * neighbours out; what is outside gets at most a half.
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
 * Threads: one writer at a time (the worker; every function below that takes
 * a non-const table). xsw_fdb_look_up() may run on any thread at any time and
 * takes no lock: an entry is one atomic word, and a displaced one is in its
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

/* What became of a source address. */
enum xsw_fdb_learn {
	XSW_FDB_KNOWN,	   /* here already; the time is refreshed */
	XSW_FDB_LEARNED,   /* new */
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

/* `key`: of an individual, not all-zero address. `ret_old_port`: where it was
 * known before, or XSW_FDB_NONE. A known source writes nothing but, at most
 * once a second, its time. */
enum xsw_fdb_learn xsw_fdb_learn(struct xsw_fdb *fdb, uint64_t key,
				 uint64_t hash, uint16_t port, uint32_t now_s,
				 uint16_t *ret_old_port);

/* `port`: one of the two outside values. Replaces a learned entry. 0, or
 * -ENOSPC: no room; then nothing is known of the address any more. */
int xsw_fdb_set_outside(struct xsw_fdb *fdb, uint64_t key, uint16_t port);
/* Removes the entry if it is an outside one. */
void xsw_fdb_del_outside(struct xsw_fdb *fdb, uint64_t key);
/* Removes what was learned on the port. Reads the whole table at worst. */
void xsw_fdb_forget_port(struct xsw_fdb *fdb, uint16_t port);

/* Entries learned on ports. */
uint32_t xsw_fdb_learned(const struct xsw_fdb *fdb);

/* Walking the table: slots 0 .. xsw_fdb_slots() - 1. False: empty. Learning
 * during a walk may show an entry twice or not at all. */
uint32_t xsw_fdb_slots(const struct xsw_fdb *fdb);
bool xsw_fdb_slot_get(const struct xsw_fdb *fdb, uint32_t slot,
		      struct xsw_fdb_entry *ret);
void xsw_fdb_slot_clear(struct xsw_fdb *fdb, uint32_t slot); /* not empty */

#endif
