/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/base/err.h"

static void fail_returns_the_negative_errno(void **state)
{
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_fail(&err, EINVAL, "key %s", "mac"), -EINVAL);
	assert_true(err.set);
	assert_string_equal(xn_err_text(&err), "key mac");
	assert_int_equal(xn_fail(NULL, EIO, "nobody listens"), -EIO);
}

static void the_first_cause_stays(void **state)
{
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_fail(&err, EINVAL, "cause"), -EINVAL);
	assert_int_equal(xn_fail(&err, EIO, "consequence"), -EIO);
	assert_string_equal(xn_err_text(&err), "cause");
}

static void a_prefix_keeps_the_cause(void **state)
{
	struct xn_err err = {0};

	(void)state;
	xn_err_prefix(&err, "nothing yet");
	assert_false(err.set);
	assert_int_equal(xn_fail(&err, ENOENT, "no such link"), -ENOENT);
	xn_err_prefix(&err, "bridge %s", "xenbr0");
	assert_string_equal(xn_err_text(&err), "bridge xenbr0: no such link");
	xn_err_prefix(NULL, "nobody listens");
}

static void long_texts_are_cut(void **state)
{
	char text[2 * XN_ERR_TEXT_MAX];
	struct xn_err err = {0};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(xn_fail(&err, EINVAL, "%s", text), -EINVAL);
	assert_int_equal(strlen(xn_err_text(&err)), XN_ERR_TEXT_MAX - 1);
	xn_err_prefix(&err, "file");
	assert_int_equal(strlen(xn_err_text(&err)), XN_ERR_TEXT_MAX - 1);
	assert_memory_equal(xn_err_text(&err), "file: xxx", 9);
	xn_err_prefix(&err, "%s", text);
	assert_int_equal(strlen(xn_err_text(&err)), XN_ERR_TEXT_MAX - 1);
}

static void no_text_reads_as_such(void **state)
{
	struct xn_err err = {0};

	(void)state;
	assert_string_equal(xn_err_text(&err), "no reason recorded");
	assert_string_equal(xn_err_text(NULL), "no reason recorded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_returns_the_negative_errno),
		cmocka_unit_test(the_first_cause_stays),
		cmocka_unit_test(a_prefix_keeps_the_cause),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(no_text_reads_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
