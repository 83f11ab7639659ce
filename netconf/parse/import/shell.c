/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell lines to words, see shell.h. */
#include "netconf/parse/import/shell.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "netconf/base/text.h"

struct lexer {
	const struct xn_shell *shell;
	const char *at;
	struct xn_command *command;
	size_t length; /* of the word so far */
	bool in_word;
};

bool xn_shell_set(struct xn_shell *shell, const char *name, const char *value)
{
	uint32_t i = 0;

	while (i < shell->count && strcmp(shell->var[i].name, name) != 0)
		i++;
	if (i == XN_SHELL_VARS_MAX ||
	    xn_text_copy(shell->var[i].value, sizeof(shell->var[i].value),
			 value) < 0 ||
	    xn_text_copy(shell->var[i].name, sizeof(shell->var[i].name), name) <
		    0)
		return false;
	if (i == shell->count)
		shell->count++;
	return true;
}

static void add_byte(struct lexer *lexer, char byte)
{
	struct xn_command *command = lexer->command;

	lexer->in_word = true;
	if (command->count == XN_SHELL_WORDS_MAX ||
	    lexer->length == XN_SHELL_WORD_MAX - 1) {
		command->cut = true;
		return;
	}
	command->word[command->count][lexer->length++] = byte;
}

static void end_word(struct lexer *lexer)
{
	struct xn_command *command = lexer->command;

	if (lexer->in_word && command->count < XN_SHELL_WORDS_MAX)
		command->word[command->count++][lexer->length] = '\0';
	lexer->in_word = false;
	lexer->length = 0;
}

/* Behind "$(": up to the bracket that closes it. */
static void skip_brackets(struct lexer *lexer)
{
	uint32_t depth = 1;

	while (*lexer->at && depth) {
		depth += *lexer->at == '(';
		depth -= *lexer->at == ')';
		lexer->at++;
	}
}

static const char *value_of(const struct xn_shell *shell, const char *name,
			    size_t length)
{
	for (uint32_t i = 0; i < shell->count; i++)
		if (strlen(shell->var[i].name) == length &&
		    !memcmp(shell->var[i].name, name, length))
			return shell->var[i].value;
	return NULL;
}

/* At a '$'. */
static void take_variable(struct lexer *lexer)
{
	const char *begin = lexer->at, *name = begin + 1;
	bool braces = *name == '{';
	const char *value;
	size_t length = 0;

	if (*name == '(') {
		lexer->at += 2;
		skip_brackets(lexer);
		add_byte(lexer, '$');
		return;
	}
	name += braces;
	while (isalnum((unsigned char)name[length]) || name[length] == '_')
		length++;
	value = value_of(lexer->shell, name, length);
	if (!length || !value || (braces && name[length] != '}')) {
		/* The rest follows as it is. */
		add_byte(lexer, '$');
		lexer->at = begin + 1;
		return;
	}
	lexer->at = name + length + braces;
	for (; *value; value++)
		add_byte(lexer, *value);
}

/* Behind the quote that opens. */
static void take_quoted(struct lexer *lexer, char quote)
{
	lexer->in_word = true;
	while (*lexer->at && *lexer->at != quote) {
		if (quote == '"' && *lexer->at == '$') {
			take_variable(lexer);
			continue;
		}
		if (quote == '"' && *lexer->at == '\\' && lexer->at[1])
			lexer->at++;
		add_byte(lexer, *lexer->at++);
	}
	if (*lexer->at)
		lexer->at++;
}

static void take_byte(struct lexer *lexer)
{
	char byte = *lexer->at;

	if (byte == '$') {
		take_variable(lexer);
		return;
	}
	lexer->at++;
	if (byte == '\'' || byte == '"') {
		take_quoted(lexer, byte);
	} else if (isspace((unsigned char)byte)) {
		end_word(lexer);
	} else if (byte == '\\' && *lexer->at) {
		add_byte(lexer, *lexer->at++);
	} else {
		add_byte(lexer, byte);
	}
}

bool xn_shell_next(const struct xn_shell *shell, const char **at,
		   struct xn_command *ret_command)
{
	struct lexer lexer = {
		.shell = shell, .at = *at, .command = ret_command};

	ret_command->count = 0;
	ret_command->end = 0;
	ret_command->cut = false;
	while (*lexer.at && !ret_command->end) {
		bool redirects = *lexer.at == '&' && lexer.in_word &&
				 lexer.at[-1] == '>';

		if (strchr(";|&()", *lexer.at) && !redirects) {
			if (lexer.in_word || ret_command->count)
				ret_command->end = *lexer.at;
			lexer.at++;
		} else if (*lexer.at == '#' && !lexer.in_word) {
			lexer.at += strlen(lexer.at);
		} else {
			take_byte(&lexer);
		}
	}
	end_word(&lexer);
	*at = lexer.at;
	return ret_command->count > 0;
}

const char *xn_command_name(const struct xn_command *command)
{
	const char *slash = strrchr(command->word[0], '/');

	return slash ? slash + 1 : command->word[0];
}
