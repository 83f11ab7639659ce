/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_SWITCH_STATE_H
#define XSW_SWITCH_STATE_H
/*
 * What the switch consists of: for switch.c (settings), forward.c (frames),
 * age.c (time) and events.c (what control is told). Private to this room.
 *
 * Thread: the worker's; of several, see share.h. Settings change between
 * batches, so a batch sees one state.
 */
#include <pthread.h>

#include "bridge/acl.h"
#include "bridge/fdb.h"
#include "bridge/flood.h"
#include "bridge/groups.h"
#include "bridge/guard.h"
#include "bridge/storm.h"
#include "bridge/switch.h"

/* What a burst from this port may do; derived from its configuration. */
enum xsw_port_mode {
	XSW_PORT_ABSENT, /* never set, or cleared: everything is dropped */
	XSW_PORT_CLOSED, /* not forwarding: reserved addresses to the twin */
	XSW_PORT_SLOW,	 /* not fast, or without a bridge: all to the twin */
	XSW_PORT_OPEN,	 /* forwards here; the only mode that receives */
};

struct xsw_port {
	enum xsw_port_mode mode;
	uint16_t bridge; /* XSW_NO_BRIDGE */
	bool learning;
	uint8_t flood_kinds;

	/* The policy. */
	bool checked; /* guarded, bpdu_drop or acl: frames are to be looked at
		       */
	bool guarded;
	bool bpdu_drop;
	bool isolated;
	bool mcast_control;
	uint16_t acl_number;
	const struct xsw_acl *acl; /* the switch's; NULL: everything passes */
	struct xsw_storm storm;
	struct xsw_guard guard; /* when guarded */
	struct xsw_groups groups;
};

/* The walks that forget silent stations (age.c). */
struct xsw_age {
	/* When the next slice is; 0: nobody to forget. Read without the lock.
	 */
	uint64_t due_ms;
	uint32_t slot;	   /* where it begins; 0: a new walk */
	uint32_t oldest_s; /* the earliest time that this walk has left */
	uint32_t moves;	   /* xsw_fdb_moves() as it began */
};

struct xsw_bridge {
	struct xsw_fdb *fdb;
	uint64_t ageing_ms; /* 0: never */
	struct xsw_age age;
	struct xsw_flood_set flood;
};

#define XSW_EVENTS_MAX 4096u

/* Bounded; a newcomer that finds it full is lost and counted. */
struct xsw_events {
	uint32_t first;
	uint32_t
		count; /* read without the lock, to see whether there are any */
	struct xsw_station station[XSW_EVENTS_MAX];
};

struct xsw_switch {
	struct xsw_port port[XSW_PORTS_MAX];
	struct xsw_bridge *bridge[XSW_BRIDGES_MAX]; /* NULL: not used yet */
	struct xsw_acl *acl[XSW_ACLS_MAX + 1]; /* by number; NULL: not set */
	struct xsw_stats stats;
	struct xsw_events events;
	/* The earliest of all bridges; 0: none. Read without the lock. */
	uint64_t age_due_ms;
	uint32_t fdb_entries_max;
	uint8_t hash_key[16];
	bool shared; /* by several workers: then this is for changes */
	pthread_mutex_t change;
};

/* events.c. `key` as in classify.h. */
void xsw_event_add(struct xsw_switch *sw, enum xsw_station_event event,
		   uint16_t bridge, uint16_t port, uint64_t key);

/* The entry had to go; nothing if its key is 0. */
void xsw_event_aged(struct xsw_switch *sw, uint16_t bridge,
		    const struct xsw_fdb_entry *entry);

static inline uint64_t xsw_count_bits(uint64_t frames)
{
	return (uint64_t)__builtin_popcountll(frames);
}

#endif
