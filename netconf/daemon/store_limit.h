/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_STORE_LIMIT_H
#define XN_DAEMON_STORE_LIMIT_H
/*
 * A time limit for calls to the store. The library waits for an answer as long
 * as the connection stands, and has no way to stop waiting: so the connection
 * is shut down under a call that takes too long, by a timer's signal (SIGALRM,
 * the process's own from then on). The call fails, and the store counts as
 * gone (store.h) until it answers again. Connecting, too, has to wait where
 * too many others do: the signal ends it (EINTR).
 *
 * Where the store is in another domain there is no socket to shut down, and no
 * limit. Two connections in a process; a call that takes too long ends both.
 * Thread: the loop's.
 */
#include "netconf/base/err.h"

#define XN_STORE_LIMIT_MS 5000
/* For the first words on a new connection: a store that does not answer is
 * asked again and again, and each time all else waits. */
#define XN_STORE_LIMIT_NEW_MS 1000

/* 0, or negative errno with the reason in `err`. */
int xn_store_limit_open(struct xn_err *err);
void xn_store_limit_close(void);

/* Finds the library's sockets among the process's descriptors: the two whose
 * other end is `socket_path`. Call right after the connections were made. */
void xn_store_limit_watch(const char *socket_path);
/* Before the connections are closed. */
void xn_store_limit_unwatch(void);

/* Around each call that waits for an answer. */
void xn_store_limit_begin(int limit_ms);
void xn_store_limit_end(void);

#endif
