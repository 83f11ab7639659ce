/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_NEIGH_H
#define XN_NL_NEIGH_H
/*
 * Neighbours (ARP and ND): those that somebody set, permanent ones and
 * addresses that the host answers for (proxy), and those that the kernel
 * learned. Addresses as in addr.h. Threads and errors: socket.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/socket.h"

struct xn_neigh {
	int ifindex;
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t address[XN_IP_BYTES_MAX];
	bool proxy;	   /* the host answers for it; then no MAC */
	struct xn_mac mac; /* of a permanent one */
	bool learned;	   /* neither, and its MAC is known */
	bool router;	   /* IPv6 */
	uint8_t protocol;  /* who made it: RTPROT_*; 0: nobody says */
};

struct xn_neigh_table {
	struct xn_neigh *neigh;
	size_t count;
};

/* Adds it, or changes the MAC of what is there. */
int xn_neigh_replace(struct xn_nl *nl, const struct xn_neigh *neigh,
		     struct xn_err *err);
/* Lets a link know a neighbour as one that it learned a while ago: frames go
 * out at once, and the kernel asks him when it sees fit. -EEXIST: it has an
 * entry. */
int xn_neigh_hint(struct xn_nl *nl, const struct xn_neigh *neigh,
		  struct xn_err *err);
/* -ENOENT: it is not there. */
int xn_neigh_delete(struct xn_nl *nl, const struct xn_neigh *neigh,
		    struct xn_err *err);
/* The same for an address that the host answers for. `family` is AF_INET or
 * AF_INET6. Adding is 0 also when it is there already; it stays until the link
 * is taken down. */
int xn_neigh_add_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
		       const uint8_t address[XN_IP_BYTES_MAX],
		       struct xn_err *err);
int xn_neigh_delete_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
			  const uint8_t address[XN_IP_BYTES_MAX],
			  struct xn_err *err);

/* Both families; those that were set, or those that were learned. The caller
 * owns the table's memory. */
int xn_neigh_dump(struct xn_nl *nl, struct xn_neigh_table *ret_table,
		  struct xn_err *err);
int xn_neigh_dump_learned(struct xn_nl *nl, struct xn_neigh_table *ret_table,
			  struct xn_err *err);
void xn_neigh_table_fini(struct xn_neigh_table *table);

#endif
