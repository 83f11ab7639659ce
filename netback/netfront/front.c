// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See front.h. Store events only say "look again": every step rests on the
 * backend's state as it is now, so events that were merged, or doubled by a
 * backend that rewrites its keys without end, change nothing.
 */
#include "netback/netfront/front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "netconf/base/log.h"
#include "netconf/base/text.h"

#define DOMID_MAX 0x7fefu /* the reserved ones begin behind it */
/* Steps taken at one look at the backend; a cycle is five. */
#define STEPS_MAX 8
#define MTU_MIN 68u
#define MTU_MAX (65535u - 18u)

/* What follows a close. */
enum wanted {
	WANT_OPEN,
	WANT_CLOSED,
	WANT_REOPEN,
};

struct xnf_front {
	struct xnf_store *store;
	struct xnf_options options;
	const struct xnf_front_ops *ops;
	void *arg;
	uint32_t handle;
	char path[XNF_STORE_PATH_MAX];
	char backend_path[XNF_STORE_PATH_MAX];
	uint32_t backend_domid;
	struct xnf_watch *own_watch;
	struct xnf_watch *backend_watch;
	struct xnf_watch *carrier_watch;

	uint32_t state; /* enum xenbus_state, as we wrote it */
	enum wanted wanted;
	bool up;
	bool closed;	   /* told our user so */
	bool seen_leaving; /* the backend closed since we did */
	struct xnf_features features;
	uint32_t headroom_wanted; /* options has what is in force */
	xengntshr_handle *gntshr;
	struct xnf_queue *queues[XNF_QUEUES_MAX];
	uint32_t queue_count;
	struct xnf_ctrl *ctrl; /* NULL: none */

	bool has_mac;
	struct xn_mac mac;
	uint32_t mtu;
	bool carrier;
};

static void set_state(struct xnf_front *front, enum xenbus_state state)
{
	char path[XNF_STORE_PATH_MAX + 8];
	char value[4];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/state", front->path);
	(void)snprintf(value, sizeof(value), "%u", (unsigned int)state);
	rc = xnf_store_write(front->store, XBT_NULL, path, value);
	if (rc)
		xn_warning("%s: %s", path, strerror(-rc));
	front->state = state;
}

static void release_queues(struct xnf_front *front)
{
	for (uint32_t i = 0; i < front->queue_count; i++)
		xnf_queue_destroy(front->queues[i]);
	front->queue_count = 0;
	xnf_ctrl_destroy(front->ctrl);
	front->ctrl = NULL;
}

static void take_down(struct xnf_front *front)
{
	if (!front->up)
		return;
	front->up = false;
	front->ops->down(front->arg);
}

static int make_queues(struct xnf_front *front, struct xn_err *err)
{
	uint32_t count = front->options.queues_max;
	bool split =
		front->options.split_channels && front->features.split_channels;

	if (count > front->features.queues_max)
		count = front->features.queues_max;
	if (!front->gntshr)
		front->gntshr = xengntshr_open(NULL, 0);
	if (!front->gntshr)
		return xn_fail(err, errno, "granting memory: %s",
			       strerror(errno));
	while (front->queue_count < count) {
		struct xnf_queue *queue = xnf_queue_create(
			front->gntshr, front->backend_domid, split, err);

		if (!queue)
			return -EIO;
		front->queues[front->queue_count++] = queue;
	}
	if (!front->features.ctrl_ring ||
	    (!front->options.hash && !front->options.static_grants))
		return 0;
	front->ctrl = xnf_ctrl_create(front->gntshr, front->backend_domid, err);
	return front->ctrl ? 0 : -EIO;
}

static void connect_backend(struct xnf_front *front)
{
	struct xn_err err = {0};

	front->seen_leaving = false;
	if (xnf_keys_read_features(front->store, front->backend_path,
				   &front->features))
		return; /* the store is gone */
	if (make_queues(front, &err) ||
	    xnf_keys_write(front->store, front->path, &front->options,
			   front->queues, front->queue_count, front->ctrl,
			   &err)) {
		xn_error("vif %u: %s", front->handle, xn_err_text(&err));
		release_queues(front);
		set_state(front, XenbusStateClosed);
		return;
	}
	set_state(front, XenbusStateConnected);
}

/* As Linux does when an XDP program is loaded. Here the key comes before the
 * state, so that the backend cannot read the old one. */
static void reconfigure(struct xnf_front *front)
{
	if (!front->features.xdp_headroom ||
	    front->headroom_wanted == front->options.xdp_headroom)
		return;
	if (xnf_keys_write_headroom(front->store, front->path,
				    front->headroom_wanted))
		return; /* the store is gone */
	set_state(front, XenbusStateReconfiguring);
}

static bool is_leaving(uint32_t backend)
{
	return backend == XenbusStateClosing || backend == XenbusStateClosed ||
	       backend == XenbusStateUnknown;
}

/* The follow_ functions take one step: true when our own state changed, so
 * that there may be another one. */
static bool follow_initialising(struct xnf_front *front, uint32_t backend)
{
	if (front->wanted != WANT_OPEN)
		set_state(front, XenbusStateClosing);
	else if (backend == XenbusStateInitWait)
		connect_backend(front);
	else if (backend == XenbusStateClosing)
		set_state(front, XenbusStateClosed);
	return front->state != XenbusStateInitialising;
}

static bool follow_connected(struct xnf_front *front, uint32_t backend)
{
	if (front->wanted != WANT_OPEN) {
		take_down(front);
		set_state(front, XenbusStateClosing);
	} else if (is_leaving(backend)) {
		take_down(front);
		set_state(front, XenbusStateClosed);
	} else if (backend == XenbusStateInitWait && front->up) {
		/* It left and came back while we did not look. */
		take_down(front);
		release_queues(front);
		set_state(front, XenbusStateInitialising);
	} else if (backend == XenbusStateConnected && !front->up) {
		front->up = true;
		front->ops->up(front->arg);
	}
	if (front->up && front->state == XenbusStateConnected &&
	    backend == XenbusStateConnected)
		reconfigure(front);
	return front->state != XenbusStateConnected;
}

static bool follow_reconfiguring(struct xnf_front *front, uint32_t backend)
{
	if (backend == XenbusStateReconfigured) {
		front->options.xdp_headroom = front->headroom_wanted;
		set_state(front, XenbusStateConnected);
	} else {
		(void)follow_connected(front, backend);
	}
	return front->state != XenbusStateReconfiguring;
}

static bool follow_closing(struct xnf_front *front, uint32_t backend)
{
	if (!is_leaving(backend))
		return false;
	set_state(front, XenbusStateClosed);
	return true;
}

static bool follow_closed(struct xnf_front *front, uint32_t backend)
{
	if (is_leaving(backend))
		front->seen_leaving = true;
	if (backend == XenbusStateClosing || backend == XenbusStateConnected)
		return false; /* it may still use our memory */
	release_queues(front);
	switch (front->wanted) {
	case WANT_CLOSED:
		if (front->closed)
			return false;
		front->closed = true;
		if (front->ops->closed)
			front->ops->closed(front->arg);
		return false;
	case WANT_REOPEN:
		front->wanted = WANT_OPEN;
		break;
	case WANT_OPEN:
		if (backend != XenbusStateInitWait || !front->seen_leaving)
			return false;
		break;
	}
	set_state(front, XenbusStateInitialising);
	return true;
}

static uint32_t backend_state(struct xnf_front *front)
{
	uint32_t state = XenbusStateUnknown;

	(void)xnf_store_read_u32(front->store, front->backend_path, "state",
				 XenbusStateReconfigured, &state);
	return state;
}

static bool step(struct xnf_front *front)
{
	uint32_t backend = backend_state(front);

	if (front->state == XenbusStateInitialising)
		return follow_initialising(front, backend);
	if (front->state == XenbusStateConnected)
		return follow_connected(front, backend);
	if (front->state == XenbusStateReconfiguring)
		return follow_reconfiguring(front, backend);
	if (front->state == XenbusStateClosing)
		return follow_closing(front, backend);
	return follow_closed(front, backend);
}

static void follow(struct xnf_front *front)
{
	for (int i = 0; i < STEPS_MAX && step(front); i++)
		;
}

static int read_own(struct xnf_front *front, const char *key, char *ret_value,
		    size_t value_bytes)
{
	char path[XNF_STORE_PATH_MAX];
	int rc;

	rc = xn_text_format(path, sizeof(path), "%s/%s", front->path, key);
	if (rc < 0)
		return rc;
	return xnf_store_read(front->store, XBT_NULL, path, ret_value,
			      value_bytes);
}

static uint32_t read_mtu(struct xnf_front *front)
{
	uint32_t mtu = 0;

	if (xnf_store_read_u32(front->store, front->path, "mtu", MTU_MAX,
			       &mtu) ||
	    mtu < MTU_MIN)
		return 0;
	return mtu;
}

static void read_mac(struct xnf_front *front)
{
	char text[XN_MAC_TEXT];

	front->has_mac = read_own(front, "mac", text, sizeof(text)) > 0 &&
			 !xn_mac_parse(text, &front->mac) &&
			 !xn_mac_is_group(&front->mac);
}

static int read_backend(struct xnf_front *front, struct xn_err *err)
{
	int rc = read_own(front, "backend", front->backend_path,
			  sizeof(front->backend_path));

	if (rc < 0)
		return xn_fail(err, -rc, "%s/backend: %s", front->path,
			       strerror(-rc));
	if (front->backend_path[0] != '/')
		return xn_fail(err, EINVAL, "%s/backend is no path",
			       front->path);
	rc = xnf_store_read_u32(front->store, front->path, "backend-id",
				DOMID_MAX, &front->backend_domid);
	if (rc)
		return xn_fail(err, -rc, "%s/backend-id: %s", front->path,
			       strerror(-rc));
	return 0;
}

static void backend_changed(void *arg, const char *path)
{
	(void)path;
	follow(arg);
}

/* Absent, or no number of theirs: the link is up. */
static bool read_carrier(struct xnf_front *front)
{
	uint32_t carrier = 1;

	(void)xnf_store_read_u32(front->store, front->backend_path, "carrier",
				 1, &carrier);
	return carrier != 0;
}

static void carrier_changed(void *arg, const char *path)
{
	struct xnf_front *front = arg;
	bool carrier = read_carrier(front);

	(void)path;
	if (carrier == front->carrier)
		return;
	front->carrier = carrier;
	if (front->ops->carrier)
		front->ops->carrier(front->arg);
}

static int watch_carrier(struct xnf_front *front, struct xn_err *err)
{
	char path[XNF_STORE_PATH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/carrier", front->backend_path);
	xnf_watch_destroy(front->carrier_watch);
	front->carrier = read_carrier(front);
	front->carrier_watch =
		xnf_store_watch(front->store, path, carrier_changed, front);
	if (!front->carrier_watch)
		return xn_fail(err, errno, "watching %s: %s", path,
			       strerror(errno));
	return 0;
}

static int watch_backend(struct xnf_front *front, struct xn_err *err)
{
	char path[XNF_STORE_PATH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/state", front->backend_path);
	xnf_watch_destroy(front->backend_watch);
	front->backend_watch =
		xnf_store_watch(front->store, path, backend_changed, front);
	if (!front->backend_watch)
		return xn_fail(err, errno, "watching %s: %s", path,
			       strerror(errno));
	return watch_carrier(front, err);
}

/* The toolstack removed the device and made it anew behind our back: nothing
 * of the old one holds any more. */
static void start_anew(struct xnf_front *front)
{
	struct xn_err err = {0};

	take_down(front);
	release_queues(front);
	front->state = XenbusStateInitialising;
	front->seen_leaving = false;
	read_mac(front);
	if (read_backend(front, &err) || watch_backend(front, &err))
		xn_warning("vif %u: %s", front->handle, xn_err_text(&err));
}

static void check_device(struct xnf_front *front)
{
	char backend[XNF_STORE_PATH_MAX];
	uint32_t state = front->state;

	if (read_own(front, "backend", backend, sizeof(backend)) < 0)
		return;
	(void)xnf_store_read_u32(front->store, front->path, "state",
				 XenbusStateReconfigured, &state);
	if (strcmp(backend, front->backend_path) != 0 ||
	    (state != front->state && state == XenbusStateInitialising))
		start_anew(front);
}

static void own_changed(void *arg, const char *path)
{
	struct xnf_front *front = arg;
	size_t length = strlen(front->path);
	const char *key = path + length;
	uint32_t mtu;

	if (strncmp(path, front->path, length) != 0)
		return;
	if (!*key || !strcmp(key, "/backend") || !strcmp(key, "/state"))
		check_device(front);
	if (*key && strcmp(key, "/mtu") != 0)
		return;
	mtu = read_mtu(front);
	if (mtu == front->mtu)
		return;
	front->mtu = mtu;
	if (front->ops->mtu)
		front->ops->mtu(front->arg);
}

/* A state that somebody before us left behind, or 1 as the toolstack wrote. */
static void read_state(struct xnf_front *front)
{
	front->state = XenbusStateInitialising;
	(void)xnf_store_read_u32(front->store, front->path, "state",
				 XenbusStateReconfigured, &front->state);
	if (front->state == XenbusStateUnknown)
		front->state = XenbusStateInitialising;
	if (front->state != XenbusStateInitialising ||
	    front->options.close_first)
		front->wanted = WANT_REOPEN;
	if (front->state != XenbusStateInitialising &&
	    front->state != XenbusStateClosing &&
	    front->state != XenbusStateClosed)
		front->state = XenbusStateConnected;
}

static int begin(struct xnf_front *front, struct xn_err *err)
{
	int rc = read_backend(front, err);

	if (rc)
		return rc;
	read_state(front);
	read_mac(front);
	front->mtu = read_mtu(front);
	rc = watch_backend(front, err);
	if (rc)
		return rc;
	front->own_watch =
		xnf_store_watch(front->store, front->path, own_changed, front);
	if (!front->own_watch)
		return xn_fail(err, errno, "watching %s: %s", front->path,
			       strerror(errno));
	return 0;
}

struct xnf_front *xnf_front_create(struct xnf_store *store, uint32_t domid,
				   uint32_t handle,
				   const struct xnf_options *options,
				   const struct xnf_front_ops *ops, void *arg,
				   struct xn_err *err)
{
	struct xnf_front *front = calloc(1, sizeof(*front));

	if (!front) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	front->store = store;
	front->options = *options;
	/* The program is loaded once there is a connection. */
	front->headroom_wanted = options->xdp_headroom;
	front->options.xdp_headroom = 0;
	front->ops = ops;
	front->arg = arg;
	front->handle = handle;
	if (!front->options.queues_max)
		front->options.queues_max = 1;
	if (front->options.queues_max > XNF_QUEUES_MAX)
		front->options.queues_max = XNF_QUEUES_MAX;
	(void)snprintf(front->path, sizeof(front->path),
		       "/local/domain/%u/device/vif/%u", domid, handle);
	if (begin(front, err)) {
		xnf_front_destroy(front);
		return NULL;
	}
	return front;
}

void xnf_front_destroy(struct xnf_front *front)
{
	if (!front)
		return;
	xnf_watch_destroy(front->own_watch);
	xnf_watch_destroy(front->backend_watch);
	xnf_watch_destroy(front->carrier_watch);
	take_down(front);
	release_queues(front);
	if (front->gntshr)
		(void)xengntshr_close(front->gntshr);
	free(front);
}

void xnf_front_close(struct xnf_front *front)
{
	front->wanted = WANT_CLOSED;
	front->closed = false;
	follow(front);
}

void xnf_front_reopen(struct xnf_front *front)
{
	front->wanted = WANT_REOPEN;
	follow(front);
}

bool xnf_front_is_closed(const struct xnf_front *front)
{
	return front->closed;
}

bool xnf_front_is_up(const struct xnf_front *front)
{
	return front->up;
}

void xnf_front_request_mcast(struct xnf_front *front, bool on)
{
	if (!front->features.dynamic_mcast_control)
		return;
	if (xnf_keys_write_mcast(front->store, front->path, on))
		xn_warning("%s: request-multicast-control cannot be written",
			   front->path);
}

uint32_t xnf_front_handle(const struct xnf_front *front)
{
	return front->handle;
}

uint32_t xnf_front_queue_count(const struct xnf_front *front)
{
	return front->queue_count;
}

struct xnf_queue *xnf_front_queue(const struct xnf_front *front, uint32_t index)
{
	return front->queues[index];
}

struct xnf_ctrl *xnf_front_ctrl(const struct xnf_front *front)
{
	return front->ctrl;
}

const struct xnf_features *xnf_front_features(const struct xnf_front *front)
{
	return &front->features;
}

bool xnf_front_mac(const struct xnf_front *front, struct xn_mac *ret_mac)
{
	if (front->has_mac)
		*ret_mac = front->mac;
	return front->has_mac;
}

bool xnf_front_carrier(const struct xnf_front *front)
{
	return front->carrier;
}

uint32_t xnf_front_mtu(const struct xnf_front *front)
{
	return front->mtu;
}
