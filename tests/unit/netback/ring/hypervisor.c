// SPDX-License-Identifier: GPL-2.0-or-later
/* The test double of the hypervisor's grants (hypervisor.h). */
#include "hypervisor.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "netback/xen_abi.h"

struct hypervisor hv;

static void forget_mappings(void);

static void tally(uint32_t *counter)
{
	(void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

void hv_reset(void)
{
	memset(&hv, 0, sizeof(hv));
	forget_mappings();
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
	if (grant->mapped)
		tally(&hv.breaches); /* XSA-500 */
	*ret = grant->page + end->foreign.offset;
	return GNTST_okay;
}

static void note_opened(const xengnttab_grant_copy_segment_t *segment,
			struct hv_grant *last[2])
{
	const union xengnttab_copy_ptr *end[] = {&segment->source,
						 &segment->dest};
	const uint16_t flag[] = {GNTCOPY_source_gref, GNTCOPY_dest_gref};

	for (uint32_t side = 0; side < 2; side++) {
		struct hv_grant *grant;

		if (!(segment->flags & flag[side]) ||
		    end[side]->foreign.domid >= HV_DOMAINS ||
		    end[side]->foreign.ref >= HV_GRANTS)
			continue;
		grant = &hv.grant[end[side]->foreign.domid]
				 [end[side]->foreign.ref];
		if (grant != last[side] &&
		    grant->opened[side] == hv.call_number)
			hv.reopened++;
		grant->opened[side] = hv.call_number;
		last[side] = grant;
	}
}

static void copy_segment(xengnttab_grant_copy_segment_t *segment)
{
	uint8_t *from = NULL;
	uint8_t *to = NULL;
	int16_t status;

	tally(&hv.segments);
	status = resolve(&segment->source, segment->flags & GNTCOPY_source_gref,
			 false, &from);
	if (status == GNTST_okay)
		status = resolve(&segment->dest,
				 segment->flags & GNTCOPY_dest_gref, true, &to);
	if (hv.fail_segment && hv.segments == hv.fail_segment)
		status = hv.fail_status ? hv.fail_status : GNTST_general_error;
	if (status == GNTST_okay)
		memmove(to, from, segment->len);
	segment->status = status;
}

int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t segments,
			 xengnttab_grant_copy_segment_t *segs)
{
	struct hv_grant *last[2] = {NULL, NULL};

	(void)xgt;
	tally(&hv.calls);
	tally(&hv.call_number);
	if (hv.before)
		hv.before(hv.arg);
	if (segments == 0)
		tally(&hv.breaches);
	for (uint32_t i = 0; i < segments; i++) {
		if (segs[i].len == 0 || segs[i].flags != segs[0].flags)
			tally(&hv.breaches);
		if (segs[i].status == GNTST_okay)
			tally(&hv.breaches); /* must be filled with a failure */
		if (spoils_call(&segs[i])) {
			tally(&hv.breaches);
			errno = EINVAL;
			return -1;
		}
	}
	if (hv.fail_call && --hv.fail_call == 0) {
		/* Undefined statuses: the worst is a success that is none. */
		for (uint32_t i = 0; i < segments; i++)
			segs[i].status = GNTST_okay;
		errno = ENOMEM;
		return -1;
	}
	for (uint32_t i = 0; i < segments; i++) {
		if (!hv.threads)
			note_opened(&segs[i], last);
		copy_segment(&segs[i]);
	}
	return 0;
}

#define MAPPINGS_MAX 4096u

/* What was mapped by one call, and can only be unmapped so. */
struct mapping {
	uint8_t *base; /* NULL: free */
	uint32_t count;
	uint16_t domid;
	uint32_t ref[HV_GRANTS];
};

static struct mapping mappings[MAPPINGS_MAX];

static void forget_mappings(void)
{
	memset(mappings, 0, sizeof(mappings));
}

static bool can_map(uint32_t domid, const uint32_t *refs, uint32_t count,
		    int prot)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct hv_grant *grant;

		if (domid >= HV_DOMAINS || refs[i] >= HV_GRANTS)
			return false;
		grant = &hv.grant[domid][refs[i]];
		if (!grant->page || (grant->readonly && prot & PROT_WRITE))
			return false;
	}
	return true;
}

/* The same pages once more, side by side: growing a shared mapping from
 * nothing shares its pages. */
static uint8_t *lay_out(uint32_t domid, const uint32_t *refs, uint32_t count,
			int prot)
{
	uint8_t *base = mmap(NULL, (size_t)count * XNB_PAGE_SIZE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *to = base + (size_t)i * XNB_PAGE_SIZE;

		if (mremap(hv.grant[domid][refs[i]].page, 0, XNB_PAGE_SIZE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, to) != to ||
		    mprotect(to, XNB_PAGE_SIZE, prot) != 0) {
			munmap(base, (size_t)count * XNB_PAGE_SIZE);
			return NULL;
		}
	}
	return base;
}

static struct mapping *find_mapping(const uint8_t *base)
{
	for (uint32_t i = 0; i < MAPPINGS_MAX; i++) {
		if (mappings[i].base == base)
			return &mappings[i];
	}
	return NULL;
}

static void *map(uint32_t domid, uint32_t *refs, uint32_t count, int prot,
		 bool alias)
{
	struct mapping *mapping = find_mapping(NULL);

	hv.maps++;
	errno = ENOMEM;
	if (hv.fail_map > 0 && --hv.fail_map == 0)
		return NULL;
	errno = EINVAL;
	if (!mapping || count > HV_GRANTS || !can_map(domid, refs, count, prot))
		return NULL;
	mapping->base = alias ? lay_out(domid, refs, count, prot)
			      : hv.grant[domid][refs[0]].page;
	if (!mapping->base)
		return NULL;
	mapping->count = count;
	mapping->domid = (uint16_t)domid;
	memcpy(mapping->ref, refs, count * sizeof(refs[0]));
	for (uint32_t i = 0; i < count; i++)
		hv.grant[domid][refs[i]].mapped++;
	hv.mapped += count;
	return mapping->base;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
			      uint32_t ref, int prot)
{
	(void)xgt;
	return map(domid, &ref, 1, prot, false);
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count,
				      uint32_t domid, uint32_t *refs, int prot)
{
	(void)xgt;
	return map(domid, refs, count, prot, true);
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count)
{
	struct mapping *mapping =
		start_address ? find_mapping(start_address) : NULL;

	(void)xgt;
	if (!mapping || mapping->count != count) {
		tally(&hv.breaches);
		errno = EINVAL;
		return -1;
	}
	for (uint32_t i = 0; i < count; i++)
		hv.grant[mapping->domid][mapping->ref[i]].mapped--;
	if (mapping->base != hv.grant[mapping->domid][mapping->ref[0]].page)
		munmap(mapping->base, (size_t)count * XNB_PAGE_SIZE);
	mapping->base = NULL;
	hv.mapped -= count;
	return 0;
}
