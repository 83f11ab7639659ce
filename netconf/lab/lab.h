/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_H
#define XN_LAB_H
/*
 * The lab: a whole plane without Xen, in namespaces of its own. A supervisor
 * process owns everything: the simulated hypervisor's broker, Debian's
 * xenstored, xenplaned, the guests, and the network namespaces "dom0" and
 * "outside" (held as descriptors, so that nothing outlives the supervisor).
 * It also plays the toolstack (toolstack.h). `xenplane lab VERB` talks to it
 * over lab.sock in the lab's folder.
 *
 *   outside(eth0) ==== veth ==== dom0(eth0 - xenbr0 - vifD.N) ~ guest(ethN)
 */
#include <sys/types.h>

/* `xenplane lab ...`: argv[0] is "lab". Returns the exit status: 0 done,
 * 1 failed (reason printed), 2 usage. `exec` returns the command's own. */
int xn_cli_lab(int argc, char **argv);

/* Addresses on the lab's bridge and outside it. Guests choose their own in
 * 10.77.0.0/24 and fd77::/64 (RFC 1918, RFC 4193). */
#define XN_LAB_DOM0_IPV4 "10.77.0.1"
#define XN_LAB_DOM0_IPV6 "fd77::1"
#define XN_LAB_OUTSIDE_IPV4 "10.77.0.254"
#define XN_LAB_OUTSIDE_IPV6 "fd77::fe"
#define XN_LAB_IPV4_PREFIX 24
#define XN_LAB_IPV6_PREFIX 64
#define XN_LAB_BRIDGE "xenbr0"
/* RFC 791; and what a frame of 65535 bytes leaves. */
/* What a simulated guest serves at most (xenplane-guest(1)). */
#define XN_LAB_DEVID_MAX 63u
#define XN_LAB_QUEUES_MAX 8u
/* The option of a guest whose vifs are left to a program that `exec` runs. */
#define XN_LAB_NO_FRONTEND "--frontend=none"
#define XN_LAB_MTU_DEFAULT 1500u
#define XN_LAB_MTU_MIN 68u
#define XN_LAB_MTU_MAX 65517u /* a frame and a tag: 65535 (netif.h) */

#endif
