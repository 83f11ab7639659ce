/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers of settings: the last one that says something counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/model/settings.h"

#define SAID(what) (1u << XN_SETTING_##what)

static void with_nothing_said_the_first_values_hold(void **state)
{
	const struct xn_settings *layer[XN_LAYER_COUNT] = {0};
	struct xn_settings_sum sum;

	(void)state;
	xn_settings_merge(layer, &sum);
	assert_true(sum.now.fastpath);
	assert_true(sum.now.offload);
	assert_true(sum.now.carrier);
	assert_false(sum.now.antispoof);
	assert_false(sum.now.isolated);
	assert_false(sum.now.bpdu_drop);
	assert_int_equal(sum.now.storm_frames, 0);
	assert_int_equal(sum.now.send.rate_bytes, 0);
	assert_int_equal(sum.now.address_count, 0);
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		assert_int_equal(sum.from[i], XN_LAYER_BUILTIN);
}

/* Each setting, said by each pair of layers. */
static void of_two_layers_the_later_one_counts(void **state)
{
	struct xn_settings early, late;

	(void)state;
	xn_settings_builtin(&early);
	late = early;
	early.fastpath = early.offload = early.carrier = false;
	early.antispoof = early.isolated = early.bpdu_drop = true;
	early.repair = true;
	early.storm_frames = 7;
	early.send.rate_bytes = 70;
	early.send.rate_interval_us = 5;
	early.address_count = 1;
	early.address[0].family = 4;
	for (unsigned int a = 1; a < XN_LAYER_COUNT; a++) {
		for (unsigned int b = a + 1; b < XN_LAYER_COUNT; b++) {
			const struct xn_settings *layer[XN_LAYER_COUNT] = {0};
			struct xn_settings_sum sum;

			layer[a] = &early;
			layer[b] = &late;
			xn_settings_merge(layer, &sum);
			assert_true(xn_settings_equal(&sum.now, &late));
			assert_false(xn_settings_equal(&sum.now, &early));
			layer[b] = NULL;
			xn_settings_merge(layer, &sum);
			assert_true(xn_settings_equal(&sum.now, &early));
			assert_int_equal(sum.from[XN_SETTING_RATE], a);
		}
	}
}

static void a_layer_speaks_only_of_what_it_says(void **state)
{
	const struct xn_settings bridge = {
		.said = SAID(RATE) | SAID(ISOLATED),
		.send.rate_bytes = 1000,
		.send.rate_interval_us = 50000,
		.isolated = true,
	};
	const struct xn_settings vif = {.said = SAID(RATE)}; /* off */
	const struct xn_settings *layer[XN_LAYER_COUNT] = {
		[XN_LAYER_BRIDGE] = &bridge, [XN_LAYER_VIF_SET] = &vif};
	struct xn_settings_sum sum;

	(void)state;
	xn_settings_merge(layer, &sum);
	assert_int_equal(sum.now.send.rate_bytes, 0);
	assert_int_equal(sum.from[XN_SETTING_RATE], XN_LAYER_VIF_SET);
	assert_true(sum.now.isolated);
	assert_int_equal(sum.from[XN_SETTING_ISOLATED], XN_LAYER_BRIDGE);
	assert_true(sum.now.fastpath); /* unsaid false is no word */
	assert_int_equal(sum.from[XN_SETTING_FASTPATH], XN_LAYER_BUILTIN);
}

static void each_difference_is_one(void **state)
{
	struct xn_settings a, b;

	(void)state;
	xn_settings_builtin(&a);
	a.address_count = 1;
	a.address[0] = (struct xn_address){4, 32, {10, 0, 0, 1}};
#define DIFFERS(change)                                  \
	do {                                             \
		b = a;                                   \
		assert_true(xn_settings_equal(&a, &b));  \
		change;                                  \
		assert_false(xn_settings_equal(&a, &b)); \
	} while (0)
	DIFFERS(b.said = 0);
	DIFFERS(b.fastpath = false);
	DIFFERS(b.police = true);
	DIFFERS(b.offload = false);
	DIFFERS(b.carrier = false);
	DIFFERS(b.antispoof = true);
	DIFFERS(b.isolated = true);
	DIFFERS(b.bpdu_drop = true);
	DIFFERS(b.repair = true);
	DIFFERS(b.storm_frames = 1);
	DIFFERS(b.send.rate_bytes = 1);
	DIFFERS(b.send.rate_interval_us = 1);
	DIFFERS(b.send.burst_bytes = 1);
	DIFFERS(b.send.ceiling = 1);
	DIFFERS(b.send.guarantee = 1);
	DIFFERS(b.send.weight = 1);
	DIFFERS(b.receive.rate_bytes = 1);
	DIFFERS(b.receive.rate_interval_us = 1);
	DIFFERS(b.receive.burst_bytes = 1);
	DIFFERS(b.receive.ceiling = 1);
	DIFFERS(b.receive.guarantee = 1);
	DIFFERS(b.receive.weight = 1);
	DIFFERS(b.address_count = 0);
	DIFFERS(b.address[0].prefix = 24);
	DIFFERS(b.address[0].octet[3] = 2);
#undef DIFFERS
	b = a;
	a.said = b.said = SAID(BPDU);
	b.fastpath = false; /* nobody says it */
	assert_true(xn_settings_equal(&a, &b));
}

/* Each word of a rate is taken over alone. */
static void ways_do_not_mix(void **state)
{
	struct xn_settings from = {
		.send = {1, 2, 3, 4, 5, 6},
		.receive = {7, 8, 9, 10, 11, 12},
	};

	(void)state;
	for (unsigned int i = XN_SETTING_RATE; i <= XN_SETTING_WEIGHT_IN; i++) {
		struct xn_settings to;
		uint64_t changed = 0;

		xn_settings_builtin(&to);
		from.said = 1u << i;
		xn_settings_overlay(&to, &from);
		changed += to.send.rate_bytes == 1 &&
			   to.send.rate_interval_us == 2;
		changed += to.send.weight == 3;
		changed += to.send.burst_bytes == 4;
		changed += to.send.ceiling == 5;
		changed += to.send.guarantee == 6;
		changed += to.receive.rate_bytes == 7 &&
			   to.receive.rate_interval_us == 8;
		changed += to.receive.weight == 9;
		changed += to.receive.burst_bytes == 10;
		changed += to.receive.ceiling == 11;
		changed += to.receive.guarantee == 12;
		assert_int_equal(changed, 1);
	}
}

static void bucket_is(struct xn_share share, uint64_t bytes,
		      uint32_t interval_us)
{
	uint64_t got_bytes;
	uint32_t got_us;

	xn_share_bucket(&share, 10000000, &got_bytes, &got_us);
	assert_int_equal(got_bytes, bytes);
	assert_int_equal(got_us, interval_us);
}

/* 10 Mbit/s with buckets of all sizes. */
static void a_burst_is_another_interval(void **state)
{
	struct xn_share share = {.rate_bytes = 62500,
				 .rate_interval_us = 50000};

	(void)state;
	bucket_is((struct xn_share){0}, 0, 0);
	bucket_is((struct xn_share){.burst_bytes = 5}, 0, 0);
	bucket_is(share, 62500, 50000);
	share.burst_bytes = 125000;
	bucket_is(share, 125000, 100000);
	share.burst_bytes = 1514; /* 1.2 ms */
	bucket_is(share, 1514, 1211);
	share.burst_bytes = 100; /* less than there are microseconds for */
	bucket_is(share, 1250, 1000);
	share.burst_bytes = UINT64_C(1) << 40; /* longer than is allowed */
	bucket_is(share, 12500000, 10000000);
}

static void all_have_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		assert_true(strlen(xn_setting_name((enum xn_setting)i)) > 1);
	for (unsigned int i = 0; i < XN_LAYER_COUNT; i++)
		assert_true(strlen(xn_settings_layer_name(
				    (enum xn_settings_layer)i)) > 1);
	assert_string_equal(xn_setting_name(XN_SETTING_COUNT), "");
	assert_string_equal(xn_settings_layer_name(XN_LAYER_COUNT), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_nothing_said_the_first_values_hold),
		cmocka_unit_test(of_two_layers_the_later_one_counts),
		cmocka_unit_test(a_layer_speaks_only_of_what_it_says),
		cmocka_unit_test(each_difference_is_one),
		cmocka_unit_test(ways_do_not_mix),
		cmocka_unit_test(a_burst_is_another_interval),
		cmocka_unit_test(all_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
