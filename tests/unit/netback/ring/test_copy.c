// SPDX-License-Identifier: GPL-2.0-or-later
/* Copy plans: bounds, calls, and whose fault a failure is. */
#include "cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "hypervisor.h"
#include "netback/ring/copy.h"

static struct xnb_copy plan;
static uint8_t page[2][64][XNB_PAGE_SIZE];
static uint8_t local[3 * XNB_PAGE_SIZE];
static int16_t source_status[64];
static int16_t dest_status[64];

static int setup(void **state)
{
	(void)state;
	hv_reset();
	xnb_copy_init(&plan, NULL);
	memset(source_status, 0, sizeof(source_status));
	memset(dest_status, 0, sizeof(dest_status));
	for (uint32_t n = 0; n < 64; n++) {
		memset(page[0][n], (int)n + 1, XNB_PAGE_SIZE);
		memset(page[1][n], 0, XNB_PAGE_SIZE);
		hv_grant(1, n, page[0][n], true);
		hv_grant(2, n, page[1][n], false);
	}
	return 0;
}

static struct xnb_grant at(uint16_t domid, uint32_t ref, uint16_t offset)
{
	return (struct xnb_grant){ref, offset, domid};
}

static void across(uint32_t n)
{
	assert_int_equal(xnb_copy_across(&plan, at(1, n, 0), at(2, n, 0), 100,
					 &source_status[n], &dest_status[n]),
			 0);
}

static void empty_plan_makes_no_call(void **state)
{
	(void)state;
	xnb_copy_run(&plan);
	assert_int_equal(hv.calls, 0);
}

static void one_call_for_each_direction(void **state)
{
	(void)state;
	memset(local, 7, sizeof(local));
	for (uint32_t n = 0; n < 10; n++) {
		across(n);
		assert_int_equal(xnb_copy_to_private(&plan, at(1, n, 50),
						     local + n, 1,
						     &source_status[n]),
				 0);
		assert_int_equal(xnb_copy_to_grant(&plan, local + 4000,
						   at(2, n, 200), 300,
						   &dest_status[n]),
				 0);
	}
	xnb_copy_run(&plan);
	assert_int_equal(hv.calls, 3);
	assert_int_equal(hv.segments, 30);
	assert_int_equal(hv.breaches, 0);
	assert_int_equal(plan.calls, 3);
	assert_int_equal(plan.segments, 30);
	for (uint32_t n = 0; n < 10; n++) {
		assert_int_equal(local[n], n + 1);
		assert_int_equal(page[1][n][99], n + 1);
		assert_int_equal(page[1][n][100], 0);
		assert_int_equal(page[1][n][200], 7);
		assert_int_equal(page[1][n][499], 7);
		assert_int_equal(page[1][n][500], 0);
		assert_int_equal(source_status[n], 0);
		assert_int_equal(dest_status[n], 0);
	}
	xnb_copy_run(&plan);
	assert_int_equal(hv.calls, 3);
}

static void what_would_fail_the_call_is_refused(void **state)
{
	int16_t *s = source_status;

	(void)state;
	assert_int_equal(
		xnb_copy_to_private(&plan, at(1, 0, 0), local, 4096, s), 0);
	assert_int_equal(
		xnb_copy_to_private(&plan, at(1, 0, 1), local, 4096, s),
		-EINVAL);
	assert_int_equal(
		xnb_copy_to_private(&plan, at(1, 0, 4096), local, 1, s),
		-EINVAL);
	assert_int_equal(
		xnb_copy_to_private(&plan, at(1, 0, 65535), local, 1, s),
		-EINVAL);
	assert_int_equal(xnb_copy_to_grant(&plan, local, at(2, 0, 4000), 97, s),
			 -EINVAL);
	assert_int_equal(xnb_copy_to_grant(&plan, local, at(2, 0, 4000), 96, s),
			 0);
	assert_int_equal(xnb_copy_across(&plan, at(1, 0, 4000), at(2, 0, 0), 97,
					 s, dest_status),
			 -EINVAL);
	assert_int_equal(xnb_copy_across(&plan, at(1, 0, 0), at(2, 0, 4000), 97,
					 s, dest_status),
			 -EINVAL);
	assert_int_equal(xnb_copy_across(&plan, at(1, 0, 0), at(2, 0, 0),
					 UINT32_MAX, s, dest_status),
			 -EINVAL);
	xnb_copy_run(&plan);
	assert_int_equal(hv.breaches, 0);
	assert_int_equal(hv.segments, 2);
}

static void empty_segments_are_never_submitted(void **state)
{
	(void)state;
	assert_int_equal(xnb_copy_to_private(&plan, at(1, 0, 0), local, 0,
					     source_status),
			 0);
	assert_int_equal(
		xnb_copy_to_grant(&plan, local, at(2, 0, 0), 0, dest_status),
		0);
	assert_int_equal(xnb_copy_across(&plan, at(1, 0, 0), at(2, 0, 0), 0,
					 source_status, dest_status),
			 0);
	xnb_copy_run(&plan);
	assert_int_equal(hv.calls, 0);
}

static void full_list_says_so_and_the_others_go_on(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < XNB_COPY_SEGMENTS_MAX; i++)
		across(i % 64);
	assert_int_equal(xnb_copy_across(&plan, at(1, 0, 0), at(2, 0, 0), 1,
					 source_status, dest_status),
			 -ENOBUFS);
	assert_int_equal(
		xnb_copy_to_grant(&plan, local, at(2, 0, 0), 1, dest_status),
		0);
	xnb_copy_run(&plan);
	across(0);
}

static void undo_takes_back_what_came_after_the_mark(void **state)
{
	struct xnb_copy_mark mark;

	(void)state;
	across(0);
	mark = xnb_copy_mark(&plan);
	across(1);
	xnb_copy_to_grant(&plan, local, at(2, 2, 0), 1, dest_status);
	xnb_copy_undo(&plan, mark);
	xnb_copy_run(&plan);
	assert_int_equal(hv.segments, 1);
	assert_int_equal(page[1][0][0], 1);
	assert_int_equal(page[1][1][0], 0);
}

static void source_fault_is_the_source_s(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 4; n++)
		across(n);
	hv_revoke(1, 2);
	xnb_copy_run(&plan);
	assert_int_equal(source_status[2], GNTST_general_error);
	assert_int_equal(dest_status[2], 0);
	assert_int_equal(source_status[1], 0);
	assert_int_equal(page[1][3][0], 4);
	/* The plan, and the first half of one repetition. */
	assert_int_equal(hv.calls, 2);
	assert_int_equal(hv.breaches, 0);
}

static void destination_fault_is_the_destination_s(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 4; n++)
		across(n);
	hv_grant(2, 1, page[1][1], true);
	hv_revoke(2, 3);
	xnb_copy_run(&plan);
	assert_int_equal(dest_status[1], GNTST_general_error);
	assert_int_equal(dest_status[3], GNTST_general_error);
	assert_int_equal(source_status[1], 0);
	assert_int_equal(source_status[3], 0);
	assert_int_equal(dest_status[0], 0);
	assert_int_equal(hv.calls, 3);
}

static void both_at_fault_blames_the_source(void **state)
{
	(void)state;
	across(0);
	hv_revoke(1, 0);
	hv_revoke(2, 0);
	xnb_copy_run(&plan);
	assert_int_not_equal(source_status[0], 0);
	assert_int_equal(dest_status[0], 0);
}

static void a_passing_failure_is_healed_by_the_halves(void **state)
{
	(void)state;
	across(0);
	across(1);
	hv.fail_segment = 2;
	xnb_copy_run(&plan);
	assert_int_equal(source_status[1], 0);
	assert_int_equal(dest_status[1], 0);
	assert_int_equal(page[1][1][99], 2);
}

static void mixed_failures_are_told_apart(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 40; n++) {
		across(n);
		if (n % 4 == 1)
			hv_revoke(1, n);
		if (n % 4 == 2)
			hv_revoke(2, n);
	}
	xnb_copy_run(&plan);
	for (uint32_t n = 0; n < 40; n++) {
		assert_int_equal(source_status[n] != 0, n % 4 == 1);
		assert_int_equal(dest_status[n] != 0, n % 4 == 2);
		if (n % 2 == 0 && n % 4 != 2)
			assert_int_equal(page[1][n][0], n + 1);
	}
	/* 20 failures: 16 in halves, the sources of the others. */
	assert_int_equal(hv.calls, 4);
}

static void a_full_plan_of_failures_costs_three_more_calls(void **state)
{
	static int16_t source[XNB_COPY_SEGMENTS_MAX];
	static int16_t dest[XNB_COPY_SEGMENTS_MAX];

	(void)state;
	memset(source, 0, sizeof(source));
	memset(dest, 0, sizeof(dest));
	for (uint32_t i = 0; i < XNB_COPY_SEGMENTS_MAX; i++)
		assert_int_equal(xnb_copy_across(&plan, at(1, i % 64, 0),
						 at(2, i % 64, 0), 100,
						 &source[i], &dest[i]),
				 0);
	for (uint32_t n = 1; n < 64; n++)
		hv_revoke(n % 8 == 1 ? 1 : 2, n);
	xnb_copy_run(&plan);
	for (uint32_t i = 0; i < XNB_COPY_SEGMENTS_MAX; i++) {
		assert_int_equal(source[i] != 0, i % 8 == 1);
		assert_int_equal(dest[i] != 0, i % 64 != 0 && i % 8 != 1);
	}
	assert_int_equal(page[1][0][99], 1);
	assert_int_equal(hv.calls, 4);
	assert_int_equal(hv.breaches, 0);
}

static void one_owner_is_not_tried_again_and_again(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 64; n++)
		assert_int_equal(
			xnb_copy_across(&plan, at(1, 0, 0), at(2, n, 0), 100,
					&source_status[0], &dest_status[n]),
			0);
	hv_revoke(1, 0);
	xnb_copy_run(&plan);
	assert_int_not_equal(source_status[0], 0);
	assert_int_equal(hv.calls, 2);
}

static void call_that_fails_whole_is_never_taken_for_success(void **state)
{
	(void)state;
	hv.fail_call = 1;
	xnb_copy_to_private(&plan, at(1, 0, 0), local, 10, &source_status[0]);
	xnb_copy_run(&plan);
	assert_int_equal(source_status[0], GNTST_general_error);
	hv.fail_call = 1;
	xnb_copy_to_grant(&plan, local, at(2, 0, 0), 10, &dest_status[0]);
	xnb_copy_run(&plan);
	assert_int_equal(dest_status[0], GNTST_general_error);
	/* Between grants, the halves still go through. */
	hv.fail_call = 1;
	for (uint32_t n = 1; n < 40; n++)
		across(n);
	hv_revoke(1, 5);
	xnb_copy_run(&plan);
	for (uint32_t n = 1; n < 40; n++) {
		assert_int_equal(source_status[n] != 0, n == 5);
		assert_int_equal(dest_status[n], 0);
		assert_int_equal(page[1][n][99], n == 5 ? 0 : n + 1);
	}
	assert_int_equal(plan.calls_failed, 3);
}

static void local_memory_may_cross_pages(void **state)
{
	(void)state;
	xnb_copy_to_private(&plan, at(1, 5, 0), local + 2000, 4096,
			    &source_status[0]);
	xnb_copy_run(&plan);
	assert_int_equal(source_status[0], 0);
	assert_int_equal(local[2000], 6);
	assert_int_equal(local[6095], 6);
}

static void status_codes_are_kept(void **state)
{
	(void)state;
	xnb_copy_to_private(&plan, at(HV_DOMAINS, 0, 0), local, 1,
			    &source_status[0]);
	xnb_copy_to_private(&plan, at(1, 99999, 0), local, 1,
			    &source_status[1]);
	xnb_copy_run(&plan);
	assert_int_equal(source_status[0], GNTST_bad_domain);
	assert_int_equal(source_status[1], GNTST_bad_gntref);
}

static void every_status_is_a_failure_of_its_owner(void **state)
{
	static const int16_t codes[] = {
		GNTST_general_error,
		GNTST_bad_domain,
		GNTST_bad_gntref,
		GNTST_permission_denied,
		GNTST_bad_page,
		GNTST_bad_copy_arg,
		GNTST_address_too_big,
		GNTST_eagain,
		GNTST_no_space,
		-32768,
		1, /* no code of Xen's: a failure all the same */
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		source_status[0] = source_status[1] = 0;
		hv.fail_segment = hv.segments + 1;
		hv.fail_status = codes[i];
		xnb_copy_to_private(&plan, at(1, 0, 0), local, 1,
				    &source_status[0]);
		xnb_copy_to_private(&plan, at(1, 1, 0), local, 1,
				    &source_status[1]);
		xnb_copy_run(&plan);
		assert_int_equal(source_status[0],
				 codes[i] < 0 ? codes[i] : GNTST_general_error);
		assert_int_equal(source_status[1], 0);
	}
}

/* The double counts a status that says success before the call. The list's
 * own are successes once a plan was run. */
static void statuses_are_failures_before_each_call(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t n = 0; n < 20; n++)
			across(n);
		xnb_copy_to_private(&plan, at(1, 0, 0), local, 10,
				    &source_status[0]);
		xnb_copy_to_grant(&plan, local, at(2, 0, 0), 10,
				  &dest_status[0]);
		if (round == 1)
			hv_revoke(2, 7); /* and the halves, too */
		xnb_copy_run(&plan);
		assert_int_equal(hv.breaches, 0);
	}
	assert_int_equal(dest_status[7], GNTST_general_error);
	assert_int_equal(source_status[8], 0);
}

/* Each grant must be to the caller, on either side and in both at once. */
static void both_sides_may_be_grants_of_others(void **state)
{
	(void)state;
	hv_grant(3, 500, page[1][9], false);
	assert_int_equal(xnb_copy_across(&plan, at(1, 4, 0), at(3, 500, 0), 100,
					 &source_status[0], &dest_status[0]),
			 0);
	assert_int_equal(xnb_copy_across(&plan, at(1, 4, 0), at(3, 501, 0), 100,
					 &source_status[1], &dest_status[1]),
			 0);
	assert_int_equal(xnb_copy_across(&plan, at(4, 4, 0), at(3, 500, 0), 100,
					 &source_status[2], &dest_status[2]),
			 0);
	xnb_copy_run(&plan);
	assert_int_equal(source_status[0], 0);
	assert_int_equal(dest_status[0], 0);
	assert_int_equal(page[1][9][99], 5);
	assert_int_equal(dest_status[1], GNTST_general_error);
	assert_int_equal(source_status[2], GNTST_general_error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(empty_plan_makes_no_call),
		T(one_call_for_each_direction),
		T(what_would_fail_the_call_is_refused),
		T(empty_segments_are_never_submitted),
		T(full_list_says_so_and_the_others_go_on),
		T(undo_takes_back_what_came_after_the_mark),
		T(source_fault_is_the_source_s),
		T(destination_fault_is_the_destination_s),
		T(both_at_fault_blames_the_source),
		T(a_passing_failure_is_healed_by_the_halves),
		T(mixed_failures_are_told_apart),
		T(a_full_plan_of_failures_costs_three_more_calls),
		T(one_owner_is_not_tried_again_and_again),
		T(call_that_fails_whole_is_never_taken_for_success),
		T(local_memory_may_cross_pages),
		T(status_codes_are_kept),
		T(every_status_is_a_failure_of_its_owner),
		T(statuses_are_failures_before_each_call),
		T(both_sides_may_be_grants_of_others),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
