/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_PACKET_H
#define XN_NL_PACKET_H
/*
 * Packet sockets (AF_PACKET) of the thread's network namespace that take every
 * frame (ETH_P_ALL), as /proc/net/packet tells them. One for another protocol
 * gets nothing that a bridge forwards. Nothing announces them: netlink's
 * packet_diag answers questions, too, but has no group to listen to.
 */
#include "netconf/base/err.h"
#include "netconf/nl/ifindex.h"

/* The links that they are bound to; 0: all links. Empty also on a kernel
 * without packet sockets. -EBADMSG: the file makes no sense. */
int xn_packet_read(struct xn_ifindexes *ret_links, struct xn_err *err);

/* One line of the file: 1 and *ret_ifindex; 0: a socket that takes only some
 * frames, or none now; -EINVAL: not a socket's line. */
int xn_packet_parse(const char *line, int *ret_ifindex);

#endif
