/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xengnttab_grant_copy: what Linux's gntdev and Xen's GNTTABOP_copy check, in
 * their order and with their codes.
 *
 * gntdev takes segments one by one into groups of 16. A segment without a
 * grant on either side, or with a grant side that leaves its page, ends the
 * whole call with EINVAL: earlier groups were copied, the current group was
 * not although its statuses say okay. A zero-length segment is okay without
 * its references being looked at. Everything else is the segment's own
 * status:
 *   -2 no such domain, -3 reference beyond the table, -9 frame that the
 *   granting domain does not have, -1 all the rest: not granted, granted to
 *   somebody else, transitive, or read-only and written to.
 *
 * Thread: any. No system call and no read-modify-write per segment: an entry
 * is one 8-byte load and one masked compare. One shared lock per call keeps
 * views of domains from going away.
 */
#include <errno.h>
#include <string.h>
#include <xengnttab.h>

#include "netback/xensim/domain.h"
#include "netback/xensim/fault.h"
#include "netback/xensim/proc.h"

#define GROUP 16u
#define STATUS_RETRY 1 /* no status of Xen's: a view must be refreshed */

typedef xengnttab_grant_copy_segment_t segment;
typedef union xengnttab_copy_ptr pointer;

static bool leaves_page(const pointer *side, uint16_t len)
{
	return side->foreign.offset > XSIM_PAGE_BYTES ||
	       len > XSIM_PAGE_BYTES - side->foreign.offset;
}

/* gntdev's look at up to a group of segments. */
static int check_group(segment *segs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		segment *seg = &segs[i];
		unsigned int source = seg->flags & GNTCOPY_source_gref;
		unsigned int dest = seg->flags & GNTCOPY_dest_gref;

		if (!source && !dest)
			return -EINVAL;
		if (source && leaves_page(&seg->source, seg->len))
			return -EINVAL;
		if (dest && leaves_page(&seg->dest, seg->len))
			return -EINVAL;
		seg->status = GNTST_okay;
	}
	return 0;
}

/* One side's address, or a status. */
static int16_t resolve(const struct xsim_proc *proc, const pointer *side,
		       bool writes, uint32_t *ret_stale, uint8_t **ret_bytes)
{
	const uint64_t mask = xsim_entry_make(
		writes ? GTF_type_mask | GTF_readonly : GTF_type_mask,
		UINT16_MAX, 0);
	const uint64_t wanted =
		xsim_entry_make(GTF_permit_access, (uint16_t)proc->domid, 0);
	uint32_t domid = side->foreign.domid;
	const struct xsim_view *view;
	uint64_t entry;

	if (domid == XSIM_DOMID_SELF)
		domid = proc->domid;
	if (domid >= XSIM_DOMIDS)
		return GNTST_bad_domain;
	view = xsim_domain_view(proc->lab, domid);
	if (!view) {
		*ret_stale = domid;
		return STATUS_RETRY;
	}
	if (side->foreign.ref >= XSIM_GRANTS)
		return GNTST_bad_gntref;
	entry = atomic_load_explicit(&view->table[side->foreign.ref],
				     memory_order_acquire);
	if ((entry & mask) != wanted)
		return GNTST_general_error;
	if (xsim_entry_frame(entry) >= view->frames)
		return GNTST_bad_page;
	*ret_bytes = view->memory +
		     (size_t)xsim_entry_frame(entry) * XSIM_PAGE_BYTES +
		     side->foreign.offset;
	return GNTST_okay;
}

static int16_t copy_one(const struct xsim_proc *proc, const segment *seg,
			uint32_t *ret_stale)
{
	uint8_t *from = seg->source.virt;
	uint8_t *to = seg->dest.virt;
	int16_t status;

	if (seg->flags & GNTCOPY_source_gref) {
		status = resolve(proc, &seg->source, false, ret_stale, &from);
		if (status != GNTST_okay)
			return status;
	}
	if (seg->flags & GNTCOPY_dest_gref) {
		status = resolve(proc, &seg->dest, true, ret_stale, &to);
		if (status != GNTST_okay)
			return status;
	}
	memmove(to, from, seg->len);
	return GNTST_okay;
}

static bool fault_hits_segment(struct xsim_lab *lab, const segment *seg,
			       int16_t *ret_status)
{
	int32_t value = 0;
	bool hit = false;

	if (seg->flags & GNTCOPY_source_gref)
		hit = xsim_fault_hits(lab, XSIM_FAULT_COPY_STATUS,
				      seg->source.foreign.domid, &value);
	if (!hit && seg->flags & GNTCOPY_dest_gref)
		hit = xsim_fault_hits(lab, XSIM_FAULT_COPY_STATUS,
				      seg->dest.foreign.domid, &value);
	if (hit)
		*ret_status = (int16_t)value;
	return hit;
}

/* Called with the shared lock, which is dropped while a view is fetched. */
static int16_t copy_segment(const struct xsim_proc *proc, const segment *seg)
{
	uint32_t stale = 0;
	int16_t status = copy_one(proc, seg, &stale);

	while (status == STATUS_RETRY) {
		int rc;

		xsim_domain_unlock_shared();
		rc = xsim_domain_refresh(stale);
		xsim_domain_lock_shared();
		if (rc)
			return GNTST_bad_domain;
		status = copy_one(proc, seg, &stale);
	}
	return status;
}

static int copy_groups(const struct xsim_proc *proc, segment *segs,
		       uint32_t count, bool faults)
{
	for (uint32_t done = 0; done < count; done += GROUP) {
		uint32_t group = count - done < GROUP ? count - done : GROUP;
		int rc = check_group(segs + done, group);

		if (rc)
			return rc;
		for (uint32_t i = done; i < done + group; i++) {
			segment *seg = &segs[i];

			if (!seg->len)
				continue;
			if (faults &&
			    fault_hits_segment(proc->lab, seg, &seg->status))
				continue;
			seg->status = copy_segment(proc, seg);
		}
	}
	return 0;
}

/* As of a bug that a frame meets: the trap needs no call that a sandbox may
 * refuse, and nothing is copied or locked yet. */
static void crash_if_hit(struct xsim_lab *lab, const segment *segs,
			 uint32_t count)
{
	int32_t value;

	for (uint32_t i = 0; i < count; i++) {
		if (segs[i].flags & GNTCOPY_source_gref &&
		    xsim_fault_hits(lab, XSIM_FAULT_CRASH,
				    segs[i].source.foreign.domid, &value))
			__builtin_trap();
	}
}

XSIM_EXPORT int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
				     xengnttab_grant_copy_segment_t *segs)
{
	const struct xsim_proc *proc = xsim_proc();
	int32_t injected;
	bool faults;
	int rc;

	(void)xgt;
	if (!proc)
		return -1;
	faults = xsim_fault_any(proc->lab);
	if (faults) {
		xsim_fault_delay(proc->lab);
		crash_if_hit(proc->lab, segs, count);
		if (xsim_fault_hits(proc->lab, XSIM_FAULT_COPY_FAIL,
				    XSIM_ANY_DOMID, &injected)) {
			errno = -injected;
			return -1;
		}
	}
	xsim_domain_lock_shared();
	rc = copy_groups(proc, segs, count, faults);
	xsim_domain_unlock_shared();
	if (!rc)
		return 0;
	errno = -rc;
	return -1;
}
