/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_SANDBOX_FILTER_H
#define XNB_SANDBOX_FILTER_H
/*
 * The system calls that the data process keeps (seccomp(2)). A call is
 *
 *   allowed  what the data path, libxengnttab, libxenevtchn and the C library
 *            need once everything is open; some by their arguments: memory is
 *            never executable, ioctl() reaches the grant copy, the grant map
 *            and an event channel's notification, signals go to itself only;
 *   refused  with EPERM (isatty() gets its ENOTTY): what a library may try and
 *            do without, or what cannot do harm where nothing can be opened;
 *   deadly   all the rest: the process ends with SIGSYS, control says so,
 *            starts another, and counts it against the vif in work (a crash,
 *            netconf/daemon/blame.h). So does every other ABI of the machine.
 *
 * It is the same with and without the simulated hypervisor, which works with
 * calls that the program needs anyway (netback/xensim/proc.h). A sanitizer's
 * runtime needs more: sandbox_runtime.h.
 */
#include "netconf/base/err.h"

/* For all threads at once, for good. Wants xnb_sandbox_drop_rights() (or
 * PR_SET_NO_NEW_PRIVS at least) before it, and threads that are past their
 * start. 0 or negative errno. */
int xnb_sandbox_filter_calls(struct xn_err *err);

#endif
