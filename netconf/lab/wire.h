/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_WIRE_H
#define XN_LAB_WIRE_H
/*
 * What `xenplane lab` and the supervisor say to each other: one JSON object
 * a message over a SOCK_SEQPACKET socket, one request and one answer a
 * connection. An answer holds "error" (a text) or the result; the answer to
 * "exec" carries the descriptor of the namespace to enter.
 */
#include <jansson.h>

#include "netconf/base/err.h"

#define XN_LAB_MESSAGE_MAX 65536

/* fd -1: none. 0 or -errno. */
int xn_lab_wire_send(int socket, json_t *message, int fd);
/* Caller owns *ret_message, and *ret_fd when it is not -1 (ret_fd may be
 * NULL: descriptors are refused). -EPROTO: not such a message. */
int xn_lab_wire_receive(int socket, json_t **ret_message, int *ret_fd);

int xn_lab_wire_listen(const char *path, struct xn_err *err);
int xn_lab_wire_connect(const char *path, struct xn_err *err);

#endif
