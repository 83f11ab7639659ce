/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_POLICE_H
#define QOS_POLICE_H
/*
 * What a guest sends beyond its limits dropped at once, by nftables: a chain
 * for each vif, of the vif's name, in the table netdev xenplane_qos, at the
 * hook ingress of the vif. All in that table is ours.
 *
 * Thread of what takes a socket: the socket's, which is in the socket's network
 * namespace. A struct xn_nl is netfilter's.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

#define XQ_POLICE_TABLE "xenplane_qos"
#define XQ_POLICE_LIMITS_MAX 2u
/* The kernel counts a second's worth and the burst in nanoseconds of 64 bits
 * (nft_limit.c): bytes a second. */
#define XQ_POLICE_RATE_MAX UINT64_C(14000000000)

/* The bucket holds what the rate moves in a second, and the burst: nftables
 * has no shorter unit. Bytes are without the Ethernet header. */
struct xq_police_limit {
	uint64_t rate; /* bytes a second */
	uint32_t burst_bytes;
};

struct xq_police {
	char name[IFNAMSIZ]; /* the vif's, and the chain's */
	int ifindex;	     /* 0: the vif is gone */
	/* The chain, or a rule in it, is not as it was made. Observed only. */
	bool changed, rules_changed;
	uint32_t rules; /* how many there are; observed only */
	uint32_t count;
	struct xq_police_limit limit[XQ_POLICE_LIMITS_MAX];
	/* What came in, and how much of it was dropped. Observed only. */
	uint64_t bytes, packets, drop_bytes, drop_packets;
};

/* Zero-initialise: none. Owns its array: xq_polices_fini(). */
struct xq_polices {
	struct xq_police *item;
	size_t count, room;
	size_t at;   /* whose rule came last */
	bool exists; /* the table */
	/* Chains whose names no vif can have: they are left alone. */
	bool has_others;
};

/* Without the links' numbers. A kernel without nftables has none. *ret_polices
 * is set on success only. */
int xq_police_see(struct xn_nl *netfilter, struct xq_polices *ret_polices,
		  struct xn_err *err);
void xq_polices_fini(struct xq_polices *polices);
/* NULL: none. */
struct xq_police *xq_police_named(const struct xq_polices *polices,
				  const char *name);

/* One change of a vif's chain; `to` NULL: it goes. */
struct xq_police_step {
	const char *name;
	const struct xq_police *to;
};

/* All of them, in one transaction; the table goes with its last chain. */
int xq_police_do(const struct xq_police_step *step, size_t count,
		 struct xn_err *err);

#endif
