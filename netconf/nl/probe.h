/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_PROBE_H
#define XN_NL_PROBE_H
/*
 * What the running kernel can do, found by doing it, in a network namespace
 * that is made for it and goes with it. A kernel with modules may load them.
 * Only the calling thread goes there, and comes back.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"

enum xn_probe_feature {
	XN_PROBE_BRIDGE,
	XN_PROBE_VLAN_FILTERING, /* of bridges */
	XN_PROBE_ISOLATION,	 /* of bridges' ports */
	XN_PROBE_VETH,
	XN_PROBE_TAP,
	XN_PROBE_IFB,
	XN_PROBE_NFT_INET, /* base chains of nftables' families */
	XN_PROBE_NFT_BRIDGE,
	XN_PROBE_NFT_NETDEV,
	XN_PROBE_FEATURES,
};

#define XN_PROBE_BIT(feature) (1U << (feature))
#define XN_PROBE_ALL (XN_PROBE_BIT(XN_PROBE_FEATURES) - 1U)

enum xn_probe_state {
	XN_PROBE_UNASKED,
	XN_PROBE_THERE,
	XN_PROBE_ABSENT,
};

struct xn_probe {
	enum xn_probe_state state[XN_PROBE_FEATURES];
	/* What the kernel said of what it has not. */
	int error[XN_PROBE_FEATURES];
};

/* "port isolation of bridges" */
const char *xn_probe_name(enum xn_probe_feature feature);

/* `features`: XN_PROBE_BIT() of what is asked. -EPERM: no namespace can be
 * made. */
int xn_probe_kernel(uint32_t features, struct xn_probe *ret_probe,
		    struct xn_err *err);

/* For probe.c: a base chain of the family (NFPROTO_*), of a device for the
 * netdev family, in the thread's namespace. 0: there is such a thing. */
int xn_probe_nft(uint8_t family, const char *device);

#endif
