/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_SCRIPTS_H
#define XVH_SCRIPTS_H
/*
 * What the scripts do, each in a file of its own. `up` makes the device what
 * the request wants, whatever it was before; doing it again changes nothing.
 * `down` takes away what `up` made and the device itself does not take along;
 * it goes on as far as it can. The device is down after it.
 */
#include <net/if.h>

#include "netconf/base/err.h"
#include "netconf/nl/link.h"
#include "vif-hotplug/group.h"
#include "vif-hotplug/request.h"

struct xvh_run {
	struct xn_nl *nl;
	const struct xvh_request *request;
	struct xvh_group group;
	struct xn_link link;  /* of the device; has its wanted name */
	char where[IFNAMSIZ]; /* `up`: the bridge, or the way out */
	unsigned int mtu;     /* `up`: what the frontend is told; 0: nothing */
};

int xvh_bridge_up(struct xvh_run *run, struct xn_err *err);
int xvh_route_up(struct xvh_run *run, struct xn_err *err);
int xvh_nat_up(struct xvh_run *run, struct xn_err *err);
/* For all: takes away what makes a device a routed one, if it is one. */
int xvh_routed_down(struct xvh_run *run, struct xn_err *err);

/* For all: the device's MTU. One that the kernel refuses is logged, and the
 * frontend is not told. */
void xvh_set_mtu(struct xvh_run *run, unsigned int mtu);

#endif
