/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_CHOOSE_H
#define XNS_CHOOSE_H
/*
 * Which NIC, which bridge, which style: what a request leaves open is decided
 * by what is there, by the configuration, and by what the originals do. Pure.
 */
#include "netconf/model/planeconf.h"
#include "network-script/request.h"

struct xns_choice {
	enum xn_style style;
	char bridge[IFNAMSIZ];
	char netdev[IFNAMSIZ];
	uint32_t vifnum;
	/* The style in which the netdev is bridged already; XN_STYLES: none. */
	enum xn_style found;
};

/* The style is, of these, the first that says something: the request; the
 * style in force; the configuration's section of the bridge or the netdev
 * (`conf` may be NULL); bridge=NETDEV, which only the new style can do; and
 * the old one, network-bridge's without a word. -EBUSY: the request asks for
 * another style, or for another bridge, than the netdev is in. */
int xns_choose(const struct xns_request *request,
	       const struct xn_model *observed, const struct xn_planeconf *conf,
	       struct xns_choice *ret_choice, struct xn_err *err);

#endif
