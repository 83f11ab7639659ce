/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_SHARE_H
#define XSW_SHARE_H
/*
 * Several workers that forward through one switch. Frames between known
 * stations take no lock: tables are read while they change (fdb.h, groups.h).
 * Who has a new station to learn, or events to take, excludes the others for
 * that moment. All other changes are made while nobody forwards.
 *
 * With one worker none of this costs anything but a test.
 */
#include "bridge/switch_state.h"

void xsw_change_begin_shared(struct xsw_switch *sw);
void xsw_change_end_shared(struct xsw_switch *sw);

static inline void xsw_change_begin(struct xsw_switch *sw)
{
	if (sw->shared)
		xsw_change_begin_shared(sw);
}

static inline void xsw_change_end(struct xsw_switch *sw)
{
	if (sw->shared)
		xsw_change_end_shared(sw);
}

/* A count that several workers add to. */
static inline void xsw_count(uint64_t *counter, uint64_t n)
{
	(void)__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

#endif
