/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_STATUS_H
#define XNS_STATUS_H
/* `network-bridge status`: what is, to standard output. */
#include "netconf/base/err.h"
#include "netconf/nl/link.h"
#include "netconf/nl/socket.h"
#include "network-script/request.h"

/* What is not there is said on stderr, in the words of the tools that the
 * originals ran, and is no failure. */
int xns_status(struct xn_nl *nl, const struct xns_request *request,
	       struct xn_err *err);

/* Its parts, also for the other scripts (routed_status.c): a line of 60 '=',
 * a link with its addresses, IPv4 routes. */
void xns_status_rule(void);
int xns_status_link(struct xn_nl *nl, const struct xn_link_table *links,
		    const char *name, struct xn_err *err);
int xns_status_routes(struct xn_nl *nl, const struct xn_link_table *links,
		      struct xn_err *err);

#endif
