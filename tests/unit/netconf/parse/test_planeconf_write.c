/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration written and read back is the same; what cannot be kept is
 * said. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/parse/planeconf.h"
#include "netconf/parse/planeconf_write.h"

static struct xn_err err;

static struct xn_planeconf *read_text(const char *text)
{
	static struct xn_report report;
	struct xn_planeconf *conf;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("f", text, &conf, &report) < 0)
		fail_msg("%s\nin:\n%s", xn_report_first(&report), text);
	return conf;
}

static char *write_again(const char *text)
{
	struct xn_planeconf *conf = read_text(text);
	char *written;

	assert_int_equal(xn_planeconf_write(conf, &written, &err), 0);
	xn_planeconf_destroy(conf);
	return written;
}

/* Written, read and written once more: nothing is lost on the way. */
static void expect(const char *text, const char *wanted)
{
	char *once = write_again(text);
	char *twice = write_again(once);

	assert_string_equal(once, wanted);
	assert_string_equal(twice, wanted);
	free(twice);
	free(once);
}

static void every_key_is_written(void **state)
{
	(void)state;
	expect("# comment\n[defaults]\nrate = 1Mb/s\n"
	       "[bridge xenbr0]\nnetdev=eth0\nstyle = old\nvifnum=3\n"
	       "address = 192.0.2.1/24   2001:DB8:0::1/64\n"
	       "gateway = 192.0.2.254 2001:db8::fe\n"
	       "mtu = 9000\nstp=on\n"
	       "stp-priority = 1\nforward-delay=2.5\nhello-time=1\n"
	       "max-age=6.05\nageing=0\nnetdev-cost=1\nnetdev-priority=0\n"
	       "multicast-snooping=on\nmulticast-querier=on\n"
	       "vlan-filtering=on\nvlan-default-pvid=0\nisolated = on\n"
	       "uplink-rate=1Gb/s\nuplink-rate-in=off\n"
	       "[bridge xenbr1]\nmac = 00:16:3E:00:00:01\n",
	       "[defaults]\nrate = 1Mb/s\n"
	       "[bridge xenbr0]\nnetdev = eth0\nstyle = old\nvifnum = 3\n"
	       "address = 192.0.2.1/24 2001:db8::1/64\n"
	       "gateway = 192.0.2.254 2001:db8::fe\n"
	       "mtu = 9000\nstp = on\n"
	       "stp-priority = 1\nforward-delay = 2.50\nhello-time = 1.00\n"
	       "max-age = 6.05\nageing = 0.00\nnetdev-cost = 1\n"
	       "netdev-priority = 0\nmulticast-snooping = on\n"
	       "multicast-querier = on\nvlan-filtering = on\n"
	       "vlan-default-pvid = 0\n"
	       "uplink-rate = 125000000B/s\nuplink-rate-in = off\n"
	       "isolated = on\n"
	       "[bridge xenbr1]\nmac = 00:16:3e:00:00:01\n");
}

static void what_is_said_to_be_nothing_is_kept_so(void **state)
{
	(void)state;
	expect("", "");
	expect("[bridge a]\n", "[bridge a]\n");
	expect("[bridge a]\naddress = none\nstp = off\n",
	       "[bridge a]\naddress = none\nstp = off\n");
	expect("[bridge a]\naddress = auto6 dhcp 10.0.0.1/8\n",
	       "[bridge a]\naddress = dhcp auto6 10.0.0.1/8\n");
	expect("[bridge a]\ngateway = none\n", "[bridge a]\ngateway = none\n");
	expect("[bridge a]\nmode = nat\naddress = 10.0.0.1/24\n"
	       "[bridge b]\nmode = routed\nprefix = 10.0.0.0/8 fd00::/8\n",
	       "[bridge a]\nmode = nat\naddress = 10.0.0.1/24\n"
	       "[bridge b]\nmode = routed\nprefix = 10.0.0.0/8 fd00::/8\n");
}

static void what_is_said_of_nat_is_kept(void **state)
{
	static const char all[] =
		"[bridge a]\nmode = nat\naddress = 10.0.0.1/24 fd00:1::1/64\n"
		"masquerade = 192.0.2.1\n"
		"nat6 = prefix 2001:db8:7::/64\nconnections = 100\n"
		"forward = tcp+udp 192.0.2.1:8000-8010 -> web:9000-9010 from "
		"198.51.100.0/24 203.0.113.7\n"
		"forward = udp [2001:db8::1]:53 -> [fd00:1::5]\n"
		"forward = tcp 22 -> 00:16:3e:00:00:01:2222\n"
		"forward = tcp 70-80 -> 10.0.0.7\n"
		"one-to-one = 192.0.2.7 -> web\n"
		"one-to-one = 2001:db8::7 -> [fd00:1::7]\n";

	(void)state;
	expect(all, all);
	expect("[bridge a]\nmode=nat\naddress=fd00::1/64\nnat6 = routed\n"
	       "masquerade=off\nconnections=off\n",
	       "[bridge a]\nmode = nat\naddress = fd00::1/64\n"
	       "masquerade = off\nnat6 = routed\nconnections = off\n");
	expect("[bridge a]\nmode=nat\naddress=10.0.0.1/24 fd00::1/64\n"
	       "nat6=masquerade\nmasquerade=192.0.2.1   2001:DB8::1\n",
	       "[bridge a]\nmode = nat\naddress = 10.0.0.1/24 fd00::1/64\n"
	       "masquerade = 192.0.2.1 2001:db8::1\nnat6 = masquerade\n");
	expect("[bridge a]\nmode=nat\naddress=10.0.0.1/24\nmasquerade=on\n",
	       "[bridge a]\nmode = nat\naddress = 10.0.0.1/24\n"
	       "masquerade = on\n");
}

static void what_is_said_of_guests_addresses_is_kept(void **state)
{
	static const char all[] =
		"[bridge a]\nmode = nat\naddress = 10.0.0.1/24 fd00:1::1/64\n"
		"dhcp = 10.0.0.10-10.0.0.20 10.0.0.30-10.0.0.30\n"
		"lease-time = 7200s\nra = on\ndns = on\n"
		"domain = guests.example\n";

	(void)state;
	expect(all, all);
	expect("[bridge a]\naddress=10.0.0.1/24\ndhcp=on\nlease-time=2h\n"
	       "dns=off\n",
	       "[bridge a]\naddress = 10.0.0.1/24\ndhcp = on\n"
	       "lease-time = 7200s\ndns = off\n");
	expect("[bridge a]\naddress=fd00::1/64\nra=off\ndhcp=off\ndns=on\n",
	       "[bridge a]\naddress = fd00::1/64\ndhcp = off\nra = off\n"
	       "dns = on\n");
}

static void what_is_said_of_vifs_is_kept(void **state)
{
	static const char all[] =
		"[defaults]\nfastpath = off\nrate = 10Mb/s@20000us\n"
		"[bridge a]\nantispoof = on\nstorm = 1000\nweight = 30\n"
		"[bridge b]\n"
		"[vif web]\nfastpath = on\noffload = off\nantispoof = off\n"
		"isolated = off\ncarrier = off\nbpdu = drop\nstorm = off\n"
		"rate = 8Mb/s@10000us\nburst = 200KB\nceiling = 20Mb/s\n"
		"guarantee = 1Mb/s\nweight = 100\nrate-in = 2Mb/s\n"
		"burst-in = off\nceiling-in = 3Mb/s\nguarantee-in = off\n"
		"weight-in = 1\npolice = on\nip = 10.0.0.5 10.0.1.0/24 "
		"fd00:1::5\n"
		"repair = off\n"
		"[vif 00:16:3e:00:00:01]\nrate = off\nip = none\n"
		"[vif nothing]\n";

	(void)state;
	expect(all, all);
	expect("[vif 00:16:3E:00:00:01]\nip = FD00::1/128  10.0.0.5/32\n",
	       "[vif 00:16:3e:00:00:01]\nip = fd00::1 10.0.0.5\n");
	expect("[defaults]\n", "[defaults]\n");
}

/* More than can be read back is not written. */
static void too_much_is_refused(void **state)
{
	struct xn_planeconf conf = {.vif_count = XN_PLANECONF_VIFS_MAX};
	char *text = NULL;

	(void)state;
	conf.vif = calloc(conf.vif_count, sizeof(*conf.vif));
	assert_non_null(conf.vif);
	for (uint32_t i = 0; i < conf.vif_count; i++) {
		struct xn_settings *settings = &conf.vif[i].settings;

		(void)snprintf(conf.vif[i].name, sizeof(conf.vif[i].name),
			       "v%u", i);
		settings->said = 1u << XN_SETTING_IP | 1u << XN_SETTING_RATE;
		settings->address_count = 6;
		for (int k = 0; k < 6; k++) {
			settings->address[k].family = 6;
			settings->address[k].prefix = 128;
			memset(settings->address[k].octet, 0xfd, 16);
			settings->address[k].octet[2] = (uint8_t)i;
			settings->address[k].octet[3] = (uint8_t)(i >> 8);
			settings->address[k].octet[4] = (uint8_t)k;
		}
	}
	assert_int_equal(xn_planeconf_write(&conf, &text, &err), -EFBIG);
	assert_null(text);
	conf.vif_count = 3000;
	assert_int_equal(xn_planeconf_write(&conf, &text, &err), 0);
	assert_true(strlen(text) > 10 * (size_t)65536);
	free(text);
	free(conf.vif);
}

/* Each address is longer when it is printed than it was written. */
static void a_line_that_becomes_too_long_is_refused(void **state)
{
	char text[400] = "[bridge a]\naddress =";
	struct xn_planeconf *conf;
	char *written = NULL;
	size_t length = strlen(text);

	(void)state;
	for (int i = 0; i < 16; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   " ::ff%x:ffff/128", i);
	(void)strcat(text, "\n");
	conf = read_text(text);
	err.set = false;
	assert_int_equal(xn_planeconf_write(conf, &written, &err), -EFBIG);
	assert_null(written);
	assert_non_null(strstr(xn_err_text(&err), "cannot be kept"));
	xn_planeconf_destroy(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_written),
		cmocka_unit_test(what_is_said_to_be_nothing_is_kept_so),
		cmocka_unit_test(what_is_said_of_nat_is_kept),
		cmocka_unit_test(what_is_said_of_guests_addresses_is_kept),
		cmocka_unit_test(what_is_said_of_vifs_is_kept),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(a_line_that_becomes_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
