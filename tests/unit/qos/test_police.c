/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of what a guest sends that drop, and the rules that they are. */
#include "tests/unit/qos/kernel.h"

#include <errno.h>
#include <string.h>
#include <libnftnl/expr.h>

#include "netconf/base/text.h"
#include "qos/police_rule.h"

#define MBIT UINT64_C(125000)

static struct xq_vif policed(int number)
{
	struct xq_vif vif = {.send.rate = 10 * MBIT, .police = true};

	(void)xn_text_format(vif.name, sizeof(vif.name), "vif%d.0", number);
	return vif;
}

static struct xq_plan plan_for(const struct xq_wish *wish)
{
	const struct xq_told told = {.take = false};
	struct xq_plan plan = {0};

	assert_int_equal(xq_plan_make(&kernel, wish, &told, &plan, &err), 0);
	return plan;
}

static void what_is_sent_has_a_chain_and_no_ifb(void **state)
{
	struct xq_vif vif = policed(1);
	const struct xq_wish wish = {&vif, 1, NULL, 0};
	const struct xq_police *police;

	(void)state;
	vif.send.ceiling = 80 * MBIT;
	vif.send.burst_bytes = 100000;
	assert_int_equal(bring_about(&wish), 1);
	assert_int_equal(count_objects(), 1);
	assert_int_equal(bring_about(&wish), 0);
	police = xq_police_named(&kernel.polices, "vif1.0");
	assert_non_null(police);
	assert_int_equal(police->ifindex, 10);
	assert_int_equal(police->count, 2);
	assert_int_equal(police->limit[0].rate, 80 * MBIT);
	assert_int_equal(police->limit[0].burst_bytes, 20000); /* 2 ms */
	assert_int_equal(police->limit[1].rate, 10 * MBIT);
	assert_int_equal(police->limit[1].burst_bytes, 100000);
}

static void what_is_received_still_waits(void **state)
{
	struct xq_vif vif = policed(1);
	const struct xq_wish wish = {&vif, 1, NULL, 0};

	(void)state;
	vif.receive.rate = MBIT;
	bring_about(&wish);
	assert_int_equal(kernel.polices.count, 1);
	assert_non_null(class_at(10, XQ_CLASS_ALL));
	assert_null(xq_link_named(&kernel, "xqos10"));
}

static void from_one_to_the_other_and_back(void **state)
{
	struct xq_vif vif = policed(1);
	const struct xq_wish wish = {&vif, 1, NULL, 0};

	(void)state;
	vif.police = false;
	bring_about(&wish);
	assert_non_null(xq_link_named(&kernel, "xqos10"));
	vif.police = true;
	bring_about(&wish);
	assert_int_equal(count_objects(), 1);
	assert_int_equal(kernel.polices.count, 1);
	vif.police = false;
	bring_about(&wish);
	assert_int_equal(kernel.polices.count, 0);
	assert_non_null(xq_link_named(&kernel, "xqos10"));
}

static void those_of_all_vifs_follow_each_other(void **state)
{
	struct xq_vif vif[2] = {policed(1), policed(2)};
	const struct xq_wish wish = {vif, 2, NULL, 0}, one = {vif, 1, NULL, 0};
	struct xq_plan plan;
	char words[200];

	(void)state;
	bring_about(&one);
	vif[0].send.rate = 20 * MBIT;
	vif[0].receive.rate = MBIT;
	plan = plan_for(&wish);
	assert_int_equal(plan.count, 5);
	assert_int_equal(plan.op[3].noun, XQ_POLICE);
	assert_int_equal(plan.op[3].verb, XN_CHANGE);
	assert_int_equal(plan.op[3].cost, XN_COST_LIVE);
	assert_string_equal(plan.op[3].link, "vif1.0");
	xq_op_words(&plan.op[3], words, sizeof(words));
	assert_string_equal(words, "change limit that drops, 20Mb/s (burst "
				   "125000) on vif1.0");
	assert_int_equal(plan.op[4].noun, XQ_POLICE);
	assert_int_equal(plan.op[4].verb, XN_ADD);
	assert_string_equal(plan.op[4].link, "vif2.0");
	xq_plan_fini(&plan);
}

static void a_chain_goes_with_the_wish_for_it(void **state)
{
	struct xq_vif vif = policed(1);
	const struct xq_wish wish = {&vif, 1, NULL, 0}, nothing = {0};

	(void)state;
	bring_about(&wish);
	/* The link went first: the chain goes by its name. */
	kernel.links.count = 0;
	assert_int_equal(bring_about(&nothing), 1);
	assert_int_equal(kernel.polices.count, 0);
}

static void what_somebody_changed_is_made_again(void **state)
{
	struct xq_vif vif = policed(1);
	const struct xq_wish wish = {&vif, 1, NULL, 0};

	(void)state;
	bring_about(&wish);
	kernel.polices.item[0].changed = true;
	assert_int_equal(bring_about(&wish), 1);
	kernel.polices.item[0].rules_changed = true;
	assert_int_equal(bring_about(&wish), 1);
	kernel.polices.item[0].limit[0].burst_bytes++;
	assert_int_equal(bring_about(&wish), 1);
	assert_int_equal(bring_about(&wish), 0);
}

static void more_than_the_kernel_counts_is_refused(void **state)
{
	const struct xq_told told = {.take = false};
	struct xq_vif vif = policed(1);
	const struct xq_wish wish = {&vif, 1, NULL, 0};
	struct xq_plan plan = {0};

	(void)state;
	vif.send.rate = XQ_POLICE_RATE_MAX + 1;
	assert_int_equal(xq_plan_make(&kernel, &wish, &told, &plan, &err),
			 -EINVAL);
	assert_non_null(strstr(xn_err_text(&err), "vif1.0"));
	vif.send.rate = XQ_POLICE_RATE_MAX;
	err.set = false;
	assert_int_equal(bring_about(&wish), 1);
}

static const struct xq_police made = {
	.name = "vif1.0", .count = 2, .limit = {{1000, 50}, {900, 40}}};

static struct xq_police read_back(uint32_t rules)
{
	struct xq_police police = {.name = "vif1.0"};

	for (uint32_t i = 0; i < rules; i++) {
		struct nftnl_rule *rule = xq_police_build_rule(&made, i);

		assert_non_null(rule);
		xq_police_read_rule(&police, rule);
		nftnl_rule_free(rule);
	}
	return police;
}

static void rules_read_back_the_same(void **state)
{
	struct xq_police police = read_back(3);

	(void)state;
	assert_true(xq_same_settings(XQ_POLICE, &police, &made));
	police = read_back(2);
	assert_false(xq_same_settings(XQ_POLICE, &police, &made));
}

static void other_rules_are_a_change(void **state)
{
	struct xq_police police = read_back(3);
	struct nftnl_rule *rule = xq_police_build_rule(&made, 1);
	struct nftnl_expr *more = nftnl_expr_alloc("counter");

	(void)state;
	assert_non_null(rule);
	assert_non_null(more);
	/* A third limit, which there is no room for. */
	xq_police_read_rule(&police, rule);
	assert_true(police.rules_changed);
	xq_police_forget_rules(&police);
	/* A limit where all are counted. */
	xq_police_read_rule(&police, rule);
	assert_true(police.rules_changed);
	xq_police_forget_rules(&police);
	assert_false(police.rules_changed);
	/* Something behind the verdict. */
	nftnl_rule_add_expr(rule, more);
	police = read_back(1);
	xq_police_read_rule(&police, rule);
	assert_true(police.rules_changed);
	nftnl_rule_free(rule);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, boot, halt)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_sent_has_a_chain_and_no_ifb),
		TEST(what_is_received_still_waits),
		TEST(from_one_to_the_other_and_back),
		TEST(those_of_all_vifs_follow_each_other),
		TEST(a_chain_goes_with_the_wish_for_it),
		TEST(what_somebody_changed_is_made_again),
		TEST(more_than_the_kernel_counts_is_refused),
		TEST(rules_read_back_the_same),
		TEST(other_rules_are_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
