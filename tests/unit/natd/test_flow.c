/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which running connections the rules would still make; each that has to go
 * stands beside one that may stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "natd/flow.h"
#include "natd/flow_dump.h"
#include "natd/flows.h"
#include "natd/plan.h"
#include "netconf/nl/request.h"
#include "netconf/parse/planeconf.h"

#define BRIDGE "[bridge xennat]\nmode = nat\naddress = 10.0.0.1/24\n"

static struct xnat_table plan(const char *text)
{
	static const struct xnat_features all = {true, true, true};
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;
	struct xnat_guests none = {0};
	struct xnat_table table;
	struct xn_err err = {0};

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("%s", xn_report_first(&report));
	if (xnat_plan(conf, &none, &all, &table, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	xn_planeconf_destroy(conf);
	return table;
}

static void put(uint8_t *to, const char *address)
{
	assert_int_equal(inet_pton(AF_INET, address, to), 1);
}

/* TCP, as sent and as answered. */
static struct xnat_flow flow(const char *from, const char *to, uint16_t port,
			     const char *really, uint16_t really_port,
			     const char *seen)
{
	struct xnat_flow made = {.family = 4,
				 .protocol = 6,
				 .source_port = 5000,
				 .destination_port = port,
				 .reply_source_port = really_port,
				 .reply_destination_port = 5000};

	put(made.source, from);
	put(made.destination, to);
	put(made.reply_source, really);
	put(made.reply_destination, seen);
	return made;
}

static bool stays(const char *before, const char *now, struct xnat_flow flow)
{
	struct xnat_table was = plan(before), is = plan(now);
	struct xnat_inside inside = {
		.bridge = "xennat",
		.network = {.family = 4, .prefix = 24, .octet = {10, 0, 0, 1}},
	};
	struct xn_address local = {
		.family = 4, .prefix = 32, .octet = {192, 0, 2, 1}};
	struct xnat_view view = {.before = &was,
				 .now = &is,
				 .inside = &inside,
				 .inside_count = 1,
				 .local = &local,
				 .local_count = 1};
	bool right = !xnat_flow_wrong(&view, &flow);

	xnat_table_fini(&was);
	xnat_table_fini(&is);
	return right;
}

static void forwards(void **state)
{
	static const char to22[] = BRIDGE "forward = tcp 2222 -> 10.0.0.5:22\n";
	struct xnat_flow led = flow("192.0.2.9", "192.0.2.1", 2222, "10.0.0.5",
				    22, "192.0.2.9");

	(void)state;
	assert_true(stays(to22, to22, led));
	assert_false(stays(to22, BRIDGE, led));
	assert_false(
		stays(to22, BRIDGE "forward = tcp 2222 -> 10.0.0.6:22\n", led));
	assert_false(
		stays(to22, BRIDGE "forward = tcp 2222 -> 10.0.0.5:23\n", led));
	assert_false(
		stays(to22, BRIDGE "forward = udp 2222 -> 10.0.0.5:22\n", led));
	assert_false(stays(to22,
			   BRIDGE "forward = tcp 2222 -> 10.0.0.5:22 from "
				  "198.51.100.0/24\n",
			   led));
	assert_true(stays(to22,
			  BRIDGE "forward = tcp 2222 -> 10.0.0.5:22 from "
				 "192.0.2.0/24\n",
			  led));
	assert_false(stays(to22,
			   BRIDGE "forward = tcp 192.0.2.2:2222 -> "
				  "10.0.0.5:22\n",
			   led));
	/* What leads elsewhere than to guests is others'. */
	assert_true(stays(to22, BRIDGE,
			  flow("192.0.2.9", "192.0.2.1", 80, "172.17.0.2", 80,
			       "192.0.2.9")));
}

static void ranges(void **state)
{
	static const char range[] = BRIDGE "forward = tcp 80-90 -> 10.0.0.5\n";

	(void)state;
	assert_true(stays(range, range,
			  flow("192.0.2.9", "192.0.2.1", 85, "10.0.0.5", 85,
			       "192.0.2.9")));
	assert_false(stays(range, range,
			   flow("192.0.2.9", "192.0.2.1", 91, "10.0.0.5", 91,
				"192.0.2.9")));
	assert_false(stays(range, range,
			   flow("192.0.2.9", "192.0.2.1", 85, "10.0.0.5", 86,
				"192.0.2.9")));
}

static void pairs(void **state)
{
	static const char pair[] =
		BRIDGE "one-to-one = 192.0.2.7 -> 10.0.0.5\n";
	struct xnat_flow in =
		flow("192.0.2.9", "192.0.2.7", 80, "10.0.0.5", 80, "192.0.2.9");
	struct xnat_flow out =
		flow("10.0.0.5", "192.0.2.9", 80, "192.0.2.9", 80, "192.0.2.7");
	struct xnat_flow plain =
		flow("10.0.0.5", "192.0.2.9", 80, "192.0.2.9", 80, "192.0.2.1");

	(void)state;
	assert_true(stays(pair, pair, in) && stays(pair, pair, out));
	assert_false(stays(pair, BRIDGE, in));
	assert_false(stays(pair, BRIDGE, out));
	assert_true(stays(BRIDGE, BRIDGE, plain));
	assert_false(stays(BRIDGE, pair, plain));
}

static void guests_that_were_hidden_and_that_were_not(void **state)
{
	static const char shown[] = BRIDGE "masquerade = off\n";
	struct xnat_flow hidden =
		flow("10.0.0.5", "192.0.2.9", 80, "192.0.2.9", 80, "192.0.2.1");
	struct xnat_flow open =
		flow("10.0.0.5", "192.0.2.9", 80, "192.0.2.9", 80, "10.0.0.5");

	(void)state;
	assert_true(stays(BRIDGE, BRIDGE, hidden));
	assert_false(stays(BRIDGE, shown, hidden));
	assert_true(stays(shown, shown, open));
	assert_false(stays(shown, BRIDGE, open));
	/* To the host itself, and to groups, everybody is as he is. */
	assert_true(stays(BRIDGE, BRIDGE,
			  flow("10.0.0.5", "192.0.2.1", 53, "192.0.2.1", 53,
			       "10.0.0.5")));
	assert_true(stays(BRIDGE, BRIDGE,
			  flow("10.0.0.5", "224.0.0.5", 53, "224.0.0.5", 53,
			       "10.0.0.5")));
}

static void a_hairpin_is_seen_with_the_address_that_was_dialled(void **state)
{
	static const char to22[] = BRIDGE "forward = tcp 2222 -> 10.0.0.5:22\n";
	struct xnat_flow back = flow("10.0.0.6", "192.0.2.1", 2222, "10.0.0.5",
				     22, "192.0.2.1");

	(void)state;
	assert_true(stays(to22, to22, back));
	assert_false(stays(to22, BRIDGE, back));
}

static void put_side(struct xn_nl_request *request, uint16_t type,
		     bool with_ports)
{
	struct nlattr *tuple = xn_nl_nest(request, type);
	struct nlattr *nest = xn_nl_nest(request, CTA_TUPLE_IP);

	xn_nl_put_u32(request, CTA_IP_V4_SRC, htonl(0x0a000005));
	xn_nl_put_u32(request, CTA_IP_V4_DST, htonl(0xc0000209));
	xn_nl_nest_end(request, nest);
	nest = xn_nl_nest(request, CTA_TUPLE_PROTO);
	xn_nl_put_u8(request, CTA_PROTO_NUM, 17);
	if (with_ports) {
		xn_nl_put_u16(request, CTA_PROTO_SRC_PORT, htons(4000));
		xn_nl_put_u16(request, CTA_PROTO_DST_PORT, htons(53));
	}
	xn_nl_nest_end(request, nest);
	xn_nl_nest_end(request, tuple);
}

static void begin(struct xn_nl_request *request, uint8_t family)
{
	struct nfgenmsg *info =
		xn_nl_request_init(request, 0x100, 0, sizeof(*info));

	info->nfgen_family = family;
}

static int parse(const struct xn_nl_request *request, size_t cut,
		 struct xnat_tracked *tracked)
{
	return xnat_tracked_parse(request->header,
				  request->header->nlmsg_len - cut, tracked);
}

static void a_listing_is_read_whole_or_refused(void **state)
{
	struct xn_nl_request request;
	struct xnat_tracked tracked;

	(void)state;
	begin(&request, AF_INET);
	put_side(&request, CTA_TUPLE_ORIG, true);
	put_side(&request, CTA_TUPLE_REPLY, true);
	assert_int_equal(parse(&request, 0, &tracked), 0);
	assert_int_equal(tracked.flow.source_port, 4000);
	assert_int_equal(tracked.flow.protocol, 17);
	for (size_t cut = 4; cut < request.header->nlmsg_len; cut += 4)
		assert_int_equal(parse(&request, cut, &tracked), -EBADMSG);
	begin(&request, AF_INET);
	put_side(&request, CTA_TUPLE_ORIG, true);
	assert_int_equal(parse(&request, 0, &tracked), -EBADMSG);
	/* A kind without ports has none. */
	begin(&request, AF_INET);
	put_side(&request, CTA_TUPLE_ORIG, false);
	put_side(&request, CTA_TUPLE_REPLY, false);
	assert_int_equal(parse(&request, 0, &tracked), 0);
	/* IPv4's words in an IPv6 one. */
	begin(&request, AF_INET6);
	put_side(&request, CTA_TUPLE_ORIG, true);
	put_side(&request, CTA_TUPLE_REPLY, true);
	assert_int_equal(parse(&request, 0, &tracked), -EBADMSG);
	begin(&request, AF_BRIDGE);
	assert_int_equal(parse(&request, 0, &tracked), 1);
}

static void many_connections_are_asked_for_by_address(void **state)
{
	struct xn_address two[] = {{4, 32, {10, 0, 0, 5}},
				   {6, 128, {0xfd, [15] = 5}}};

	(void)state;
	assert_false(xnat_flow_one_by_one(0, two, 1));
	assert_false(xnat_flow_one_by_one(8191, two, 1));
	assert_true(xnat_flow_one_by_one(8192, two, 1));
	assert_false(xnat_flow_one_by_one(16383, two, 2));
	assert_true(xnat_flow_one_by_one(16384, two, 2));
	assert_false(xnat_flow_one_by_one(UINT32_MAX, two, 0));
	two[1].prefix = 64; /* the kernel takes whole ones only */
	assert_false(xnat_flow_one_by_one(UINT32_MAX, two, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards),
		cmocka_unit_test(ranges),
		cmocka_unit_test(pairs),
		cmocka_unit_test(guests_that_were_hidden_and_that_were_not),
		cmocka_unit_test(
			a_hairpin_is_seen_with_the_address_that_was_dialled),
		cmocka_unit_test(a_listing_is_read_whole_or_refused),
		cmocka_unit_test(many_connections_are_asked_for_by_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
