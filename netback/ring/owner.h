/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_OWNER_H
#define XNB_RING_OWNER_H
/*
 * Whose rings these are: the guest, and the grants under which its rings are
 * mapped here. A guest may name these as buffers as well; such a grant would
 * be mapped and copied at a time, which hypervisors without the fix for
 * XSA-500 do not stand. So tx_parse.h and rx_fill.h refuse them. The grants are
 * the guest's and not the vif's: what is mapped for another vif of its is
 * refused as well, its static grants (grants.h) too.
 *
 * Thread: the worker that has the guest's vifs, changed between bursts and with
 * all of their leases, under which others read it; the own rings' grants not
 * once a ring was attached with it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/ipc/datalink.h"

struct xnb_grants;

struct xnb_owner {
	uint16_t domid;
	uint32_t ref_count;
	/* Bit `ref % 64` of each, and of each of the guest's other vifs; all,
	 * when one of these has static grants: tells most at once. */
	uint64_t ref_bits;
	uint32_t ref[2 * XN_QUEUES_MAX + 1]; /* the control ring's */
	struct xnb_owner *next; /* of the guest's, round; NULL: no other */
	/* The vif's own, if it has some now: for the others. */
	const struct xnb_grants *grants;
};

/* At most 2 * XN_QUEUES_MAX + 1 times, before xnb_owner_join(). */
static inline void xnb_owner_add(struct xnb_owner *owner, uint32_t ref)
{
	owner->ref[owner->ref_count++] = ref;
	owner->ref_bits |= UINT64_C(1) << (ref % 64);
}

/* `owner` and all that `other` has joined are vifs of one guest. */
void xnb_owner_join(struct xnb_owner *owner, struct xnb_owner *other);
/* Its rings and pages are not mapped any more. Of one that never joined:
 * nothing happens. */
void xnb_owner_leave(struct xnb_owner *owner);
/* NULL: it has none now. */
void xnb_owner_set_grants(struct xnb_owner *owner,
			  const struct xnb_grants *grants);

/* For xnb_owner_maps(), when a bit is there. */
bool xnb_owner_looks(const struct xnb_owner *owner, uint32_t ref);

/* Is this one of the rings' grants, or mapped for another vif? */
static inline bool xnb_owner_maps(const struct xnb_owner *owner, uint32_t ref)
{
	if (!(owner->ref_bits >> (ref % 64) & 1))
		return false;
	return xnb_owner_looks(owner, ref);
}

/* The same for a loop that has `ref_bits` of the owner at hand. */
static inline bool xnb_owner_maps_of(const struct xnb_owner *owner,
				     uint64_t ref_bits, uint32_t ref)
{
	return (ref_bits >> (ref % 64) & 1) && xnb_owner_looks(owner, ref);
}

#endif
