/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_FD_H
#define XN_BASE_FD_H
/*
 * Descriptors: closing, and handing them to another process in one message
 * of a SOCK_SEQPACKET socket. All descriptors made here are close-on-exec.
 * Any thread; a socket's users must agree on their turns.
 */
#include <stddef.h>
#include <sys/types.h>

#define XN_FD_PASS_MAX 16

/* Closes *fd unless it is negative, and makes it -1. errno is kept. */
void xn_close(int *fd);

/* A connected pair of SOCK_SEQPACKET sockets. `flags`: 0 or SOCK_NONBLOCK. */
int xn_fd_socketpair(int flags, int ret_pair[2]);

/* One message of `bytes` > 0 with `fd_count` <= XN_FD_PASS_MAX descriptors;
 * the caller keeps them. 0, or -errno: -EINVAL for impossible sizes, -EAGAIN
 * when a non-blocking socket is full, -EPIPE when the other side is gone. */
int xn_fd_send(int socket, const void *data, size_t bytes, const int *fds,
	       size_t fd_count);

/* One message. Returns its length; 0: the other side closed the socket.
 * *ret_fd_count descriptors are in ret_fds and belong to the caller. On
 * failure no descriptor is left open and none is returned:
 * -EMSGSIZE  data or descriptors were cut (the message is lost),
 * -EPROTO    more than `fds_max` descriptors, or a message without data,
 * -EINVAL    fds_max above XN_FD_PASS_MAX, and any error of recvmsg(2). */
ssize_t xn_fd_recv(int socket, void *data, size_t bytes_max, int *ret_fds,
		   size_t fds_max, size_t *ret_fd_count);

#endif
