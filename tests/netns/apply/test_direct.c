/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The direct style, done to the kernel and taken back. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "tests/netns/apply/house.h"

static bool has_label(const struct xn_model *model, const char *label)
{
	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(model, XN_ADDR, i);

		if (strcmp(addr->label, label) == 0)
			return true;
	}
	return false;
}

static size_t count_rules_for(const struct xn_model *model, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < xn_model_count(model, XN_RULE); i++) {
		const struct xn_rule *rule = xn_model_at(model, XN_RULE, i);

		count += strcmp(rule->in, name) == 0 ||
			 strcmp(rule->out, name) == 0;
	}
	return count;
}

static void the_bridge_takes_over_all_of_the_nic(void **state)
{
	struct xn_model before = look_around();
	const struct xn_model_link *nic = xn_model_link_named(&before, "eth0");
	const struct xn_model_link *bridge;
	struct xn_model after;

	(void)state;
	assert_int_equal(count_on(&before, nic->ifindex), HOUSE_OBJECTS);
	assert_true(do_all(xn_direct_start) > 0);
	after = look_around();
	bridge = xn_model_link_named(&after, "xenbr0");
	assert_non_null(bridge);
	assert_true(xn_mac_equal(&bridge->mac, &nic->mac));
	assert_int_equal(bridge->mtu, 1400);
	assert_int_equal(bridge->accept_ra, 2);
	assert_int_equal(bridge->addr_gen_mode, nic->addr_gen_mode);
	assert_true(bridge->up);
	assert_int_equal(count_on(&after, bridge->ifindex), HOUSE_OBJECTS);
	assert_int_equal(count_on(&after, nic->ifindex), 0);
	assert_true(has_label(&before, "eth0:1"));
	assert_true(has_label(&after, "xenbr0:1"));
	assert_false(has_label(&after, "eth0:1"));
	assert_int_equal(count_rules_for(&before, "eth0"), 3);
	assert_int_equal(count_rules_for(&after, "xenbr0"), 3);
	assert_int_equal(count_rules_for(&after, "eth0"), 0);
	nic = xn_model_link_named(&after, "eth0");
	assert_int_equal(nic->master, bridge->ifindex);
	assert_int_equal(nic->addr_gen_mode, IN6_ADDR_GEN_MODE_NONE);
	assert_no_journal();
	xn_model_fini(&before);
	xn_model_fini(&after);
}

static void starting_twice_changes_nothing(void **state)
{
	struct xn_model first;
	struct xn_model second;

	(void)state;
	assert_true(do_all(xn_direct_start) > 0);
	first = look_around();
	assert_int_equal(do_all(xn_direct_start), 0);
	second = look_around();
	assert_same_house(&first, &second);
	xn_model_fini(&first);
	xn_model_fini(&second);
}

static void stopping_gives_all_back(void **state)
{
	struct xn_model before = look_around();
	struct xn_model after;

	(void)state;
	assert_int_equal(do_all(xn_direct_stop), 0);
	assert_true(do_all(xn_direct_start) > 0);
	after = look_around();
	assert_false(is_same_house(&before, &after));
	xn_model_fini(&after);
	assert_true(do_all(xn_direct_stop) > 0);
	after = look_around();
	assert_same_house(&before, &after);
	assert_int_equal(do_all(xn_direct_stop), 0);
	xn_model_fini(&before);
	xn_model_fini(&after);
}

static void a_bridge_with_other_ports_stays(void **state)
{
	struct xn_model after;

	(void)state;
	assert_true(do_all(xn_direct_start) > 0);
	GOOD(xn_link_set_master(nl, link_named("other0").ifindex,
				link_named("xenbr0").ifindex, &err));
	assert_true(do_all(xn_direct_stop) > 0);
	after = look_around();
	assert_non_null(xn_model_link_named(&after, "xenbr0"));
	assert_int_equal(xn_model_link_named(&after, "eth0")->master, 0);
	xn_model_fini(&after);
}

static void a_bridge_that_is_there_is_used(void **state)
{
	struct xn_model after;
	int ifindex;

	(void)state;
	ip_batch("link add xenbr0 type bridge\n"
		 "link set xenbr0 addrgenmode none\n"
		 "link set xenbr0 up\n"
		 "addr add 192.0.2.99/24 dev xenbr0\n");
	ifindex = link_named("xenbr0").ifindex;
	assert_true(do_all(xn_direct_start) > 0);
	after = look_around();
	assert_int_equal(xn_model_link_named(&after, "xenbr0")->ifindex,
			 ifindex);
	assert_int_equal(count_on(&after, ifindex), HOUSE_OBJECTS + 1);
	assert_int_equal(do_all(xn_direct_start), 0);
	xn_model_fini(&after);
}

static void what_a_model_does_not_hold_is_not_lost(void **state)
{
	struct xn_model observed;
	struct xn_model wanted;

	(void)state;
	ip_batch("route add 10.8.0.0/16 via inet6 fd00:1::fe dev eth0\n");
	observed = look_around();
	REFUSED(xn_direct_start(&observed, &direct, &wanted, &err), -EOPNOTSUPP,
		"has more than can be moved");
	xn_model_fini(&observed);
}

static void the_default_is_the_first_gateways_link(void **state)
{
	struct xn_model observed = look_around();
	char name[IFNAMSIZ];

	(void)state;
	xn_direct_default_netdev(&observed, name);
	assert_string_equal(name, "eth0");
	xn_model_fini(&observed);
	ip_batch("route add default via 172.31.0.2 dev other0 metric 50\n");
	observed = look_around();
	xn_direct_default_netdev(&observed, name);
	assert_string_equal(name, "other0");
	xn_model_fini(&observed);
}

#define HOUSE(test) \
	cmocka_unit_test_setup_teardown(test, build_house, leave_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE(the_bridge_takes_over_all_of_the_nic),
		HOUSE(starting_twice_changes_nothing),
		HOUSE(stopping_gives_all_back),
		HOUSE(a_bridge_with_other_ports_stays),
		HOUSE(a_bridge_that_is_there_is_used),
		HOUSE(what_a_model_does_not_hold_is_not_lost),
		HOUSE(the_default_is_the_first_gateways_link),
	};

	return NAMESPACE_GROUP(tests);
}
