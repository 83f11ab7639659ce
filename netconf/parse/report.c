/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded list of problems, see report.h. */
#include "netconf/parse/report.h"

#include <stdarg.h>
#include <stdio.h>
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

const char *xn_report_first(const struct xn_report *report)
{
	for (uint32_t i = 0; i < report->count; i++)
		if (!report->problem[i].warning)
			return report->problem[i].text;
	return "";
}
