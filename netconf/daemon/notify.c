/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words to the service manager, see notify.h. Called by main.c. The manager
 * is trusted; one that does not listen is nobody's loss. */
#include "netconf/daemon/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "netconf/base/log.h"

/* Fed so often in the time that the manager allows. */
#define FEEDS 3u

struct xn_notify {
	struct xn_source *watchdog; /* NULL: nobody watches */
	bool ready;
};

static void tell(const char *words)
{
	int rc = sd_notify(0, words);

	if (rc < 0)
		xn_debug("the service manager was not told: %s", strerror(-rc));
}

static void on_watchdog(void *arg)
{
	(void)arg;
	tell("WATCHDOG=1");
}

static int start_watchdog(struct xn_notify *notify, struct xn_loop *loop,
			  struct xn_err *err)
{
	uint64_t limit_us = 0, every_ms;

	if (sd_watchdog_enabled(0, &limit_us) <= 0)
		return 0;
	notify->watchdog = xn_loop_add_timer(loop, on_watchdog, NULL);
	if (!notify->watchdog)
		return xn_fail(err, errno, "watchdog: %s", strerror(errno));
	every_ms = limit_us / 1000 / FEEDS;
	if (every_ms == 0)
		every_ms = 1;
	xn_timer_arm(notify->watchdog, every_ms, every_ms);
	return 0;
}

struct xn_notify *xn_notify_create(struct xn_loop *loop, struct xn_err *err)
{
	struct xn_notify *notify = calloc(1, sizeof(*notify));

	if (!notify) {
		(void)xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	if (start_watchdog(notify, loop, err)) {
		free(notify);
		return NULL;
	}
	return notify;
}

void xn_notify_destroy(struct xn_notify *notify)
{
	if (!notify)
		return;
	xn_source_destroy(notify->watchdog);
	free(notify);
}

void xn_notify_ready(struct xn_notify *notify)
{
	if (notify->ready)
		return;
	notify->ready = true;
	tell("READY=1");
}

bool xn_notify_reloading(struct xn_notify *notify)
{
	if (!notify->ready)
		return false;
	notify->ready = false;
	tell("RELOADING=1");
	return true;
}

void xn_notify_stopping(struct xn_notify *notify)
{
	(void)notify;
	tell("STOPPING=1");
}
