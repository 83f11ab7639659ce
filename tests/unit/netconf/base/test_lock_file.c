/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One holder at a time, and no file when nobody holds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/lock_file.h"

static char path[64];

static int choose_path(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/xn-lock-%d", (int)getpid());
	return 0;
}

static void it_is_there_while_it_is_held(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(xn_lock_file_take(path, NULL, &fd), 0);
	assert_int_equal(access(path, F_OK), 0);
	xn_lock_file_release(path, &fd);
	assert_int_equal(fd, -1);
	assert_int_equal(access(path, F_OK), -1);
	xn_lock_file_release(path, &fd);
}

/* Many, each of which reads a number and writes the next. */
static void nobody_is_between(void **state)
{
	char name[80];
	FILE *number;
	int value = -1;

	(void)state;
	(void)snprintf(name, sizeof(name), "%s-number", path);
	number = fopen(name, "w");
	assert_non_null(number);
	assert_true(fputs("0\n", number) >= 0);
	assert_int_equal(fclose(number), 0);
	for (int i = 0; i < 8; i++) {
		if (fork())
			continue;
		for (int n = 0; n < 50; n++) {
			int fd = -1;

			if (xn_lock_file_take(path, NULL, &fd))
				_exit(1);
			number = fopen(name, "r+");
			if (!number || fscanf(number, "%d", &value) != 1)
				_exit(1);
			rewind(number);
			(void)fprintf(number, "%d\n", value + 1);
			if (fclose(number))
				_exit(1);
			xn_lock_file_release(path, &fd);
		}
		_exit(0);
	}
	for (int i = 0; i < 8; i++) {
		int status = 1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	number = fopen(name, "r");
	assert_non_null(number);
	assert_int_equal(fscanf(number, "%d", &value), 1);
	assert_int_equal(value, 8 * 50);
	assert_int_equal(fclose(number), 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void ignore(int signal)
{
	(void)signal;
}

static bool at_once(void)
{
	return true;
}

static void who_waits_gives_up_when_told(void **state)
{
	struct sigaction action = {.sa_handler = ignore};
	int fd = -1, other = -1;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(xn_lock_file_take(path, NULL, &fd), 0);
	/* Again and again: the first may come before the wait. */
	assert_int_equal(ualarm(10000, 10000), 0);
	assert_int_equal(xn_lock_file_take(path, at_once, &other), -ETIMEDOUT);
	(void)ualarm(0, 0);
	assert_int_equal(other, -1);
	xn_lock_file_release(path, &fd);
}

static void who_only_tries_does_not_wait(void **state)
{
	int fd = -1, other = -1;

	(void)state;
	assert_int_equal(xn_lock_file_try(path, &fd), 0);
	assert_int_equal(xn_lock_file_try(path, &other), -EBUSY);
	assert_int_equal(other, -1);
	xn_lock_file_release(path, &fd);
	assert_int_equal(xn_lock_file_try(path, &other), 0);
	xn_lock_file_release(path, &other);
}

static void no_link_is_followed(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(xn_lock_file_take(path, NULL, &fd), -ELOOP);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_there_while_it_is_held),
		cmocka_unit_test(nobody_is_between),
		cmocka_unit_test(who_waits_gives_up_when_told),
		cmocka_unit_test(who_only_tries_does_not_wait),
		cmocka_unit_test(no_link_is_followed),
	};

	return cmocka_run_group_tests(tests, choose_path, NULL);
}
