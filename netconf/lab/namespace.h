/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_NAMESPACE_H
#define XN_LAB_NAMESPACE_H
/*
 * Network namespaces that have no name and no mount: a descriptor holds each,
 * so the last holder's death removes it and every interface in it.
 */
#include "netconf/base/err.h"

/* A new network namespace with `lo` up, no IPv6 duplicate address detection
 * (addresses are ours alone) and bridges that hand no frames to iptables.
 * Returns a descriptor to close, or -errno. */
int xn_lab_namespace_create(struct xn_err *err);

/* In a child that is in its network namespace already: a mount namespace of
 * its own where /sys shows that network namespace (brctl and others read it)
 * and where what scripts log ends with the process (but in a chroot, where
 * it goes to /var/log/xen). 0 or -errno. */
int xn_lab_namespace_mounts(void);

/* Ends the processes that are in the namespace (what `lab exec` left in the
 * background), and waits for their end. The caller's is another one. */
void xn_lab_namespace_end_processes(int netns_fd);

/* Moves the calling thread in. 0 or -errno. */
int xn_lab_namespace_enter(int netns_fd);

#endif
