/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/ifupdown/defaults.h"

#define KEY "BRIDGE_DISABLE_LINKLOCAL_IPV6_ALSO_PHYS"

static void only_no_means_no(void **state)
{
	static const char *const quiet[] = {
		"",
		KEY "=yes\n",
		KEY "=\n",
		KEY "=nothing\n",
		"# " KEY "=no\n",
		"X" KEY "=no\n",
		KEY "=no\n" KEY "=yes\n",
		KEY "=",
	};
	static const char *const loud[] = {
		KEY "=no\n",
		KEY "=no",
		"BRIDGE_HOTPLUG=no\n  " KEY "=\"no\"\n",
		KEY "='no' # not wanted\n",
		KEY "=yes\n" KEY "=no;\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (!xn_ifup_defaults_parse(quiet[i]))
			fail_msg("\"%s\" means no", quiet[i]);
	for (size_t i = 0; i < sizeof(loud) / sizeof(loud[0]); i++)
		if (xn_ifup_defaults_parse(loud[i]))
			fail_msg("\"%s\" does not mean no", loud[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_no_means_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
