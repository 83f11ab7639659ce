/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsmasq's lease file: what is read, what is left out, and which leases are
 * in the way of a guest's fixed address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "natd/dhcp/leases.h"
#include "netconf/base/text.h"
#include "netconf/parse/planeconf.h"

#define DUID "duid 00:01:00:01:32:a0:a4:b9:a6:1b:02:a5:a4:ed\n"
#define WEB "1796077132 00:16:3e:00:00:05 10.0.0.77 web *\n"
#define DB "1796077133 00:16:3e:00:00:06 10.0.0.78 * 01:00:16:3e:00:00:06\n"
#define SIX "0 1040187397 fd00:1::77 web.lan 00:01:00:01:32:a0:a4:bc\n"
#define TEMPORARY "1796077132 T7 fd00:1::78 * 00:03\n"

static struct xdhcp_leases parse(const char *text)
{
	struct xdhcp_leases leases;

	assert_int_equal(xdhcp_leases_parse(text, &leases, NULL), 0);
	return leases;
}

static void leases_are_read(void **state)
{
	struct xdhcp_leases leases = parse(WEB DB DUID SIX TEMPORARY);
	const struct xdhcp_lease *lease = leases.lease;
	char text[XN_ADDRESS_TEXT_MAX], mac[XN_MAC_TEXT];

	(void)state;
	assert_int_equal(leases.count, 4);
	assert_int_equal(leases.left_out, 0);
	assert_int_equal(lease[0].expires_s, 1796077132);
	assert_string_equal(xn_mac_format(&lease[0].mac, mac),
			    "00:16:3e:00:00:05");
	assert_string_equal(xn_address_text(&lease[0].address, text),
			    "10.0.0.77");
	assert_string_equal(lease[0].name, "web");
	assert_string_equal(lease[0].client, "");
	assert_string_equal(lease[1].name, "");
	assert_string_equal(lease[1].client, "01:00:16:3e:00:00:06");
	assert_false(lease[2].has_mac);
	assert_string_equal(lease[2].name, "web");
	assert_string_equal(xn_address_text(&lease[2].address, text),
			    "fd00:1::77");
	assert_true(xdhcp_lease_holds(&lease[2], UINT64_MAX)); /* no end */
	assert_true(xdhcp_lease_holds(&lease[0], 1796077131));
	assert_false(xdhcp_lease_holds(&lease[0], 1796077132));
	xdhcp_leases_fini(&leases);
}

static void what_is_no_lease_is_left_out(void **state)
{
	static const char *const bad[] = {
		"x 00:16:3e:00:00:05 10.0.0.77 web *\n",
		"-1 00:16:3e:00:00:05 10.0.0.77 web *\n",
		"99999999999999999999 00:16:3e:00:00:05 10.0.0.77 web *\n",
		"1 00:16:3e:00:00 10.0.0.77 web *\n",
		"1 06-00:16:3e:00:00:05 10.0.0.77 web *\n",
		"1 00:16:3e:00:00:05 10.0.0.777 web *\n",
		"1 00:16:3e:00:00:05 10.0.0.77 we_b *\n",
		"1 00:16:3e:00:00:05 10.0.0.77 \x1b[31m *\n",
		"1 00:16:3e:00:00:05 10.0.0.77 web.- *\n",
		"1 00:16:3e:00:00:05 10.0.0.77 web zz\n",
		"1 00:16:3e:00:00:05 10.0.0.77 web * more\n",
		"1 00:16:3e:00:00:05 10.0.0.77 web\n",
		"1 00:16:3e:00:00:05 fd00::1 web *\n",
		"1 X7 fd00::1 web *\n",
		"duid\n",
		"duid 1 2\n",
	};
	char longest[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[512];
		struct xdhcp_leases leases;

		(void)snprintf(text, sizeof(text), DB "%s" WEB, bad[i]);
		leases = parse(text);
		if (leases.count != 2 || leases.left_out != 1)
			fail_msg("%u leases with: %s", leases.count, bad[i]);
		xdhcp_leases_fini(&leases);
	}
	memset(longest, '0', sizeof(longest));
	longest[sizeof(longest) - 2] = '\n';
	longest[sizeof(longest) - 1] = '\0';
	{
		struct xdhcp_leases leases = parse(longest);

		assert_int_equal(leases.left_out, 1);
		xdhcp_leases_fini(&leases);
	}
}

/* The server may be about to write it. */
static void a_line_that_does_not_end_is_not_there(void **state)
{
	struct xdhcp_leases leases =
		parse(DB "1796077132 00:16:3e:00:00:05 10.0.0.7");

	(void)state;
	assert_int_equal(leases.count, 1);
	assert_int_equal(leases.left_out, 0);
	xdhcp_leases_fini(&leases);
	leases = parse("");
	assert_int_equal(leases.count, 0);
	xdhcp_leases_fini(&leases);
}

static void there_is_an_end_to_them(void **state)
{
	size_t bytes = sizeof(WEB) - 1, count = XDHCP_LEASES_MAX + 1;
	char *text = malloc(count * bytes + 1);
	struct xdhcp_leases leases = {.count = 7};
	struct xn_err err = {0};

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * bytes, WEB, bytes + 1);
	assert_int_equal(xdhcp_leases_parse(text, &leases, &err), -E2BIG);
	assert_int_equal(leases.count, 7);
	assert_true(err.set);
	text[(count - 1) * bytes] = '\0';
	assert_int_equal(xdhcp_leases_parse(text, &leases, NULL), 0);
	assert_int_equal(leases.count, XDHCP_LEASES_MAX);
	xdhcp_leases_fini(&leases);
	free(text);
}

static void files_are_read(void **state)
{
	char path[] = "/tmp/leases-XXXXXX", link[sizeof(path) + 5];
	int fd = mkstemp(path);
	struct xdhcp_leases leases;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, WEB DB, sizeof(WEB DB) - 1),
			 sizeof(WEB DB) - 1);
	assert_int_equal(xdhcp_leases_read(path, &leases, NULL), 0);
	assert_int_equal(leases.count, 2);
	xdhcp_leases_fini(&leases);
	(void)snprintf(link, sizeof(link), "%s-ln", path);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(xdhcp_leases_read(link, &leases, NULL), -ELOOP);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(ftruncate(fd, XDHCP_FILE_BYTES_MAX + 1), 0);
	assert_int_equal(xdhcp_leases_read(path, &leases, NULL), -EFBIG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(xdhcp_leases_read(path, &leases, NULL), 0);
	assert_int_equal(leases.count, 0);
	assert_int_equal(xdhcp_leases_read("/tmp", &leases, NULL), -EINVAL);
	assert_int_equal(close(fd), 0);
}

static struct xn_planeconf *read_conf(const char *text)
{
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("%s", xn_report_first(&report));
	return conf;
}

/* The leases that are left when [vif VIF] has 10.0.0.77. */
static void pruned(const char *vif, uint32_t gone, const char *left)
{
	char text[256], *kept;
	struct xnat_guests guests = {0};
	struct xn_planeconf *conf;
	uint32_t count;

	(void)snprintf(text, sizeof(text),
		       "[bridge b]\nmode=nat\naddress=10.0.0.1/24\ndhcp=on\n"
		       "[vif %s]\nip=10.0.0.77\n",
		       vif);
	conf = read_conf(text);
	assert_int_equal(xnat_guests_add_conf(&guests, conf), 0);
	assert_int_equal(xdhcp_leases_prune(WEB "?\n" DB DUID SIX,
					    &conf->bridge[0], &guests, &kept,
					    &count),
			 0);
	assert_int_equal(count, gone);
	if (left)
		assert_string_equal(kept, left);
	else
		assert_null(kept);
	free(kept);
	xnat_guests_fini(&guests);
	xn_planeconf_destroy(conf);
}

static void a_fixed_address_beats_anothers_lease(void **state)
{
	(void)state;
	pruned("00:16:3e:00:00:09", 1, "?\n" DB DUID SIX);
	pruned("later", 1, "?\n" DB DUID SIX);
	pruned("00:16:3e:00:00:05", 0, NULL);
}

static void forwards_follow_leases(void **state)
{
	struct xn_planeconf *conf =
		read_conf("[bridge b]\nmode=nat\naddress=10.0.0.1/24\n"
			  "[bridge c]\nmode=nat\naddress=10.0.0.2/24\n");
	struct xdhcp_leases leases = parse(WEB DB SIX);
	struct xn_nat_target web = {.by = XN_NAT_BY_NAME, .name = "web"};
	struct xn_nat_target db = {.by = XN_NAT_BY_MAC};
	struct xnat_guests guests = {0};
	struct xn_address address;
	char text[XN_ADDRESS_TEXT_MAX];

	(void)state;
	assert_int_equal(xn_mac_parse("00:16:3e:00:00:06", &db.mac), 0);
	/* The first has just ended. */
	assert_int_equal(
		xdhcp_leases_add_guests(&leases, "b", 1796077132, &guests), 0);
	assert_false(
		xnat_guest_find(&guests, &conf->bridge[0], &web, 4, &address));
	assert_true(
		xnat_guest_find(&guests, &conf->bridge[0], &db, 4, &address));
	assert_string_equal(xn_address_text(&address, text), "10.0.0.78");
	assert_false(
		xnat_guest_find(&guests, &conf->bridge[1], &db, 4, &address));
	assert_int_equal(xdhcp_leases_add_guests(&leases, "b", 1, &guests), 0);
	assert_true(
		xnat_guest_find(&guests, &conf->bridge[0], &web, 4, &address));
	assert_string_equal(xn_address_text(&address, text), "10.0.0.77");
	xnat_guests_fini(&guests);
	xdhcp_leases_fini(&leases);
	xn_planeconf_destroy(conf);
}

/* Who is known not to be there has none, whatever he still has a lease for. */
static void who_went_has_no_forward(void **state)
{
	struct xdhcp_leases leases = parse(WEB DB);
	struct xnat_guest db = {.name = "x", .has_mac = true};
	struct xnat_guests guests = {.complete = true};

	(void)state;
	assert_int_equal(xn_mac_parse("00:16:3e:00:00:06", &db.mac), 0);
	assert_int_equal(xnat_guests_add(&guests, &db), 0);
	assert_int_equal(xdhcp_leases_add_guests(&leases, "b", 1, &guests), 0);
	assert_int_equal(guests.count, 2);
	assert_true(xn_mac_equal(&guests.guest[1].mac, &db.mac));
	assert_int_equal(guests.guest[1].address_count, 1);
	xnat_guests_fini(&guests);
	xdhcp_leases_fini(&leases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leases_are_read),
		cmocka_unit_test(what_is_no_lease_is_left_out),
		cmocka_unit_test(a_line_that_does_not_end_is_not_there),
		cmocka_unit_test(there_is_an_end_to_them),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(a_fixed_address_beats_anothers_lease),
		cmocka_unit_test(forwards_follow_leases),
		cmocka_unit_test(who_went_has_no_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
