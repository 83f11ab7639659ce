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
#include <stdint.h>
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
	uint8_t bounce[XNB_COPY_BOUNCE_PAGES][XNB_PAGE_SIZE]
		__attribute__((aligned(4096)));
};

struct xnb_copy_mark {
	uint32_t count[XNB_COPY_DIRECTIONS];
};

void xnb_copy_init(struct xnb_copy *plan, xengnttab_handle *gnttab);

/* Each adds one segment; 0 bytes: nothing is added. 0, -EINVAL (the grant side
 * would leave its page: such a segment fails the whole call), or -ENOBUFS (the
 * list is full: run the plan first). The status pointers may not be NULL. */
int xnb_copy_to_private(struct xnb_copy *plan, struct xnb_grant from, void *to,
			uint32_t bytes, int16_t *source_status);
int xnb_copy_to_grant(struct xnb_copy *plan, const void *from,
		      struct xnb_grant to, uint32_t bytes,
		      int16_t *dest_status);
int xnb_copy_across(struct xnb_copy *plan, struct xnb_grant from,
		    struct xnb_grant to, uint32_t bytes, int16_t *source_status,
		    int16_t *dest_status);

/* Takes back everything that was added since the mark. */
struct xnb_copy_mark xnb_copy_mark(const struct xnb_copy *plan);
void xnb_copy_undo(struct xnb_copy *plan, struct xnb_copy_mark mark);

/* Copies everything, stores the failures, leaves the plan empty. Order:
 * to private, to grants, across. */
void xnb_copy_run(struct xnb_copy *plan);

#endif
