/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_MONITOR_H
#define XN_NL_MONITOR_H
/*
 * The kernel's announcements: links, bridge ports, forwarding entries,
 * addresses, and that something changed in tc or nftables. Bound to the network
 * namespace it was opened in. Thread: one; its descriptor goes into an event
 * loop with EPOLLIN.
 *
 * Open the monitor first, then dump: what changes in between is announced.
 * Not every change is: the kernel says nothing about a port attribute that
 * was set by a link request while the port is down. After setting one, read
 * it back (xn_link_get_index()).
 */
#include <stdbool.h>

#include "netconf/base/err.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/fdb.h"
#include "netconf/nl/link.h"

#define XN_MONITOR_LINK (1U << 0) /* links and bridge ports */
#define XN_MONITOR_FDB (1U << 1)
#define XN_MONITOR_ADDR (1U << 2)
#define XN_MONITOR_TC (1U << 3)
/* Stands alone: another socket. Needs CAP_NET_ADMIN. */
#define XN_MONITOR_NFT (1U << 4)

/* What a bridge says about a port. */
struct xn_port_event {
	int ifindex;
	int master;
	bool has_attributes; /* a port that left comes without */
	struct xn_brport port;
};

/* NULL: not of interest. The pointed-to objects are valid during the call.
 * A handler must not close the monitor. */
struct xn_nl_handlers {
	void (*link_new)(void *arg, const struct xn_link *link);
	void (*link_del)(void *arg, const struct xn_link *link);
	/* New or changed attributes; link_new often tells the same. */
	void (*port_new)(void *arg, const struct xn_port_event *event);
	void (*port_del)(void *arg, const struct xn_port_event *event);
	void (*fdb_new)(void *arg, const struct xn_fdb_entry *entry);
	void (*fdb_del)(void *arg, const struct xn_fdb_entry *entry);
	void (*addr_new)(void *arg, const struct xn_addr *addr);
	void (*addr_del)(void *arg, const struct xn_addr *addr);
	/* Queueing disciplines of the link changed: read them (qdisc.h). */
	void (*tc_changed)(void *arg, int ifindex);
	/* Tables, chains or flow tables changed: read them (nft.h). */
	void (*nft_changed)(void *arg);
	void *arg;
};

struct xn_nl_monitor;

/* `what`: XN_MONITOR_*. In the thread's network namespace, or in another.
 * Caller owns *ret_monitor. -EPROTONOSUPPORT: XN_MONITOR_NFT on a kernel
 * without netfilter. */
int xn_nl_monitor_open(unsigned int what, struct xn_nl_monitor **ret_monitor,
		       struct xn_err *err);
int xn_nl_monitor_open_in(int netns_fd, unsigned int what,
			  struct xn_nl_monitor **ret_monitor,
			  struct xn_err *err);
void xn_nl_monitor_close(struct xn_nl_monitor *monitor); /* accepts NULL */
int xn_nl_monitor_fd(const struct xn_nl_monitor *monitor);

/* Reads what is there, up to a bound (the descriptor stays readable when
 * there is more), and never blocks. 0, or
 * -ENOBUFS: announcements were lost, dump again; the monitor goes on.
 * -EBADMSG: one of them made no sense; the same applies. */
int xn_nl_monitor_read(struct xn_nl_monitor *monitor,
		       const struct xn_nl_handlers *handlers);

#endif
