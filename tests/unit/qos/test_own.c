/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is ours, and what is in the way. */
#include "tests/unit/qos/kernel.h"

#include <string.h>

static size_t count_own(enum xq_noun noun)
{
	struct xq_state own = {0};
	size_t count;

	assert_int_equal(xq_own(&kernel, &own), 0);
	count = xq_state_count(&own, noun);
	xq_state_fini(&own);
	return count;
}

static void names_of_ifbs(void **state)
{
	(void)state;
	assert_int_equal(xq_ifb_of("xqos7"), 7);
	assert_int_equal(xq_ifb_of("xqos2147483647"), INT32_MAX);
	assert_int_equal(xq_ifb_of("xqos"), 0);
	assert_int_equal(xq_ifb_of("xqos0"), 0);
	assert_int_equal(xq_ifb_of("xqos7a"), 0);
	assert_int_equal(xq_ifb_of("xqos-7"), 0);
	assert_int_equal(xq_ifb_of("ifb0"), 0);
	assert_int_equal(xq_ifb_of("xqosprobe"), 0);
}

static void only_an_ifb_of_that_name_is_ours(void **state)
{
	(void)state;
	add_link(20, "xqos10", "dummy");
	add_link(21, "ifb0", "ifb");
	assert_int_equal(count_own(XQ_IFB), 0);
	add_link(22, "xqos11", "ifb");
	assert_int_equal(count_own(XQ_IFB), 1);
}

static void roots_of_others_are_in_the_way(void **state)
{
	(void)state;
	assert_null(xq_in_the_way(&kernel, 10, XQ_PLACE_OUT));
	add_qdisc(10, 0, XN_TC_ROOT, "pfifo_fast");
	assert_null(xq_in_the_way(&kernel, 10, XQ_PLACE_OUT));
	add_qdisc(11, 0x10000, XN_TC_ROOT, "htb");
	assert_non_null(xq_in_the_way(&kernel, 11, XQ_PLACE_OUT));
	add_qdisc(12, XQ_MAJOR_DEFAULT, XN_TC_ROOT, "tbf");
	assert_non_null(xq_in_the_way(&kernel, 12, XQ_PLACE_OUT));
	assert_int_equal(count_own(XQ_QDISC), 0);
	kernel.qdiscs.item[2].kind[0] = '\0';
	strcpy(kernel.qdiscs.item[2].kind, "htb");
	assert_null(xq_in_the_way(&kernel, 12, XQ_PLACE_OUT));
	assert_int_equal(count_own(XQ_QDISC), 1);
}

static void a_link_that_was_told_not_to_queue(void **state)
{
	(void)state;
	add_qdisc(10, 0x91230000, XN_TC_ROOT, "noqueue");
	add_qdisc(11, 0, XN_TC_ROOT, "noqueue");
	assert_true(xq_is_noqueue(&kernel, 10));
	assert_false(xq_is_noqueue(&kernel, 11)); /* by its nature */
	assert_false(xq_is_noqueue(&kernel, 12));
	assert_null(xq_in_the_way(&kernel, 10, XQ_PLACE_OUT));
}

static struct xn_tc_filter redirect_to(int ifindex)
{
	return (struct xn_tc_filter){.ifindex = 10,
				     .parent = XN_TC_INGRESS,
				     .priority = XQ_PRIORITY,
				     .known = true,
				     .key_count = 1,
				     .redirect = ifindex};
}

static void a_clsact_is_ours_by_its_filter(void **state)
{
	struct xn_tc_filter table = {.ifindex = 10,
				     .parent = XN_TC_INGRESS,
				     .priority = XQ_PRIORITY,
				     .known = true,
				     .divisor = 1};
	struct xn_tc_filter filter = redirect_to(20);
	struct xn_tc_filter other = {
		.ifindex = 10, .parent = XN_TC_EGRESS, .priority = 1};

	(void)state;
	add_link(20, "xqos10", "ifb");
	add_qdisc(10, 0xffff0000, XN_TC_CLSACT, "clsact");
	assert_null(xq_in_the_way(&kernel, 10, XQ_PLACE_IN));
	assert_int_equal(count_own(XQ_QDISC), 0);
	add_filter(&table);
	add_filter(&filter);
	assert_int_equal(count_own(XQ_QDISC), 1);
	assert_int_equal(count_own(XQ_FILTER), 1);
	/* Others may join, and then it is not ours to delete. */
	add_filter(&other);
	assert_null(xq_in_the_way(&kernel, 10, XQ_PLACE_IN));
	assert_int_equal(count_own(XQ_QDISC), 0);
	assert_int_equal(count_own(XQ_FILTER), 1);
}

static void filters_like_ours_are_not(void **state)
{
	struct xn_tc_filter filter = redirect_to(12);

	(void)state;
	add_link(20, "xqos10", "ifb");
	add_qdisc(10, 0xffff0000, XN_TC_CLSACT, "clsact");
	add_filter(&filter); /* to somebody else's link */
	assert_int_equal(count_own(XQ_FILTER), 0);
	assert_non_null(xq_in_the_way(&kernel, 10, XQ_PLACE_IN));
	kernel.filters.item[0] = redirect_to(20);
	assert_int_equal(count_own(XQ_FILTER), 1);
	kernel.filters.item[0].priority = 1;
	assert_int_equal(count_own(XQ_FILTER), 0);
	kernel.filters.item[0] = redirect_to(20);
	kernel.filters.item[0].known = false;
	assert_int_equal(count_own(XQ_FILTER), 0);
}

static void an_ingress_is_in_the_way(void **state)
{
	(void)state;
	add_qdisc(10, 0xffff0000, XN_TC_CLSACT, "ingress");
	assert_non_null(xq_in_the_way(&kernel, 10, XQ_PLACE_IN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_ifbs),
		cmocka_unit_test_setup_teardown(
			only_an_ifb_of_that_name_is_ours, boot, halt),
		cmocka_unit_test_setup_teardown(roots_of_others_are_in_the_way,
						boot, halt),
		cmocka_unit_test_setup_teardown(
			a_link_that_was_told_not_to_queue, boot, halt),
		cmocka_unit_test_setup_teardown(a_clsact_is_ours_by_its_filter,
						boot, halt),
		cmocka_unit_test_setup_teardown(filters_like_ours_are_not, boot,
						halt),
		cmocka_unit_test_setup_teardown(an_ingress_is_in_the_way, boot,
						halt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
