/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process of its own, see watch.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/safe/watch.h"

#define REPORT_BYTES_MAX (64U << 20)
#define CHUNK_BYTES 65536
#define CGROUP_ROOT "/sys/fs/cgroup/cgroup.procs"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, text, strlen(text));
	xn_close(&fd);
}

/* With KillUserProcesses a login's control group goes with the login. */
static void leave_login(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[4096];
	bool of_login = false;

	while (file && fgets(line, sizeof(line), file))
		of_login |= strncmp(line, "0::", 3) == 0 &&
			    strstr(line, "/user.slice/") != NULL;
	if (file)
		(void)fclose(file);
	if (of_login)
		put(CGROUP_ROOT, "0");
}

static void ignore_signals(void)
{
	static const int signals[] = {SIGHUP,  SIGINT,	SIGQUIT, SIGTERM,
				      SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU,
				      SIGUSR1, SIGUSR2, SIGALRM};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &ignore, NULL);
}

/* Only the report is left of what came from the caller. */
static int detach(int *report_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || setsid() < 0 || chdir("/") < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(null, fd) < 0)
			return -errno;
	}
	if (dup3(*report_fd, 3, O_CLOEXEC) < 0 && errno != EINVAL)
		return -errno;
	*report_fd = 3;
	(void)syscall(SYS_close_range, 4U, ~0U, 0U);
	ignore_signals();
	(void)prctl(PR_SET_NAME, "xenplane-watch");
	put("/proc/self/oom_score_adj", "-1000");
	leave_login();
	return 0;
}

/* The parent's child ends at once, so that nobody has to wait for the one
 * that goes on. */
static void become_worker(xn_worker_fn *fn, void *arg, int report_fd)
{
	pid_t pid = fork();

	if (pid != 0)
		_exit(pid < 0 ? 1 : 0);
	if (detach(&report_fd) < 0)
		_exit(1);
	_exit(fn(arg, report_fd));
}

void xn_worker_report(int report_fd, json_t *take_report)
{
	char *text = take_report ? json_dumps(take_report, JSON_COMPACT) : NULL;
	size_t left = text ? strlen(text) : 0;
	const char *at = text;

	json_decref(take_report);
	while (left > 0) {
		ssize_t done = write(report_fd, at, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;
		at += done;
		left -= (size_t)done;
	}
	free(text);
	xn_close(&report_fd);
}

static int read_all(int fd, char **ret_text, size_t *ret_bytes)
{
	size_t have = 0, room = 0;
	char *text = NULL;

	for (;;) {
		ssize_t got;

		if (have == room) {
			char *more = room < REPORT_BYTES_MAX
					     ? realloc(text, room + CHUNK_BYTES)
					     : NULL;

			if (!more) {
				free(text);
				return -ENOMEM;
			}
			text = more;
			room += CHUNK_BYTES;
		}
		got = read(fd, text + have, room - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	*ret_text = text;
	*ret_bytes = have;
	return 0;
}

static int take_report(int fd, json_t **ret_report, struct xn_err *err)
{
	size_t bytes = 0;
	char *text = NULL;
	json_t *report;
	int rc = read_all(fd, &text, &bytes);

	if (rc < 0)
		return xn_fail(err, -rc, "the apply's report: out of memory");
	report = json_loadb(text, bytes, 0, NULL);
	free(text);
	if (!report)
		return xn_fail(err, EPIPE,
			       "the process that does it died: xenplane "
			       "recover finishes what it left");
	*ret_report = report;
	return 0;
}

int xn_worker_run(xn_worker_fn *fn, void *arg, json_t **ret_report,
		  struct xn_err *err)
{
	int pipe_fd[2];
	pid_t pid;
	int rc;

	(void)fflush(NULL);
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return xn_fail(err, errno, "pipe: %m");
	pid = fork();
	if (pid == 0) {
		xn_close(&pipe_fd[0]);
		become_worker(fn, arg, pipe_fd[1]);
	}
	rc = pid < 0 ? xn_fail(err, errno, "fork: %m") : 0;
	xn_close(&pipe_fd[1]);
	if (rc == 0)
		rc = take_report(pipe_fd[0], ret_report, err);
	xn_close(&pipe_fd[0]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	return rc;
}
