/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_ISOLATION_H
#define XN_DAEMON_ISOLATION_H
/*
 * The twins' `isolated` in the kernel's bridge. It is on for a fast vif, so
 * that the kernel does not forward what the switch does, and for one whose
 * setting isolated=on the kernel has to keep (model/fastpath.h has the rule).
 *
 * What somebody else set is his: it is known by the bit being on though it was
 * not set here, and never touched. Enslaving a twin resets the bit: until
 * xenplaned has heard of that and set it again, the kernel forwards freely.
 *
 * Called by port.c, which knows when a change is harmless. Thread: the loop's.
 */
#include <stdbool.h>

#include "netconf/daemon/vif.h"

/* As the kernel said last. */
bool xn_isolation_is_on(const struct xn_vif *vif);
/* Somebody else's. Call after each reading of the twin. */
bool xn_isolation_is_theirs(struct xn_vif *vif);

/* What it should be, by the vif's reasons and its phase. */
bool xn_isolation_is_wanted(const struct xn_vif *vif);
/* The kernel has still to be told, and has not refused. */
bool xn_isolation_is_due(const struct xn_vif *vif);
/* Makes it so; the twin is read again. Only what it says then counts. */
void xn_isolation_apply(struct xn_vif *vif);

/* Does this vif keep its bridge off the fast path? */
bool xn_isolation_slows(const struct xn_vif *vif);

#endif
