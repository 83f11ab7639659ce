/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short visits of the calling thread to another network namespace. */
#include "netconf/nl/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"

int xn_netns_enter(int netns_fd, int *ret_back, struct xn_err *err)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (back < 0)
		return xn_fail(err, errno, "own network namespace: %m");
	if (setns(netns_fd, CLONE_NEWNET) < 0) {
		int error = errno;

		xn_close(&back);
		errno = error;
		return xn_fail(err, error, "enter a network namespace: %m");
	}
	*ret_back = back;
	return 0;
}

void xn_netns_leave(int *back)
{
	if (setns(*back, CLONE_NEWNET) < 0) {
		xn_error("cannot return to the own network namespace: %m");
		abort();
	}
	xn_close(back);
}
