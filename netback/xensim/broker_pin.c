/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References in use, and Xen's checks of an entry before it is mapped. The
 * entries are in memory that every process may write at any time: each is
 * read once, and changed by compare-and-swap a bounded number of times.
 */
#include "netback/xensim/broker.h"

#include <errno.h>
#include <xen/grant_table.h>

#include "netback/xensim/domain.h"

#define ENTRY_RETRIES 5u /* like Xen's: then the entry is "unstable" */

uint32_t xsim_pin_take_ref(struct xsim_dom *dom, uint32_t frame)
{
	for (uint32_t ref = dom->ref_hint; ref < XSIM_GRANTS; ref++) {
		struct xsim_grant *grant = &dom->grant[ref];

		/* an entry that the guest wrote by itself is not ours */
		if (grant->use != XSIM_GRANT_FREE || grant->readers ||
		    xsim_entry_flags(atomic_load(&dom->table[ref])))
			continue;
		grant->use = XSIM_GRANT_SHARED;
		grant->frame = frame;
		grant->next = 0;
		dom->ref_hint = ref + 1;
		return ref;
	}
	return 0;
}

static void give_back(struct xsim_dom *dom, uint32_t ref)
{
	struct xsim_grant *grant = &dom->grant[ref];

	atomic_store(&dom->table[ref], 0);
	grant->use = XSIM_GRANT_FREE;
	if (ref < dom->ref_hint)
		dom->ref_hint = ref;
	xsim_dom_free_frame(dom, grant->frame);
}

void xsim_pin_free_ref(struct xsim_dom *dom, uint32_t ref)
{
	if (dom->grant[ref].readers)
		dom->grant[ref].use = XSIM_GRANT_DEFERRED;
	else
		give_back(dom, ref);
}

/* Xen's checks, then GTF_reading and GTF_writing. */
static int mark_entry(struct xsim_dom *dom, uint32_t ref, uint32_t mapper_domid,
		      bool writable, uint32_t *ret_frame)
{
	_Atomic uint64_t *slot = &dom->table[ref];
	uint64_t entry = atomic_load(slot);

	for (unsigned int i = 0; i < ENTRY_RETRIES; i++) {
		uint64_t mark = GTF_reading;

		if ((xsim_entry_flags(entry) &
		     (GTF_type_mask | GTF_sub_page)) != GTF_permit_access)
			return -EINVAL;
		if ((uint16_t)(entry >> 16) != mapper_domid)
			return -EINVAL;
		if (xsim_entry_frame(entry) >= dom->frames)
			return -EINVAL;
		if (writable && xsim_entry_flags(entry) & GTF_readonly)
			return -EINVAL;
		if (writable)
			mark |= GTF_writing;
		if (atomic_compare_exchange_strong(slot, &entry,
						   entry | mark)) {
			*ret_frame = xsim_entry_frame(entry);
			return 0;
		}
	}
	return -EINVAL;
}

int xsim_pin_map(struct xsim_dom *dom, uint32_t ref, uint32_t mapper_domid,
		 bool writable, uint32_t *ret_frame)
{
	struct xsim_grant *grant;
	int rc;

	if (ref >= XSIM_GRANTS)
		return -EINVAL;
	grant = &dom->grant[ref];
	if (grant->readers == UINT16_MAX)
		return -EINVAL;
	rc = mark_entry(dom, ref, mapper_domid, writable, ret_frame);
	if (rc)
		return rc;
	grant->readers++;
	if (writable)
		grant->writers++;
	return 0;
}

void xsim_pin_unmap(struct xsim_dom *dom, uint32_t ref, bool writable)
{
	struct xsim_grant *grant = &dom->grant[ref];
	uint64_t clear = 0;

	grant->readers--;
	if (writable)
		grant->writers--;
	if (!grant->writers)
		clear |= GTF_writing;
	if (!grant->readers)
		clear |= GTF_reading;
	atomic_fetch_and(&dom->table[ref], ~clear);
	if (!grant->readers && grant->use == XSIM_GRANT_DEFERRED)
		give_back(dom, ref);
}
