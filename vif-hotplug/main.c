/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vif-bridge, vif-route, vif-nat and vif-setup: one program, told apart by the
 * name it is called by. Run once for each event by libxl (or udev, or xend) as
 * root, with stdin from /dev/null; it starts no process unless there are hooks.
 * Exit status: 0 done, or nothing to do; 1 failed, with the reason on stderr,
 * in the log and in the store; 2 not called by a name it knows.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vif-hotplug/device.h"
#include "vif-hotplug/hooks.h"
#include "vif-hotplug/limit.h"
#include "vif-hotplug/lock.h"
#include "vif-hotplug/report.h"
#include "vif-hotplug/scripts.h"
#include "vif-hotplug/setup.h"
#include "vif-hotplug/store.h"

/* A backend makes its device before it says InitWait; udev's events and
 * emulated NICs may be early. */
#define DEVICE_LIMIT_MS 10000u

static int up(struct xvh_run *run, struct xn_err *err)
{
	switch (run->request->script) {
	case XVH_BRIDGE:
		return xvh_bridge_up(run, err);
	case XVH_ROUTE:
		return xvh_route_up(run, err);
	case XVH_NAT:
		return xvh_nat_up(run, err);
	case XVH_SETUP:
		break;
	}
	return xn_fail(err, EINVAL, "vif-setup names no script");
}

/* Takes everything away that is still there, whatever fails on the way. */
static int take_down(struct xvh_run *run, struct xn_err *err)
{
	int rc = xvh_routed_down(run, err);
	int released = 0;

	if (run->link.ifindex)
		released = xvh_device_release(run->nl, run->request, &run->link,
					      err);
	return rc < 0 ? rc : released;
}

static int bring_up(struct xvh_run *run, struct xn_err *err)
{
	struct xn_err ignored = {.set = false};
	bool fresh;
	int rc = xvh_device_wait(run->nl, run->request, DEVICE_LIMIT_MS,
				 &run->link, err);

	if (rc < 0)
		return rc;
	fresh = !(run->link.flags & IFF_UP);
	rc = xvh_device_take_name(run->nl, run->request, &run->link, err);
	if (rc == 0)
		rc = up(run, err);
	/* One that worked before this run is not made worse than it is. */
	if (rc < 0 && fresh &&
	    xn_link_get_index(run->nl, run->link.ifindex, &run->link, NULL) ==
		    0)
		(void)take_down(run, &ignored);
	return rc;
}

static int online(struct xvh_run *run, struct xvh_store *store,
		  const char *const *argv, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	int rc = bring_up(run, err);

	if (rc == 0)
		rc = xvh_hooks_run(run, argv, err);
	/* Of a tap the toolstack asks nothing: the vif's run tells it. */
	if (rc == 0 && !request->tap)
		rc = xvh_store_connected(store, request, run->mtu, err);
	if (rc == 0)
		xvh_report(XN_LOG_INFO, "%s: %s on %s", request->born,
			   run->link.name,
			   run->where[0] ? run->where : "its own");
	return rc;
}

static int offline(struct xvh_run *run, const char *const *argv,
		   struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	struct xn_err none = {.set = false};
	int hooks;
	int rc;

	/* With the backend the device goes, often before this runs. */
	if (xvh_device_find(run->nl, request, &run->link, &none) < 0)
		run->link.ifindex = 0;
	rc = take_down(run, err);
	/* The backend took it away meanwhile. */
	if (rc == -ENODEV) {
		err->set = false;
		rc = 0;
	}
	hooks = xvh_hooks_run(run, argv, err);
	if (rc == 0 && hooks == 0)
		xvh_report(XN_LOG_INFO, "%s: offline%s", request->born,
			   run->link.ifindex ? "" : ", its device is gone");
	return rc < 0 ? rc : hooks;
}

static int count_words(const char *const *argv)
{
	int count = 0;

	while (argv[count])
		count++;
	return count;
}

/* A bridge that there is not, but a group of routed vifs of that name. */
static int look_for_group(struct xvh_run *run, struct xvh_request *request,
			  struct xvh_store *store, const char *const *argv,
			  struct xn_err *err)
{
	struct xn_link link;

	if (!request->bridge[0] || request->script == XVH_NAT ||
	    (request->script == XVH_BRIDGE &&
	     xn_link_get(run->nl, request->bridge, &link, NULL) == 0) ||
	    !xvh_group_find(request->bridge, &run->group))
		return 0;
	if (request->script == XVH_BRIDGE) {
		int rc = xvh_request_become_routed(
			request, count_words(argv), argv,
			(const char *const *)environ,
			store->xs ? xvh_store_read : NULL, store, err);

		if (rc < 0)
			return rc;
	}
	xvh_group_find_vif(request, &run->group);
	return 0;
}

/* With the store open and the vif's lock held. */
static int serve(struct xvh_request *request, struct xvh_store *store,
		 const char *const *argv, struct xn_err *err)
{
	struct xvh_run run = {.request = request};
	int rc = store->xs ? xvh_request_complete(request, xvh_store_read,
						  store, err)
			   : 0;

	if (rc < 0 && request->up)
		return rc;
	if (rc < 0) {
		/* What is wrong in the store keeps nothing alive. */
		xvh_report(XN_LOG_WARNING, "%s", xn_err_text(err));
		err->set = false;
	}
	rc = xn_nl_open(&run.nl, err);
	if (rc < 0)
		return rc;
	rc = request->up ? look_for_group(&run, request, store, argv, err) : 0;
	if (rc < 0)
		goto out;
	rc = request->up ? online(&run, store, argv, err)
			 : offline(&run, argv, err);
out:
	xn_nl_close(run.nl);
	return rc;
}

static void tell_failure(struct xvh_store *store,
			 const struct xvh_request *request,
			 const struct xn_err *why)
{
	struct xn_err err = {.set = false};

	xvh_report(XN_LOG_ERROR, "%s%s%s", request->born,
		   request->born[0] ? ": " : "", xn_err_text(why));
	/* On removal hotplug-status is the backend's own. */
	if (request->path[0] && store->xs && request->up &&
	    xvh_store_failed(store, xn_err_text(why), &err) < 0)
		xvh_report(XN_LOG_WARNING, "%s", xn_err_text(&err));
}

static int run_locked(struct xvh_request *request, struct xvh_store *store,
		      const char *const *argv, struct xn_err *err)
{
	struct xvh_lock lock;
	int rc = xvh_lock_take(&lock, request, err);

	if (rc < 0)
		return rc;
	rc = serve(request, store, argv, err);
	if (rc < 0)
		tell_failure(store, request, err);
	xvh_lock_release(&lock);
	return rc;
}

static int run_script(enum xvh_script script, int argc, const char *const *argv)
{
	struct xvh_store store = {.xs = NULL};
	struct xvh_request request;
	struct xn_err err = {.set = false}, no_store = {.set = false};
	int rc =
		xvh_request_parse(script, argc, argv,
				  (const char *const *)environ, &request, &err);

	if (rc == 0 && request.ignored)
		return 0;
	if (request.path[0] &&
	    xvh_store_open(&store, request.path, &no_store) < 0 && rc == 0 &&
	    request.up) {
		rc = -EIO;
		err = no_store;
	}
	if (rc < 0) {
		tell_failure(&store, &request, &err);
	} else if (request.udev && store.xs &&
		   xvh_store_udev_disabled(&store)) {
		xvh_report(XN_LOG_DEBUG,
			   "%s: udev's event is left to the "
			   "toolstack",
			   request.born);
	} else if (script == XVH_NAT && request.tap) {
		xvh_report(XN_LOG_DEBUG,
			   "%s: nothing is done for an emulated "
			   "NIC",
			   request.born);
	} else {
		rc = run_locked(&request, &store, argv, &err);
	}
	xvh_store_close(&store);
	return rc < 0 ? 1 : 0;
}

static int run_setup(int argc, const char *const *argv)
{
	static struct xvh_setup setup;
	struct xn_err err = {.set = false};
	int rc = xvh_setup_parse(argc, argv, (const char *const *)environ,
				 &setup, &err);

	if (rc == 0 && setup.ours) {
		xvh_report_open(xvh_script_name(setup.script));
		return run_script(setup.script, setup.argc, setup.argv);
	}
	if (rc == 0) {
		xvh_limit_stop();
		(void)signal(SIGPIPE, SIG_DFL);	      /* it is handed on */
		(void)xvh_setup_become(&setup, &err); /* it failed */
	}
	xvh_report(XN_LOG_ERROR, "%s", xn_err_text(&err));
	return 1;
}

static int usage(FILE *to)
{
	(void)fputs("usage: vif-bridge | vif-route | vif-nat | vif-setup\n"
		    "           online|offline|add|remove "
		    "[type_if=vif|tap] [KEY=VALUE...]\n"
		    "\n"
		    "Hotplug scripts of Xen's toolstack, which sets the "
		    "environment:\n"
		    "XENBUS_PATH, vif or INTERFACE, script, netdev. See "
		    "vif-bridge(8).\n",
		    to);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	enum xvh_script script;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc < 1 || xvh_script_named(argv[0], &script) < 0)
		return usage(stderr);
	xvh_report_open(xvh_script_name(script));
	/* A store that ends meanwhile is an error, not the end. */
	(void)signal(SIGPIPE, SIG_IGN);
	xvh_limit_start();
	if (script == XVH_SETUP)
		return run_setup(argc, (const char *const *)argv);
	return run_script(script, argc, (const char *const *)argv);
}
