/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_NOTIFY_H
#define XN_DAEMON_NOTIFY_H
/*
 * What the service manager is told (sd_notify(3)): ready, reloading, stopping,
 * and that the loop still turns, where it asked for that (WatchdogSec=).
 * Without one (NOTIFY_SOCKET) nothing is said. Thread: the loop's.
 */
#include <stdbool.h>

#include "netconf/base/err.h"
#include "netconf/base/loop.h"

struct xn_notify;

/* NULL with err: out of memory or of descriptors. Begins to feed the
 * watchdog. */
struct xn_notify *xn_notify_create(struct xn_loop *loop, struct xn_err *err);
void xn_notify_destroy(struct xn_notify *notify); /* accepts NULL */

/* Guests are served; also after a reload, good or bad. Once. */
void xn_notify_ready(struct xn_notify *notify);
/* Nothing before it was ready. true: xn_notify_ready() is to follow. */
bool xn_notify_reloading(struct xn_notify *notify);
void xn_notify_stopping(struct xn_notify *notify);

#endif
