// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process behind a lab: starts the plane, answers lab.sock, and on its
 * end takes everything along. Requests are served one at a time; a request
 * may wait within the toolstack's limits.
 */
#include "netconf/lab/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/lab/groups.h"
#include "netconf/lab/guest.h"
#include "netconf/lab/lab.h"
#include "netconf/lab/namespace.h"
#include "netconf/lab/network.h"
#include "netconf/lab/plane.h"
#include "netconf/lab/wire.h"

#define ORPHANS_LIMIT_MS 10000u

struct lab {
	const struct xn_lab_paths *paths;
	struct xn_loop *loop;
	struct xn_lab_plane *plane;
	struct xn_lab_guests *guests;
	struct xn_lab_toolstack ts;
	int dom0_netns, outside_netns;
	int lock, listener;
	struct xn_source *listener_source, *term, *interrupt;
};

static json_t *failed(const struct xn_err *err)
{
	return json_pack("{s:s}", "error", xn_err_text(err));
}

static const char *text_of(const json_t *request, const char *key)
{
	const char *text = json_string_value(json_object_get(request, key));

	return text ? text : "";
}

/* Every bridge that a vif names exists: the lab makes it, unless the name is
 * that of routed vifs. */
static int make_bridges(struct lab *lab, const json_t *vifs, struct xn_err *err)
{
	struct xn_vifspec spec;
	json_t *vif;
	size_t i;
	int rc = 0;

	json_array_foreach (vifs, i, vif) {
		if (!json_is_string(vif))
			return xn_fail(err, EINVAL, "a vif is a text");
		rc = xn_vifspec_parse(json_string_value(vif), &spec, err);
		if (rc == 0 && spec.bridge[0] &&
		    strcmp(spec.bridge, XN_LAB_BRIDGE) != 0 &&
		    !xn_lab_is_group(lab->paths->config, spec.bridge))
			rc = xn_lab_network_bridge(lab->dom0_netns, spec.bridge,
						   err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static json_t *do_create(struct lab *lab, const json_t *request)
{
	const json_t *vifs = json_object_get(request, "vifs");
	struct xn_err err = {0};
	uint32_t domid = 0;
	int rc = make_bridges(lab, vifs, &err);

	if (rc == 0)
		rc = xn_lab_guest_create(
			lab->guests, text_of(request, "name"), vifs,
			json_object_get(request, "options"), &domid, &err);
	return rc < 0 ? failed(&err)
		      : json_pack("{s:I}", "domid", (json_int_t)domid);
}

static json_t *do_attach(struct lab *lab, const json_t *request)
{
	struct xn_err err = {0};
	uint32_t devid = 0;
	json_t *vifs = json_pack("[s]", text_of(request, "vif"));
	int rc = make_bridges(lab, vifs, &err);

	json_decref(vifs);
	if (rc == 0)
		rc = xn_lab_guest_attach(lab->guests, text_of(request, "name"),
					 text_of(request, "vif"), &devid, &err);
	return rc < 0 ? failed(&err)
		      : json_pack("{s:I}", "devid", (json_int_t)devid);
}

static json_t *do_detach(struct lab *lab, const json_t *request)
{
	struct xn_err err = {0};
	int rc = xn_lab_guest_detach(lab->guests, text_of(request, "name"),
				     text_of(request, "vif"), &err);

	return rc < 0 ? failed(&err) : json_object();
}

static json_t *do_destroy(struct lab *lab, const json_t *request)
{
	struct xn_err err = {0};
	int rc = xn_lab_guest_destroy(lab->guests, text_of(request, "name"),
				      &err);

	return rc < 0 ? failed(&err) : json_object();
}

static json_t *do_list(struct lab *lab)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "lab", lab->paths->name,
			 "store", lab->paths->store, "supervisor",
			 (json_int_t)getpid(), "processes",
			 xn_lab_plane_processes(lab->plane), "guests",
			 xn_lab_guest_list(lab->guests));
}

/* The descriptor stays the lab's. */
static json_t *do_exec(struct lab *lab, const json_t *request, int *ret_fd)
{
	const char *name = text_of(request, "name");
	struct xn_err err = {0};
	uint32_t domid = 0;

	if (!strcmp(name, "dom0"))
		*ret_fd = lab->dom0_netns;
	else if (!strcmp(name, "outside"))
		*ret_fd = lab->outside_netns;
	else
		*ret_fd =
			xn_lab_guest_namespace(lab->guests, name, &domid, &err);
	return *ret_fd < 0 ? failed(&err)
			   : json_pack("{s:I}", "domid", (json_int_t)domid);
}

static json_t *answer(struct lab *lab, const json_t *request, int *ret_fd)
{
	const char *verb = text_of(request, "verb");
	struct xn_err err = {0};

	if (!strcmp(verb, "create"))
		return do_create(lab, request);
	if (!strcmp(verb, "destroy"))
		return do_destroy(lab, request);
	if (!strcmp(verb, "attach"))
		return do_attach(lab, request);
	if (!strcmp(verb, "detach"))
		return do_detach(lab, request);
	if (!strcmp(verb, "list"))
		return do_list(lab);
	if (!strcmp(verb, "exec"))
		return do_exec(lab, request, ret_fd);
	xn_fail(&err, EINVAL, "the lab knows no '%s'", verb);
	return failed(&err);
}

static void serve_one(void *arg, uint32_t events)
{
	struct lab *lab = arg;
	struct timeval limit = {.tv_sec = 5}; /* a client that says nothing */
	json_t *request = NULL, *reply;
	int fd = -1;
	/* cppcheck-suppress nullPointer; accept(2) takes NULL for "do not say"
	 */
	int client = accept4(lab->listener, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (client < 0)
		return;
	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (xn_lab_wire_receive(client, &request, NULL) == 0) {
		reply = answer(lab, request, &fd);
		if (xn_lab_wire_send(client, reply, fd) < 0)
			xn_info("a client left before its answer");
		json_decref(reply);
		json_decref(request);
	}
	close(client);
}

static void stop_signal(void *arg, int signal_number)
{
	struct lab *lab = arg;

	xn_info("signal %d: stopping", signal_number);
	xn_loop_stop(lab->loop, 0);
}

static void program_ended(void *arg, const char *program)
{
	struct lab *lab = arg;

	xn_error("without %s there is no lab: stopping", program);
	xn_loop_stop(lab->loop, 1);
}

static int open_namespaces(struct lab *lab, const struct xn_lab_layout *layout,
			   struct xn_err *err)
{
	uint64_t cookie;
	int rc;

	lab->dom0_netns = xn_lab_namespace_create(err);
	if (lab->dom0_netns < 0)
		return lab->dom0_netns;
	rc = xn_lab_network_cookie(lab->dom0_netns, &cookie, err);
	if (rc == 0)
		rc = xn_lab_folder_note(lab->paths, cookie, err);
	if (rc < 0)
		return rc;
	lab->outside_netns = xn_lab_namespace_create(err);
	if (lab->outside_netns < 0)
		return lab->outside_netns;
	return xn_lab_network_plane(lab->dom0_netns, lab->outside_netns, layout,
				    err);
}

static int open_loop(struct lab *lab, struct xn_err *err)
{
	lab->loop = xn_loop_create();
	if (!lab->loop)
		return xn_fail(err, errno, "event loop: %s", strerror(errno));
	lab->term = xn_loop_add_signal(lab->loop, SIGTERM, stop_signal, lab);
	lab->interrupt =
		xn_loop_add_signal(lab->loop, SIGINT, stop_signal, lab);
	if (!lab->term || !lab->interrupt)
		return xn_fail(err, errno, "signals: %s", strerror(errno));
	return 0;
}

static int open_store(struct lab *lab, const struct xn_lab_layout *layout,
		      struct xn_err *err)
{
	lab->ts.paths = lab->paths;
	lab->ts.script = layout->script;
	lab->ts.dom0_netns = lab->dom0_netns;
	lab->ts.xs = xs_open(0);
	if (!lab->ts.xs)
		return xn_fail(err, errno, "xenstore: %s", strerror(errno));
	lab->guests = xn_lab_guests_create(lab->loop, &lab->ts);
	return lab->guests ? 0 : xn_fail(err, ENOMEM, "out of memory");
}

static int open_listener(struct lab *lab, struct xn_err *err)
{
	lab->listener = xn_lab_wire_listen(lab->paths->socket, err);
	if (lab->listener < 0)
		return lab->listener;
	lab->listener_source = xn_loop_add_fd(lab->loop, lab->listener, EPOLLIN,
					      serve_one, lab);
	if (!lab->listener_source)
		return xn_fail(err, errno, "epoll: %s", strerror(errno));
	return 0;
}

/* From here on this process and its children write to the lab's log. */
static int open_log(struct lab *lab, struct xn_err *err)
{
	int fd = open(lab->paths->log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC,
		      0600);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
	    dup2(fd, STDERR_FILENO) < 0)
		return xn_fail(err, errno, "%s: %s", lab->paths->log,
			       strerror(errno));
	close(fd);
	return 0;
}

static int open_lab(struct lab *lab, const struct xn_lab_layout *layout,
		    struct xn_err *err)
{
	int rc;

	lab->lock = xn_lab_lock(lab->paths, err);
	if (lab->lock < 0)
		return lab->lock;
	rc = xn_lab_folder_make(lab->paths, err);
	if (rc == 0)
		rc = open_log(lab, err);
	if (rc == 0)
		rc = xn_lab_layout_write_settings(layout, lab->paths->config,
						  err);
	if (rc == 0)
		rc = open_loop(lab, err);
	if (rc == 0)
		rc = open_namespaces(lab, layout, err);
	if (rc < 0)
		return rc;
	/* libxenstore finds the store of this lab by its environment. */
	setenv("XENSTORED_PATH", lab->paths->store, 1);
	lab->plane = xn_lab_plane_start(lab->loop, lab->paths, lab->dom0_netns,
					program_ended, lab, err);
	if (!lab->plane)
		return -EIO;
	rc = open_store(lab, layout, err);
	return rc < 0 ? rc : open_listener(lab, err);
}

/* What the lab's programs had started comes to us when they end (we are their
 * reaper): a data process ends by itself when its control is gone. */
static void wait_for_orphans(void)
{
	uint64_t deadline_ms = xn_now_ms() + ORPHANS_LIMIT_MS;
	struct pollfd none = {.fd = -1};
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (pid > 0)
			continue;
		if (xn_now_ms() >= deadline_ms) {
			xn_warning("a process of the lab does not end");
			return;
		}
		poll(&none, 1, 2);
	}
}

static void close_lab(struct lab *lab)
{
	bool ours = lab->lock >= 0;

	xn_source_destroy(lab->listener_source);
	xn_close(&lab->listener);
	xn_lab_guests_destroy(lab->guests);
	if (lab->ts.xs)
		xs_close(lab->ts.xs);
	xn_lab_plane_stop(lab->plane);
	xn_lab_namespace_end_processes(lab->dom0_netns);
	xn_lab_namespace_end_processes(lab->outside_netns);
	wait_for_orphans();
	xn_source_destroy(lab->term);
	xn_source_destroy(lab->interrupt);
	xn_loop_destroy(lab->loop);
	xn_close(&lab->dom0_netns);
	xn_close(&lab->outside_netns);
	if (ours)
		xn_lab_folder_remove(lab->paths);
	xn_close(&lab->lock);
}

static void say(int fd, const char *text, size_t bytes)
{
	if (write(fd, text, bytes) < 0)
		xn_info("nobody waits for the start any more");
}

/* The reason, and the end of the log, which goes with the folder. */
static void say_why(int fd, const struct xn_lab_paths *paths,
		    const struct xn_err *err)
{
	char tail[4096];
	ssize_t bytes = 0;
	int log = open(paths->log, O_RDONLY | O_CLOEXEC);

	say(fd, xn_err_text(err), strlen(xn_err_text(err)));
	if (log < 0)
		return;
	if (lseek(log, -(off_t)sizeof(tail), SEEK_END) < 0)
		lseek(log, 0, SEEK_SET);
	bytes = read(log, tail, sizeof(tail));
	close(log);
	if (bytes > 0) {
		say(fd, "\nits log:\n", 10);
		say(fd, tail, (size_t)bytes);
	}
}

int xn_lab_supervise(const struct xn_lab_paths *paths,
		     const struct xn_lab_layout *layout, int take_ready_fd)
{
	struct lab lab = {.paths = paths,
			  .dom0_netns = -1,
			  .outside_netns = -1,
			  .lock = -1,
			  .listener = -1};
	struct xn_err err = {0};
	int rc;

	xn_log_open("xenplane-lab", XN_LOG_INFO, false);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	rc = open_lab(&lab, layout, &err);
	if (rc < 0) {
		if (rc != -EBUSY)
			say_why(take_ready_fd, paths, &err);
		else
			say(take_ready_fd, xn_err_text(&err),
			    strlen(xn_err_text(&err)));
		close_lab(&lab);
		close(take_ready_fd); /* now nothing of the lab is left */
		return 1;
	}
	say(take_ready_fd, "+", 1);
	close(take_ready_fd);
	rc = xn_loop_run(lab.loop);
	close_lab(&lab);
	return rc < 0 ? 1 : rc;
}
