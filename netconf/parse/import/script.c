/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script that calls network-bridge several times, which xend ran instead of
 * it. It is read line by line for its commands; what it does on `stop` and
 * `status` is the reverse of what it does on `start`, and left out. What is not
 * understood is noted.
 */
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/import/sources.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct script {
	struct xn_draft *draft;
	struct xn_shell shell;
	uint32_t line;
	bool in_case, case_skips;
	bool in_label, label_starts; /* A of A|B), and whether it is start */
	uint32_t if_depth, if_skips; /* the depth that is left out; 0: none */
};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static bool has_word(const struct xn_command *command, const char *word)
{
	for (uint32_t i = 0; i < command->count; i++)
		if (!strcmp(command->word[i], word))
			return true;
	return false;
}

static void note(struct script *script, const struct xn_command *command)
{
	char words[XN_DRAFT_NOTE_MAX];

	xn_draft_note(script->draft, script->line, "not understood: %.200s",
		      xn_import_words(command, words));
}

static void drop_first(struct xn_command *command)
{
	command->count--;
	memmove(command->word[0], command->word[1],
		command->count * sizeof(command->word[0]));
}

/* if, elif: whether the way is start's. */
static void take_condition(struct script *script,
			   const struct xn_command *command)
{
	if (script->if_skips)
		return;
	if (has_word(command, "stop") || has_word(command, "status"))
		script->if_skips = script->if_depth;
	else if (!has_word(command, "start"))
		note(script, command);
}

/* NAME=VALUE on its own. */
static bool take_assignment(struct script *script,
			    const struct xn_command *command)
{
	const char *equals = strchr(command->word[0], '=');
	size_t length = equals ? (size_t)(equals - command->word[0]) : 0;
	char name[XN_SHELL_NAME_MAX];

	if (!length || length >= sizeof(name) || command->count > 1 ||
	    memchr(command->word[0], '/', length) ||
	    memchr(command->word[0], '$', length))
		return false;
	memcpy(name, command->word[0], length);
	name[length] = '\0';
	return xn_shell_set(&script->shell, name, equals + 1);
}

/* What is not stop's way may be start's. */
static void leave_branch(struct script *script)
{
	if (script->if_skips == script->if_depth)
		script->if_skips = 0;
}

/* The pattern of a case, which may be several words with '|' between: `first`
 * on their line. */
static bool take_label(struct script *script, const struct xn_command *command,
		       bool first)
{
	if (!script->in_case || command->count != 1 ||
	    (command->end != ')' && command->end != '|') ||
	    (command->end == '|' && !first && !script->in_label))
		return false;
	script->label_starts |= has_word(command, "start");
	script->in_label = command->end == '|';
	if (!script->in_label) {
		script->case_skips = !script->label_starts;
		script->label_starts = false;
	}
	return true;
}

/* Words of the language itself. true: nothing is left of the command. */
static bool take_keyword(struct script *script, struct xn_command *command)
{
	static const char *const before[] = {"then", "else", "do", "done",
					     "{",    "}",    "!"};
	const char *word = command->word[0];

	if (!strcmp(word, "case")) {
		script->in_case = true;
		script->case_skips = true;
		return true;
	}
	if (!strcmp(word, "esac")) {
		script->in_case = script->case_skips = false;
		return true;
	}
	if (!strcmp(word, "fi")) {
		leave_branch(script);
		script->if_depth -= script->if_depth > 0;
		return true;
	}
	if (!strcmp(word, "elif")) {
		leave_branch(script);
		take_condition(script, command);
		return true;
	}
	if (!strcmp(word, "else"))
		leave_branch(script);
	if (!strcmp(word, "if")) {
		script->if_depth++;
		take_condition(script, command);
		return true;
	}
	if (!is_one_of(word, before, COUNT(before)))
		return false;
	drop_first(command);
	return !command->count;
}

static void take_command(struct script *script, struct xn_command *command,
			 bool first)
{
	static const char *const quiet[] = {"echo", "sleep",  "set",   "shift",
					    "exit", "true",   ":",     "return",
					    "cd",   "logger", "printf"};

	if (take_label(script, command, first))
		return;
	if (take_keyword(script, command))
		return;
	if (script->if_skips || (script->in_case && script->case_skips))
		return;
	if (is_one_of(xn_command_name(command), quiet, COUNT(quiet)) ||
	    take_assignment(script, command))
		return;
	if (!strcmp(command->word[0], "[") || !strcmp(command->word[0], "[[")) {
		if (!has_word(command, "start"))
			note(script, command);
		return;
	}
	if (!xn_import_network_script(script->draft, command, script->line) &&
	    !xn_import_bridge_command(script->draft, command, script->line))
		note(script, command);
}

void xn_import_script(struct xn_draft *draft, const char *text)
{
	struct script script = {.draft = draft};
	struct xn_lines lines = {.at = text, .next = 1};

	while (xn_lines_next(&lines, draft)) {
		const char *at = lines.text;
		struct xn_command command;

		bool first = true;

		script.line = lines.number;
		while (xn_shell_next(&script.shell, &at, &command)) {
			take_command(&script, &command, first);
			first = false;
		}
	}
}
