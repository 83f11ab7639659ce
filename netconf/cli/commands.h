/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_CLI_COMMANDS_H
#define XN_CLI_COMMANDS_H
/*
 * The commands of `xenplane`: each gets what the command line says and returns
 * the exit status: 0 done, 1 failed (the reason is on stderr), 2 usage.
 * Tables are for people and may change; --json is for programs.
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "netconf/base/err.h"

enum xn_cli_status {
	XN_CLI_DONE = 0,
	XN_CLI_FAILED = 1,
	XN_CLI_USAGE = 2,
};

#define XN_CLI_WORDS_MAX 16

/* Options that not every command takes. */
#define XN_CLI_TAKES_FILE (1U << 0)
#define XN_CLI_TAKES_STATE (1U << 1)
#define XN_CLI_TAKES_CONFIRM (1U << 2)
#define XN_CLI_TAKES_FORCE (1U << 3)
#define XN_CLI_TAKES_DRY_RUN (1U << 4)
#define XN_CLI_TAKES_BOOT (1U << 5)
#define XN_CLI_TAKES_TAKE (1U << 6)
#define XN_CLI_TAKES_ONCE (1U << 7)

struct xn_cli {
	char socket[108]; /* the daemon's */
	bool json;
	bool help;
	const char *file;    /* -f; NULL: not said */
	uint32_t said;	     /* XN_CLI_TAKES_*: options of some commands only */
	const char *state;   /* --state; NULL: not said */
	const char *confirm; /* --confirm; NULL: not said */
	uint32_t force;	     /* how often --force was said */
	bool dry_run;
	bool boot;
	bool take;	/* --take */
	bool once;	/* --once */
	int word_count; /* after the command's own: "list", "show vif1.0" */
	const char *word[XN_CLI_WORDS_MAX];
};

enum xn_cli_status xn_cli_status(const struct xn_cli *cli);
enum xn_cli_status xn_cli_upgrade(const struct xn_cli *cli);
enum xn_cli_status xn_cli_vif(const struct xn_cli *cli);
enum xn_cli_status xn_cli_bridge(const struct xn_cli *cli);
enum xn_cli_status xn_cli_leases(const struct xn_cli *cli);
enum xn_cli_status xn_cli_top(const struct xn_cli *cli);
/* These ask nobody that must be there (qos.c). */
enum xn_cli_status xn_cli_qos(const struct xn_cli *cli);
/* These ask nobody, and touch nothing. */
enum xn_cli_status xn_cli_check(const struct xn_cli *cli);
enum xn_cli_status xn_cli_import(const struct xn_cli *cli);
/* Asks nobody: works on the kernel itself. */
enum xn_cli_status xn_cli_nat(const struct xn_cli *cli);

/* The host's own network (netconf/safe). */
enum xn_cli_status xn_cli_diff(const struct xn_cli *cli);
enum xn_cli_status xn_cli_apply(const struct xn_cli *cli);
enum xn_cli_status xn_cli_confirm(const struct xn_cli *cli);
enum xn_cli_status xn_cli_rollback(const struct xn_cli *cli);
enum xn_cli_status xn_cli_recover(const struct xn_cli *cli);
enum xn_cli_status xn_cli_doctor(const struct xn_cli *cli);

/* Reads the command line, without the command word: options may stand
 * anywhere. false: a reason is on stderr. */
bool xn_cli_parse(int argc, const char *const *argv, struct xn_cli *ret_cli);

/* The first option that the command does not take; NULL: none. */
const char *xn_cli_excess_option(const struct xn_cli *cli, uint32_t takes);

/* Prints the reason and how the command is used. */
enum xn_cli_status xn_cli_wrong(const char *usage, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The reason alone: how the command is used is known by then. */
enum xn_cli_status xn_cli_wrong_value(const struct xn_err *err);
/* On stdout, asked for. */
enum xn_cli_status xn_cli_usage(const char *usage);

/* One request to the daemon, the reference to which is taken (NULL: out of
 * memory). NULL: the reason is on stderr; else the caller owns it. */
json_t *xn_cli_ask(const struct xn_cli *cli, json_t *take_request);
void xn_cli_print_json(const json_t *value);
/* A string of whatever bytes: what is not UTF-8 is made printable. */
json_t *xn_cli_json_text(const char *text);

/* `set NAME KEY=VALUE...` of a "vif" or "bridge" (settings.c): sets, waits
 * until the paths are switched over, and says what still waits. */
enum xn_cli_status xn_cli_set(const struct xn_cli *cli, const char *kind);
/* The answer's "settings", one in a line, with who said it. */
void xn_cli_print_settings(const json_t *settings);
/* Waits until no vif is being switched over. false: the reason is said. */
bool xn_cli_wait_settled(const struct xn_cli *cli);

#endif
