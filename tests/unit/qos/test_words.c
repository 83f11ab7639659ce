/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations in words and as JSON. */
#include "tests/unit/qos/kernel.h"

#include <string.h>

#include "netconf/base/text.h"
#include "qos/show.h"
#include "qos/words.h"

static void rates_are_exact(void **state)
{
	char text[XQ_RATE_TEXT_MAX];

	(void)state;
	assert_string_equal(xq_rate_words(1250000, text), "10Mb/s");
	assert_string_equal(xq_rate_words(125000000, text), "1Gb/s");
	assert_string_equal(xq_rate_words(1, text), "8b/s");
	assert_string_equal(xq_rate_words(XQ_RATE_MAX, text), "800Gb/s");
}

static void each_operation_has_words(void **state)
{
	static const char *const wanted[] = {
		"add ifb on xqos10 (from vif1.0)",
		"add htb 5150: on xqos10 (from vif1.0)",
		("add class 5150:1, rate 10Mb/s (burst 62500), ceiling 10Mb/s "
		 "(burst 62500), quantum 65536 on xqos10 (from vif1.0)"),
		"add bfifo 6001:, limit 131072 on xqos10 (from vif1.0)",
		"add clsact ffff: on vif1.0",
		"add redirection of what comes in on vif1.0",
	};
	struct xq_vif v = {.name = "vif1.0", .send.rate = 1250000};
	const struct xq_wish wish = {&v, 1, NULL, 0};
	const struct xq_told told = {.take = false};
	struct xq_plan plan = {0};
	char text[256], cut[16];
	json_t *json;

	(void)state;
	assert_int_equal(xq_plan_make(&kernel, &wish, &told, &plan, &err), 0);
	assert_int_equal(plan.count, 6);
	for (size_t i = 0; i < plan.count; i++) {
		xq_op_words(&plan.op[i], text, sizeof(text));
		assert_string_equal(text, wanted[i]);
	}
	xq_op_words(&plan.op[0], cut, sizeof(cut));
	assert_string_equal(cut, "add ifb on xqos");
	json = xq_plan_to_json(&plan);
	assert_string_equal(json_string_value(json_object_get(json, "cost")),
			    "live");
	assert_int_equal(json_array_size(json_object_get(json, "operations")),
			 6);
	json_decref(json);
	xq_plan_fini(&plan);
}

static void what_is_in_force_is_shown(void **state)
{
	static const char *const wanted[][3] = {
		{"vif1.0", "send", "limit"},
		{"eth0", "send", "all"},
		{"eth0", "send", "others"},
		{"eth0", "send", "00:16:3e:00:00:0f"},
	};
	const struct xq_uplink uplink = {"eth0", 12500000, 0};
	struct xq_vif v = {.name = "vif1.0",
			   .has_mac = true,
			   .mac = {{0, 0x16, 0x3e, 0, 0, 0xf}},
			   .uplink = "eth0",
			   .send.rate = 1250000};
	const struct xq_wish wish = {&v, 1, &uplink, 1};
	json_t *json, *shapers;

	(void)state;
	bring_about(&wish);
	json = xq_show(&kernel);
	shapers = json_object_get(json, "shapers");
	assert_int_equal(json_array_size(shapers), 4);
	for (size_t i = 0; i < 4; i++) {
		const char *link, *way, *of;

		assert_int_equal(json_unpack(json_array_get(shapers, i),
					     "{s:s, s:s, s:s}", "link", &link,
					     "way", &way, "of", &of),
				 0);
		assert_string_equal(link, wanted[i][0]);
		assert_string_equal(way, wanted[i][1]);
		assert_string_equal(of, wanted[i][2]);
	}
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_exact),
		cmocka_unit_test_setup_teardown(each_operation_has_words, boot,
						halt),
		cmocka_unit_test_setup_teardown(what_is_in_force_is_shown, boot,
						halt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
