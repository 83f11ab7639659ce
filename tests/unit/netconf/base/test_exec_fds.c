/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program that is become is this one, with a word. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "netconf/base/exec_fds.h"

static int file_with(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static bool is_file_with(int fd, const char *text)
{
	char have[64] = "";

	return pread(fd, have, sizeof(have) - 1, 0) >= 0 && !strcmp(have, text);
}

static bool closes_on_exec(int fd)
{
	return fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

struct taken {
	int count;
	char name[8][XN_EXEC_FDS_NAME_MAX + 1];
	int fd[8];
};

static void note(void *arg, const char *name, int fd)
{
	struct taken *taken = arg;

	if (taken->count == 8)
		return;
	(void)snprintf(taken->name[taken->count],
		       sizeof(taken->name[taken->count]), "%s", name);
	taken->fd[taken->count++] = fd;
}

/* In the next program. Its exit status: 0: all is as it should be. */
static int take_over(const char *forgotten)
{
	struct taken taken = {0};

	if (xn_exec_fds_take(note, &taken) != 2 || taken.count != 2)
		return 10;
	if (strcmp(taken.name[0], "1.0.tap") || !is_file_with(taken.fd[0], "a"))
		return 11;
	if (strcmp(taken.name[1], "stats") || !is_file_with(taken.fd[1], "b"))
		return 12;
	if (!closes_on_exec(taken.fd[0]) || !closes_on_exec(taken.fd[1]))
		return 13;
	if (fcntl(atoi(forgotten), F_GETFD) >= 0)
		return 14; /* what was not added is closed */
	if (getenv(XN_EXEC_FDS_ENV) || xn_exec_fds_take(note, &taken) != 0)
		return 15;
	return 0;
}

static void the_next_one_has_them(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct xn_err err = {0};
		struct xn_exec_fds *fds = xn_exec_fds_create(&err);
		char self[] = "/proc/self/exe", word[16];
		int forgotten = fcntl(file_with("c"), F_DUPFD, 100);
		char *argv[] = {self, word, NULL};

		(void)snprintf(word, sizeof(word), "%d", forgotten);
		xn_exec_fds_add(fds, "1.0.tap", file_with("a"));
		xn_exec_fds_add(fds, "stats", file_with("b"));
		(void)xn_exec_fds_exec(fds, self, argv, &err);
		_exit(20);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_program_that_is_none(void **state)
{
	struct xn_err err = {0};
	struct xn_exec_fds *fds = xn_exec_fds_create(&err);
	char name[] = "none";
	char *argv[] = {name, NULL};
	int fd = file_with("a");

	(void)state;
	assert_non_null(fds);
	xn_exec_fds_add(fds, "stats", fd);
	assert_int_equal(xn_exec_fds_exec(fds, "/no/such/program", argv, &err),
			 -ENOENT);
	assert_non_null(strstr(xn_err_text(&err), "/no/such/program"));
	assert_true(is_file_with(fd, "a"));
	assert_true(closes_on_exec(fd));
	assert_null(getenv(XN_EXEC_FDS_ENV));
	xn_exec_fds_destroy(fds);
	assert_int_equal(close(fd), 0);
}

static void leave_list(const char *text)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", file_with(text));
	assert_int_equal(setenv(XN_EXEC_FDS_ENV, number, 1), 0);
}

static void lists_that_are_none(void **state)
{
	static const char *const numbers[] = {"",  "x",	    "-1",
					      "2", "99999", "3x"};
	struct taken taken = {0};
	char text[128];
	int fd = file_with("a");

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_int_equal(setenv(XN_EXEC_FDS_ENV, numbers[i], 1), 0);
		assert_int_equal(xn_exec_fds_take(note, &taken), 0);
	}
	leave_list("\n 5\n0 stdin\nx name\n4000 gone\n-3 less\n7\n7 ");
	assert_int_equal(xn_exec_fds_take(note, &taken), 0);
	/* The control: one line among those is good. */
	(void)snprintf(text, sizeof(text), "0 stdin\n%d good\n4000 gone\n", fd);
	leave_list(text);
	assert_int_equal(xn_exec_fds_take(note, &taken), 1);
	assert_string_equal(taken.name[0], "good");
	assert_int_equal(taken.fd[0], fd);
	assert_int_equal(close(fd), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_one_has_them),
		cmocka_unit_test(a_program_that_is_none),
		cmocka_unit_test(lists_that_are_none),
	};

	if (argc == 2)
		return take_over(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
