/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_WIRE_H
#define XN_NL_WIRE_H
/* The raw socket under the synchronous socket and the monitor. For
 * netconf/nl only. */
#include <stdint.h>
#include <sys/types.h>
#include <linux/netlink.h>

#include "netconf/base/err.h"

/* The kernel fills at most 32 KiB per datagram unless one object is larger. */
#define XN_NL_RECEIVE_BYTES 65536

/* A bound, close-on-exec socket; `protocol` is NETLINK_ROUTE or another,
 * `groups` the legacy bit mask. Caller owns the descriptor. */
int xn_nl_socket(int protocol, int flags, uint32_t groups, struct xn_err *err);

/* One datagram of the kernel; others' are dropped. -EAGAIN: none there (or
 * the timeout), -ENOBUFS: messages were lost, -EMSGSIZE: it was cut. */
ssize_t xn_nl_receive(int fd, void *buffer, size_t bytes_max);

/* Hands the messages of a datagram of announcements to the handlers; a bad
 * one does not keep the others. 0 or -EBADMSG. */
struct xn_nl_handlers;
int xn_nl_monitor_tell(const uint8_t *datagram, size_t left,
		       const struct xn_nl_handlers *handlers);
/* The same for a datagram of NETLINK_NETFILTER. */
int xn_nl_monitor_tell_nft(const uint8_t *datagram, size_t left,
			   const struct xn_nl_handlers *handlers);

#endif
