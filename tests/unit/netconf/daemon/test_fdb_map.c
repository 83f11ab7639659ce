/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of the two forwarding tables: bounds, and the queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/daemon/fdb_map.h"

static struct xn_fdb_map *map;

static int begin(void **state)
{
	(void)state;
	map = calloc(1, sizeof(*map));
	return map && !xn_fdb_map_init(map) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	xn_fdb_map_clear(map);
	free(map);
	return 0;
}

static struct xn_mac mac_of(uint32_t number)
{
	struct xn_mac mac = {{2}};

	memcpy(mac.octet + 2, &number, sizeof(number));
	return mac;
}

static struct xn_fdb_node *put(int bridge, uint32_t number, uint32_t max)
{
	struct xn_mac mac = mac_of(number);

	return xn_fdb_map_find(map, bridge, &mac, true, max);
}

static struct xn_fdb_node *look(int bridge, uint32_t number)
{
	struct xn_mac mac = mac_of(number);

	return xn_fdb_map_find(map, bridge, &mac, false, 0);
}

static void a_record_is_found_by_bridge_and_address(void **state)
{
	struct xn_fdb_node *node = put(3, 7, 10);

	(void)state;
	assert_non_null(node);
	assert_ptr_equal(look(3, 7), node);
	assert_ptr_equal(put(3, 7, 10), node);
	assert_null(look(4, 7));
	assert_null(look(3, 8));
	assert_int_equal(map->count, 1);
}

static void a_full_map_takes_no_more(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		assert_non_null(put(1, i, 100));
	assert_null(put(1, 100, 100));
	assert_non_null(put(1, 99, 100)); /* it is there */
	assert_int_equal(map->count, 100);
}

static void a_record_goes_when_nothing_is_known(void **state)
{
	struct xn_fdb_node *node = put(1, 1, 10);

	(void)state;
	node->in_kernel = true;
	xn_fdb_map_trim(map, node);
	assert_ptr_equal(look(1, 1), node);
	node->in_kernel = false;
	node->station = true;
	xn_fdb_map_trim(map, node);
	assert_ptr_equal(look(1, 1), node);
	node->station = false;
	node->outside_told = true;
	xn_fdb_map_trim(map, node);
	assert_ptr_equal(look(1, 1), node);
	node->outside_told = false;
	xn_fdb_map_trim(map, node);
	assert_null(look(1, 1));
	assert_int_equal(map->count, 0);
}

static void a_queued_record_stays_until_it_was_taken(void **state)
{
	struct xn_fdb_node *node = put(1, 1, 10);

	(void)state;
	xn_fdb_map_push(map, node);
	xn_fdb_map_trim(map, node);
	xn_fdb_map_sweep(map);
	assert_ptr_equal(look(1, 1), node);
	assert_ptr_equal(xn_fdb_map_pop(map), node);
	xn_fdb_map_trim(map, node);
	assert_null(look(1, 1));
}

static void the_queue_keeps_its_order_and_takes_each_once(void **state)
{
	struct xn_fdb_node *a = put(1, 1, 10), *b = put(1, 2, 10);

	(void)state;
	assert_null(xn_fdb_map_pop(map));
	xn_fdb_map_push(map, a);
	xn_fdb_map_push(map, b);
	xn_fdb_map_push(map, a);
	assert_ptr_equal(xn_fdb_map_pop(map), a);
	xn_fdb_map_push(map, a);
	assert_ptr_equal(xn_fdb_map_pop(map), b);
	assert_ptr_equal(xn_fdb_map_pop(map), a);
	assert_null(xn_fdb_map_pop(map));
}

static void count_one(void *arg, struct xn_fdb_node *node)
{
	uint32_t *count = arg;

	(*count)++;
	node->in_kernel = node->mac.octet[2] % 2;
}

static void a_walk_meets_each_and_a_sweep_leaves_the_known(void **state)
{
	uint32_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		assert_non_null(put((int)(i % 3), i, 1000));
	xn_fdb_map_each(map, count_one, &count);
	assert_int_equal(count, 200);
	xn_fdb_map_sweep(map);
	assert_int_equal(map->count, 100);
	assert_null(look(2, 2));
	assert_non_null(look(0, 3));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_record_is_found_by_bridge_and_address),
		T(a_full_map_takes_no_more),
		T(a_record_goes_when_nothing_is_known),
		T(a_queued_record_stays_until_it_was_taken),
		T(the_queue_keeps_its_order_and_takes_each_once),
		T(a_walk_meets_each_and_a_sweep_leaves_the_known),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
