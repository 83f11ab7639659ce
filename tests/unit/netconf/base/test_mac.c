/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/base/mac.h"

static void text_and_back(void **state)
{
	static const uint8_t want[] = {0x00, 0x16, 0x3e, 0xab, 0xCD, 0xff};
	char text[XN_MAC_TEXT];
	struct xn_mac mac;

	(void)state;
	assert_int_equal(xn_mac_parse("00:16:3e:aB:Cd:fF", &mac), 0);
	assert_memory_equal(mac.octet, want, sizeof(want));
	assert_string_equal(xn_mac_format(&mac, text), "00:16:3e:ab:cd:ff");
}

static void all_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		"00",
		"00:16:3e:01:02",
		"00:16:3e:01:02:",
		"00:16:3e:01:02:0",
		"00:16:3e:01:02:03:",
		"00:16:3e:01:02:03:04",
		"00:16:3e:01:02:033",
		" 00:16:3e:01:02:03",
		"00:16:3e:01:02:03 ",
		"00:16:3e:01:02:03\n",
		"00-16-3e-01-02-03",
		"0:16:3e:01:02:03",
		"00:16:3e:01:02:g3",
		"00:16:3e:01:02:3g",
		"+0:16:3e:01:02:03",
		"00163e010203",
	};
	struct xn_mac mac;
	struct xn_mac before;

	(void)state;
	memset(&mac, 0x5a, sizeof(mac));
	before = mac;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(xn_mac_parse(bad[i], &mac), -EINVAL);
		assert_true(xn_mac_equal(&mac, &before));
	}
}

static void group_addresses_have_the_low_bit(void **state)
{
	struct xn_mac group = {{0x01, 0x80, 0xc2, 0, 0, 0}};
	struct xn_mac station = {{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}};

	(void)state;
	assert_true(xn_mac_is_group(&group));
	assert_false(xn_mac_is_group(&station));
	assert_false(xn_mac_equal(&group, &station));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_back),
		cmocka_unit_test(all_else_is_refused),
		cmocka_unit_test(group_addresses_have_the_low_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
