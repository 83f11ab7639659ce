/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_COUNT_H
#define XNB_COUNT_H
/*
 * Counters in the shared statistics (netconf/ipc/stats.h): readers in other
 * processes, and of most one writer at a time: a worker, or whoever holds the
 * vif's lease (crew.h).
 */
#include <stdint.h>

static inline void xnb_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* What a vif's worker and those who deliver to it count at the same time. */
static inline void xnb_count_shared(uint64_t *counter, uint64_t n)
{
	(void)__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* For the few that are a level and not a count. */
static inline void xnb_set_level(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

#endif
