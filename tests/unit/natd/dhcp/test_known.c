/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases over several readings: what is missing in one is still its guest's,
 * and until when; and a list that nobody makes long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "natd/dhcp/known.h"
#include "netconf/parse/planeconf.h"

#define WEB "100 00:16:3e:00:00:05 10.0.0.77 web *\n"
#define DB "200 00:16:3e:00:00:06 10.0.0.78 db *\n"
#define MAIL "0 00:16:3e:00:00:07 10.0.0.79 mail *\n"
#define SIX "0 1040187397 fd00:1::77 web.lan 00:01\n"
#define DUID "duid 00:01:00:01:32\n"

static void follow(struct xdhcp_leases *leases, const char *text,
		   uint64_t now_s, uint64_t now_ms)
{
	struct xdhcp_leases now;

	assert_int_equal(xdhcp_leases_parse(text, &now, NULL), 0);
	assert_int_equal(xdhcp_known_follow(&now, leases, now_s, now_ms), 0);
	xdhcp_leases_fini(leases);
	*leases = now;
}

/* The last octet of the address that 00:16:3e:00:00:LAST has; 0: none. */
static int address_of(const struct xdhcp_leases *leases, uint8_t last)
{
	struct xn_mac mac = {{0x00, 0x16, 0x3e, 0, 0, last}};
	const struct xdhcp_lease *lease = xdhcp_known_find(leases, &mac);

	if (!lease)
		return 0;
	assert_true(lease->has_mac && xn_mac_equal(&lease->mac, &mac));
	return lease->address.octet[3];
}

static bool is_listed(const struct xdhcp_leases *leases, uint8_t last,
		      uint64_t now_ms)
{
	struct xn_mac mac = {{0x00, 0x16, 0x3e, 0, 0, last}};
	const struct xdhcp_lease *lease = xdhcp_known_find(leases, &mac);

	return lease && xdhcp_known_listed(lease, now_ms);
}

static void a_reading_of_half_a_file_takes_nothing_away(void **state)
{
	static const char *const half[] = {"", WEB, MAIL DUID,
					   DB "100 00:16:3e:00:00:05 10.0.0.7"};

	(void)state;
	for (size_t i = 0; i < sizeof(half) / sizeof(half[0]); i++) {
		struct xdhcp_leases leases = {0}, whole = {0};

		follow(&whole, WEB DB MAIL, 1, 1000);
		follow(&leases, WEB DB MAIL, 1, 1000);
		follow(&leases, half[i], 1, 1020);
		assert_true(xdhcp_known_same(&leases, &whole));
		assert_int_equal(address_of(&leases, 5), 77);
		assert_int_equal(address_of(&leases, 6), 78);
		assert_int_equal(address_of(&leases, 7), 79);
		assert_true(is_listed(&leases, 5, 1119));
		follow(&leases, DB MAIL WEB, 1, 5000);
		assert_true(is_listed(&leases, 5, 9000));
		assert_true(xdhcp_known_same(&leases, &whole));
		xdhcp_leases_fini(&leases);
		xdhcp_leases_fini(&whole);
	}
}

static void what_is_new_counts_at_once(void **state)
{
	struct xdhcp_leases leases = {0};

	(void)state;
	assert_int_equal(address_of(&leases, 5), 0);
	follow(&leases, SIX WEB, 1, 1000);
	follow(&leases, SIX DB, 1, 1001);
	assert_int_equal(address_of(&leases, 6), 78);
	assert_int_equal(leases.count, 3);
	follow(&leases, "", 1, 1002);
	assert_int_equal(leases.count, 2); /* without IPv6 */
	xdhcp_leases_fini(&leases);
}

static void what_was_given_back_is_the_guests_for_its_time(void **state)
{
	struct xdhcp_leases leases = {0};

	(void)state;
	follow(&leases, WEB DB MAIL, 1, 1000);
	assert_int_equal(xdhcp_known_ends_s(&leases), 0);
	follow(&leases, "", 1, 2000);
	assert_int_equal(xdhcp_known_ends_s(&leases), 100);
	follow(&leases, "", 99, 99000);
	assert_int_equal(address_of(&leases, 5), 77);
	/* It is shown no more when another reading agrees. */
	assert_true(is_listed(&leases, 5, 2099));
	assert_false(is_listed(&leases, 5, 2100));
	follow(&leases, "", 100, 100000);
	assert_int_equal(address_of(&leases, 5), 0);
	assert_int_equal(xdhcp_known_ends_s(&leases), 200);
	follow(&leases, "", 200, 200000);
	assert_int_equal(address_of(&leases, 6), 0);
	/* One without an end. */
	assert_int_equal(xdhcp_known_ends_s(&leases), 0);
	assert_int_equal(address_of(&leases, 7), 79);
	xdhcp_leases_fini(&leases);
}

static void who_gets_the_address_has_it_alone(void **state)
{
	struct xdhcp_leases leases = {0};

	(void)state;
	follow(&leases, WEB DB, 1, 1000);
	follow(&leases, "150 00:16:3e:00:00:08 10.0.0.77 * *\n" DB, 1, 1020);
	assert_int_equal(address_of(&leases, 5), 0);
	assert_int_equal(address_of(&leases, 6), 78);
	assert_int_equal(address_of(&leases, 8), 77);
	follow(&leases, DB WEB, 1, 1040);
	assert_int_equal(address_of(&leases, 5), 77);
	assert_int_equal(address_of(&leases, 8), 0);
	xdhcp_leases_fini(&leases);
}

static void nobody_has_two(void **state)
{
	struct xdhcp_leases leases = {0};

	(void)state;
	follow(&leases, WEB DB, 1, 1000);
	follow(&leases, "150 00:16:3e:00:00:05 10.0.0.90 * *\n" DB, 1, 1020);
	assert_int_equal(address_of(&leases, 5), 90);
	assert_int_equal(leases.count, 2);
	/* Asking and giving back again and again. */
	for (int i = 0; i < 1000; i++) {
		char text[128];

		(void)snprintf(text, sizeof(text),
			       "150 00:16:3e:00:01:%02x 10.0.0.%d * *\n",
			       i % 251, 100 + i % 7);
		follow(&leases, text, 1, 2000);
		follow(&leases, "", 1, 2000);
	}
	assert_int_equal(leases.count, 2 + 7);
	assert_int_equal(address_of(&leases, 5), 90);
	assert_int_equal(address_of(&leases, 6), 78);
	xdhcp_leases_fini(&leases);
}

static void there_is_an_end_to_them(void **state)
{
	static const char line[] = "150 00:16:3e:%02x:%02x:%02x 10.%u.%u.%u *"
				   " *\n";
	char *text = calloc(XDHCP_LEASES_MAX, 64), *at = text;
	struct xdhcp_leases leases = {0};

	(void)state;
	assert_non_null(text);
	follow(&leases, WEB, 1, 1000);
	for (unsigned int i = 0; i < XDHCP_LEASES_MAX; i++)
		at += snprintf(at, 64, line, 1 + (i >> 16), i >> 8 & 255,
			       i & 255, 1 + (i >> 16), i >> 8 & 255, i & 255);
	follow(&leases, text, 1, 1020);
	assert_int_equal(leases.count, XDHCP_LEASES_MAX);
	assert_int_equal(address_of(&leases, 5), 0);
	follow(&leases, WEB, 1, 1040);
	assert_int_equal(leases.count, XDHCP_LEASES_MAX);
	assert_int_equal(address_of(&leases, 5), 77);
	free(text);
	xdhcp_leases_fini(&leases);
}

/* Also a lease that is missing. */
static void a_fixed_address_is_its_guests_alone(void **state)
{
	static struct xn_report report;
	struct xdhcp_leases leases = {0};
	struct xnat_guests guests = {0};
	struct xn_planeconf *conf = NULL;

	(void)state;
	assert_int_equal(
		xn_planeconf_read_text("t",
				       "[bridge b]\nmode=nat\n"
				       "address=10.0.0.1/24\ndhcp=on\n"
				       "[vif 00:16:3e:00:00:09]\nip=10.0.0.77\n"
				       "[vif 00:16:3e:00:00:06]\nip=10.0.0.78\n"
				       "[vif mail]\nip=10.0.0.79\n",
				       &conf, &report),
		0);
	assert_int_equal(xnat_guests_add_conf(&guests, conf), 0);
	follow(&leases, WEB DB MAIL SIX, 1, 1000);
	follow(&leases, DB MAIL SIX, 1, 1020);
	assert_int_equal(xdhcp_known_yield(&leases, &conf->bridge[0], &guests),
			 2);
	assert_int_equal(leases.count, 2);
	assert_int_equal(address_of(&leases, 6), 78);
	xnat_guests_fini(&guests);
	xdhcp_leases_fini(&leases);
	xn_planeconf_destroy(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reading_of_half_a_file_takes_nothing_away),
		cmocka_unit_test(what_is_new_counts_at_once),
		cmocka_unit_test(
			what_was_given_back_is_the_guests_for_its_time),
		cmocka_unit_test(who_gets_the_address_has_it_alone),
		cmocka_unit_test(nobody_has_two),
		cmocka_unit_test(there_is_an_end_to_them),
		cmocka_unit_test(a_fixed_address_is_its_guests_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
