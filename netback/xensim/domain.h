/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_DOMAIN_H
#define XSIM_DOMAIN_H
/*
 * Other domains' memory and grant tables as this process sees them: mapped
 * lazily, found by domid in an array.
 *
 * A view is good while its generation is the one in the lab's memory. Views
 * are used under the shared lock and changed under the exclusive one, so a
 * view never goes away under a copy. A dead domain's view is given up at the
 * next change of any view.
 *
 * Thread: any.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <xen/grant_table.h>

#include "netback/xensim/shared.h"

struct xsim_view {
	uint32_t generation; /* 0: not mapped */
	uint32_t frames;
	/* The grant table: XSIM_GRANTS entries, each one aligned 8-byte word
	 * in struct grant_entry_v1's layout. */
	_Atomic uint64_t *table;
	uint8_t *memory; /* frames * XSIM_PAGE_BYTES */
	int fd;
};

/* Where a frame lies in its domain's file: behind the table. */
static inline off_t xsim_frame_offset(size_t frame)
{
	return (off_t)(XSIM_TABLE_BYTES + frame * XSIM_PAGE_BYTES);
}

/* The fields of an entry read in one load (little-endian, like Xen's). */
static inline uint16_t xsim_entry_flags(uint64_t entry)
{
	return (uint16_t)entry;
}

static inline uint32_t xsim_entry_frame(uint64_t entry)
{
	return (uint32_t)(entry >> 32);
}

static inline uint64_t xsim_entry_make(uint16_t flags, uint16_t domid,
				       uint32_t frame)
{
	return (uint64_t)frame << 32 | (uint64_t)domid << 16 | flags;
}

/* For readers of views. */
void xsim_domain_lock_shared(void);
void xsim_domain_unlock_shared(void);

/* The view of a domid below XSIM_DOMIDS, under the shared lock. NULL when it is
 * not mapped or belongs to an earlier domain of that id. */
const struct xsim_view *xsim_domain_view(const struct xsim_lab *lab,
					 uint32_t domid);

/* Brings the view up to date. Called without a lock. 0, -ESRCH when there is
 * no such domain, or another negative errno. */
int xsim_domain_refresh(uint32_t domid);

/* Our own domain's view from the connection's first answer; consumes the
 * descriptor. `take_fd` is mapped or closed. */
void xsim_domain_adopt(const struct xsim_lab *lab, uint32_t domid,
		       uint32_t generation, uint32_t frames, int take_fd);

/* Around fork(): nobody changes views meanwhile. The child has none. */
void xsim_domain_before_fork(void);
void xsim_domain_after_fork(bool in_child);

#endif
