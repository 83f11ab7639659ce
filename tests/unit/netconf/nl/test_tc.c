/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disciplines, classes and filters as the kernel tells them, whole, cut at
 * every byte, and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>

#include "netconf/nl/request.h"
#include "netconf/nl/tc_parse.h"

static struct xn_nl_request request;
static struct nlattr *options;

static void begin(uint16_t type, const char *kind)
{
	struct tcmsg *tc = xn_nl_request_init(&request, type, 0, sizeof(*tc));

	tc->tcm_ifindex = 7;
	tc->tcm_handle = 0x51500001;
	tc->tcm_parent = XN_TC_ROOT;
	tc->tcm_info = 0x51500000;
	xn_nl_put_text(&request, TCA_KIND, kind);
	options = xn_nl_nest(&request, TCA_OPTIONS);
}

static size_t end(void)
{
	xn_nl_nest_end(&request, options);
	assert_false(request.full);
	return request.header->nlmsg_len;
}

static int parse(int what, const void *message, size_t bytes)
{
	union {
		struct xn_tc_qdisc qdisc;
		struct xn_tc_class class;
		struct xn_tc_filter filter;
	} result;

	switch (what) {
	case 0:
		return xn_tc_qdisc_parse(message, bytes, &result.qdisc);
	case 1:
		return xn_tc_class_parse(message, bytes, &result.class);
	default:
		return xn_tc_filter_parse(message, bytes, &result.filter);
	}
}

/* A copy of just so many bytes, so that the sanitizer sees every step beyond,
 * and the same with attributes that claim more than there is. */
static void cut_everywhere(int what)
{
	size_t whole = request.header->nlmsg_len;

	for (size_t bytes = 0; bytes <= whole; bytes++) {
		uint8_t *copy = malloc(bytes + 1);

		assert_non_null(copy);
		memcpy(copy, request.buffer, bytes);
		if (bytes >= NLMSG_HDRLEN)
			(void)parse(what, copy, bytes);
		free(copy);
	}
	for (size_t at = NLMSG_HDRLEN; at < whole; at++) {
		uint8_t *copy = malloc(whole);

		assert_non_null(copy);
		for (unsigned int value = 0; value < 256; value += 51) {
			memcpy(copy, request.buffer, whole);
			copy[at] = (uint8_t)value;
			(void)parse(what, copy, whole);
		}
		free(copy);
	}
}

static void disciplines(void **state)
{
	const struct tc_htb_glob glob = {.version = 3, .defcls = 2};
	const struct tc_fifo_qopt fifo = {.limit = 4711};
	struct xn_tc_qdisc qdisc;
	size_t bytes;

	(void)state;
	begin(RTM_NEWQDISC, "htb");
	xn_nl_put(&request, TCA_HTB_INIT, &glob, sizeof(glob));
	bytes = end();
	assert_int_equal(xn_tc_qdisc_parse(request.header, bytes, &qdisc), 0);
	assert_int_equal(qdisc.ifindex, 7);
	assert_string_equal(qdisc.kind, "htb");
	assert_int_equal(qdisc.default_class, 2);
	cut_everywhere(0);

	begin(RTM_NEWQDISC, "htb"); /* without its settings */
	assert_int_equal(xn_tc_qdisc_parse(request.header, end(), &qdisc),
			 -EBADMSG);

	begin(RTM_NEWQDISC, "fq_codel");
	xn_nl_put_u32(&request, TCA_FQ_CODEL_TARGET, 4999);
	xn_nl_put_u32(&request, TCA_FQ_CODEL_INTERVAL, 99999);
	bytes = end();
	assert_int_equal(xn_tc_qdisc_parse(request.header, bytes, &qdisc), 0);
	assert_int_equal(qdisc.target_us, 4999);
	assert_int_equal(qdisc.interval_us, 99999);
	cut_everywhere(0);

	begin(RTM_NEWQDISC, "cake"); /* another's, whatever it holds */
	xn_nl_put(&request, TCA_HTB_INIT, &glob, 3);
	assert_int_equal(xn_tc_qdisc_parse(request.header, end(), &qdisc), 0);

	xn_nl_request_init(&request, RTM_NEWQDISC, 0, sizeof(struct tcmsg));
	xn_nl_put_text(&request, TCA_KIND, "bfifo");
	xn_nl_put(&request, TCA_OPTIONS, &fifo, sizeof(fifo));
	assert_int_equal(xn_tc_qdisc_parse(request.header,
					   request.header->nlmsg_len, &qdisc),
			 -EBADMSG); /* on no link */
	((struct tcmsg *)(request.buffer + NLMSG_HDRLEN))->tcm_ifindex = 7;
	assert_int_equal(xn_tc_qdisc_parse(request.header,
					   request.header->nlmsg_len, &qdisc),
			 0);
	assert_int_equal(qdisc.limit_bytes, 4711);
}

static void classes(void **state)
{
	const struct tc_htb_opt opt = {.rate.rate = 1000,
				       .ceil.rate = UINT32_MAX,
				       .buffer = 5,
				       .cbuffer = 6,
				       .quantum = 7};
	const struct gnet_stats_basic basic = {.bytes = UINT64_C(1) << 40,
					       .packets = 3};
	const struct gnet_stats_queue queue = {.backlog = 8, .drops = 9};
	const uint64_t ceil = UINT64_C(5) << 32;
	struct xn_tc_class class;
	struct nlattr *stats;
	size_t bytes;

	(void)state;
	begin(RTM_NEWTCLASS, "htb");
	xn_nl_put(&request, TCA_HTB_PARMS, &opt, sizeof(opt));
	xn_nl_put(&request, TCA_HTB_CEIL64, &ceil, sizeof(ceil));
	(void)end();
	stats = xn_nl_nest(&request, TCA_STATS2);
	xn_nl_put(&request, TCA_STATS_BASIC, &basic, 12);
	xn_nl_put(&request, TCA_STATS_QUEUE, &queue, sizeof(queue));
	xn_nl_nest_end(&request, stats);
	bytes = request.header->nlmsg_len;
	assert_int_equal(xn_tc_class_parse(request.header, bytes, &class), 0);
	assert_true(class.htb);
	assert_int_equal(class.handle, 0x51500001);
	assert_int_equal(class.rate, 1000);
	assert_int_equal(class.ceil, ceil);
	assert_int_equal(class.burst_ticks, 5);
	assert_int_equal(class.cburst_ticks, 6);
	assert_int_equal(class.quantum_bytes, 7);
	assert_int_equal(class.counters.bytes, UINT64_C(1) << 40);
	assert_int_equal(class.counters.packets, 3);
	assert_int_equal(class.counters.drops, 9);
	assert_int_equal(class.counters.backlog_bytes, 8);
	cut_everywhere(1);

	begin(RTM_NEWTCLASS, "htb");
	assert_int_equal(xn_tc_class_parse(request.header, end(), &class),
			 -EBADMSG);
	begin(RTM_NEWTCLASS, "drr");
	assert_int_equal(xn_tc_class_parse(request.header, end(), &class), 0);
	assert_false(class.htb);
}

static void put_selector(uint8_t keys)
{
	const struct tc_u32_sel selector = {
		.nkeys = keys, .hmask = 0xff000000, .hoff = -6};
	uint8_t bytes[sizeof(selector) + 3 * sizeof(struct tc_u32_key)];
	size_t used = sizeof(selector);

	memcpy(bytes, &selector, sizeof(selector));
	for (int i = 0; i < 3 && i < keys; i++) {
		const struct tc_u32_key key = {
			.val = 1, .mask = 2, .off = -8 + i};

		memcpy(bytes + used, &key, sizeof(key));
		used += sizeof(key);
	}
	xn_nl_put(&request, TCA_U32_SEL, bytes, used);
}

static void put_action(const char *kind, int eaction)
{
	const struct tc_mirred mirred = {.eaction = eaction, .ifindex = 20};
	struct nlattr *all = xn_nl_nest(&request, TCA_U32_ACT);
	struct nlattr *one = xn_nl_nest(&request, 1);
	struct nlattr *settings;

	xn_nl_put_text(&request, TCA_ACT_KIND, kind);
	settings = xn_nl_nest(&request, TCA_ACT_OPTIONS);
	xn_nl_put(&request, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	xn_nl_nest_end(&request, settings);
	xn_nl_nest_end(&request, one);
	xn_nl_nest_end(&request, all);
}

static struct xn_tc_filter filter_of(void)
{
	struct xn_tc_filter filter = {0};

	assert_int_equal(xn_tc_filter_parse(request.header, end(), &filter), 1);
	return filter;
}

static void filters(void **state)
{
	struct xn_tc_filter filter;

	(void)state;
	begin(RTM_NEWTFILTER, "u32");
	xn_nl_put_u32(&request, TCA_U32_HASH, 0x80000000);
	xn_nl_put_u32(&request, TCA_U32_CLASSID, 0x51500010);
	put_selector(2);
	put_action("mirred", TCA_EGRESS_REDIR);
	filter = filter_of();
	assert_true(filter.known);
	assert_int_equal(filter.priority, 0x5150);
	assert_int_equal(filter.table, 0); /* the kernel's own */
	assert_int_equal(filter.class_handle, 0x51500010);
	assert_int_equal(filter.key_count, 2);
	assert_int_equal(filter.key[1].offset, -7);
	assert_int_equal(filter.hash_offset, -6);
	assert_int_equal(filter.redirect, 20);
	cut_everywhere(2);

	begin(RTM_NEWTFILTER, "u32");
	xn_nl_put_u32(&request, TCA_U32_DIVISOR, 256);
	filter = filter_of();
	assert_true(filter.known);
	assert_int_equal(filter.divisor, 256);
}

/* Nothing that is more than a struct holds passes for ours. */
static void what_is_more_is_not_known(void **state)
{
	(void)state;
	begin(RTM_NEWTFILTER, "u32");
	put_selector(3);
	assert_false(filter_of().known);
	begin(RTM_NEWTFILTER, "u32");
	put_selector(1);
	put_action("gact", TCA_EGRESS_REDIR);
	assert_false(filter_of().known);
	begin(RTM_NEWTFILTER, "u32");
	put_selector(1);
	put_action("mirred", TCA_EGRESS_MIRROR);
	assert_false(filter_of().known);
	begin(RTM_NEWTFILTER, "u32");
	put_selector(1);
	xn_nl_put_text(&request, TCA_U32_INDEV, "eth0");
	assert_false(filter_of().known);
	begin(RTM_NEWTFILTER, "flower");
	assert_false(filter_of().known);
}

static void keys_that_are_not_there(void **state)
{
	struct xn_tc_filter filter;

	(void)state;
	begin(RTM_NEWTFILTER, "u32");
	put_selector(200);
	assert_int_equal(xn_tc_filter_parse(request.header, end(), &filter),
			 -EBADMSG);
	begin(RTM_NEWTFILTER, "u32");
	((struct tcmsg *)(request.buffer + NLMSG_HDRLEN))->tcm_handle = 0;
	assert_int_equal(xn_tc_filter_parse(request.header, end(), &filter), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disciplines),
		cmocka_unit_test(classes),
		cmocka_unit_test(filters),
		cmocka_unit_test(what_is_more_is_not_known),
		cmocka_unit_test(keys_that_are_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
