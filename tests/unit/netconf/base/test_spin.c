/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long to look for work, on a clock of our own; and how much to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "netconf/base/reads.h"
#include "netconf/base/spin.h"

#define MAX 50u

/* As on a machine with processors enough, whatever this one has. */
static struct xn_spin spinning(uint32_t us)
{
	return (struct xn_spin){.us_max = MAX, .us = us, .looks = 1};
}

/* A pause of so many us, seen by looking all the while. */
static uint32_t after_pause(struct xn_spin *spin, uint64_t *now, uint64_t us)
{
	xn_spin_begin(spin, *now);
	*now += us;
	xn_spin_end(spin, *now);
	return spin->us;
}

static void short_pauses_lengthen_the_look_up_to_its_limit(void **state)
{
	struct xn_spin spin = spinning(0);
	uint64_t now = 1000000;

	(void)state;
	assert_false(xn_spin_is_on(&spin));
	assert_int_equal(after_pause(&spin, &now, 30), XN_SPIN_US_MIN);
	assert_true(xn_spin_is_on(&spin));
	assert_int_equal(after_pause(&spin, &now, 30), 2 * XN_SPIN_US_MIN);
	for (uint32_t i = 0; i < 10; i++)
		(void)after_pause(&spin, &now, 50);
	assert_int_equal(spin.us, MAX);
}

static void a_look_that_suffices_stays(void **state)
{
	struct xn_spin spin = spinning(20);
	uint64_t now = 1000000;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(after_pause(&spin, &now, 19), 20);
}

static void long_pauses_end_it(void **state)
{
	struct xn_spin spin = spinning(MAX);
	uint64_t now = 1000000, looked = 0;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		looked += spin.us;
		(void)after_pause(&spin, &now, MAX + 1);
	}
	assert_int_equal(spin.us, 0);
	assert_true(looked < 2 * MAX);
}

static void it_lasts_as_long_as_it_says(void **state)
{
	struct xn_spin spin = spinning(20);

	(void)state;
	xn_spin_begin(&spin, 1000);
	assert_true(xn_spin_lasts(&spin, 1000));
	assert_true(xn_spin_lasts(&spin, 1019));
	assert_false(xn_spin_lasts(&spin, 1020));
}

static void who_must_share_the_processor_stops(void **state)
{
	struct xn_spin spin = spinning(MAX);
	uint64_t now = 1000;

	(void)state;
	xn_spin_begin(&spin, now);
	assert_true(xn_spin_lasts(&spin, ++now));
	now += XN_SPIN_AWAY_US;
	assert_false(xn_spin_lasts(&spin, now));
	assert_false(xn_spin_is_on(&spin));
	xn_spin_end(&spin, now);
	/* For a while pauses teach it nothing; then they do again. */
	assert_int_equal(after_pause(&spin, &now, 10), 0);
	now += XN_SPIN_QUIET_US;
	assert_int_equal(after_pause(&spin, &now, 10), XN_SPIN_US_MIN);
}

/* How long it does not look after it lost the processor at `now`. */
static uint64_t rest_after(struct xn_spin *spin, uint64_t *now)
{
	spin->us = MAX;
	xn_spin_begin(spin, *now);
	*now += XN_SPIN_AWAY_US;
	(void)xn_spin_lasts(spin, *now);
	return spin->quiet_us - *now;
}

static void who_loses_it_again_and_again_rests_longer(void **state)
{
	struct xn_spin spin = spinning(MAX);
	uint64_t now = 1000000, rested = 0;

	(void)state;
	assert_int_equal(rest_after(&spin, &now), XN_SPIN_QUIET_US);
	now = spin.quiet_us;
	assert_int_equal(rest_after(&spin, &now), 2 * XN_SPIN_QUIET_US);
	for (uint32_t i = 0; i < 10; i++) {
		now = spin.quiet_us;
		rested = rest_after(&spin, &now);
	}
	assert_int_equal(rested, XN_SPIN_QUIET_US_MAX);
	/* Left alone for as long, it is as in the beginning. */
	now = spin.quiet_us + XN_SPIN_QUIET_US_MAX;
	assert_int_equal(rest_after(&spin, &now), XN_SPIN_QUIET_US);
}

static void who_has_the_processor_alone_looks_more_often(void **state)
{
	struct xn_spin spin = spinning(MAX);

	(void)state;
	xn_spin_begin(&spin, 1000);
	(void)xn_spin_lasts(&spin, 1001);
	assert_int_equal(spin.looks, XN_SPIN_LOOKS);
	(void)xn_spin_lasts(&spin, 1001 + XN_SPIN_ALONE_US);
	assert_int_equal(spin.looks, 1);
}

static void never_is_never(void **state)
{
	struct xn_spin spin;
	uint64_t now = 1000;

	(void)state;
	xn_spin_init(&spin, 0);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(after_pause(&spin, &now, i), 0);
}

static void reads_follow_what_there_is(void **state)
{
	struct xn_reads reads = {0};

	(void)state;
	/* One at a time: never a second read. */
	for (uint32_t i = 0; i < 4; i++) {
		reads = (struct xn_reads){0};
		assert_int_equal(xn_reads_begin(&reads, 64), 1);
	}
	xn_reads_end(&reads, 1);
	assert_int_equal(xn_reads_begin(&reads, 64), 2);
	xn_reads_end(&reads, 2);
	assert_int_equal(xn_reads_begin(&reads, 64), 4);
	xn_reads_end(&reads, 3); /* found the end */
	assert_int_equal(xn_reads_begin(&reads, 64), 3);
	/* Less room is no end of what there is. */
	assert_int_equal(xn_reads_begin(&reads, 2), 2);
	xn_reads_end(&reads, 2);
	assert_true(xn_reads_begin(&reads, 64) > 3);
	for (uint32_t i = 0; i < 10; i++)
		xn_reads_end(&reads, xn_reads_begin(&reads, 64));
	assert_int_equal(xn_reads_begin(&reads, 64), XN_READS_MAX);
	xn_reads_end(&reads, 0);
	assert_int_equal(xn_reads_begin(&reads, 64), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			short_pauses_lengthen_the_look_up_to_its_limit),
		cmocka_unit_test(a_look_that_suffices_stays),
		cmocka_unit_test(long_pauses_end_it),
		cmocka_unit_test(it_lasts_as_long_as_it_says),
		cmocka_unit_test(who_must_share_the_processor_stops),
		cmocka_unit_test(who_loses_it_again_and_again_rests_longer),
		cmocka_unit_test(who_has_the_processor_alone_looks_more_often),
		cmocka_unit_test(never_is_never),
		cmocka_unit_test(reads_follow_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
