/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a section put is taken back when it is no longer said: each apply is a
 * pure step from what is there and what is noted to the next of both. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/parse/planeconf.h"
#include "netconf/plan/host.h"
#include "netconf/plan/plan.h"
#include "tests/unit/netconf/plan/links.h"

#define NIC 2
#define PLAIN "[bridge xenbr0]\nnetdev = eth0\n"

static struct xn_err err;
static struct xn_model now;
static struct xn_ours ours;
static uint32_t stays;

static void add_link(int ifindex, const char *name)
{
	struct xn_model_link link = a_link(ifindex, name, "");

	assert_int_equal(xn_model_add(&now, XN_LINK, &link), 0);
}

static void add_addr(int ifindex, uint8_t last)
{
	struct xn_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.ifindex = ifindex;
	addr.family = AF_INET;
	addr.prefix_length = 24;
	memcpy(addr.address, (const uint8_t[4]){192, 0, 2, last}, 4);
	addr.valid_s = addr.preferred_s = UINT32_MAX;
	assert_int_equal(xn_model_add(&now, XN_ADDR, &addr), 0);
}

static int setup(void **state)
{
	(void)state;
	xn_model_fini(&now);
	memset(&now, 0, sizeof(now));
	memset(&ours, 0, sizeof(ours));
	add_link(1, "lo");
	add_link(NIC, "eth0");
	add_link(3, "eth1");
	add_addr(NIC, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	xn_model_fini(&now);
	return 0;
}

static int try_apply(const char *text)
{
	static struct xn_host_wanted wanted;
	static struct xn_report report;
	struct xn_planeconf *conf;
	struct xn_host host = {.observed = &now,
			       .ours = &ours,
			       .vlan_filtering = true,
			       .mac_seed = 7};
	int rc;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("f", text, &conf, &report) < 0)
		fail_msg("%s", xn_report_first(&report));
	host.conf = conf;
	err.set = false;
	rc = xn_host_want(&host, &wanted, &err);
	xn_planeconf_destroy(conf);
	if (rc < 0)
		return rc;
	xn_model_fini(&now);
	now = wanted.model;
	ours = wanted.ours;
	stays = wanted.stays_count;
	return 0;
}

/* The plan's end is what is there then. */
static void apply(const char *text)
{
	if (try_apply(text) < 0)
		fail_msg("%s", xn_err_text(&err));
}

static struct xn_model_link *link_named(const char *name)
{
	struct xn_model_link *link = xn_model_link_named(&now, name);

	assert_non_null(link);
	return link;
}

static uint32_t setting(const char *name, uint16_t attr)
{
	const struct xn_link_settings *settings = &link_named(name)->bridge;

	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr)
			return settings->setting[i].value;
	}
	return UINT32_MAX;
}

static void set(const char *name, uint16_t attr, uint32_t value)
{
	struct xn_link_settings *settings = &link_named(name)->bridge;

	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr)
			settings->setting[i].value = value;
	}
}

static void a_new_bridge_goes_back_to_the_kernels_values(void **state)
{
	static const struct {
		const char *line;
		uint16_t attr;
		uint32_t said, was;
	} rows[] = {
		{"stp = on", IFLA_BR_STP_STATE, 1, 0},
		{"stp-priority = 7", IFLA_BR_PRIORITY, 7, 32768},
		{"hello-time = 3", IFLA_BR_HELLO_TIME, 300, 200},
		{"max-age = 25", IFLA_BR_MAX_AGE, 2500, 2000},
		{"ageing = 5", IFLA_BR_AGEING_TIME, 500, 30000},
		{"multicast-snooping = off", IFLA_BR_MCAST_SNOOPING, 0, 1},
		{"multicast-querier = on", IFLA_BR_MCAST_QUERIER, 1, 0},
		{"vlan-filtering = on", IFLA_BR_VLAN_FILTERING, 1, 0},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)setup(state);
		(void)snprintf(text, sizeof(text), "[bridge b]\n%s\n",
			       rows[i].line);
		apply(text);
		assert_int_equal(setting("b", rows[i].attr), rows[i].said);
		apply("[bridge b]\n");
		assert_int_equal(setting("b", rows[i].attr), rows[i].was);
		assert_int_equal(setting("b", IFLA_BR_FORWARD_DELAY), 0);
		assert_int_equal(ours.note_count, 0);
		assert_int_equal(stays, 0);
	}
}

static void the_first_value_counts_however_often_it_is_said(void **state)
{
	(void)state;
	apply("[bridge b]\nageing = 5\n");
	apply("[bridge b]\nageing = 5\n");
	assert_int_equal(ours.note_count, 1);
	apply("[bridge b]\nageing = 6\n");
	/* What somebody else set is overruled, and is not what was before. */
	set("b", IFLA_BR_AGEING_TIME, 700);
	apply("[bridge b]\nageing = 6\n");
	assert_int_equal(setting("b", IFLA_BR_AGEING_TIME), 600);
	apply("[bridge b]\n");
	assert_int_equal(setting("b", IFLA_BR_AGEING_TIME), 30000);
}

static void somebody_elses_value_stays(void **state)
{
	(void)state;
	apply("[bridge b]\nageing = 5\nhello-time = 3\n");
	set("b", IFLA_BR_AGEING_TIME, 700);
	apply("[bridge b]\n");
	assert_int_equal(setting("b", IFLA_BR_AGEING_TIME), 700);
	assert_int_equal(setting("b", IFLA_BR_HELLO_TIME), 200);
	assert_int_equal(stays, 1);
	apply("[bridge b]\n");
	assert_int_equal(stays, 0);
}

static void no_mtu_outlives_its_bridge(void **state)
{
	uint32_t mtu = link_named("eth0")->mtu;

	(void)state;
	for (int i = 0; i < 3; i++) {
		apply(PLAIN "mtu = 1300\n");
		assert_int_equal(link_named("eth0")->mtu, 1300);
		/* Somebody deletes the bridge: the NIC has it still. */
		if (i > 0) {
			xn_host_remove_link(&now,
					    link_named("xenbr0")->ifindex);
			link_named("eth0")->master = 0;
		}
		if (i == 2)
			apply(PLAIN "mtu = 1300\n");
		apply("");
		assert_int_equal(link_named("eth0")->mtu, mtu);
		assert_int_equal(ours.note_count, 0);
		(void)setup(NULL);
	}
}

static void what_is_anothers_by_now_is_left(void **state)
{
	(void)state;
	apply("[bridge b]\nageing = 5\n");
	/* A bridge of that name, and another MAC. */
	link_named("b")->mac.octet[5]++;
	apply("[bridge b]\n");
	assert_int_equal(setting("b", IFLA_BR_AGEING_TIME), 500);
	assert_int_equal(stays, 0);
	apply("");
	assert_int_equal(setting("b", IFLA_BR_AGEING_TIME), 500);
}

static void addresses_come_and_go(void **state)
{
	const struct xn_addr *addr;

	(void)state;
	apply(PLAIN "address = 198.51.100.1/24\n");
	assert_int_equal(xn_model_count(&now, XN_ADDR), 1);
	assert_int_equal(ours.addr_count, 2);
	apply(PLAIN "address = 198.51.100.2/24\n");
	assert_int_equal(ours.addr_count, 2);
	apply("[bridge xenbr0]\nnetdev = eth1\naddress = 198.51.100.2/24\n");
	assert_int_equal(xn_model_count(&now, XN_ADDR), 2);
	apply("");
	assert_int_equal(xn_model_count(&now, XN_ADDR), 1);
	addr = xn_model_at(&now, XN_ADDR, 0);
	assert_int_equal(addr->ifindex, NIC);
	assert_int_equal(addr->address[0], 192);
	assert_int_equal(ours.addr_count, 0);
}

/* By the gateway of the NIC's network. */
static void add_route(uint32_t number, uint8_t protocol)
{
	struct xn_route route = {.ifindex = NIC,
				 .family = AF_INET,
				 .prefix_length = 32,
				 .table = RT_TABLE_MAIN,
				 .type = RTN_UNICAST,
				 .protocol = protocol,
				 .has_gateway = true,
				 .gateway = {192, 0, 2, 254}};

	route.destination[0] = 100;
	route.destination[2] = (uint8_t)(number >> 8);
	route.destination[3] = (uint8_t)number;
	assert_int_equal(xn_model_add(&now, XN_ROUTE, &route), 0);
}

static void many_routes_are_no_reason_to_refuse(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * XN_ROUTE_NOTES_MAX; i++)
		add_route(i, RTPROT_BIRD);
	for (uint32_t i = 0; i < XN_ROUTE_NOTES_MAX; i++)
		add_route(1000 + i, RTPROT_STATIC);
	apply(PLAIN "address = 198.51.100.1/24\n");
	assert_int_equal(xn_model_count(&now, XN_ROUTE), 0);
	apply("");
	/* The administrator's, as many as there is room for, and no others. */
	assert_int_equal(xn_model_count(&now, XN_ROUTE),
			 XN_ROUTE_NOTES_MAX / 2);
	for (size_t i = 0; i < xn_model_count(&now, XN_ROUTE); i++) {
		const struct xn_route *route = xn_model_at(&now, XN_ROUTE, i);

		assert_int_equal(route->protocol, RTPROT_STATIC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_new_bridge_goes_back_to_the_kernels_values, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			the_first_value_counts_however_often_it_is_said, setup,
			teardown),
		cmocka_unit_test_setup_teardown(somebody_elses_value_stays,
						setup, teardown),
		cmocka_unit_test_setup_teardown(no_mtu_outlives_its_bridge,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_anothers_by_now_is_left,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			many_routes_are_no_reason_to_refuse, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_come_and_go, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
