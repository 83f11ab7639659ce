/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error texts of control functions: the first one recorded is the cause and
 * stays. The memory is the caller's; nothing here fails. */
#include "netconf/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int xn_fail(struct xn_err *err, int error, const char *format, ...)
{
	va_list args;

	if (err && !err->set) {
		va_start(args, format);
		/* A text too long for the record is cut, not refused. */
		(void)vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
		err->set = true;
	}
	return -error;
}

void xn_err_prefix(struct xn_err *err, const char *format, ...)
{
	char cause[XN_ERR_TEXT_MAX];
	va_list args;
	size_t used;

	if (!err || !err->set)
		return;
	memcpy(cause, err->text, sizeof(cause));
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s",
		       cause);
}

const char *xn_err_text(const struct xn_err *err)
{
	if (!err || !err->set)
		return "no reason recorded";
	return err->text;
}
