/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_WORKER_H
#define XNB_WORKER_H
/*
 * A worker: one thread that serves vifs. The first of a crew (crew.h) takes
 * commands from a mailbox; all answer with events through another (message.h).
 * Alone it never waits for anybody but in epoll; several share no more than
 * the switch, and each vif's side towards its guest.
 *
 * Threads: create, join and destroy on the starting thread, run on the
 * worker's.
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
/* One more for the crew of `first`, before any runs and before XNB_START. NULL:
 * `err` says why. Goes with the first. */
struct xnb_worker *xnb_worker_join(struct xnb_worker *first,
				   struct xn_err *err);
/* The first, after xnb_worker_run() of all has returned. Accepts NULL. */
void xnb_worker_destroy(struct xnb_worker *first);

/* So long from XNB_START on all guests are the first worker's, none unless told
 * so: while a process is young it is certain in whose work it dies. */
void xnb_worker_settle(struct xnb_worker *first, uint64_t us);

/* Before xnb_worker_run(): how long it may look for work before it sleeps. It
 * never does unless told so. */
void xnb_worker_spin(struct xnb_worker *worker, uint32_t us_max);

/* Serves until XNB_STOP: then the burst in work is finished and it returns; the
 * first has detached every vif (rings and log consistent for a successor). */
void xnb_worker_run(struct xnb_worker *worker);

#endif
