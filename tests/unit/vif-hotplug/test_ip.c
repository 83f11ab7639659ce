/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's addresses, said or made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "vif-hotplug/ip.h"

static void expect(const struct xvh_ip *ip, const char *text)
{
	char got[64];

	assert_string_equal(xvh_ip_format(ip, got), text);
}

static void lists(void **state)
{
	(void)state;
	struct xvh_request r = {.ip_count = 0};
	struct xn_err err = {.set = false};

	assert_int_equal(
		xvh_ip_list("  10.0.0.2\t10.1.0.0/16 fd00::2 fd01::/64", &r,
			    &err),
		0);
	assert_int_equal(r.ip_count, 4);
	expect(&r.ip[0], "10.0.0.2/32");
	expect(&r.ip[1], "10.1.0.0/16");
	expect(&r.ip[2], "fd00::2/128");
	expect(&r.ip[3], "fd01::/64");
	assert_int_equal(xvh_ip_list("", &r, &err), 0);
	assert_int_equal(r.ip_count, 0);
}

static void lists_that_are_none(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"10.0.0",
		"10.0.0.2/33",
		"10.0.0.2/",
		"10.0.0.2/x",
		"fd00::g",
		"fd00::2/129",
		"10.0.0.2,10.0.0.3",
		"10.0.0.2 x",
		"/24",
		"10.0.0.2/24/24",
		"host",
		"1111111111111111111111111111111111111111111111111111111111",
		"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct xvh_request r = {.ip_count = 1};
		struct xn_err err = {.set = false};

		assert_true(xvh_ip_list(bad[i], &r, &err) < 0);
		assert_true(err.set);
		assert_int_equal(r.ip_count, 1);
	}
}

static void as_many_as_there_is_room_for(void **state)
{
	(void)state;
	struct xvh_request r = {.ip_count = 0};
	struct xn_err err = {.set = false};
	char text[16 * (XVH_IPS_MAX + 1)] = "";

	for (int i = 0; i < XVH_IPS_MAX; i++)
		strcat(text, "10.0.0.2 ");
	assert_int_equal(xvh_ip_list(text, &r, &err), 0);
	assert_int_equal(r.ip_count, XVH_IPS_MAX);
	strcat(text, "10.0.0.2");
	assert_int_equal(xvh_ip_list(text, &r, &err), -E2BIG);
}

static void networks(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool host_bits;
	} cases[] = {
		{"10.0.0.0/24", false},	  {"10.0.0.1/24", true},
		{"10.0.0.128/25", false}, {"10.0.0.64/25", true},
		{"10.0.0.1/32", false},	  {"0.0.0.0/0", false},
		{"0.0.0.1/0", true},	  {"fd00::/64", false},
		{"fd00::1/64", true},	  {"fd00::1", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct xvh_request r = {.ip_count = 0};

		assert_int_equal(xvh_ip_list(cases[i].text, &r, NULL), 0);
		assert_int_equal(xvh_ip_has_host_bits(&r.ip[0]),
				 cases[i].host_bits);
	}
}

static void addresses_that_are_made_up(void **state)
{
	(void)state;
	static const struct {
		uint32_t domid, handle;
		const char *guest, *router;
	} cases[] = {
		{1, 0, "10.0.1.1/32", "10.0.1.128/32"},
		{255, 1, "10.0.255.2/32", "10.0.255.129/32"},
		{256, 0, "10.1.0.1/32", "10.1.0.128/32"},
		{32751, 127, "10.127.239.128/32", "10.127.239.255/32"},
		{300, 128, "10.1.44.129/32", "10.1.44.2/32"},
		{300, 254, "10.1.44.255/32", "10.1.44.128/32"},
	};
	struct xvh_ip guest, router;
	struct xn_err err = {.set = false};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(xvh_ip_of_domain(cases[i].domid,
						  cases[i].handle, &guest,
						  &err),
				 0);
		router = xvh_ip_of_router(&guest);
		expect(&guest, cases[i].guest);
		expect(&router, cases[i].router);
	}
	assert_int_equal(xvh_ip_of_domain(1, 255, &guest, &err), -ERANGE);
	assert_int_equal(xvh_ip_of_domain(32752, 0, &guest, &err), -ERANGE);
}

/* Every guest's address has a router's that is an address, and another. */
static void every_octet_has_a_router(void **state)
{
	(void)state;
	for (unsigned int octet = 0; octet < 256; octet++) {
		struct xvh_ip guest = {
			AF_INET, 32, {192, 168, 0, (uint8_t)octet}};
		struct xvh_ip router = xvh_ip_of_router(&guest);

		assert_memory_equal(guest.address, router.address, 3);
		assert_int_not_equal(router.address[3], octet);
		assert_int_not_equal(router.address[3], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(lists_that_are_none),
		cmocka_unit_test(as_many_as_there_is_room_for),
		cmocka_unit_test(networks),
		cmocka_unit_test(addresses_that_are_made_up),
		cmocka_unit_test(every_octet_has_a_router),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
