/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_ERR_H
#define XN_BASE_ERR_H
/*
 * Error text for control functions. The function that knows the cause fills
 * it once (file:line:column, key, value, the kernel's own words); the one at
 * the top of the call chain prints it once. Return values stay negative errno.
 *
 * Thread: the caller's. Memory: the caller's.
 */
#include <stdbool.h>

#define XN_ERR_TEXT_MAX 512

struct xn_err {
	bool set;
	char text[XN_ERR_TEXT_MAX];
};

/* Records the text unless an earlier one stands (the first is the cause).
 * `error` is a positive errno. Returns -error, so that a caller can write
 * `return xn_fail(err, EINVAL, "...")`. err may be NULL. */
int xn_fail(struct xn_err *err, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "words: " before a text that is already set; keeps the cause. */
void xn_err_prefix(struct xn_err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The text, or "no reason recorded" when nothing was set. Never NULL. */
const char *xn_err_text(const struct xn_err *err);

#endif
