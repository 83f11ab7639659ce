/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_POLICY_H
#define XN_DAEMON_POLICY_H
/*
 * What a vif may do: the layers of settings summed up (model/settings.h), told
 * to the data process after the rings are mapped and before the first PORT,
 * and again whenever something of it changes.
 *
 * Of the settings, `offload` is the guest's from its next connection on, as a
 * frontend reads what is offered only then; the others hold at once.
 * Thread: the loop's.
 */
#include "netconf/daemon/vif.h"
#include "netconf/model/planeconf.h"

struct xn_bridge_node;

/* Something that may be part of it has changed. Does not look at the port:
 * `fastpath` is in force after xn_port_update(). */
void xn_policy_update(struct xn_vif *vif);
/* The same for every vif, and their ports: the file was read again. */
void xn_policy_update_all(struct xn_daemon *daemon);
/* Lists that go have left room: those get theirs who had found none. */
void xn_policy_lists_renewed(struct xn_daemon *daemon);
/* The data process knows nothing of it (it is new, or the vif is). */
void xn_policy_forget(struct xn_vif *vif);

/* `offload` is set and not yet in force. */
bool xn_policy_offload_waits(const struct xn_vif *vif);

/* What the bridge's own layers say to a vif that says nothing. */
void xn_policy_of_bridge(struct xn_daemon *daemon,
			 const struct xn_bridge_node *node,
			 struct xn_settings_sum *ret_sum);

/* The bridge whose words hold for the vif: the one that its twin is on, also
 * where the mirror of links has no room for it; without one, or when it is
 * just going, the one that the toolstack named. "": none. */
void xn_policy_bridge_name(const struct xn_vif *vif, char ret_name[IFNAMSIZ]);
/* The twin's present name; until the script has renamed it, the one that the
 * toolstack wants. */
const char *xn_policy_vif_name(const struct xn_vif *vif);
/* By which others know its guest on it: the vif's own name, if somebody gave it
 * one; else its guest's, with the vif's number behind it but for the first; "":
 * none. */
void xn_policy_guest_name(const struct xn_vif *vif,
			  char ret_name[XN_NAT_NAME_MAX]);

#endif
