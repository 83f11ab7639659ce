// SPDX-License-Identifier: GPL-2.0-or-later
/* The vif's life as the hostile guest leads it. See hostile.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "netback/netfront/hostile.h"
#include "netconf/base/loop.h"
#include "netconf/base/text.h"

#define CLOSE_MS 10000u
#define LOOK_MS 20

static void went_up(void *arg)
{
	struct xnf_hostile *one = arg;

	one->up = true;
	xnf_raw_begin(&one->raw, xnf_front_queue(one->front, 0));
}

static void went_down(void *arg)
{
	struct xnf_hostile *one = arg;

	one->up = false;
}

static const struct xnf_front_ops front_ops = {
	.up = went_up,
	.down = went_down,
};

static bool is_up(const struct xnf_hostile *one)
{
	return one->up;
}

static bool is_closed(const struct xnf_hostile *one)
{
	return xnf_front_is_closed(one->front);
}

static bool follow(struct xnf_hostile *one,
		   bool (*is_done)(const struct xnf_hostile *),
		   uint32_t limit_ms)
{
	uint64_t until = xn_now_ms() + limit_ms;
	uint64_t now = xn_now_ms();

	while (!is_done(one) && now < until) {
		struct pollfd fd = {
			.fd = xnf_store_fd(one->store),
			.events = POLLIN,
		};

		if (poll(&fd, 1, (int)(until - now)) < 0 ||
		    xnf_store_dispatch(one->store))
			break;
		now = xn_now_ms();
	}
	return is_done(one);
}

static int begin(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_options options = xnf_options_default;
	char key[XNF_STORE_PATH_MAX];
	int rc;

	(void)snprintf(one->path, sizeof(one->path),
		       "/local/domain/%u/device/vif/%u", one->options.domid,
		       one->options.vif);
	(void)xn_text_format(key, sizeof(key), "%s/backend", one->path);
	rc = xnf_store_read(one->store, XBT_NULL, key, one->backend_path,
			    sizeof(one->backend_path));
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", key, strerror(-rc));
	options.hash = one->options.attack->ctrl;
	options.rx_notify = one->options.rx_notify;
	options.sg = one->options.sg;
	one->front = xnf_front_create(one->store, one->options.domid,
				      one->options.vif, &options, &front_ops,
				      one, err);
	if (!one->front)
		return -EIO;
	if (!xnf_front_mac(one->front, &one->mac))
		return xn_fail(err, EINVAL, "%s/mac is no address", one->path);
	return 0;
}

int xnf_hostile_connect(struct xnf_hostile *one, struct xn_err *err)
{
	int rc = one->front ? 0 : begin(one, err);

	if (rc)
		return rc;
	if (!follow(one, is_up, one->options.connect_ms))
		return xn_fail(err, ETIMEDOUT, "vif %u did not connect",
			       one->options.vif);
	return 0;
}

int xnf_hostile_reconnect(struct xnf_hostile *one, struct xn_err *err)
{
	xnf_front_reopen(one->front);
	return xnf_hostile_connect(one, err);
}

int xnf_hostile_start_anew(struct xnf_hostile *one, struct xn_err *err)
{
	xnf_front_destroy(one->front);
	one->front = NULL;
	xnf_store_close(one->store);
	one->store = xnf_store_open(err);
	return one->store ? xnf_hostile_connect(one, err) : -EIO;
}

int xnf_hostile_close(struct xnf_hostile *one, struct xn_err *err)
{
	if (!one->front)
		return 0;
	xnf_front_close(one->front);
	if (!follow(one, is_closed, CLOSE_MS))
		return xn_fail(err, ETIMEDOUT, "the backend did not close");
	return 0;
}

uint32_t xnf_hostile_backend(struct xnf_hostile *one)
{
	uint32_t state = XenbusStateUnknown;

	(void)xnf_store_read_u32(one->store, one->backend_path, "state",
				 XenbusStateReconfigured, &state);
	return state;
}

/* The store is asked now and then: the frontend library has the events, and
 * would follow the backend. */
bool xnf_hostile_wait_backend(struct xnf_hostile *one, uint32_t states,
			      uint32_t limit_ms)
{
	uint64_t until = xn_now_ms() + limit_ms;
	struct pollfd none = {.fd = -1};

	while (!(states & 1u << xnf_hostile_backend(one))) {
		if (xn_now_ms() >= until)
			return false;
		(void)poll(&none, 1, LOOK_MS);
	}
	return true;
}

bool xnf_hostile_wait_disabled(struct xnf_hostile *one, uint32_t limit_ms)
{
	return xnf_hostile_wait_backend(
		one, 1u << XenbusStateClosing | 1u << XenbusStateClosed,
		limit_ms);
}

int xnf_hostile_write(struct xnf_hostile *one, const char *key,
		      const char *value)
{
	char path[XNF_STORE_PATH_MAX];
	int rc = xn_text_format(path, sizeof(path), "%s/%s", one->path, key);

	return rc < 0 ? rc : xnf_store_write(one->store, XBT_NULL, path, value);
}

int xnf_hostile_set_state(struct xnf_hostile *one, uint32_t state)
{
	char value[12];

	(void)snprintf(value, sizeof(value), "%u", state);
	return xnf_hostile_write(one, "state", value);
}
