/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_GRANTS_H
#define XNB_RING_GRANTS_H
/*
 * A vif's static grants (xen/io/netif.h, "Static Grants"): pages of the guest's
 * that it asked us to keep mapped, so that its frames are read and written
 * without the hypervisor. While a grant is mapped here it is never copied by
 * the hypervisor as well (XSA-500), whichever queue names it: the table is the
 * vif's, and owner.h refuses it to the guest's other vifs.
 *
 * Grants are mapped in batches. A batch can only be unmapped as a whole, so
 * deleting some of it maps the others once more. What cannot be mapped again
 * then, or after a restart, is dropped: its frames are copied as anybody's.
 *
 * Mapped pages are the guest's, and it writes to them at any time: what
 * decides is looked at in private memory.
 *
 * Thread: the worker that has the vif, between two bursts but for
 * xnb_grants_find(). Memory for the table is had with the first grant.
 */
#include <stdbool.h>
#include <stdint.h>
#include <xengnttab.h>

#include "netback/ring/kept.h"
#include "netback/ring/owner.h"
#include "netback/xen_abi.h"

#define XNB_GRANT_BATCH 64u
/* For all vifs of a process. Every mapping costs the hypervisor an entry of the
 * domain's maptrack table, which by default has room for some 250,000, and
 * rings must be mapped as well. */
#define XNB_GRANTS_WORKER_MAX 16384u

struct xnb_static_page {
	uint8_t *page; /* NULL: the slot of the table is free */
	uint32_t ref;
	uint16_t place; /* queue * XNB_GRANTS_MAX + entry of kept.h */
	uint16_t batch;
	bool readonly;
	bool doomed; /* named by the request to delete in work */
};

struct xnb_grant_batch {
	uint8_t *base;
	uint32_t count; /* 0: not in use */
	uint32_t ref[XNB_GRANT_BATCH];
};

struct xnb_grants {
	uint32_t count; /* mapped; 0 for most guests: look here first */
	uint32_t shift; /* of the table's hash */
	uint64_t seed;	/* so that no guest knows which slots collide */
	struct xnb_static_page *table;

	const struct xnb_owner *owner;
	xengnttab_handle *gnttab;
	uint32_t *left; /* that the process may still map */
	uint32_t queue_count;
	uint32_t used[XN_QUEUES_MAX];
	struct xnb_kept_grants *kept[XN_QUEUES_MAX];
	struct xnb_grant_batch *batch;
	size_t memory_bytes; /* of table and batches */
};

/* An empty set. All pointers stay the caller's; the kept grants of each queue
 * are set by the caller. `seed`: random. */
void xnb_grants_init(struct xnb_grants *grants, const struct xnb_owner *owner,
		     xengnttab_handle *gnttab, uint32_t *left,
		     uint32_t queue_count, uint64_t seed);
/* Unmaps everything; what is kept stays, for a successor. */
void xnb_grants_fini(struct xnb_grants *grants);

/* Forgets what is kept: a new connection. */
void xnb_grants_forget(struct xnb_grants *grants);
/* Maps again what a dead process had mapped; `next`: the first request of the
 * control ring that is not answered. */
void xnb_grants_resume(struct xnb_grants *grants, uint32_t next);

/* All or none. 0, or -EINVAL (a ring's grant or another vif's, one that is
 * there already or twice in the list, unknown flags), -ENOSPC (the queue's or
 * the worker's limit), or what mapping met. `list` is private memory, at most
 * XNB_GRANTS_MAX; `request`: the control ring's index. */
int xnb_grants_add(struct xnb_grants *grants, uint32_t queue,
		   const struct xen_netif_gref *list, uint32_t count,
		   uint32_t request);
/* In two steps, so that the guest can be told in between: sets each entry's
 * status and returns how many are there to be deleted; then deletes these, or
 * leaves all as it was. */
uint32_t xnb_grants_doom(struct xnb_grants *grants, uint32_t queue,
			 struct xen_netif_gref *list, uint32_t count);
void xnb_grants_sweep(struct xnb_grants *grants, uint32_t request);
void xnb_grants_spare(struct xnb_grants *grants);

static inline uint32_t xnb_grants_slot(const struct xnb_grants *grants,
				       uint32_t ref)
{
	return (uint32_t)((ref + 1 + grants->seed) *
				  (grants->seed * 2 + 0x9e3779b97f4a7c15u) >>
			  grants->shift);
}

/* The page of a grant, or NULL: it is not mapped. Only while count is not 0. */
static inline const struct xnb_static_page *
xnb_grants_find(const struct xnb_grants *grants, uint32_t ref)
{
	const uint32_t mask = UINT32_MAX >> (grants->shift - 32);

	for (uint32_t i = xnb_grants_slot(grants, ref);; i++) {
		const struct xnb_static_page *page = &grants->table[i & mask];

		if (!page->page)
			return NULL;
		if (page->ref == ref)
			return page;
	}
}

#endif
