/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections, keys and notes on their way to a configuration, see draft.h. */
#include "netconf/parse/import/draft.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "netconf/base/mac.h"
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

static struct xn_draft_section *find(struct xn_draft *draft, const char *kind,
				     const char *name)
{
	for (uint32_t i = 0; i < draft->section_count; i++)
		if (!strcmp(draft->section[i].kind, kind) &&
		    !strcmp(draft->section[i].name, name))
			return &draft->section[i];
	return NULL;
}

/* `kind` is a constant, and the name a valid one. */
static struct xn_draft_section *make(struct xn_draft *draft, const char *kind,
				     const char *name, uint32_t line)
{
	struct xn_draft_section *section = find(draft, kind, name);

	if (section)
		return section;
	if (draft->section_count == XN_DRAFT_SECTIONS_MAX) {
		xn_draft_note(draft, line, "%s: more than %u sections", name,
			      XN_DRAFT_SECTIONS_MAX);
		return NULL;
	}
	section = &draft->section[draft->section_count++];
	memset(section, 0, sizeof(*section));
	section->kind = kind;
	(void)xn_text_copy(section->name, sizeof(section->name), name);
	section->file = draft->file;
	section->line = line;
	return section;
}

struct xn_draft_section *xn_draft_find(struct xn_draft *draft, const char *name)
{
	return find(draft, "bridge", name);
}

struct xn_draft_section *xn_draft_bridge(struct xn_draft *draft,
					 const char *name, uint32_t line)
{
	if (xn_conf_ifname_valid(name))
		return make(draft, "bridge", name, line);
	xn_draft_note(draft, line, "'%.60s' is no name for a bridge", name);
	return NULL;
}

struct xn_draft_section *xn_draft_vif(struct xn_draft *draft, const char *mac,
				      uint32_t line)
{
	char name[XN_DRAFT_NAME_MAX];
	struct xn_mac parsed;

	if (xn_mac_parse(mac, &parsed) == 0)
		return make(draft, "vif", xn_mac_format(&parsed, name), line);
	xn_draft_note(draft, line, "'%.60s' is no MAC", mac);
	return NULL;
}

static struct xn_draft_pair *find_pair(struct xn_draft_section *section,
				       const char *key)
{
	for (uint32_t i = 0; i < section->pair_count; i++)
		if (!strcmp(section->pair[i].key, key))
			return &section->pair[i];
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

void xn_draft_put(struct xn_draft *draft, struct xn_draft_section *section,
		  const char *key, const char *value, uint32_t line)
{
	struct xn_draft_pair *pair;

	if (!section)
		return;
	pair = find_pair(section, key);
	if (!value_is_writable(value) ||
	    (!pair && section->pair_count == XN_DRAFT_PAIRS_MAX)) {
		xn_draft_note(draft, line, "%s: %s=%.60s cannot be written",
			      section->name, key, value);
		return;
	}
	if (!pair)
		pair = &section->pair[section->pair_count++];
	(void)xn_text_copy(pair->key, sizeof(pair->key), key);
	(void)xn_text_copy(pair->value, sizeof(pair->value), value);
}

void xn_draft_add(struct xn_draft *draft, struct xn_draft_section *section,
		  const char *key, const char *word, uint32_t line)
{
	char value[2 * XN_CONF_WORD_MAX];
	const char *before = section ? xn_draft_get(section, key) : NULL;

	if (xn_text_format(value, sizeof(value), "%s%s%.*s",
			   before ? before : "", before ? " " : "",
			   (int)XN_CONF_WORD_MAX - 1, word) > 0)
		xn_draft_put(draft, section, key, value, line);
}

const char *xn_draft_get(const struct xn_draft_section *section,
			 const char *key)
{
	for (uint32_t i = 0; i < section->pair_count; i++)
		if (!strcmp(section->pair[i].key, key))
			return section->pair[i].value;
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

static void write_section(struct writer *writer,
			  struct xn_draft_section *section)
{
	const char *off = section->refused ? "# " : "";
	char from[XN_DRAFT_NOTE_MAX];

	(void)snprintf(from, sizeof(from), "%.160s:%u", section->file,
		       section->line);
	xn_text_make_printable(from);
	write_line(writer, "%s", "");
	write_line(writer, "# %s", from);
	section->written_line = writer->line;
	write_line(writer, "%s[%s %s]", off, section->kind, section->name);
	for (uint32_t i = 0; i < section->pair_count; i++) {
		struct xn_draft_pair *pair = &section->pair[i];

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
	for (uint32_t i = 0; i < draft->section_count; i++)
		write_section(&writer, &draft->section[i]);
}
