/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_TABLES_H
#define XSIM_TABLES_H
/*
 * What this process has mapped and shared: address -> the broker's number
 * for it. Bounded; no allocation. Thread: any.
 */
#include <stdbool.h>
#include <stdint.h>

#define XSIM_RANGES_MAX 8192u

enum xsim_range_kind {
	XSIM_RANGE_MAP,	  /* another domain's pages, mapped here */
	XSIM_RANGE_SHARE, /* our own pages, granted to others */
	XSIM_RANGE_KINDS,
};

/* 0 or -ENOSPC. */
int xsim_tables_add(enum xsim_range_kind kind, void *start, uint32_t pages,
		    uint32_t id);

/* Forgets the range that starts there and has that many pages; 0 and its id,
 * or -EINVAL and nothing forgotten. */
int xsim_tables_take(enum xsim_range_kind kind, const void *start,
		     uint32_t pages, uint32_t *ret_id);

/* Around fork(). The child unmaps what it inherited: it owns none of it. */
void xsim_tables_before_fork(void);
void xsim_tables_after_fork(bool in_child);

#endif
