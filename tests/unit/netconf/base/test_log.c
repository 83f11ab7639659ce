/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "netconf/base/log.h"

/* stderr goes to a memory file while a test logs. */
static int saved_stderr = -1;
static int captured = -1;

static int capture(void **state)
{
	(void)state;
	captured = memfd_create("log", MFD_CLOEXEC);
	saved_stderr = dup(STDERR_FILENO);
	if (captured < 0 || saved_stderr < 0)
		return -1;
	return dup2(captured, STDERR_FILENO) < 0 ? -1 : 0;
}

static int release(void **state)
{
	(void)state;
	if (dup2(saved_stderr, STDERR_FILENO) < 0)
		return -1;
	(void)close(saved_stderr);
	(void)close(captured);
	return 0;
}

static const char *lines(void)
{
	static char text[8192];
	ssize_t got = pread(captured, text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

static void a_line_has_name_and_level(void **state)
{
	(void)state;
	xn_log_open("demo", XN_LOG_DEBUG, false);
	xn_error("no %s", "bridge");
	xn_warning("slow");
	xn_info("up");
	xn_debug("%d", 7);
	assert_string_equal(lines(), "demo: error: no bridge\n"
				     "demo: warning: slow\n"
				     "demo: info: up\n"
				     "demo: debug: 7\n");
}

static void lines_below_the_level_are_dropped(void **state)
{
	(void)state;
	xn_log_open("demo", XN_LOG_WARNING, false);
	xn_info("unseen");
	xn_debug("unseen");
	xn_warning("seen");
	assert_string_equal(lines(), "demo: warning: seen\n");
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
	(void)state;
	xn_log_open("demo", XN_LOG_INFO, false);
	xn_info("%s", "a\x1b[31m\nb\x7f\tc");
	assert_string_equal(lines(), "demo: info: a?[31m?b??c\n");
}

static void a_long_line_is_cut_but_ended(void **state)
{
	char text[4096];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	xn_log_open("demo", XN_LOG_INFO, false);
	xn_info("%s", text);
	line = lines();
	assert_true(strlen(line) < sizeof(text));
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static void a_limit_lets_a_burst_through(void **state)
{
	struct xn_log_limit limit = {.burst = 2, .interval_ms = UINT32_MAX};
	struct xn_log_limit open = {.burst = 1, .interval_ms = 0};

	(void)state;
	/* Zero-initialised, with an interval longer than any test. */
	assert_true(xn_log_allowed(&limit));
	assert_true(xn_log_allowed(&limit));
	assert_false(xn_log_allowed(&limit));
	assert_false(xn_log_allowed(&limit));
	/* Each line is in a new interval. */
	assert_true(xn_log_allowed(&open));
	assert_true(xn_log_allowed(&open));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_has_name_and_level,
						capture, release),
		cmocka_unit_test_setup_teardown(
			lines_below_the_level_are_dropped, capture, release),
		cmocka_unit_test_setup_teardown(
			control_bytes_do_not_reach_the_terminal, capture,
			release),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut_but_ended,
						capture, release),
		cmocka_unit_test(a_limit_lets_a_burst_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
