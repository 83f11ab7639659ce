/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_REPORT_H
#define XN_PARSE_REPORT_H
/*
 * What is wrong with a configuration: all of it, up to a bound. Errors make it
 * unusable, warnings do not. The memory is the caller's; one thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/place.h"

#define XN_REPORT_MAX 100u

struct xn_problem {
	bool warning;
	char text[XN_ERR_TEXT_MAX]; /* "file:line:column: ..." */
};

/* Zero-initialise: nothing is wrong. */
struct xn_report {
	uint32_t count, errors;
	uint32_t left_out; /* beyond the bound; counted, not kept */
	struct xn_problem problem[XN_REPORT_MAX];
};

void xn_report_text(struct xn_report *report, bool warning, const char *text);
void xn_report_error(struct xn_report *report,
		     const struct xn_conf_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void xn_report_warning(struct xn_report *report,
		       const struct xn_conf_place *place, const char *format,
		       ...) __attribute__((format(printf, 3, 4)));

/* In the order of the lines that they name, file by file, each where it was
 * named first; what names none stays where it is. */
void xn_report_sort(struct xn_report *report);

/* The first error, "" without one. */
const char *xn_report_first(const struct xn_report *report);

#endif
