/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_FDB_MAP_H
#define XN_DAEMON_FDB_MAP_H
/*
 * Records by (bridge, address), bounded; the hash is keyed, as guests choose
 * the addresses. Also a queue of the records whose kernel entry is to be
 * looked after. For fdb.c only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/mac.h"

struct xn_fdb_node {
	struct xn_fdb_node *next;	  /* in its bucket */
	struct xn_fdb_node *pending_next; /* in the queue */
	int bridge;			  /* ifindex */
	struct xn_mac mac;

	bool in_kernel;
	bool outside_told; /* the switch has it as outside */
	bool fixed_told;   /* and as the host's own */
	bool confirmed;	   /* seen in the kernel's dump that is running */
	int port;	   /* ifindex, in the kernel */
	uint16_t state;
	uint8_t flags;

	bool station; /* the switch has it on `slot` */
	bool seen;    /* in the switch's dump that is running */
	bool pending;
	uint32_t slot;
	int told_port;	      /* the twin that has our entry; 0: none */
	uint64_t deadline_ms; /* the switch is new: forget it then; 0: never */
};

#define XN_FDB_BUCKETS 16384u

struct xn_fdb_map {
	uint64_t key[2];
	uint32_t count;
	struct xn_fdb_node *bucket[XN_FDB_BUCKETS];
	struct xn_fdb_node *pending_first, **pending_last;
};

/* In zeroed memory of the caller's. 0 or -EIO (no random bytes). */
int xn_fdb_map_init(struct xn_fdb_map *map);
void xn_fdb_map_clear(struct xn_fdb_map *map);

/* NULL: not there; with `create`: the table is full, or out of memory. */
struct xn_fdb_node *xn_fdb_map_find(struct xn_fdb_map *map, int bridge,
				    const struct xn_mac *mac, bool create,
				    uint32_t count_max);
/* Frees it if nothing is known about it and it is not in the queue. */
void xn_fdb_map_trim(struct xn_fdb_map *map, struct xn_fdb_node *node);

void xn_fdb_map_push(struct xn_fdb_map *map, struct xn_fdb_node *node);
struct xn_fdb_node *xn_fdb_map_pop(struct xn_fdb_map *map);

/* Every record; fn may change the record but not add or trim any. */
void xn_fdb_map_each(struct xn_fdb_map *map,
		     void (*fn)(void *arg, struct xn_fdb_node *node),
		     void *arg);
/* Frees all records about which nothing is known. */
void xn_fdb_map_sweep(struct xn_fdb_map *map);

#endif
