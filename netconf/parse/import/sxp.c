/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xend-config.sxp: lists of words in brackets, of which the network's two
 * count. Words may have quotes of either kind; comments begin with #.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/import/sources.h"

#define VALUE_MAX 512u
#define OTHERS_MAX 160u

/* One list of the outermost level: its first word and the others, with blanks
 * between. */
struct list {
	uint32_t line;
	uint32_t words;
	char key[64];
	char value[VALUE_MAX];
	bool cut;
};

struct reader {
	struct xn_draft *draft;
	const char *folder; /* of the file, with '/' at its end, or "" */
	const char *at;
	uint32_t line, depth;
	struct list list;
	bool has_script;
	char vif_script[VALUE_MAX];
	uint32_t vif_line;
	uint32_t others;
	char other[OTHERS_MAX]; /* names of settings that are not ours */
};

static void add_word(struct list *list, const char *word, size_t length)
{
	char *to = list->words ? list->value : list->key;
	size_t bytes = list->words ? sizeof(list->value) : sizeof(list->key);
	size_t used = strlen(to);

	if (list->words++ > 1 && used + 1 < bytes)
		to[used++] = ' ';
	if (length >= bytes - used) {
		list->cut = true;
		length = bytes - used - 1;
	}
	memcpy(to + used, word, length);
	to[used + length] = '\0';
}

/* A word at reader->at, in quotes or up to what ends it. */
static void take_word(struct reader *reader)
{
	const char *begin = reader->at;
	char quote = *begin == '\'' || *begin == '"' ? *begin : '\0';

	if (quote) {
		begin++;
		reader->at++;
		while (*reader->at && *reader->at != quote) {
			reader->line += *reader->at == '\n';
			reader->at++;
		}
	} else {
		while (*reader->at && !strchr("()'\"#", *reader->at) &&
		       !isspace((unsigned char)*reader->at))
			reader->at++;
	}
	if (reader->depth == 1)
		add_word(&reader->list, begin, (size_t)(reader->at - begin));
	if (quote && *reader->at)
		reader->at++;
}

/* The script's file, beside the configuration or in its folder of scripts. */
static int load_script(const struct reader *reader, const char *name,
		       char *ret_path, size_t bytes, char **ret_text)
{
	static const char *const folders[] = {"", "scripts/"};

	for (size_t i = 0; i < 2; i++) {
		struct xn_err err = {0};

		if (xn_text_format(ret_path, bytes, "%s%s%s", reader->folder,
				   folders[i], name) > 0 &&
		    !xn_import_load(ret_path, ret_text, &err))
			return 0;
	}
	return -1;
}

static void take_wrapper(struct reader *reader, const char *name)
{
	struct xn_draft *draft = reader->draft;
	const char *before = draft->file;
	uint32_t bridges = draft->section_count;
	char path[XN_CONF_WORD_MAX * 4];
	char *text;

	if (load_script(reader, name, path, sizeof(path), &text)) {
		xn_draft_note(draft, reader->list.line,
			      "network-script %.100s: the script is not beside "
			      "the file, and so is not read",
			      name);
		return;
	}
	/* Sections keep the name of the file they were found in. */
	draft->file = path;
	xn_import_script(draft, text);
	for (uint32_t i = bridges; i < draft->section_count; i++) {
		draft->section[i].file = before;
		draft->section[i].line = reader->list.line;
	}
	draft->file = before;
	free(text);
}

static void take_network_script(struct reader *reader)
{
	const struct list *list = &reader->list;
	const char *at = list->value;
	const struct xn_shell shell = {0};
	struct xn_command command;

	if (reader->has_script)
		xn_draft_note(reader->draft, list->line,
			      "network-script: a second one");
	reader->has_script = true;
	if (list->cut || !xn_shell_next(&shell, &at, &command)) {
		xn_draft_note(reader->draft, list->line,
			      "network-script: not understood");
		return;
	}
	if (!strcmp(xn_command_name(&command), "network-dummy") ||
	    !strcmp(xn_command_name(&command), "true"))
		return;
	if (!xn_import_network_script(reader->draft, &command, list->line))
		take_wrapper(reader, xn_command_name(&command));
}

static void end_list(struct reader *reader)
{
	struct list *list = &reader->list;
	size_t used = strlen(reader->other);

	if (!strcmp(list->key, "network-script")) {
		take_network_script(reader);
	} else if (!strcmp(list->key, "vif-script")) {
		(void)xn_text_copy(reader->vif_script,
				   sizeof(reader->vif_script), list->value);
		reader->vif_line = list->line;
	} else if (!strncmp(list->key, "vif", 3) ||
		   !strncmp(list->key, "network", 7)) {
		xn_draft_note(reader->draft, list->line, "%s is not understood",
			      list->key);
	} else {
		reader->others++;
		(void)snprintf(reader->other + used,
			       sizeof(reader->other) - used, "%s%s",
			       used ? ", " : "", list->key);
	}
	memset(list, 0, sizeof(*list));
}

static void take_byte(struct reader *reader)
{
	char byte = *reader->at;

	if (byte == '#') {
		reader->at += strcspn(reader->at, "\n");
	} else if (byte == '(') {
		reader->at++;
		if (++reader->depth == 1)
			reader->list.line = reader->line;
	} else if (byte == ')') {
		reader->at++;
		if (!reader->depth)
			xn_draft_note(reader->draft, reader->line,
				      "a ')' too many");
		else if (--reader->depth == 0)
			end_list(reader);
	} else if (isspace((unsigned char)byte)) {
		reader->line += byte == '\n';
		reader->at++;
	} else {
		take_word(reader);
	}
}

/* vif-bridge needs nothing; the others say a mode, if network-script did
 * not. */
static void take_vif_script(struct reader *reader)
{
	const char *at = reader->vif_script;
	const struct xn_shell shell = {0};
	struct xn_command command, script = {0};
	const char *name;

	if (!xn_shell_next(&shell, &at, &command))
		return;
	name = xn_command_name(&command);
	if (command.count > 1)
		xn_draft_note(reader->draft, reader->vif_line,
			      "vif-script: %.100s: words for it belong into "
			      "xl.conf (vif.default.*)",
			      reader->vif_script);
	if (!strcmp(name, "vif-bridge"))
		return;
	if (strcmp(name, "vif-route") != 0 && strcmp(name, "vif-nat") != 0) {
		xn_draft_note(reader->draft, reader->vif_line,
			      "vif-script %.100s: a script of its own is not "
			      "read",
			      name);
		return;
	}
	script.count = 1;
	(void)xn_text_copy(script.word[0], sizeof(script.word[0]),
			   !strcmp(name, "vif-nat") ? "network-nat"
						    : "network-route");
	if (!reader->draft->section_count)
		(void)xn_import_network_script(reader->draft, &script,
					       reader->vif_line);
}

void xn_import_sxp(struct xn_draft *draft, const char *text)
{
	const char *slash = strrchr(draft->file, '/');
	char *folder = strndup(draft->file,
			       slash ? (size_t)(slash + 1 - draft->file) : 0);
	struct reader *reader = calloc(1, sizeof(*reader));

	if (folder && reader) {
		reader->draft = draft;
		reader->folder = folder;
		reader->at = text;
		reader->line = 1;
		while (*reader->at)
			take_byte(reader);
		if (reader->depth)
			xn_draft_note(draft, reader->line, "a ')' is missing");
		take_vif_script(reader);
		if (reader->others)
			xn_draft_note(draft, 1,
				      "settings that are not the network's: "
				      "%u (%s)",
				      reader->others, reader->other);
	} else {
		xn_draft_note(draft, 1, "out of memory");
	}
	free(reader);
	free(folder);
}
