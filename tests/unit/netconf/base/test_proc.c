/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "netconf/base/fd.h"
#include "netconf/base/proc.h"

static int wait_status(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Starts `proc` with its stdout mapped (fds[0] is filled here), waits for its
 * good end, and returns what it wrote. */
static const char *output_of(struct xn_proc *proc, struct xn_proc_fd *fds,
			     size_t fd_count)
{
	static char text[4096];
	struct xn_err err = {0};
	size_t used = 0;
	ssize_t got;
	int out[2];
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fds[0] = (struct xn_proc_fd){.from = out[1], .to = STDOUT_FILENO};
	proc->fds = fds;
	proc->fd_count = fd_count;
	proc->netns_fd = -1;
	if (xn_proc_spawn(proc, &pid, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	xn_close(&out[1]);
	while ((got = read(out[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	xn_close(&out[0]);
	assert_int_equal(wait_status(pid), 0);
	return text;
}

static const char *shell_output(const char *script)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct xn_proc proc = {.argv = argv};
	struct xn_proc_fd fds[1];

	return output_of(&proc, fds, 1);
}

static void the_exit_status_is_the_programs(void **state)
{
	const char *const argv[] = {"sh", "-c", "exit 3", NULL};
	struct xn_proc proc = {.argv = argv, .netns_fd = -1};
	struct xn_err err = {0};
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(xn_proc_spawn(&proc, &pid, &err), 0);
	status = wait_status(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
}

static void assert_not_started(const struct xn_proc *proc, int want,
			       const char *words)
{
	struct xn_err err = {0};
	pid_t pid = -5;

	assert_int_equal(xn_proc_spawn(proc, &pid, &err), want);
	assert_non_null(strstr(xn_err_text(&err), words));
	assert_int_equal(pid, -5);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int refuse(void *arg)
{
	(void)arg;
	return -EPERM;
}

static void what_cannot_be_started_leaves_no_child(void **state)
{
	const char *const missing[] = {"/nonexistent/program", NULL};
	const char *const none[] = {NULL};
	const char *const good[] = {"true", NULL};
	struct xn_proc_fd bad_fd = {.from = 9999, .to = 1};
	struct xn_proc_fd bad_target = {.from = 1, .to = -1};
	struct xn_proc proc = {.argv = missing, .netns_fd = -1};

	(void)state;
	assert_not_started(&proc, -ENOENT, "start /nonexistent/program");
	proc.argv = none;
	assert_not_started(&proc, -EINVAL, "no program");
	proc.argv = good;
	proc.prepare = refuse;
	assert_not_started(&proc, -EPERM, "prepare");
	proc.prepare = NULL;
	proc.fds = &bad_fd;
	proc.fd_count = 1;
	assert_not_started(&proc, -EBADF, "map descriptors");
	proc.fds = &bad_target;
	assert_not_started(&proc, -EINVAL, "number -1");
	proc.fd_count = XN_PROC_FDS_MAX + 1;
	assert_not_started(&proc, -EINVAL, "33 descriptors");
	proc.fd_count = 0;
	proc.netns_fd = 9999;
	assert_not_started(&proc, -EBADF, "network namespace");
}

static void stdin_is_dev_null(void **state)
{
	(void)state;
	assert_string_equal(shell_output("readlink /proc/self/fd/0"),
			    "/dev/null\n");
}

static void other_descriptors_are_closed(void **state)
{
	/* Not close-on-exec: a careless caller's. */
	int stray = dup2(STDERR_FILENO, 77);

	(void)state;
	assert_int_equal(stray, 77);
	assert_string_equal(shell_output("test -e /proc/$$/fd/77 && echo 77;"
					 "test -e /proc/$$/fd/2 && echo 2"),
			    "2\n");
	xn_close(&stray);
}

static int file_with(const char *text)
{
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(write(pipe_fds[1], text, strlen(text)),
			 (ssize_t)strlen(text));
	xn_close(&pipe_fds[1]);
	return pipe_fds[0];
}

static void descriptors_can_change_places(void **state)
{
	char script[64];
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct xn_proc proc = {.argv = argv};
	int a = file_with("a");
	int b = file_with("b");
	struct xn_proc_fd fds[] = {
		{0, 0},
		{.from = a, .to = b},
		{.from = b, .to = a},
		{.from = a, .to = 0},
	};

	(void)state;
	(void)snprintf(script, sizeof(script),
		       "cat /proc/self/fd/%d /proc/self/fd/%d", a, b);
	assert_string_equal(output_of(&proc, fds, 3), "ba");
	xn_close(&b);
	b = file_with("b");
	fds[1] = fds[3];
	xn_close(&a);
	a = file_with("stdin");
	fds[1].from = a;
	(void)snprintf(script, sizeof(script), "cat");
	assert_string_equal(output_of(&proc, fds, 2), "stdin");
	xn_close(&a);
	xn_close(&b);
}

static void the_environment_is_the_given_one(void **state)
{
	const char *const argv[] = {"env", NULL};
	const char *const env[] = {"vif=vif1.0", NULL};
	struct xn_proc proc = {.argv = argv, .env = env};
	struct xn_proc_fd fds[1];

	(void)state;
	assert_string_equal(output_of(&proc, fds, 1), "vif=vif1.0\n");
}

static void signals_start_afresh(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	sigset_t set;
	sigset_t mask;

	(void)state;
	assert_int_equal(sigaction(SIGUSR2, &ignore, &before), 0);
	assert_int_equal(sigemptyset(&set), 0);
	assert_int_equal(sigaddset(&set, SIGUSR1), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &mask), 0);
	assert_string_equal(
		shell_output("grep -E '^Sig(Blk|Ign)' /proc/self/status"),
		"SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	/* The caller's own stay. */
	assert_int_equal(sigprocmask(SIG_SETMASK, &mask, &set), 0);
	assert_true(sigismember(&set, SIGUSR1) == 1);
	assert_int_equal(sigaction(SIGUSR2, &before, &ignore), 0);
	assert_ptr_equal(ignore.sa_handler, SIG_IGN);
}

static int new_session(void *arg)
{
	*(int *)arg = 1; /* in the child only */
	return setsid() < 0 ? -errno : 0;
}

static void prepare_runs_in_the_child(void **state)
{
	const char *const argv[] = {"sh", "-c",
				    "read pid comm st ppid pgrp sid rest "
				    "</proc/self/stat; test $sid = $$ && "
				    "echo leader",
				    NULL};
	int touched = 0;
	struct xn_proc proc = {
		.argv = argv, .prepare = new_session, .prepare_arg = &touched};
	struct xn_proc_fd fds[1];

	(void)state;
	assert_string_equal(output_of(&proc, fds, 1), "leader\n");
	assert_int_equal(touched, 0);
}

/* Starts a long sleeper that holds `held` and dies with its parent, then
 * waits for a byte and ends. */
static void middle_process(int held, int go)
{
	const char *const argv[] = {"sleep", "600", NULL};
	struct xn_proc_fd fds = {.from = held, .to = STDOUT_FILENO};
	struct xn_proc proc = {.argv = argv,
			       .fds = &fds,
			       .fd_count = 1,
			       .netns_fd = -1,
			       .death_signal = SIGKILL};
	char byte;
	pid_t pid;

	if (xn_proc_spawn(&proc, &pid, NULL) < 0)
		_exit(1);
	xn_close(&held);
	_exit(read(go, &byte, 1) == 1 ? 0 : 1);
}

static void a_child_follows_its_parent_to_death(void **state)
{
	int held[2];
	int go[2];
	struct pollfd ended;
	char byte = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(held, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		middle_process(held[1], go[0]);
	xn_close(&held[1]);
	ended = (struct pollfd){.fd = held[0], .events = POLLIN};
	/* While the parent lives, so does the sleeper. */
	assert_int_equal(poll(&ended, 1, 50), 0);
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(wait_status(pid), 0);
	assert_int_equal(poll(&ended, 1, 60000), 1);
	assert_int_equal(read(held[0], &byte, 1), 0);
	xn_close(&held[0]);
	xn_close(&go[0]);
	xn_close(&go[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_status_is_the_programs),
		cmocka_unit_test(what_cannot_be_started_leaves_no_child),
		cmocka_unit_test(stdin_is_dev_null),
		cmocka_unit_test(other_descriptors_are_closed),
		cmocka_unit_test(descriptors_can_change_places),
		cmocka_unit_test(the_environment_is_the_given_one),
		cmocka_unit_test(signals_start_afresh),
		cmocka_unit_test(prepare_runs_in_the_child),
		cmocka_unit_test(a_child_follows_its_parent_to_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
