// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads configuration files into entries. Called by whoever has a meaning for
 * them; the file is an administrator's, and nothing in it is trusted.
 */
#include "netconf/parse/conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
	xn_conf_fn *fn;
	void *arg;
	struct xn_err *err;
	xn_conf_wrong_fn *wrong; /* NULL: the first refusal ends it */
	struct xn_conf_entry entry;
	bool in_section;
	bool refused; /* the section is: its keys have no meaning */
};

int xn_conf_refuse(const struct xn_conf_place *place, struct xn_err *err,
		   const char *format, ...)
{
	char words[XN_ERR_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	return xn_fail(err, EINVAL, "%s:%u:%u: %s", place->file, place->line,
		       place->column, words);
}

/* Up to a byte more than allowed, so that the caller sees too much. */
static ssize_t read_all(int fd, char *text)
{
	size_t used = 0;

	while (used <= XN_CONF_FILE_BYTES_MAX) {
		ssize_t bytes = read(fd, text + used,
				     XN_CONF_FILE_BYTES_MAX + 1 - used);

		if (bytes < 0)
			return -errno;
		if (bytes == 0)
			break;
		used += (size_t)bytes;
	}
	return (ssize_t)used;
}

/* The whole file as text in memory of XN_CONF_FILE_BYTES_MAX + 2 bytes. */
static int read_file(const char *file, char *text, struct xn_err *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t bytes;

	if (fd < 0)
		return xn_fail(err, errno, "%s: %s", file, strerror(errno));
	bytes = read_all(fd, text);
	close(fd);
	if (bytes < 0)
		return xn_fail(err, (int)-bytes, "%s: %s", file,
			       strerror((int)-bytes));
	if (bytes > (ssize_t)XN_CONF_FILE_BYTES_MAX)
		return xn_fail(err, EFBIG, "%s: more than %u bytes", file,
			       XN_CONF_FILE_BYTES_MAX);
	text[bytes] = '\0';
	if (memchr(text, '\0', (size_t)bytes))
		return xn_fail(err, EINVAL, "%s: holds a zero byte", file);
	return 0;
}

/* Copies [start, end) without the blanks around it, and notes its column. */
static int take_word(const char *line, const char *start, const char *end,
		     char ret[XN_CONF_WORD_MAX],
		     struct xn_conf_place *ret_place, struct xn_err *err)
{
	while (start < end && isblank((unsigned char)*start))
		start++;
	while (end > start && isblank((unsigned char)end[-1]))
		end--;
	ret_place->column = (uint32_t)(start - line) + 1;
	if (end - start >= XN_CONF_WORD_MAX)
		return xn_conf_refuse(ret_place, err, "longer than %u bytes",
				      XN_CONF_WORD_MAX - 1);
	for (const char *c = start; c < end; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t')
			return xn_conf_refuse(ret_place, err,
					      "holds a control byte");
	memcpy(ret, start, (size_t)(end - start));
	ret[end - start] = '\0';
	return 0;
}

/* "[kind name]" or "[kind]". */
static int read_section(struct reader *reader, const char *line,
			const char *start, const char *end)
{
	struct xn_conf_entry *entry = &reader->entry;
	struct xn_conf_place place = entry->section_place;
	const char *blank;
	int rc;

	if (end[-1] != ']')
		return xn_conf_refuse(&entry->section_place, reader->err,
				      "a section ends with ']'");
	start++;
	end--;
	while (start < end && isblank((unsigned char)*start))
		start++;
	for (blank = start; blank < end && !isblank((unsigned char)*blank);)
		blank++;
	rc = take_word(line, start, blank, entry->kind, &place, reader->err);
	if (rc == 0)
		rc = take_word(line, blank, end, entry->name, &place,
			       reader->err);
	if (rc < 0)
		return rc;
	if (!entry->kind[0])
		return xn_conf_refuse(&entry->section_place, reader->err,
				      "a section has a kind: [bridge xenbr0]");
	entry->key[0] = entry->value[0] = '\0';
	return reader->fn(reader->arg, entry, reader->err);
}

static int read_pair(struct reader *reader, const char *line, const char *start,
		     const char *end)
{
	struct xn_conf_entry *entry = &reader->entry;
	const char *equals = memchr(start, '=', (size_t)(end - start));
	int rc;

	if (!equals)
		return xn_conf_refuse(&entry->key_place, reader->err,
				      "'key = value' is wanted");
	if (!reader->in_section)
		return xn_conf_refuse(&entry->key_place, reader->err,
				      "a section is wanted first");
	rc = take_word(line, start, equals, entry->key, &entry->key_place,
		       reader->err);
	if (rc == 0)
		rc = take_word(line, equals + 1, end, entry->value,
			       &entry->value_place, reader->err);
	if (rc < 0)
		return rc;
	if (!entry->key[0])
		return xn_conf_refuse(&entry->key_place, reader->err,
				      "the key is empty");
	if (!entry->value[0])
		return xn_conf_refuse(&entry->value_place, reader->err,
				      "%s: the value is empty", entry->key);
	if (reader->refused)
		return 0;
	return reader->fn(reader->arg, entry, reader->err);
}

static int read_line(struct reader *reader, const char *line, const char *end)
{
	struct xn_conf_place place = reader->entry.key_place;
	const char *start = line;
	int rc;

	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	while (start < end && isblank((unsigned char)*start))
		start++;
	if (start == end || *start == '#')
		return 0;
	place.column = (uint32_t)(start - line) + 1;
	reader->entry.key_place = reader->entry.value_place = place;
	if (*start != '[')
		return read_pair(reader, line, start, end);
	reader->entry.section_place = place;
	reader->in_section = true;
	rc = read_section(reader, line, start, end);
	reader->refused = rc < 0;
	return rc;
}

/* Whether the reading goes on behind what a line came to. */
static bool go_on(struct reader *reader, int rc)
{
	if (rc != -EINVAL || !reader->wrong)
		return rc == 0;
	reader->wrong(reader->arg, xn_err_text(reader->err));
	reader->err->set = false;
	return true;
}

static int read_lines(struct reader *reader, const char *file, const char *text)
{
	uint32_t number = 0;

	while (*text) {
		const char *end = strchr(text, '\n');
		int rc;

		if (!end)
			end = text + strlen(text);
		reader->entry.key_place =
			(struct xn_conf_place){file, ++number, 1};
		rc = read_line(reader, text, end);
		if (!go_on(reader, rc))
			return rc;
		text = *end ? end + 1 : end;
	}
	return 0;
}

static int read_whole(const char *file, struct reader *reader)
{
	char *text = calloc(1, XN_CONF_FILE_BYTES_MAX + 2);
	int rc;

	if (!text)
		return xn_fail(reader->err, ENOMEM, "out of memory");
	rc = read_file(file, text, reader->err);
	if (rc == 0)
		rc = read_lines(reader, file, text);
	free(text);
	return rc;
}

int xn_conf_read(const char *file, xn_conf_fn *fn, void *arg,
		 struct xn_err *err)
{
	struct reader reader = {.fn = fn, .arg = arg, .err = err};

	return read_whole(file, &reader);
}

int xn_conf_scan(const char *file, const struct xn_conf_hands *hands,
		 struct xn_err *err)
{
	struct reader reader = {.fn = hands->entry,
				.wrong = hands->wrong,
				.arg = hands->arg,
				.err = err};

	return read_whole(file, &reader);
}

int xn_conf_scan_text(const char *file, const char *text,
		      const struct xn_conf_hands *hands, struct xn_err *err)
{
	struct reader reader = {.fn = hands->entry,
				.wrong = hands->wrong,
				.arg = hands->arg,
				.err = err};

	return read_lines(&reader, file, text);
}
