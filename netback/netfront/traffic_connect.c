// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_connect.h. */
#include "netback/netfront/traffic_connect.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "netconf/base/loop.h"

#define CLOSE_MS 3000

static void went_up(void *arg)
{
	struct xnf_connection *connection = arg;

	connection->up_count++;
}

static void went_down(void *arg)
{
	struct xnf_connection *connection = arg;

	connection->up_count--;
}

static const struct xnf_front_ops front_ops = {
	.up = went_up,
	.down = went_down,
};

bool xnf_follow_store(void *arg)
{
	struct xnf_connection *connection = arg;

	return !xnf_store_dispatch(connection->store) &&
	       xnf_is_connected(connection);
}

/* Until `is_done`, or for so long: true, it is done. */
static bool wait_for(struct xnf_connection *connection,
		     bool (*is_done)(const struct xnf_connection *),
		     uint32_t limit_ms)
{
	uint64_t until = xn_now_ms() + limit_ms;
	uint64_t now = xn_now_ms();

	while (!is_done(connection) && now < until) {
		struct pollfd fd = {
			.fd = xnf_store_fd(connection->store),
			.events = POLLIN,
		};

		if (poll(&fd, 1, (int)(until - now)) < 0 ||
		    xnf_store_dispatch(connection->store))
			break;
		now = xn_now_ms();
	}
	return is_done(connection);
}

int xnf_connect(struct xnf_connection *connection,
		const struct xnf_traffic_options *options, uint32_t count,
		struct xn_err *err)
{
	connection->store = xnf_store_open(err);
	if (!connection->store)
		return -EIO;
	while (connection->count < count) {
		uint32_t vif = options->vif + connection->count;
		struct xnf_front *front = xnf_front_create(
			connection->store, options->domid, vif, &options->front,
			&front_ops, connection, err);

		if (!front)
			return -EIO;
		connection->front[connection->count++] = front;
	}
	if (wait_for(connection, xnf_is_connected, options->connect_ms))
		return 0;
	for (uint32_t i = 0; i < connection->count; i++)
		if (!xnf_front_is_up(connection->front[i]))
			return xn_fail(err, ETIMEDOUT, "vif %u did not connect",
				       options->vif + i);
	return xn_fail(err, ETIMEDOUT, "a vif did not stay connected");
}

static bool are_closed(const struct xnf_connection *connection)
{
	for (uint32_t i = 0; i < connection->count; i++)
		if (!xnf_front_is_closed(connection->front[i]))
			return false;
	return true;
}

void xnf_disconnect(struct xnf_connection *connection)
{
	for (uint32_t i = 0; i < connection->count; i++)
		xnf_front_close(connection->front[i]);
	if (connection->count)
		(void)wait_for(connection, are_closed, CLOSE_MS);
	for (uint32_t i = 0; i < connection->count; i++)
		xnf_front_destroy(connection->front[i]);
	connection->count = 0;
	xnf_store_close(connection->store);
	connection->store = NULL;
}
