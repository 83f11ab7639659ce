/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The double itself: that no other test sees a breach proves something only if
 * each breach is noticed. */
#include "cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "hypervisor.h"
#include "netback/xen_abi.h"

static uint8_t page[4][XNB_PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t local[XNB_PAGE_SIZE];

static int setup(void **state)
{
	(void)state;
	hv_reset();
	for (uint32_t n = 0; n < 4; n++) {
		memset(page[n], (int)n + 1, XNB_PAGE_SIZE);
		hv_grant(1, n, page[n], false);
	}
	memset(local, 0, sizeof(local));
	return 0;
}

static xengnttab_grant_copy_segment_t fetch(uint32_t ref, uint16_t bytes)
{
	xengnttab_grant_copy_segment_t segment = {
		.len = bytes,
		.flags = GNTCOPY_source_gref,
		.status = GNTST_general_error,
	};

	segment.source.foreign.domid = 1;
	segment.source.foreign.ref = ref;
	segment.dest.virt = local;
	return segment;
}

static xengnttab_grant_copy_segment_t put(uint32_t ref, uint16_t bytes)
{
	xengnttab_grant_copy_segment_t segment = {
		.len = bytes,
		.flags = GNTCOPY_dest_gref,
		.status = GNTST_general_error,
	};

	segment.source.virt = local;
	segment.dest.foreign.domid = 1;
	segment.dest.foreign.ref = ref;
	return segment;
}

static int copy(xengnttab_grant_copy_segment_t *segments, uint32_t count)
{
	return xengnttab_grant_copy(NULL, count, segments);
}

static void a_good_call_is_no_breach(void **state)
{
	xengnttab_grant_copy_segment_t two[] = {fetch(0, 10), fetch(1, 20)};

	(void)state;
	assert_int_equal(copy(two, 2), 0);
	assert_int_equal(two[1].status, GNTST_okay);
	assert_int_equal(local[19], 2);
	assert_int_equal(hv.breaches, 0);
	assert_int_equal(hv.reopened, 0);
}

static void a_call_without_segments_is_noticed(void **state)
{
	xengnttab_grant_copy_segment_t none[1];

	(void)state;
	assert_int_equal(copy(none, 0), 0);
	assert_int_equal(hv.breaches, 1);
}

static void an_empty_segment_is_noticed(void **state)
{
	xengnttab_grant_copy_segment_t empty = fetch(0, 0);

	(void)state;
	assert_int_equal(copy(&empty, 1), 0);
	assert_int_equal(hv.breaches, 1);
}

static void mixed_directions_are_noticed(void **state)
{
	xengnttab_grant_copy_segment_t mixed[] = {fetch(0, 10), put(1, 10)};

	(void)state;
	assert_int_equal(copy(mixed, 2), 0);
	assert_int_equal(hv.breaches, 1);
}

static void a_status_that_is_no_failure_is_noticed(void **state)
{
	xengnttab_grant_copy_segment_t segment = fetch(0, 10);

	(void)state;
	segment.status = GNTST_okay;
	assert_int_equal(copy(&segment, 1), 0);
	assert_int_equal(hv.breaches, 1);
}

static void what_crosses_a_page_fails_the_whole_call(void **state)
{
	xengnttab_grant_copy_segment_t two[] = {fetch(0, 10), fetch(1, 4096)};

	(void)state;
	two[1].source.foreign.offset = 1;
	assert_int_equal(copy(two, 2), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(local[0], 0);
	assert_int_equal(hv.breaches, 1);
}

static void local_to_local_fails_the_whole_call(void **state)
{
	xengnttab_grant_copy_segment_t segment = fetch(0, 10);

	(void)state;
	segment.flags = 0;
	segment.source.virt = page[0];
	assert_int_equal(copy(&segment, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(hv.breaches, 1);
}

static void a_copy_of_what_is_mapped_is_noticed(void **state)
{
	xengnttab_grant_copy_segment_t segment = fetch(0, 10);
	void *mapped = xengnttab_map_grant_ref(NULL, 1, 0, 0);

	(void)state;
	assert_non_null(mapped);
	assert_int_equal(hv.maps, 1);
	assert_int_equal(copy(&segment, 1), 0);
	assert_int_equal(hv.breaches, 1);
	assert_int_equal(xengnttab_unmap(NULL, mapped, 1), 0);
	segment = fetch(0, 10);
	assert_int_equal(copy(&segment, 1), 0);
	assert_int_equal(hv.breaches, 1);
	assert_int_equal(xengnttab_unmap(NULL, mapped, 1), -1);
	assert_int_equal(hv.breaches, 2);
}

static void a_grant_that_comes_again_is_noticed(void **state)
{
	xengnttab_grant_copy_segment_t apart[] = {fetch(0, 1), fetch(1, 1),
						  fetch(0, 1)};
	xengnttab_grant_copy_segment_t together[] = {fetch(0, 1), fetch(0, 1),
						     fetch(1, 1)};

	(void)state;
	assert_int_equal(copy(together, 3), 0);
	assert_int_equal(hv.reopened, 0);
	assert_int_equal(copy(apart, 3), 0);
	assert_int_equal(hv.reopened, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(a_good_call_is_no_breach),
		T(a_call_without_segments_is_noticed),
		T(an_empty_segment_is_noticed),
		T(mixed_directions_are_noticed),
		T(a_status_that_is_no_failure_is_noticed),
		T(what_crosses_a_page_fails_the_whole_call),
		T(local_to_local_fails_the_whole_call),
		T(a_copy_of_what_is_mapped_is_noticed),
		T(a_grant_that_comes_again_is_noticed),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
