/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See host_addr.h. Announcements only say that something changed: all is read
 * again then, which is little, and seldom. */
#include "netconf/daemon/host_addr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "netconf/base/log.h"
#include "netconf/daemon/acls.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/monitor.h"

/* One change seldom comes alone. */
#define SETTLE_MS 20u

struct xn_host_addr {
	struct xn_daemon *daemon;
	struct xn_nl_monitor *monitor;
	struct xn_source *source;
	struct xn_source *soon; /* timer */
	bool pending;
	bool full_told;
	uint32_t count;
	struct xn_address address[XN_HOST_ADDRESSES_MAX];
};

static bool is_loopback(const struct xn_addr *addr)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	if (addr->family == AF_INET)
		return addr->address[0] == 127;
	return !memcmp(addr->address, loopback6, sizeof(loopback6));
}

static struct xn_address address_of(const struct xn_addr *addr)
{
	size_t bytes = xn_ip_bytes(addr->family);
	struct xn_address address = {.family = bytes == 4 ? 4 : 6,
				     .prefix = (uint8_t)(bytes * 8)};

	memcpy(address.octet, addr->address, bytes);
	return address;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct xn_address));
}

static bool has(const struct xn_address *address, uint32_t count,
		const struct xn_address *wanted)
{
	for (uint32_t i = 0; i < count; i++)
		if (compare(&address[i], wanted) == 0)
			return true;
	return false;
}

/* Each once, whichever links have it (routed vifs all have the same), and in an
 * order that does not change with the links'. */
static uint32_t take(struct xn_host_addr *host,
		     const struct xn_addr_table *table,
		     struct xn_address ret[XN_HOST_ADDRESSES_MAX])
{
	uint32_t count = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct xn_addr *addr = &table->addr[i];
		struct xn_address address;

		if (!xn_ip_bytes(addr->family) || is_loopback(addr))
			continue;
		address = address_of(addr);
		if (has(ret, count, &address))
			continue;
		if (count == XN_HOST_ADDRESSES_MAX) {
			if (!host->full_told)
				xn_warning("more than %u addresses: access "
					   "lists know the first ones only",
					   XN_HOST_ADDRESSES_MAX);
			host->full_told = true;
			break;
		}
		ret[count++] = address;
	}
	qsort(ret, count, sizeof(ret[0]), compare);
	return count;
}

static int read_all(struct xn_host_addr *host, struct xn_err *err)
{
	struct xn_address address[XN_HOST_ADDRESSES_MAX];
	struct xn_addr_table table;
	uint32_t count;
	int error = xn_addr_dump(host->daemon->nl, 0, &table, err);

	if (error)
		return error;
	count = take(host, &table, address);
	xn_addr_table_fini(&table);
	if (count == host->count &&
	    !memcmp(address, host->address, count * sizeof(address[0])))
		return 0;
	host->count = count;
	memcpy(host->address, address, count * sizeof(address[0]));
	xn_acls_set_host(host->daemon->acls, host->address, count);
	return 0;
}

static void on_soon(void *arg)
{
	struct xn_host_addr *host = arg;
	struct xn_err err = {0};

	host->pending = false;
	if (read_all(host, &err))
		xn_error("%s", xn_err_text(&err));
}

static void look_soon(struct xn_host_addr *host)
{
	if (host->pending)
		return;
	host->pending = true;
	xn_timer_arm(host->soon, SETTLE_MS, 0);
}

static void on_addr(void *arg, const struct xn_addr *addr)
{
	(void)addr;
	look_soon(arg);
}

static void on_readable(void *arg, uint32_t epoll_events)
{
	struct xn_host_addr *host = arg;
	const struct xn_nl_handlers handlers = {
		.addr_new = on_addr, .addr_del = on_addr, .arg = host};

	(void)epoll_events;
	if (xn_nl_monitor_read(host->monitor, &handlers))
		look_soon(host); /* some were lost */
}

int xn_host_addr_create(struct xn_daemon *daemon, struct xn_host_addr **ret,
			struct xn_err *err)
{
	struct xn_host_addr *host = calloc(1, sizeof(*host));
	int error;

	if (!host)
		return xn_fail(err, ENOMEM, "out of memory");
	host->daemon = daemon;
	error = xn_nl_monitor_open(XN_MONITOR_ADDR, &host->monitor, err);
	if (error)
		goto err_destroy;
	host->source =
		xn_loop_add_fd(daemon->loop, xn_nl_monitor_fd(host->monitor),
			       EPOLLIN, on_readable, host);
	host->soon = xn_loop_add_timer(daemon->loop, on_soon, host);
	if (!host->source || !host->soon) {
		error = xn_fail(err, errno, "event loop: %s", strerror(errno));
		goto err_destroy;
	}
	error = read_all(host, err);
	if (error)
		goto err_destroy;
	*ret = host;
	return 0;

err_destroy:
	xn_host_addr_destroy(host);
	return error;
}

void xn_host_addr_destroy(struct xn_host_addr *host)
{
	if (!host)
		return;
	xn_source_destroy(host->source);
	xn_source_destroy(host->soon);
	xn_nl_monitor_close(host->monitor);
	free(host);
}
