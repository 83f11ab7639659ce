/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_SOCKET_H
#define XN_NL_SOCKET_H
/*
 * A rtnetlink socket for synchronous requests. It stays in the network
 * namespace it was opened in, wherever the thread goes. One thread at a
 * time. Errors of the functions that take it (link.h, bridge.h, fdb.h,
 * addr.h, route.h): negative errno, with what was tried and the kernel's own
 * words in `err`; -ETIMEDOUT when the kernel gave no answer in 5 s; -EBADMSG
 * when its answer makes no sense.
 */
#include "netconf/base/err.h"

struct xn_nl;

/* In the thread's network namespace. Caller owns *ret_nl. */
int xn_nl_open(struct xn_nl **ret_nl, struct xn_err *err);
/* In another one; the thread goes there and comes back (netns.h). */
int xn_nl_open_in(int netns_fd, struct xn_nl **ret_nl, struct xn_err *err);
/* To netfilter instead (nft.h). -EPROTONOSUPPORT: the kernel has none. */
int xn_nl_open_netfilter(struct xn_nl **ret_nl, struct xn_err *err);
void xn_nl_close(struct xn_nl *nl); /* accepts NULL */

#endif
