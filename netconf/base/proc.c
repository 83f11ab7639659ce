/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a program. Between fork and exec the child makes only system
 * calls. What fails there is told through a pipe that a successful exec
 * closes, so the caller knows the outcome when xn_proc_spawn() returns.
 */
#include "netconf/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/close_range.h>

#include "netconf/base/fd.h"

enum child_step {
	STEP_NULL,
	STEP_NETNS,
	STEP_PREPARE,
	STEP_FDS,
	STEP_DEATH_SIGNAL,
	STEP_EXEC,
};

struct child_failure {
	enum child_step step;
	int error;
};

static const char *step_words(enum child_step step)
{
	switch (step) {
	case STEP_NULL:
		return "open /dev/null";
	case STEP_NETNS:
		return "enter the network namespace";
	case STEP_PREPARE:
		return "prepare the child";
	case STEP_FDS:
		return "map descriptors";
	case STEP_DEATH_SIGNAL:
		return "follow the parent's death";
	case STEP_EXEC:
		return "execute";
	}
	return "?";
}

/* Exec takes "char *const *" for historical reasons and writes nothing. */
static char *const *exec_vector(const char *const *vector)
{
	return (char *const *)(uintptr_t)vector;
}

_Noreturn static void child_fail(int report_fd, enum child_step step, int error)
{
	struct child_failure failure = {.step = step, .error = error};

	/* Smaller than PIPE_BUF: whole or not at all; "not at all" reads as
	 * a child that died, which the exit status below tells as well. */
	if (write(report_fd, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

static void reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	/* SIGKILL, SIGSTOP and the C library's own signals refuse. */
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &action, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* First out of the way of all targets, then to them: sources and targets may
 * overlap. dup2() leaves only the targets without close-on-exec. */
static int map_fds(const struct xn_proc *proc, int null_fd, int *report_fd)
{
	int moved[XN_PROC_FDS_MAX];
	bool stdin_mapped = false;
	int above = 3;

	for (size_t i = 0; i < proc->fd_count; i++) {
		if (proc->fds[i].to >= above)
			above = proc->fds[i].to + 1;
		if (proc->fds[i].to == 0)
			stdin_mapped = true;
	}
	*report_fd = fcntl(*report_fd, F_DUPFD_CLOEXEC, above);
	if (*report_fd < 0)
		return -errno;
	for (size_t i = 0; i < proc->fd_count; i++) {
		moved[i] = fcntl(proc->fds[i].from, F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return -errno;
	}
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	if (!stdin_mapped && dup2(null_fd, STDIN_FILENO) < 0)
		return -errno;
	for (size_t i = 0; i < proc->fd_count; i++) {
		if (dup2(moved[i], proc->fds[i].to) < 0)
			return -errno;
	}
	return 0;
}

static int follow_parent(int death_signal, pid_t parent)
{
	if (death_signal == 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, (unsigned long)death_signal) < 0)
		return -errno;
	/* It may have died before the line above. */
	return getppid() == parent ? 0 : -ESRCH;
}

_Noreturn static void child_run(const struct xn_proc *proc, int report_fd,
				pid_t parent)
{
	char *const *argv = exec_vector(proc->argv);
	int original_fd = report_fd;
	int null_fd;
	int rc;

	reset_signals();
	/* Before `prepare` can change what /dev is. */
	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null_fd < 0)
		child_fail(report_fd, STEP_NULL, errno);
	if (proc->netns_fd >= 0 && setns(proc->netns_fd, CLONE_NEWNET) < 0)
		child_fail(report_fd, STEP_NETNS, errno);
	rc = proc->prepare ? proc->prepare(proc->prepare_arg) : 0;
	if (rc < 0)
		child_fail(report_fd, STEP_PREPARE, -rc);
	rc = map_fds(proc, null_fd, &report_fd);
	if (rc < 0)
		child_fail(report_fd < 0 ? original_fd : report_fd, STEP_FDS,
			   -rc);
	rc = follow_parent(proc->death_signal, parent);
	if (rc < 0)
		child_fail(report_fd, STEP_DEATH_SIGNAL, -rc);
	if (proc->env)
		(void)execvpe(argv[0], argv, exec_vector(proc->env));
	else
		(void)execvp(argv[0], argv);
	child_fail(report_fd, STEP_EXEC, errno);
}

/* 0: exec succeeded. */
static int read_outcome(int fd, const char *name, struct xn_err *err)
{
	struct child_failure failure;
	ssize_t got;

	do {
		got = read(fd, &failure, sizeof(failure));
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	if (got != (ssize_t)sizeof(failure))
		return xn_fail(err, EIO, "start %s: no word from the child",
			       name);
	return xn_fail(err, failure.error, "start %s: %s: %s", name,
		       step_words(failure.step), strerror(failure.error));
}

static int check_proc(const struct xn_proc *proc, struct xn_err *err)
{
	if (!proc->argv || !proc->argv[0])
		return xn_fail(err, EINVAL, "start: no program named");
	if (proc->fd_count > XN_PROC_FDS_MAX)
		return xn_fail(err, EINVAL, "start %s: %zu descriptors",
			       proc->argv[0], proc->fd_count);
	for (size_t i = 0; i < proc->fd_count; i++) {
		if (proc->fds[i].to < 0)
			return xn_fail(err, EINVAL,
				       "start %s: descriptor to number %d",
				       proc->argv[0], proc->fds[i].to);
	}
	return 0;
}

/* Without `prepare` the child does nothing but system calls on its way to the
 * program, in frames of its own above the caller's, who waits for the program
 * anyway. So it may borrow the memory: copying a process's page tables is most
 * of what starting a program costs, and under Xen a third of how long guests
 * wait for the next data process. */
static pid_t fork_for(const struct xn_proc *proc, int report_fd, pid_t parent)
{
	pid_t pid;

	if (proc->prepare)
		pid = fork();
	else
		/* NOLINTNEXTLINE(clang-analyzer-*) */
		pid = vfork();
	if (pid == 0)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork) */
		child_run(proc, report_fd, parent);
	return pid;
}

/* The parent's handlers must not run in the child: signals wait until the
 * child has reset them. */
static pid_t fork_quietly(const struct xn_proc *proc, int report_fd)
{
	pid_t parent = getpid();
	sigset_t all;
	sigset_t before;
	pid_t pid;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork_for(proc, report_fd, parent);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int xn_proc_spawn(const struct xn_proc *proc, pid_t *ret_pid,
		  struct xn_err *err)
{
	int report[2];
	pid_t pid;
	int rc;

	rc = check_proc(proc, err);
	if (rc < 0)
		return rc;
	if (pipe2(report, O_CLOEXEC) < 0)
		return xn_fail(err, errno, "start %s: pipe: %m", proc->argv[0]);
	pid = fork_quietly(proc, report[1]);
	if (pid < 0) {
		rc = xn_fail(err, errno, "start %s: fork: %m", proc->argv[0]);
		goto out_close;
	}
	xn_close(&report[1]);
	rc = read_outcome(report[0], proc->argv[0], err);
	if (rc < 0)
		/* Its end is certain and its status is in `rc`. */
		(void)waitpid(pid, NULL, 0);
	else
		*ret_pid = pid;
out_close:
	xn_close(&report[0]);
	xn_close(&report[1]);
	return rc;
}
