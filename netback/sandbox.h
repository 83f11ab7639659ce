/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_SANDBOX_H
#define XNB_SANDBOX_H
/*
 * Giving up what the data process does not need: whoever takes it over by way
 * of a guest's bytes gets the descriptors that it holds, and nothing else
 * (docs/sandbox.md). Two steps, because a thread inherits what its starter
 * has, and starting one is itself a call that the filter refuses:
 *
 *	open everything (grant tables, mailboxes, timers)
 *	xnb_sandbox_drop_rights()
 *	start the threads, and wait until they run
 *	xnb_sandbox_filter_calls()	(sandbox_filter.h)
 *	say READY
 *
 * Thread: the main one, before any other exists.
 */
#include "netback/sandbox_user.h"

/* Network, IPC, UTS and mount namespaces of its own, the network without a
 * device but a loopback that is down, the root an empty file system that cannot
 * be written; user and group of `user`, no other group; no capability in any
 * set, none to be had again; no core file, no ptrace by its own user. The
 * parent-death signal stays.
 *
 * Needs root (in Linux's words: CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID,
 * CAP_SETPCAP). 0, or -EPERM: every part that could not be done is in the log.
 * What was done stays done, so the caller must end then. */
int xnb_sandbox_drop_rights(const struct xnb_sandbox_user *user);

#endif
