/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_NETNS_H
#define XN_NL_NETNS_H
/*
 * Doing one short thing in another network namespace: enter, open a socket
 * or create a device, leave. What was opened there stays usable here. Only
 * the calling thread moves.
 */
#include "netconf/base/err.h"

/* Moves the thread into the namespace. *ret_back is what xn_netns_leave()
 * needs; on failure the thread has not moved. */
int xn_netns_enter(int netns_fd, int *ret_back, struct xn_err *err);

/* Moves the thread back and closes *back. A thread that cannot return would
 * go on changing the wrong host's network: the program aborts. */
void xn_netns_leave(int *back);

#endif
