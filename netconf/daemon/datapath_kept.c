/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a data process leaves to the next daemon: see datapath_private.h.
 * Called by datapath.c. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/exec_fds.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/daemon/datapath_private.h"
#include "netconf/daemon/fdstore.h"

#define PROCESS "netback"
#define STATS "stats"
/* Left open for the process's sake, which ends with its other end. */
#define LINK "link"
/* A killed process with much memory needs a moment. */
#define END_MS 10000

void xn_datapath_keep_process(struct xn_datapath *dp)
{
	int fd;

	if (!xn_fdstore_keeps(dp->fdstore))
		return;
	fd = (int)syscall(SYS_pidfd_open, dp->pid, 0);
	if (fd < 0) {
		xn_warning("the data process is not kept in mind: %s",
			   strerror(errno));
		return;
	}
	xn_fdstore_drop(dp->fdstore, PROCESS);
	xn_fdstore_keep(dp->fdstore, PROCESS, fd);
	(void)close(fd);
}

void xn_datapath_keep_stats(struct xn_datapath *dp)
{
	xn_fdstore_drop(dp->fdstore, STATS);
	xn_fdstore_keep(dp->fdstore, STATS, dp->stats_fd);
}

int xn_datapath_leave(struct xn_datapath *dp, struct xn_exec_fds *fds,
		      struct xn_err *err)
{
	xn_exec_fds_add(fds, STATS, dp->stats_fd);
	if (!dp->pid)
		return 0;
	xn_close(&dp->left_fd);
	dp->left_fd = (int)syscall(SYS_pidfd_open, dp->pid, 0);
	if (dp->left_fd < 0)
		return xn_fail(err, errno, "the data process's pidfd: %s",
			       strerror(errno));
	xn_exec_fds_add(fds, PROCESS, dp->left_fd);
	xn_exec_fds_add(fds, LINK, dp->link);
	return 0;
}

int xn_datapath_end_before(struct xn_datapath *dp, struct xn_err *err)
{
	struct pollfd end = {.events = POLLIN};
	int rc, error = 0;
	siginfo_t info;

	end.fd = xn_fdstore_take(dp->fdstore, PROCESS);
	if (end.fd < 0)
		return 0;
	/* Gone already, or no process at all: nothing to wait for. */
	if (syscall(SYS_pidfd_send_signal, end.fd, SIGKILL, NULL, 0)) {
		(void)close(end.fd);
		return 0;
	}
	do
		rc = poll(&end, 1, END_MS);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		error = xn_fail(err, ETIMEDOUT,
				"the data process of the one before does not "
				"end");
	/* It is a child of this process if that was the one before itself. */
	(void)waitid(P_PIDFD, (id_t)end.fd, &info, WEXITED | WNOHANG);
	(void)close(end.fd);
	return error;
}

bool xn_datapath_take_stats(struct xn_datapath *dp)
{
	const int needed = F_SEAL_SHRINK | F_SEAL_GROW;
	int fd = xn_fdstore_take(dp->fdstore, STATS);
	struct xn_stats *stats;
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) || st.st_size != (off_t)sizeof(*stats) ||
	    (fcntl(fd, F_GET_SEALS) & needed) != needed)
		goto not_ours;
	stats = mmap(NULL, sizeof(*stats), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (stats == MAP_FAILED)
		goto not_ours;
	if (stats->magic != XN_STATS_MAGIC ||
	    stats->version != XN_DATALINK_VERSION ||
	    stats->vifs_max != XN_VIFS_MAX ||
	    stats->workers_max != XN_WORKERS_MAX) {
		(void)munmap(stats, sizeof(*stats));
		goto not_ours;
	}
	dp->stats_fd = fd;
	dp->stats = stats;
	return true;

not_ours:
	(void)close(fd);
	return false;
}
