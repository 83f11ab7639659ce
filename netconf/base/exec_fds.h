/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_EXEC_FDS_H
#define XN_BASE_EXEC_FDS_H
/*
 * Descriptors that a program leaves open, under names, to the program that it
 * becomes by execve(2): a memfd with a line "NUMBER NAME" for each, whose own
 * number is in the environment. They keep their numbers, so that a program
 * that could not be executed is found out while all is as it was.
 *
 * Thread: any one; no other may open or close descriptors meanwhile.
 */
#include "netconf/base/err.h"

#define XN_EXEC_FDS_ENV "XENPLANE_DESCRIPTORS"
#define XN_EXEC_FDS_NAME_MAX 63

struct xn_exec_fds;

/* Caller owns the result. NULL with err. */
struct xn_exec_fds *xn_exec_fds_create(struct xn_err *err);
/* Accepts NULL. */
void xn_exec_fds_destroy(struct xn_exec_fds *fds);

/* `fd` stays the caller's; it must be open at xn_exec_fds_exec(). A name has
 * no white space and at most XN_EXEC_FDS_NAME_MAX bytes. */
void xn_exec_fds_add(struct xn_exec_fds *fds, const char *name, int fd);

/* Becomes the program, with the caller's environment; all descriptors but the
 * standard ones and those that were added are closed there. Returns only if
 * that failed: negative errno, and all is as it was. */
int xn_exec_fds_exec(struct xn_exec_fds *fds, const char *path,
		     char *const *argv, struct xn_err *err);

/* In the program that was become: calls `fn` for each descriptor, which is its
 * own from then on (close-on-exec). What is not as above is skipped; the
 * environment is cleaned. How many; 0: nothing was left to this one. */
int xn_exec_fds_take(void (*fn)(void *arg, const char *name, int fd),
		     void *arg);

#endif
