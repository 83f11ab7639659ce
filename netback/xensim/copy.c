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
 * How: a group is looked at as a whole and its addresses are found, then its
 * bytes are copied. So the first lines of all its pages are on their way to
 * the cache before the first is needed. Most segments take the short way: both
 * sides pass with one masked compare each and name the domain that the segment
 * before them named. At a segment that is not so plain, what was found so far
 * is copied, and that segment is looked at by itself: its order among the
 * others and its status are the same either way.
 *
 * An entry is checked some hundred ns before its last byte is copied. A guest
 * that ends a grant in between may see the copy happen, in memory of its own;
 * Xen would have told it to wait.
 *
 * Thread: any. No system call and no read-modify-write per segment: an entry
 * is one 8-byte load. One shared lock per call keeps views of domains from
 * going away.
 */
#include <errno.h>
#include <string.h>
#include <xengnttab.h>

#include "netback/xensim/domain.h"
#include "netback/xensim/fault.h"
#include "netback/xensim/proc.h"

#define GROUP 16u
#define STATUS_RETRY 1 /* no status of Xen's: a view must be refreshed */
/* Copied by a few instructions here; the C library's copy is as good at other
 * lengths. */
#define INLINE_BYTES_MIN 32
#define INLINE_BYTES_MAX 64

typedef uint64_t chunk __attribute__((vector_size(16)));
typedef xengnttab_grant_copy_segment_t segment;
typedef union xengnttab_copy_ptr pointer;

/* A foreign pointer as one word, little-endian like Xen's: reference, offset
 * and domain. */
#define WORD_OFFSET 32
#define WORD_DOMID 48
/* What is the same in all good pointers to one domain. */
#define WORD_KEY \
	((uint64_t)UINT16_MAX << WORD_DOMID | (UINT32_MAX - (XSIM_GRANTS - 1)))

_Static_assert(sizeof(pointer) == sizeof(uint64_t), "a pointer is a word");
_Static_assert((XSIM_GRANTS & (XSIM_GRANTS - 1)) == 0, "a power of two");

/* __builtin_prefetch() asks an x86 processor for a line to be read: if another
 * core has written it last, the store then has to ask once more. */
#if defined(__x86_64__)
#define prefetch_to_write(at) __asm__ volatile("prefetchw %0" : : "m"(*(at)))
#else
#define prefetch_to_write(at) __builtin_prefetch(at, 1)
#endif

/* The domain that one side of the last segment named. An offset is used
 * together with the domid above it, which `limit` and `origin` make up for. */
struct side {
	uint64_t key;	 /* of its pointers; NO_KEY: none */
	uint64_t mask;	 /* of an entry that is good for this side */
	uint64_t wanted; /* what is left of it then, but for the frame */
	uint64_t frames;
	const _Atomic uint64_t *table;
	uint64_t limit;	  /* a page's last offset and one */
	uintptr_t origin; /* of its memory */
};

#define NO_KEY UINT64_MAX /* no pointer masked is that */

struct spot {
	uint8_t *to;
	const uint8_t *from;
};

struct copier {
	const struct xsim_proc *proc;
	bool faults;
	struct side source;
	struct side dest;
	struct spot spots[GROUP];
};

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

/* ---- the long way: any segment ---- */

static void init_side(struct side *side, const struct xsim_proc *proc,
		      uint16_t type_mask)
{
	side->key = NO_KEY;
	side->mask = xsim_entry_make(type_mask, UINT16_MAX, UINT32_MAX);
	side->wanted =
		xsim_entry_make(GTF_permit_access, (uint16_t)proc->domid, 0);
}

/* The granting domain's view, or a status. */
static int16_t find_view(const struct xsim_proc *proc, uint32_t domid,
			 uint32_t *ret_stale, const struct xsim_view **ret_view)
{
	if (domid == XSIM_DOMID_SELF)
		domid = proc->domid;
	if (domid >= XSIM_DOMIDS)
		return GNTST_bad_domain;
	*ret_view = xsim_domain_view(proc->lab, domid);
	if (*ret_view)
		return GNTST_okay;
	*ret_stale = domid;
	return STATUS_RETRY;
}

/* One side's address, or a status. */
static int16_t resolve(const struct xsim_proc *proc, const struct side *side,
		       const pointer *at, uint32_t *ret_stale,
		       uint8_t **ret_bytes)
{
	const struct xsim_view *view;
	uint64_t entry;
	int16_t status = find_view(proc, at->foreign.domid, ret_stale, &view);

	if (status != GNTST_okay)
		return status;
	if (at->foreign.ref >= XSIM_GRANTS)
		return GNTST_bad_gntref;
	entry = atomic_load_explicit(&view->table[at->foreign.ref],
				     memory_order_acquire);
	if ((uint32_t)(entry & side->mask) != (uint32_t)side->wanted)
		return GNTST_general_error;
	if (xsim_entry_frame(entry) >= view->frames)
		return GNTST_bad_page;
	*ret_bytes = view->memory +
		     (size_t)xsim_entry_frame(entry) * XSIM_PAGE_BYTES +
		     at->foreign.offset;
	return GNTST_okay;
}

static int16_t copy_one(const struct copier *copier, const segment *seg,
			uint32_t *ret_stale)
{
	uint8_t *from = seg->source.virt;
	uint8_t *to = seg->dest.virt;
	int16_t status;

	if (seg->flags & GNTCOPY_source_gref) {
		status = resolve(copier->proc, &copier->source, &seg->source,
				 ret_stale, &from);
		if (status != GNTST_okay)
			return status;
	}
	if (seg->flags & GNTCOPY_dest_gref) {
		status = resolve(copier->proc, &copier->dest, &seg->dest,
				 ret_stale, &to);
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

/* Called with the shared lock, which is dropped while a view is fetched:
 * after that no address is good any more. */
static int16_t copy_segment(struct copier *copier, const segment *seg)
{
	uint32_t stale = 0;
	int16_t status = copy_one(copier, seg, &stale);

	while (status == STATUS_RETRY) {
		int rc;

		xsim_domain_unlock_shared();
		rc = xsim_domain_refresh(stale);
		xsim_domain_lock_shared();
		copier->source.key = NO_KEY;
		copier->dest.key = NO_KEY;
		if (rc)
			return GNTST_bad_domain;
		status = copy_one(copier, seg, &stale);
	}
	return status;
}

static void copy_by_itself(struct copier *copier, segment *seg)
{
	if (!seg->len)
		return;
	if (copier->faults &&
	    fault_hits_segment(copier->proc->lab, seg, &seg->status))
		return;
	seg->status = copy_segment(copier, seg);
}

/* ---- the short way ---- */

/* Makes `side` that of the domain in the pointer. False: no short way. */
static bool turn_to(struct side *side, const struct copier *copier,
		    uint64_t word)
{
	const struct xsim_view *view;
	uint64_t above = word >> WORD_DOMID << (WORD_DOMID - WORD_OFFSET);
	uint32_t stale;

	side->key = NO_KEY;
	if (find_view(copier->proc, (uint32_t)(word >> WORD_DOMID), &stale,
		      &view) != GNTST_okay)
		return false;
	side->key = word >> WORD_DOMID << WORD_DOMID;
	side->frames = view->frames;
	side->table = view->table;
	side->limit = above + XSIM_PAGE_BYTES;
	side->origin = (uintptr_t)view->memory - above;
	return (word & WORD_KEY) == side->key;
}

/* The address of `len` bytes in that page. False: not so plain. */
static inline bool find(struct side *side, const struct copier *copier,
			const pointer *at, uint32_t len, uint8_t **ret_bytes)
{
	uint64_t word;
	uint64_t entry;
	uint64_t frame;

	memcpy(&word, at, sizeof(word));
	if (__builtin_expect((word & WORD_KEY) != side->key, 0) &&
	    !turn_to(side, copier, word))
		return false;
	entry = atomic_load_explicit(&side->table[(uint32_t)word],
				     memory_order_acquire);
	/* The frame alone is left of a good entry; what else is left makes
	 * the number too large, rotated to its top. */
	entry = (entry & side->mask) ^ side->wanted;
	frame = entry >> 32 | entry << 32;
	word >>= WORD_OFFSET;
	if (__builtin_expect(frame >= side->frames, 0) ||
	    __builtin_expect(word + len > side->limit, 0))
		return false;
	*ret_bytes = (uint8_t *)(side->origin + frame * XSIM_PAGE_BYTES + word);
	return true;
}

/* False: not so plain. */
static inline bool find_both(struct copier *copier, const segment *seg,
			     struct spot *ret_spot)
{
	unsigned int flags = seg->flags;
	uint8_t *from = seg->source.virt;
	uint8_t *to = seg->dest.virt;

	if (flags & GNTCOPY_source_gref) {
		if (!find(&copier->source, copier, &seg->source, seg->len,
			  &from))
			return false;
		__builtin_prefetch(from);
	}
	if (flags & GNTCOPY_dest_gref) {
		if (!find(&copier->dest, copier, &seg->dest, seg->len, &to))
			return false;
		prefetch_to_write(to);
	} else if (!(flags & GNTCOPY_source_gref)) {
		return false;
	}
	*ret_spot = (struct spot){.to = to, .from = from};
	return true;
}

/* As memmove(): all is read before anything is written. */
static inline void copy_bytes(const struct spot *spot, uint32_t len)
{
	chunk a, b, c, d;

	if (len < INLINE_BYTES_MIN || len > INLINE_BYTES_MAX) {
		memmove(spot->to, spot->from, len);
		return;
	}
	memcpy(&a, spot->from, sizeof(a));
	memcpy(&b, spot->from + 16, sizeof(b));
	memcpy(&c, spot->from + len - 32, sizeof(c));
	memcpy(&d, spot->from + len - 16, sizeof(d));
	memcpy(spot->to, &a, sizeof(a));
	memcpy(spot->to + 16, &b, sizeof(b));
	memcpy(spot->to + len - 32, &c, sizeof(c));
	memcpy(spot->to + len - 16, &d, sizeof(d));
}

/* How many segments from `done` on are plain; their places are in spots. */
static uint32_t find_run(struct copier *copier, const segment *segs,
			 uint32_t done, uint32_t count)
{
	uint32_t i = done;

	if (copier->faults)
		return 0;
	while (i < count && find_both(copier, &segs[i], &copier->spots[i]))
		i++;
	return i - done;
}

static void copy_run(const struct copier *copier, segment *segs, uint32_t done,
		     uint32_t count)
{
	for (uint32_t i = done; i < done + count; i++) {
		copy_bytes(&copier->spots[i], segs[i].len);
		segs[i].status = GNTST_okay;
	}
}

/* Nothing of a group is copied before all of it was looked at. */
static int copy_group(struct copier *copier, segment *segs, uint32_t count)
{
	uint32_t plain = find_run(copier, segs, 0, count);
	uint32_t done = 0;

	if (plain < count && check_group(segs, count))
		return -EINVAL;
	for (;;) {
		copy_run(copier, segs, done, plain);
		done += plain;
		if (done == count)
			return 0;
		copy_by_itself(copier, &segs[done++]);
		plain = find_run(copier, segs, done, count);
	}
}

static int copy_groups(struct copier *copier, segment *segs, uint32_t count)
{
	for (uint32_t done = 0; done < count; done += GROUP) {
		uint32_t group = count - done < GROUP ? count - done : GROUP;
		int rc = copy_group(copier, segs + done, group);

		if (rc)
			return rc;
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
	struct copier copier;
	int32_t injected;
	int rc;

	(void)xgt;
	if (!proc)
		return -1;
	copier.proc = proc;
	copier.faults = xsim_fault_any(proc->lab);
	init_side(&copier.source, proc, GTF_type_mask);
	init_side(&copier.dest, proc, GTF_type_mask | GTF_readonly);
	if (copier.faults) {
		xsim_fault_delay(proc->lab);
		crash_if_hit(proc->lab, segs, count);
		if (xsim_fault_hits(proc->lab, XSIM_FAULT_COPY_FAIL,
				    XSIM_ANY_DOMID, &injected)) {
			errno = -injected;
			return -1;
		}
	}
	xsim_domain_lock_shared();
	rc = copy_groups(&copier, segs, count);
	xsim_domain_unlock_shared();
	if (!rc)
		return 0;
	errno = -rc;
	return -1;
}
