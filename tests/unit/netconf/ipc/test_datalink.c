/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lengths and names of the datalink and the statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/ipc/datalink.h"
#include "netconf/ipc/stats.h"

static void every_message_has_its_length(void **state)
{
	(void)state;
	assert_int_equal(xn_dl_length(XN_DL_HELLO), sizeof(struct xn_dl_hello));
	assert_int_equal(xn_dl_length(XN_DL_VIF_ADD),
			 sizeof(struct xn_dl_vif_add));
	assert_int_equal(xn_dl_length(XN_DL_VIF_DEL),
			 sizeof(struct xn_dl_vif_del));
	assert_int_equal(xn_dl_length(XN_DL_PORT), sizeof(struct xn_dl_port));
	assert_int_equal(xn_dl_length(XN_DL_BRIDGE),
			 sizeof(struct xn_dl_bridge));
	assert_int_equal(xn_dl_length(XN_DL_OUTSIDE),
			 sizeof(struct xn_dl_outside));
	assert_int_equal(xn_dl_length(XN_DL_STATIONS_GET),
			 sizeof(struct xn_dl_stations_get));
	assert_int_equal(xn_dl_length(XN_DL_POLICY),
			 sizeof(struct xn_dl_policy));
	assert_int_equal(xn_dl_length(XN_DL_VIF_STALL),
			 sizeof(struct xn_dl_vif_stall));
	assert_int_equal(xn_dl_length(XN_DL_WATCH), sizeof(struct xn_dl_watch));
	assert_int_equal(xn_dl_length(XN_DL_ACL), sizeof(struct xn_dl_acl));
	assert_int_equal(xn_dl_length(XN_DL_ACTIVE),
			 sizeof(struct xn_dl_active));
	assert_int_equal(xn_dl_length(XN_DL_READY), sizeof(struct xn_dl_ready));
	assert_int_equal(xn_dl_length(XN_DL_VIF_UP),
			 sizeof(struct xn_dl_vif_up));
	assert_int_equal(xn_dl_length(XN_DL_VIF_GONE),
			 sizeof(struct xn_dl_vif_gone));
	assert_int_equal(xn_dl_length(XN_DL_VIF_FAULT),
			 sizeof(struct xn_dl_vif_fault));
	assert_int_equal(xn_dl_length(XN_DL_PORT_DONE),
			 sizeof(struct xn_dl_port_done));
	assert_int_equal(xn_dl_length(XN_DL_STATION),
			 sizeof(struct xn_dl_station));
	assert_int_equal(xn_dl_length(XN_DL_STATIONS_END),
			 sizeof(struct xn_dl_stations_end));
}

static void other_types_have_none(void **state)
{
	(void)state;
	assert_int_equal(xn_dl_length(0), 0);
	assert_int_equal(xn_dl_length(XN_DL_ACL + 1), 0);
	assert_int_equal(xn_dl_length(XN_DL_READY - 1), 0);
	assert_int_equal(xn_dl_length(XN_DL_ACTIVE + 1), 0);
	assert_int_equal(xn_dl_length(UINT32_MAX), 0);
}

static void reasons_have_names_of_their_own(void **state)
{
	(void)state;
	for (uint32_t i = XN_DL_FAULT_TX_INDEX; i <= XN_DL_FAULT_CTRL; i++)
		for (uint32_t j = XN_DL_FAULT_TX_INDEX; j < i; j++)
			assert_string_not_equal(xn_dl_fault_name(i),
						xn_dl_fault_name(j));
	assert_string_equal(xn_dl_fault_name(0), "unknown");
	assert_string_equal(xn_dl_fault_name(UINT32_MAX), "unknown");
	for (unsigned int i = 0; i < XN_DROP_COUNT; i++)
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(xn_drop_name((enum xn_drop)i),
						xn_drop_name((enum xn_drop)j));
	assert_string_equal(xn_drop_name(XN_DROP_RX_FULL), "rx_full");
	assert_string_equal(xn_drop_name(XN_DROP_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_has_its_length),
		cmocka_unit_test(other_types_have_none),
		cmocka_unit_test(reasons_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
