/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Imports, see import.h: load, tell the kind, draft, write. What was written
 * is read again as `xenplane check` would; what that refuses becomes a comment
 * with the reason, until all is right.
 */
#include "netconf/parse/import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/text.h"
#include "netconf/parse/import/sources.h"
#include "netconf/parse/planeconf.h"

/* The text's name while it is read again. */
#define WRITTEN "written"

const char *xn_import_kind_name(enum xn_import_kind kind)
{
	switch (kind) {
	case XN_IMPORT_SXP:
		return "xend-config.sxp";
	case XN_IMPORT_INTERFACES:
		return "interfaces";
	case XN_IMPORT_LIBVIRT:
		return "libvirt network";
	case XN_IMPORT_UNKNOWN:
		break;
	}
	return "unknown";
}

static ssize_t read_all(int fd, char *text)
{
	size_t used = 0;

	while (used <= XN_IMPORT_BYTES_MAX) {
		ssize_t bytes =
			read(fd, text + used, XN_IMPORT_BYTES_MAX + 1 - used);

		if (bytes < 0)
			return -errno;
		if (bytes == 0)
			break;
		used += (size_t)bytes;
	}
	return (ssize_t)used;
}

/* Opened without waiting, and only then looked at: a script's name may be a
 * pipe's, which nobody writes to. */
static int open_plain(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int error = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		error = -errno;
	else if (S_ISDIR(status.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(status.st_mode))
		error = -EINVAL;
	if (!error)
		return fd;
	(void)close(fd);
	return error;
}

int xn_import_load(const char *file, char **ret_text, struct xn_err *err)
{
	char *text = malloc(XN_IMPORT_BYTES_MAX + 2);
	int fd = text ? open_plain(file) : -ENOMEM;
	ssize_t bytes = fd;

	if (fd >= 0) {
		bytes = read_all(fd, text);
		(void)close(fd);
	}
	if (bytes > (ssize_t)XN_IMPORT_BYTES_MAX)
		bytes = -EFBIG;
	if (bytes >= 0 && memchr(text, '\0', (size_t)bytes))
		bytes = -EILSEQ;
	if (bytes < 0 || !text) {
		free(text);
		return xn_fail(err, (int)-bytes, "%s: %s", file,
			       bytes == -EILSEQ ? "holds a zero byte"
						: strerror((int)-bytes));
	}
	text[bytes] = '\0';
	*ret_text = text;
	return 0;
}

bool xn_lines_next(struct xn_lines *lines, struct xn_draft *draft)
{
	size_t used = 0;
	bool cut = false, more = true;

	if (!*lines->at)
		return false;
	lines->number = lines->next;
	while (more && *lines->at) {
		size_t length = strcspn(lines->at, "\n");
		const char *line = lines->at;

		lines->at += length + (line[length] == '\n');
		lines->next++;
		if (length && line[length - 1] == '\r')
			length--;
		more = length && line[length - 1] == '\\';
		length -= more;
		cut |= length >= sizeof(lines->text) - used;
		if (cut)
			continue;
		memcpy(lines->text + used, line, length);
		used += length;
	}
	if (cut) {
		xn_draft_note(draft, lines->number, "the line is too long");
		used = 0;
	}
	lines->text[used] = '\0';
	return true;
}

/* The first line that is no comment; interfaces(5) has a word of its own. */
enum xn_import_kind xn_import_tell(const char *text)
{
	static const char *const words[] = {"iface", "auto", "allow-", "source",
					    "mapping"};

	while (*text) {
		text += strspn(text, " \t\r\n");
		if (!strncmp(text, "\xef\xbb\xbf", 3))
			text += 3;
		if (*text == '<')
			return XN_IMPORT_LIBVIRT;
		if (*text == '(')
			return XN_IMPORT_SXP;
		if (*text && *text != '#')
			break;
		text += strcspn(text, "\n");
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(text, words[i], strlen(words[i])))
			return XN_IMPORT_INTERFACES;
	return XN_IMPORT_UNKNOWN;
}

static int read_source(struct xn_import *import, const char *text,
		       struct xn_err *err)
{
	switch (import->kind) {
	case XN_IMPORT_SXP:
		xn_import_sxp(&import->draft, text);
		return 0;
	case XN_IMPORT_INTERFACES:
		xn_import_interfaces(&import->draft, text);
		return 0;
	case XN_IMPORT_LIBVIRT:
		return xn_import_libvirt(&import->draft, text, err);
	case XN_IMPORT_UNKNOWN:
		break;
	}
	return xn_fail(err, EINVAL,
		       "%s: neither xend-config.sxp nor interfaces(5) nor "
		       "libvirt's network XML",
		       import->draft.file);
}

static int write_text(struct xn_import *import, struct xn_err *err)
{
	size_t bytes = 0;
	FILE *out;

	free(import->text);
	import->text = NULL;
	out = open_memstream(&import->text, &bytes);
	if (!out)
		return xn_fail(err, ENOMEM, "out of memory");
	xn_draft_write(&import->draft, import->draft.file, out);
	if (fclose(out))
		return xn_fail(err, ENOMEM, "out of memory");
	return 0;
}

/* Makes a comment of what stands in the line. false: nothing of ours does. */
static bool refuse_line(struct xn_draft *draft, uint32_t line, const char *why)
{
	for (uint32_t i = 0; i < draft->section_count; i++) {
		struct xn_draft_section *section = &draft->section[i];

		if (section->written_line == line && !section->refused) {
			section->refused = true;
			xn_draft_note(draft, section->line, "[%s %s]: %s",
				      section->kind, section->name, why);
			return true;
		}
		for (uint32_t k = 0; k < section->pair_count; k++) {
			struct xn_draft_pair *pair = &section->pair[k];

			if (pair->written_line != line || pair->refused)
				continue;
			pair->refused = true;
			xn_draft_note(draft, section->line, "[%s %s]: %s",
				      section->kind, section->name, why);
			return true;
		}
	}
	return false;
}

/* What stands behind "written:LINE:COLUMN: "; NULL: the text begins with
 * something else. */
static const char *take_place(const char *text, uint32_t *ret_line)
{
	char number[12];
	size_t length;

	if (strncmp(text, WRITTEN ":", strlen(WRITTEN) + 1) != 0)
		return NULL;
	text += strlen(WRITTEN) + 1;
	length = strcspn(text, ":");
	if (length >= sizeof(number))
		return NULL;
	memcpy(number, text, length);
	number[length] = '\0';
	text = strstr(text, ": ");
	if (!text || xn_parse_u32(number, 1, UINT32_MAX, ret_line))
		return NULL;
	return text + 2;
}

/* How many of the problems' lines became comments. */
static uint32_t refuse_wrong(struct xn_draft *draft,
			     const struct xn_report *report)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < report->count; i++) {
		const struct xn_problem *problem = &report->problem[i];
		uint32_t line;
		const char *words = problem->warning
					    ? NULL
					    : take_place(problem->text, &line);

		if (words)
			count += refuse_line(draft, line, words);
	}
	return count;
}

/* Each turn takes something out, and there is an end of it. */
static int make_right(struct xn_import *import, struct xn_err *err)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	struct xn_planeconf *conf = NULL;
	int error;

	if (!report)
		return xn_fail(err, ENOMEM, "out of memory");
	error = write_text(import, err);
	while (!error && !conf) {
		memset(report, 0, sizeof(*report));
		error = xn_planeconf_read_text(WRITTEN, import->text, &conf,
					       report);
		if (error && !refuse_wrong(&import->draft, report))
			error = xn_fail(err, -error, "%s",
					xn_report_first(report));
		else if (error)
			error = write_text(import, err);
	}
	if (conf)
		import->bridge_count = conf->bridge_count;
	xn_planeconf_destroy(conf);
	free(report);
	return error;
}

int xn_import_text(const char *file, const char *text,
		   struct xn_import **ret_import, struct xn_err *err)
{
	struct xn_import *import = calloc(1, sizeof(*import));
	int error;

	if (!import)
		return xn_fail(err, ENOMEM, "out of memory");
	import->draft.file = file;
	import->kind = xn_import_tell(text);
	error = read_source(import, text, err);
	if (!error)
		error = make_right(import, err);
	if (error)
		xn_import_destroy(import);
	else
		*ret_import = import;
	return error;
}

int xn_import_file(const char *file, struct xn_import **ret_import,
		   struct xn_err *err)
{
	char *text = NULL;
	int error = xn_import_load(file, &text, err);

	if (!text)
		return error;
	error = xn_import_text(file, text, ret_import, err);
	free(text);
	return error;
}

void xn_import_destroy(struct xn_import *import)
{
	if (!import)
		return;
	free(import->text);
	free(import);
}
