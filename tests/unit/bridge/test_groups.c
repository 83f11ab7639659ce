/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multicast control: which groups a port asked for, and what reaches it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
