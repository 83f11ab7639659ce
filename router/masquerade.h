/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_MASQUERADE_H
#define XRT_MASQUERADE_H
/*
 * What network-nat does: guests that vif-nat gave private addresses to are
 * seen outside with the host's. An nftables table of our own, inet
 * xenplane_masquerade, with the links out in a set: of what comes in elsewhere
 * and leaves by one of them, all IPv4, and IPv6 from fc00::/7 (RFC 4193); the
 * host's own packets, and those to groups, are as they are.
 *
 * The set is also the register of the links that were started.
 */
#include <net/if.h>
#include <stdint.h>

#include "natd/table.h"
#include "netconf/base/err.h"

#define XRT_MASQUERADE_TABLE "xenplane_masquerade"
#define XRT_MASQUERADE_MAX 64u

/* Links, by name. */
struct xrt_outs {
	uint32_t count;
	char name[XRT_MASQUERADE_MAX][IFNAMSIZ];
};

/* Pure: the whole table. Caller owns *ret_table. -ENOMEM. */
int xrt_masquerade_plan(const struct xrt_outs *outs,
			struct xnat_table *ret_table, struct xn_err *err);
/* Pure. What is too much is left out. */
void xrt_masquerade_outs(const struct xnat_table *seen,
			 struct xrt_outs *ret_outs);

/* Adds a link, which need not be there; takes it away again (NULL: all), and
 * the table with the last. Again changes nothing. -E2BIG: more than
 * XRT_MASQUERADE_MAX. Whoever changes it holds netconf/hold/hold.h's lock.
 * Thread: in one network namespace. */
int xrt_masquerade_start(const char *link, struct xn_err *err);
int xrt_masquerade_stop(const char *link, struct xn_err *err);
int xrt_masquerade_see(struct xrt_outs *ret_outs, struct xn_err *err);

#endif
