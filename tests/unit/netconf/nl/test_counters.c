/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link's counters as the kernel sends them. Each message is in an allocation
 * of its exact size, so that a sanitizer sees any step beyond it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/counters_parse.h"
#include "netconf/nl/request.h"

static const struct rtnl_link_stats64 stats = {
	.rx_packets = 1,
	.tx_packets = 2,
	.rx_bytes = UINT64_MAX,
	.tx_bytes = 4,
	.rx_dropped = 5,
	.tx_dropped = 6,
	.rx_missed_errors = 7,
};

static void build(struct xn_nl_request *request, uint16_t type, size_t bytes)
{
	struct if_stats_msg *head =
		xn_nl_request_init(request, RTM_NEWSTATS, 0, sizeof(*head));

	head->ifindex = 5;
	xn_nl_put(request, type, &stats, bytes);
}

static int parse(const struct xn_nl_request *request, size_t bytes,
		 struct xn_counters *ret)
{
	void *copy = malloc(bytes);
	int rc;

	assert_non_null(copy);
	memcpy(copy, request->buffer, bytes);
	rc = xn_counters_parse(copy, bytes, ret);
	free(copy);
	return rc;
}

static void both_directions_are_read(void **state)
{
	struct xn_nl_request request;
	struct xn_counters c = {0};

	(void)state;
	build(&request, IFLA_STATS_LINK_64, sizeof(stats));
	assert_int_equal(parse(&request, request.header->nlmsg_len, &c), 0);
	assert_true(c.rx_bytes == UINT64_MAX);
	assert_int_equal(c.rx_frames, 1);
	assert_int_equal(c.rx_drops, 5 + 7);
	assert_int_equal(c.tx_bytes, 4);
	assert_int_equal(c.tx_frames, 2);
	assert_int_equal(c.tx_drops, 6);
}

static void an_older_kernels_are_read(void **state)
{
	struct xn_nl_request request;
	struct xn_counters c = {0};

	(void)state;
	build(&request, IFLA_STATS_LINK_64,
	      offsetof(struct rtnl_link_stats64, rx_compressed));
	assert_int_equal(parse(&request, request.header->nlmsg_len, &c), 0);
	assert_int_equal(c.tx_frames, 2);
}

static void what_has_none_is_refused(void **state)
{
	struct xn_nl_request request;
	struct xn_counters c = {.tx_frames = 9};

	(void)state;
	build(&request, IFLA_STATS_LINK_XSTATS, sizeof(stats));
	assert_int_equal(parse(&request, request.header->nlmsg_len, &c),
			 -EBADMSG);
	build(&request, IFLA_STATS_LINK_64, 80);
	assert_int_equal(parse(&request, request.header->nlmsg_len, &c),
			 -EBADMSG);
	assert_int_equal(c.tx_frames, 9);
}

static void cut_messages_are_refused(void **state)
{
	struct xn_nl_request request;
	struct xn_counters c = {.tx_frames = 9};

	(void)state;
	build(&request, IFLA_STATS_LINK_64, sizeof(stats));
	for (size_t cut = NLMSG_HDRLEN; cut < request.header->nlmsg_len; cut++)
		assert_int_equal(parse(&request, cut, &c), -EBADMSG);
	assert_int_equal(c.tx_frames, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_are_read),
		cmocka_unit_test(an_older_kernels_are_read),
		cmocka_unit_test(what_has_none_is_refused),
		cmocka_unit_test(cut_messages_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
