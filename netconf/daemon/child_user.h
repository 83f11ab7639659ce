/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_CHILD_USER_H
#define XN_DAEMON_CHILD_USER_H
/*
 * A child that is no root from its first instruction on: another user with
 * some capabilities (capabilities(7): ambient ones), which it can lose but not
 * add to. Thread: the loop's; the second function in the child, between fork
 * and exec, where it makes only system calls.
 */
#include <stdint.h>
#include <sys/types.h>

#include "netconf/base/err.h"

struct xn_child_user {
	uid_t uid;
	gid_t gid;
	uint32_t capabilities; /* 1u << CAP_*, of the first 32 */
};

/* Of the system's users. -ENOENT: none of that name. */
int xn_child_user_find(const char *name, struct xn_child_user *user,
		       struct xn_err *err);
/* For xn_proc's prepare: `arg` is a struct xn_child_user. Negative errno. */
int xn_child_user_become(void *arg);

#endif
