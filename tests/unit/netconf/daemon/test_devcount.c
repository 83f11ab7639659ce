/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/net/dev. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/daemon/devcount.h"

#define NUMBERS " 1001 11 1 2 0 0 0 5 2002 22 0 3 0 0 0 0"

static void a_line_gives_both_directions(void **state)
{
	struct xn_devcount c;

	(void)state;
	assert_int_equal(
		xn_devcount_parse("vif1.0:" NUMBERS "\n", "vif1.0", &c), 0);
	assert_int_equal(c.rx_bytes, 1001);
	assert_int_equal(c.rx_frames, 11);
	assert_int_equal(c.rx_drops, 2);
	assert_int_equal(c.tx_bytes, 2002);
	assert_int_equal(c.tx_frames, 22);
	assert_int_equal(c.tx_drops, 3);
	assert_int_equal(xn_devcount_parse("  lo:" NUMBERS, "lo", &c), 0);
	assert_int_equal(
		xn_devcount_parse("lo: 18446744073709551615 0 0 0 0 0 0 0 0 0 "
				  "0 0 0 0 0 0",
				  "lo", &c),
		0);
	assert_true(c.rx_bytes == UINT64_MAX);
}

static void other_lines_are_not_taken(void **state)
{
	struct xn_devcount c = {.rx_bytes = 7};

	(void)state;
	assert_int_equal(xn_devcount_parse("vif1.0:" NUMBERS, "vif1", &c),
			 -EINVAL);
	assert_int_equal(xn_devcount_parse("vif1:" NUMBERS, "vif1.0", &c),
			 -EINVAL);
	assert_int_equal(xn_devcount_parse("", "lo", &c), -EINVAL);
	assert_int_equal(xn_devcount_parse("lo:", "lo", &c), -EINVAL);
	assert_int_equal(xn_devcount_parse("lo: 1 2 3", "lo", &c), -EINVAL);
	assert_int_equal(xn_devcount_parse("lo: a b", "lo", &c), -EINVAL);
	assert_int_equal(c.rx_bytes, 7);
}

static void the_running_kernel_is_understood(void **state)
{
	struct xn_devcount c;

	(void)state;
	assert_int_equal(xn_devcount_read("lo", &c), 0);
	assert_int_equal(xn_devcount_read("no-such-link", &c), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_gives_both_directions),
		cmocka_unit_test(other_lines_are_not_taken),
		cmocka_unit_test(the_running_kernel_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
