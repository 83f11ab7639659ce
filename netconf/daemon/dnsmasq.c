/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting, watching and ending a dnsmasq, see dnsmasq.h. */
#include "netconf/daemon/dnsmasq.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/capability.h>

#include "netconf/base/log.h"
#include "netconf/base/proc.h"
#include "netconf/base/text.h"
#include "netconf/daemon/child_user.h"

/* As for the data process (datapath.c): one that lived that long did not die
 * of what it was started with. */
#define LONG_LIFE_MS 10000u
#define PAUSE_MIN_MS 100u
#define PAUSE_MAX_MS 10000u
/* It writes its leases when they change, not when it ends. */
#define END_MS_MAX 200

struct xn_dnsmasq {
	struct xn_loop *loop;
	char name[IFNAMSIZ];
	char conf[PATH_MAX];
	pid_t pid; /* 0: not running */
	struct xn_source *child;
	struct xn_source *restart; /* timer */
	uint64_t started_ms;
	uint32_t pause_ms;
	uint32_t restarts;
	struct xn_err problem;
};

static void on_restart(void *arg)
{
	xn_dnsmasq_start(arg);
}

struct xn_dnsmasq *xn_dnsmasq_create(struct xn_loop *loop, const char *name,
				     const char *conf, struct xn_err *err)
{
	struct xn_dnsmasq *dnsmasq = calloc(1, sizeof(*dnsmasq));

	if (!dnsmasq) {
		(void)xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	dnsmasq->loop = loop;
	(void)xn_text_copy(dnsmasq->name, sizeof(dnsmasq->name), name);
	if (xn_text_copy(dnsmasq->conf, sizeof(dnsmasq->conf), conf) > 0)
		dnsmasq->restart = xn_loop_add_timer(loop, on_restart, dnsmasq);
	if (!dnsmasq->restart) {
		(void)xn_fail(err, errno, "dnsmasq for %s: %s", name,
			      strerror(errno));
		xn_dnsmasq_destroy(dnsmasq);
		return NULL;
	}
	return dnsmasq;
}

void xn_dnsmasq_destroy(struct xn_dnsmasq *dnsmasq)
{
	if (!dnsmasq)
		return;
	xn_dnsmasq_stop(dnsmasq);
	xn_source_destroy(dnsmasq->restart);
	free(dnsmasq);
}

/* For the next try. */
static void lengthen_pause(struct xn_dnsmasq *dnsmasq)
{
	if (dnsmasq->pause_ms == 0 ||
	    xn_now_ms() - dnsmasq->started_ms >= LONG_LIFE_MS)
		dnsmasq->pause_ms = PAUSE_MIN_MS;
	else if (dnsmasq->pause_ms > PAUSE_MAX_MS / 2)
		dnsmasq->pause_ms = PAUSE_MAX_MS;
	else
		dnsmasq->pause_ms *= 2;
}

static void note_end(struct xn_dnsmasq *dnsmasq, int status)
{
	dnsmasq->problem.set = false;
	if (WIFSIGNALED(status))
		(void)xn_fail(&dnsmasq->problem, EIO, "died of signal %d",
			      WTERMSIG(status));
	else
		(void)xn_fail(&dnsmasq->problem, EIO,
			      "ended with status %d: the log has its words",
			      WEXITSTATUS(status));
}

static void on_child(void *arg, pid_t pid, int status)
{
	struct xn_dnsmasq *dnsmasq = arg;

	note_end(dnsmasq, status);
	xn_warning("dnsmasq for %s (%d): %s", dnsmasq->name, (int)pid,
		   dnsmasq->problem.text);
	xn_source_destroy(dnsmasq->child);
	dnsmasq->child = NULL;
	dnsmasq->pid = 0;
	lengthen_pause(dnsmasq);
	xn_timer_arm(dnsmasq->restart, dnsmasq->pause_ms, 0);
}

static int spawn(struct xn_dnsmasq *dnsmasq, struct xn_err *err)
{
	const char *argv[] = {XN_DNSMASQ_PROGRAM, "--conf-file", NULL, NULL};
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	struct xn_child_user user = {
		.capabilities = 1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW |
				1u << CAP_NET_BIND_SERVICE,
	};
	struct xn_proc proc = {
		.argv = argv,
		.env = env,
		.death_signal = SIGTERM,
		.netns_fd = -1,
		.prepare = xn_child_user_become,
		.prepare_arg = &user,
	};
	char option[PATH_MAX + 16];
	int rc = xn_child_user_find(XN_DNSMASQ_USER, &user, err);

	if (rc < 0)
		return rc;
	rc = xn_text_format(option, sizeof(option), "--conf-file=%s",
			    dnsmasq->conf);
	if (rc < 0)
		return xn_fail(err, -rc, "the configuration's path");
	argv[1] = option;
	return xn_proc_spawn(&proc, &dnsmasq->pid, err);
}

void xn_dnsmasq_start(struct xn_dnsmasq *dnsmasq)
{
	struct xn_err err = {0};

	if (dnsmasq->pid)
		return;
	xn_timer_disarm(dnsmasq->restart);
	if (dnsmasq->problem.set)
		dnsmasq->restarts++;
	dnsmasq->started_ms = xn_now_ms();
	if (spawn(dnsmasq, &err) < 0)
		goto failed;
	dnsmasq->child = xn_loop_add_child(dnsmasq->loop, dnsmasq->pid,
					   on_child, dnsmasq);
	if (!dnsmasq->child) {
		(void)xn_fail(&err, errno, "event loop: %s", strerror(errno));
		xn_dnsmasq_stop(dnsmasq);
		goto failed;
	}
	dnsmasq->problem.set = false;
	return;

failed:
	/* The same again and again is said once. */
	if (strcmp(xn_err_text(&err), dnsmasq->problem.text) != 0)
		xn_error("dnsmasq for %s: %s", dnsmasq->name,
			 xn_err_text(&err));
	dnsmasq->problem = err;
	lengthen_pause(dnsmasq);
	xn_timer_arm(dnsmasq->restart, dnsmasq->pause_ms, 0);
}

/* It ends at once, or does not listen. */
static void wait_for_end(pid_t pid)
{
	struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};

	if (ended.fd < 0 || poll(&ended, 1, END_MS_MAX) != 1)
		(void)kill(pid, SIGKILL);
	if (ended.fd >= 0)
		(void)close(ended.fd);
	(void)waitpid(pid, NULL, 0);
}

void xn_dnsmasq_stop(struct xn_dnsmasq *dnsmasq)
{
	if (dnsmasq->restart)
		xn_timer_disarm(dnsmasq->restart);
	if (!dnsmasq->pid)
		return;
	xn_source_destroy(dnsmasq->child);
	dnsmasq->child = NULL;
	(void)kill(dnsmasq->pid, SIGTERM);
	wait_for_end(dnsmasq->pid);
	dnsmasq->pid = 0;
	dnsmasq->pause_ms = 0;
	dnsmasq->problem.set = false;
}

void xn_dnsmasq_reread(struct xn_dnsmasq *dnsmasq)
{
	if (dnsmasq->pid)
		(void)kill(dnsmasq->pid, SIGHUP);
}

pid_t xn_dnsmasq_pid(const struct xn_dnsmasq *dnsmasq)
{
	return dnsmasq->pid;
}

uint32_t xn_dnsmasq_restarts(const struct xn_dnsmasq *dnsmasq)
{
	return dnsmasq->restarts;
}

const char *xn_dnsmasq_problem(const struct xn_dnsmasq *dnsmasq)
{
	return dnsmasq->problem.set ? dnsmasq->problem.text : "";
}
