/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes to operations, done to a kernel that refuses what the real one
 * would. */
#include "tests/unit/qos/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define MBIT UINT64_C(125000)

static struct xq_vif vif(int number)
{
	struct xq_vif v = {.has_mac = true,
			   .mac = {{0, 0x16, 0x3e, 0, 0, (uint8_t)number}}};

	(void)xn_text_format(v.name, sizeof(v.name), "vif%d.0", number);
	return v;
}

static struct xq_vif on_uplink(int number)
{
	struct xq_vif v = vif(number);

	(void)xn_text_copy(v.uplink, sizeof(v.uplink), "eth0");
	return v;
}

static const struct xq_uplink eth0 = {"eth0", 100 * MBIT, 200 * MBIT};

static void refused(struct xq_wish wish, int error, const char *words)
{
	const struct xq_told told = {.take = false};
	struct xq_plan plan = {0};

	assert_int_equal(xq_plan_make(&kernel, &wish, &told, &plan, &err),
			 error);
	if (!strstr(xn_err_text(&err), words))
		fail_msg("\"%s\" without \"%s\"", xn_err_text(&err), words);
	assert_int_equal(plan.count, 0);
	err.set = false;
}

static void a_limit_each_way(void **state)
{
	struct xq_vif v = vif(1);
	const struct xq_wish wish = {&v, 1, NULL, 0};
	const struct xn_tc_class *class;

	(void)state;
	v.send.rate = 10 * MBIT;
	v.receive.rate = 20 * MBIT;
	v.receive.burst_bytes = 100000;
	v.receive.ceiling = 80 * MBIT;
	assert_true(bring_about(&wish) > 0);
	assert_int_equal(bring_about(&wish), 0);
	class = class_at(10, XQ_CLASS_ALL);
	assert_non_null(class);
	assert_int_equal(class->rate, 20 * MBIT);
	assert_int_equal(class->ceil, 80 * MBIT);
	/* 40 ms at the rate; the ceiling's own 2 ms. */
	assert_int_equal(class->burst_ticks, 40000000 / 64);
	assert_int_equal(class->cburst_ticks, 2000000 / 64);
	class = class_at(xq_link_named(&kernel, "xqos10")->ifindex,
			 XQ_CLASS_ALL);
	assert_non_null(class);
	assert_int_equal(class->rate, 10 * MBIT);
	assert_int_equal(class->ceil, 10 * MBIT);
	assert_int_equal(class->burst_ticks, 50000000 / 64);
	assert_int_equal(class->cburst_ticks, 50000000 / 64);
}

static void nothing_wanted_takes_all_away(void **state)
{
	struct xq_vif v[2] = {on_uplink(1), on_uplink(2)};
	const struct xq_wish wish = {v, 2, &eth0, 1}, nothing = {0};

	(void)state;
	v[0].send.rate = v[0].receive.rate = MBIT;
	v[1].receive.ceiling = MBIT;
	bring_about(&wish);
	assert_true(count_objects() > 0);
	bring_about(&nothing);
	assert_int_equal(count_objects(), 0);
	assert_int_equal(bring_about(&nothing), 0);
}

static void only_what_changes_is_changed(void **state)
{
	const struct xq_told told = {.take = false};
	struct xq_vif v = vif(1);
	const struct xq_wish wish = {&v, 1, NULL, 0};
	struct xq_plan plan = {0};

	(void)state;
	v.send.rate = 100 * MBIT;
	v.receive.rate = 100 * MBIT;
	bring_about(&wish);
	v.send.rate = 200 * MBIT;
	assert_int_equal(xq_plan_make(&kernel, &wish, &told, &plan, &err), 0);
	assert_int_equal(plan.count, 2); /* the class, and its queue's length */
	for (size_t i = 0; i < plan.count; i++) {
		assert_int_equal(plan.op[i].verb, XN_CHANGE);
		assert_int_equal(plan.op[i].cost, XN_COST_LIVE);
		assert_string_equal(plan.op[i].link, "xqos10");
		assert_string_equal(plan.op[i].of, "vif1.0");
	}
	xq_plan_fini(&plan);
}

static void shares_are_as_the_weights(void **state)
{
	struct xq_vif v[2] = {on_uplink(1), on_uplink(2)};
	const struct xq_wish wish = {v, 2, &eth0, 1};
	int ifb;

	(void)state;
	v[0].send.weight = 5;
	v[1].send.weight = 50;
	v[1].receive.weight = 100;
	bring_about(&wish);
	ifb = xq_link_named(&kernel, "xqos12")->ifindex;
	assert_int_equal(class_at(12, XQ_CLASS_ALL)->rate, 100 * MBIT);
	assert_int_equal(class_at(ifb, XQ_CLASS_ALL)->rate, 200 * MBIT);
	/* The smallest weight's quantum is the largest frame. */
	assert_int_equal(class_at(12, 16 + 10)->quantum_bytes, 65536);
	assert_int_equal(class_at(12, 16 + 11)->quantum_bytes, 655360);
	assert_int_equal(class_at(12, XQ_CLASS_OTHERS)->quantum_bytes, 131072);
	assert_int_equal(class_at(ifb, 16 + 10)->quantum_bytes, 65536);
	assert_int_equal(class_at(ifb, 16 + 11)->quantum_bytes, 655360);
}

static void guarantees_fit_the_uplink(void **state)
{
	struct xq_vif v[2] = {on_uplink(1), on_uplink(2)};
	const struct xq_wish wish = {v, 2, &eth0, 1};
	uint64_t sum;

	(void)state;
	v[0].send.guarantee = 99 * MBIT + 124000;
	bring_about(&wish);
	sum = class_at(12, 16 + 10)->rate + class_at(12, 16 + 11)->rate +
	      class_at(12, XQ_CLASS_OTHERS)->rate;
	assert_int_equal(class_at(12, 16 + 10)->rate, 99 * MBIT + 124000);
	/* The smallest rate there is may be too much. */
	assert_in_range(sum, 100 * MBIT - 1000, 100 * MBIT + 2000);
	v[0].send.guarantee = 60 * MBIT;
	v[1].send.guarantee = 41 * MBIT;
	refused(wish, -EINVAL, "more is guaranteed for sending");
	v[1].send.guarantee = 40 * MBIT;
	bring_about(&wish);
	v[0].receive.guarantee = 201 * MBIT;
	refused(wish, -EINVAL, "more is guaranteed for receiving");
	v[0].receive.guarantee = 0;
	v[1].has_mac = false;
	refused(wish, -EINVAL, "needs the guest's MAC address");
}

static void a_ceiling_lasts_from_turn_to_turn(void **state)
{
	struct xq_vif v[2] = {on_uplink(1), on_uplink(2)};
	const struct xq_wish wish = {v, 2, &eth0, 1};
	const struct xn_tc_class *class;

	(void)state;
	v[0].send.ceiling = 50 * MBIT;
	bring_about(&wish);
	class = class_at(12, 16 + 10);
	assert_int_equal(class->ceil, 50 * MBIT);
	/* Three turns of 65536 bytes at 100 Mbit/s. */
	assert_in_range(class->cburst_ticks, UINT64_C(3) * 65536 * 80 / 64 - 1,
			UINT64_C(3) * 65536 * 80 / 64 + 1);
}

static void a_class_stays_while_others_come_and_go(void **state)
{
	struct xq_vif v[2] = {on_uplink(1), on_uplink(2)};
	const struct xq_wish both = {v, 2, &eth0, 1},
			     second = {v + 1, 1, &eth0, 1};
	struct xq_plan plan = {0};
	const struct xq_told told = {.take = false};

	(void)state;
	bring_about(&both);
	assert_int_equal(xq_plan_make(&kernel, &second, &told, &plan, &err), 0);
	for (size_t i = 0; i < plan.count; i++)
		if (plan.op[i].noun == XQ_CLASS)
			assert_int_equal(plan.op[i].before.class.handle &
						 0xffff,
					 16 + 10);
	assert_null(do_plan(&plan));
	xq_plan_fini(&plan);
	assert_int_equal(bring_about(&second), 0);
	/* Two links whose numbers mean the same class. */
	add_link(11 + XQ_CLASS_LAST - XQ_CLASS_FIRST + 1, "vif3.0", "tun");
	v[0] = on_uplink(3);
	bring_about(&both);
	assert_non_null(class_at(12, 16 + 12));
}

static void an_address_that_moves(void **state)
{
	struct xq_vif v = on_uplink(1);
	const struct xq_wish wish = {&v, 1, &eth0, 1};

	(void)state;
	bring_about(&wish);
	v.mac.octet[5] = 77;
	/* Each way one filter comes and one goes. */
	assert_int_equal(bring_about(&wish), 4);
	assert_int_equal(bring_about(&wish), 0);
}

static void a_vif_becomes_an_uplink(void **state)
{
	struct xq_vif v = vif(1);
	struct xq_uplink uplink = {"vif1.0", MBIT, MBIT};
	const struct xq_wish limit = {&v, 1, NULL, 0};
	const struct xq_wish tree = {NULL, 0, &uplink, 1}, nothing = {0};

	(void)state;
	v.send.rate = v.receive.rate = MBIT;
	bring_about(&limit);
	bring_about(&tree);
	assert_int_equal(bring_about(&tree), 0);
	assert_non_null(class_at(10, XQ_CLASS_OTHERS));
	bring_about(&limit);
	assert_int_equal(bring_about(&limit), 0);
	bring_about(&nothing);
	assert_int_equal(count_objects(), 0);
}

static void fq_codel_comes_with_another_kernel(void **state)
{
	struct xq_vif v = vif(1);
	const struct xq_wish wish = {&v, 1, NULL, 0};

	(void)state;
	v.receive.rate = MBIT;
	bring_about(&wish);
	kernel.has_fq_codel = true;
	assert_int_equal(bring_about(&wish), 2);
	assert_int_equal(bring_about(&wish), 0);
	/* As the kernel reads it back. */
	kernel.qdiscs.item[1].target_us -= 1;
	assert_int_equal(bring_about(&wish), 0);
}

static void what_did_not_queue_does_not(void **state)
{
	struct xq_vif v = vif(1);
	const struct xq_wish wish = {&v, 1, NULL, 0}, nothing = {0};

	(void)state;
	add_qdisc(10, 0x91230000, XN_TC_ROOT, "noqueue");
	v.receive.rate = MBIT;
	bring_about(&wish);
	assert_int_equal(kernel.qdiscs.item[0].handle, XQ_MAJOR_NOQUEUE);
	assert_int_equal(bring_about(&wish), 0);
	bring_about(&nothing);
	assert_int_equal(count_objects(), 1);
	assert_string_equal(kernel.qdiscs.item[0].kind, "noqueue");
}

static void others_are_in_the_way_until_told(void **state)
{
	const struct xq_told told = {.take = true};
	struct xq_vif v = vif(1);
	const struct xq_wish wish = {&v, 1, NULL, 0};
	struct xq_plan plan = {0};

	(void)state;
	v.receive.rate = MBIT;
	add_qdisc(10, 0x10000, XN_TC_ROOT, "tbf");
	refused(wish, -EBUSY, "vif1.0: somebody else's tbf 1: is in the way");
	assert_int_equal(xq_plan_make(&kernel, &wish, &told, &plan, &err), 0);
	assert_true(plan.op[0].taken);
	assert_null(do_plan(&plan));
	xq_plan_fini(&plan);
	assert_int_equal(bring_about(&wish), 0);
}

static void back_to_what_was(void **state)
{
	struct xq_vif v[2] = {on_uplink(1), on_uplink(2)};
	const struct xq_wish wish = {v, 2, &eth0, 1}, nothing = {0};
	struct xq_state before = {0};
	struct xq_plan plan = {0};

	(void)state;
	v[0].send.rate = MBIT;
	bring_about(&wish);
	assert_int_equal(xq_own(&kernel, &before), 0);
	for (int i = 0; i < 2; i++) {
		v[0].send.rate = 7 * MBIT;
		v[1].receive.rate = MBIT;
		bring_about(i ? &wish : &nothing);
		assert_int_equal(xq_plan_to(&kernel, &before, &plan), 0);
		assert_null(do_plan(&plan));
		xq_plan_fini(&plan);
		assert_int_equal(xq_plan_to(&kernel, &before, &plan), 0);
		assert_int_equal(plan.count, 0);
		xq_plan_fini(&plan);
	}
	xq_state_fini(&before);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct xq_vif v[2] = {on_uplink(1), on_uplink(2)};
	const struct xq_uplink uplinks[] = {eth0, eth0};
	const struct xq_wish wish = {v, 1, &eth0, 1};
	const struct xq_wish two = {v, 2, &eth0, 1};
	const struct xq_wish none = {v, 1, NULL, 0};
	const struct xq_wish twice = {NULL, 0, uplinks, 2};

	(void)state;
#define REFUSED(set, words)                    \
	do {                                   \
		v[0] = on_uplink(1);           \
		set;                           \
		refused(wish, -EINVAL, words); \
	} while (0)
	REFUSED(v[0].send.rate = XQ_RATE_MAX + 1, "sending: the rate is too");
	REFUSED(v[0].receive.ceiling = UINT64_MAX, "receiving: the rate is");
	REFUSED(v[0].send.guarantee = UINT64_MAX, "the rate is too high");
	REFUSED(v[0].send.burst_bytes = UINT64_MAX, "burst is too large");
	REFUSED(v[0].send.burst_bytes = 1, "there is none");
	REFUSED(v[0].send.weight = 101, "a weight is 1 to 100");
	REFUSED((v[0].send.rate = 2, v[0].send.ceiling = 1), "rate is above");
	REFUSED((v[0].send.guarantee = 2, v[0].send.ceiling = 1),
		"guarantee is above the ceiling");
	REFUSED((v[0].send.guarantee = 2, v[0].send.rate = 1),
		"guarantee is above the rate");
	REFUSED(v[0].mac.octet[0] = 1, "a group's address");
	REFUSED(strcpy(v[0].name, "eth0"), "only one can be");
	v[0] = on_uplink(1);
	refused(none, -EINVAL, "nothing is said of its uplink");
	refused(twice, -EINVAL, "eth0: said twice");
	v[1] = v[0];
	refused(two, -EINVAL, "vif1.0: said twice");
	strcpy(v[1].name, "vif2.0");
	refused(two, -EINVAL, "the same MAC address");
	strcpy(v[0].name, "vif7.0");
	refused(wish, -ENODEV, "vif7.0: there is no such link");
	assert_int_equal(count_objects(), 0);
}

/* Whatever is wanted next, the operations are ones that a kernel takes, and
 * lead there. */
static void any_wish_follows_any_other(void **state)
{
	const struct xq_wish nothing = {0};

	(void)state;
	srandom(7);
	for (int i = 0; i < 3000; i++) {
		struct xq_vif v[2] = {vif(1), vif(2)};
		struct xq_uplink uplink = {"eth0", MBIT * 100, 0};
		struct xq_wish wish = {v, (size_t)random() % 3, &uplink,
				       (size_t)random() % 2};

		uplink.receive_rate = random() % 2 ? MBIT * 50 : 0;
		if (random() % 4 == 0)
			uplink.send_rate = 0;
		for (int k = 0; k < 2; k++) {
			struct xq_limit *limit[] = {&v[k].send, &v[k].receive};

			if (wish.uplink_count && random() % 2)
				v[k] = on_uplink(k + 1);
			v[k].mac.octet[4] = (uint8_t)(random() % 2);
			for (int l = 0; l < 2; l++) {
				uint64_t mbit = (uint64_t)random() % 3;

				limit[l]->rate = mbit * MBIT * 10;
				limit[l]->weight = (uint32_t)random() % 101;
				if (random() % 2)
					limit[l]->ceiling = MBIT * 20;
			}
		}
		kernel.has_fq_codel = random() % 8 == 0;
		bring_about(&wish);
		assert_int_equal(bring_about(&wish), 0);
	}
	bring_about(&nothing);
	assert_int_equal(count_objects(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, boot, halt)
	const struct CMUnitTest tests[] = {
		TEST(a_limit_each_way),
		TEST(nothing_wanted_takes_all_away),
		TEST(only_what_changes_is_changed),
		TEST(shares_are_as_the_weights),
		TEST(guarantees_fit_the_uplink),
		TEST(a_ceiling_lasts_from_turn_to_turn),
		TEST(a_class_stays_while_others_come_and_go),
		TEST(an_address_that_moves),
		TEST(a_vif_becomes_an_uplink),
		TEST(fq_codel_comes_with_another_kernel),
		TEST(what_did_not_queue_does_not),
		TEST(others_are_in_the_way_until_told),
		TEST(back_to_what_was),
		TEST(what_makes_no_sense_is_refused),
		TEST(any_wish_follows_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
