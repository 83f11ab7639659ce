// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans of grant copies (copy.h): the one place that calls
 * xengnttab_grant_copy(). One worker thread. What comes in was checked by the
 * parser; the page bounds are checked once more, because one bad segment would
 * fail the whole call with all its neighbours.
 */
#include "netback/ring/copy.h"

void xnb_copy_init(struct xnb_copy *plan, xengnttab_handle *gnttab)
{
	plan->gnttab = gnttab;
	plan->calls = 0;
	plan->calls_failed = 0;
	plan->segments = 0;
	plan->failures = 0;
	for (uint32_t d = 0; d < XNB_COPY_DIRECTIONS; d++)
		plan->list[d].count = 0;
}

/* One call. Every status is right afterwards: those of a call that failed as
 * a whole (false) are undefined, and count as failures. */
static bool call(struct xnb_copy *plan, xengnttab_grant_copy_segment_t *segment,
		 uint32_t count)
{
	plan->calls++;
	plan->segments += count;
	if (xengnttab_grant_copy(plan->gnttab, count, segment) == 0)
		return true;
	plan->calls_failed++;
	for (uint32_t i = 0; i < count; i++)
		segment[i].status = GNTST_general_error;
	return false;
}

/* For segments that were in a call already. */
static void call_again(struct xnb_copy *plan,
		       xengnttab_grant_copy_segment_t *segment, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		segment[i].status = GNTST_general_error;
	(void)call(plan, segment, count);
}

/* Four at a time: this is asked of every segment. */
static bool all_okay(const struct xnb_copy_list *list)
{
	const xengnttab_grant_copy_segment_t *segment = list->segment;
	uint32_t i = 0;
	int any = GNTST_okay;

	for (; i + 4 <= list->count; i += 4, segment += 4)
		any |= segment[0].status | segment[1].status |
		       segment[2].status | segment[3].status;
	for (; i < list->count; i++, segment++)
		any |= segment->status;
	return any == GNTST_okay;
}

/* The first failure of an owner stays. */
static void blame(struct xnb_copy *plan, int16_t *status,
		  int16_t segment_status)
{
	plan->failures++;
	if (*status == 0)
		*status = segment_status < 0 ? segment_status
					     : GNTST_general_error;
}

static void blame_failed(struct xnb_copy *plan, struct xnb_copy_list *list,
			 int16_t *const *owner)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->segment[i].status != GNTST_okay)
			blame(plan, owner[i], list->segment[i].status);
	}
}

static void run_list(struct xnb_copy *plan, enum xnb_copy_direction direction)
{
	struct xnb_copy_list *list = &plan->list[direction];

	if (list->count == 0)
		return;
	(void)call(plan, list->segment, list->count);
	if (!all_okay(list))
		blame_failed(plan, list,
			     direction == XNB_COPY_TO_PRIVATE
				     ? list->source_status
				     : list->dest_status);
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
	call_again(plan, half, count);
	for (uint32_t i = 0; i < count; i++) {
		if (half[i].status != GNTST_okay) {
			blame(plan, list->source_status[number[i]],
			      half[i].status);
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
	call_again(plan, half, arrived_count);
	for (uint32_t i = 0; i < arrived_count; i++) {
		if (half[i].status != GNTST_okay)
			blame(plan, list->dest_status[arrived[i]],
			      half[i].status);
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
	call_again(plan, list->segment, count);
	for (uint32_t i = 0; i < count; i++) {
		if (list->segment[i].status == GNTST_okay)
			blame(plan, list->dest_status[i], GNTST_general_error);
		else
			blame(plan, list->source_status[i],
			      list->segment[i].status);
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
	if (all_okay(list)) {
		list->count = 0;
		return;
	}
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
