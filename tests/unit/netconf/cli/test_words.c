/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line's words, and the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/table.h"

#define WORDS(...)                          \
	(const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static bool parse(const char *const *words, size_t count, struct xn_cli *cli)
{
	return xn_cli_parse((int)count, words, cli);
}

/* What stderr and stdout get is not looked at here. */
static void options_may_stand_anywhere(void **state)
{
	struct xn_cli cli;

	(void)state;
	assert_true(parse(
		WORDS("--json", "vif", "--socket", "/x", "show", "vif1.0"),
		&cli));
	assert_true(cli.json);
	assert_false(cli.help);
	assert_string_equal(cli.socket, "/x");
	assert_int_equal(cli.word_count, 3);
	assert_string_equal(cli.word[0], "vif");
	assert_string_equal(cli.word[2], "vif1.0");
	assert_true(parse(WORDS("vif", "-h", "--socket=/y"), &cli));
	assert_true(cli.help);
	assert_string_equal(cli.socket, "/y");
}

static void some_options_are_of_some_commands(void **state)
{
	struct xn_cli cli;

	(void)state;
	assert_true(parse(WORDS("apply", "--state", "/s", "--confirm=5",
				"--force", "-f", "/c", "--force", "--dry-run"),
			  &cli));
	assert_string_equal(cli.state, "/s");
	assert_string_equal(cli.confirm, "5");
	assert_string_equal(cli.file, "/c");
	assert_int_equal(cli.force, 2);
	assert_true(cli.dry_run);
	assert_false(cli.boot);
	assert_int_equal(cli.word_count, 1);
	assert_null(xn_cli_excess_option(
		&cli, XN_CLI_TAKES_FILE | XN_CLI_TAKES_STATE |
			      XN_CLI_TAKES_CONFIRM | XN_CLI_TAKES_FORCE |
			      XN_CLI_TAKES_DRY_RUN));
	assert_string_equal(xn_cli_excess_option(&cli, XN_CLI_TAKES_FILE),
			    "--state");
	assert_true(parse(WORDS("recover", "--boot"), &cli));
	assert_string_equal(xn_cli_excess_option(&cli, 0), "--boot");
	assert_true(parse(WORDS("status", "--json", "--socket=/x"), &cli));
	assert_null(xn_cli_excess_option(&cli, 0));
	assert_false(parse(WORDS("apply", "--confirm"), &cli));
	assert_false(parse(WORDS("apply", "--confirmed", "5"), &cli));
	assert_false(parse(WORDS("apply", "-f=x"), &cli));
}

static void unknown_options_and_endless_words_are_refused(void **state)
{
	struct xn_cli cli;
	char path[200];

	(void)state;
	assert_false(parse(WORDS("vif", "--nonsense"), &cli));
	assert_false(parse(WORDS("vif", "--socket"), &cli));
	assert_false(
		parse(WORDS("1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
			    "11", "12", "13", "14", "15", "16", "17"),
		      &cli));
	assert_true(parse(WORDS("1", "2", "3", "4", "5", "6", "7", "8", "9",
				"10", "11", "12", "13", "14", "15", "16"),
			  &cli));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_false(parse(WORDS("--socket", path), &cli));
}

static void the_lab_is_chosen_by_its_name(void **state)
{
	struct xn_cli cli;

	(void)state;
	(void)setenv("XENPLANE_LAB", "blue", 1);
	assert_true(parse(WORDS("status"), &cli));
	assert_string_equal(cli.socket, "/run/xenplane/lab/blue/control.sock");
	(void)setenv("XENPLANE_LAB", "../../etc", 1);
	assert_false(parse(WORDS("status"), &cli));
	(void)unsetenv("XENPLANE_LAB");
}

static void commands_with_wrong_words_are_usage(void **state)
{
	struct xn_cli cli = {.socket = "/nonexistent"};

	(void)state;
	assert_int_equal(xn_cli_vif(&cli), XN_CLI_USAGE);
	assert_int_equal(xn_cli_bridge(&cli), XN_CLI_USAGE);
	cli.word_count = 1;
	cli.word[0] = "show";
	assert_int_equal(xn_cli_vif(&cli), XN_CLI_USAGE);
	assert_int_equal(xn_cli_bridge(&cli), XN_CLI_USAGE);
	assert_int_equal(xn_cli_status(&cli), XN_CLI_USAGE);
	cli.word_count = 3;
	cli.word[0] = "set";
	cli.word[1] = "vif1.0";
	cli.word[2] = "speed=9";
	assert_int_equal(xn_cli_vif(&cli), XN_CLI_USAGE);
	assert_int_equal(xn_cli_bridge(&cli), XN_CLI_USAGE);
}

static void without_a_daemon_commands_fail(void **state)
{
	struct xn_cli cli = {.socket = "/nonexistent", .word_count = 1};

	(void)state;
	cli.word[0] = "list";
	assert_int_equal(xn_cli_vif(&cli), XN_CLI_FAILED);
	assert_int_equal(xn_cli_bridge(&cli), XN_CLI_FAILED);
	cli.word_count = 0;
	assert_int_equal(xn_cli_status(&cli), XN_CLI_FAILED);
}

static void help_is_no_failure(void **state)
{
	struct xn_cli cli = {.help = true};

	(void)state;
	assert_int_equal(xn_cli_vif(&cli), XN_CLI_DONE);
	assert_int_equal(xn_cli_bridge(&cli), XN_CLI_DONE);
	assert_int_equal(xn_cli_status(&cli), XN_CLI_DONE);
}

/* What a function prints on stdout. */
static void print_to(char *text, size_t bytes, const struct xn_table *table)
{
	FILE *file = tmpfile();
	int before = dup(STDOUT_FILENO);
	size_t got;

	assert_non_null(file);
	(void)fflush(stdout);
	assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
	xn_table_print(table);
	(void)fflush(stdout);
	(void)dup2(before, STDOUT_FILENO);
	(void)close(before);
	rewind(file);
	got = fread(text, 1, bytes - 1, file);
	text[got] = '\0';
	(void)fclose(file);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const heads[] = {"A", "LONG", "LAST"};
	struct xn_table *table = xn_table_create(heads, 3);
	json_t *object =
		json_pack("{s:s, s:i, s:n, s:b, s:s}", "name", "vif1.0",
			  "count", 7, "none", "yes", 1, "empty", "");
	char text[400];

	(void)state;
	assert_true(xn_table_add_key(table, object, "name"));
	assert_true(xn_table_add_key(table, object, "count"));
	assert_true(xn_table_add_key(table, object, "none"));
	assert_true(xn_table_add_key(table, object, "yes"));
	assert_true(xn_table_add_key(table, object, "empty"));
	assert_true(xn_table_add(table, "%d%%", 5));
	print_to(text, sizeof(text), table);
	assert_string_equal(text, "A       LONG  LAST\n"
				  "vif1.0  7     -\n"
				  "yes     -     5%\n");
	xn_table_destroy(table);
	json_decref(object);
}

static void a_long_table_and_a_long_cell_fit(void **state)
{
	static const char *const heads[] = {"A"};
	struct xn_table *table = xn_table_create(heads, 1);
	char cell[400], text[4000];

	(void)state;
	memset(cell, 'x', sizeof(cell) - 1);
	cell[sizeof(cell) - 1] = '\0';
	assert_true(xn_table_add(table, "%s", cell));
	for (int i = 0; i < 500; i++)
		assert_true(xn_table_add(table, "%d", i));
	print_to(text, sizeof(text), table);
	assert_int_equal(strcspn(text + 2, "\n"), XN_TABLE_CELL_MAX - 1);
	assert_non_null(strstr(text, "\n499\n"));
	xn_table_destroy(table);
}

static void amounts_are_short(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(xn_table_amount(0, text), "0");
	assert_string_equal(xn_table_amount(999, text), "999");
	assert_string_equal(xn_table_amount(1500, text), "1.5k");
	assert_string_equal(xn_table_amount(2.5e9, text), "2.5G");
	assert_string_equal(xn_table_amount(1.8e19, text), "18.0E");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(some_options_are_of_some_commands),
		cmocka_unit_test(unknown_options_and_endless_words_are_refused),
		cmocka_unit_test(the_lab_is_chosen_by_its_name),
		cmocka_unit_test(commands_with_wrong_words_are_usage),
		cmocka_unit_test(without_a_daemon_commands_fail),
		cmocka_unit_test(help_is_no_failure),
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(a_long_table_and_a_long_cell_fit),
		cmocka_unit_test(amounts_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
