/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address that a guest makes of its MAC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "netconf/model/planeconf.h"

/* As in RFC 2464, 4. */
static const struct xn_mac mac = {{0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde}};

static struct xn_planeconf_bridge bridge_at(const char *address, uint8_t prefix)
{
	struct xn_planeconf_bridge bridge = {
		.address_count = 1,
		.address = {{.family = 6, .prefix = prefix}},
		.dhcp_server = {.ra_on = true},
	};

	assert_int_equal(inet_pton(AF_INET6, address, bridge.address[0].octet),
			 1);
	return bridge;
}

static void the_mac_makes_the_host(void **state)
{
	struct xn_planeconf_bridge bridge = bridge_at("fd00:1::1", 64);
	struct xn_address address;
	char text[XN_ADDRESS_TEXT_MAX];

	(void)state;
	assert_true(xn_dhcp_autoconf(&bridge, 0, &mac, &address));
	assert_string_equal(xn_address_text(&address, text),
			    "fd00:1::3656:78ff:fe9a:bcde");
	assert_int_equal(address.prefix, 128);
}

static void nobody_makes_one_without_being_told(void **state)
{
	struct xn_planeconf_bridge bridge = bridge_at("fd00:1::1", 72);
	struct xn_address address;

	(void)state;
	assert_false(xn_dhcp_autoconf(&bridge, 0, &mac, &address));
	bridge = bridge_at("fd00:1::1", 64);
	bridge.dhcp_server.ra_on = false;
	assert_false(xn_dhcp_autoconf(&bridge, 0, &mac, &address));
	bridge.dhcp_server.on = true;
	assert_true(xn_dhcp_autoconf(&bridge, 0, &mac, &address));
	bridge.dhcp_server.ra_off = true;
	assert_false(xn_dhcp_autoconf(&bridge, 0, &mac, &address));
	bridge.dhcp_server.ra_off = false;
	bridge.address[0].family = 4;
	assert_false(xn_dhcp_autoconf(&bridge, 0, &mac, &address));
}

static void ranges_leave_out_what_is_the_bridges(void **state)
{
	static const struct {
		const char *address[3];
		uint8_t prefix[3];
		const char *range[4]; /* first, last */
	} cases[] = {
		{{"10.0.0.1"}, {24}, {"10.0.0.2", "10.0.0.254"}},
		{{"10.0.0.254"}, {24}, {"10.0.0.1", "10.0.0.253"}},
		{{"10.0.0.1", "10.0.0.100"},
		 {24, 24},
		 {"10.0.0.101", "10.0.0.254"}},
		{{"10.0.0.200", "10.0.0.220", "10.0.1.2"},
		 {24, 24, 30},
		 {"10.0.0.1", "10.0.0.199", "10.0.1.1", "10.0.1.1"}},
		{{"10.0.0.5", "10.0.1.1"}, {24, 8}, {"10.0.0.6", "10.0.0.254"}},
		{{"10.0.0.1", "10.0.0.2"}, {31, 30}, {NULL}},
		{{"255.255.255.255"},
		 {24},
		 {"255.255.255.1", "255.255.255.254"}},
		{{"10.1.2.3"}, {8}, {"10.1.2.4", "10.1.66.3"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xn_planeconf_bridge bridge = {
			.dhcp_server = {.on = true}};
		struct xn_dhcp_range range[XN_DHCP_RANGES_MAX];
		char text[XN_ADDRESS_TEXT_MAX];
		uint32_t count;

		for (uint32_t k = 0; k < 3 && cases[i].address[k]; k++) {
			struct xn_address *to =
				&bridge.address[bridge.address_count++];

			to->family = 4;
			to->prefix = cases[i].prefix[k];
			assert_int_equal(inet_pton(AF_INET, cases[i].address[k],
						   to->octet),
					 1);
		}
		count = xn_dhcp_ranges(&bridge, range);
		for (uint32_t k = 0; k < count; k++) {
			assert_non_null(cases[i].range[2 * k]);
			assert_string_equal(
				xn_address_text(&range[k].first, text),
				cases[i].range[2 * k]);
			assert_string_equal(
				xn_address_text(&range[k].last, text),
				cases[i].range[2 * k + 1]);
		}
		assert_true(count == 2 || !cases[i].range[2 * count]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mac_makes_the_host),
		cmocka_unit_test(nobody_makes_one_without_being_told),
		cmocka_unit_test(ranges_leave_out_what_is_the_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
