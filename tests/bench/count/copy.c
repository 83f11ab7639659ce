/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See copy.h. */
#include "copy.h"

#include <string.h>
#include <time.h>
#include <xengnttab.h>

#include "tests/unit/netback/ring/hypervisor.h"

struct copy_count copy_count;
int copy_timed;

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint8_t *address(const union xengnttab_copy_ptr *end, int foreign)
{
	if (!foreign)
		return end->virt;
	return hv.grant[end->foreign.domid][end->foreign.ref].page +
	       end->foreign.offset;
}

int __wrap_xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
				xengnttab_grant_copy_segment_t *segs);

int __wrap_xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
				xengnttab_grant_copy_segment_t *segs)
{
	uint64_t begin = copy_timed ? bench_now_ns() : 0;

	(void)xgt;
	for (uint32_t i = 0; i < count; i++) {
		xengnttab_grant_copy_segment_t *seg = &segs[i];

		memcpy(address(&seg->dest, seg->flags & GNTCOPY_dest_gref),
		       address(&seg->source, seg->flags & GNTCOPY_source_gref),
		       seg->len);
		seg->status = GNTST_okay;
		copy_count.bytes += seg->len;
	}
	copy_count.calls++;
	copy_count.segments += count;
	if (copy_timed)
		copy_count.ns += bench_now_ns() - begin;
	return 0;
}
