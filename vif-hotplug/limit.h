/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_LIMIT_H
#define XVH_LIMIT_H
/*
 * The time that a run has. libxl ends a script after 40 s without a word of
 * why; so a run gives up before, says so, and is ended by itself where even
 * that does not come back (a store that hangs).
 */
#include <stdbool.h>

/* A signal handler and an alarm of the whole process; called once. */
void xvh_limit_start(void);
/* For a program that takes this process over: its time is its own. */
void xvh_limit_stop(void);
/* System calls that wait return -EINTR when it becomes true. */
bool xvh_limit_passed(void);

#endif
