/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A daemon in which nobody gives addresses: after an upgrade that failed there
 * may be no such part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netconf/daemon/dhcp.h"

static void without_it_there_are_no_leases(void **state)
{
	struct xn_err err = {0};

	(void)state;
	assert_null(xn_dhcp_describe(NULL, NULL, &err));
	assert_true(err.set);
	assert_null(xn_dhcp_describe(NULL, "xennat", NULL));
	assert_false(xn_dhcp_lease_of(NULL, NULL, NULL));
	xn_dhcp_look(NULL);
	xn_dhcp_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_it_there_are_no_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
