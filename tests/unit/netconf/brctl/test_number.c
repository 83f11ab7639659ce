/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "netconf/brctl/number.h"

struct good {
	const char *text;
	uint32_t value;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void times_become_hundredths(void **state)
{
	static const struct good times[] = {
		{"0", 0},	{"15", 1500},
		{"0.5", 50},	{".5", 50},
		{"5.", 500},	{"1e1", 1000},
		{"0x10", 1600}, {"010", 1000},
		{" 7", 700},	{"7 \t\n", 700},
		{"+3", 300},	{"1e-5", 0},
		{"0.009", 0},	{"0.015", 1},
		{"0.0199", 1},	{"42949672.95", UINT32_MAX},
		{"-0", 0},
	};
	uint32_t cs;

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		assert_int_equal(xn_brctl_parse_time(times[i].text, &cs), 0);
		if (cs != times[i].value)
			fail_msg("\"%s\" is %u", times[i].text, cs);
	}
}

/* Their nearest doubles are on either side. */
static void every_hundredth_is_met(void **state)
{
	char text[16];
	uint32_t cs;

	(void)state;
	for (uint32_t want = 0; want < 30000; want++) {
		(void)snprintf(text, sizeof(text), "%u.%02u", want / 100,
			       want % 100);
		assert_int_equal(xn_brctl_parse_time(text, &cs), 0);
		assert_int_equal(cs, want);
	}
}

static void other_words_are_no_times(void **state)
{
	static const char *const none[] = {
		"",    " ",    "abc", "15abc", "2,5", "3s",    "7 x",	 "inf",
		"nan", "-inf", ".",   "-",     "e5",  "5.5.5", "1e9999",
	};
	static const char *const too_large[] = {"42949672.96", "99999999999",
						"1e300", "-1", "-0.01"};
	uint32_t cs = 55;

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(xn_brctl_parse_time(none[i], &cs), -EINVAL);
	for (size_t i = 0; i < COUNT(too_large); i++)
		assert_int_equal(xn_brctl_parse_time(too_large[i], &cs),
				 -ERANGE);
	assert_int_equal(cs, 55);
}

static void numbers_are_read_as_c_does(void **state)
{
	static const struct good numbers[] = {
		{"0", 0},   {"32768", 32768}, {"0x10", 16},
		{"010", 8}, {" 7", 7},	      {"7 \t", 7},
		{"+3", 3},  {"-0", 0},	      {"65535", 65535},
	};
	uint32_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_int_equal(
			xn_brctl_parse_number(numbers[i].text, 65535, &value),
			0);
		assert_int_equal(value, numbers[i].value);
	}
	assert_int_equal(
		xn_brctl_parse_number("4294967295", UINT32_MAX, &value), 0);
	assert_int_equal(value, UINT32_MAX);
}

static void other_words_are_no_numbers(void **state)
{
	static const char *const none[] = {"",	  " ",	 "abc", "15abc", "1.5",
					   "2,5", "0x",	 "08",	"1e3",	 "-",
					   "7 x", "inf", "on"};
	static const char *const too_large[] = {"65536", "4294967296", "-1",
						"99999999999999999999",
						"-99999999999999999999"};
	uint32_t value = 55;

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(xn_brctl_parse_number(none[i], 65535, &value),
				 -EINVAL);
	for (size_t i = 0; i < COUNT(too_large); i++)
		assert_int_equal(
			xn_brctl_parse_number(too_large[i], 65535, &value),
			-ERANGE);
	assert_int_equal(value, 55);
}

static void switches_have_six_words(void **state)
{
	static const char *const on[] = {"on", "yes", "1"};
	static const char *const off[] = {"off", "no", "0"};
	static const char *const none[] = {"", "ON", "on ", "2", "true", "o"};
	bool is_on;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		is_on = false;
		assert_int_equal(xn_brctl_parse_switch(on[i], &is_on), 0);
		assert_true(is_on);
		assert_int_equal(xn_brctl_parse_switch(off[i], &is_on), 0);
		assert_false(is_on);
	}
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(xn_brctl_parse_switch(none[i], &is_on),
				 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_become_hundredths),
		cmocka_unit_test(every_hundredth_is_met),
		cmocka_unit_test(other_words_are_no_times),
		cmocka_unit_test(numbers_are_read_as_c_does),
		cmocka_unit_test(other_words_are_no_numbers),
		cmocka_unit_test(switches_have_six_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
