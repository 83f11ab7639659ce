/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a confirmation, see watch.h. */
#include "netconf/safe/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"

#define ATTEMPTS_MAX 12
#define PAUSE_MS 5000

struct watch {
	struct xn_safe *safe;
	uint64_t id;
	int timer_fd;
	int folder_fd;
};

static int arm(int timer_fd, uint64_t at_ms)
{
	struct itimerspec when = {
		.it_value = {.tv_sec = (time_t)(at_ms / 1000),
			     .tv_nsec = (long)(at_ms % 1000) * 1000000L}};

	return timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0
		       ? -errno
		       : 0;
}

/* Until its record is gone, or another's is there. A damaged one says neither:
 * who could not write it could not confirm it. */
static bool still_waits(const struct watch *watch)
{
	struct xn_err none = {0};
	struct xn_record pending;
	bool ours;
	int rc = xn_safe_read(watch->safe, XN_SAFE_PENDING, &pending, &none);

	if (rc < 0)
		return rc != -ENOENT;
	ours = pending.id == watch->id;
	xn_record_fini(&pending);
	return ours;
}

/* 1: it is time; 0: something has happened in the folder. */
static int wait(const struct watch *watch)
{
	struct pollfd ready[2] = {
		{.fd = watch->timer_fd, .events = POLLIN},
		{.fd = watch->folder_fd, .events = POLLIN},
	};
	_Alignas(struct inotify_event) char events[4096];
	uint64_t count;

	while (poll(ready, 2, -1) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (ready[1].revents)
		(void)!read(watch->folder_fd, events, sizeof(events));
	if (!ready[0].revents)
		return 0;
	(void)!read(watch->timer_fd, &count, sizeof(count));
	return 1;
}

/* 0: nothing waits any more. */
static int take_back(const struct watch *watch, struct xn_err *err)
{
	int rc = xn_safe_lock(&watch->safe->paths, true, &watch->safe->lock_fd,
			      err);

	if (rc < 0)
		return rc;
	/* Somebody may have confirmed it while the lock was waited for. */
	if (still_waits(watch)) {
		rc = xn_safe_take_back(watch->safe,
				       "rolled back: nobody confirmed it in "
				       "time",
				       err);
		if (rc == 0)
			xn_warning("the network was rolled back: nobody "
				   "confirmed the apply in time");
	}
	xn_safe_end(watch->safe);
	return rc;
}

/* A link may be busy: it is tried again. */
static int take_back_patiently(const struct watch *watch, struct xn_err *err)
{
	int rc = 0;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		struct xn_err why = {0};

		rc = take_back(watch, &why);
		if (rc == 0)
			return 0;
		xn_error("roll back the network: %s", xn_err_text(&why));
		if (err && !err->set)
			*err = why;
		rc = arm(watch->timer_fd, xn_safe_now_ms() + PAUSE_MS);
		while (rc == 0)
			rc = wait(watch);
		if (rc < 0)
			break;
	}
	return rc < 0 ? rc : -EIO;
}

static int watch_on(const struct watch *watch, uint64_t deadline_ms,
		    struct xn_err *err)
{
	int rc = arm(watch->timer_fd, deadline_ms);

	while (rc == 0 && still_waits(watch)) {
		rc = wait(watch);
		if (rc == 1)
			return take_back_patiently(watch, err);
	}
	return rc;
}

int xn_safe_watch(struct xn_safe *safe, const struct xn_safe_done *done,
		  struct xn_err *err)
{
	struct watch watch = {
		.safe = safe,
		.id = done->id,
		.timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC),
		.folder_fd = inotify_init1(IN_CLOEXEC),
	};
	int rc = 0;

	xn_log_open("xenplane", XN_LOG_INFO, true);
	if (watch.timer_fd < 0 || watch.folder_fd < 0 ||
	    inotify_add_watch(watch.folder_fd, safe->paths.folder,
			      IN_MOVED_FROM | IN_DELETE) < 0)
		rc = xn_fail(err, errno, "watch %s: %m", safe->paths.folder);
	if (rc == 0)
		rc = watch_on(&watch, done->deadline_ms, err);
	/* Without a way to wait there is no waiting. */
	else
		rc = take_back(&watch, err);
	xn_close(&watch.folder_fd);
	xn_close(&watch.timer_fd);
	return rc;
}
