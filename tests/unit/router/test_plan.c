/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a routed device gets for its guest's addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "tests/unit/router/words.h"

#define IFINDEX 7

static struct xrt_wish wish_of(const char *guest, const char *local)
{
	struct xrt_wish wish = {.has_mac = true,
				.mac = {{0, 0x16, 0x3e, 0, 0, 1}},
				.metric = XRT_METRIC_VIF};

	wish.guest_count = addresses(guest, wish.guest);
	wish.local_count = addresses(local, wish.local);
	return wish;
}

static struct xrt_plan plan_of(const char *guest, const char *local)
{
	struct xrt_wish wish = wish_of(guest, local);
	struct xrt_plan plan;
	struct xn_err err = {0};

	assert_int_equal(xrt_plan_make(&wish, IFINDEX, &plan, &err), 0);
	return plan;
}

static bool is(const uint8_t *octets, const char *text)
{
	struct xn_address wanted = address(text);

	return memcmp(octets, wanted.octet, wanted.family == 6 ? 16 : 4) == 0;
}

static void each_address_has_a_route_and_a_neighbour(void **state)
{
	struct xrt_plan plan =
		plan_of("192.0.2.2 192.0.2.3 2001:db8::2", "198.51.100.1");

	(void)state;
	assert_true(plan.ipv6);
	assert_int_equal(plan.route_count, 3);
	assert_int_equal(plan.neigh_count, 3);
	assert_int_equal(plan.route[0].scope, RT_SCOPE_LINK);
	assert_int_equal(plan.route[0].metric, XRT_METRIC_VIF);
	assert_true(plan.route[0].has_source);
	assert_true(is(plan.route[0].source, "198.51.100.1"));
	assert_false(plan.route[2].has_source);
	assert_int_equal(plan.route[2].prefix_length, 128);
	assert_true(is(plan.neigh[2].address, "2001:db8::2"));
	assert_int_equal(plan.neigh[2].mac.octet[5], 1);
}

static void a_guest_of_one_family_gets_nothing_of_the_other(void **state)
{
	struct xrt_plan plan = plan_of("192.0.2.2", "198.51.100.1 fd00::1");

	(void)state;
	assert_false(plan.ipv6);
	assert_int_equal(plan.addr_count, 1);
	plan = plan_of("2001:db8::2", "fd00::1");
	assert_int_equal(plan.addr_count, 2);
	assert_int_equal(plan.addr[0].prefix_length, 128);
	assert_true(is(plan.addr[1].address, "fe80::fcff:ffff:feff:ffff"));
	assert_int_equal(plan.addr[1].scope, RT_SCOPE_LINK);
	assert_int_equal(plan.addr[1].flags, IFA_F_NODAD);
	assert_false(plan.route[0].has_source);
}

static void a_network_is_routed_by_an_address_of_its_family(void **state)
{
	struct xrt_plan plan = plan_of(
		"198.51.100.8/29 2001:db8:1::/64 192.0.2.2", "192.0.2.1");

	(void)state;
	assert_int_equal(plan.route_count, 3);
	/* The address comes first, as the kernel must know it by then. */
	assert_true(is(plan.route[0].destination, "192.0.2.2"));
	assert_true(plan.route[1].has_gateway && plan.route[1].onlink);
	assert_true(is(plan.route[1].gateway, "192.0.2.2"));
	assert_int_equal(plan.route[1].scope, RT_SCOPE_UNIVERSE);
	assert_false(plan.route[2].has_gateway);
	assert_int_equal(plan.neigh_count, 1);
}

static void who_is_not_known_by_mac_is_asked(void **state)
{
	struct xrt_wish wish = wish_of("192.0.2.2", "192.0.2.1");
	struct xrt_plan plan;

	(void)state;
	wish.has_mac = false;
	assert_int_equal(xrt_plan_make(&wish, IFINDEX, &plan, NULL), 0);
	assert_int_equal(plan.route_count, 1);
	assert_int_equal(plan.neigh_count, 0);
}

static void what_is_said_twice_counts_once(void **state)
{
	struct xrt_plan plan =
		plan_of("192.0.2.2 192.0.2.2 192.0.2.2", "192.0.2.1 192.0.2.1");

	(void)state;
	assert_int_equal(plan.route_count, 1);
	assert_int_equal(plan.neigh_count, 1);
	assert_int_equal(plan.addr_count, 1);
}

static void what_can_be_nobody_s_is_refused(void **state)
{
	static const char *const wrong[] = {
		"0.0.0.0",	   "0.0.0.0/0", "127.0.0.1", "224.0.0.1",
		"255.255.255.255", "::",	"::/0",	     "::1",
		"ff02::1",	   "fe80::1",	"febf::/16", "10.0.0.1/8",
		"2001:db8::1/64"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct xrt_wish wish = wish_of(wrong[i], "192.0.2.1");
		struct xrt_plan plan;
		struct xn_err err = {0};

		if (xrt_plan_make(&wish, IFINDEX, &plan, &err) != -EINVAL ||
		    !err.set)
			fail_msg("taken: %s", wrong[i]);
		wish = wish_of("192.0.2.2", wrong[i]);
		assert_int_equal(xrt_plan_make(&wish, IFINDEX, &plan, NULL),
				 -EINVAL);
	}
}

static void a_local_address_is_whole(void **state)
{
	struct xrt_wish wish = wish_of("192.0.2.2", "192.0.2.0/24");
	struct xrt_plan plan;

	(void)state;
	assert_int_equal(xrt_plan_make(&wish, IFINDEX, &plan, NULL), -EINVAL);
}

static void what_the_kernel_has_is_recognised(void **state)
{
	struct xrt_plan plan = plan_of("192.0.2.2 198.51.100.0/24", "10.0.0.1");
	struct xn_route route = plan.route[1];
	struct xn_addr addr = plan.addr[0];
	struct xn_neigh neigh = plan.neigh[0];

	(void)state;
	assert_true(xrt_plan_has_route(&plan, &route));
	route.has_gateway = false;
	assert_false(xrt_plan_has_route(&plan, &route));
	route = plan.route[0];
	route.metric++;
	assert_false(xrt_plan_has_route(&plan, &route));
	assert_true(xrt_plan_has_addr(&plan, &addr));
	addr.prefix_length = 24;
	assert_false(xrt_plan_has_addr(&plan, &addr));
	assert_true(xrt_plan_has_neigh(&plan, &neigh));
	neigh.mac.octet[0] = 2;
	assert_false(xrt_plan_has_neigh(&plan, &neigh));
	neigh = plan.neigh[0];
	neigh.proxy = true;
	assert_false(xrt_plan_has_neigh(&plan, &neigh));
}

static void as_many_as_there_may_be_fit(void **state)
{
	struct xrt_wish wish = {.guest_count = XRT_GUEST_MAX,
				.local_count = XRT_LOCAL_MAX,
				.has_mac = true};
	struct xrt_plan plan;

	(void)state;
	for (uint32_t i = 0; i < XRT_GUEST_MAX; i++) {
		wish.guest[i] = address("2001:db8::2");
		wish.guest[i].octet[15] = (uint8_t)(i + 1);
	}
	for (uint32_t i = 0; i < XRT_LOCAL_MAX; i++) {
		wish.local[i] = address("2001:db8:1::2");
		wish.local[i].octet[15] = (uint8_t)(i + 1);
	}
	assert_int_equal(xrt_plan_make(&wish, IFINDEX, &plan, NULL), 0);
	assert_int_equal(plan.addr_count, XRT_LOCAL_MAX + 1);
	assert_int_equal(plan.route_count, XRT_GUEST_MAX);
	assert_int_equal(plan.neigh_count, XRT_GUEST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_a_route_and_a_neighbour),
		cmocka_unit_test(
			a_guest_of_one_family_gets_nothing_of_the_other),
		cmocka_unit_test(
			a_network_is_routed_by_an_address_of_its_family),
		cmocka_unit_test(who_is_not_known_by_mac_is_asked),
		cmocka_unit_test(what_is_said_twice_counts_once),
		cmocka_unit_test(what_can_be_nobody_s_is_refused),
		cmocka_unit_test(a_local_address_is_whole),
		cmocka_unit_test(what_the_kernel_has_is_recognised),
		cmocka_unit_test(as_many_as_there_may_be_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
