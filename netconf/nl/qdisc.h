/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_QDISC_H
#define XN_NL_QDISC_H
/*
 * Which links somebody put under traffic control. The kernel's own queueing
 * disciplines (whatever net.core.default_qdisc names, and those below the mq
 * of a device with several queues) have handle 0; every one that was added has
 * another, and so have ingress and clsact, without which there are no filters.
 * Nor does noqueue count, which does nothing.
 * Threads and errors: socket.h.
 */
#include "netconf/base/err.h"
#include "netconf/nl/ifindex.h"
#include "netconf/nl/socket.h"

/* The caller owns the list's memory. -EOPNOTSUPP: the kernel has no traffic
 * control. */
int xn_qdisc_dump(struct xn_nl *nl, struct xn_ifindexes *ret_links,
		  struct xn_err *err);

/* Frames go to the link's driver at once, as on a bridge, also once it is up.
 * -EOPNOTSUPP: the kernel has no traffic control. */
int xn_qdisc_set_none(struct xn_nl *nl, int ifindex, struct xn_err *err);

/* BPF programs on the link's way in and out that are attached without any
 * queueing discipline (tcx, Linux 6.6): how many; 0 also where there is no
 * tcx; -EPERM and others: not known. Announced by nobody. */
int xn_tcx_count(int ifindex);

#endif
