/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drift of the host's bridges, see bridge_drift.h. */
#include "netconf/daemon/bridge_drift.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "netconf/base/log.h"
#include "netconf/base/proc.h"
#include "netconf/base/text.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/vifs.h"
#include "netconf/nl/monitor.h"
#include "netconf/safe/drifted.h"
#include "netconf/safe/files.h"

/* Many announcements are one look, and looks are 1/20 of the time at most. */
#define LOOK_MS 250u
#define LOOK_SHARE 20u
/* An apply is being made or waits, or a tree's topology changes. */
#define BUSY_MS 5000u
/* So many repairs; what is still wrong then waits. */
#define REPAIRS_MAX 10u
#define REPAIRS_MS 10000u
#define LINES_MAX 30u /* in the same time */
/* One failed: nothing says that the next will not. */
#define FAILED_MS 30000u
#define SELF "/proc/self/exe"

struct xn_bridge_drift {
	struct xn_daemon *daemon;
	const char *state;
	struct xn_safe *safe;
	struct xn_nl_monitor *monitor;
	struct xn_source *source, *timer;
	bool waiting;	  /* the timer is armed, and is not put off */
	uint64_t due_ms;  /* then */
	uint64_t took_ms; /* the last look */
	struct xn_drifts *now, *next;
	char problem[XN_ERR_TEXT_MAX]; /* the last one that was said */
	/* The process that repairs; 0: none. */
	pid_t pid;
	struct xn_source *child;
	char repairing[IFNAMSIZ];
	struct xn_log_limit repairs, lines;
	/* Bridges whose repair failed, until when they are let be. */
	uint32_t failed_count;
	struct {
		char bridge[IFNAMSIZ];
		uint64_t until_ms;
	} failed[XN_PLANECONF_BRIDGES_MAX];
};

static void look_in(struct xn_bridge_drift *drift, uint64_t ms)
{
	uint64_t now_ms = xn_now_ms();

	if (ms < drift->took_ms * LOOK_SHARE)
		ms = drift->took_ms * LOOK_SHARE;
	if (drift->waiting && drift->due_ms <= now_ms + ms)
		return;
	drift->waiting = true;
	drift->due_ms = now_ms + ms;
	xn_timer_arm(drift->timer, ms, 0);
}

/* In its place, or in one that is over. */
static void let_be(struct xn_bridge_drift *drift, const char *bridge)
{
	uint64_t now_ms = xn_now_ms();
	uint32_t i = 0;

	while (i < drift->failed_count &&
	       strcmp(drift->failed[i].bridge, bridge) != 0 &&
	       drift->failed[i].until_ms > now_ms)
		i++;
	if (i == XN_PLANECONF_BRIDGES_MAX)
		return;
	if (i == drift->failed_count)
		drift->failed_count++;
	(void)xn_text_copy(drift->failed[i].bridge, IFNAMSIZ, bridge);
	drift->failed[i].until_ms = now_ms + FAILED_MS;
}

/* For so many ms more; 0: not. */
static uint64_t is_let_be(const struct xn_bridge_drift *drift,
			  const char *bridge)
{
	uint64_t now_ms = xn_now_ms();

	for (uint32_t i = 0; i < drift->failed_count; i++)
		if (strcmp(drift->failed[i].bridge, bridge) == 0 &&
		    drift->failed[i].until_ms > now_ms)
			return drift->failed[i].until_ms - now_ms;
	return 0;
}

static bool wants_repair(const struct xn_bridge_drift *drift, const char *name)
{
	const struct xn_bridge_node *node =
		xn_links_bridge_by_name(drift->daemon->links, name);
	const struct xn_settings *said[] = {
		node ? &node->set : NULL,
		xn_config_bridge(drift->daemon->config, name),
		xn_config_defaults(drift->daemon->config),
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		if (said[i] && said[i]->said & 1u << XN_SETTING_REPAIR)
			return said[i]->repair;
	}
	return false;
}

static const struct xn_drifted *find(const struct xn_drifts *drifts,
				     const char *bridge)
{
	for (uint32_t i = 0; i < drifts->count; i++) {
		if (strcmp(drifts->item[i].bridge, bridge) == 0)
			return &drifts->item[i];
	}
	return NULL;
}

static void say_new(struct xn_bridge_drift *drift)
{
	for (uint32_t i = 0; i < drift->next->count; i++) {
		const struct xn_drifted *item = &drift->next->item[i];

		if (find(drift->now, item->bridge) ||
		    !xn_log_allowed(&drift->lines))
			continue;
		xn_warning("bridge %s: changed by somebody else: it takes "
			   "\"%s\"%s",
			   item->bridge, item->words,
			   wants_repair(drift, item->bridge) ? ""
							     : "; it stays so");
	}
}

static void say_over(struct xn_bridge_drift *drift)
{
	for (uint32_t i = 0; i < drift->now->count; i++) {
		const char *bridge = drift->now->item[i].bridge;

		if (!find(drift->next, bridge) && xn_log_allowed(&drift->lines))
			xn_info("bridge %s: as it is asked to be again",
				bridge);
	}
}

static void on_child(void *arg, pid_t pid, int status)
{
	struct xn_bridge_drift *drift = arg;
	bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	(void)pid;
	xn_source_destroy(drift->child);
	drift->child = NULL;
	drift->pid = 0;
	if (!done && xn_log_allowed(&drift->lines))
		xn_warning("bridge %s: not repaired", drift->repairing);
	if (!done)
		let_be(drift, drift->repairing);
	look_in(drift, LOOK_MS);
}

static int spawn(struct xn_bridge_drift *drift, const char *bridge,
		 struct xn_err *err)
{
	const char *argv[] = {SELF, "--repair-bridge", bridge, "--state", NULL,
			      NULL};
	struct xn_proc proc = {.argv = argv, .netns_fd = -1};
	int rc;

	argv[4] = drift->state ? drift->state : XN_SAFE_FOLDER;
	rc = xn_proc_spawn(&proc, &drift->pid, err);
	if (rc < 0) {
		drift->pid = 0;
		return rc;
	}
	memcpy(drift->repairing, bridge, strlen(bridge) + 1);
	drift->child = xn_loop_add_child(drift->daemon->loop, drift->pid,
					 on_child, drift);
	if (drift->child)
		return 0;
	rc = xn_fail(err, errno, "event loop: %s", strerror(errno));
	(void)kill(drift->pid, SIGKILL);
	(void)waitpid(drift->pid, NULL, 0);
	drift->pid = 0;
	return rc;
}

/* One after the other: they take the same lock. */
static void repair(struct xn_bridge_drift *drift)
{
	struct xn_err err = {0};

	for (uint32_t i = 0; i < drift->now->count && !drift->pid; i++) {
		const struct xn_drifted *item = &drift->now->item[i];

		uint64_t rest_ms = is_let_be(drift, item->bridge);

		if (item->operations == 0 || !wants_repair(drift, item->bridge))
			continue;
		if (rest_ms > 0) {
			look_in(drift, rest_ms);
			continue;
		}
		if (!xn_log_allowed(&drift->repairs)) {
			look_in(drift, REPAIRS_MS);
			return;
		}
		if (spawn(drift, item->bridge, &err) < 0) {
			xn_error("bridge %s: not repaired: %s", item->bridge,
				 xn_err_text(&err));
			let_be(drift, item->bridge);
			look_in(drift, FAILED_MS);
			return;
		}
	}
}

static void say_problem(struct xn_bridge_drift *drift, const char *words)
{
	if (strcmp(drift->problem, words) == 0)
		return;
	(void)xn_text_format(drift->problem, sizeof(drift->problem), "%s",
			     words);
	xn_warning("the bridges are not looked at: %s", words);
}

static void look(struct xn_bridge_drift *drift)
{
	struct xn_drifts *before = drift->now;
	uint64_t began_ms = xn_now_ms();
	struct xn_err err = {0};
	int rc = xn_drifts_look(drift->safe, drift->next, &err);

	drift->took_ms = xn_now_ms() - began_ms;
	if (rc == -EBUSY) {
		look_in(drift, BUSY_MS);
		return;
	}
	/* Of another namespace: nothing is in force here. */
	if (rc < 0 && rc != -ENOENT && rc != -EXDEV)
		say_problem(drift, xn_err_text(&err));
	else
		drift->problem[0] = '\0';
	if (rc < 0) {
		drift->next->count = 0;
		drift->next->unsettled = false;
	}
	say_new(drift);
	say_over(drift);
	drift->now = drift->next;
	drift->next = before;
	if (!drift->pid)
		repair(drift);
	if (drift->now->unsettled)
		look_in(drift, BUSY_MS);
}

static void on_timer(void *arg)
{
	struct xn_bridge_drift *drift = arg;

	drift->waiting = false;
	look(drift);
}

void xn_bridge_drift_again(struct xn_bridge_drift *drift)
{
	if (drift)
		look_in(drift, LOOK_MS);
}

/* Twins come and go with guests, and are no bridge's setting. */
static void on_link(void *arg, const struct xn_link *link)
{
	struct xn_bridge_drift *drift = arg;

	if (!xn_vifs_by_ifindex(drift->daemon->vifs, link->ifindex))
		look_in(drift, LOOK_MS);
}

static void on_addr(void *arg, const struct xn_addr *addr)
{
	struct xn_bridge_drift *drift = arg;

	if (!xn_vifs_by_ifindex(drift->daemon->vifs, addr->ifindex))
		look_in(drift, LOOK_MS);
}

static void on_readable(void *arg, uint32_t epoll_events)
{
	struct xn_bridge_drift *drift = arg;
	struct xn_nl_handlers handlers = {.link_new = on_link,
					  .link_del = on_link,
					  .addr_new = on_addr,
					  .addr_del = on_addr,
					  .arg = drift};

	(void)epoll_events;
	if (xn_nl_monitor_read(drift->monitor, &handlers) < 0)
		look_in(drift, LOOK_MS);
}

static int start(struct xn_bridge_drift *drift, struct xn_err *err)
{
	struct xn_loop *loop = drift->daemon->loop;
	int rc = xn_drifts_open(drift->state, &drift->safe, err);

	if (rc == 0)
		rc = xn_nl_monitor_open(XN_MONITOR_LINK | XN_MONITOR_ADDR,
					&drift->monitor, err);
	if (rc < 0)
		return rc;
	drift->source = xn_loop_add_fd(loop, xn_nl_monitor_fd(drift->monitor),
				       EPOLLIN, on_readable, drift);
	drift->timer = xn_loop_add_timer(loop, on_timer, drift);
	if (!drift->source || !drift->timer)
		return xn_fail(err, errno, "event loop: %s", strerror(errno));
	look_in(drift, LOOK_MS);
	return 0;
}

int xn_bridge_drift_create(struct xn_daemon *daemon, const char *state,
			   struct xn_bridge_drift **ret_drift,
			   struct xn_err *err)
{
	struct xn_bridge_drift *drift = calloc(1, sizeof(*drift));
	int rc = 0;

	if (!drift)
		return xn_fail(err, ENOMEM, "out of memory");
	drift->daemon = daemon;
	drift->state = state;
	drift->repairs.burst = REPAIRS_MAX;
	drift->lines.burst = LINES_MAX;
	drift->repairs.interval_ms = drift->lines.interval_ms = REPAIRS_MS;
	drift->now = calloc(1, sizeof(*drift->now));
	drift->next = calloc(1, sizeof(*drift->next));
	rc = drift->now && drift->next ? start(drift, err)
				       : xn_fail(err, ENOMEM, "out of memory");
	if (rc < 0) {
		xn_bridge_drift_destroy(drift);
		return rc;
	}
	*ret_drift = drift;
	return 0;
}

void xn_bridge_drift_destroy(struct xn_bridge_drift *drift)
{
	if (!drift)
		return;
	xn_source_destroy(drift->child);
	xn_source_destroy(drift->source);
	xn_source_destroy(drift->timer);
	xn_nl_monitor_close(drift->monitor);
	xn_drifts_close(drift->safe);
	free(drift->now);
	free(drift->next);
	free(drift);
}

json_t *xn_bridge_drift_describe(const struct xn_bridge_drift *drift)
{
	json_t *list = json_array();

	for (uint32_t i = 0; drift && i < drift->now->count; i++) {
		const struct xn_drifted *item = &drift->now->item[i];

		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:i, s:b}", "bridge",
				  item->bridge, "words", item->words,
				  "operations", (int)item->operations, "repair",
				  (int)wants_repair(drift, item->bridge)));
	}
	return list;
}

int xn_bridge_drift_repair(const char *state, const char *bridge,
			   struct xn_err *err)
{
	struct xn_safe *safe = NULL;
	int rc = xn_drifts_open(state, &safe, err);

	if (rc == 0)
		rc = xn_drifts_repair(safe, bridge, err);
	xn_drifts_close(safe);
	return rc;
}
