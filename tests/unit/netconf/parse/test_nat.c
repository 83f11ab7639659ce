/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT's keys of xenplane.conf: what each form means, what is refused and
 * where, and what contradicts itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/parse/planeconf.h"

#define BRIDGE              \
	"[bridge xennat]\n" \
	"mode = nat\n"      \
	"address = 10.0.0.1/24 fd00:1::1/64\n"

static struct xn_report report;

static struct xn_planeconf *accepted(const char *line)
{
	struct xn_planeconf *conf = NULL;
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s%s\n", BRIDGE, line);
	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("refused: %s", xn_report_first(&report));
	return conf;
}

static void right(const char *line)
{
	xn_planeconf_destroy(accepted(line));
}

/* The line, which is the fourth, is refused with these words. */
static void wrong(const char *line, const char *words)
{
	struct xn_planeconf *conf = NULL;
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s%s\n", BRIDGE, line);
	memset(&report, 0, sizeof(report));
	assert_int_equal(xn_planeconf_read_text("t", text, &conf, &report),
			 -EINVAL);
	if (!strstr(xn_report_first(&report), words) ||
	    strncmp(xn_report_first(&report), "t:", 2) != 0)
		fail_msg("'%s' is not '%s'", xn_report_first(&report), words);
}

static void forwards_are_kept(void **state)
{
	struct xn_planeconf *conf = accepted(
		"forward = tcp+udp 192.0.2.1:8000-8010 -> web:9000-9010 from "
		"198.51.100.0/24 203.0.113.7\n"
		"forward = udp [2001:db8::1]:53 -> [fd00:1::5]\n"
		"forward = tcp 22 -> 00:16:3e:00:00:01:2222");
	const struct xn_nat_forward *f = conf->bridge[0].nat.forward;
	char text[XN_NAT_NAME_MAX];

	(void)state;
	assert_int_equal(conf->bridge[0].nat.forward_count, 3);
	assert_int_equal(f[0].protocols, XN_NAT_TCP | XN_NAT_UDP);
	assert_true(f[0].has_at);
	assert_int_equal(f[0].port_first, 8000);
	assert_int_equal(f[0].port_last, 8010);
	assert_int_equal(f[0].to_first, 9000);
	assert_string_equal(f[0].to.name, "web");
	assert_int_equal(f[0].source_count, 2);
	assert_int_equal(f[0].source[0].prefix, 24);
	assert_int_equal(f[1].at.family, 6);
	assert_int_equal(f[1].to_first, 53);
	assert_string_equal(xn_nat_target_text(&f[1].to, text), "[fd00:1::5]");
	assert_int_equal(f[2].to.by, XN_NAT_BY_MAC);
	assert_int_equal(f[2].to_first, 2222);
	assert_string_equal(xn_nat_target_text(&f[2].to, text),
			    "00:16:3e:00:00:01");
	xn_planeconf_destroy(conf);
}

static void other_keys_are_kept(void **state)
{
	struct xn_planeconf *conf =
		accepted("masquerade = 192.0.2.1 2001:db8::1\n"
			 "connections = 100\n"
			 "one-to-one = 192.0.2.7 -> web");
	const struct xn_conf_nat *nat = &conf->bridge[0].nat;

	(void)state;
	assert_int_equal(nat->behind_count, 2);
	assert_int_equal(nat->connections, 100);
	assert_int_equal(nat->pair_count, 1);
	assert_int_equal(nat->nat6, XN_NAT6_MASQUERADE);
	xn_planeconf_destroy(conf);
	conf = accepted("nat6 = prefix 2001:db8:7::/64\nmasquerade = off");
	nat = &conf->bridge[0].nat;
	assert_true(nat->masquerade_off);
	assert_int_equal(nat->nat6, XN_NAT6_PREFIX);
	assert_int_equal(nat->prefix6.prefix, 64);
	assert_int_equal(nat->connections, XN_NAT_CONNECTIONS_DEFAULT);
	xn_planeconf_destroy(conf);
	right("nat6 = routed\nconnections = off\nmasquerade = on");
}

static void forwards_that_say_nothing_are_refused(void **state)
{
	(void)state;
	wrong("forward = tcp 22 web", "PROTOCOL [ADDRESS:]PORTS -> GUEST");
	wrong("forward = sctp 22 -> web", "tcp, udp or tcp+udp");
	wrong("forward = tcp 0 -> web", "ports from 1 to 65535");
	wrong("forward = tcp 65536 -> web", "ports from 1 to 65535");
	wrong("forward = tcp 90-80 -> web", "ports from 1 to 65535");
	wrong("forward = tcp 2001:db8::1:22 -> web", "ports from 1 to 65535");
	wrong("forward = tcp [192.0.2.1]:22 -> web", "ports from 1 to 65535");
	wrong("forward = tcp 224.0.0.1:22 -> web", "ports from 1 to 65535");
	wrong("forward = tcp 22 -> web:0", "as many as the host's");
	wrong("forward = tcp 22-23 -> web:80-82", "as many as the host's");
	wrong("forward = tcp 1-10 -> web:65530", "as many as the host's");
	wrong("forward = tcp 1-2000 -> web:3000", "at most 1024 ports");
	wrong("forward = tcp 22 -> 10.0.0", "a guest's name, its MAC");
	wrong("forward = tcp 22 -> fd00:1::5", "a guest's name, its MAC");
	wrong("forward = tcp 22 -> [10.0.0.5]", "a guest's name, its MAC");
	wrong("forward = tcp 22 -> 01:00:5e:00:00:01", "a guest's name");
	wrong("forward = tcp 22 -> we/b", "a guest's name, its MAC");
	wrong("forward = tcp 22 -> web from", "`from' and networks");
	wrong("forward = tcp 22 -> web 10.0.0.0/8", "`from' and networks");
	wrong("forward = tcp 22 -> web from 10.0.0.1/8", "behind `from'");
	wrong("forward = tcp 192.0.2.1:22 -> [fd00:1::5]",
	      "do not go together");
	wrong("forward = tcp 192.0.2.1:22 -> web from 2001:db8::/32",
	      "do not go together");
	wrong("forward = tcp 22 -> web from 1.0.0.0/8 2.0.0.0/8 3.0.0.0/8 "
	      "4.0.0.0/8 5.0.0.0/8 6.0.0.0/8 7.0.0.0/8 8.0.0.0/8 9.0.0.0/8",
	      "more than 8 networks");
	wrong("forward = tcp 22 -> 10.1.0.5", "in no network of");
}

static void two_that_want_the_same_are_refused(void **state)
{
	(void)state;
	wrong("forward = tcp 80 -> web\nforward = tcp+udp 70-90 -> db",
	      "the one at t:4 wants some of the same");
	right("forward = tcp 80 -> web\nforward = udp 80 -> db");
	right("forward = tcp 192.0.2.1:80 -> web\n"
	      "forward = tcp 192.0.2.2:80 -> db");
	wrong("forward = tcp 192.0.2.1:80 -> web\nforward = tcp 80 -> db",
	      "wants some of the same");
	right("forward = tcp 80 -> 10.0.0.5\nforward = tcp 80 -> [fd00:1::5]");
	right("forward = tcp 80 -> web\n"
	      "forward = tcp 80 -> db from 192.0.2.0/24");
	right("forward = tcp 80 -> web from 198.51.100.0/24\n"
	      "forward = tcp 80 -> db from 192.0.2.0/24");
	wrong("forward = tcp 80 -> web from 192.0.0.0/16\n"
	      "forward = tcp 80 -> db from 192.0.2.0/24",
	      "wants some of the same");
	wrong("one-to-one = 192.0.2.7 -> web\none-to-one = 192.0.2.7 -> db",
	      "has this address or guest");
	wrong("one-to-one = 192.0.2.7 -> web\none-to-one = 192.0.2.8 -> web",
	      "has this address or guest");
}

static void other_keys_are_refused(void **state)
{
	(void)state;
	wrong("masquerade = maybe", "on, off, or one address");
	wrong("masquerade = 192.0.2.1 192.0.2.2", "on, off, or one address");
	wrong("masquerade = 127.0.0.1", "on, off, or one address");
	wrong("masquerade = on\nmasquerade = off", "said twice");
	wrong("nat6 = prefix", "masquerade, routed, or prefix");
	wrong("nat6 = prefix 2001:db8::1/64", "masquerade, routed, or prefix");
	wrong("nat6 = prefix 10.0.0.0/8", "masquerade, routed, or prefix");
	wrong("nat6 = prefix 2001:db8::/48", "no IPv6 address with /48");
	wrong("nat6 = routed\nmasquerade = 2001:db8::1",
	      "goes with nat6=masquerade only");
	wrong("connections = 15", "a number from 16");
	wrong("one-to-one = 192.0.2.7 web", "ADDRESS -> GUEST");
	wrong("one-to-one = 192.0.2.7 -> web:80", "ADDRESS -> GUEST");
	wrong("one-to-one = 192.0.2.7 -> [fd00:1::5]", "do not go together");
	wrong("one-to-one = 10.0.0.7 -> web", "one of the guests' network");
	wrong("one-to-one = 192.0.2.7 -> 10.1.0.5", "in no network of");
	wrong("[bridge b]\nmasquerade = on", "only with mode=nat");
	wrong("[bridge b]\nforward = tcp 22 -> web", "only with mode=nat");
	wrong("[bridge b]\nmode = nat\naddress = 10.1.0.1/24\nnat6 = routed",
	      "the bridge has no IPv6 address");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards_are_kept),
		cmocka_unit_test(other_keys_are_kept),
		cmocka_unit_test(forwards_that_say_nothing_are_refused),
		cmocka_unit_test(two_that_want_the_same_are_refused),
		cmocka_unit_test(other_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
