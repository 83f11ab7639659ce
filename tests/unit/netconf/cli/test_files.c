/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane check and import: exit status, and what they print as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "netconf/cli/commands.h"

static char path[] = "/tmp/test-files-XXXXXX";

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What the command prints on stdout; the caller owns it. */
static char *run(enum xn_cli_status (*command)(const struct xn_cli *),
		 const struct xn_cli *cli, enum xn_cli_status wanted)
{
	FILE *file = tmpfile();
	int before = dup(STDOUT_FILENO);
	char *text = calloc(1, 65536);
	enum xn_cli_status status;

	assert_non_null(file);
	assert_non_null(text);
	(void)fflush(stdout);
	assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
	status = command(cli);
	(void)fflush(stdout);
	(void)dup2(before, STDOUT_FILENO);
	(void)close(before);
	rewind(file);
	assert_true(fread(text, 1, 65535, file) > 0 || feof(file));
	(void)fclose(file);
	assert_int_equal(status, wanted);
	return text;
}

static json_t *run_json(enum xn_cli_status (*command)(const struct xn_cli *),
			struct xn_cli cli, enum xn_cli_status wanted)
{
	char *text;
	json_t *answer;

	cli.json = true;
	text = run(command, &cli, wanted);
	answer = json_loads(text, 0, NULL);
	assert_non_null(answer);
	free(text);
	return answer;
}

static const char *string(const json_t *answer, const char *array, size_t place,
			  const char *key)
{
	const json_t *item =
		json_array_get(json_object_get(answer, array), place);

	return json_string_value(key ? json_object_get(item, key) : item);
}

static void check_says_what_is_wrong(void **state)
{
	const struct xn_cli cli = {.file = path};
	json_t *answer;

	(void)state;
	put("[bridge xenbr0]\nnetdev = eth0\nstp = on\nforward-delay = 2\n");
	answer = run_json(xn_cli_check, cli, XN_CLI_DONE);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_int_equal(json_integer_value(json_object_get(answer, "bridges")),
			 1);
	assert_string_equal(string(answer, "problems", 0, "kind"), "warning");
	json_decref(answer);
	put("[bridge xenbr0]\nnetdv = eth0\nmtu = \xff\n");
	answer = run_json(xn_cli_check, cli, XN_CLI_FAILED);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_int_equal(json_integer_value(json_object_get(answer, "errors")),
			 2);
	assert_non_null(strstr(string(answer, "problems", 0, "text"),
			       ":2:1: unknown key 'netdv' (did you mean "
			       "'netdev'?)"));
	assert_non_null(
		strstr(string(answer, "problems", 1, "text"), ":3:7: mtu=?"));
	json_decref(answer);
}

static void import_says_what_was_not_taken(void **state)
{
	const struct xn_cli cli = {.word_count = 1, .word = {path}};
	const struct xn_cli check = {.file = path};
	json_t *answer;
	char *text;

	(void)state;
	put("iface xenbr0 inet manual\nbridge_ports eth0\nbridge_waitport 0\n");
	answer = run_json(xn_cli_import, cli, XN_CLI_DONE);
	assert_string_equal(json_string_value(json_object_get(answer, "kind")),
			    "interfaces");
	assert_non_null(strstr(string(answer, "notes", 0, NULL),
			       ":3: bridge_waitport"));
	json_decref(answer);
	text = run(xn_cli_import, &cli, XN_CLI_DONE);
	assert_non_null(strstr(text, "[bridge xenbr0]\nnetdev = eth0\n"));
	put(text);
	free(text);
	free(run(xn_cli_check, &check, XN_CLI_DONE));
	put("(dom0-min-mem 5)\n");
	text = run(xn_cli_import, &cli, XN_CLI_FAILED);
	assert_string_equal(text, "");
	free(text);
	put("hello\n");
	free(run(xn_cli_import, &cli, XN_CLI_FAILED));
}

static void wrong_words_are_usage(void **state)
{
	struct xn_cli cli = {.word_count = 1, .word = {"x"}};

	(void)state;
	free(run(xn_cli_check, &cli, XN_CLI_USAGE));
	cli.word_count = 0;
	free(run(xn_cli_import, &cli, XN_CLI_USAGE));
	cli.file = "/no/such/file";
	free(run(xn_cli_check, &cli, XN_CLI_FAILED));
	cli.help = true;
	free(run(xn_cli_check, &cli, XN_CLI_DONE));
	free(run(xn_cli_import, &cli, XN_CLI_DONE));
}

static void the_file_stands_behind_its_option(void **state)
{
	static const char *const words[] = {"check", "-f", "/x"};
	struct xn_cli cli;

	(void)state;
	assert_true(xn_cli_parse(3, words, &cli));
	assert_string_equal(cli.file, "/x");
	assert_int_equal(cli.word_count, 1);
	assert_false(xn_cli_parse(2, words, &cli));
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_says_what_is_wrong),
		cmocka_unit_test(import_says_what_was_not_taken),
		cmocka_unit_test(wrong_words_are_usage),
		cmocka_unit_test(the_file_stands_behind_its_option),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
