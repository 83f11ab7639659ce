/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_FDB_TABLE_H
#define XSW_FDB_TABLE_H
/*
 * Layout of the forwarding table, for fdb.c (which never allocates) and
 * fdb_create.c (which does). Private to these two.
 */
#include <stdatomic.h>
#include <stdint.h>

#include "bridge/fdb.h"

#define FDB_WAYS 8u

/* A word is key | port; 0 is empty, for the all-zero address has no entry. */
struct fdb_bucket {
	_Alignas(64) _Atomic uint64_t word[FDB_WAYS];
};
_Static_assert(sizeof(struct fdb_bucket) == 64, "one cache line");

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
	uint32_t port_max; /* entries that one port may have */
	uint32_t of_port[XSW_PORTS_MAX];
};

#endif
