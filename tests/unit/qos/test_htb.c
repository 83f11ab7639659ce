/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates and bursts in the kernel's units. */
#include "tests/unit/qos/kernel.h"

#include <string.h>

#include "qos/build.h"

static void a_bucket_lasts_as_long_as_its_bytes(void **state)
{
	(void)state;
	/* 62500 bytes at 10 Mbit/s are 50 ms. */
	assert_int_equal(xq_ticks(62500, 1250000), 50000000 / 64);
	assert_int_equal(xq_ticks_bytes(xq_ticks(62500, 1250000), 1250000),
			 62500);
	assert_int_equal(xq_ticks(0, 1250000), 0);
	assert_int_equal(xq_ticks(1, 1000000000), 1);
	assert_int_equal(xq_ticks(XQ_BURST_MAX, 1), UINT32_MAX);
	assert_int_equal(xq_ticks(1, XQ_RATE_MAX), 1);
}

static void rounding_never_takes_more_than_a_tick(void **state)
{
	(void)state;
	for (uint64_t rate = 125000; rate <= XQ_RATE_MAX; rate = rate * 7 / 3)
		for (uint64_t bytes = 1514; bytes < rate; bytes *= 3) {
			uint64_t back =
				xq_ticks_bytes(xq_ticks(bytes, rate), rate);

			assert_in_range(back, bytes - 1,
					bytes + rate / 15625000 + 1);
		}
}

static void what_a_rate_moves(void **state)
{
	(void)state;
	assert_int_equal(xq_bytes_in_ms(1250000, 50), 62500);
	assert_int_equal(xq_bytes_in_ms(1999, 1), 1);
	assert_int_equal(xq_bytes_in_ms(XQ_RATE_MAX, 100), XQ_RATE_MAX / 10);
	assert_int_equal(xq_part(1u << 30, XQ_RATE_MAX, XQ_RATE_MAX), 1u << 30);
	assert_int_equal(xq_part(65536 * 100, 500000, 2500000), 1310720);
}

static struct xn_tc_qdisc leaf_of(uint64_t rate, bool fq_codel)
{
	struct xq_state built = {0};
	struct xq_build build = {&kernel, &built, 100};
	struct xq_pace pace = {rate, rate, 1514, 1514};
	struct xn_tc_class class =
		xq_class(10, XQ_MAJOR_DEFAULT | 1, XN_TC_ROOT, &pace);
	struct xn_tc_qdisc leaf;

	kernel.has_fq_codel = fq_codel;
	assert_int_equal(xq_add_leaf(&build, &class), 0);
	leaf = *(const struct xn_tc_qdisc *)xq_state_at(&built, XQ_QDISC, 0);
	xq_state_fini(&built);
	assert_int_equal(leaf.parent, XQ_MAJOR_DEFAULT | 1);
	return leaf;
}

static void a_leaf_holds_a_tenth_of_a_second(void **state)
{
	struct xn_tc_qdisc leaf = leaf_of(12500000, false);

	(void)state;
	assert_string_equal(leaf.kind, "bfifo");
	assert_int_equal(leaf.limit_bytes, 1250000);
	assert_int_equal(leaf_of(1000, false).limit_bytes, 131072);
	assert_int_equal(leaf_of(XQ_RATE_MAX, false).limit_bytes, INT32_MAX);
}

static void fq_codel_allows_for_a_frame(void **state)
{
	struct xn_tc_qdisc leaf = leaf_of(12500000, true);

	(void)state;
	assert_string_equal(leaf.kind, "fq_codel");
	assert_int_equal(leaf.target_us, 5000);
	assert_int_equal(leaf.interval_us, 100000);
	/* 1 Mbit/s: a frame and a half take 18 ms. */
	leaf = leaf_of(125000, true);
	assert_in_range(leaf.target_us, 18000, 18400);
	assert_int_equal(leaf.interval_us, 95000 + leaf.target_us);
	assert_true(leaf_of(1, true).target_us > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_lasts_as_long_as_its_bytes),
		cmocka_unit_test(rounding_never_takes_more_than_a_tick),
		cmocka_unit_test(what_a_rate_moves),
		cmocka_unit_test(a_leaf_holds_a_tenth_of_a_second),
		cmocka_unit_test(fq_codel_allows_for_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
