/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The old and the new style, done to the kernel and taken back. */
#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>

#include "tests/netns/apply/house.h"

static const struct xn_mac port_mac = {{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}};

static const struct xn_model_link *link_of(const struct xn_model *model,
					   const char *name)
{
	const struct xn_model_link *link = xn_model_link_named(model, name);

	if (!link)
		fail_msg("no link %s", name);
	return link;
}

static void assert_quiet_port(const struct xn_model *model, const char *name,
			      const char *bridge)
{
	const struct xn_model_link *port = link_of(model, name);

	assert_true(port->up);
	assert_true(port->noarp);
	assert_true(port->nomulticast);
	assert_true(xn_mac_equal(&port->mac, &port_mac));
	assert_int_equal(port->master, link_of(model, bridge)->ifindex);
	assert_int_equal(port->addr_gen_mode, IN6_ADDR_GEN_MODE_NONE);
	assert_int_equal(count_on(model, port->ifindex), 0);
}

static uint32_t setting_of(const struct xn_model_link *bridge, uint16_t attr)
{
	for (uint8_t i = 0; i < bridge->bridge.count; i++) {
		if (bridge->bridge.setting[i].attr == attr)
			return bridge->bridge.setting[i].value;
	}
	fail_msg("no setting %u", attr);
	return 0;
}

/* The same addresses with the same labels, in the same order, and all else,
 * as if the link had only been renumbered. */
static void assert_heir(const struct xn_model *before,
			const struct xn_model *after)
{
	const struct xn_model_link *nic = link_of(before, "eth0");
	const struct xn_model_link *heir = link_of(after, "eth0");
	struct xn_model moved;
	struct xn_plan plan;

	assert_int_not_equal(nic->ifindex, heir->ifindex);
	assert_int_equal(count_on(before, nic->ifindex), HOUSE_OBJECTS);
	assert_int_equal(count_on(after, heir->ifindex), HOUSE_OBJECTS);
	assert_true(xn_mac_equal(&heir->mac, &nic->mac));
	assert_int_equal(heir->mtu, nic->mtu);
	assert_int_equal(heir->accept_ra, 2);
	assert_int_equal(heir->addr_gen_mode, nic->addr_gen_mode);
	assert_true(heir->up);
	/* What would have to be done to labels and rules: nothing. */
	GOOD(xn_model_copy(after, &moved));
	for (size_t i = 0; i < xn_model_count(&moved, XN_ADDR); i++) {
		struct xn_addr *addr = xn_model_edit(&moved, XN_ADDR, i);
		const char *label = addr->label;

		if (addr->ifindex != heir->ifindex || label[0] == '\0')
			continue;
		assert_string_equal(label, "eth0:1");
	}
	for (size_t i = 0; i < xn_model_count(before, XN_RULE); i++)
		assert_true(xn_model_find(&moved, XN_RULE,
					  xn_model_at(before, XN_RULE, i),
					  0) >= 0);
	GOOD(xn_plan_make(after, &moved, &plan, &err));
	assert_int_equal(plan.count, 0);
	xn_plan_fini(&plan);
	xn_model_fini(&moved);
}

static void the_old_style_is_the_ten_steps(void **state)
{
	struct xn_model before = look_around();
	const struct xn_model_link *nic = link_of(&before, "eth0");
	const struct xn_model_link *bridge;
	struct xn_model after;

	(void)state;
	assert_true(do_all(old_start) > 0);
	after = look_around();
	assert_int_equal(link_of(&after, "peth0")->ifindex, nic->ifindex);
	assert_quiet_port(&after, "peth0", "xenbr0");
	assert_quiet_port(&after, "vif0.0", "xenbr0");
	assert_heir(&before, &after);
	assert_int_equal(link_of(&after, "eth0")->peer,
			 link_of(&after, "vif0.0")->ifindex);
	bridge = link_of(&after, "xenbr0");
	assert_true(bridge->up && bridge->noarp && bridge->nomulticast);
	assert_false(xn_mac_equal(&bridge->mac, &nic->mac));
	assert_false(xn_mac_equal(&bridge->mac, &port_mac));
	assert_int_equal(setting_of(bridge, IFLA_BR_STP_STATE), 0);
	assert_int_equal(setting_of(bridge, IFLA_BR_FORWARD_DELAY), 0);
	assert_int_equal(count_on(&after, bridge->ifindex), 0);
	assert_no_journal();
	xn_model_fini(&before);
	xn_model_fini(&after);
}

static void the_new_style_takes_the_name(void **state)
{
	struct xn_model before = look_around();
	const struct xn_model_link *nic = link_of(&before, "eth0");
	const struct xn_model_link *port;
	struct xn_model after;

	(void)state;
	assert_true(do_all(new_start) > 0);
	after = look_around();
	assert_heir(&before, &after);
	assert_string_equal(link_of(&after, "eth0")->kind, "bridge");
	port = link_of(&after, "peth0");
	assert_int_equal(port->ifindex, nic->ifindex);
	assert_int_equal(port->master, link_of(&after, "eth0")->ifindex);
	assert_true(xn_mac_equal(&port->mac, &nic->mac));
	assert_true(port->up);
	assert_int_equal(count_on(&after, port->ifindex), 0);
	assert_no_journal();
	xn_model_fini(&before);
	xn_model_fini(&after);
}

static void twice_is_once_and_stop_gives_back(const struct front_doors *style)
{
	struct xn_model before = look_around();
	struct xn_model after;

	assert_int_equal(do_all(style->stop), 0);
	assert_true(do_all(style->start) > 0);
	after = look_around();
	assert_false(is_same_house(&before, &after));
	assert_int_equal(do_all(style->start), 0);
	xn_model_fini(&after);
	assert_true(do_all(style->stop) > 0);
	after = look_around();
	assert_same_house(&before, &after);
	assert_null(xn_model_link_named(&after, "peth0"));
	assert_int_equal(do_all(style->stop), 0);
	xn_model_fini(&before);
	xn_model_fini(&after);
}

static void the_new_style_comes_back(void **state)
{
	(void)state;
	twice_is_once_and_stop_gives_back(&styles[1]);
	twice_is_once_and_stop_gives_back(&styles[1]);
}

static void the_old_style_comes_back(void **state)
{
	(void)state;
	twice_is_once_and_stop_gives_back(&styles[2]);
	twice_is_once_and_stop_gives_back(&styles[2]);
}

/* Routes by gateways that no network leads to any more. */
static void gateways_out_of_reach_travel(void **state)
{
	(void)state;
	ip_batch("addr add 10.55.0.2/24 dev eth0\n"
		 "addr add fd00:55::2/64 dev eth0 nodad\n"
		 "route add 10.66.0.0/16 via 10.55.0.1 dev eth0\n"
		 "route add fd00:66::/48 via fd00:55::1 dev eth0\n"
		 "route add 10.67.0.0/16 nexthop via 10.55.0.3 dev eth0 "
		 "nexthop via 192.0.2.9 dev eth0\n"
		 "addr del 10.55.0.2/24 dev eth0\n"
		 "addr del fd00:55::2/64 dev eth0\n");
	for (size_t i = 0; i < STYLES; i++)
		twice_is_once_and_stop_gives_back(&styles[i]);
}

static void guests_keep_their_bridge(void **state)
{
	struct xn_model after;

	(void)state;
	assert_true(do_all(new_start) > 0);
	GOOD(xn_link_set_master(nl, link_named("other0").ifindex,
				link_named("eth0").ifindex, &err));
	assert_true(do_all(new_stop) > 0);
	after = look_around();
	assert_int_equal(link_of(&after, "other0")->master,
			 link_of(&after, "xenbr0")->ifindex);
	assert_int_equal(link_of(&after, "eth0")->master, 0);
	assert_int_equal(count_on(&after, link_of(&after, "eth0")->ifindex),
			 HOUSE_OBJECTS);
	assert_true(do_all(old_start) > 0);
	assert_true(do_all(old_stop) > 0);
	xn_model_fini(&after);
	after = look_around();
	assert_non_null(xn_model_link_named(&after, "xenbr0"));
	xn_model_fini(&after);
}

static void one_style_at_a_time(void **state)
{
	struct xn_model observed;
	struct xn_model wanted;

	(void)state;
	assert_true(do_all(xn_direct_start) > 0);
	observed = look_around();
	REFUSED(old_start(&observed, &direct, &wanted, &err), -EEXIST,
		"in the direct style by xenbr0");
	xn_model_fini(&observed);
	assert_true(do_all(xn_direct_stop) > 0);
	assert_true(do_all(old_start) > 0);
	observed = look_around();
	REFUSED(new_start(&observed, &direct, &wanted, &err), -EEXIST,
		"in the old style by xenbr0");
	xn_model_fini(&observed);
	assert_true(do_all(old_stop) > 0);
}

#define HOUSE(test) \
	cmocka_unit_test_setup_teardown(test, build_house, leave_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE(the_old_style_is_the_ten_steps),
		HOUSE(the_new_style_takes_the_name),
		HOUSE(the_new_style_comes_back),
		HOUSE(the_old_style_comes_back),
		HOUSE(gateways_out_of_reach_travel),
		HOUSE(guests_keep_their_bridge),
		HOUSE(one_style_at_a_time),
	};

	return NAMESPACE_GROUP(tests);
}
