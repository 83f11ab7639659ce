/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_API_H
#define XN_DAEMON_API_H
/*
 * The daemon's socket for `xenplane` (netconf/ipc/client.h has the form of
 * requests and answers). Only the daemon's user may connect (mode 0600). One
 * request at a time for each client; a client that reads slowly waits for
 * nobody but itself. Thread: the loop's.
 */
#include <jansson.h>

#include "netconf/daemon/daemon.h"

/* -EADDRINUSE: another daemon serves the socket. A dead one's is replaced.
 * Caller owns *ret_api. */
int xn_api_create(struct xn_daemon *daemon, const char *path,
		  struct xn_api **ret_api, struct xn_err *err);
/* Removes the socket. Accepts NULL. */
void xn_api_destroy(struct xn_api *api);

/* One command (api_commands.c): the result, owned by the caller; NULL with
 * the reason in `err`. */
json_t *xn_api_command(struct xn_daemon *daemon, const json_t *request,
		       struct xn_err *err);

#endif
