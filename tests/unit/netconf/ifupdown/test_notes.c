/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/ifupdown/notes.h"

static struct xn_ifup_notes notes;

static void each_is_said_once_and_can_be_printed(void **state)
{
	(void)state;
	memset(&notes, 0, sizeof(notes));
	xn_ifup_note(&notes, "bridge_fd %s", "\x1b[31m");
	xn_ifup_note(&notes, "bridge_fd %s", "\x1b[31m");
	xn_ifup_note(&notes, "bridge_stp %d", 7);
	assert_int_equal(notes.count, 2);
	assert_string_equal(notes.text[0], "bridge_fd ?[31m");
	assert_string_equal(notes.text[1], "bridge_stp 7");
}

static void they_are_bounded(void **state)
{
	static char long_text[2 * XN_IFUP_NOTE_BYTES];

	(void)state;
	memset(&notes, 0, sizeof(notes));
	memset(long_text, 'x', sizeof(long_text) - 1);
	xn_ifup_note(&notes, "%s", long_text);
	assert_int_equal(strlen(notes.text[0]), XN_IFUP_NOTE_BYTES - 1);
	for (int i = 1; i < XN_IFUP_NOTES_MAX; i++)
		xn_ifup_note(&notes, "%d", i);
	assert_int_equal(notes.count, XN_IFUP_NOTES_MAX);
	assert_false(notes.more);
	xn_ifup_note(&notes, "one more");
	assert_int_equal(notes.count, XN_IFUP_NOTES_MAX);
	assert_true(notes.more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_said_once_and_can_be_printed),
		cmocka_unit_test(they_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
