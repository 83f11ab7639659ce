/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_SHARED_H
#define XSIM_SHARED_H
/*
 * Memory that the broker and every process of a lab map: the page of faults,
 * who is alive, and the state of every event-channel port. One memfd per lab
 * (struct xsim_lab), one memfd per domain (grant table, then memory).
 *
 * Only the broker creates and destroys what is described here. Processes
 * change nothing but the low bits of an endpoint's state and their intents.
 * The broker keeps its own copy of everything it relies on: a process that
 * scribbles here hurts its lab, never the broker's memory.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XSIM_LAB_MAGIC 0x78736d31u

#define XSIM_PAGE_BYTES 4096u
#define XSIM_DOMID_SELF 0x7ff0u
#define XSIM_DOMIDS 0x7ff0u /* the ids below the reserved ones */

#define XSIM_DOMAINS_MAX 512u /* alive at the same time */
#define XSIM_CLIENTS_MAX 1024u
#define XSIM_INSTANCES_MAX 2048u
#define XSIM_INSTANCE_BITS 11u
#define XSIM_PORTS_MAX 4096u /* of one domain; port 0 is never used */
#define XSIM_ENDPOINTS (XSIM_DOMAINS_MAX * XSIM_PORTS_MAX)
#define XSIM_INTENTS 32u /* threads of a process that notify at once */

/* The real v1 table: 64 frames of 512 entries, the first 8 reserved. */
#define XSIM_GRANT_FRAMES 64u
#define XSIM_GRANTS 32768u
#define XSIM_TABLE_BYTES ((size_t)XSIM_GRANT_FRAMES * XSIM_PAGE_BYTES)

enum xsim_fault_kind {
	XSIM_FAULT_COPY_STATUS,	  /* a segment answers this status */
	XSIM_FAULT_COPY_FAIL,	  /* a whole copy call fails */
	XSIM_FAULT_MAP_FAIL,	  /* a map call fails */
	XSIM_FAULT_MAP_LIMIT,	  /* pages that one domain may map */
	XSIM_FAULT_EVENT_LOST,	  /* a notification vanishes */
	XSIM_FAULT_EVENT_DOUBLED, /* a notification arrives twice */
	XSIM_FAULT_DELAY_US,	  /* copy, map and notify calls take longer */
	XSIM_FAULT_CRASH,	  /* the caller of a copy dies */
	XSIM_FAULT_KINDS,
};

#define XSIM_ANY_DOMID UINT32_MAX

struct xsim_fault {
	_Atomic int32_t value;
	_Atomic uint32_t every; /* hits each N-th occasion; at least 1 */
	_Atomic uint32_t domid; /* or XSIM_ANY_DOMID */
	_Atomic uint32_t occasions;
};

struct xsim_faults {
	_Atomic uint32_t armed; /* bit per kind: the fast path's only load */
	struct xsim_fault fault[XSIM_FAULT_KINDS];
};

/* One end of a channel: a port of a domain. Its index is the domain's slot
 * times XSIM_PORTS_MAX plus the port. See chan.h for the state word. */
struct xsim_endpoint {
	_Atomic uint32_t state;
	_Atomic uint32_t owner; /* instance id; 0: nobody, port is free */
	_Atomic uint64_t peer;	/* generation << 32 | index + 1; 0: none */
};

struct xsim_lab {
	uint32_t magic;
	struct xsim_faults faults;
	/* 0: no such domain. Else a number that no earlier domain had. */
	_Atomic uint32_t generation[XSIM_DOMIDS];
	/* What a process is about to queue, in the form of `peer` above. The
	 * broker finishes the job when the process dies in between. */
	_Atomic uint64_t intent[XSIM_CLIENTS_MAX][XSIM_INTENTS];
	struct xsim_endpoint endpoint[XSIM_ENDPOINTS];
};

static inline uint64_t xsim_link_make(uint32_t generation, uint32_t index)
{
	return (uint64_t)generation << 32 | (index + 1u);
}

static inline uint32_t xsim_link_generation(uint64_t link)
{
	return (uint32_t)(link >> 32);
}

/* UINT32_MAX for "none"; bounded by the caller. */
static inline uint32_t xsim_link_index(uint64_t link)
{
	return (uint32_t)link - 1u;
}

#endif
