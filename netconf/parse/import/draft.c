/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections, keys and notes on their way to a configuration, see draft.h. */
#include "netconf/parse/import/draft.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/bridge_keys.h"

struct writer {
	FILE *out;
	uint32_t line; /* the next one's number */
};

void xn_draft_note(struct xn_draft *draft, uint32_t line, const char *format,
		   ...)
{
	char *note;
	va_list args;
	int length;

	if (draft->note_count == XN_DRAFT_NOTES_MAX) {
		draft->notes_left_out++;
		return;
	}
	note = draft->note[draft->note_count++];
	/* A note too long for the record is cut, not refused. */
	length = snprintf(note, XN_DRAFT_NOTE_MAX, "%.160s:%u: ", draft->file,
			  line);
	va_start(args, format);
	(void)vsnprintf(note + length, XN_DRAFT_NOTE_MAX - (size_t)length,
			format, args);
	va_end(args);
	xn_text_make_printable(note);
}

struct xn_draft_bridge *xn_draft_find(struct xn_draft *draft, const char *name)
{
	for (uint32_t i = 0; i < draft->bridge_count; i++)
		if (!strcmp(draft->bridge[i].name, name))
			return &draft->bridge[i];
	return NULL;
}

struct xn_draft_bridge *xn_draft_bridge(struct xn_draft *draft,
					const char *name, uint32_t line)
{
	struct xn_draft_bridge *bridge = xn_draft_find(draft, name);

	if (bridge)
		return bridge;
	if (!xn_conf_ifname_valid(name)) {
		xn_draft_note(draft, line, "'%.60s' is no name for a bridge",
			      name);
		return NULL;
	}
	if (draft->bridge_count == XN_DRAFT_BRIDGES_MAX) {
		xn_draft_note(draft, line, "%s: more than %u bridges", name,
			      XN_DRAFT_BRIDGES_MAX);
		return NULL;
	}
	bridge = &draft->bridge[draft->bridge_count++];
	memset(bridge, 0, sizeof(*bridge));
	(void)xn_text_copy(bridge->name, sizeof(bridge->name), name);
	bridge->file = draft->file;
	bridge->line = line;
	return bridge;
}

static struct xn_draft_pair *find_pair(struct xn_draft_bridge *bridge,
				       const char *key)
{
	for (uint32_t i = 0; i < bridge->pair_count; i++)
		if (!strcmp(bridge->pair[i].key, key))
			return &bridge->pair[i];
	return NULL;
}

/* Reads back as it was written. */
static bool value_is_writable(const char *value)
{
	size_t length = strnlen(value, XN_CONF_WORD_MAX);

	if (length == 0 || length == XN_CONF_WORD_MAX ||
	    isblank((unsigned char)value[0]) ||
	    isblank((unsigned char)value[length - 1]))
		return false;
	for (const char *c = value; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return true;
}

void xn_draft_put(struct xn_draft *draft, struct xn_draft_bridge *bridge,
		  const char *key, const char *value, uint32_t line)
{
	struct xn_draft_pair *pair;

	if (!bridge)
		return;
	pair = find_pair(bridge, key);
	if (!value_is_writable(value) ||
	    (!pair && bridge->pair_count == XN_DRAFT_PAIRS_MAX)) {
		xn_draft_note(draft, line, "%s: %s=%.60s cannot be written",
			      bridge->name, key, value);
		return;
	}
	if (!pair)
		pair = &bridge->pair[bridge->pair_count++];
	(void)xn_text_copy(pair->key, sizeof(pair->key), key);
	(void)xn_text_copy(pair->value, sizeof(pair->value), value);
}

void xn_draft_add(struct xn_draft *draft, struct xn_draft_bridge *bridge,
		  const char *key, const char *word, uint32_t line)
{
	char value[2 * XN_CONF_WORD_MAX];
	const char *before = bridge ? xn_draft_get(bridge, key) : NULL;

	if (xn_text_format(value, sizeof(value), "%s%s%.*s",
			   before ? before : "", before ? " " : "",
			   (int)XN_CONF_WORD_MAX - 1, word) > 0)
		xn_draft_put(draft, bridge, key, value, line);
}

const char *xn_draft_get(const struct xn_draft_bridge *bridge, const char *key)
{
	for (uint32_t i = 0; i < bridge->pair_count; i++)
		if (!strcmp(bridge->pair[i].key, key))
			return bridge->pair[i].value;
	return NULL;
}

__attribute__((format(printf, 2, 3))) static void
write_line(struct writer *writer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vfprintf(writer->out, format, args);
	va_end(args);
	(void)fputc('\n', writer->out);
	writer->line++;
}

static void write_bridge(struct writer *writer, struct xn_draft_bridge *bridge)
{
	const char *off = bridge->refused ? "# " : "";
	char from[XN_DRAFT_NOTE_MAX];

	(void)snprintf(from, sizeof(from), "%.160s:%u", bridge->file,
		       bridge->line);
	xn_text_make_printable(from);
	write_line(writer, "%s", "");
	write_line(writer, "# %s", from);
	bridge->written_line = writer->line;
	write_line(writer, "%s[bridge %s]", off, bridge->name);
	for (uint32_t i = 0; i < bridge->pair_count; i++) {
		struct xn_draft_pair *pair = &bridge->pair[i];

		pair->written_line = writer->line;
		write_line(writer, "%s%s = %s", pair->refused ? "# " : off,
			   pair->key, pair->value);
	}
}

void xn_draft_write(struct xn_draft *draft, const char *from, FILE *out)
{
	struct writer writer = {.out = out, .line = 1};
	char head[XN_DRAFT_NOTE_MAX];

	(void)snprintf(head, sizeof(head), "%s", from);
	xn_text_make_printable(head);
	write_line(&writer, "# Made by xenplane import from %s", head);
	if (draft->note_count)
		write_line(&writer, "# Not taken over, or not as it was:");
	for (uint32_t i = 0; i < draft->note_count; i++)
		write_line(&writer, "#   %s", draft->note[i]);
	if (draft->notes_left_out)
		write_line(&writer, "#   and %u more", draft->notes_left_out);
	for (uint32_t i = 0; i < draft->bridge_count; i++)
		write_bridge(&writer, &draft->bridge[i]);
}
