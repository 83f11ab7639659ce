// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans of grant copies (copy.h): the one place that calls
 * xengnttab_grant_copy(). One worker thread. What comes in was checked by the
 * parser; the page bounds are checked once more, because one bad segment would
 * fail the whole call with all its neighbours.
 */
#include "netback/ring/copy.h"

#include <errno.h>
#include <stdbool.h>

void xnb_copy_init(struct xnb_copy *plan, xengnttab_handle *gnttab)
{
	plan->gnttab = gnttab;
	plan->calls = 0;
	plan->calls_failed = 0;
	plan->segments = 0;
	for (uint32_t d = 0; d < XNB_COPY_DIRECTIONS; d++)
		plan->list[d].count = 0;
}

static bool leaves_page(struct xnb_grant grant, uint32_t bytes)
{
	return grant.offset > XNB_PAGE_SIZE ||
	       bytes > XNB_PAGE_SIZE - grant.offset;
}

/* The next free segment, with everything but its two ends; NULL: full. */
static xengnttab_grant_copy_segment_t *
take_segment(struct xnb_copy_list *list, uint32_t bytes, uint16_t flags,
	     int16_t *source_status, int16_t *dest_status)
{
	xengnttab_grant_copy_segment_t *segment;

	if (list->count == XNB_COPY_SEGMENTS_MAX)
		return NULL;
	segment = &list->segment[list->count];
	segment->len = (uint16_t)bytes;
	segment->flags = flags;
	list->source_status[list->count] = source_status;
	list->dest_status[list->count] = dest_status;
	list->count++;
	return segment;
}

static void set_grant(union xengnttab_copy_ptr *end, struct xnb_grant grant)
{
	end->foreign.ref = grant.ref;
	end->foreign.offset = grant.offset;
	end->foreign.domid = grant.domid;
}

int xnb_copy_to_private(struct xnb_copy *plan, struct xnb_grant from, void *to,
			uint32_t bytes, int16_t *source_status)
{
	xengnttab_grant_copy_segment_t *segment;

	if (bytes == 0)
		return 0;
	if (leaves_page(from, bytes))
		return -EINVAL;
	segment = take_segment(&plan->list[XNB_COPY_TO_PRIVATE], bytes,
			       GNTCOPY_source_gref, source_status, NULL);
	if (!segment)
		return -ENOBUFS;
	set_grant(&segment->source, from);
	segment->dest.virt = to;
	return 0;
}

int xnb_copy_to_grant(struct xnb_copy *plan, const void *from,
		      struct xnb_grant to, uint32_t bytes, int16_t *dest_status)
{
	xengnttab_grant_copy_segment_t *segment;

	if (bytes == 0)
		return 0;
	if (leaves_page(to, bytes))
		return -EINVAL;
	segment = take_segment(&plan->list[XNB_COPY_TO_GRANT], bytes,
			       GNTCOPY_dest_gref, NULL, dest_status);
	if (!segment)
		return -ENOBUFS;
	/* The library's type is not const; the source is only read. */
	segment->source.virt = (void *)(uintptr_t)from;
	set_grant(&segment->dest, to);
	return 0;
}

int xnb_copy_across(struct xnb_copy *plan, struct xnb_grant from,
		    struct xnb_grant to, uint32_t bytes, int16_t *source_status,
		    int16_t *dest_status)
{
	xengnttab_grant_copy_segment_t *segment;

	if (bytes == 0)
		return 0;
	if (leaves_page(from, bytes) || leaves_page(to, bytes))
		return -EINVAL;
	segment = take_segment(&plan->list[XNB_COPY_ACROSS], bytes,
			       GNTCOPY_source_gref | GNTCOPY_dest_gref,
			       source_status, dest_status);
	if (!segment)
		return -ENOBUFS;
	set_grant(&segment->source, from);
	set_grant(&segment->dest, to);
	return 0;
}

struct xnb_copy_mark xnb_copy_mark(const struct xnb_copy *plan)
{
	struct xnb_copy_mark mark;

	for (uint32_t d = 0; d < XNB_COPY_DIRECTIONS; d++)
		mark.count[d] = plan->list[d].count;
	return mark;
}

void xnb_copy_undo(struct xnb_copy *plan, struct xnb_copy_mark mark)
{
	for (uint32_t d = 0; d < XNB_COPY_DIRECTIONS; d++)
		plan->list[d].count = mark.count[d];
}

/* One call. Every status is right afterwards: those of a call that failed as
 * a whole (false) are undefined, and count as failures. */
static bool call(struct xnb_copy *plan, xengnttab_grant_copy_segment_t *segment,
		 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		segment[i].status = GNTST_general_error;
	plan->calls++;
	plan->segments += count;
	if (xengnttab_grant_copy(plan->gnttab, count, segment) == 0)
		return true;
	plan->calls_failed++;
	for (uint32_t i = 0; i < count; i++)
		segment[i].status = GNTST_general_error;
	return false;
}

/* The first failure of an owner stays. */
static void blame(int16_t *status, int16_t segment_status)
{
	if (*status == 0)
		*status = segment_status < 0 ? segment_status
					     : GNTST_general_error;
}

static void run_list(struct xnb_copy *plan, enum xnb_copy_direction direction)
{
	struct xnb_copy_list *list = &plan->list[direction];

	if (list->count == 0)
		return;
	(void)call(plan, list->segment, list->count);
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->segment[i].status == GNTST_okay)
			continue;
		blame(direction == XNB_COPY_TO_PRIVATE ? list->source_status[i]
						       : list->dest_status[i],
		      list->segment[i].status);
	}
	list->count = 0;
}

/* Repeats `count` failed segments, given by their numbers, in two halves. */
static void repeat_halves(struct xnb_copy *plan, const uint32_t *number,
			  uint32_t count)
{
	xengnttab_grant_copy_segment_t half[XNB_COPY_BOUNCE_PAGES];
	uint32_t arrived[XNB_COPY_BOUNCE_PAGES];
	struct xnb_copy_list *list = &plan->list[XNB_COPY_ACROSS];
	uint32_t arrived_count = 0;

	for (uint32_t i = 0; i < count; i++) {
		half[i] = list->segment[number[i]];
		half[i].flags = GNTCOPY_source_gref;
		half[i].dest.virt = plan->bounce[i];
	}
	(void)call(plan, half, count);
	for (uint32_t i = 0; i < count; i++) {
		if (half[i].status != GNTST_okay) {
			blame(list->source_status[number[i]], half[i].status);
			continue;
		}
		arrived[arrived_count] = number[i];
		half[arrived_count] = list->segment[number[i]];
		half[arrived_count].flags = GNTCOPY_dest_gref;
		half[arrived_count].source.virt = plan->bounce[i];
		arrived_count++;
	}
	if (arrived_count == 0)
		return;
	(void)call(plan, half, arrived_count);
	for (uint32_t i = 0; i < arrived_count; i++) {
		if (half[i].status != GNTST_okay)
			blame(list->dest_status[arrived[i]], half[i].status);
	}
}

/* Must segment `i` still be looked into? A frame that is lost already is not,
 * for it is known by whom. */
static bool unexplained(const struct xnb_copy_list *list, uint32_t i)
{
	return list->segment[i].status != GNTST_okay &&
	       *list->source_status[i] == 0 && *list->dest_status[i] == 0;
}

/* Tells whose fault the failures from number `from` on are with one call, and
 * does not try to deliver what they were to copy: who breaks many grants must
 * not make us repeat them bit by bit. */
static void probe_sources(struct xnb_copy *plan, uint32_t from)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_ACROSS];
	uint32_t count = 0;

	for (uint32_t i = from; i < list->count; i++) {
		if (!unexplained(list, i))
			continue;
		list->segment[count] = list->segment[i];
		list->segment[count].flags = GNTCOPY_source_gref;
		list->segment[count].dest.virt = plan->bounce[0];
		list->source_status[count] = list->source_status[i];
		list->dest_status[count] = list->dest_status[i];
		count++;
	}
	if (count == 0)
		return;
	(void)call(plan, list->segment, count);
	for (uint32_t i = 0; i < count; i++) {
		if (list->segment[i].status == GNTST_okay)
			blame(list->dest_status[i], GNTST_general_error);
		else
			blame(list->source_status[i], list->segment[i].status);
	}
}

static void run_across(struct xnb_copy *plan)
{
	struct xnb_copy_list *list = &plan->list[XNB_COPY_ACROSS];
	uint32_t failed[XNB_COPY_BOUNCE_PAGES];
	uint32_t failed_count = 0;
	bool done;

	if (list->count == 0)
		return;
	done = call(plan, list->segment, list->count);
	for (uint32_t i = 0; i < list->count; i++) {
		if (!unexplained(list, i))
			continue;
		failed[failed_count++] = i;
		if (failed_count < XNB_COPY_BOUNCE_PAGES)
			continue;
		repeat_halves(plan, failed, failed_count);
		failed_count = 0;
		/* No guest can make the whole call fail: that is all repeated
		 * and delivered. */
		if (!done)
			continue;
		probe_sources(plan, i + 1);
		break;
	}
	if (failed_count)
		repeat_halves(plan, failed, failed_count);
	list->count = 0;
}

void xnb_copy_run(struct xnb_copy *plan)
{
	run_list(plan, XNB_COPY_TO_PRIVATE);
	run_list(plan, XNB_COPY_TO_GRANT);
	run_across(plan);
}
