/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_ADDR_H
#define XN_NL_ADDR_H
/*
 * IPv4 and IPv6 addresses of links. Addresses are in network order, IPv4 in
 * the first 4 bytes. Threads and errors: socket.h.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

#define XN_IP_BYTES_MAX 16

struct xn_addr {
	int ifindex;
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t prefix_length;
	uint8_t scope;	/* RT_SCOPE_* of linux/rtnetlink.h */
	uint32_t flags; /* IFA_F_* of linux/if_addr.h: IFA_F_NODAD, ... */
	uint8_t address[XN_IP_BYTES_MAX];
	bool has_peer; /* the other end of a point-to-point link */
	uint8_t peer[XN_IP_BYTES_MAX];
	bool has_broadcast; /* IPv4 only */
	uint8_t broadcast[XN_IP_BYTES_MAX];
	char label[IFNAMSIZ]; /* IPv4 only; "" at adding: the link's name */
	uint32_t valid_s;     /* UINT32_MAX: forever; 0 at adding: the same */
	uint32_t preferred_s; /* meaningful with valid_s */
	uint32_t metric;      /* of the route to its network; 0: the kernel's */
	uint8_t protocol;     /* who made it, IFAPROT_*; 0: nobody says */
};

struct xn_addr_table {
	struct xn_addr *addr;
	size_t count;
};

/* 4 or 16; 0 for any other family. */
size_t xn_ip_bytes(uint8_t family);

/* -EEXIST: the link has it. */
int xn_addr_add(struct xn_nl *nl, const struct xn_addr *addr,
		struct xn_err *err);
/* Adds it, or changes metric, flags and lifetimes of the one that is there. */
int xn_addr_replace(struct xn_nl *nl, const struct xn_addr *addr,
		    struct xn_err *err);
/* By link, address and prefix. -EADDRNOTAVAIL: it is not there. */
int xn_addr_delete(struct xn_nl *nl, const struct xn_addr *addr,
		   struct xn_err *err);
/* Both families; ifindex 0: all links. The caller owns the table's memory:
 * xn_addr_table_fini(). */
int xn_addr_dump(struct xn_nl *nl, int ifindex, struct xn_addr_table *ret_table,
		 struct xn_err *err);
void xn_addr_table_fini(struct xn_addr_table *table);

#endif
