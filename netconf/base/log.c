/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines of control programs. A line is built in private memory and
 * leaves with one write, so lines of several threads do not mix. Bytes that
 * a terminal or a log reader would interpret are replaced: the text may
 * repeat what a guest wrote into the store.
 */
#include "netconf/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "netconf/base/loop.h"

#define LOG_TEXT_MAX 1024

static _Atomic(const char *) log_name = "xenplane";
static atomic_int log_level = XN_LOG_INFO;
static atomic_bool log_to_syslog;

void xn_log_open(const char *name, enum xn_log_level level, bool to_syslog)
{
	atomic_store(&log_name, name);
	atomic_store(&log_level, (int)level);
	if (to_syslog)
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	atomic_store(&log_to_syslog, to_syslog);
}

static const char *level_word(enum xn_log_level level)
{
	switch (level) {
	case XN_LOG_ERROR:
		return "error";
	case XN_LOG_WARNING:
		return "warning";
	case XN_LOG_INFO:
		return "info";
	case XN_LOG_DEBUG:
		return "debug";
	}
	return "?";
}

static int level_priority(enum xn_log_level level)
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

static void replace_control_bytes(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

void xn_log(enum xn_log_level level, const char *format, ...)
{
	char text[LOG_TEXT_MAX];
	va_list args;

	if ((int)level > atomic_load(&log_level))
		return;
	va_start(args, format);
	/* A longer line is cut. */
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	replace_control_bytes(text);
	if (atomic_load(&log_to_syslog)) {
		syslog(level_priority(level), "%s", text);
		return;
	}
	/* There is nowhere to report that stderr is gone. */
	(void)dprintf(STDERR_FILENO, "%s: %s: %s\n", atomic_load(&log_name),
		      level_word(level), text);
}

bool xn_log_allowed(struct xn_log_limit *limit)
{
	uint64_t now_ms = xn_now_ms();

	if (now_ms - limit->since_ms >= limit->interval_ms) {
		limit->since_ms = now_ms;
		limit->used = 0;
	}
	if (limit->used >= limit->burst)
		return false;
	limit->used++;
	return true;
}
