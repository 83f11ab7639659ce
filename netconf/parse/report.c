/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded list of problems, see report.h. */
#include "netconf/parse/report.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void xn_report_text(struct xn_report *report, bool warning, const char *text)
{
	struct xn_problem *problem;

	report->errors += !warning;
	if (report->count == XN_REPORT_MAX) {
		report->left_out++;
		return;
	}
	problem = &report->problem[report->count++];
	problem->warning = warning;
	/* A text too long for the record is cut, not refused. */
	(void)snprintf(problem->text, sizeof(problem->text), "%s", text);
}

static void add(struct xn_report *report, bool warning,
		const struct xn_conf_place *place, const char *words)
{
	char text[XN_ERR_TEXT_MAX + 64];

	(void)snprintf(text, sizeof(text), "%s:%u:%u: %s%s", place->file,
		       place->line, place->column, warning ? "warning: " : "",
		       words);
	xn_report_text(report, warning, text);
}

void xn_report_error(struct xn_report *report,
		     const struct xn_conf_place *place, const char *format, ...)
{
	char words[XN_ERR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	add(report, false, place, words);
}

void xn_report_warning(struct xn_report *report,
		       const struct xn_conf_place *place, const char *format,
		       ...)
{
	char words[XN_ERR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	add(report, true, place, words);
}

/* Where a problem stands; of texts that name no place all is 0. */
struct spot {
	size_t file_bytes; /* of the text: the file's name */
	uint32_t first;	   /* problem that names the file */
	uint32_t line, column;
};

/* ":NUMBER"; NULL: something else. The end of it. */
static const char *read_number(const char *at, uint32_t *ret_number)
{
	char *end;

	if (at[0] != ':' || !isdigit((unsigned char)at[1]))
		return NULL;
	*ret_number = (uint32_t)strtoul(at + 1, &end, 10);
	return end;
}

/* "FILE:LINE:COLUMN: " */
static struct spot find_spot(const char *text)
{
	struct spot spot = {.file_bytes = 0};

	for (const char *at = strchr(text, ':'); at; at = strchr(at + 1, ':')) {
		const char *end = read_number(at, &spot.line);

		end = end ? read_number(end, &spot.column) : NULL;
		if (end && end[0] == ':' && end[1] == ' ') {
			spot.file_bytes = (size_t)(at - text);
			return spot;
		}
	}
	return (struct spot){.file_bytes = 0};
}

static bool is_before(const struct spot *a, const struct spot *b)
{
	if (a->first != b->first)
		return a->first < b->first;
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void xn_report_sort(struct xn_report *report)
{
	struct spot spot[XN_REPORT_MAX];

	for (uint32_t i = 0; i < report->count; i++) {
		const char *text = report->problem[i].text;

		spot[i] = find_spot(text);
		spot[i].first = i;
		for (uint32_t k = 0; k < i && spot[i].file_bytes; k++)
			if (spot[k].file_bytes == spot[i].file_bytes &&
			    !memcmp(report->problem[k].text, text,
				    spot[i].file_bytes)) {
				spot[i].first = spot[k].first;
				break;
			}
	}
	for (uint32_t i = 1; i < report->count; i++)
		for (uint32_t k = i; k > 0 && is_before(&spot[k], &spot[k - 1]);
		     k--) {
			struct xn_problem problem = report->problem[k];
			struct spot moved = spot[k];

			report->problem[k] = report->problem[k - 1];
			report->problem[k - 1] = problem;
			spot[k] = spot[k - 1];
			spot[k - 1] = moved;
		}
}

const char *xn_report_first(const struct xn_report *report)
{
	for (uint32_t i = 0; i < report->count; i++)
		if (!report->problem[i].warning)
			return report->problem[i].text;
	return "";
}
