/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_GUEST_GROUPS_H
#define XNF_GUEST_GROUPS_H
/*
 * Multicast control of a simulated guest's interface (xen/io/netif.h,
 * MCAST_ADD and MCAST_DEL): follows the groups that the guest's kernel wants
 * on it, and says which requests make the backend know the same.
 *
 * The kernel's list is /proc/net/dev_mcast. It is read when the kernel tells of
 * a change (since Linux 6.13, for IPv4 and IPv6), and now and then, for there
 * are changes that it tells nobody of.
 *
 * Threads: the control thread, but for xnf_groups_next(), which is for the one
 * that owns the transmit ring.
 */
#include <stdbool.h>

#include "netconf/base/loop.h"
#include "netconf/base/mac.h"

#define XNF_GROUPS_MAX 64u /* that a backend takes */

struct xnf_groups;

struct xnf_group_request {
	struct xn_mac mac;
	bool add;
};

/* For one connection: the backend knows no groups yet. `changed`: there are
 * requests to make, or xnf_groups_fit() says something else; called from the
 * loop. Caller owns the result. NULL: errno. */
struct xnf_groups *xnf_groups_create(struct xn_loop *loop, int ifindex,
				     void (*changed)(void *arg), void *arg);
void xnf_groups_destroy(struct xnf_groups *groups); /* accepts NULL */

/* False: the kernel wants more groups than a backend takes. None is registered
 * then, and the interface must get all. */
bool xnf_groups_fit(struct xnf_groups *groups);
/* The next request to make, which then counts as made. False: none. */
bool xnf_groups_next(struct xnf_groups *groups, struct xnf_group_request *ret);

#endif
