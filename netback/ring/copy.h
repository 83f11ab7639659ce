/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_COPY_H
#define XNB_RING_COPY_H
/*
 * A plan of grant copies, made while a burst is decided and run with at most
 * one call for each direction. Segments stay in the order they were added:
 * callers walk a packet's pages in order, so that the segments of one grant
 * are neighbours (the hypervisor keeps the last grants open).
 *
 * Whose fault a failed segment is goes to the statuses that were given with
 * it: 0 stays 0 on success, else a negative GNTST_ value is stored. A failed
 * segment between two grants is repeated in two halves through private memory
 * to tell the source's fault from the destination's. This is done for
 * XNB_COPY_BOUNCE_PAGES of them; of further ones only the source is tried, all
 * with one call, and what they were to copy is lost: failures cost at most
 * three calls more.
 *
 * Thread: one worker. Private memory and statuses named in the plan must stay
 * until xnb_copy_run() returned. A plan is big: one for each worker.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xengnttab.h>

#include "netback/xen_abi.h"

#define XNB_COPY_SEGMENTS_MAX 1024u /* for each direction */
#define XNB_COPY_BOUNCE_PAGES 16u

enum xnb_copy_direction {
	XNB_COPY_TO_PRIVATE,
	XNB_COPY_TO_GRANT,
	XNB_COPY_ACROSS, /* grant to grant */
	XNB_COPY_DIRECTIONS,
};

struct xnb_grant {
	uint32_t ref;
	uint16_t offset;
	uint16_t domid;
};

/* The statuses of the side that is a grant; of both sides across. A segment's
 * own status counts as failed from the moment it was planned. */
struct xnb_copy_list {
	uint32_t count;
	xengnttab_grant_copy_segment_t segment[XNB_COPY_SEGMENTS_MAX];
	int16_t *source_status[XNB_COPY_SEGMENTS_MAX];
	int16_t *dest_status[XNB_COPY_SEGMENTS_MAX];
};

struct xnb_copy {
	xengnttab_handle *gnttab;
	struct xnb_copy_list list[XNB_COPY_DIRECTIONS];
	uint64_t calls;	       /* counters, never reset here */
	uint64_t calls_failed; /* whole calls */
	uint64_t segments;
	uint64_t failures; /* of segments that came to their owner: nothing
			    * failed since, if it is what it was */
	uint8_t bounce[XNB_COPY_BOUNCE_PAGES][XNB_PAGE_SIZE]
		__attribute__((aligned(4096)));
};

struct xnb_copy_mark {
	uint32_t count[XNB_COPY_DIRECTIONS];
};

void xnb_copy_init(struct xnb_copy *plan, xengnttab_handle *gnttab);

_Static_assert(sizeof(struct xnb_grant) ==
		       sizeof(((union xengnttab_copy_ptr *)0)->foreign),
	       "a grant is one side of a segment");

static inline bool xnb_copy_leaves_page(struct xnb_grant grant, uint32_t bytes)
{
	return grant.offset > XNB_PAGE_SIZE ||
	       bytes > XNB_PAGE_SIZE - grant.offset;
}

/* Layout and order of the members are the same. */
static inline void xnb_copy_set_grant(union xengnttab_copy_ptr *end,
				      struct xnb_grant grant)
{
	memcpy(&end->foreign, &grant, sizeof(grant));
}

/* All but the two ends. Two members in one store: compilers do not merge them
 * in a loop. */
static inline void xnb_copy_set(xengnttab_grant_copy_segment_t *segment,
				uint16_t bytes, uint16_t flags)
{
	const struct {
		uint16_t flags;
		int16_t status;
	} both = {flags, GNTST_general_error};

	_Static_assert(offsetof(xengnttab_grant_copy_segment_t, status) ==
			       offsetof(xengnttab_grant_copy_segment_t, flags) +
				       sizeof(flags),
		       "flags and status are neighbours");
	segment->len = bytes;
	memcpy((char *)segment +
		       offsetof(xengnttab_grant_copy_segment_t, flags),
	       &both, sizeof(both));
}

/* The next free segment, with everything but its two ends; NULL: full. */
static inline xengnttab_grant_copy_segment_t *
xnb_copy_take(struct xnb_copy_list *list, uint32_t bytes, uint16_t flags)
{
	xengnttab_grant_copy_segment_t *segment;

	if (list->count == XNB_COPY_SEGMENTS_MAX)
		return NULL;
	segment = &list->segment[list->count];
	xnb_copy_set(segment, (uint16_t)bytes, flags);
	return segment;
}

/* Each adds one segment; 0 bytes: nothing is added. 0, -EINVAL (the grant side
 * would leave its page: such a segment fails the whole call), or -ENOBUFS (the
 * list is full: run the plan first). The status pointers may not be NULL.
 * Inline: they are called for every frame. */
static inline int xnb_copy_to_private(struct xnb_copy *plan,
				      struct xnb_grant from, void *to,
				      uint32_t bytes, int16_t *source_status)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_TO_PRIVATE];
	xengnttab_grant_copy_segment_t *segment;

	if (bytes == 0)
		return 0;
	if (xnb_copy_leaves_page(from, bytes))
		return -EINVAL;
	segment = xnb_copy_take(list, bytes, GNTCOPY_source_gref);
	if (!segment)
		return -ENOBUFS;
	xnb_copy_set_grant(&segment->source, from);
	segment->dest.virt = to;
	list->source_status[list->count++] = source_status;
	return 0;
}

static inline int xnb_copy_to_grant(struct xnb_copy *plan, const void *from,
				    struct xnb_grant to, uint32_t bytes,
				    int16_t *dest_status)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_TO_GRANT];
	xengnttab_grant_copy_segment_t *segment;

	if (bytes == 0)
		return 0;
	if (xnb_copy_leaves_page(to, bytes))
		return -EINVAL;
	segment = xnb_copy_take(list, bytes, GNTCOPY_dest_gref);
	if (!segment)
		return -ENOBUFS;
	/* The library's type is not const; the source is only read. */
	segment->source.virt = (void *)(uintptr_t)from;
	xnb_copy_set_grant(&segment->dest, to);
	list->dest_status[list->count++] = dest_status;
	return 0;
}

static inline int xnb_copy_across(struct xnb_copy *plan, struct xnb_grant from,
				  struct xnb_grant to, uint32_t bytes,
				  int16_t *source_status, int16_t *dest_status)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_ACROSS];
	xengnttab_grant_copy_segment_t *segment;

	if (bytes == 0)
		return 0;
	if (xnb_copy_leaves_page(from, bytes) ||
	    xnb_copy_leaves_page(to, bytes))
		return -EINVAL;
	segment = xnb_copy_take(list, bytes,
				GNTCOPY_source_gref | GNTCOPY_dest_gref);
	if (!segment)
		return -ENOBUFS;
	xnb_copy_set_grant(&segment->source, from);
	xnb_copy_set_grant(&segment->dest, to);
	list->source_status[list->count] = source_status;
	list->dest_status[list->count++] = dest_status;
	return 0;
}

/* Takes back everything that was added since the mark. */
static inline struct xnb_copy_mark xnb_copy_mark(const struct xnb_copy *plan)
{
	struct xnb_copy_mark mark;

	for (uint32_t d = 0; d < XNB_COPY_DIRECTIONS; d++)
		mark.count[d] = plan->list[d].count;
	return mark;
}

static inline void xnb_copy_undo(struct xnb_copy *plan,
				 struct xnb_copy_mark mark)
{
	for (uint32_t d = 0; d < XNB_COPY_DIRECTIONS; d++)
		plan->list[d].count = mark.count[d];
}

/* Copies everything, stores the failures, leaves the plan empty. Order:
 * to private, to grants, across. */
void xnb_copy_run(struct xnb_copy *plan);

#endif
