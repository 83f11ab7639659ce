// SPDX-License-Identifier: GPL-2.0-or-later
/* Called by the supervisor's requests and while it starts; its signals are
 * blocked by then, and stay pending for the loop. */
#include "netconf/lab/wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/loop.h"

/* A signal that is blocked ends no poll(): looked for that often. */
#define LOOK_MS 100u

static bool must_end(void)
{
	sigset_t pending;

	(void)sigemptyset(&pending);
	(void)sigpending(&pending);
	return sigismember(&pending, SIGTERM) == 1 ||
	       sigismember(&pending, SIGINT) == 1;
}

int xn_lab_wait(int fd, uint64_t deadline_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	for (;;) {
		uint64_t now_ms = xn_now_ms(), left_ms;
		int ready;

		if (must_end())
			return -EINTR;
		left_ms = now_ms < deadline_ms ? deadline_ms - now_ms : 0;
		ready = poll(&poll_fd, 1,
			     (int)(left_ms < LOOK_MS ? left_ms : LOOK_MS));
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (left_ms == 0)
			return -ETIMEDOUT;
	}
}

int xn_lab_wait_ready(int fd, const char *name, unsigned int limit_ms,
		      struct xn_err *err)
{
	int rc = xn_lab_wait(fd, xn_now_ms() + limit_ms);
	char byte;

	if (rc == -EINTR)
		return xn_fail(err, EINTR, "%s: the lab is to end", name);
	if (rc == 0 && read(fd, &byte, 1) == 1)
		return 0;
	return xn_fail(err, rc == 0 ? EIO : -rc,
		       "%s did not start; the lab's log says why", name);
}
