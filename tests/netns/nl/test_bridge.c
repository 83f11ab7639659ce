/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>

#include "netconf/base/fd.h"

static void a_bridge_is_made_as_asked(void **state)
{
	static const struct xn_nl_setting settings[] = {
		{IFLA_BR_STP_STATE, 0},	       {IFLA_BR_FORWARD_DELAY, 0},
		{IFLA_BR_AGEING_TIME, 12300},  {IFLA_BR_MCAST_SNOOPING, 0},
		{IFLA_BR_NF_CALL_IPTABLES, 0}, {IFLA_BR_PRIORITY, 4096},
	};
	struct xn_link link;

	(void)state;
	GOOD(xn_bridge_create(nl, "xenbr0", settings, 6, &err));
	link = link_named("xenbr0");
	assert_string_equal(link.kind, "bridge");
	assert_true(link.is_bridge);
	assert_int_equal(link.flags & IFF_UP, 0);
	assert_int_equal(link.bridge.stp_state, 0);
	assert_int_equal(link.bridge.forward_delay_cs, 0);
	assert_int_equal(link.bridge.ageing_time_cs, 12300);
	assert_int_equal(link.bridge.priority, 4096);
	assert_false(link.bridge.mcast_snooping);
	assert_false(link.bridge.nf_call_iptables);
	assert_int_equal(link.bridge.unknown_attr, 0);
	REFUSED(xn_bridge_create(nl, "xenbr0", settings, 6, &err), -EEXIST,
		"create bridge xenbr0: ");
	REFUSED(xn_bridge_create(nl, "xenbr/0", NULL, 0, &err), -EINVAL,
		"not a valid name");
}

static void the_kernels_defaults_are_read(void **state)
{
	struct xn_bridge bridge;

	(void)state;
	GOOD(xn_bridge_create(nl, "xenbr0", NULL, 0, &err));
	bridge = link_named("xenbr0").bridge;
	assert_int_equal(bridge.forward_delay_cs, 1500);
	assert_int_equal(bridge.hello_time_cs, 200);
	assert_int_equal(bridge.max_age_cs, 2000);
	assert_int_equal(bridge.ageing_time_cs, 30000);
	assert_int_equal(bridge.priority, 32768);
	assert_int_equal(bridge.group_fwd_mask, 0);
	assert_int_equal(bridge.group_addr.octet[0], 0x01);
	assert_int_equal(bridge.group_addr.octet[5], 0x00);
	assert_false(bridge.vlan_filtering);
	assert_int_equal(bridge.unknown_attr, 0);
}

static void a_bridge_changes_while_it_is_there(void **state)
{
	static const struct xn_nl_setting settings[] = {
		{IFLA_BR_HELLO_TIME, 100},
		{IFLA_BR_MAX_AGE, 1000},
		{IFLA_BR_FORWARD_DELAY, 400},
		{IFLA_BR_STP_STATE, 1},
		{IFLA_BR_GROUP_FWD_MASK, 0x4000},
		{IFLA_BR_NF_CALL_IP6TABLES, 1},
		{IFLA_BR_NF_CALL_ARPTABLES, 1},
		{IFLA_BR_NF_CALL_IPTABLES, 1},
		{IFLA_BR_MCAST_QUERIER, 1},
		{IFLA_BR_MCAST_ROUTER, 2},
	};
	struct xn_bridge bridge;
	int ifindex;

	(void)state;
	ifindex = new_bridge("xenbr0");
	GOOD(xn_bridge_set(nl, ifindex, settings, 10, &err));
	bridge = link_at(ifindex).bridge;
	assert_int_equal(bridge.hello_time_cs, 100);
	assert_int_equal(bridge.max_age_cs, 1000);
	assert_int_equal(bridge.forward_delay_cs, 400);
	assert_int_equal(bridge.stp_state, 1);
	assert_int_equal(bridge.group_fwd_mask, 0x4000);
	assert_true(bridge.nf_call_iptables);
	assert_true(bridge.nf_call_ip6tables);
	assert_true(bridge.nf_call_arptables);
	assert_true(bridge.mcast_querier);
	assert_int_equal(bridge.mcast_router, 2);
}

static void impossible_settings_are_refused(void **state)
{
	static const struct xn_nl_setting not_settable = {IFLA_BR_ROOT_ID, 1};
	static const struct xn_nl_setting no_bool = {IFLA_BR_MCAST_SNOOPING, 2};
	static const struct xn_nl_setting too_wide = {IFLA_BR_PRIORITY, 65536};
	static const struct xn_nl_setting wide_byte = {IFLA_BR_MCAST_ROUTER,
						       256};
	static const struct xn_nl_setting odd_delay[] = {
		{IFLA_BR_STP_STATE, 1},
		{IFLA_BR_FORWARD_DELAY, 1},
	};
	int ifindex;

	(void)state;
	ifindex = new_bridge("xenbr0");
	REFUSED(xn_bridge_set(nl, ifindex, &not_settable, 1, &err), -EINVAL,
		"attribute 10 cannot be set");
	REFUSED(xn_bridge_set(nl, ifindex, &no_bool, 1, &err), -ERANGE,
		"attribute 23 cannot be 2");
	REFUSED(xn_bridge_set(nl, ifindex, &too_wide, 1, &err), -ERANGE,
		"attribute 6 cannot be 65536");
	REFUSED(xn_bridge_set(nl, ifindex, &wide_byte, 1, &err), -ERANGE,
		"attribute 22 cannot be 256");
	/* The kernel takes no forward delay below 2 s with STP on. */
	GOOD(xn_bridge_set(nl, ifindex, &odd_delay[0], 1, &err));
	REFUSED(xn_bridge_set(nl, ifindex, &odd_delay[1], 1, &err), -ERANGE,
		"set bridge attributes of link");
	assert_int_equal(link_at(ifindex).bridge.priority, 32768);
}

#define HELLOS_MAX 6000 /* looks, against a hang */

/* One settable bool of a port: its number and its member. */
struct port_bool {
	uint16_t attr;
	size_t offset;
	bool by_default;
};

static const struct port_bool port_bools[] = {
	{IFLA_BRPORT_ISOLATED, offsetof(struct xn_brport, isolated), false},
	{IFLA_BRPORT_MODE, offsetof(struct xn_brport, hairpin), false},
	{IFLA_BRPORT_GUARD, offsetof(struct xn_brport, bpdu_guard), false},
	{IFLA_BRPORT_PROTECT, offsetof(struct xn_brport, root_block), false},
	{IFLA_BRPORT_FAST_LEAVE, offsetof(struct xn_brport, fast_leave), false},
	{IFLA_BRPORT_LEARNING, offsetof(struct xn_brport, learning), true},
	{IFLA_BRPORT_UNICAST_FLOOD, offsetof(struct xn_brport, unicast_flood),
	 true},
	{IFLA_BRPORT_MCAST_FLOOD, offsetof(struct xn_brport, mcast_flood),
	 true},
	{IFLA_BRPORT_BCAST_FLOOD, offsetof(struct xn_brport, bcast_flood),
	 true},
	{IFLA_BRPORT_MCAST_TO_UCAST,
	 offsetof(struct xn_brport, mcast_to_unicast), false},
	{IFLA_BRPORT_PROXYARP, offsetof(struct xn_brport, proxyarp), false},
	{IFLA_BRPORT_PROXYARP_WIFI, offsetof(struct xn_brport, proxyarp_wifi),
	 false},
	{IFLA_BRPORT_NEIGH_SUPPRESS, offsetof(struct xn_brport, neigh_suppress),
	 false},
	{IFLA_BRPORT_VLAN_TUNNEL, offsetof(struct xn_brport, vlan_tunnel),
	 false},
	{IFLA_BRPORT_LOCKED, offsetof(struct xn_brport, locked), false},
};

#define PORT_BOOLS (sizeof(port_bools) / sizeof(port_bools[0]))

static bool bool_of(const struct xn_brport *port, size_t i)
{
	return *(const bool *)((const uint8_t *)port + port_bools[i].offset);
}

/* All but `odd` are at their defaults. */
static void assert_port(int ifindex, size_t odd)
{
	struct xn_link link = link_at(ifindex);

	assert_true(link.is_bridge_port);
	assert_int_equal(link.port.unknown_attr, 0);
	for (size_t i = 0; i < PORT_BOOLS; i++) {
		bool want = port_bools[i].by_default;

		if (i == odd)
			want = !want;
		if (bool_of(&link.port, i) != want)
			fail_msg("port attribute %u is %d", port_bools[i].attr,
				 !want);
	}
}

static void each_port_attribute_is_set_alone(void **state)
{
	struct xn_link link;
	int ifindex;
	int fd;

	(void)state;
	ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, ifindex, new_bridge("xenbr0"), &err));
	assert_port(ifindex, PORT_BOOLS);
	for (size_t i = 0; i < PORT_BOOLS; i++) {
		struct xn_nl_setting setting = {port_bools[i].attr,
						!port_bools[i].by_default};

		GOOD(xn_brport_set(nl, ifindex, &setting, 1, &err));
		assert_port(ifindex, i);
		setting.value = port_bools[i].by_default;
		GOOD(xn_brport_set(nl, ifindex, &setting, 1, &err));
	}
	assert_port(ifindex, PORT_BOOLS);
	link = link_at(ifindex);
	assert_int_equal(link.port.state, XN_BRPORT_FORWARDING);
	assert_int_equal(link.port.number, 1);
	assert_int_equal(link.port.backup_port, 0);
	xn_close(&fd);
}

static void port_numbers_are_set(void **state)
{
	static const struct xn_nl_setting settings[] = {
		{IFLA_BRPORT_PRIORITY, 5},
		{IFLA_BRPORT_COST, 77},
		{IFLA_BRPORT_MULTICAST_ROUTER, 0},
		{IFLA_BRPORT_GROUP_FWD_MASK, 0x4000},
	};
	static const struct xn_nl_setting listening = {IFLA_BRPORT_STATE,
						       XN_BRPORT_LISTENING};
	struct xn_brport port;
	int ifindex;
	int fd;

	(void)state;
	ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, ifindex, new_bridge("xenbr0"), &err));
	GOOD(xn_brport_set(nl, ifindex, settings, 4, &err));
	assert_int_equal(link_at(ifindex).port.state, XN_BRPORT_FORWARDING);
	GOOD(xn_brport_set(nl, ifindex, &listening, 1, &err));
	port = link_at(ifindex).port;
	assert_int_equal(port.priority, 5);
	assert_int_equal(port.cost, 77);
	assert_int_equal(port.state, XN_BRPORT_LISTENING);
	assert_int_equal(port.mcast_router, 0);
	assert_int_equal(port.group_fwd_mask, 0x4000);
	xn_close(&fd);
}

static void enslaving_again_resets_isolation(void **state)
{
	static const struct xn_nl_setting isolated = {IFLA_BRPORT_ISOLATED, 1};
	int bridge;
	int ifindex;
	int fd;

	(void)state;
	bridge = new_bridge("xenbr0");
	ifindex = new_tap("vif1.0", &fd);
	GOOD(xn_link_set_master(nl, ifindex, bridge, &err));
	GOOD(xn_brport_set(nl, ifindex, &isolated, 1, &err));
	assert_true(link_at(ifindex).port.isolated);
	GOOD(xn_link_set_master(nl, ifindex, new_bridge("xenbr1"), &err));
	assert_false(link_at(ifindex).port.isolated);
	xn_close(&fd);
}

/* Two bridges with a cable between: what 802.1D makes of it. */
static void the_spanning_tree_is_read(void **state)
{
	static const struct xn_nl_setting first[] = {{IFLA_BR_PRIORITY, 4096},
						     {IFLA_BR_STP_STATE, 1}};
	struct xn_bridge root;
	struct xn_bridge other;
	struct xn_brport far;
	int bridge[2];
	int end[2];

	(void)state;
	bridge[0] = new_bridge("xenbr0");
	bridge[1] = new_bridge("xenbr1");
	GOOD(xn_bridge_set(nl, bridge[0], first, 2, &err));
	GOOD(xn_bridge_set(nl, bridge[1], first + 1, 1, &err));
	GOOD(xn_link_create_veth(nl, "near", "far", -1, &err));
	end[0] = link_named("near").ifindex;
	end[1] = link_named("far").ifindex;
	for (int i = 0; i < 2; i++) {
		GOOD(xn_link_set_master(nl, end[i], bridge[i], &err));
		GOOD(xn_link_set_up(nl, end[i], true, &err));
	}
	/* The root's first word makes its port the way to the root. */
	for (int i = 0; i < HELLOS_MAX; i++) {
		other = link_at(bridge[1]).bridge;
		if (other.root_port != 0)
			break;
		assert_int_equal(usleep(10000), 0);
	}
	root = link_at(bridge[0]).bridge;
	assert_int_equal(root.bridge_id.octet[0], 0x10);
	assert_memory_equal(root.bridge_id.octet + 2,
			    link_at(bridge[0]).mac.octet, XN_MAC_BYTES);
	assert_memory_equal(&root.root_id, &root.bridge_id, XN_BRIDGE_ID_BYTES);
	assert_int_equal(root.root_port, 0);
	assert_int_equal(root.root_path_cost, 0);
	assert_memory_equal(&other.root_id, &root.bridge_id,
			    XN_BRIDGE_ID_BYTES);
	assert_int_equal(other.bridge_id.octet[0], 0x80);
	assert_int_equal(other.root_port, 1);
	far = link_at(end[1]).port;
	assert_int_equal(other.root_path_cost, far.cost);
	assert_int_equal(far.id, 0x8001);
	assert_int_equal(far.designated_port, 0x8001);
	assert_int_equal(far.designated_cost, 0);
	assert_memory_equal(&far.designated_root, &root.bridge_id,
			    XN_BRIDGE_ID_BYTES);
	assert_memory_equal(&far.designated_bridge, &root.bridge_id,
			    XN_BRIDGE_ID_BYTES);
	assert_true(far.message_age_timer_cs > 0);
	/* The kernel rounds this timer to a whole second. */
	assert_true(root.hello_timer_cs <= root.hello_time_cs + 100);
}

static void only_ports_have_port_attributes(void **state)
{
	static const struct xn_nl_setting isolated = {IFLA_BRPORT_ISOLATED, 1};
	static const struct xn_nl_setting flush = {IFLA_BRPORT_FLUSH, 1};
	int ifindex;
	int fd;

	(void)state;
	ifindex = new_tap("vif1.0", &fd);
	assert_true(xn_brport_set(nl, ifindex, &isolated, 1, &err) < 0);
	assert_non_null(strstr(xn_err_text(&err), "set port attributes"));
	err.set = false;
	assert_false(link_at(ifindex).is_bridge_port);
	REFUSED(xn_brport_set(nl, ifindex, &flush, 1, &err), -EINVAL,
		"attribute 24 cannot be set");
	xn_close(&fd);
}

#define NL(test) cmocka_unit_test_setup_teardown(test, open_nl, close_nl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(a_bridge_is_made_as_asked),
		NL(the_kernels_defaults_are_read),
		NL(a_bridge_changes_while_it_is_there),
		NL(impossible_settings_are_refused),
		NL(each_port_attribute_is_set_alone),
		NL(port_numbers_are_set),
		NL(enslaving_again_resets_isolation),
		NL(the_spanning_tree_is_read),
		NL(only_ports_have_port_attributes),
	};

	return NAMESPACE_GROUP(tests);
}
