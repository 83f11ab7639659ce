/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netback/xensim/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(XSIM_WIRE_FDS * sizeof(int))];
};

ssize_t xsim_wire_send(int socket, struct iovec *iov, unsigned int iov_count,
		       const int *fds, unsigned int fd_count, int flags)
{
	union control control;
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = iov_count};
	ssize_t sent;

	if (fd_count > XSIM_WIRE_FDS)
		return -EINVAL;
	if (fd_count) {
		size_t bytes = fd_count * sizeof(int);
		struct cmsghdr *header = &control.header;

		memset(&control, 0, sizeof(control));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(bytes);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(header), fds, bytes);
	}
	do {
		sent = sendmsg(socket, &message, MSG_NOSIGNAL | flags);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

static void take_fds(struct msghdr *message, int *ret_fds, unsigned int fd_max)
{
	unsigned int used = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		size_t count;

		if (header->cmsg_level != SOL_SOCKET ||
		    header->cmsg_type != SCM_RIGHTS)
			continue;
		count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd),
			       sizeof(fd));
			if (used < fd_max)
				ret_fds[used++] = fd;
			else
				close(fd);
		}
	}
}

ssize_t xsim_wire_receive(int socket, struct iovec *iov, unsigned int iov_count,
			  int *ret_fds, unsigned int fd_max)
{
	union control control;
	struct msghdr message = {.msg_iov = iov,
				 .msg_iovlen = iov_count,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t got;

	for (unsigned int i = 0; i < fd_max; i++)
		ret_fds[i] = -1;
	memset(&control, 0, sizeof(control));
	do {
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	take_fds(&message, ret_fds, fd_max);
	if (!(message.msg_flags & MSG_TRUNC))
		return got;
	for (unsigned int i = 0; i < fd_max; i++) {
		if (ret_fds[i] >= 0)
			close(ret_fds[i]);
		ret_fds[i] = -1;
	}
	return -EMSGSIZE;
}
