// SPDX-License-Identifier: GPL-2.0-or-later
/* See guest.h. */
#include "netback/netfront/guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "netconf/base/log.h"
#include "netconf/base/text.h"

/* How long backends may take to let go of our memory. */
#define CLOSE_MS 3000

struct xnf_guest_run {
	struct xnf_guest guest; /* first: what devices know */
	struct xn_source *store_source;
	struct xn_source *close_timer;
	struct xnf_watch *domain_watch;
	struct xnf_watch *vif_watch;
	bool domain_seen;
	bool shutting_down;
	bool no_frontend; /* the vifs are another program's */
	char domain_path[XNF_STORE_PATH_MAX];
	char vif_path[XNF_STORE_PATH_MAX];
	struct xn_log_limit log_limit;
	struct {
		bool present;
		bool refused; /* no second try until the folder goes */
		struct xnf_device *device;
	} vif[XNF_GUEST_VIFS_MAX];
};

static void drop_vif(struct xnf_guest_run *run, uint32_t handle)
{
	if (run->vif[handle].device)
		xn_info("eth%u: gone", handle);
	xnf_device_destroy(run->vif[handle].device);
	run->vif[handle].device = NULL;
	run->vif[handle].refused = false;
}

static void add_vif(struct xnf_guest_run *run, uint32_t handle)
{
	struct xn_err err = {0};
	bool later;

	if (run->vif[handle].device || run->vif[handle].refused ||
	    run->shutting_down)
		return;
	run->vif[handle].device =
		xnf_device_create(&run->guest, handle, &later, &err);
	if (run->vif[handle].device)
		return;
	run->vif[handle].refused = !later;
	if (!later && xn_log_allowed(&run->log_limit))
		xn_error("vif %u: %s", handle, xn_err_text(&err));
}

static void scan(struct xnf_guest_run *run)
{
	unsigned int count = 0;
	char **names = xnf_store_list(run->guest.store, run->vif_path, &count);
	uint32_t handle;

	if (!names && errno != ENOENT)
		return; /* not to know is not to be gone */
	for (uint32_t i = 0; i < XNF_GUEST_VIFS_MAX; i++)
		run->vif[i].present = false;
	for (unsigned int i = 0; i < count; i++)
		if (!xn_parse_u32(names[i], 0, XNF_GUEST_VIFS_MAX - 1, &handle))
			run->vif[handle].present = true;
	free(names);
	for (uint32_t i = 0; i < XNF_GUEST_VIFS_MAX; i++) {
		if (run->vif[i].present)
			add_vif(run, i);
		else
			drop_vif(run, i);
	}
}

/* Devices come, go, and become complete with a change of N, N/backend or
 * N/backend-id; all else below is the frontends' own. */
static void vif_changed(void *arg, const char *path)
{
	struct xnf_guest_run *run = arg;
	size_t length = strlen(run->vif_path);
	const char *key;

	if (strncmp(path, run->vif_path, length) == 0 && path[length] == '/') {
		key = strchr(path + length + 1, '/');
		if (key && strcmp(key, "/backend") != 0 &&
		    strcmp(key, "/backend-id") != 0)
			return;
	}
	scan(run);
}

static void domain_changed(void *arg, const char *path)
{
	struct xnf_guest_run *run = arg;
	int rc;

	if (strcmp(path, run->domain_path) != 0)
		return;
	rc = xnf_store_exists(run->guest.store, run->domain_path);
	if (rc == 1)
		run->domain_seen = true;
	if (rc || !run->domain_seen)
		return;
	xn_info("the domain is gone");
	xn_loop_stop(run->guest.loop, 0);
}

static void store_ready(void *arg, uint32_t events)
{
	struct xnf_guest_run *run = arg;

	(void)events;
	if (xnf_store_dispatch(run->guest.store) != -EPIPE)
		return;
	xn_warning("the store went away; connections stay as they are");
	xn_source_destroy(run->store_source);
	run->store_source = NULL;
	if (run->shutting_down)
		xn_loop_stop(run->guest.loop, 0);
}

static bool all_closed(const struct xnf_guest_run *run)
{
	for (uint32_t i = 0; i < XNF_GUEST_VIFS_MAX; i++)
		if (run->vif[i].device &&
		    !xnf_device_is_closed(run->vif[i].device))
			return false;
	return true;
}

static void device_closed(struct xnf_guest *guest)
{
	struct xnf_guest_run *run = (struct xnf_guest_run *)guest;

	if (run->shutting_down && all_closed(run))
		xn_loop_stop(guest->loop, 0);
}

static void close_late(void *arg)
{
	struct xnf_guest_run *run = arg;

	xn_warning("a backend did not close in time");
	xn_loop_stop(run->guest.loop, 0);
}

void xnf_guest_shut_down(struct xnf_guest_run *run)
{
	if (run->shutting_down || !run->store_source) {
		xn_loop_stop(run->guest.loop, 0);
		return;
	}
	run->shutting_down = true;
	xn_timer_arm(run->close_timer, CLOSE_MS, 0);
	for (uint32_t i = 0; i < XNF_GUEST_VIFS_MAX; i++)
		if (run->vif[i].device)
			xnf_device_close(run->vif[i].device);
	if (all_closed(run))
		xn_loop_stop(run->guest.loop, 0);
}

static int watch(struct xnf_guest_run *run, struct xn_err *err)
{
	run->domain_watch = xnf_store_watch(run->guest.store, run->domain_path,
					    domain_changed, run);
	if (!run->no_frontend)
		run->vif_watch = xnf_store_watch(
			run->guest.store, run->vif_path, vif_changed, run);
	if (!run->domain_watch || (!run->vif_watch && !run->no_frontend))
		return xn_fail(err, errno, "watching %s: %s", run->domain_path,
			       strerror(errno));
	run->close_timer = xn_loop_add_timer(run->guest.loop, close_late, run);
	run->store_source =
		xn_loop_add_fd(run->guest.loop, xnf_store_fd(run->guest.store),
			       EPOLLIN, store_ready, run);
	if (!run->close_timer || !run->store_source)
		return xn_fail(err, errno, "epoll: %s", strerror(errno));
	return 0;
}

struct xnf_guest_run *xnf_guest_start(struct xn_loop *loop,
				      struct xnf_store *store, uint32_t domid,
				      const struct xnf_options *options,
				      struct xn_err *err)
{
	struct xnf_guest_run *run = calloc(1, sizeof(*run));

	if (!run) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	run->guest = (struct xnf_guest){
		.loop = loop,
		.store = store,
		.domid = domid,
		.options = options ? *options : xnf_options_default,
		.closed = device_closed,
	};
	run->no_frontend = !options;
	run->log_limit =
		(struct xn_log_limit){.burst = 10, .interval_ms = 10000};
	(void)snprintf(run->domain_path, sizeof(run->domain_path),
		       "/local/domain/%u", domid);
	(void)snprintf(run->vif_path, sizeof(run->vif_path),
		       "/local/domain/%u/device/vif", domid);
	if (xn_nl_open(&run->guest.nl, err) || watch(run, err)) {
		xnf_guest_stop(run);
		return NULL;
	}
	if (!run->no_frontend)
		scan(run);
	return run;
}

void xnf_guest_stop(struct xnf_guest_run *run)
{
	if (!run)
		return;
	for (uint32_t i = 0; i < XNF_GUEST_VIFS_MAX; i++)
		drop_vif(run, i);
	xnf_watch_destroy(run->vif_watch);
	xnf_watch_destroy(run->domain_watch);
	xn_source_destroy(run->store_source);
	xn_source_destroy(run->close_timer);
	xn_nl_close(run->guest.nl);
	free(run);
}
