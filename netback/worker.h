/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_WORKER_H
#define XNB_WORKER_H
/*
 * A worker: one thread that serves vifs. It takes commands from a mailbox and
 * answers with events through another (message.h); everything between is its
 * own. It never waits for anybody but in epoll.
 *
 * Threads: create and destroy on the starting thread, run on the worker's.
 */
#include <stdint.h>

#include "netback/mailbox.h"
#include "netconf/base/err.h"

#define XNB_SPIN_US_DEFAULT 50u

struct xnb_worker;

/* Opens and allocates all that it will ever need. `commands` and `events`
 * stay the caller's. Caller owns the result; NULL: `err` says why. */
struct xnb_worker *xnb_worker_create(struct xnb_mailbox *commands,
				     struct xnb_mailbox *events,
				     uint32_t pool_chunks, struct xn_err *err);
/* After xnb_worker_run() has returned. Accepts NULL. */
void xnb_worker_destroy(struct xnb_worker *worker);

/* Before xnb_worker_run(): how long it may look for work before it sleeps. It
 * never does unless told so. */
void xnb_worker_spin(struct xnb_worker *worker, uint32_t us_max);

/* Serves until XNB_STOP: then the burst in work is finished, every vif is
 * detached (rings and log consistent for a successor), and it returns. */
void xnb_worker_run(struct xnb_worker *worker);

#endif
