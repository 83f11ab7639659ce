/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share: the command line's words, asking the daemon,
 * printing, and waiting for a switch-over. */
#include "netconf/cli/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netconf/base/loop.h"
#include "netconf/base/text.h"
#include "netconf/ipc/client.h"

#define ANSWER_MS 10000
/* A switch-over takes a message to the data process and one back. */
#define SETTLE_MS 10000
#define SETTLE_PAUSE_NS 10000000

#define LAB_FOLDER "/run/xenplane/lab"

/* Where a daemon is to be expected: a named lab's, the host's, or the
 * default lab's. */
static int default_socket(char *path, size_t bytes)
{
	const char *lab = getenv("XENPLANE_LAB");

	if (!lab || !lab[0]) {
		if (!access(XN_CLIENT_SOCKET, F_OK))
			return xn_text_copy(path, bytes, XN_CLIENT_SOCKET);
		lab = "default";
		if (access(LAB_FOLDER "/default/control.sock", F_OK))
			return xn_text_copy(path, bytes, XN_CLIENT_SOCKET);
	}
	if (strchr(lab, '/'))
		return -EINVAL;
	return xn_text_format(path, bytes, LAB_FOLDER "/%s/control.sock", lab);
}

static bool take_word(struct xn_cli *cli, const char *word)
{
	if (cli->word_count == XN_CLI_WORDS_MAX) {
		(void)fprintf(stderr, "xenplane: too many words: %s\n", word);
		return false;
	}
	cli->word[cli->word_count++] = word;
	return true;
}

/* Options with a value behind them, or behind their '='. */
enum value_option {
	SOCKET,
	FILE_NAME,
	STATE,
	CONFIRM,
	VALUE_OPTIONS
};
static const struct {
	const char *name;
	uint32_t bit;
} value_options[VALUE_OPTIONS] = {
	[SOCKET] = {"--socket", 0},
	[FILE_NAME] = {"-f", XN_CLI_TAKES_FILE},
	[STATE] = {"--state", XN_CLI_TAKES_STATE},
	[CONFIRM] = {"--confirm", XN_CLI_TAKES_CONFIRM},
};

/* How many words it took: 0: none of these; -1: its value is missing. */
static int take_value_option(struct xn_cli *cli, int argc,
			     const char *const *argv,
			     const char *ret_value[VALUE_OPTIONS])
{
	for (int i = 0; i < VALUE_OPTIONS; i++) {
		const char *name = value_options[i].name;
		size_t length = strlen(name);

		if (strncmp(argv[0], name, length) != 0)
			continue;
		if (argv[0][length] == '=' && i != FILE_NAME) {
			ret_value[i] = argv[0] + length + 1;
			cli->said |= value_options[i].bit;
			return 1;
		}
		if (argv[0][length])
			continue;
		if (argc < 2) {
			(void)fprintf(stderr, "xenplane: %s needs a value\n",
				      name);
			return -1;
		}
		ret_value[i] = argv[1];
		cli->said |= value_options[i].bit;
		return 2;
	}
	return 0;
}

static bool take_option(struct xn_cli *cli, const char *option)
{
	if (!strcmp(option, "--json")) {
		cli->json = true;
	} else if (!strcmp(option, "--help") || !strcmp(option, "-h")) {
		cli->help = true;
	} else if (!strcmp(option, "--force")) {
		cli->force++;
		cli->said |= XN_CLI_TAKES_FORCE;
	} else if (!strcmp(option, "--dry-run")) {
		cli->dry_run = true;
		cli->said |= XN_CLI_TAKES_DRY_RUN;
	} else if (!strcmp(option, "--boot")) {
		cli->boot = true;
		cli->said |= XN_CLI_TAKES_BOOT;
	} else if (!strcmp(option, "--take")) {
		cli->take = true;
		cli->said |= XN_CLI_TAKES_TAKE;
	} else if (!strcmp(option, "--once")) {
		cli->once = true;
		cli->said |= XN_CLI_TAKES_ONCE;
	} else {
		(void)fprintf(stderr, "xenplane: unknown option %s\n", option);
		return false;
	}
	return true;
}

const char *xn_cli_excess_option(const struct xn_cli *cli, uint32_t takes)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} options[] = {
		{XN_CLI_TAKES_FILE, "-f"},
		{XN_CLI_TAKES_STATE, "--state"},
		{XN_CLI_TAKES_CONFIRM, "--confirm"},
		{XN_CLI_TAKES_FORCE, "--force"},
		{XN_CLI_TAKES_DRY_RUN, "--dry-run"},
		{XN_CLI_TAKES_BOOT, "--boot"},
		{XN_CLI_TAKES_TAKE, "--take"},
		{XN_CLI_TAKES_ONCE, "--once"},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (cli->said & options[i].bit & ~takes)
			return options[i].name;
	return NULL;
}

/* The work is done in a process that stands elsewhere. */
static const char *absolute(const char *path)
{
	static char whole[PATH_MAX];
	char here[PATH_MAX];

	if (!path || path[0] == '/' || !getcwd(here, sizeof(here)) ||
	    xn_text_format(whole, sizeof(whole), "%s/%s", here, path) < 0)
		return path;
	return whole;
}

bool xn_cli_parse(int argc, const char *const *argv, struct xn_cli *ret_cli)
{
	const char *value[VALUE_OPTIONS] = {0};
	struct xn_cli cli = {0};
	int length;

	for (int i = 0; i < argc; i++) {
		int took = take_value_option(&cli, argc - i, argv + i, value);

		if (took < 0)
			return false;
		if (took > 0)
			i += took - 1;
		else if (argv[i][0] == '-' ? !take_option(&cli, argv[i])
					   : !take_word(&cli, argv[i]))
			return false;
	}
	cli.file = value[FILE_NAME];
	cli.state = absolute(value[STATE]);
	cli.confirm = value[CONFIRM];
	length = value[SOCKET] ? xn_text_copy(cli.socket, sizeof(cli.socket),
					      value[SOCKET])
			       : default_socket(cli.socket, sizeof(cli.socket));
	if (length < 1) {
		(void)fputs("xenplane: the socket's path is not usable\n",
			    stderr);
		return false;
	}
	*ret_cli = cli;
	return true;
}

enum xn_cli_status xn_cli_wrong(const char *usage, const char *format, ...)
{
	va_list args;

	(void)fputs("xenplane: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fprintf(stderr, "\n%s", usage);
	return XN_CLI_USAGE;
}

enum xn_cli_status xn_cli_wrong_value(const struct xn_err *err)
{
	(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(err));
	return XN_CLI_USAGE;
}

enum xn_cli_status xn_cli_usage(const char *usage)
{
	(void)fputs(usage, stdout);
	return XN_CLI_DONE;
}

json_t *xn_cli_ask(const struct xn_cli *cli, json_t *take_request)
{
	struct xn_err err = {0};
	json_t *result = NULL;

	if (!take_request) {
		(void)fputs("xenplane: out of memory\n", stderr);
		return NULL;
	}
	if (xn_client_call(cli->socket, take_request, ANSWER_MS, &result, &err))
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(&err));
	json_decref(take_request);
	return result;
}

void xn_cli_print_json(const json_t *value)
{
	(void)json_dumpf(value, stdout, JSON_INDENT(2));
	(void)putchar('\n');
}

json_t *xn_cli_json_text(const char *text)
{
	json_t *value = json_string(text);
	char *copy;

	if (value)
		return value;
	copy = strdup(text);
	if (copy)
		xn_text_make_printable(copy);
	value = json_string(copy ? copy : "");
	free(copy);
	return value;
}

bool xn_cli_wait_settled(const struct xn_cli *cli)
{
	const struct timespec pause = {.tv_nsec = SETTLE_PAUSE_NS};
	uint64_t begin_ms = xn_now_ms();

	do {
		json_t *status =
			xn_cli_ask(cli, json_pack("{s:s}", "cmd", "status"));
		bool settled = json_is_true(json_object_get(status, "settled"));
		bool failed = !status;

		json_decref(status);
		if (settled || failed)
			return settled;
		(void)nanosleep(&pause, NULL);
	} while (xn_now_ms() - begin_ms < SETTLE_MS);
	(void)fputs("xenplane: the data process does not confirm the change\n",
		    stderr);
	return false;
}
