/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_PORT_H
#define XN_DAEMON_PORT_H
/*
 * A vif's place in the switch: follows the twin (bridge, state, MTU, flags),
 * decides by the rule of model/fastpath.h which path its frames take, and
 * orders the switch-over so that the kernel and the switch never both
 * forward between two guests, and none is forgotten by both:
 *
 *   1. PORT{hold=1} for every guest on the bridge: what they send from now on
 *	waits in their rings. Then fast=0 for a vif that leaves the fast path.
 *   2. All have PORT_DONE: what they sent before has left the switch.
 *   3. `isolated on` or `off` in the kernel (isolation.h), read back.
 *   4. PORT{fast=1} for all where that is confirmed, and only then hold=0.
 *
 * A vif that has not yet entered the switch needs no holding.
 * Thread: the loop's.
 */
#include "netconf/daemon/vif.h"

/* The facts may have changed. Does nothing without served rings but to find
 * the reasons. */
void xn_port_update(struct xn_vif *vif);
/* Reads the twin's place and makes sure that the data process has it;
 * xnb_vif_entered() follows with its confirmation. */
void xn_port_enter(struct xn_vif *vif);
/* The twin is in another bridge, or in none: out of the switch's, before the
 * policy changes to what it may do elsewhere. xn_port_update() follows. */
void xn_port_unplug(struct xn_vif *vif);
/* What the data process was told of the vif until now is settled only when it
 * has answered: a POLICY alone is not. */
void xn_port_confirm(struct xn_vif *vif);
/* The data process knows nothing about the port (it is new, or the vif is). */
void xn_port_forget(struct xn_vif *vif);
/* The data process was told to let go of the rings: the switch's stations
 * there are gone. Still isolated, as it may be at work on a frame. */
void xn_port_leave(struct xn_vif *vif);
/* The rings are no longer served: the kernel has the port back. */
void xn_port_release(struct xn_vif *vif);

/* The data process has confirmed the present place (or serves no rings). */
bool xn_port_is_settled(const struct xn_vif *vif);

void xn_port_done(struct xn_vif *vif, const struct xn_dl_port_done *message);

#endif
