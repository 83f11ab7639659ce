/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_REPORT_H
#define XNS_REPORT_H
/* A line for people: on stderr, where xend's and xl's logs take it from, and
 * in syslog's daemon facility. */
#include "netconf/base/log.h"

void xns_report_open(const char *name); /* must stay valid */
/* Not printable bytes become '?'. XN_LOG_INFO and below: syslog only. */
void xns_report(enum xn_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
