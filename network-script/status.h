/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_STATUS_H
#define XNS_STATUS_H
/* `network-bridge status`: what is, to standard output. */
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "network-script/request.h"

/* What is not there is said on stderr, in the words of the tools that the
 * originals ran, and is no failure. */
int xns_status(struct xn_nl *nl, const struct xns_request *request,
	       struct xn_err *err);

#endif
