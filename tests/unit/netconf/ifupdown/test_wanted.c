/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stanza as a wanted model, and the plan that comes of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "host.h"
#include "netconf/ifupdown/wanted.h"
#include "netconf/plan/plan.h"

static struct xn_ifup_options options;
static struct xn_ifup_ports ports;
static struct xn_ifup_notes notes;
static struct xn_ifup_request request;
static struct xn_err err;
static struct xn_model host, wanted;

static const struct xn_ifup_part whole = {
	.settings = UINT32_MAX,
	.vlan_aware = true,
	.port_end = 2,
	.port_mtu = true,
	.port_settings = true,
};

static int set_up(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	memset(&notes, 0, sizeof(notes));
	memset(&wanted, 0, sizeof(wanted));
	host = small_host();
	(void)snprintf(options.iface, sizeof(options.iface), "br0");
	options.task = XN_IFUP_START;
	ports.count = 2;
	(void)snprintf(ports.port[0].name, IFNAMSIZ, "eth0");
	(void)snprintf(ports.port[1].name, IFNAMSIZ, "eth1");
	ports.port[0].is_matched = ports.port[1].is_matched = false;
	request.options = &options;
	request.ports = &ports;
	err.set = false;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	xn_model_fini(&host);
	xn_model_fini(&wanted);
	return 0;
}

static void start(void)
{
	xn_model_fini(&wanted);
	if (xn_ifup_want_start(&host, &request, &whole, &wanted, &notes, &err) <
	    0)
		fail_msg("%s", xn_err_text(&err));
}

static void stop(enum xn_ifup_task task)
{
	options.task = task;
	xn_model_fini(&wanted);
	if (xn_ifup_want_stop(&host, &request, &wanted, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
}

static struct xn_model_link *link(const char *name)
{
	struct xn_model_link *found = xn_model_link_named(&wanted, name);

	if (!found)
		fail_msg("there is no %s", name);
	return found;
}

static void say(uint16_t attr, uint32_t value)
{
	options.setting[options.setting_count++] =
		(struct xn_nl_setting){attr, value};
}

static int64_t setting_of(const struct xn_link_settings *settings,
			  uint16_t attr)
{
	for (uint8_t i = 0; i < settings->count; i++)
		if (settings->setting[i].attr == attr)
			return settings->setting[i].value;
	return -1;
}

static void add_bridge(uint32_t stp, uint32_t delay_cs)
{
	struct xn_model_link bridge = link_of(9, "br0", "bridge");

	bridge.up = true;
	bridge.bridge.setting[0] =
		(struct xn_nl_setting){IFLA_BR_STP_STATE, stp};
	bridge.bridge.setting[1] =
		(struct xn_nl_setting){IFLA_BR_FORWARD_DELAY, delay_cs};
	bridge.bridge.count = 2;
	assert_int_equal(xn_model_add(&host, XN_LINK, &bridge), 0);
}

static void plan_is(const char *const *lines, size_t count)
{
	struct xn_plan plan;
	char words[256];

	if (xn_plan_make(&host, &wanted, &plan, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	for (size_t i = 0; i < plan.count; i++) {
		xn_op_words(&plan.op[i], words, sizeof(words));
		assert_in_range(i, 0, count - 1);
		assert_string_equal(words, lines[i]);
	}
	assert_int_equal(plan.count, count);
	xn_plan_fini(&plan);
}

static void a_new_bridge_and_its_ports(void **state)
{
	static const char *const lines[] = {
		"add bridge br0",
		"change link eth0: addr_gen_mode",
		"change link eth1: addr_gen_mode",
		"change bridge br0: up",
		"change link eth0: up",
		"change link eth1: up",
		"change link eth0: master",
		"change link eth1: master",
	};

	(void)state;
	start();
	assert_int_equal(link("eth0")->master, link("br0")->ifindex);
	assert_int_equal(link("vnet0")->master, VIRBR);
	/* The lowest of its ports. */
	assert_int_equal(link("br0")->mac.octet[5], 16 - ETH1);
	plan_is(lines, 8);
	assert_int_equal(notes.count, 0);
}

/* They are numbered so. */
static void ports_join_in_the_order_of_their_names(void **state)
{
	static const char *const lines[] = {
		"add bridge br0",
		"change link eth1: addr_gen_mode",
		"change link eth0: addr_gen_mode",
		"change bridge br0: up",
		"change link eth1: up",
		"change link eth0: up",
		"change link eth1: master",
		"change link eth0: master",
	};

	(void)state;
	(void)snprintf(ports.port[0].name, IFNAMSIZ, "eth1");
	(void)snprintf(ports.port[1].name, IFNAMSIZ, "eth0");
	start();
	plan_is(lines, 8);
}

static void a_second_run_changes_nothing(void **state)
{
	(void)state;
	say(IFLA_BR_FORWARD_DELAY, 0);
	start();
	xn_model_fini(&host);
	assert_int_equal(xn_model_copy(&wanted, &host), 0);
	start();
	plan_is(NULL, 0);
}

static void the_mac_is_the_one_that_was_said(void **state)
{
	(void)state;
	options.has_hw = true;
	options.hw.octet[0] = 2;
	options.hw.octet[1] = 9;
	start();
	assert_int_equal(link("br0")->mac.octet[1], 9);
	options.has_hw = false;
	(void)snprintf(options.hw_link, IFNAMSIZ, "eth0");
	start();
	assert_int_equal(link("br0")->mac.octet[5], 16 - ETH0);
	assert_int_equal(notes.count, 0);
	(void)snprintf(options.hw_link, IFNAMSIZ, "nosuch");
	start();
	assert_int_equal(link("br0")->mac.octet[5], 16 - ETH1);
	assert_int_equal(notes.count, 1);
}

static void without_ports_its_mac_is_left_to_the_kernel(void **state)
{
	static const struct xn_ifup_part none;

	(void)state;
	ports.count = 0;
	assert_int_equal(xn_ifup_want_start(&host, &request, &none, &wanted,
					    &notes, &err),
			 0);
	assert_true(xn_mac_is_zero(&link("br0")->mac));
	assert_int_equal(link("br0")->mtu, 1500);
}

/* The first operation of `wanted`'s plan, done to the host by a kernel that
 * gave the bridge this MAC, and undone: is the bridge gone? */
static bool is_undone_with_mac(uint8_t last_octet)
{
	struct xn_model_link *made;
	struct xn_plan plan;
	bool gone;

	assert_int_equal(xn_plan_make(&host, &wanted, &plan, &err), 0);
	assert_int_equal(xn_op_do(&plan.op[0], &host), 0);
	made = xn_model_link_named(&host, "br0");
	assert_non_null(made);
	made->mac.octet[5] = last_octet;
	assert_int_equal(xn_op_undo(&plan.op[0], &host), 0);
	gone = !xn_model_link_named(&host, "br0");
	xn_plan_fini(&plan);
	return gone;
}

static void undoing_knows_a_bridge_by_the_mac_that_it_was_given(void **state)
{
	(void)state;
	start();
	assert_true(is_undone_with_mac(16 - ETH1));
	assert_false(is_undone_with_mac(99));
}

static void undoing_knows_a_bridge_without_one_by_its_name(void **state)
{
	static const struct xn_ifup_part none;

	(void)state;
	ports.count = 0;
	assert_int_equal(xn_ifup_want_start(&host, &request, &none, &wanted,
					    &notes, &err),
			 0);
	assert_true(is_undone_with_mac(99));
}

static void ports_that_are_up_already_lose_link_local_addresses(void **state)
{
	struct xn_addr addr = {.ifindex = ETH0,
			       .family = AF_INET6,
			       .prefix_length = 64,
			       .address = {0xfe, 0x80, [15] = 1},
			       .valid_s = UINT32_MAX,
			       .preferred_s = UINT32_MAX};

	(void)state;
	assert_int_equal(xn_model_add(&host, XN_ADDR, &addr), 0);
	addr.address[0] = 0xfc;
	assert_int_equal(xn_model_add(&host, XN_ADDR, &addr), 0);
	addr.address[0] = 0xfe;
	addr.ifindex = VIF;
	assert_int_equal(xn_model_add(&host, XN_ADDR, &addr), 0);
	/* As bridge-utils' hook, which finds them down. */
	start();
	assert_int_equal(xn_model_count(&wanted, XN_ADDR), 3);
	options.style = XN_IFUP_NG;
	start();
	assert_int_equal(xn_model_count(&wanted, XN_ADDR), 2);
}

static void its_mtu_is_the_least_of_its_ports(void **state)
{
	(void)state;
	xn_model_link_named(&host, "eth0")->mtu = 1400;
	start();
	assert_int_equal(link("br0")->mtu, 1400);
	options.port_mtu = 9000;
	start();
	assert_int_equal(link("br0")->mtu, 9000);
	assert_int_equal(link("eth0")->mtu, 9000);
}

static void ports_that_cannot_be_had_are_said(void **state)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
		{"nosuch", "no such interface"},
		{"lo", "cannot be a port"},
		{"virbr0", "cannot be a port"},
		{"vnet0", "belongs to another"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&notes, 0, sizeof(notes));
		(void)snprintf(ports.port[0].name, IFNAMSIZ, "%s", bad[i].name);
		ports.port[0].is_matched = false;
		start();
		assert_int_equal(notes.count, 1);
		assert_non_null(strstr(notes.text[0], bad[i].name));
		assert_non_null(strstr(notes.text[0], bad[i].why));
		assert_int_equal(link("eth1")->master, link("br0")->ifindex);
		memset(&notes, 0, sizeof(notes));
		ports.port[0].is_matched = true;
		start();
		assert_int_equal(notes.count, 0);
	}
}

static void stp_bounds_the_forward_delay(void **state)
{
	static const struct {
		uint32_t stp_was, delay_was, stp, delay;
		int64_t is;
		size_t notes;
	} cases[] = {
		{0, 1500, 1, 0, 1500, 1},    {0, 1500, 1, 199, 1500, 1},
		{0, 1500, 1, 200, 200, 0},   {0, 1500, 1, 3000, 3000, 0},
		{0, 1500, 1, 3001, 1500, 1}, {1, 1500, 0, 0, 0, 0},
		{1, 1500, 1, 0, 1500, 1},    {2, 1500, 1, 700, 700, 0},
		{0, 0, 1, 0, 200, 1},	     {0, 9000, 1, 0, 3000, 1},
		{0, 1500, 0, 9000, 9000, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xn_model_link *bridge;

		(void)tear_down(state);
		(void)set_up(state);
		add_bridge(cases[i].stp_was, cases[i].delay_was);
		say(IFLA_BR_STP_STATE, cases[i].stp);
		say(IFLA_BR_FORWARD_DELAY, cases[i].delay);
		start();
		bridge = link("br0");
		assert_int_equal(
			setting_of(&bridge->bridge, IFLA_BR_FORWARD_DELAY),
			cases[i].is);
		assert_int_equal(setting_of(&bridge->bridge, IFLA_BR_STP_STATE),
				 cases[i].stp_was == 2 ? 2 : cases[i].stp);
		assert_int_equal(notes.count, cases[i].notes);
	}
}

static void ports_have_costs_and_priorities(void **state)
{
	(void)state;
	options.port_setting_count = 2;
	(void)snprintf(options.port_setting[0].port, IFNAMSIZ, "eth0");
	options.port_setting[0].setting =
		(struct xn_nl_setting){IFLA_BRPORT_COST, 77};
	(void)snprintf(options.port_setting[1].port, IFNAMSIZ, "vnet0");
	options.port_setting[1].setting =
		(struct xn_nl_setting){IFLA_BRPORT_PRIORITY, 7};
	start();
	assert_int_equal(setting_of(&link("eth0")->port, IFLA_BRPORT_COST), 77);
	assert_int_equal(link("vnet0")->port.count, 0);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.text[0],
			       "bridge_portprio vnet0: it is no port of br0"));
}

static void another_kind_of_link_is_left_alone(void **state)
{
	(void)state;
	(void)snprintf(options.iface, sizeof(options.iface), "vif1.0");
	assert_int_equal(xn_ifup_want_start(&host, &request, &whole, &wanted,
					    &notes, &err),
			 -EEXIST);
	assert_non_null(strstr(xn_err_text(&err), "vif1.0"));
	err.set = false;
	assert_int_equal(xn_ifup_want_stop(&host, &request, &wanted, &err),
			 -EEXIST);
	assert_true(err.set);
}

static void creating_alone_enslaves_nobody(void **state)
{
	static const char *const lines[] = {"add bridge br0"};

	(void)state;
	options.task = XN_IFUP_CREATE;
	start();
	plan_is(lines, 1);
}

static void holding_gives_the_address(void **state)
{
	static const char *const lines[] = {
		"add bridge br0",
		"add address 192.0.2.1/24 on br0",
	};

	(void)state;
	options.task = XN_IFUP_HOLD;
	options.address = (struct xn_addr){.family = AF_INET,
					   .prefix_length = 24,
					   .address = {192, 0, 2, 1},
					   .valid_s = UINT32_MAX,
					   .preferred_s = UINT32_MAX};
	assert_int_equal(xn_ifup_want_hold(&host, &request, &wanted, &err), 0);
	plan_is(lines, 2);
	add_bridge(0, 1500);
	xn_model_fini(&wanted);
	assert_int_equal(xn_ifup_want_hold(&host, &request, &wanted, &err), 0);
	plan_is(NULL, 0);
}

/* br0 (9) with eth0 and a guest's vif, addresses and routes. */
static void make_busy_bridge(void)
{
	struct xn_addr addr = {.ifindex = 9,
			       .family = AF_INET,
			       .prefix_length = 24,
			       .address = {192, 0, 2, 1},
			       .valid_s = UINT32_MAX,
			       .preferred_s = UINT32_MAX};
	struct xn_route route = {.family = AF_INET,
				 .table = RT_TABLE_MAIN,
				 .type = RTN_UNICAST,
				 .hop_count = 2,
				 .hop = {{.ifindex = ETH1}, {.ifindex = 9}}};
	struct xn_neigh neigh = {
		.ifindex = 9, .family = AF_INET, .address = {192, 0, 2, 9}};

	add_bridge(0, 1500);
	xn_model_link_named(&host, "eth0")->master = 9;
	xn_model_link_named(&host, "eth0")->up = true;
	xn_model_link_named(&host, "vif1.0")->master = 9;
	xn_model_link_named(&host, "vif1.0")->up = true;
	assert_int_equal(xn_model_add(&host, XN_ADDR, &addr), 0);
	assert_int_equal(xn_model_add(&host, XN_ROUTE, &route), 0);
	assert_int_equal(xn_model_add(&host, XN_NEIGH, &neigh), 0);
	addr.ifindex = ETH1;
	assert_int_equal(xn_model_add(&host, XN_ADDR, &addr), 0);
}

static void stopping_takes_all_that_was_on_it(void **state)
{
	(void)state;
	make_busy_bridge();
	stop(XN_IFUP_STOP);
	assert_null(xn_model_link_named(&wanted, "br0"));
	assert_int_equal(xn_model_count(&wanted, XN_ADDR), 1);
	assert_int_equal(xn_model_count(&wanted, XN_ROUTE), 0);
	assert_int_equal(xn_model_count(&wanted, XN_NEIGH), 0);
	assert_false(link("eth0")->up);
	assert_int_equal(link("eth0")->master, 0);
	/* Nobody listed it: it goes on as it is. */
	assert_true(link("vif1.0")->up);
	assert_int_equal(link("vif1.0")->master, 0);
}

static void releasing_leaves_the_bridge(void **state)
{
	(void)state;
	make_busy_bridge();
	stop(XN_IFUP_RELEASE);
	assert_false(link("br0")->up);
	assert_int_equal(link("eth0")->master, 0);
	assert_int_equal(link("vif1.0")->master, 9);
	assert_int_equal(xn_model_count(&wanted, XN_ADDR), 2);
}

static void stopping_what_is_not_there_is_nothing(void **state)
{
	(void)state;
	stop(XN_IFUP_STOP);
	plan_is(NULL, 0);
}

#define WITH_HOST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(a_new_bridge_and_its_ports),
		WITH_HOST(ports_join_in_the_order_of_their_names),
		WITH_HOST(a_second_run_changes_nothing),
		WITH_HOST(the_mac_is_the_one_that_was_said),
		WITH_HOST(without_ports_its_mac_is_left_to_the_kernel),
		WITH_HOST(undoing_knows_a_bridge_by_the_mac_that_it_was_given),
		WITH_HOST(undoing_knows_a_bridge_without_one_by_its_name),
		WITH_HOST(ports_that_are_up_already_lose_link_local_addresses),
		WITH_HOST(its_mtu_is_the_least_of_its_ports),
		WITH_HOST(ports_that_cannot_be_had_are_said),
		WITH_HOST(stp_bounds_the_forward_delay),
		WITH_HOST(ports_have_costs_and_priorities),
		WITH_HOST(another_kind_of_link_is_left_alone),
		WITH_HOST(creating_alone_enslaves_nobody),
		WITH_HOST(holding_gives_the_address),
		WITH_HOST(stopping_takes_all_that_was_on_it),
		WITH_HOST(releasing_leaves_the_bridge),
		WITH_HOST(stopping_what_is_not_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
