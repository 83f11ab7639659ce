/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>

#include "netconf/base/fd.h"
#include "netconf/base/loop.h"
#include "netconf/nl/netns.h"
#include "netconf/nl/tap.h"

#define PATIENCE_MS 60000

struct xn_nl *nl;
struct xn_err err;

bool enter_namespace(void)
{
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	printf("skipped: a network namespace of its own needs root: %s\n",
	       strerror(errno));
	return false;
}

int new_namespace(void)
{
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int made;

	assert_true(here >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	made = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(made >= 0);
	xn_netns_leave(&here);
	return made;
}

int open_nl(void **state)
{
	(void)state;
	err = (struct xn_err){0};
	if (xn_nl_open(&nl, &err) < 0)
		print_error("%s\n", xn_err_text(&err));
	return nl ? 0 : -1;
}

/* Half of a veth pair goes with the other half. */
static void delete_links(void)
{
	struct xn_link_table table;

	if (xn_link_dump(nl, &table, &err) < 0)
		return;
	for (size_t i = 0; i < table.count; i++)
		(void)xn_link_delete(nl, table.link[i].ifindex, NULL);
	xn_link_table_fini(&table);
}

int close_nl(void **state)
{
	(void)state;
	delete_links();
	xn_nl_close(nl);
	nl = NULL;
	return 0;
}

void assert_refused(int rc, int error, const char *words, const char *call)
{
	if (rc != error || !strstr(xn_err_text(&err), words))
		fail_msg("%s: %d, \"%s\", wanted %d, \"...%s...\"", call, rc,
			 xn_err_text(&err), error, words);
	err.set = false;
}

struct xn_link link_named(const char *name)
{
	struct xn_link link = {0};

	GOOD(xn_link_get(nl, name, &link, &err));
	assert_string_equal(link.name, name);
	return link;
}

struct xn_link link_at(int ifindex)
{
	struct xn_link link = {0};

	GOOD(xn_link_get_index(nl, ifindex, &link, &err));
	assert_int_equal(link.ifindex, ifindex);
	return link;
}

int new_bridge(const char *name)
{
	static const struct xn_nl_setting settings[] = {
		{IFLA_BR_STP_STATE, 0},
		{IFLA_BR_FORWARD_DELAY, 0},
		{IFLA_BR_MCAST_SNOOPING, 0},
	};
	int ifindex;

	GOOD(xn_bridge_create(nl, name, settings, 3, &err));
	ifindex = link_named(name).ifindex;
	GOOD(xn_link_set_up(nl, ifindex, true, &err));
	return ifindex;
}

int new_tap(const char *name, int *ret_fd)
{
	int ifindex;

	GOOD(xn_tap_create(name, 1, ret_fd, &err));
	ifindex = link_named(name).ifindex;
	GOOD(xn_link_set_no_link_local(nl, ifindex, &err));
	GOOD(xn_link_set_up(nl, ifindex, true, &err));
	return ifindex;
}

void wait_for(struct xn_nl_monitor *monitor,
	      const struct xn_nl_handlers *handlers, const bool *flag)
{
	uint64_t end_ms = xn_now_ms() + PATIENCE_MS;

	while (!*flag) {
		struct pollfd ready = {.fd = xn_nl_monitor_fd(monitor),
				       .events = POLLIN};

		if (xn_now_ms() >= end_ms)
			fail_msg("no announcement came");
		(void)poll(&ready, 1, 1000);
		assert_int_equal(xn_nl_monitor_read(monitor, handlers), 0);
	}
}
