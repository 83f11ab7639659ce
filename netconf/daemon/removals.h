/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_REMOVALS_H
#define XN_DAEMON_REMOVALS_H
/*
 * Twins that are to go. Removing a link makes the kernel wait for its readers,
 * 10 to 20 ms, and the loop with it; all that are here go together in one such
 * wait, as soon as the loop has done what was at hand. Thread: the loop's.
 */
#include "netconf/base/loop.h"
#include "netconf/daemon/twin.h"

struct xn_removals;

/* NULL: out of memory or descriptors. `nl` is used to the end. */
struct xn_removals *xn_removals_create(struct xn_loop *loop, struct xn_nl *nl);
/* Removes what is left. Accepts NULL. */
void xn_removals_destroy(struct xn_removals *removals);

/* Takes the twin over; accepts one that was not created. It is all zero
 * afterwards. */
void xn_removals_add(struct xn_removals *removals, struct xn_twin *twin);
/* Does not wait for the loop: false, there were none. */
bool xn_removals_now(struct xn_removals *removals);

#endif
