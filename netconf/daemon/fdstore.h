/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_FDSTORE_H
#define XN_DAEMON_FDSTORE_H
/*
 * Descriptors that outlive this process: the service manager keeps copies
 * under names (sd_notify(3), FDSTORE=1) and hands them to the next one
 * (sd_listen_fds_with_names(3)). A store holds what is kept now, so that what
 * is dropped before it is kept again does not come back twice. An xenplaned
 * that becomes the next one by itself (upgrade.h) hands over the same, under
 * the same names, without a manager.
 *
 * Without a manager nothing is kept, and keeping does nothing. The manager is
 * trusted to hand over what it was given; what it is is checked by whoever
 * takes it all the same. Thread: the loop's.
 */
#include <stdbool.h>
#include <stddef.h>

#include "netconf/base/err.h"

#define XN_FDSTORE_NAME_MAX 32

struct xn_fdstore;

/* Takes what was handed over, before anything else opens descriptors. NULL
 * with err: out of memory. */
struct xn_fdstore *xn_fdstore_open(struct xn_err *err);
/* The manager's copies stay. Accepts NULL. */
void xn_fdstore_close(struct xn_fdstore *store);

/* Does anybody keep anything? NULL: no. */
bool xn_fdstore_keeps(const struct xn_fdstore *store);

/* A copy of `fd`, which stays the caller's, under a name that nothing else
 * has. */
void xn_fdstore_keep(struct xn_fdstore *store, const char *name, int fd);
/* Nothing has that name any more. */
void xn_fdstore_drop(struct xn_fdstore *store, const char *name);

/* The caller owns the descriptor (close-on-exec), and the manager keeps its
 * copy; -1: none of that name is there (any more). Should several have it, the
 * others are closed. */
int xn_fdstore_take(struct xn_fdstore *store, const char *name);
/* The same without taking it: valid until it is taken or dropped. */
int xn_fdstore_look(const struct xn_fdstore *store, const char *name);
/* The names of what nobody took, in any order; NULL: no more. Valid until the
 * next call. */
const char *xn_fdstore_name_at(const struct xn_fdstore *store, size_t at);
/* Nobody will ask for what is left. */
void xn_fdstore_drop_rest(struct xn_fdstore *store);

#endif
