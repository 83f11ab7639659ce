/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of network-nat as data: its rules, and its set as a register. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "router/masquerade.h"

static void make(const struct xrt_outs *outs, struct xnat_table *ret_table)
{
	struct xn_err err = {.set = false};

	assert_int_equal(xrt_masquerade_plan(outs, ret_table, &err), 0);
}

static void test_links_come_back(void **state)
{
	struct xrt_outs outs = {.count = 2, .name = {"peth1", "eth0"}}, back;
	struct xnat_table table;

	(void)state;
	make(&outs, &table);
	xrt_masquerade_outs(&table, &back);
	assert_int_equal(back.count, 2);
	/* In the order of the set. */
	assert_string_equal(back.name[0], "eth0");
	assert_string_equal(back.name[1], "peth1");
	xnat_table_fini(&table);
}

static void test_rules_do_not_grow(void **state)
{
	struct xrt_outs outs = {.count = 0};
	struct xnat_table few, many;

	(void)state;
	make(&outs, &few);
	for (; outs.count < XRT_MASQUERADE_MAX; outs.count++)
		(void)snprintf(outs.name[outs.count], IFNAMSIZ, "eth%u",
			       outs.count);
	make(&outs, &many);
	assert_int_equal(xnat_table_rules(&few), 2);
	assert_int_equal(xnat_table_rules(&many), 2);
	assert_int_equal(many.elements, XRT_MASQUERADE_MAX);
	xnat_table_fini(&few);
	xnat_table_fini(&many);
}

/* Somebody may have put anything into the table. */
static void test_a_foreign_set_is_read_within_bounds(void **state)
{
	struct xnat_set set = {.name = "outs",
			       .field_count = 1,
			       .field_bytes = {IFNAMSIZ},
			       .key_bytes = IFNAMSIZ};
	struct xnat_table table = {0};
	struct xrt_outs outs;

	(void)state;
	xnat_set_add(&table, &set);
	for (unsigned int i = 0; i < XRT_MASQUERADE_MAX + 5; i++) {
		struct xnat_element element = {.chain = ""};

		memset(element.key, 'x', IFNAMSIZ);
		element.key[0] = (uint8_t)('!' + i);
		xnat_element_add(&table, "outs", &element);
	}
	xrt_masquerade_outs(&table, &outs);
	assert_int_equal(outs.count, XRT_MASQUERADE_MAX);
	for (uint32_t i = 0; i < outs.count; i++)
		assert_int_equal(strlen(outs.name[i]), IFNAMSIZ - 1);
	table.set[0].key_bytes = 4;
	xrt_masquerade_outs(&table, &outs);
	assert_int_equal(outs.count, 0);
	xnat_table_fini(&table);
	memset(&table, 0, sizeof(table));
	xrt_masquerade_outs(&table, &outs);
	assert_int_equal(outs.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links_come_back),
		cmocka_unit_test(test_rules_do_not_grow),
		cmocka_unit_test(test_a_foreign_set_is_read_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
