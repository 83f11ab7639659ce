/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_LOG_H
#define XN_BASE_LOG_H
/*
 * Log lines for control programs: to stderr ("name: level: text"), or to
 * syslog's daemon facility when xn_log_open() was told so. The data path
 * never logs; it counts. Thread-safe.
 */
#include <stdbool.h>

enum xn_log_level {
	XN_LOG_ERROR,
	XN_LOG_WARNING,
	XN_LOG_INFO,
	XN_LOG_DEBUG,
};

/* `name` must stay valid. Lines below `level` are dropped. */
void xn_log_open(const char *name, enum xn_log_level level, bool to_syslog);

void xn_log(enum xn_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define xn_error(...) xn_log(XN_LOG_ERROR, __VA_ARGS__)
#define xn_warning(...) xn_log(XN_LOG_WARNING, __VA_ARGS__)
#define xn_info(...) xn_log(XN_LOG_INFO, __VA_ARGS__)
#define xn_debug(...) xn_log(XN_LOG_DEBUG, __VA_ARGS__)

/* A limit for lines that somebody else can cause: at most `burst` lines in
 * `interval_ms`; true when this line may be written. Zero-initialised state
 * but for the two limits. Thread: one per limit. */
struct xn_log_limit {
	unsigned int burst;
	unsigned int interval_ms;
	unsigned int used;
	unsigned long long since_ms;
};
bool xn_log_allowed(struct xn_log_limit *limit);

#endif
