/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_ROUTED_H
#define XNS_ROUTED_H
/*
 * network-route and network-nat: a host whose guests are routed forwards, and
 * answers outside for them or hides them behind its address. What they need of
 * the host is held (netconf/hold/hold.h) until `stop`, which gives back what
 * was before.
 */
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "network-script/request.h"

enum xns_routed {
	XNS_ROUTE,
	XNS_NAT,
};

/* The whole run; returns the exit status. */
int xns_routed_main(enum xns_routed what, int argc, char **argv);

/* The link is `netdev`, or eth`vifnum`, or else router/uplink.h's. Again
 * changes nothing; other links that were started stay so. */
int xns_routed_start(struct xn_nl *nl, enum xns_routed what,
		     const struct xns_request *request, struct xn_err *err);
/* Without a link: all that were started. What is gone already is no error. */
int xns_routed_stop(struct xn_nl *nl, enum xns_routed what,
		    const struct xns_request *request, struct xn_err *err);
int xns_routed_status(struct xn_nl *nl, const struct xns_request *request,
		      struct xn_err *err);

#endif
