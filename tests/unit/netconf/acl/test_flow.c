/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that run before lists as they are written in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "netconf/acl/compile.h"
#include "netconf/acl/flow.h"
#include "netconf/parse/planeconf.h"

static struct xsw_acl *program;

static void list_is(const char *rules)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	const struct xacl_known nobody = {.guest_count = 0};
	struct xn_planeconf *conf = NULL;
	struct xn_err err = {0};
	char text[512];

	assert_non_null(report);
	(void)snprintf(text, sizeof(text), "[acl a]\n%s", rules);
	if (xn_planeconf_read_text("/conf", text, &conf, report))
		fail_msg("%s", xn_report_first(report));
	free(report);
	free(program);
	program = NULL;
	assert_int_equal(xacl_compile(&conf->acl[0], &nobody, &program, &err),
			 0);
	xn_planeconf_destroy(conf);
}

static struct xacl_flow flow(uint8_t protocol, bool out, const char *guest,
			     const char *peer, uint16_t guest_port,
			     uint16_t peer_port)
{
	struct xacl_flow f = {.family = 4,
			      .protocol = protocol,
			      .out = out,
			      .guest_port = guest_port,
			      .peer_port = peer_port};

	if (inet_pton(AF_INET, guest, f.guest) != 1) {
		f.family = 6;
		assert_int_equal(inet_pton(AF_INET6, guest, f.guest), 1);
		assert_int_equal(inet_pton(AF_INET6, peer, f.peer), 1);
	} else {
		assert_int_equal(inet_pton(AF_INET, peer, f.peer), 1);
	}
	return f;
}

static void check(uint8_t protocol, bool out, uint16_t guest_port,
		  uint16_t peer_port, bool allowed)
{
	struct xacl_flow four = flow(protocol, out, "10.0.0.5", "192.0.2.9",
				     guest_port, peer_port);
	struct xacl_flow six = flow(protocol, out, "fd00::5", "2001:db8::9",
				    guest_port, peer_port);

	assert_int_equal(xacl_flow_allowed(program, &four), allowed);
	assert_int_equal(xacl_flow_allowed(program, &six), allowed);
}

static void what_the_guest_began(void **state)
{
	(void)state;
	list_is("allow = out tcp 80 replies\nallow = out udp 123\n");
	check(IPPROTO_TCP, true, 40000, 80, true);
	check(IPPROTO_TCP, true, 40000, 81, false);
	check(IPPROTO_TCP, true, 80, 40000, false);
	/* Without replies it still is one that the guest may begin. */
	check(IPPROTO_UDP, true, 40000, 123, true);
	check(IPPROTO_UDP, true, 40000, 124, false);
}

static void what_was_let_in(void **state)
{
	(void)state;
	list_is("allow = in tcp 80 replies\n");
	check(IPPROTO_TCP, false, 80, 40000, true);
	check(IPPROTO_TCP, false, 81, 40000, false);
	check(IPPROTO_TCP, false, 40000, 80, false);
	check(IPPROTO_UDP, false, 80, 40000, false);
	/* What the guest began itself is another matter. */
	check(IPPROTO_TCP, true, 40000, 80, false);
}

static void ends_count(void **state)
{
	struct xacl_flow f;

	(void)state;
	list_is("allow = out tcp to 192.0.2.0/24 replies\n"
		"allow = in udp 53 from 2001:db8::/64\n");
	f = flow(IPPROTO_TCP, true, "10.0.0.5", "192.0.2.255", 1, 2);
	assert_true(xacl_flow_allowed(program, &f));
	f = flow(IPPROTO_TCP, true, "10.0.0.5", "192.0.3.0", 1, 2);
	assert_false(xacl_flow_allowed(program, &f));
	f = flow(IPPROTO_UDP, false, "fd00::5", "2001:db8::1", 53, 2);
	assert_true(xacl_flow_allowed(program, &f));
	f = flow(IPPROTO_UDP, false, "fd00::5", "2001:db8:0:1::1", 53, 2);
	assert_false(xacl_flow_allowed(program, &f));
}

static void other_protocols_are_left_alone(void **state)
{
	(void)state;
	list_is("default = deny\n");
	check(IPPROTO_ICMP, true, 0, 0, true);
	check(IPPROTO_TCP, true, 1, 2, false);
}

static int clean(void **state)
{
	(void)state;
	free(program);
	program = NULL;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_guest_began),
		cmocka_unit_test(what_was_let_in),
		cmocka_unit_test(ends_count),
		cmocka_unit_test(other_protocols_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
