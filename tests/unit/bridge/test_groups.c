/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multicast control: which groups a port asked for, and what reaches it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "bridge/switch_state.h"
#include "tests/unit/bridge/burst.h"

#define GROUP 0x01005e000001u
#define GROUP6 0x3333ff000001u

static const uint8_t hash_key[16] = "sixteen for mcst";

static int set_up(void **state)
{
	*state = xsw_switch_create(100, hash_key);
	assert_non_null(*state);
	return 0;
}

static int tear_down(void **state)
{
	xsw_switch_destroy(*state);
	return 0;
}

static void control(struct xsw_switch *sw, uint16_t port, bool on)
{
	const struct xsw_policy policy = {.mcast_control = on};

	assert_int_equal(xsw_port_set_policy(sw, port, &policy), 0);
}

static int add(struct xsw_switch *sw, uint16_t port, uint64_t group)
{
	struct xn_mac mac = mac_of(group);

	return xsw_group_add(sw, port, &mac);
}

static void del(struct xsw_switch *sw, uint16_t port, uint64_t group)
{
	struct xn_mac mac = mac_of(group);

	xsw_group_del(sw, port, &mac);
}

static bool wanted(struct xsw_switch *sw, uint16_t port, uint64_t dst)
{
	struct burst burst;

	burst_init(&burst, 0);
	burst_add(&burst, dst, 0x00163e000001);
	return xsw_group_wanted(sw, port, burst.head[0]);
}

static void a_port_without_control_wants_all(void **state)
{
	assert_true(wanted(*state, 1, GROUP));
	control(*state, 1, true);
	assert_false(wanted(*state, 1, GROUP));
	control(*state, 1, false);
	assert_true(wanted(*state, 1, GROUP));
}

static void
control_lets_pass_what_was_registered_and_no_group_else(void **state)
{
	struct xsw_switch *sw = *state;

	control(sw, 1, true);
	assert_int_equal(add(sw, 1, GROUP), 0);
	assert_true(wanted(sw, 1, GROUP));
	assert_false(wanted(sw, 1, GROUP + 1));
	assert_false(wanted(sw, 1, GROUP6));
	/* No address is special, as with Linux's netback. */
	assert_false(wanted(sw, 1, 0x333300000001));
	assert_false(wanted(sw, 1, 0x0180c2000000));
	/* What is not multicast is none of its business. */
	assert_true(wanted(sw, 1, BROADCAST));
	assert_true(wanted(sw, 1, 0x00163e000009));
	/* Another port's groups are its own. */
	control(sw, 2, true);
	assert_false(wanted(sw, 2, GROUP));

	del(sw, 1, GROUP);
	assert_false(wanted(sw, 1, GROUP));
}

static void registering_twice_is_registering_once(void **state)
{
	struct xsw_switch *sw = *state;

	control(sw, 1, true);
	assert_int_equal(add(sw, 1, GROUP), 0);
	assert_int_equal(add(sw, 1, GROUP), 0);
	del(sw, 1, GROUP);
	assert_false(wanted(sw, 1, GROUP));
	del(sw, 1, GROUP);
	del(sw, 1, GROUP6);
}

static void groups_are_bounded_and_all_of_them_are_found(void **state)
{
	struct xsw_switch *sw = *state;

	control(sw, 1, true);
	/* 7 and 64 have no common factor: neither rising nor falling. */
	for (uint64_t i = 0; i < XSW_GROUPS_MAX; i++)
		assert_int_equal(add(sw, 1, GROUP6 + i * 7 % 64), 0);
	assert_int_equal(add(sw, 1, GROUP), -ENOSPC);
	assert_int_equal(add(sw, 1, GROUP6), 0);
	assert_false(wanted(sw, 1, GROUP));
	for (uint64_t i = 0; i < XSW_GROUPS_MAX; i++)
		assert_true(wanted(sw, 1, GROUP6 + i));
	/* Another port has room of its own. */
	assert_int_equal(add(sw, 2, GROUP), 0);

	for (uint64_t i = 0; i < XSW_GROUPS_MAX; i += 2)
		del(sw, 1, GROUP6 + i);
	for (uint64_t i = 0; i < XSW_GROUPS_MAX; i++)
		assert_int_equal(wanted(sw, 1, GROUP6 + i), i % 2);
	assert_int_equal(add(sw, 1, GROUP), 0);
	assert_true(wanted(sw, 1, GROUP));
}

static void what_is_no_group_or_no_port_is_refused(void **state)
{
	struct xsw_switch *sw = *state;

	assert_int_equal(add(sw, 1, 0x00163e000001), -EINVAL);
	assert_int_equal(add(sw, 1, 0), -EINVAL);
	assert_int_equal(add(sw, XSW_PORTS_MAX, GROUP), -EINVAL);
	assert_int_equal(add(sw, XSW_PORTS_MAX - 1, GROUP), 0);
	del(sw, XSW_PORTS_MAX, GROUP);
}

static void a_cleared_port_forgets_its_groups(void **state)
{
	struct xsw_switch *sw = *state;

	control(sw, 1, true);
	assert_int_equal(add(sw, 1, GROUP), 0);
	xsw_port_clear(sw, 1);
	assert_true(wanted(sw, 1, GROUP6)); /* and its policy */
	control(sw, 1, true);
	assert_false(wanted(sw, 1, GROUP));
}

static const struct xsw_port_config open_port = {
	.bridge = 0,
	.fast = true,
	.forwarding = true,
	.learning = true,
	.flood = true,
	.mcast_flood = true,
	.bcast_flood = true,
};

static void open_ports(struct xsw_switch *sw, uint16_t count)
{
	for (uint16_t port = 1; port <= count; port++)
		assert_int_equal(xsw_port_set(sw, port, &open_port), 0);
}

/* A burst of everything from port 1; which of it `port` gets. */
static uint64_t gets(struct xsw_switch *sw, uint16_t port)
{
	struct burst burst;

	burst_init(&burst, 1);
	burst_add(&burst, GROUP, 0x00163e000001);
	burst_add(&burst, GROUP6, 0x00163e000001);
	burst_add(&burst, GROUP6, 0x00163e000001);
	burst_add(&burst, GROUP, 0x00163e000001);
	burst_add(&burst, BROADCAST, 0x00163e000001);
	burst_add(&burst, 0x00163e0000ff, 0x00163e000001);
	xsw_forward(sw, &burst.batch, 0);
	burst_check(&burst);
	assert_int_equal(burst.batch.to_twin, 0x3f);
	for (uint32_t i = 0; i < burst.batch.dest_count; i++) {
		if (burst.batch.dest[i] == port)
			return burst.batch.dest_frames[port];
	}
	return 0;
}

static void a_flood_reaches_who_registered(void **state)
{
	struct xsw_switch *sw = *state;

	open_ports(sw, 3);
	assert_int_equal(gets(sw, 2), 0x3f);
	control(sw, 2, true);
	assert_int_equal(gets(sw, 2), 0x30);
	assert_int_equal(gets(sw, 3), 0x3f);
	assert_int_equal(add(sw, 2, GROUP), 0);
	assert_int_equal(gets(sw, 2), 0x39);
	assert_int_equal(add(sw, 2, GROUP6), 0);
	assert_int_equal(gets(sw, 2), 0x3f);
	del(sw, 2, GROUP);
	assert_int_equal(gets(sw, 2), 0x36);
	/* The sender's own groups say nothing about what it sends. */
	control(sw, 1, true);
	assert_int_equal(gets(sw, 3), 0x3f);
	/* Who has no limits any more costs nothing any more. */
	assert_int_equal(sw->bridge[0]->flood.limited, 2);
	control(sw, 1, false);
	control(sw, 2, false);
	assert_int_equal(gets(sw, 2), 0x3f);
	assert_int_equal(sw->bridge[0]->flood.limited, 0);
}

static void a_port_that_gets_no_multicast_gets_no_registered_one(void **state)
{
	struct xsw_port_config config = open_port;
	struct xsw_switch *sw = *state;

	open_ports(sw, 2);
	control(sw, 2, true);
	assert_int_equal(add(sw, 2, GROUP), 0);
	assert_int_equal(gets(sw, 2), 0x39);
	config.mcast_flood = false;
	assert_int_equal(xsw_port_set(sw, 2, &config), 0);
	assert_int_equal(gets(sw, 2), 0x30);
}

/* Settings come in any order, and stay through the others' changes. */
static void control_survives_changes_of_the_port(void **state)
{
	struct xsw_port_config config = open_port;
	struct xsw_switch *sw = *state;

	control(sw, 2, true); /* before there is a port */
	assert_int_equal(add(sw, 2, GROUP), 0);
	open_ports(sw, 2);
	assert_int_equal(gets(sw, 2), 0x39);
	config.fast = false;
	assert_int_equal(xsw_port_set(sw, 2, &config), 0);
	assert_int_equal(gets(sw, 2), 0);
	open_ports(sw, 2);
	assert_int_equal(gets(sw, 2), 0x39);
	xsw_port_clear(sw, 2);
	open_ports(sw, 2);
	assert_int_equal(gets(sw, 2), 0x3f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_without_control_wants_all),
		TEST(control_lets_pass_what_was_registered_and_no_group_else),
		TEST(registering_twice_is_registering_once),
		TEST(groups_are_bounded_and_all_of_them_are_found),
		TEST(what_is_no_group_or_no_port_is_refused),
		TEST(a_cleared_port_forgets_its_groups),
		TEST(a_flood_reaches_who_registered),
		TEST(a_port_that_gets_no_multicast_gets_no_registered_one),
		TEST(control_survives_changes_of_the_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
