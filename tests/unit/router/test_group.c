/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of routed vifs from xenplane.conf, and what they let a vif have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/parse/planeconf.h"
#include "router/group.h"
#include "tests/unit/router/words.h"

static const char file[] = "[bridge hosting]\n"
			   "mode = routed\n"
			   "netdev = eth1\n"
			   "address = 192.0.2.1/24 2001:db8::1/64\n"
			   "prefix = 192.0.2.0/24 2001:db8::/48\n"
			   "[bridge open]\n"
			   "mode = routed\n"
			   "antispoof = off\n"
			   "[bridge xenbr0]\n"
			   "address = 10.0.0.1/24\n";

static bool find(const char *name, struct xrt_group *group)
{
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;
	bool found;

	report = (struct xn_report){0};
	assert_int_equal(xn_planeconf_read_text("f", file, &conf, &report), 0);
	found = xrt_group_find(conf, name, group);
	xn_planeconf_destroy(conf);
	return found;
}

static void groups_are_told_from_bridges(void **state)
{
	struct xrt_group group;

	(void)state;
	assert_true(find("hosting", &group));
	assert_string_equal(group.netdev, "eth1");
	assert_int_equal(group.local_count, 2);
	assert_int_equal(group.local[0].prefix, 32);
	assert_int_equal(group.local[1].prefix, 128);
	assert_int_equal(group.prefix_count, 2);
	assert_false(group.spoofs);
	assert_true(find("open", &group));
	assert_true(group.spoofs);
	assert_false(find("xenbr0", &group));
	assert_false(find("none", &group));
}

static int apply(const char *name, const char *guest,
		 const struct xrt_uplink *uplink, struct xrt_wish *wish)
{
	struct xrt_group group = {.name = ""};
	struct xn_err err = {0};
	int rc;

	*wish = (struct xrt_wish){0};
	wish->guest_count = addresses(guest, wish->guest);
	if (name)
		assert_true(find(name, &group));
	rc = xrt_group_apply(&group, uplink, wish, &err);
	assert_int_equal(rc < 0, err.set);
	return rc;
}

static void only_the_prefixes_of_the_group(void **state)
{
	static const struct xrt_uplink none;
	struct xrt_wish wish;

	(void)state;
	assert_int_equal(
		apply("hosting", "192.0.2.7 2001:db8:0:7::/64", &none, &wish),
		0);
	assert_int_equal(wish.local_count, 2);
	assert_int_equal(apply("hosting", "192.0.3.7", &none, &wish), -EPERM);
	assert_int_equal(apply("hosting", "2001:db9::1", &none, &wish), -EPERM);
	/* More than the prefix, and the host's own. */
	assert_int_equal(apply("hosting", "192.0.0.0/16", &none, &wish),
			 -EPERM);
	assert_int_equal(apply("hosting", "192.0.2.1", &none, &wish), -EPERM);
	assert_int_equal(apply("hosting", "192.0.2.0/28", &none, &wish),
			 -EPERM);
}

static void without_an_address_it_is_the_way_out_s(void **state)
{
	struct xrt_uplink uplink = {.link.name = "eth0"};
	struct xrt_wish wish;

	(void)state;
	assert_int_equal(apply(NULL, "192.0.2.7", &uplink, &wish),
			 -EADDRNOTAVAIL);
	assert_int_equal(apply(NULL, "", &uplink, &wish), -EADDRNOTAVAIL);
	/* Who speaks IPv6 only needs none. */
	assert_int_equal(apply(NULL, "2001:db8::7", &uplink, &wish), 0);
	assert_int_equal(wish.local_count, 0);
	uplink.has_ipv4 = true;
	uplink.ipv4[0] = 198;
	assert_int_equal(apply("open", "10.0.0.7", &uplink, &wish), 0);
	assert_int_equal(wish.local_count, 1);
	assert_int_equal(wish.local[0].octet[0], 198);
	assert_int_equal(wish.local[0].prefix, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_told_from_bridges),
		cmocka_unit_test(only_the_prefixes_of_the_group),
		cmocka_unit_test(without_an_address_it_is_the_way_out_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
