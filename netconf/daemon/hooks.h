/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_HOOKS_H
#define XN_DAEMON_HOOKS_H
/*
 * Who else sees frames between guests, for the rule of model/fastpath.h:
 *
 *   announced	nftables' chains and flow tables, queueing disciplines,
 *		devices on top of a twin: read again at once
 *   silent	packet sockets, br_netfilter's sysctls, the old iptables' and
 *		ebtables' tables, XDP and tcx programs attached as BPF links:
 *		looked at once a second while guests send, at once when one
 *		begins to, and when somebody asks
 *
 * What the kernel lacks is absent. What cannot be read, for want of
 * permission or sense, keeps vifs off the fast path; the log says once why.
 * Thread: the loop's.
 */
#include "netconf/daemon/daemon.h"
#include "netconf/model/fastpath.h"

struct xn_vif;

#define XN_HOOKS_LOOK_MS 1000u

/* Opens the monitors and reads all. Caller owns *ret_hooks. */
int xn_hooks_create(struct xn_daemon *daemon, struct xn_hooks **ret_hooks,
		    struct xn_err *err);
void xn_hooks_destroy(struct xn_hooks *hooks); /* accepts NULL */

/* What is known now. */
void xn_hooks_get(const struct xn_hooks *hooks, const struct xn_vif *vif,
		  struct xn_frame_hooks *ret_hooks);

/* From the mirror of links: a device on top of a twin came or went, or the
 * twin's XDP program (other links are passed over); a twin has another name;
 * announcements were lost. hooks NULL: none yet. */
void xn_hooks_link_changed(struct xn_hooks *hooks, int twin);
void xn_hooks_renamed(struct xn_hooks *hooks);
void xn_hooks_read_all(struct xn_hooks *hooks);

/* A guest sends again (XN_DL_ACTIVE), or a new data process begins. */
void xn_hooks_active(struct xn_hooks *hooks);
/* Somebody wants to know: looks, if nobody has looked in the last second. */
void xn_hooks_ask(struct xn_hooks *hooks);

#endif
