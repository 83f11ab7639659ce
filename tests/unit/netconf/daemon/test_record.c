/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a record that is handed over may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/daemon/adopt.h"

static struct xn_record good(void)
{
	struct xn_record record = {
		.magic = XN_RECORD_MAGIC,
		.version = XN_RECORD_VERSION,
		.bytes = sizeof(record),
		.domid = 7,
		.handle = 1,
		.queue_count = XN_QUEUES_MAX,
		.slot = XN_VIFS_MAX - 1,
		.generation = 1,
		.xdp_headroom = XN_DL_XDP_HEADROOM_MAX,
		.offload = 1,
		.frontend_path = "/local/domain/7/device/vif/1",
	};

	for (uint32_t i = 0; i < XN_QUEUES_MAX; i++)
		record.queue[i].tx_port = record.queue[i].rx_port = i + 1;
	return record;
}

static void a_good_one_is_taken(void **state)
{
	struct xn_record record = good();
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_record_check(&record, &err), 0);
	record.queue_count = 0; /* then the rest may be anything */
	memset(&record.slot, 0xff,
	       sizeof(record) - offsetof(struct xn_record, slot));
	assert_int_equal(xn_record_check(&record, &err), 0);
}

static void refused(const struct xn_record *record, const char *words)
{
	struct xn_err err = {0};

	assert_int_equal(xn_record_check(record, &err), -EPROTO);
	if (!strstr(xn_err_text(&err), words))
		fail_msg("'%s' is not in '%s'", words, xn_err_text(&err));
}

static void each_word_has_its_bounds(void **state)
{
	struct xn_record record;

	(void)state;
#define REFUSED(change, words)           \
	do {                             \
		record = good();         \
		change;                  \
		refused(&record, words); \
	} while (0)
	REFUSED(record.magic++, "another version");
	REFUSED(record.version++, "another version");
	REFUSED(record.bytes++, "another version");
	REFUSED(record.domid = 0x7ff0, "no vif");
	REFUSED(record.handle = 0x10000, "no vif");
	REFUSED(record.isolated_by_us = 2, "neither");
	REFUSED(record.queue_count = XN_QUEUES_MAX + 1, "too many queues");
	REFUSED(record.slot = XN_VIFS_MAX, "no slot");
	REFUSED(record.generation = 0, "no generation");
	REFUSED(record.offload = 2, "a setting");
	REFUSED(record.mcast_control = 2, "a setting");
	REFUSED(record.xdp_headroom++, "a setting");
	REFUSED(record.queue[XN_QUEUES_MAX - 1].rx_port = 0, "without");
	REFUSED(record.domid = 8, "another domain");
	REFUSED(record.frontend_path[0] = '\0', "another domain");
	REFUSED(memset(record.frontend_path, '/', XN_RECORD_PATH_MAX),
		"without an end");
#undef REFUSED
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_taken),
		cmocka_unit_test(each_word_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
