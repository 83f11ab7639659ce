/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_UPLINK_H
#define XRT_UPLINK_H
/* The way out of routed guests, and our own address on it. Reads only. */
#include <stdbool.h>

#include "netconf/base/err.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/link.h"

struct xrt_uplink {
	struct xn_link link;
	bool has_ipv4;
	uint8_t ipv4[XN_IP_BYTES_MAX]; /* the first one that is no secondary */
};

/* The interface `name`; when that is "": eth0 when it has an IPv4
 * address, else the one that a default route points at. -ENODEV: there is
 * none. */
int xrt_uplink_find(struct xn_nl *nl, const char *name,
		    struct xrt_uplink *ret_uplink, struct xn_err *err);

#endif
