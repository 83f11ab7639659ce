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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mac_makes_the_host),
		cmocka_unit_test(nobody_makes_one_without_being_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
