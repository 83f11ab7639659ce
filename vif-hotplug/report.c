/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people read of a run, see report.h. Each line is one write. */
#include "vif-hotplug/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

#define LOG_FILE "/var/log/xen/xen-hotplug.log"
#define LINE_MAX_BYTES 1024

static const char *script_name = "vif-hotplug";

void xvh_report_open(const char *name)
{
	script_name = name;
	openlog(name, LOG_PID, LOG_DAEMON);
}

static const struct {
	const char *word;
	int priority;
} levels[] = {
	[XN_LOG_ERROR] = {"error", LOG_ERR},
	[XN_LOG_WARNING] = {"warning", LOG_WARNING},
	[XN_LOG_INFO] = {"info", LOG_INFO},
	[XN_LOG_DEBUG] = {"debug", LOG_DEBUG},
};

static void write_file(enum xn_log_level level, const char *text)
{
	struct timespec now = {0};
	char stamp[32] = "";
	struct tm parts;
	int fd = open(LOG_FILE,
		      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		      0640);

	if (fd < 0)
		return; /* no such folder: syslog has it */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &parts))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S",
			       &parts);
	(void)dprintf(fd, "%s %s[%d]: %s: %s\n", stamp, script_name,
		      (int)getpid(), levels[level].word, text);
	xn_close(&fd);
}

void xvh_report(enum xn_log_level level, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	/* A longer line is cut. */
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	xn_text_make_printable(text);
	if (level <= XN_LOG_WARNING)
		(void)dprintf(STDERR_FILENO, "%s: %s\n", script_name, text);
	syslog(levels[level].priority, "%s", text);
	write_file(level, text);
}
