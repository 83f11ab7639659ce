/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_PROC_H
#define XN_BASE_PROC_H
/*
 * Starting a program. The child gets what the description names and nothing
 * else: stdin is /dev/null unless mapped, stdout and stderr are inherited
 * unless mapped, every other descriptor is closed, signals are unblocked and
 * at their defaults. Wait for it with xn_loop_add_child() or waitpid(2).
 *
 * The calling program may have several threads only if `prepare` is NULL or
 * does nothing but async-signal-safe calls.
 */
#include <stddef.h>
#include <sys/types.h>

#include "netconf/base/err.h"

#define XN_PROC_FDS_MAX 32

struct xn_proc_fd {
	int from; /* the caller's descriptor; stays open there */
	int to;	  /* its number in the child */
};

struct xn_proc {
	/* NULL-terminated. A name without '/' is looked for in PATH. */
	const char *const *argv;
	const char *const *env; /* NULL: the caller's */
	const struct xn_proc_fd *fds;
	size_t fd_count; /* at most XN_PROC_FDS_MAX */
	/* 0: none. Else the signal that the child gets when the thread that
	 * started it ends. */
	int death_signal;
	/* -1: the caller's network namespace. */
	int netns_fd;
	/* Runs in the child, in that namespace, before descriptors are mapped
	 * (a mount namespace, a session, credentials). 0 or -errno; failing
	 * fails the spawn. May be NULL. */
	int (*prepare)(void *arg);
	void *prepare_arg;
};

/* Returns when the program runs (execve succeeded) or could not be started:
 * -errno, with the step that failed in `err` and no child left behind. */
int xn_proc_spawn(const struct xn_proc *proc, pid_t *ret_pid,
		  struct xn_err *err);

#endif
