/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_WATCH_H
#define XN_SAFE_WATCH_H
/*
 * The process that applies, and then waits for a confirmation and takes all
 * back without one. It has no terminal, session, or parent that could take it
 * along, and time goes on for it while the host sleeps. If it is killed itself
 * the next command, or the next boot, finishes its work.
 */
#include <stdint.h>

#include <jansson.h>

#include "netconf/safe/change.h"

/* Runs in the new process, whose exit status it returns. What it has to say
 * goes to `report_fd` by xn_worker_report(). */
typedef int xn_worker_fn(void *arg, int report_fd);

/* Starts the process and waits for its report, not for its end. The caller
 * owns *ret_report, a new reference. -EPIPE: it died without one. The caller
 * has one thread. */
int xn_worker_run(xn_worker_fn *fn, void *arg, json_t **ret_report,
		  struct xn_err *err);
/* For the process: takes the reference, closes the descriptor. */
void xn_worker_report(int report_fd, json_t *take_report);

/* Waits until what was done and waits was confirmed or taken back by somebody,
 * or takes it back at its time. Its lock is held. 0 or negative errno. */
int xn_safe_watch(struct xn_safe *safe, const struct xn_safe_done *done,
		  struct xn_err *err);

#endif
