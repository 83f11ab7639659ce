/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says about rules, neighbours and routes with several next
 * hops: read whole, and no harm from cut and changed messages, each in an
 * allocation of its exact size. And answers to requests that went together.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/cork.h"
#include "netconf/nl/neigh_parse.h"
#include "netconf/nl/request.h"
#include "netconf/nl/route_parse.h"
#include "netconf/nl/rule_parse.h"

#define CHANGED_ROUNDS 40000

static const uint8_t gateway[] = {192, 0, 2, 254};
static const uint8_t guest[] = {0x00, 0x16, 0x3e, 1, 2, 3};

static uint32_t next_random(void)
{
	static uint32_t x = 2463534242U;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

static void build_rule(struct xn_nl_request *request)
{
	static const uint8_t source[] = {192, 0, 2, 0};
	static const struct fib_rule_port_range ports = {80, 90};
	static const struct fib_rule_uid_range uids = {1000, 1001};
	struct fib_rule_hdr *info =
		xn_nl_request_init(request, RTM_NEWRULE, 0, sizeof(*info));

	info->family = AF_INET;
	info->src_len = 24;
	info->action = FR_ACT_TO_TBL;
	info->flags = FIB_RULE_INVERT | FIB_RULE_PERMANENT;
	xn_nl_put(request, FRA_SRC, source, sizeof(source));
	xn_nl_put_text(request, FRA_IIFNAME, "eth0");
	xn_nl_put_u32(request, FRA_PRIORITY, 1000);
	xn_nl_put_u32(request, FRA_TABLE, 4711);
	xn_nl_put_u32(request, FRA_FWMARK, 1);
	xn_nl_put_u32(request, FRA_FWMASK, 255);
	xn_nl_put_u32(request, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	xn_nl_put_u32(request, FRA_SUPPRESS_IFGROUP, 5);
	xn_nl_put(request, FRA_SPORT_RANGE, &ports, sizeof(ports));
	xn_nl_put(request, FRA_UID_RANGE, &uids, sizeof(uids));
	xn_nl_put_u8(request, FRA_PROTOCOL, RTPROT_STATIC);
}

static void build_neigh(struct xn_nl_request *request)
{
	struct ndmsg *info =
		xn_nl_request_init(request, RTM_NEWNEIGH, 0, sizeof(*info));

	info->ndm_family = AF_INET;
	info->ndm_ifindex = 5;
	info->ndm_state = NUD_PERMANENT;
	xn_nl_put(request, NDA_DST, gateway, sizeof(gateway));
	xn_nl_put(request, NDA_LLADDR, guest, sizeof(guest));
}

static void put_hop(struct xn_nl_request *request, int ifindex, uint8_t hops)
{
	uint32_t before = request->header->nlmsg_len;
	struct rtnexthop *hop = xn_nl_put_header(request, sizeof(*hop));

	hop->rtnh_ifindex = ifindex;
	hop->rtnh_hops = hops;
	xn_nl_put(request, RTA_GATEWAY, gateway, sizeof(gateway));
	hop->rtnh_len = (unsigned short)(request->header->nlmsg_len - before);
}

static void build_hops(struct xn_nl_request *request)
{
	static const struct rta_cacheinfo info = {.rta_expires = 4200};
	struct rtmsg *route =
		xn_nl_request_init(request, RTM_NEWROUTE, 0, sizeof(*route));
	struct nlattr *nest;

	route->rtm_family = AF_INET;
	route->rtm_dst_len = 0;
	route->rtm_type = RTN_UNICAST;
	nest = xn_nl_nest(request, RTA_MULTIPATH);
	put_hop(request, 5, 2);
	put_hop(request, 6, 255);
	xn_nl_nest_end(request, nest);
	nest = xn_nl_nest(request, RTA_METRICS);
	xn_nl_put_u32(request, RTAX_MTU, 1300);
	xn_nl_nest_end(request, nest);
	xn_nl_put_u8(request, RTA_PREF, 3);
	xn_nl_put(request, RTA_CACHEINFO, &info, sizeof(info));
}

static void a_rule_is_read_whole(void **state)
{
	struct xn_nl_request request;
	struct xn_rule rule;

	(void)state;
	build_rule(&request);
	assert_int_equal(
		xn_rule_parse(request.header, request.header->nlmsg_len, &rule),
		1);
	assert_int_equal(rule.source[0], 192);
	assert_int_equal(rule.source_length, 24);
	assert_string_equal(rule.in, "eth0");
	assert_string_equal(rule.out, "");
	assert_int_equal(rule.priority, 1000);
	assert_int_equal(rule.table, 4711);
	assert_int_equal(rule.mark, 1);
	assert_int_equal(rule.mark_mask, 255);
	assert_int_equal(rule.suppress_length, 0);
	assert_int_equal(rule.suppress_group, 6);
	assert_int_equal(rule.source_port[1], 90);
	assert_true(rule.has_uid);
	assert_int_equal(rule.uid[1], 1001);
	assert_true(rule.invert);
	assert_false(rule.has_more);
	xn_nl_put_u32(&request, 40, 1); /* of a newer kernel */
	assert_int_equal(
		xn_rule_parse(request.header, request.header->nlmsg_len, &rule),
		1);
	assert_true(rule.has_more);
}

static void a_neighbour_is_set_or_learned(void **state)
{
	struct xn_nl_request request;
	struct xn_neigh neigh;
	struct ndmsg *info;

	(void)state;
	build_neigh(&request);
	info = (void *)(request.buffer + NLMSG_HDRLEN);
	assert_int_equal(xn_neigh_parse(request.header,
					request.header->nlmsg_len, &neigh),
			 1);
	assert_false(neigh.learned);
	assert_int_equal(neigh.address[3], 254);
	assert_memory_equal(neigh.mac.octet, guest, sizeof(guest));
	info->ndm_state = NUD_STALE;
	assert_int_equal(xn_neigh_parse(request.header,
					request.header->nlmsg_len, &neigh),
			 1);
	assert_true(neigh.learned);
	info->ndm_state = NUD_INCOMPLETE;
	assert_int_equal(xn_neigh_parse(request.header,
					request.header->nlmsg_len, &neigh),
			 0);
	info->ndm_flags = NTF_PROXY;
	assert_int_equal(xn_neigh_parse(request.header,
					request.header->nlmsg_len, &neigh),
			 1);
	assert_true(neigh.proxy);
	info->ndm_family = AF_BRIDGE;
	assert_int_equal(xn_neigh_parse(request.header,
					request.header->nlmsg_len, &neigh),
			 0);
}

static void next_hops_are_read_whole(void **state)
{
	struct xn_nl_request request;
	struct xn_route route;

	(void)state;
	build_hops(&request);
	assert_int_equal(xn_route_parse(request.header,
					request.header->nlmsg_len, &route),
			 1);
	assert_int_equal(route.hop_count, 2);
	assert_int_equal(route.hop[0].ifindex, 5);
	assert_int_equal(route.hop[0].weight, 3);
	assert_int_equal(route.hop[1].weight, 256);
	assert_int_equal(route.hop[1].gateway[3], 254);
	assert_int_equal(route.value[RTAX_MTU], 1300);
	assert_int_equal(route.preference, 3);
	assert_int_equal(route.expires_s, 43);
	assert_false(route.has_more);
}

static void more_than_a_route_holds_is_said(void **state)
{
	struct xn_nl_request request;
	struct xn_route route;
	struct nlattr *nest;

	(void)state;
	build_hops(&request);
	xn_nl_put_u32(&request, RTA_NH_ID, 7);
	assert_int_equal(xn_route_parse(request.header,
					request.header->nlmsg_len, &route),
			 1);
	assert_true(route.has_more);
	build_hops(&request);
	nest = xn_nl_nest(&request, RTA_MULTIPATH);
	for (int i = 0; i < XN_HOPS_MAX + 1; i++)
		put_hop(&request, 5 + i, 0);
	xn_nl_nest_end(&request, nest);
	assert_int_equal(xn_route_parse(request.header,
					request.header->nlmsg_len, &route),
			 1);
	assert_int_equal(route.hop_count, XN_HOPS_MAX);
	assert_true(route.has_more);
}

typedef void build_fn(struct xn_nl_request *request);
static build_fn *const builders[] = {build_rule, build_neigh, build_hops};

static void parse_all(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length);
	const struct nlmsghdr *header = (const void *)copy;
	struct xn_route route;
	struct xn_neigh neigh;
	struct xn_rule rule;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	if (xn_rule_parse(header, length, &rule) == 1)
		assert_true(strlen(rule.in) < IFNAMSIZ);
	if (xn_route_parse(header, length, &route) == 1)
		assert_true(route.hop_count <= XN_HOPS_MAX);
	(void)xn_neigh_parse(header, length, &neigh);
	free(copy);
}

static void damaged_messages_do_no_harm(void **state)
{
	struct xn_nl_request request;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		builders[i](&request);
		for (size_t cut = sizeof(struct nlmsghdr);
		     cut <= request.header->nlmsg_len; cut++)
			parse_all(request.buffer, cut);
	}
	for (int round = 0; round < CHANGED_ROUNDS; round++) {
		size_t length;

		builders[round % 3](&request);
		length = request.header->nlmsg_len;
		for (uint32_t n = 1 + next_random() % 4; n > 0; n--)
			request.buffer[NLMSG_HDRLEN +
				       next_random() %
					       (length - NLMSG_HDRLEN)] =
				(uint8_t)next_random();
		parse_all(request.buffer, length);
	}
}

static void put_answer(uint8_t *buffer, size_t *bytes, uint32_t sequence,
		       int error)
{
	struct nlmsghdr header = {.nlmsg_len =
					  NLMSG_LENGTH(sizeof(struct nlmsgerr)),
				  .nlmsg_type = NLMSG_ERROR,
				  .nlmsg_flags = NLM_F_CAPPED,
				  .nlmsg_seq = sequence};
	struct nlmsgerr body = {.error = error};

	memcpy(buffer + *bytes, &header, sizeof(header));
	memcpy(buffer + *bytes + NLMSG_HDRLEN, &body, sizeof(body));
	*bytes += NLMSG_ALIGN(header.nlmsg_len);
}

static void each_of_several_requests_gets_its_answer(void **state)
{
	static struct xn_nl_cork cork;
	_Alignas(8) uint8_t datagram[512];
	struct xn_nl_request request;
	struct xn_err err = {0};
	size_t bytes = 0;

	(void)state;
	cork.sequence_first = 100;
	for (uint32_t i = 0; i < 3; i++) {
		build_neigh(&request);
		assert_int_equal(xn_nl_cork_put(&cork, &request, 100 + i, &err),
				 0);
	}
	put_answer(datagram, &bytes, 101, -ENOENT);
	put_answer(datagram, &bytes, 99, -EPERM);  /* another's */
	put_answer(datagram, &bytes, 103, -EPERM); /* nobody's */
	put_answer(datagram, &bytes, 100, 0);
	put_answer(datagram, &bytes, 101, 0); /* twice */
	assert_int_equal(xn_nl_cork_judge(&cork, datagram, bytes, &err), 0);
	assert_int_equal(cork.answered, 2);
	assert_int_equal(cork.result[0], 0);
	assert_int_equal(cork.result[1], -ENOENT);
	assert_int_equal(xn_nl_cork_judge(&cork, datagram, 17, &err), -EBADMSG);
}

static void a_full_cork_takes_no_more(void **state)
{
	static struct xn_nl_cork cork;
	struct xn_nl_request request;
	struct xn_err err = {0};
	uint32_t taken = 0;

	(void)state;
	build_neigh(&request);
	while (taken <= XN_NL_CORK_MAX &&
	       xn_nl_cork_put(&cork, &request, taken, &err) == 0)
		taken++;
	assert_int_equal(taken, XN_NL_CORK_MAX);
	assert_int_equal(xn_nl_cork_put(&cork, &request, taken, &err),
			 -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_is_read_whole),
		cmocka_unit_test(a_neighbour_is_set_or_learned),
		cmocka_unit_test(next_hops_are_read_whole),
		cmocka_unit_test(more_than_a_route_holds_is_said),
		cmocka_unit_test(damaged_messages_do_no_harm),
		cmocka_unit_test(each_of_several_requests_gets_its_answer),
		cmocka_unit_test(a_full_cork_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
