/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Problems in the order of the lines that they are in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "netconf/parse/report.h"

static struct xn_report *report;

static int begin(void **state)
{
	(void)state;
	report = calloc(1, sizeof(*report));
	return report ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(report);
	return 0;
}

static void order_is(const char *const *texts, uint32_t count)
{
	xn_report_sort(report);
	assert_int_equal(report->count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_string_equal(report->problem[i].text, texts[i]);
}

static void lines_are_in_order(void **state)
{
	static const char *const texts[] = {"/a:2:1: x", "/a:2:9: warning: y",
					    "/a:10:1: z", "/a:10:1: w"};

	(void)state;
	xn_report_text(report, false, texts[2]);
	xn_report_text(report, false, texts[3]);
	xn_report_text(report, true, texts[1]);
	xn_report_text(report, false, texts[0]);
	order_is(texts, 4);
	assert_true(report->problem[1].warning);
	assert_false(report->problem[2].warning);
	assert_string_equal(xn_report_first(report), texts[0]);
}

static void files_stay_as_they_came(void **state)
{
	static const char *const texts[] = {"/b:3:1: x", "/b:9:1: x",
					    "/a:1:1: x", "/a:5:1: x",
					    "/ab:1:1: x"};

	(void)state;
	xn_report_text(report, false, texts[1]);
	xn_report_text(report, false, texts[3]);
	xn_report_text(report, false, texts[4]);
	xn_report_text(report, false, texts[0]);
	xn_report_text(report, false, texts[2]);
	order_is(texts, 5);
}

static void what_names_no_line_stays_where_it_is(void **state)
{
	static const char *const texts[] = {"/a:1:1: x", "out of memory",
					    "at 12:30: no place", "/a"};

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		xn_report_text(report, false, texts[i]);
	order_is(texts, 4);
}

static void a_full_one_is_sorted(void **state)
{
	char text[32];

	(void)state;
	for (uint32_t i = 0; i < XN_REPORT_MAX + 1; i++) {
		const struct xn_conf_place place = {.file = "/f",
						    .line = XN_REPORT_MAX + 1 -
							    i,
						    .column = 1};

		xn_report_error(report, &place, "x");
	}
	assert_int_equal(report->left_out, 1);
	xn_report_sort(report);
	for (uint32_t i = 0; i < XN_REPORT_MAX; i++) {
		(void)snprintf(text, sizeof(text), "/f:%u:1: x", i + 2);
		assert_string_equal(report->problem[i].text, text);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_in_order),
		TEST(files_stay_as_they_came),
		TEST(what_names_no_line_stays_where_it_is),
		TEST(a_full_one_is_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
