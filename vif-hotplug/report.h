/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_REPORT_H
#define XVH_REPORT_H
/*
 * What people read of a run: syslog's daemon facility, and a line in
 * /var/log/xen/xen-hotplug.log where that folder exists; a failure also on
 * stderr, which xl shows. Control characters are replaced. One thread.
 */
#include <stdbool.h>

#include "netconf/base/log.h"

/* `name` is the script's and must stay valid. */
void xvh_report_open(const char *name);
/* A line for the logs; an error or a warning is on stderr as well. */
void xvh_report(enum xn_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
