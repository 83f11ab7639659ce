/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares that nothing divides are warned of, each at its section; shares of an
 * uplink with a rate are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/parse/planeconf.h"

static struct xn_report report;

static void read_text(const char *text)
{
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("refused: %s", xn_report_first(&report));
	xn_planeconf_destroy(conf);
}

static void warned(const char *text, const char *words)
{
	read_text(text);
	assert_int_equal(report.count, 1);
	assert_true(report.problem[0].warning);
	assert_string_equal(report.problem[0].text, words);
}

static void quiet(const char *text)
{
	read_text(text);
	if (report.count)
		fail_msg("%s", report.problem[0].text);
}

#define NOT_IN_FORCE " it is not in force: there is nothing to divide"

static void a_bridge_says_its_own_rate(void **state)
{
	(void)state;
	warned("[bridge b]\nnetdev = eth0\nguarantee = 1Mb/s\n",
	       "t:1:1: warning: guarantee: without uplink-rate" NOT_IN_FORCE);
	warned("[bridge b]\nnetdev = eth0\nuplink-rate = off\nweight = 9\n",
	       "t:1:1: warning: weight: without uplink-rate" NOT_IN_FORCE);
	/* Another bridge's rate, or that of the other way, is none of it. */
	warned("[bridge b]\nnetdev = eth0\nguarantee = 1Mb/s\n"
	       "[bridge c]\nnetdev = eth1\nuplink-rate = 9Mb/s\n",
	       "t:1:1: warning: guarantee: without uplink-rate" NOT_IN_FORCE);
	warned("[bridge b]\nnetdev = eth0\nuplink-rate = 9Mb/s\n"
	       "weight-in = 9\n",
	       "t:1:1: warning: weight-in: without "
	       "uplink-rate-in" NOT_IN_FORCE);
	quiet("[bridge b]\nnetdev = eth0\nuplink-rate = 9Mb/s\n"
	      "guarantee = 1Mb/s\nweight = 9\n");
	quiet("[bridge b]\nnetdev = eth0\nuplink-rate-in = 9Mb/s\n"
	      "guarantee-in = 1Mb/s\n");
}

static void others_need_one_of_any_bridge(void **state)
{
	static const char mac[] =
		"[vif 00:16:3e:00:00:01]\nguarantee = 1Mb/s\n";

	(void)state;
	warned("[defaults]\nweight = 5\n",
	       "t:1:1: warning: weight: without uplink-rate of a "
	       "bridge" NOT_IN_FORCE);
	warned(mac, "t:1:1: warning: guarantee: without uplink-rate of a "
		    "bridge" NOT_IN_FORCE);
	quiet("[defaults]\nweight = 5\n"
	      "[vif web]\nguarantee = 1Mb/s\n"
	      "[bridge b]\nnetdev = eth0\nuplink-rate = 9Mb/s\n");
	/* What is limited everywhere needs no uplink. */
	quiet("[defaults]\nrate = 5Mb/s\nceiling = 6Mb/s\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bridge_says_its_own_rate),
		cmocka_unit_test(others_need_one_of_any_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
