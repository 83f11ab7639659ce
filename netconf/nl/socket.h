/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_SOCKET_H
#define XN_NL_SOCKET_H
/*
 * A rtnetlink socket for synchronous requests. It stays in the network
 * namespace it was opened in, wherever the thread goes. One thread at a
 * time. Errors of the functions that take it (link.h, bridge.h, fdb.h,
 * addr.h, route.h, rule.h, neigh.h, qdisc.h, counters.h): negative errno, with
 * what was tried and the kernel's own words in `err`; -ETIMEDOUT when the
 * kernel gave no answer in 5 s; -EBADMSG when its answer makes no sense.
 */
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"

struct xn_nl;

/* In the thread's network namespace. Caller owns *ret_nl. */
int xn_nl_open(struct xn_nl **ret_nl, struct xn_err *err);
/* In another one; the thread goes there and comes back (netns.h). */
int xn_nl_open_in(int netns_fd, struct xn_nl **ret_nl, struct xn_err *err);
/* To netfilter instead (nft.h). -EPROTONOSUPPORT: the kernel has none. */
int xn_nl_open_netfilter(struct xn_nl **ret_nl, struct xn_err *err);
void xn_nl_close(struct xn_nl *nl); /* accepts NULL */

/* Many changes in one message to the kernel, which does them one after the
 * other without anybody else's between. From xn_nl_cork() on, functions that
 * change something put their request away and return 0 (-ENOBUFS beyond
 * XN_NL_CORK_MAX); what reads must not be called. xn_nl_uncork() sends all: a
 * refused one does not keep the kernel from the rest. ret_results[i] is what
 * the i-th came to, 0 or negative errno; `err` has the first one's words.
 * Returns 0 when all have been answered, good or bad. */
#define XN_NL_CORK_MAX 256
int xn_nl_cork(struct xn_nl *nl, struct xn_err *err);
int xn_nl_uncork(struct xn_nl *nl, int ret_results[XN_NL_CORK_MAX],
		 size_t *ret_count, struct xn_err *err);

/* Messages that somebody else made, as one transaction of nfnetlink's: from
 * NFNL_MSG_BATCH_BEGIN on; without NFNL_MSG_BATCH_END at the end the kernel
 * judges all and does nothing. They are numbered here, and the last one but
 * that end is asked to be acknowledged. 0: all is done, or would be; else the
 * first refusal, and *ret_refused is the place of the message (0: the
 * begin). */
int xn_nl_send_batch(struct xn_nl *netfilter, void *messages, size_t bytes,
		     uint32_t *ret_refused, struct xn_err *err);

/* A number that stands for the socket's network namespace, and for no other
 * until the next boot; 0: the kernel (before 5.14) has none. */
uint64_t xn_nl_namespace_cookie(const struct xn_nl *nl);

#endif
