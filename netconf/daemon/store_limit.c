/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time limit for calls to the store, see store_limit.h. Used by store.c
 * and store_vif.c. */
#include "netconf/daemon/store_limit.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "netconf/base/text.h"

/* A signal knows nothing but what is static. */
static volatile sig_atomic_t watched_fd[] = {-1, -1};
#define WATCHED (sizeof(watched_fd) / sizeof(watched_fd[0]))
static timer_t timer;
static bool timer_made;

static void on_alarm(int signal_number)
{
	int error = errno;

	(void)signal_number;
	for (size_t i = 0; i < WATCHED; i++)
		if (watched_fd[i] >= 0)
			(void)shutdown(watched_fd[i], SHUT_RDWR);
	errno = error;
}

int xn_store_limit_open(struct xn_err *err)
{
	/* A connect(2) that waits for its turn is to end, too. */
	struct sigaction action = {.sa_flags = 0};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
				 .sigev_signo = SIGALRM};

	action.sa_handler = on_alarm;
	if (sigaction(SIGALRM, &action, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer))
		return xn_fail(err, errno, "timer for the store: %s",
			       strerror(errno));
	timer_made = true;
	return 0;
}

void xn_store_limit_close(void)
{
	if (timer_made)
		(void)timer_delete(timer);
	timer_made = false;
	xn_store_limit_unwatch();
}

static bool leads_to(int fd, const char *socket_path)
{
	struct sockaddr_un peer = {0};
	/* One less: the path is ended, whatever comes. */
	socklen_t bytes = sizeof(peer) - 1;

	return !getpeername(fd, (struct sockaddr *)&peer, &bytes) &&
	       peer.sun_family == AF_UNIX &&
	       !strcmp(peer.sun_path, socket_path);
}

void xn_store_limit_watch(const char *socket_path)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t found = 0;

	xn_store_limit_unwatch();
	if (!folder)
		return;
	while (found < WATCHED && (entry = readdir(folder))) {
		uint32_t fd;

		if (!xn_parse_u32(entry->d_name, 0, INT_MAX, &fd) &&
		    leads_to((int)fd, socket_path))
			watched_fd[found++] = (int)fd;
	}
	(void)closedir(folder);
}

void xn_store_limit_unwatch(void)
{
	for (size_t i = 0; i < WATCHED; i++)
		watched_fd[i] = -1;
}

static void set_timer(int limit_ms)
{
	const struct timespec limit = {.tv_sec = limit_ms / 1000,
				       .tv_nsec = limit_ms % 1000 * 1000000L};
	/* Again and again: the first may come before the waiting began. */
	const struct itimerspec at = {.it_value = limit, .it_interval = limit};

	if (timer_made)
		(void)timer_settime(timer, 0, &at, NULL);
}

void xn_store_limit_begin(int limit_ms)
{
	set_timer(limit_ms);
}

void xn_store_limit_end(void)
{
	set_timer(0);
}
