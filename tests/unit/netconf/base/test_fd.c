/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "netconf/base/fd.h"

static int pair[2];

static int open_pair(void **state)
{
	(void)state;
	return xn_fd_socketpair(SOCK_NONBLOCK, pair);
}

static int close_pair(void **state)
{
	(void)state;
	xn_close(&pair[0]);
	xn_close(&pair[1]);
	return 0;
}

static int count_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static void closing_keeps_errno_and_forgets_the_number(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	int copy = fd;

	(void)state;
	errno = ENOENT;
	xn_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	xn_close(&fd);
	assert_int_equal(fd, -1);
}

static void data_and_descriptors_arrive_together(void **state)
{
	int sent[2] = {eventfd(5, EFD_CLOEXEC), eventfd(6, EFD_CLOEXEC)};
	char data[16];
	int got[XN_FD_PASS_MAX];
	size_t count = 99;
	eventfd_t value;

	(void)state;
	assert_int_equal(xn_fd_send(pair[0], "hello", 5, sent, 2), 0);
	assert_int_equal(
		xn_fd_recv(pair[1], data, sizeof(data), got, 2, &count), 5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(count, 2);
	assert_int_equal(eventfd_read(got[0], &value), 0);
	assert_int_equal(value, 5);
	assert_int_equal(eventfd_read(got[1], &value), 0);
	assert_int_equal(value, 6);
	assert_true(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		xn_close(&sent[i]);
		xn_close(&got[i]);
	}
}

static void messages_without_descriptors(void **state)
{
	char data[16];
	size_t count = 99;

	(void)state;
	assert_int_equal(xn_fd_send(pair[0], "x", 1, NULL, 0), 0);
	assert_int_equal(
		xn_fd_recv(pair[1], data, sizeof(data), NULL, 0, &count), 1);
	assert_int_equal(count, 0);
}

static void the_largest_set_of_descriptors(void **state)
{
	int sent[XN_FD_PASS_MAX];
	int got[XN_FD_PASS_MAX];
	char data[4];
	size_t count = 0;
	int before = count_open_fds();

	(void)state;
	for (int i = 0; i < XN_FD_PASS_MAX; i++)
		sent[i] = pair[0];
	assert_int_equal(xn_fd_send(pair[0], "x", 1, sent, XN_FD_PASS_MAX), 0);
	assert_int_equal(xn_fd_recv(pair[1], data, sizeof(data), got,
				    XN_FD_PASS_MAX, &count),
			 1);
	assert_int_equal(count, XN_FD_PASS_MAX);
	assert_int_equal(count_open_fds(), before + XN_FD_PASS_MAX);
	for (size_t i = 0; i < count; i++)
		xn_close(&got[i]);
}

static void surplus_descriptors_are_closed(void **state)
{
	int sent[3] = {pair[0], pair[0], pair[0]};
	int got[2] = {-7, -7};
	char data[4];
	size_t count = 99;
	int before = count_open_fds();

	(void)state;
	assert_int_equal(xn_fd_send(pair[0], "x", 1, sent, 3), 0);
	assert_int_equal(
		xn_fd_recv(pair[1], data, sizeof(data), got, 2, &count),
		-EPROTO);
	assert_int_equal(count_open_fds(), before);
	assert_int_equal(got[0], -7);
	assert_int_equal(count, 99);
}

static void a_cut_message_is_refused(void **state)
{
	int sent[1] = {pair[0]};
	int got[1];
	char data[4];
	size_t count = 99;
	int before = count_open_fds();

	(void)state;
	assert_int_equal(xn_fd_send(pair[0], "12345", 5, sent, 1), 0);
	assert_int_equal(
		xn_fd_recv(pair[1], data, sizeof(data), got, 1, &count),
		-EMSGSIZE);
	assert_int_equal(count_open_fds(), before);
	assert_int_equal(count, 99);
}

/* More than xn_fd_send() lets through. */
static void send_many(size_t fd_count)
{
	union {
		struct cmsghdr align;
		unsigned char bytes[CMSG_SPACE(64 * sizeof(int))];
	} control;
	char byte = 'x';
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen =
					 CMSG_SPACE(fd_count * sizeof(int))};
	struct cmsghdr *cmsg;

	memset(&control, 0, sizeof(control));
	cmsg = CMSG_FIRSTHDR(&message);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	for (size_t i = 0; i < fd_count; i++)
		memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &pair[0],
		       sizeof(int));
	assert_int_equal(sendmsg(pair[0], &message, 0), 1);
}

static void cut_control_data_is_refused(void **state)
{
	int got[XN_FD_PASS_MAX];
	char data[4];
	size_t count = 99;
	int before = count_open_fds();

	(void)state;
	send_many(XN_FD_PASS_MAX + 1);
	assert_int_equal(xn_fd_recv(pair[1], data, sizeof(data), got,
				    XN_FD_PASS_MAX, &count),
			 -EMSGSIZE);
	assert_int_equal(count_open_fds(), before);
	assert_int_equal(count, 99);
}

static void impossible_sizes_are_refused(void **state)
{
	int fds[XN_FD_PASS_MAX + 1] = {0};
	char data[4];
	size_t count;

	(void)state;
	assert_int_equal(xn_fd_send(pair[0], "", 0, NULL, 0), -EINVAL);
	assert_int_equal(xn_fd_send(pair[0], "x", 1, fds, XN_FD_PASS_MAX + 1),
			 -EINVAL);
	assert_int_equal(xn_fd_recv(pair[1], data, sizeof(data), fds,
				    XN_FD_PASS_MAX + 1, &count),
			 -EINVAL);
	/* None of them left anything in the socket. */
	assert_int_equal(
		xn_fd_recv(pair[1], data, sizeof(data), fds, 0, &count),
		-EAGAIN);
}

static void the_other_side_is_gone(void **state)
{
	char data[4];
	size_t count = 99;

	(void)state;
	xn_close(&pair[0]);
	assert_int_equal(
		xn_fd_recv(pair[1], data, sizeof(data), NULL, 0, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(xn_fd_send(pair[1], "x", 1, NULL, 0), -EPIPE);
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_keeps_errno_and_forgets_the_number),
		PAIR(data_and_descriptors_arrive_together),
		PAIR(messages_without_descriptors),
		PAIR(the_largest_set_of_descriptors),
		PAIR(surplus_descriptors_are_closed),
		PAIR(a_cut_message_is_refused),
		PAIR(cut_control_data_is_refused),
		PAIR(impossible_sizes_are_refused),
		PAIR(the_other_side_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
