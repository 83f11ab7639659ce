/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell lines to words: what is known is put in, what is not keeps its '$'. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/parse/import/shell.h"

/* The commands as "word|word;word." with what ended each. */
static void reads_as(const char *line, const char *wanted)
{
	struct xn_shell shell = {0};
	struct xn_command command;
	char text[1024] = "";

	assert_true(xn_shell_set(&shell, "NIC", "eth7"));
	assert_true(xn_shell_set(&shell, "EMPTY", ""));
	while (xn_shell_next(&shell, &line, &command)) {
		for (uint32_t i = 0; i < command.count; i++) {
			strcat(text, i ? "|" : "");
			strcat(text, command.word[i]);
		}
		strcat(text, (char[]){command.end ? command.end : '.', '\0'});
	}
	assert_string_equal(text, wanted);
}

static void words_and_what_is_between(void **state)
{
	(void)state;
	reads_as("", "");
	reads_as("   # only a comment", "");
	reads_as("a b  c # d", "a|b|c.");
	reads_as("a#b", "a#b.");
	reads_as("a; b && c || d", "a;b&c|d.");
	reads_as("start) a ;;", "start)a;");
	reads_as("echo x >&2", "echo|x|>&2.");
	reads_as("'a b' \"c d\" e\\ f", "a b|c d|e f.");
	reads_as("a '", "a|.");
	reads_as("''", ".");
	reads_as("\\", "\\.");
}

static void variables(void **state)
{
	(void)state;
	reads_as("a $NIC ${NIC}x \"$NIC\"", "a|eth7|eth7x|eth7.");
	reads_as("a '$NIC'", "a|$NIC.");
	reads_as("a $OTHER ${OTHER} ${NIC", "a|$OTHER|${OTHER}|${NIC.");
	reads_as("a \"$@\" $1 $", "a|$@|$1|$.");
	reads_as("a $EMPTY b", "a|b.");
	reads_as("d=$(dirname \"$(pwd)\") x", "d=$|x.");
	reads_as("$(never closed", "$.");
}

static void words_are_bounded(void **state)
{
	const struct xn_shell shell = {0};
	struct xn_command command;
	char line[2 * XN_SHELL_WORD_MAX] = "";
	const char *at = line;

	(void)state;
	memset(line, 'x', XN_SHELL_WORD_MAX - 1);
	assert_true(xn_shell_next(&shell, &at, &command));
	assert_false(command.cut);
	line[XN_SHELL_WORD_MAX - 1] = 'x';
	at = line;
	assert_true(xn_shell_next(&shell, &at, &command));
	assert_true(command.cut);
	line[0] = '\0';
	for (unsigned int i = 0; i < XN_SHELL_WORDS_MAX + 1; i++)
		strcat(line, "a ");
	at = line;
	assert_true(xn_shell_next(&shell, &at, &command));
	assert_int_equal(command.count, XN_SHELL_WORDS_MAX);
	assert_true(command.cut);
}

static void variables_are_bounded(void **state)
{
	struct xn_shell shell = {0};
	char name[2 * XN_SHELL_NAME_MAX];

	(void)state;
	for (unsigned int i = 0; i < XN_SHELL_VARS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "v%u", i);
		assert_true(xn_shell_set(&shell, name, "1"));
	}
	assert_false(xn_shell_set(&shell, "more", "1"));
	assert_true(xn_shell_set(&shell, "v3", "2"));
	assert_string_equal(shell.var[3].value, "2");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	shell.count = 0;
	assert_false(xn_shell_set(&shell, name, "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_what_is_between),
		cmocka_unit_test(variables),
		cmocka_unit_test(words_are_bounded),
		cmocka_unit_test(variables_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
