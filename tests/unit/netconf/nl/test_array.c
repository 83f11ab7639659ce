/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "netconf/nl/array.h"

#define ITEMS_MAX 100 /* more than the first room, no multiple of it */

static void fill(struct xn_array *array)
{
	for (uint64_t i = 0; i < ITEMS_MAX; i++)
		assert_int_equal(xn_array_put(array, &i), 0);
}

static void items_are_kept_in_order(void **state)
{
	struct xn_array array = {.item_bytes = sizeof(uint64_t),
				 .count_max = ITEMS_MAX};

	(void)state;
	fill(&array);
	assert_int_equal(array.count, ITEMS_MAX);
	for (uint64_t i = 0; i < ITEMS_MAX; i++)
		assert_int_equal(((uint64_t *)array.items)[i], i);
	xn_array_fini(&array);
	assert_null(array.items);
	assert_int_equal(array.count, 0);
}

static void the_bound_holds(void **state)
{
	struct xn_array array = {.item_bytes = sizeof(uint64_t),
				 .count_max = ITEMS_MAX};
	uint64_t more = ITEMS_MAX;

	(void)state;
	fill(&array);
	assert_int_equal(xn_array_put(&array, &more), -ENOMEM);
	assert_null(xn_array_add(&array));
	assert_int_equal(array.count, ITEMS_MAX);
	assert_int_equal(((uint64_t *)array.items)[ITEMS_MAX - 1],
			 ITEMS_MAX - 1);
	xn_array_fini(&array);
}

static void a_restart_leaves_nothing_behind(void **state)
{
	struct xn_array array = {.item_bytes = sizeof(uint64_t),
				 .count_max = ITEMS_MAX};
	uint64_t *item;

	(void)state;
	fill(&array);
	xn_array_restart(&array);
	assert_int_equal(array.count, 0);
	for (int i = 0; i < ITEMS_MAX; i++) {
		item = xn_array_add(&array);
		assert_non_null(item);
		assert_int_equal(*item, 0);
	}
	xn_array_fini(&array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_kept_in_order),
		cmocka_unit_test(the_bound_holds),
		cmocka_unit_test(a_restart_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
