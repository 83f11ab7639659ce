/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors in messages. The receiver trusts nothing about the message but
 * what the kernel vouches for: whatever arrived and is not wanted is closed
 * before the call returns.
 */
#include "netconf/base/fd.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union fd_control {
	struct cmsghdr align;
	unsigned char bytes[CMSG_SPACE(XN_FD_PASS_MAX * sizeof(int))];
};

void xn_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int xn_fd_socketpair(int flags, int ret_pair[2])
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0,
		       pair) < 0)
		return -errno;
	ret_pair[0] = pair[0];
	ret_pair[1] = pair[1];
	return 0;
}

static void put_fds(struct msghdr *message, union fd_control *control,
		    const int *fds, size_t fd_count)
{
	/* The first header is where the buffer starts. */
	struct cmsghdr *cmsg = &control->align;

	memset(control, 0, sizeof(*control));
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, fd_count * sizeof(int));
}

int xn_fd_send(int socket, const void *data, size_t bytes, const int *fds,
	       size_t fd_count)
{
	union fd_control control;
	/* sendmsg() does not write through iov_base; its type is shared with
	 * recvmsg(). */
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data,
			    .iov_len = bytes};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t sent;

	if (bytes == 0 || fd_count > XN_FD_PASS_MAX)
		return -EINVAL;
	if (fd_count > 0)
		put_fds(&message, &control, fds, fd_count);
	do {
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Collects every descriptor of the message; the control buffer bounds their
 * number to XN_FD_PASS_MAX. */
static size_t take_fds(struct msghdr *message, int *fds)
{
	size_t count = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg;
	     cmsg = CMSG_NXTHDR(message, cmsg)) {
		size_t here;

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		here = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (here > XN_FD_PASS_MAX - count)
			here = XN_FD_PASS_MAX - count;
		memcpy(fds + count, CMSG_DATA(cmsg), here * sizeof(int));
		count += here;
	}
	return count;
}

static int judge_message(const struct msghdr *message, ssize_t got,
			 size_t fd_count, size_t fds_max)
{
	if (message->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EMSGSIZE;
	if (fd_count > fds_max)
		return -EPROTO;
	if (got == 0 && fd_count > 0)
		return -EPROTO;
	return 0;
}

ssize_t xn_fd_recv(int socket, void *data, size_t bytes_max, int *ret_fds,
		   size_t fds_max, size_t *ret_fd_count)
{
	union fd_control control;
	struct iovec iov = {.iov_base = data, .iov_len = bytes_max};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fds[XN_FD_PASS_MAX];
	size_t fd_count;
	ssize_t got;
	int rc;

	if (fds_max > XN_FD_PASS_MAX)
		return -EINVAL;
	do {
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	fd_count = take_fds(&message, fds);
	rc = judge_message(&message, got, fd_count, fds_max);
	if (rc < 0) {
		for (size_t i = 0; i < fd_count; i++)
			xn_close(&fds[i]);
		return rc;
	}
	if (fd_count > 0)
		memcpy(ret_fds, fds, fd_count * sizeof(int));
	*ret_fd_count = fd_count;
	return got;
}
