/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_OWNER_H
#define XNB_RING_OWNER_H
/*
 * Whose rings these are: the guest, and the grants under which its rings are
 * mapped here. A guest may name these as buffers as well; such a grant would
 * be mapped and copied at a time, which hypervisors without the fix for
 * XSA-500 do not stand. So tx_parse.h and rx_fill.h refuse them.
 *
 * Thread: any; not changed once a ring was attached with it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/ipc/datalink.h"

struct xnb_owner {
	uint16_t domid;
	uint32_t ref_count;
	uint64_t ref_bits; /* bit `ref % 64` of each: tells most at once */
	uint32_t ref[2 * XN_QUEUES_MAX + 1]; /* the control ring's */
};

/* At most 2 * XN_QUEUES_MAX + 1 times. */
static inline void xnb_owner_add(struct xnb_owner *owner, uint32_t ref)
{
	owner->ref[owner->ref_count++] = ref;
	owner->ref_bits |= UINT64_C(1) << (ref % 64);
}

/* Is this one of the rings' grants? */
static inline bool xnb_owner_maps(const struct xnb_owner *owner, uint32_t ref)
{
	if (!(owner->ref_bits >> (ref % 64) & 1))
		return false;
	for (uint32_t i = 0; i < owner->ref_count; i++) {
		if (owner->ref[i] == ref)
			return true;
	}
	return false;
}

#endif
