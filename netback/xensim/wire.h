/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_WIRE_H
#define XSIM_WIRE_H
/*
 * One packet with descriptors, for both ends of the broker's socket.
 * Thread: any.
 */
#include <sys/types.h>
#include <sys/uio.h>

/* The largest number of descriptors in one packet. */
#define XSIM_WIRE_FDS 4u

/* Sends `fd_count` copies of descriptors along. `flags` may hold
 * MSG_DONTWAIT. Bytes sent, or negative errno; never SIGPIPE. */
ssize_t xsim_wire_send(int socket, struct iovec *iov, unsigned int iov_count,
		       const int *fds, unsigned int fd_count, int flags);

/* Waits for one packet. Fills `ret_fds` (fd_max of them) with what came,
 * close-on-exec, and -1 for the rest; surplus descriptors are closed. Bytes,
 * 0 at the end, -EMSGSIZE for a packet longer than the vector, or another
 * negative errno. */
ssize_t xsim_wire_receive(int socket, struct iovec *iov, unsigned int iov_count,
			  int *ret_fds, unsigned int fd_max);

#endif
