/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IPC_CLIENT_H
#define XN_IPC_CLIENT_H
/*
 * How programs ask xenplaned: a Unix stream socket, one JSON object a line.
 *
 *   request  {"cmd": "vif-show", ...}
 *   answer   {"ok": true, "result": ...} or {"ok": false, "error": "why"}
 *
 *   cmd		further keys		result
 *   status				object
 *   vif-list				{"vifs": [...]}
 *   vif-show		vif			object
 *   vif-set		vif, settings		the same
 *   bridge-list				{"bridges": [...]}
 *   bridge-show	bridge			object
 *   bridge-set		bridge, settings	the same
 *   bridge-fdb		bridge			{"fdb": [...]}
 *   fastpath-set	vif or bridge, on	object of that vif or bridge
 *   upgrade				object, of the one that goes: the next
 *					one's status has another started_ms
 *
 * `settings` is an array of "KEY=VALUE" (netconf/parse/settings.h): all count,
 * or none. They are in force when `settled` is true, of the vif or in status.
 *
 * Thread: any; one call at a time blocks for at most the time given.
 */
#include <jansson.h>

#include "netconf/base/err.h"

#define XN_CLIENT_SOCKET "/run/xenplane/control.sock"
#define XN_CLIENT_REQUEST_MAX 4096
#define XN_CLIENT_ANSWER_MAX (32u << 20)

/* Sends `request` and waits for the answer. 0 with the caller's own reference
 * in *ret_result; or negative errno: no daemon (-ECONNREFUSED, -ENOENT), a
 * request that it refused (-EREMOTEIO, its reason in `err`), -ETIMEDOUT. */
int xn_client_call(const char *socket_path, const json_t *request,
		   int timeout_ms, json_t **ret_result, struct xn_err *err);

#endif
