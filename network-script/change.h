/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_CHANGE_H
#define XNS_CHANGE_H
/*
 * A request that changes the network, done: what an earlier run left is
 * finished or undone, then it is planned, judged, and applied or refused.
 * Runs wait for each other.
 */
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "network-script/request.h"

/* 0: it is as asked for, or was already. Else nothing is changed, or `err`
 * says what is. */
int xns_change(struct xn_nl *nl, const struct xns_request *request,
	       struct xn_err *err);

#endif
