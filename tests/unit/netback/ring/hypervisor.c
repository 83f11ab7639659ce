// SPDX-License-Identifier: GPL-2.0-or-later
/* The test double of the hypervisor's grant copy (hypervisor.h). */
#include "hypervisor.h"

#include <errno.h>
#include <string.h>

#include "netback/xen_abi.h"

struct hypervisor hv;

void hv_reset(void)
{
	memset(&hv, 0, sizeof(hv));
}

void hv_grant(uint16_t domid, uint32_t ref, void *page, bool readonly)
{
	hv.grant[domid][ref].page = page;
	hv.grant[domid][ref].readonly = readonly;
}

void hv_revoke(uint16_t domid, uint32_t ref)
{
	hv.grant[domid][ref].page = NULL;
}

static bool leaves_page(const union xengnttab_copy_ptr *end, uint16_t len)
{
	return (uint32_t)end->foreign.offset + len > XNB_PAGE_SIZE;
}

/* What makes the whole ioctl fail. */
static bool spoils_call(const xengnttab_grant_copy_segment_t *segment)
{
	if (!(segment->flags & (GNTCOPY_source_gref | GNTCOPY_dest_gref)))
		return true;
	if (segment->flags & GNTCOPY_source_gref &&
	    leaves_page(&segment->source, segment->len))
		return true;
	return segment->flags & GNTCOPY_dest_gref &&
	       leaves_page(&segment->dest, segment->len);
}

/* Sets *ret to the memory of one end; 0 or a GNTST_ status. */
static int16_t resolve(const union xengnttab_copy_ptr *end, bool foreign,
		       bool write, uint8_t **ret)
{
	const struct hv_grant *grant;

	if (!foreign) {
		*ret = end->virt;
		return GNTST_okay;
	}
	if (end->foreign.domid >= HV_DOMAINS)
		return GNTST_bad_domain;
	if (end->foreign.ref >= HV_GRANTS)
		return GNTST_bad_gntref;
	grant = &hv.grant[end->foreign.domid][end->foreign.ref];
	if (!grant->page)
		return GNTST_general_error;
	if (write && grant->readonly)
		return GNTST_general_error;
	*ret = grant->page + end->foreign.offset;
	return GNTST_okay;
}

static void copy_segment(xengnttab_grant_copy_segment_t *segment)
{
	uint8_t *from = NULL;
	uint8_t *to = NULL;
	int16_t status;

	hv.segments++;
	status = resolve(&segment->source, segment->flags & GNTCOPY_source_gref,
			 false, &from);
	if (status == GNTST_okay)
		status = resolve(&segment->dest,
				 segment->flags & GNTCOPY_dest_gref, true, &to);
	if (hv.fail_segment && hv.segments == hv.fail_segment)
		status = GNTST_general_error;
	if (status == GNTST_okay)
		memmove(to, from, segment->len);
	segment->status = status;
}

int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
			 xengnttab_grant_copy_segment_t *segs)
{
	(void)xgt;
	hv.calls++;
	if (hv.before)
		hv.before(hv.arg);
	if (count == 0)
		hv.breaches++;
	for (uint32_t i = 0; i < count; i++) {
		if (segs[i].len == 0 || segs[i].flags != segs[0].flags)
			hv.breaches++;
		if (segs[i].status == GNTST_okay)
			hv.breaches++; /* must be filled with a failure */
		if (spoils_call(&segs[i])) {
			hv.breaches++;
			errno = EINVAL;
			return -1;
		}
	}
	if (hv.fail_call && --hv.fail_call == 0) {
		/* Undefined statuses: the worst is a success that is none. */
		for (uint32_t i = 0; i < count; i++)
			segs[i].status = GNTST_okay;
		errno = ENOMEM;
		return -1;
	}
	for (uint32_t i = 0; i < count; i++)
		copy_segment(&segs[i]);
	return 0;
}
