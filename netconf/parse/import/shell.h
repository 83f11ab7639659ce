/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IMPORT_SHELL_H
#define XN_IMPORT_SHELL_H
/*
 * Lines of shell scripts to words: quotes, simple variables and what separates
 * commands. Nothing is run. What is not known stays as it stands, with its
 * '$', so that nobody takes it for a value. Pure, bounded.
 */
#include <stdbool.h>
#include <stdint.h>

#define XN_SHELL_WORD_MAX 128u
#define XN_SHELL_WORDS_MAX 24u
#define XN_SHELL_VARS_MAX 32u
#define XN_SHELL_NAME_MAX 32u

struct xn_shell {
	uint32_t count;
	struct {
		char name[XN_SHELL_NAME_MAX];
		char value[XN_SHELL_WORD_MAX];
	} var[XN_SHELL_VARS_MAX];
};

struct xn_command {
	uint32_t count;
	char word[XN_SHELL_WORDS_MAX][XN_SHELL_WORD_MAX];
	char end; /* what ended it: ; | & ( ) or zero */
	bool cut; /* a word was too long, or there were too many */
};

/* A later value counts. false: no room. */
bool xn_shell_set(struct xn_shell *shell, const char *name, const char *value);

/* The next command of the line, from *at on, which is moved behind it. false:
 * the line is at its end. */
bool xn_shell_next(const struct xn_shell *shell, const char **at,
		   struct xn_command *ret_command);

/* The command's name without the folders before it. */
const char *xn_command_name(const struct xn_command *command);

#endif
