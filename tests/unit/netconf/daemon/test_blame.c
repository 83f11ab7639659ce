/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a death of the data process is put down to, and what is no proof. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "netback/ring/redo.h"
#include "netconf/daemon/blame.h"

static void the_second_within_the_window_counts(void **state)
{
	struct xn_blame blame = {0};

	(void)state;
	assert_false(xn_blame_add(&blame, 5)); /* also soon after the boot */
	assert_true(xn_blame_add(&blame, 5 + XN_BLAME_WINDOW_MS - 1));
}

static void the_second_after_the_window_does_not(void **state)
{
	struct xn_blame blame = {0};
	uint64_t now_ms = 0;

	(void)state;
	for (int i = 0; i < 5; i++, now_ms += XN_BLAME_WINDOW_MS)
		assert_false(xn_blame_add(&blame, now_ms));
	/* Each counts from the one before it. */
	assert_true(xn_blame_add(&blame, now_ms - 1));
	assert_true(xn_blame_add(&blame, now_ms));
}

static void a_crash_is_told_from_an_end(void **state)
{
	(void)state;
	assert_true(xn_blame_is_crash(W_EXITCODE(0, SIGSEGV)));
	assert_true(xn_blame_is_crash(W_EXITCODE(0, SIGABRT)));
	assert_true(xn_blame_is_crash(W_EXITCODE(0, SIGSYS)));
	assert_true(xn_blame_is_crash(W_EXITCODE(1, 0)));
	assert_false(xn_blame_is_crash(W_EXITCODE(0, 0)));
	assert_false(xn_blame_is_crash(W_EXITCODE(0, SIGKILL)));
	assert_false(xn_blame_is_crash(W_EXITCODE(0, SIGTERM)));
	assert_false(xn_blame_is_crash(W_EXITCODE(0, SIGINT)));
	assert_false(xn_blame_is_crash(W_EXITCODE(0, SIGHUP)));
}

struct bed {
	int fd;
	struct xnb_redo *redo;
};

#define QUEUES 2u

static int set_up(void **state)
{
	static struct bed bed;

	bed.fd = memfd_create("redo", MFD_CLOEXEC);
	assert_true(bed.fd >= 0);
	assert_int_equal(ftruncate(bed.fd, (off_t)xnb_redo_bytes(QUEUES)), 0);
	bed.redo = mmap(NULL, xnb_redo_bytes(QUEUES), PROT_READ | PROT_WRITE,
			MAP_SHARED, bed.fd, 0);
	assert_true(bed.redo != MAP_FAILED);
	xnb_redo_init(bed.redo, QUEUES);
	*state = &bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	munmap(bed->redo, xnb_redo_bytes(QUEUES));
	close(bed->fd);
	return 0;
}

static void a_note_is_taken_once(void **state)
{
	struct bed *bed = *state;
	struct xn_blame_place place;

	assert_int_equal(xn_blame_take_note(bed->fd, QUEUES, &place), 0);
	xnb_redo_enter(bed->redo, 1, 0xfffffff0u);
	assert_int_equal(xn_blame_take_note(bed->fd, QUEUES, &place), 1);
	assert_int_equal(place.queue, 1);
	assert_int_equal(place.index, 0xfffffff0u);
	assert_int_equal(xn_blame_take_note(bed->fd, QUEUES, &place), 0);
}

static void a_queue_that_is_not_there_is_no_note(void **state)
{
	struct bed *bed = *state;
	struct xn_blame_place place;

	xnb_redo_enter(bed->redo, QUEUES, 0);
	assert_int_equal(xn_blame_take_note(bed->fd, QUEUES, &place), 0);
}

static void another_log_is_refused(void **state)
{
	struct bed *bed = *state;
	struct xn_blame_place place;

	xnb_redo_enter(bed->redo, 0, 0);
	bed->redo->queue_count = QUEUES + 1;
	assert_int_equal(xn_blame_take_note(bed->fd, QUEUES, &place), -EPROTO);
	/* Longer than the file is. */
	assert_int_equal(xn_blame_take_note(bed->fd, QUEUES + 1, &place),
			 -EPROTO);
	bed->redo->queue_count = QUEUES;
	bed->redo->magic++;
	assert_int_equal(xn_blame_take_note(bed->fd, QUEUES, &place), -EPROTO);
	assert_int_equal(xn_blame_take_note(-1, QUEUES, &place), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_within_the_window_counts),
		cmocka_unit_test(the_second_after_the_window_does_not),
		cmocka_unit_test(a_crash_is_told_from_an_end),
		cmocka_unit_test_setup_teardown(a_note_is_taken_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_queue_that_is_not_there_is_no_note, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(another_log_is_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
