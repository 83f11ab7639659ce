/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses access lists take for the host's own. The kernel's answers
 * are the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "netconf/daemon/acls.h"
#include "netconf/daemon/host_addr.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/monitor.h"

#define KERNELS_MAX (2 * XN_HOST_ADDRESSES_MAX + 3)

static struct xn_daemon plane;
static struct xn_addr kernels[KERNELS_MAX];
static size_t kernels_count;
static int monitor_fd;
static struct xn_address told[XN_HOST_ADDRESSES_MAX];
static uint32_t told_count;

size_t xn_ip_bytes(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

int xn_addr_dump(struct xn_nl *nl, int ifindex, struct xn_addr_table *ret_table,
		 struct xn_err *err)
{
	(void)nl;
	(void)ifindex;
	(void)err;
	*ret_table = (struct xn_addr_table){kernels, kernels_count};
	return 0;
}

void xn_addr_table_fini(struct xn_addr_table *table)
{
	(void)table;
}

int xn_nl_monitor_open(unsigned int what, struct xn_nl_monitor **ret_monitor,
		       struct xn_err *err)
{
	(void)err;
	assert_int_equal(what, XN_MONITOR_ADDR);
	monitor_fd = eventfd(0, EFD_CLOEXEC);
	*ret_monitor = (struct xn_nl_monitor *)&monitor_fd;
	return 0;
}

void xn_nl_monitor_close(struct xn_nl_monitor *monitor)
{
	(void)monitor;
	(void)close(monitor_fd);
}

int xn_nl_monitor_fd(const struct xn_nl_monitor *monitor)
{
	(void)monitor;
	return monitor_fd;
}

int xn_nl_monitor_read(struct xn_nl_monitor *monitor,
		       const struct xn_nl_handlers *handlers)
{
	(void)monitor;
	(void)handlers;
	return 0;
}

void xn_acls_set_host(struct xn_acls *acls, const struct xn_address *address,
		      uint32_t count)
{
	(void)acls;
	memcpy(told, address, count * sizeof(*address));
	told_count = count;
}

static void give(int ifindex, uint8_t family, uint8_t last)
{
	struct xn_addr *addr = &kernels[kernels_count++];

	memset(addr, 0, sizeof(*addr));
	addr->ifindex = ifindex;
	addr->family = family;
	addr->address[0] = family == AF_INET ? 10 : 0xfd;
	addr->address[family == AF_INET ? 3 : 15] = last;
}

static bool is_told(uint8_t family, uint8_t last)
{
	for (uint32_t i = 0; i < told_count; i++)
		if (told[i].family == family &&
		    told[i].octet[family == 4 ? 3 : 15] == last)
			return true;
	return false;
}

static void look(void)
{
	struct xn_host_addr *host;

	plane.loop = xn_loop_create();
	assert_non_null(plane.loop);
	assert_int_equal(xn_host_addr_create(&plane, &host, NULL), 0);
	xn_host_addr_destroy(host);
	xn_loop_destroy(plane.loop);
}

/* Each routed vif has the same ones on the host's side. */
static void what_many_links_have_counts_once(void **state)
{
	(void)state;
	kernels_count = 0;
	for (uint32_t i = 0; i < XN_HOST_ADDRESSES_MAX; i++)
		give((int)i + 10, AF_INET, 1);
	give(400, AF_INET, 2);
	for (uint32_t i = 0; i < XN_HOST_ADDRESSES_MAX; i++)
		give((int)i + 10, AF_INET6, 1);
	give(400, AF_INET6, 2);
	look();
	assert_int_equal(told_count, 4);
	assert_true(is_told(4, 1) && is_told(4, 2));
	assert_true(is_told(6, 1) && is_told(6, 2));
}

static void their_order_does_not_count(void **state)
{
	struct xn_address first[2];

	(void)state;
	kernels_count = 0;
	give(5, AF_INET, 1);
	give(6, AF_INET, 2);
	look();
	assert_int_equal(told_count, 2);
	memcpy(first, told, sizeof(first));
	kernels_count = 0;
	give(6, AF_INET, 2);
	give(7, AF_INET, 1);
	look();
	assert_memory_equal(told, first, sizeof(first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_many_links_have_counts_once),
		cmocka_unit_test(their_order_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
