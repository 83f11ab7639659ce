/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of guests' addresses and names: what each form means, what is
 * refused and where, and what contradicts itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/parse/planeconf.h"

#define BOTH                \
	"[bridge xennat]\n" \
	"mode = nat\n"      \
	"address = 10.0.0.1/24 fd00:1::1/64\n"
#define ONLY6 "[bridge x6]\nmode = nat\naddress = fd00:1::1/64\n"

static struct xn_report report;

static struct xn_planeconf *accepted(const char *before, const char *lines)
{
	struct xn_planeconf *conf = NULL;
	char text[2048];

	(void)snprintf(text, sizeof(text), "%s%s\n", before, lines);
	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("refused: %s", xn_report_first(&report));
	return conf;
}

static void right(const char *before, const char *lines)
{
	xn_planeconf_destroy(accepted(before, lines));
}

/* Refused at that place, with these words. */
static void wrong(const char *before, const char *lines, const char *place,
		  const char *words)
{
	struct xn_planeconf *conf = NULL;
	char text[2048];

	(void)snprintf(text, sizeof(text), "%s%s\n", before, lines);
	memset(&report, 0, sizeof(report));
	assert_int_equal(xn_planeconf_read_text("t", text, &conf, &report),
			 -EINVAL);
	if (!strstr(xn_report_first(&report), words) ||
	    strncmp(xn_report_first(&report), place, strlen(place)) != 0)
		fail_msg("'%s' is not '%s' at %s", xn_report_first(&report),
			 words, place);
}

static void range_is(const struct xn_dhcp_range *range, const char *first,
		     const char *last)
{
	char text[XN_ADDRESS_TEXT_MAX];

	assert_string_equal(xn_address_text(&range->first, text), first);
	assert_string_equal(xn_address_text(&range->last, text), last);
}

static void words_are_kept(void **state)
{
	struct xn_planeconf *conf = accepted(
		BOTH, "dhcp = 10.0.0.100-10.0.0.199 10.0.0.9-10.0.0.9\n"
		      "lease-time = 12h\n"
		      "ra = on\n"
		      "dns = on\n"
		      "domain = guests.example");
	const struct xn_planeconf_bridge *bridge = &conf->bridge[0];
	const struct xn_conf_dhcp *dhcp = &bridge->dhcp_server;

	(void)state;
	assert_false(dhcp->on);
	assert_int_equal(dhcp->range_count, 2);
	range_is(&dhcp->range[0], "10.0.0.100", "10.0.0.199");
	range_is(&dhcp->range[1], "10.0.0.9", "10.0.0.9");
	assert_int_equal(dhcp->lease_s, 43200);
	assert_string_equal(dhcp->domain, "guests.example");
	assert_true(xn_dhcp_gives4(bridge) && xn_dhcp_gives6(bridge));
	assert_true(xn_dhcp_answers_names(bridge));
	xn_planeconf_destroy(conf);
}

static void on_is_the_longer_run_beside_the_bridge(void **state)
{
	static const struct {
		const char *address, *first, *last;
	} cases[] = {
		{"10.0.0.1/24", "10.0.0.2", "10.0.0.254"},
		{"10.0.0.254/24", "10.0.0.1", "10.0.0.253"},
		{"10.0.0.200/24", "10.0.0.1", "10.0.0.199"},
		{"10.0.0.1/30", "10.0.0.2", "10.0.0.2"},
		/* As far as the pool has room. */
		{"10.0.0.1/8", "10.0.0.2", "10.0.64.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xn_dhcp_range range[XN_DHCP_RANGES_MAX];
		struct xn_planeconf *conf;
		char text[128];

		(void)snprintf(text, sizeof(text),
			       "[bridge b]\nmode=nat\naddress=%s\ndhcp=on",
			       cases[i].address);
		conf = accepted("", text);
		assert_int_equal(xn_dhcp_ranges(&conf->bridge[0], range), 1);
		range_is(&range[0], cases[i].first, cases[i].last);
		xn_planeconf_destroy(conf);
	}
}

static void what_is_unsaid_follows(void **state)
{
	static const struct {
		const char *before, *lines;
		bool gives4, gives6, names;
	} cases[] = {
		{BOTH, "", false, false, false},
		{BOTH, "dhcp = off", false, false, false},
		{BOTH, "dhcp = on", true, true, true},
		{BOTH, "dhcp = on\nra = off", true, false, true},
		{BOTH, "ra = on", false, true, true},
		{BOTH, "dns = on", false, false, true},
		{BOTH, "dhcp = on\ndns = off", true, true, false},
		{ONLY6, "dhcp = on", false, true, true},
		{"[bridge b]\naddress = 10.0.0.1/24\n", "dhcp = on", true,
		 false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xn_planeconf *conf =
			accepted(cases[i].before, cases[i].lines);
		const struct xn_planeconf_bridge *b = &conf->bridge[0];

		if (xn_dhcp_gives4(b) != cases[i].gives4 ||
		    xn_dhcp_gives6(b) != cases[i].gives6 ||
		    xn_dhcp_answers_names(b) != cases[i].names ||
		    xn_dhcp_wanted(b) != (cases[i].gives4 || cases[i].gives6 ||
					  cases[i].names))
			fail_msg("case %zu: %s", i, cases[i].lines);
		xn_planeconf_destroy(conf);
	}
}

static void wrong_words_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{"dhcp = yes", "t:4:8: dhcp=yes: on, off or ranges"},
		{"dhcp = 10.0.0.5", "t:4:8: dhcp=10.0.0.5: on, off or"},
		{"dhcp = 10.0.0.9-10.0.0.5", "t:4:8: dhcp="},
		{"dhcp = 10.0.0.5-fd00:1::9", "t:4:8: dhcp="},
		{"dhcp = fd00:1::5-fd00:1::9", "IPv6 has ra, and ip of a vif"},
		{"dhcp = 10.0.0.5-10.0.0.9/24", "t:4:8: dhcp="},
		{"dhcp = 10.0.0.5-10.0.0.9 on", "t:4:26: dhcp=on"},
		{"dhcp = 10.0.0.2-10.0.0.2 10.0.0.3-10.0.0.3 "
		 "10.0.0.4-10.0.0.4 10.0.0.5-10.0.0.5 10.0.0.6-10.0.0.6 "
		 "10.0.0.7-10.0.0.7 10.0.0.8-10.0.0.8 10.0.0.9-10.0.0.9 "
		 "10.0.0.10-10.0.0.10",
		 "more than 8 ranges"},
		{"lease-time = 1", "t:4:14: lease-time=1: a time"},
		{"lease-time = 119s", "lease-time=119s"},
		{"lease-time = 366d", "lease-time=366d"},
		{"lease-time = 1w", "lease-time=1w"},
		{"lease-time = h", "lease-time=h"},
		{"lease-time = 00000000000000001h", "a time"},
		{"ra = stateful", "t:4:6: ra=stateful: on or off"},
		{"dns = 192.0.2.1", "dns=192.0.2.1: on or off"},
		{"domain = -a.b", "t:4:10: domain=-a.b: a domain"},
		{"domain = a..b", "domain=a..b"},
		{"domain = a_b", "domain=a_b"},
		{"domain = a/b", "domain=a/b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		wrong(BOTH, bad[i][0], "t:4:", bad[i][1]);
	right(BOTH, "dhcp = on\nlease-time = 120s");
	right(BOTH, "dhcp = on\nlease-time = 365d");
	wrong(BOTH, "dhcp = on\ndhcp = on", "t:5:1", "said twice");
}

static void ranges_fit_the_bridge(void **state)
{
	(void)state;
	wrong(BOTH, "dhcp = 10.0.1.5-10.0.1.9", "t:4:8", "not within one");
	wrong(BOTH, "dhcp = 10.0.0.5-10.0.1.9", "t:4:8", "not within one");
	wrong(BOTH, "dhcp = 10.0.0.0-10.0.0.0", "t:4:8", "the network's own");
	wrong(BOTH, "dhcp = 10.0.0.9-10.0.0.255", "t:4:8", "broadcast");
	wrong(BOTH, "dhcp = 10.0.0.1-10.0.0.9", "t:4:8", "bridge's own");
	wrong(BOTH, "dhcp = 10.0.0.2-10.0.0.9 10.0.0.9-10.0.0.20", "t:4:8",
	      "two ranges");
	wrong("[bridge b]\nmode=nat\naddress=10.0.0.1/16\n",
	      "dhcp = 10.0.0.2-10.0.200.1", "t:4:8", "more than 16384");
	wrong("[bridge b]\nmode=nat\naddress=10.0.0.1/32\n", "dhcp = on",
	      "t:4:8", "no room");
	wrong(ONLY6, "dhcp = on\nra = off", "t:4:8", "nothing to give");
	right(BOTH, "dhcp = 10.0.0.2-10.0.0.9 10.0.0.10-10.0.0.20");
}

static void only_a_bridge_of_ones_own_serves(void **state)
{
	(void)state;
	wrong("[bridge b]\nmode=routed\naddress=10.0.0.1/24\n", "dhcp = on",
	      "t:4:8", "mode=routed");
	wrong("[bridge b]\nnetdev=eth0\naddress=10.0.0.1/24\n", "dhcp = on",
	      "t:4:8", "servers of its own");
	wrong("[bridge b]\naddress=dhcp\n", "dns = on", "t:3:7",
	      "addresses of its own");
	wrong("[bridge b]\n", "domain = a", "t:2:10", "addresses of its own");
	wrong("[bridge b,c]\naddress=10.0.0.1/24\n", "dhcp = on", "t:3:8",
	      "letters");
	right("[bridge b]\naddress=10.0.0.1/24\n", "dhcp = on");
}

static void what_hangs_on_others_is_said_with_them(void **state)
{
	(void)state;
	wrong("[bridge b]\nmode=nat\naddress=10.0.0.1/24\n", "ra = on", "t:4:6",
	      "no IPv6");
	wrong("[bridge b]\nmode=nat\naddress=fd00::1/48\n", "dhcp = on",
	      "t:4:8", "/48 is too much");
	wrong(BOTH, "lease-time = 1h\ndns = on", "t:4:14", "only with dhcp");
	wrong(BOTH, "domain = lan", "t:4:10", "only with dhcp, ra or dns");
	right("[bridge b]\nmode=nat\naddress=fd00::1/80\n", "dhcp = on");
	assert_int_equal(report.count, 1); /* a warning */
	assert_non_null(strstr(report.problem[0].text, "DHCPv6"));
}

static void guests_addresses_do_not_collide(void **state)
{
	(void)state;
	wrong(BOTH, "dhcp=on\n[vif 00:16:3e:00:00:01]\nip=10.0.0.1",
	      "t:5:", "ip: 10.0.0.1 is [bridge xennat]'s own");
	wrong(BOTH, "dhcp=on\n[vif web]\nip=10.0.0.255",
	      "t:5:", "no host's in [bridge xennat]");
	wrong(BOTH,
	      "dhcp=on\n[vif 00:16:3e:00:00:01]\nip=10.0.0.5\n"
	      "[vif 00:16:3e:00:00:02]\nip=10.0.0.5",
	      "t:7:", "of the vif at t:5");
	wrong(BOTH, "dhcp=on\n[vif a]\nip=fd00:1::5\n[vif b]\nip=fd00:1::5",
	      "t:7:", "of the vif at t:5");
	/* One guest's two sections; a network; without anybody who gives. */
	right(BOTH, "dhcp=on\n[vif web]\nip=10.0.0.5\n"
		    "[vif 00:16:3e:00:00:02]\nip=10.0.0.5");
	right(BOTH, "dhcp=on\n[vif a]\nip=10.0.0.0/25\n[vif b]\n"
		    "ip=10.0.0.0/25");
	right(BOTH, "[vif a]\nip=10.0.0.5\n[vif b]\nip=10.0.0.5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_kept),
		cmocka_unit_test(on_is_the_longer_run_beside_the_bridge),
		cmocka_unit_test(what_is_unsaid_follows),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(ranges_fit_the_bridge),
		cmocka_unit_test(only_a_bridge_of_ones_own_serves),
		cmocka_unit_test(what_hangs_on_others_is_said_with_them),
		cmocka_unit_test(guests_addresses_do_not_collide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
