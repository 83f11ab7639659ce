/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network-script/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "netconf/base/text.h"

#define LINE_BYTES_MAX 1024

static const char *script_name = "network-script";

void xns_report_open(const char *name)
{
	script_name = name;
	openlog(name, LOG_PID, LOG_DAEMON);
}

static int priority_of(enum xn_log_level level)
{
	switch (level) {
	case XN_LOG_ERROR:
		return LOG_ERR;
	case XN_LOG_WARNING:
		return LOG_WARNING;
	case XN_LOG_INFO:
		return LOG_INFO;
	case XN_LOG_DEBUG:
		return LOG_DEBUG;
	}
	return LOG_ERR;
}

void xns_report(enum xn_log_level level, const char *format, ...)
{
	char text[LINE_BYTES_MAX];
	va_list args;

	va_start(args, format);
	/* A longer line is cut. */
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	xn_text_make_printable(text);
	if (level <= XN_LOG_WARNING)
		(void)dprintf(STDERR_FILENO, "%s: %s\n", script_name, text);
	syslog(priority_of(level), "%s", text);
}
