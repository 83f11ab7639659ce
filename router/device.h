/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_DEVICE_H
#define XRT_DEVICE_H
/*
 * A device is made what a plan (wish.h) says, and is no more: over netlink and
 * /proc/sys/net. Thread: in the network namespace of the socket. Errors:
 * negative errno with err.
 */
#include "netconf/nl/link.h"
#include "router/wish.h"

/* Takes it out of its bridge, gives it the addresses, brings it up, and routes
 * to it; proxy ARP. What is right already is left alone. -EEXIST: another
 * device has a route to one of the addresses, which err names. */
int xrt_device_up(struct xn_nl *nl, const struct xn_link *link,
		  const struct xrt_plan *plan, struct xn_err *err);

/* Changes nothing, and says whether there is such a route already: -EEXIST as
 * above. */
int xrt_device_check(struct xn_nl *nl, const struct xn_link *link,
		     const struct xrt_plan *plan, struct xn_err *err);

/* What the device would take along into its next life, while it stays: its
 * addresses, routes and neighbours, and proxy ARP. Goes on after an error, and
 * returns the first. */
int xrt_device_clear(struct xn_nl *nl, const struct xn_link *link,
		     struct xn_err *err);

#endif
