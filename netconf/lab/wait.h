/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_WAIT_H
#define XN_LAB_WAIT_H
/*
 * How the supervisor waits inside a request: for a descriptor, up to a time,
 * and not beyond the moment when the lab is asked to end (SIGTERM or SIGINT,
 * which its loop takes up as soon as the request has given up).
 */
#include <stdint.h>

#include "netconf/base/err.h"

/* Waits until `fd` is readable: 0, -ETIMEDOUT, -EINTR (the lab is to end), or
 * another negative errno. The deadline is one of xn_now_ms(). */
int xn_lab_wait(int fd, uint64_t deadline_ms);

/* Waits for the byte by which a started program says that it serves; -EIO
 * when it ended without one. `name` is for the reason. */
int xn_lab_wait_ready(int fd, const char *name, unsigned int limit_ms,
		      struct xn_err *err);

#endif
