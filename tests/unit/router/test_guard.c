/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table that keeps routed guests to their addresses, port by port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>

#include "router/guard.h"
#include "tests/unit/router/words.h"

static struct xrt_port port_of(const char *name, const char *list)
{
	struct xrt_port port = {.count = 0};

	(void)snprintf(port.name, sizeof(port.name), "%s", name);
	port.count = addresses(list, port.address);
	return port;
}

/* *table becomes the one with the port as well. */
static void add(struct xnat_table *table, const char *name, const char *list)
{
	struct xrt_port port = port_of(name, list);
	struct xnat_table next;

	assert_int_equal(xrt_guard_plan(table, &port, NULL, NULL, &next, NULL),
			 0);
	xnat_table_fini(table);
	*table = next;
}

static bool is_other(void *arg, const char *name)
{
	return strcmp(name, arg) != 0;
}

static void take(struct xnat_table *table, char *name)
{
	struct xnat_table next;

	assert_int_equal(
		xrt_guard_plan(table, NULL, is_other, name, &next, NULL), 0);
	xnat_table_fini(table);
	*table = next;
}

static uint32_t count(const struct xnat_table *table, const char *set)
{
	const struct xnat_set *found = xnat_set_named(table, set);

	assert_non_null(found);
	return found->count;
}

static void rules_do_not_grow_with_ports(void **state)
{
	struct xnat_table table = {0};
	uint32_t rules;

	(void)state;
	add(&table, "vif1.0", "192.0.2.2");
	rules = xnat_table_rules(&table);
	for (int i = 2; i < 200; i++) {
		char name[24];

		(void)snprintf(name, sizeof(name), "vif%d.0", i);
		add(&table, name, "192.0.2.3 2001:db8::/64");
	}
	assert_int_equal(xnat_table_rules(&table), rules);
	assert_int_equal(xrt_guard_count(&table), 199);
	xnat_table_fini(&table);
}

static void a_port_is_found_again(void **state)
{
	struct xnat_table table = {0};
	struct xrt_port port;

	(void)state;
	add(&table, "vif1.0", "192.0.2.2 198.51.100.8/29 2001:db8:1::/48");
	add(&table, "vif1.01", "192.0.2.9");
	assert_true(xrt_guard_find(&table, "vif1.0", &port));
	assert_int_equal(port.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		struct xn_address wanted = address(
			port.address[i].family == 6    ? "2001:db8:1::/48"
			: port.address[i].prefix == 32 ? "192.0.2.2"
						       : "198.51.100.8/29");

		assert_true(xrt_same_address(&wanted, &port.address[i]));
	}
	assert_false(xrt_guard_find(&table, "vif1", &port));
	assert_false(xrt_guard_find(&table, "a name that is none", &port));
	xnat_table_fini(&table);
}

static void a_port_s_new_addresses_are_in_the_place_of_the_old(void **state)
{
	struct xnat_table table = {0};
	struct xrt_port port;

	(void)state;
	add(&table, "vif1.0", "192.0.2.2 2001:db8::2");
	add(&table, "vif2.0", "192.0.2.3");
	add(&table, "vif1.0", "192.0.2.4");
	assert_true(xrt_guard_find(&table, "vif1.0", &port));
	assert_int_equal(port.count, 1);
	assert_int_equal(port.address[0].octet[3], 4);
	assert_int_equal(count(&table, "allowed6"), 0);
	assert_int_equal(count(&table, "allowed4"), 2);
	take(&table, (char[]){"vif1.0"});
	assert_int_equal(xrt_guard_count(&table), 1);
	assert_int_equal(count(&table, "allowed4"), 1);
	take(&table, (char[]){"vif2.0"});
	assert_int_equal(xrt_guard_count(&table), 0);
	xnat_table_fini(&table);
}

static void without_addresses_a_port_is_registered_only(void **state)
{
	struct xnat_table table = {0};
	struct xrt_port open = port_of("vif3.0", "192.0.2.3");
	struct xnat_table next;

	(void)state;
	add(&table, "vif1.0", "");
	add(&table, "vif2.0", "192.0.2.2");
	assert_int_equal(count(&table, "routed"), 2);
	assert_int_equal(count(&table, "guarded"), 1);
	open.open = true;
	assert_int_equal(xrt_guard_plan(&table, &open, NULL, NULL, &next, NULL),
			 0);
	assert_int_equal(count(&next, "routed"), 3);
	assert_int_equal(count(&next, "guarded"), 1);
	xnat_table_fini(&next);
	xnat_table_fini(&table);
}

static void no_key_stands_twice(void **state)
{
	struct xnat_table table = {0};

	(void)state;
	add(&table, "vif1.0", "192.0.2.2 192.0.2.2 10.0.0.0/8 10.0.0.0/8");
	assert_int_equal(count(&table, "allowed4"), 2);
	xnat_table_fini(&table);
}

/* Somebody else has made a set of the same name. */
static void a_set_of_another_kind_is_made_anew(void **state)
{
	struct xnat_table table = {0}, next;
	struct xnat_set set = {.name = "allowed4",
			       .field_count = 1,
			       .field_bytes = {4},
			       .key_bytes = 4};
	struct xnat_element element = {.key = {192, 0, 2, 1}};

	(void)state;
	xnat_set_add(&table, &set);
	xnat_element_add(&table, "allowed4", &element);
	assert_int_equal(xrt_guard_plan(&table, NULL, NULL, NULL, &next, NULL),
			 0);
	assert_int_equal(count(&next, "allowed4"), 0);
	xnat_table_fini(&next);
	xnat_table_fini(&table);
}

static void each_reason_has_a_chain(void **state)
{
	struct xnat_table table = {0};
	uint32_t found = 0;

	(void)state;
	add(&table, "vif1.0", "192.0.2.2");
	for (unsigned int r = 0; r < XRT_REASONS; r++)
		for (uint32_t i = 0; i < table.chain_count; i++) {
			const struct xnat_chain *chain = &table.chain[i];

			if (strcmp(chain->name, xrt_reason_name(r)) != 0)
				continue;
			found++;
			assert_int_equal(chain->count, 1);
			assert_int_equal(chain->rule[0].expr[0].kind,
					 XNAT_COUNT);
			assert_int_equal(chain->rule[0].expr[1].kind,
					 XNAT_DROP);
		}
	assert_int_equal(found, XRT_REASONS);
	xnat_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_do_not_grow_with_ports),
		cmocka_unit_test(a_port_is_found_again),
		cmocka_unit_test(
			a_port_s_new_addresses_are_in_the_place_of_the_old),
		cmocka_unit_test(without_addresses_a_port_is_registered_only),
		cmocka_unit_test(no_key_stands_twice),
		cmocka_unit_test(a_set_of_another_kind_is_made_anew),
		cmocka_unit_test(each_reason_has_a_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
