/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_JOB_H
#define XN_IFUP_JOB_H
/*
 * One call by ifup or ifdown, from its options to the kernel's state. For
 * netconf/ifupdown only. Thread: the socket's, in its network namespace.
 */
#include "netconf/base/err.h"
#include "netconf/ifupdown/wanted.h"
#include "netconf/nl/socket.h"

#define XN_IFUP_PATH_MAX 128

struct xn_ifup_job {
	struct xn_nl *nl;
	const struct xn_ifup_options *options;
	struct xn_ifup_request request;
	struct xn_ifup_ports ports;
	struct xn_ifup_notes notes;
	char journal[XN_IFUP_PATH_MAX];
};

/* change.c: planned, journalled, done, or all as it was. */

/* What an earlier run that was cut short left is undone or finished. */
int xn_ifup_recover(struct xn_ifup_job *job, struct xn_err *err);
/* Where the kernel refuses something of the whole, it is done piece by piece,
 * and what is refused then is noted. */
int xn_ifup_start(struct xn_ifup_job *job, struct xn_err *err);
int xn_ifup_hold(struct xn_ifup_job *job, struct xn_err *err);
int xn_ifup_stop(struct xn_ifup_job *job, struct xn_err *err);

/* vlan_ports.c: VLAN devices among the ports (eth0.10), which the classic kind
 * of ifupdown makes and takes away with the bridge. */

void xn_ifup_make_vlans(struct xn_ifup_job *job);
/* Which of the bridge's ports are such, before they leave it. Returns how
 * many. */
size_t xn_ifup_find_vlans(struct xn_ifup_job *job,
			  int ret_ifindex[XN_IFUP_PORTS_MAX]);
void xn_ifup_remove_vlans(struct xn_ifup_job *job, const int *ifindex,
			  size_t count);

/* wait.c: by netlink's announcements, with a limit. */

/* For interfaces that are to become ports. */
void xn_ifup_wait_for_ports(struct xn_ifup_job *job);
/* For the ports to forward. */
void xn_ifup_wait_for_bridge(struct xn_ifup_job *job);

#endif
