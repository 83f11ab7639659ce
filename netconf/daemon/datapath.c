/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting, watching and restarting the data process, see datapath.h. The
 * messages' transport is in datapath_link.c.
 */
#include "netconf/daemon/datapath_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/base/proc.h"
#include "netconf/daemon/blame.h"

#define FDB_ENTRIES_MAX 8192u
/* A process that lived that long did not die of what it was started with.
 * Some that did not are replaced at once all the same. */
#define LONG_LIFE_MS 10000u
#define SERVED_MS 100u
#define SHORT_LIVES_MAX 3u
#define PAUSE_MIN_MS 100u
#define PAUSE_MAX_MS 10000u
#define LINK_BUFFER_BYTES (1 << 20)

static int make_stats(struct xn_datapath *dp, struct xn_err *err)
{
	void *map;

	dp->stats_fd =
		memfd_create("xenplane-stats", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (dp->stats_fd < 0)
		return xn_fail(err, errno, "memfd for statistics: %s",
			       strerror(errno));
	if (ftruncate(dp->stats_fd, sizeof(struct xn_stats)) ||
	    fcntl(dp->stats_fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return xn_fail(err, errno, "sizing the statistics: %s",
			       strerror(errno));
	map = mmap(NULL, sizeof(struct xn_stats), PROT_READ | PROT_WRITE,
		   MAP_SHARED, dp->stats_fd, 0);
	if (map == MAP_FAILED)
		return xn_fail(err, errno, "mapping the statistics: %s",
			       strerror(errno));
	dp->stats = map;
	dp->stats->magic = XN_STATS_MAGIC;
	dp->stats->version = XN_DATALINK_VERSION;
	dp->stats->vifs_max = XN_VIFS_MAX;
	dp->stats->workers_max = XN_WORKERS_MAX;
	xn_datapath_keep_stats(dp);
	return 0;
}

/* What is left of a data process: its link and its queue. */
static void drop_process(struct xn_datapath *dp)
{
	xn_source_destroy(dp->link_source);
	dp->link_source = NULL;
	xn_source_destroy(dp->child);
	dp->child = NULL;
	xn_close(&dp->link);
	xn_datapath_queue_clear(dp);
	dp->pid = 0;
	dp->ready = false;
	dp->killed = false;
	dp->guilty = false;
}

/* Killed from outside while it served: that says nothing of the next one. */
static bool was_ended_by_others(const struct xn_datapath *dp, int status)
{
	return dp->ready && !dp->guilty && !xn_blame_is_crash(status) &&
	       xn_now_ms() - dp->ready_ms >= SERVED_MS;
}

static void note_pause(struct xn_datapath *dp, bool innocent)
{
	if (innocent || xn_now_ms() - dp->started_ms >= LONG_LIFE_MS)
		dp->short_lives = 0;
	else
		dp->short_lives++;
	if (dp->short_lives <= SHORT_LIVES_MAX)
		dp->pause_ms = 0;
	else if (dp->pause_ms == 0)
		dp->pause_ms = PAUSE_MIN_MS;
	else
		dp->pause_ms = dp->pause_ms >= PAUSE_MAX_MS / 2
				       ? PAUSE_MAX_MS
				       : dp->pause_ms * 2;
}

static void on_child(void *arg, pid_t pid, int status)
{
	struct xn_datapath *dp = arg;

	if (WIFSIGNALED(status))
		xn_warning("the data process (%d) died of signal %d", (int)pid,
			   WTERMSIG(status));
	else
		xn_warning("the data process (%d) ended with status %d",
			   (int)pid, WEXITSTATUS(status));
	note_pause(dp, was_ended_by_others(dp, status));
	/* What it said before it died still counts: a VIF_UP or PORT_DONE. */
	dp->pid = 0;
	xn_datapath_link_drain(dp);
	drop_process(dp);
	dp->restarts++;
	dp->listener.died(dp->listener.arg, status);
	xn_timer_arm(dp->restart, dp->pause_ms, 0);
}

static int spawn(struct xn_datapath *dp, int child_end, struct xn_err *err)
{
	const char *argv[11] = {dp->program.path};
	struct xn_proc_fd fds[] = {{child_end, XN_DATALINK_FD}};
	struct xn_proc proc = {
		.argv = argv,
		.fds = fds,
		.fd_count = 1,
		.death_signal = SIGKILL,
		.netns_fd = -1,
	};
	size_t argc = 1;

	if (dp->program.user) {
		argv[argc++] = "--user";
		argv[argc++] = dp->program.user;
	}
	if (dp->program.spin_us) {
		argv[argc++] = "--spin-us";
		argv[argc++] = dp->program.spin_us;
	}
	if (dp->program.workers) {
		argv[argc++] = "--workers";
		argv[argc++] = dp->program.workers;
	}
	if (dp->program.settle_ms) {
		argv[argc++] = "--settle-ms";
		argv[argc++] = dp->program.settle_ms;
	}
	if (dp->program.no_sandbox)
		argv[argc++] = "--no-sandbox";
	return xn_proc_spawn(&proc, &dp->pid, err);
}

static int start_process(struct xn_datapath *dp, struct xn_err *err)
{
	int pair[2], bytes = LINK_BUFFER_BYTES;
	int error;

	error = xn_fd_socketpair(SOCK_NONBLOCK, pair);
	if (error)
		return xn_fail(err, -error, "socketpair: %s", strerror(-error));
	/* The child reads in its own time, as it likes: only its end's file
	 * description is shared, and it sets that one's flags itself. */
	for (int i = 0; i < 2; i++)
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
				 sizeof(bytes));
	error = spawn(dp, pair[1], err);
	xn_close(&pair[1]);
	if (error) {
		xn_close(&pair[0]);
		return error;
	}
	xn_datapath_keep_process(dp);
	dp->link = pair[0];
	dp->started_ms = xn_now_ms();
	dp->link_source = xn_loop_add_fd(dp->loop, dp->link, EPOLLIN,
					 xn_datapath_link_event, dp);
	dp->child = xn_loop_add_child(dp->loop, dp->pid, on_child, dp);
	if (!dp->link_source || !dp->child) {
		error = xn_fail(err, errno, "event loop: %s", strerror(errno));
		(void)kill(dp->pid, SIGKILL);
		if (!dp->child)
			(void)waitpid(dp->pid, NULL, 0);
		drop_process(dp);
		return error;
	}
	return 0;
}

static void say_hello(struct xn_datapath *dp)
{
	struct xn_dl_hello hello = {.fdb_entries_max = FDB_ENTRIES_MAX};

	memcpy(hello.hash_key, dp->hash_key, sizeof(hello.hash_key));
	xn_datapath_send(dp, XN_DL_HELLO, &hello, &dp->stats_fd, 1);
}

static void on_restart(void *arg)
{
	struct xn_datapath *dp = arg;
	struct xn_err err = {0};

	if (start_process(dp, &err)) {
		xn_error("starting the data process: %s", xn_err_text(&err));
		dp->started_ms = xn_now_ms();
		note_pause(dp, false);
		xn_timer_arm(dp->restart,
			     dp->pause_ms ? dp->pause_ms : PAUSE_MIN_MS, 0);
		return;
	}
	say_hello(dp);
}

int xn_datapath_create(struct xn_loop *loop,
		       const struct xn_datapath_program *program,
		       struct xn_fdstore *fdstore,
		       const struct xn_datapath_listener *listener,
		       struct xn_datapath **ret_datapath, struct xn_err *err)
{
	struct xn_datapath *dp = calloc(1, sizeof(*dp));
	int error;

	if (!dp)
		return xn_fail(err, ENOMEM, "out of memory");
	dp->loop = loop;
	dp->program = *program;
	dp->fdstore = fdstore;
	dp->listener = *listener;
	dp->link = -1;
	dp->stats_fd = -1;
	dp->left_fd = -1;
	error = xn_datapath_end_before(dp, err);
	if (!error && !xn_datapath_take_stats(dp))
		error = make_stats(dp, err);
	if (error)
		goto err_destroy;
	if (getrandom(dp->hash_key, sizeof(dp->hash_key), 0) !=
	    (ssize_t)sizeof(dp->hash_key)) {
		error = xn_fail(err, EIO, "no random bytes");
		goto err_destroy;
	}
	dp->restart = xn_loop_add_timer(loop, on_restart, dp);
	if (!dp->restart) {
		error = xn_fail(err, errno, "timer: %s", strerror(errno));
		goto err_destroy;
	}
	error = start_process(dp, err);
	if (error)
		goto err_destroy;
	say_hello(dp);
	*ret_datapath = dp;
	return 0;

err_destroy:
	xn_datapath_destroy(dp);
	return error;
}

void xn_datapath_destroy(struct xn_datapath *dp)
{
	if (!dp)
		return;
	if (dp->pid > 0) {
		(void)kill(dp->pid, SIGKILL);
		(void)waitpid(dp->pid, NULL, 0);
	}
	drop_process(dp);
	xn_source_destroy(dp->restart);
	if (dp->stats)
		(void)munmap(dp->stats, sizeof(*dp->stats));
	xn_close(&dp->stats_fd);
	xn_close(&dp->left_fd);
	free(dp);
}

bool xn_datapath_is_ready(const struct xn_datapath *dp)
{
	return dp->ready;
}

int xn_datapath_pid(const struct xn_datapath *dp)
{
	return dp->pid;
}

uint32_t xn_datapath_restarts(const struct xn_datapath *dp)
{
	return dp->restarts;
}

uint32_t xn_datapath_workers(const struct xn_datapath *dp)
{
	return dp->workers;
}

const struct xn_stats *xn_datapath_stats(const struct xn_datapath *dp)
{
	return dp->stats;
}

void xn_datapath_clear_stats(struct xn_datapath *dp, uint32_t slot)
{
	memset(&dp->stats->vif[slot], 0, sizeof(dp->stats->vif[slot]));
}
