/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>

#include "netconf/ifupdown/address.h"

static void lengths_and_masks_are_the_same(void **state)
{
	static const struct {
		const char *address, *netmask;
		uint8_t family, length;
	} good[] = {
		{"192.0.2.1/24", "", AF_INET, 24},
		{"192.0.2.1/24", "255.0.0.0", AF_INET, 24},
		{"192.0.2.1", "24", AF_INET, 24},
		{"192.0.2.1", "255.255.255.0", AF_INET, 24},
		{"192.0.2.1", "255.255.255.255", AF_INET, 32},
		{"192.0.2.1", "0.0.0.0", AF_INET, 0},
		{"2001:db8::1/64", "", AF_INET6, 64},
		{"2001:db8::1", "128", AF_INET6, 128},
	};
	struct xn_addr addr;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		memset(&addr, 0, sizeof(addr));
		assert_int_equal(xn_ifup_address_parse(good[i].address,
						       good[i].netmask, &addr),
				 0);
		assert_int_equal(addr.family, good[i].family);
		assert_int_equal(addr.prefix_length, good[i].length);
		assert_int_equal(addr.valid_s, UINT32_MAX);
		assert_int_equal(addr.address[0],
				 good[i].family == AF_INET ? 192 : 0x20);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{"", ""},
		{"192.0.2.1", ""},
		{"192.0.2.1", "33"},
		{"192.0.2.1", "255.0.255.0"},
		{"192.0.2.1/", "24"},
		{"192.0.2.1/x", "24"},
		{"192.0.2.256", "24"},
		{"192.0.2.1/24/24", ""},
		{"2001:db8::1", "129"},
		{"2001:db8::1", "255.255.255.0"},
		{"2001:db8::g", "64"},
		{"dhcp", "24"},
		{"1234:5678:1234:5678:1234:5678:1234:5678:1234:5678/64", ""},
	};
	struct xn_addr addr = {.ifindex = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			xn_ifup_address_parse(bad[i][0], bad[i][1], &addr),
			-EINVAL);
	assert_int_equal(addr.ifindex, 7);
	assert_int_equal(addr.family, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_masks_are_the_same),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
