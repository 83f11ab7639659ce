/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/base/text.h"

static void whole_numbers_within_limits(void **state)
{
	uint64_t wide = 0;
	uint32_t value = 0;

	(void)state;
	assert_int_equal(xn_parse_u32("0", 0, UINT32_MAX, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(xn_parse_u32("4294967295", 0, UINT32_MAX, &value), 0);
	assert_int_equal(value, UINT32_MAX);
	assert_int_equal(xn_parse_u32("007", 7, 7, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(
		xn_parse_u64("18446744073709551615", 0, UINT64_MAX, &wide), 0);
	assert_true(wide == UINT64_MAX);
}

static void numbers_beyond_the_limits(void **state)
{
	uint64_t wide = 1;
	uint32_t value = 1;

	(void)state;
	assert_int_equal(xn_parse_u32("4294967296", 0, UINT32_MAX, &value),
			 -ERANGE);
	assert_int_equal(xn_parse_u32("9", 10, 20, &value), -ERANGE);
	assert_int_equal(xn_parse_u32("21", 10, 20, &value), -ERANGE);
	assert_int_equal(xn_parse_u32("1", 0, 0, &value), -ERANGE);
	assert_int_equal(
		xn_parse_u64("18446744073709551616", 0, UINT64_MAX, &wide),
		-ERANGE);
	assert_int_equal(
		xn_parse_u64("99999999999999999999999", 0, UINT64_MAX, &wide),
		-ERANGE);
	assert_int_equal(value, 1);
	assert_true(wide == 1);
}

static void what_is_no_number(void **state)
{
	static const char *const bad[] = {
		"",    " ",    "-1",  "+1",  " 1",  "1 ",
		"1\n", "0x10", "1.0", "1e3", "one", "99999999999999999999999x",
	};
	uint32_t value = 42;

	(void)state;
	assert_int_equal(xn_parse_u32(NULL, 0, 9, &value), -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(xn_parse_u32(bad[i], 0, UINT32_MAX, &value),
				 -EINVAL);
	assert_int_equal(value, 42);
}

static void formatted_text_is_whole_or_refused(void **state)
{
	char text[8] = "before";

	(void)state;
	assert_int_equal(xn_text_format(text, sizeof(text), "vif%d.%d", 1, 0),
			 6);
	assert_string_equal(text, "vif1.0");
	assert_int_equal(xn_text_format(text, sizeof(text), "%s", "1234567"),
			 7);
	assert_int_equal(xn_text_format(text, sizeof(text), "%s", "12345678"),
			 -ENAMETOOLONG);
	assert_string_equal(text, "");
}

static void copied_text_is_whole_or_refused(void **state)
{
	char text[8] = "before";

	(void)state;
	assert_int_equal(xn_text_copy(text, sizeof(text), "1234567"), 7);
	assert_string_equal(text, "1234567");
	assert_int_equal(xn_text_copy(text, sizeof(text), ""), 0);
	assert_string_equal(text, "");
	assert_int_equal(xn_text_copy(text, sizeof(text), "12345678"),
			 -ENAMETOOLONG);
	assert_string_equal(text, "");
}

static void what_is_not_printable_is_replaced(void **state)
{
	char text[] = "a key = \"\x1b[31m\t\x7f\xff~ \"";

	(void)state;
	xn_text_make_printable(text);
	assert_string_equal(text, "a key = \"?[31m???~ \"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_within_limits),
		cmocka_unit_test(numbers_beyond_the_limits),
		cmocka_unit_test(what_is_no_number),
		cmocka_unit_test(formatted_text_is_whole_or_refused),
		cmocka_unit_test(copied_text_is_whole_or_refused),
		cmocka_unit_test(what_is_not_printable_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
