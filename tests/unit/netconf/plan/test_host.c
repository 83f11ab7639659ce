/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane.conf's bridges as a pure function of the file and what is there. */
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

static struct xn_err err;
static struct xn_host_wanted wanted;
static struct xn_ours ours;
static const struct xn_mac bridge_mac = {{2, 0, 0, 0, 0, 4}};

static struct xn_model_link link_of(int ifindex, const char *name,
				    const char *kind)
{
	struct xn_model_link link = a_link(ifindex, name, kind);

	link.mac.octet[0] = 2;
	return link;
}

static void add_link(struct xn_model *model, int ifindex, const char *name,
		     const char *kind, int master)
{
	struct xn_model_link link = link_of(ifindex, name, kind);

	link.master = master;
	assert_int_equal(xn_model_add(model, XN_LINK, &link), 0);
}

static void add_addr(struct xn_model *model, int ifindex, const uint8_t four[4],
		     uint8_t length)
{
	struct xn_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.ifindex = ifindex;
	addr.family = AF_INET;
	addr.prefix_length = length;
	memcpy(addr.address, four, 4);
	addr.valid_s = addr.preferred_s = UINT32_MAX;
	assert_int_equal(xn_model_add(model, XN_ADDR, &addr), 0);
}

static void add_default(struct xn_model *model, int ifindex,
			const uint8_t four[4])
{
	struct xn_route route;

	memset(&route, 0, sizeof(route));
	route.family = AF_INET;
	route.ifindex = ifindex;
	route.has_gateway = true;
	memcpy(route.gateway, four, 4);
	route.table = RT_TABLE_MAIN;
	route.type = RTN_UNICAST;
	route.metric = 100;
	assert_int_equal(xn_model_add(model, XN_ROUTE, &route), 0);
}

/* lo, eth0 with an address and the default route, eth1. */
static struct xn_model host_of_two(void)
{
	struct xn_model model = {0};

	err.set = false;
	add_link(&model, 1, "lo", "", 0);
	add_link(&model, 2, "eth0", "", 0);
	add_link(&model, 3, "eth1", "", 0);
	add_addr(&model, 2, (const uint8_t[4]){192, 0, 2, 1}, 24);
	add_default(&model, 2, (const uint8_t[4]){192, 0, 2, 254});
	return model;
}

/* The same, where xenbr0 (4) over eth0 is ours and the addresses are there. */
static struct xn_model bridged_host(void)
{
	struct xn_model model = {0};

	err.set = false;
	add_link(&model, 1, "lo", "", 0);
	add_link(&model, 2, "eth0", "", 4);
	add_link(&model, 3, "eth1", "", 0);
	add_link(&model, 4, "xenbr0", "bridge", 0);
	add_addr(&model, 4, (const uint8_t[4]){192, 0, 2, 1}, 24);
	add_default(&model, 4, (const uint8_t[4]){192, 0, 2, 254});
	return model;
}

static void make_ours(bool made)
{
	memset(&ours, 0, sizeof(ours));
	ours.count = 1;
	ours.item[0].ifindex = 4;
	ours.item[0].mac = bridge_mac;
	ours.item[0].made = made;
	(void)strcpy(ours.item[0].bridge, "xenbr0");
	(void)strcpy(ours.item[0].netdev, "eth0");
}

static int want(const struct xn_model *model, const char *text, bool vlans)
{
	static struct xn_report report;
	struct xn_planeconf *conf;
	struct xn_host host = {.observed = model,
			       .ours = &ours,
			       .vlan_filtering = vlans,
			       .mac_seed = 7};
	int rc;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("f", text, &conf, &report) < 0)
		fail_msg("%s", xn_report_first(&report));
	host.conf = conf;
	err.set = false;
	rc = xn_host_want(&host, &wanted, &err);
	xn_planeconf_destroy(conf);
	return rc;
}

static void good(const struct xn_model *model, const char *text)
{
	if (want(model, text, true) < 0)
		fail_msg("%s", xn_err_text(&err));
}

static void refused(const struct xn_model *model, const char *text, int error,
		    const char *says)
{
	assert_int_equal(want(model, text, false), error);
	if (!strstr(xn_err_text(&err), says))
		fail_msg("%s", xn_err_text(&err));
}

static uint32_t setting(const struct xn_link_settings *settings, uint16_t attr)
{
	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr)
			return settings->setting[i].value;
	}
	return UINT32_MAX;
}

static const struct xn_model_link *link_named(const char *name)
{
	return xn_model_link_named(&wanted.model, name);
}

static size_t addr_count(int ifindex)
{
	size_t count = 0;

	for (size_t i = 0; i < xn_model_count(&wanted.model, XN_ADDR); i++) {
		const struct xn_addr *addr =
			xn_model_at(&wanted.model, XN_ADDR, i);

		count += addr->ifindex == ifindex;
	}
	return count;
}

static void nothing_said_nothing_wanted(void **state)
{
	struct xn_model host = host_of_two();
	struct xn_plan plan;

	(void)state;
	ours.count = 0;
	good(&host, "");
	assert_int_equal(xn_plan_make(&host, &wanted.model, &plan, &err), 0);
	assert_int_equal(plan.count, 0);
	xn_model_fini(&wanted.model);
	/* Nor for a group of routed vifs. */
	good(&host, "[bridge g]\nmode = routed\naddress = 10.0.0.1/32\n");
	assert_int_equal(xn_plan_make(&host, &wanted.model, &plan, &err), 0);
	assert_int_equal(plan.count, 0);
	assert_int_equal(wanted.ours.count, 0);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void what_is_said_is_wanted(void **state)
{
	struct xn_model host = host_of_two();
	const struct xn_model_link *bridge;

	(void)state;
	ours.count = 0;
	good(&host, "[bridge xenbr0]\nnetdev = eth0\nmtu = 1400\nstp = on\n"
		    "netdev-cost = 9\nvlan-filtering = on\n"
		    "vlan-default-pvid = 0\nageing = 1.5\n");
	bridge = link_named("xenbr0");
	assert_non_null(bridge);
	assert_int_equal(link_named("eth0")->master, bridge->ifindex);
	assert_int_equal(bridge->mtu, 1400);
	assert_int_equal(link_named("eth0")->mtu, 1400);
	assert_int_equal(setting(&bridge->bridge, IFLA_BR_STP_STATE), 1);
	assert_int_equal(setting(&bridge->bridge, IFLA_BR_FORWARD_DELAY), 1500);
	assert_int_equal(setting(&bridge->bridge, IFLA_BR_AGEING_TIME), 150);
	assert_int_equal(setting(&bridge->bridge, IFLA_BR_VLAN_FILTERING), 1);
	assert_int_equal(setting(&bridge->bridge, IFLA_BR_VLAN_DEFAULT_PVID),
			 0);
	assert_int_equal(setting(&bridge->bridge, IFLA_BR_HELLO_TIME),
			 UINT32_MAX);
	assert_int_equal(setting(&link_named("eth0")->port, IFLA_BRPORT_COST),
			 9);
	assert_int_equal(addr_count(bridge->ifindex), 1);
	assert_int_equal(addr_count(2), 0);
	assert_int_equal(wanted.ours.count, 1);
	assert_true(wanted.ours.item[0].made);
	assert_string_equal(wanted.ours.item[0].netdev, "eth0");
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void named_addresses_are_all(void **state)
{
	struct xn_model host = host_of_two();
	const struct xn_route *route;

	(void)state;
	ours.count = 0;
	/* The old gateway is out of reach, so its route is gone. */
	good(&host, "[bridge xenbr0]\nnetdev = eth0\n"
		    "address = 198.51.100.1/24\ngateway = 198.51.100.9\n");
	assert_int_equal(addr_count(4), 1);
	assert_int_equal(xn_model_count(&wanted.model, XN_ROUTE), 1);
	route = xn_model_at(&wanted.model, XN_ROUTE, 0);
	assert_int_equal(route->gateway[3], 9);
	assert_int_equal(route->ifindex, 4);
	xn_model_fini(&wanted.model);
	/* One in reach, and the same gateway: the route stays as it was. */
	good(&host, "[bridge xenbr0]\nnetdev = eth0\n"
		    "address = 192.0.2.7/24\ngateway = 192.0.2.254\n");
	assert_int_equal(xn_model_count(&wanted.model, XN_ROUTE), 1);
	route = xn_model_at(&wanted.model, XN_ROUTE, 0);
	assert_int_equal(route->metric, 100);
	xn_model_fini(&wanted.model);
	good(&host, "[bridge xenbr0]\nnetdev = eth0\naddress = none\n");
	assert_int_equal(xn_model_count(&wanted.model, XN_ADDR), 0);
	assert_int_equal(xn_model_count(&wanted.model, XN_ROUTE), 0);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void a_broadcast_and_scopes_as_the_kernel_has_them(void **state)
{
	struct xn_model host = host_of_two();
	static const uint8_t scopes[] = {RT_SCOPE_UNIVERSE, RT_SCOPE_UNIVERSE,
					 RT_SCOPE_LINK, RT_SCOPE_SITE};
	static const uint8_t last[] = {0x7f, 0, 0, 0};

	(void)state;
	ours.count = 0;
	good(&host, "[bridge b]\naddress = 10.0.0.1/25 10.1.0.0/31 fe80::1/64 "
		    "fec0::1/64\n");
	for (size_t i = 0; i < 4; i++) {
		const struct xn_addr *addr =
			xn_model_at(&wanted.model, XN_ADDR, i + 1);

		assert_int_equal(addr->scope, scopes[i]);
		assert_int_equal(addr->has_broadcast, i == 0);
		assert_int_equal(addr->broadcast[3], last[i]);
	}
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void what_is_no_longer_named_goes(void **state)
{
	struct xn_model host = bridged_host();

	(void)state;
	make_ours(true);
	good(&host, "");
	assert_null(link_named("xenbr0"));
	assert_int_equal(link_named("eth0")->master, 0);
	assert_int_equal(addr_count(2), 1);
	assert_int_equal(wanted.ours.count, 0);
	xn_model_fini(&wanted.model);
	/* The bridge was there before: only the NIC is given back. */
	make_ours(false);
	good(&host, "");
	assert_non_null(link_named("xenbr0"));
	assert_int_equal(link_named("eth0")->master, 0);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void others_are_left_alone(void **state)
{
	struct xn_model host = bridged_host();

	(void)state;
	for (int i = 0; i < 4; i++) {
		make_ours(true);
		if (i == 0)
			ours.item[0].ifindex = 3;
		else if (i == 1)
			ours.item[0].mac.octet[5]++;
		else if (i == 2)
			ours.count = 0;
		else
			(void)strcpy(ours.item[0].bridge, "eth1");
		good(&host, "");
		assert_non_null(link_named("xenbr0"));
		assert_int_equal(link_named("eth0")->master, 4);
		assert_int_equal(wanted.left_count, 0);
		xn_model_fini(&wanted.model);
	}
	xn_model_fini(&host);
}

static void a_guests_port_keeps_its_bridge(void **state)
{
	struct xn_model host = bridged_host();
	struct xn_plan plan;

	(void)state;
	make_ours(true);
	add_link(&host, 9, "vif1.0", "tun", 4);
	good(&host, "");
	assert_int_equal(wanted.left_count, 1);
	assert_string_equal(wanted.left[0].bridge, "xenbr0");
	assert_string_equal(wanted.left[0].port, "vif1.0");
	assert_int_equal(xn_plan_make(&host, &wanted.model, &plan, &err), 0);
	assert_int_equal(plan.count, 0);
	/* It is still ours, for the next time. */
	assert_int_equal(wanted.ours.count, 1);
	assert_true(wanted.ours.item[0].made);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void a_link_on_top_keeps_its_bridge(void **state)
{
	struct xn_model host = bridged_host();
	struct xn_model_link vlan = link_of(9, "xenbr0.5", "vlan");

	(void)state;
	make_ours(true);
	vlan.lower = 4;
	assert_int_equal(xn_model_add(&host, XN_LINK, &vlan), 0);
	good(&host, "");
	assert_int_equal(wanted.left_count, 1);
	assert_string_equal(wanted.left[0].port, "xenbr0.5");
	assert_non_null(link_named("xenbr0"));
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

/* Whatever of it would be without its link goes along. */
static void what_is_on_a_bridge_goes_with_it(void **state)
{
	struct xn_model host = bridged_host();
	struct xn_route route;
	struct xn_plan plan;

	(void)state;
	make_ours(true);
	ours.item[0].netdev[0] = '\0';
	xn_model_link_named(&host, "eth0")->master = 0;
	memset(&route, 0, sizeof(route));
	route.family = AF_INET;
	route.destination[0] = 10;
	route.prefix_length = 8;
	route.table = RT_TABLE_MAIN;
	route.type = RTN_UNICAST;
	route.hop_count = 2;
	route.hop[0].ifindex = 3;
	route.hop[1].ifindex = 4;
	assert_int_equal(xn_model_add(&host, XN_ROUTE, &route), 0);
	good(&host, "");
	assert_null(link_named("xenbr0"));
	assert_int_equal(xn_model_count(&wanted.model, XN_ADDR), 0);
	assert_int_equal(xn_model_count(&wanted.model, XN_ROUTE), 0);
	assert_int_equal(xn_plan_make(&host, &wanted.model, &plan, &err), 0);
	xn_plan_fini(&plan);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void another_netdev_takes_the_place(void **state)
{
	struct xn_model host = bridged_host();

	(void)state;
	make_ours(true);
	good(&host, "[bridge xenbr0]\nnetdev = eth1\naddress = 192.0.2.1/24\n"
		    "gateway = 192.0.2.253\n");
	assert_int_equal(link_named("xenbr0")->ifindex, 4);
	assert_int_equal(link_named("eth0")->master, 0);
	assert_int_equal(link_named("eth1")->master, 4);
	/* What the file names is not left on the old one as well. */
	assert_int_equal(addr_count(2), 0);
	assert_int_equal(addr_count(4), 1);
	assert_int_equal(xn_model_count(&wanted.model, XN_ROUTE), 1);
	assert_true(wanted.ours.item[0].made);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void what_cannot_be_names_its_place(void **state)
{
	struct xn_model host = host_of_two();

	(void)state;
	ours.count = 0;
	refused(&host, "\n[bridge xenbr0]\nnetdev = eth9\n", -ENODEV,
		"f:2:1: [bridge xenbr0]: link eth9");
	refused(&host, "[bridge xenbr0]\naddress = dhcp\n", -EOPNOTSUPP,
		"address=dhcp");
	refused(&host, "[bridge xenbr0]\naddress = dhcp6\n", -EOPNOTSUPP,
		"address=dhcp6");
	refused(&host, "[bridge eth1]\n", -EEXIST, "link eth1 is there");
	refused(&host, "[bridge xenbr0]\nvlan-filtering = on\n", -EOPNOTSUPP,
		"CONFIG_BRIDGE_VLAN_FILTERING");
	/* What the kernel has not need not be told to be off. */
	assert_int_equal(
		want(&host, "[bridge b]\nvlan-filtering = off\n", false), 0);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

static void macs_are_the_hosts_and_the_names(void **state)
{
	struct xn_model host = host_of_two();
	struct xn_mac first;

	(void)state;
	ours.count = 0;
	good(&host, "[bridge a]\n[bridge b]\n");
	first = link_named("a")->mac;
	assert_int_equal(first.octet[0] & 3, 2);
	assert_false(xn_mac_equal(&first, &link_named("b")->mac));
	xn_model_fini(&wanted.model);
	good(&host, "[bridge a]\n");
	assert_true(xn_mac_equal(&first, &link_named("a")->mac));
	/* Guests cannot tell the host its routers. */
	assert_int_equal(link_named("a")->accept_ra, 0);
	xn_model_fini(&wanted.model);
	good(&host, "[bridge a]\nmac = 02:00:00:00:00:99\naddress = auto6\n");
	assert_int_equal(link_named("a")->mac.octet[5], 0x99);
	assert_int_equal(link_named("a")->accept_ra, 2);
	xn_model_fini(&wanted.model);
	xn_model_fini(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_nothing_wanted),
		cmocka_unit_test(what_is_said_is_wanted),
		cmocka_unit_test(named_addresses_are_all),
		cmocka_unit_test(a_broadcast_and_scopes_as_the_kernel_has_them),
		cmocka_unit_test(what_is_no_longer_named_goes),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(a_guests_port_keeps_its_bridge),
		cmocka_unit_test(a_link_on_top_keeps_its_bridge),
		cmocka_unit_test(what_is_on_a_bridge_goes_with_it),
		cmocka_unit_test(another_netdev_takes_the_place),
		cmocka_unit_test(what_cannot_be_names_its_place),
		cmocka_unit_test(macs_are_the_hosts_and_the_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
