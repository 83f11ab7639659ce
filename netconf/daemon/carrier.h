/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_CARRIER_H
#define XN_DAEMON_CARRIER_H
/*
 * The two ends of a vif's link, each shown to the other side:
 *
 * - the guest's: the backend key `carrier` (xen's public io/netif.h, "Link
 *   state"), 1 while the twin is up and the setting `carrier` is on. Which
 *   bridge the twin is in does not count: a routed vif's is in none.
 * - the twin's: the tap's carrier, off while the data process says that the
 *   guest takes no frames (VIF_STALL), so that whoever watches the bridge sees
 *   it.
 *
 * Thread: the loop's.
 */
#include "netconf/daemon/vif.h"

/* Brings both up to date; a store that is away is told later, with the next
 * call. */
void xn_carrier_update(struct xn_vif *vif);
/* What the guest is to see now. */
bool xn_carrier_of_guest(const struct xn_vif *vif);

/* From the data process; ends with the connection. */
void xn_carrier_stalled(struct xn_vif *vif, bool stalled);

#endif
