/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_HOLDER_SOCKETS_H
#define XN_HOLDER_SOCKETS_H
/* Which link a process has a packet socket on: by the kernel's list of them
 * and the process's descriptors. */
#include <stdint.h>
#include <stdio.h>

/* The first one's ifindex; 0: it has none. `root`: as in holder.h. */
int xn_holder_socket_link(const char *root, const char *pid);
/* In a stream that reads as /proc/net/packet does: the link that the socket of
 * that number is on, 0 when it is none of these. For tests, too. */
int xn_holder_socket_find(FILE *from, uint64_t inode);

#endif
