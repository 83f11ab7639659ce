/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_ROUTE_H
#define XN_NL_ROUTE_H
/*
 * IPv4 and IPv6 routes of all tables. Addresses as in addr.h. Threads and
 * errors: socket.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/socket.h"

#define XN_HOPS_MAX 8
/* RTAX_* of linux/rtnetlink.h, by number; RTAX_LOCK is among them. */
#define XN_ROUTE_METRICS 18

/* One of several next hops. */
struct xn_hop {
	int ifindex;
	uint16_t weight; /* 1 to 256 */
	bool onlink;
	bool has_gateway;
	uint8_t gateway[XN_IP_BYTES_MAX];
	uint8_t flags; /* RTNH_F_*; at adding: not looked at */
};

struct xn_route {
	uint8_t family;	       /* AF_INET or AF_INET6 */
	uint8_t prefix_length; /* 0 with a zero destination: the default */
	uint8_t destination[XN_IP_BYTES_MAX];
	bool has_gateway;
	uint8_t gateway[XN_IP_BYTES_MAX];
	bool onlink; /* the gateway is on the link whatever the addresses say */
	bool has_source;
	uint8_t source[XN_IP_BYTES_MAX]; /* preferred source address */
	int ifindex;			 /* 0: not by a link */
	uint32_t metric;  /* 0 at adding IPv6: the kernel's 1024 */
	uint32_t table;	  /* 0 at adding: the main one */
	uint8_t type;	  /* RTN_*; 0 at adding: unicast */
	uint8_t protocol; /* RTPROT_*; 0 at adding: static */
	uint8_t scope;	  /* RT_SCOPE_*: for IPv4 without gateway _LINK */
	uint8_t tos;
	uint8_t preference; /* IPv6: ICMPV6_ROUTER_PREF_*; 0: medium */
	uint32_t flow;	    /* realms */
	uint32_t expires_s; /* IPv6; 0: never */
	uint32_t value[XN_ROUTE_METRICS]; /* MTU and the like; 0: unset */
	/* With several next hops those above are unset; 0: only the above. */
	uint8_t hop_count;
	struct xn_hop hop[XN_HOPS_MAX];
	/* Reported only: it has more than this struct holds (next hop objects,
	 * encapsulation, a gateway of another family, more hops, ...). */
	bool has_more;
	uint32_t flags; /* RTNH_F_*; at adding: not looked at */
};

struct xn_route_table {
	struct xn_route *route;
	size_t count;
};

/* -EEXIST: there is one with this destination, table and metric. */
int xn_route_add(struct xn_nl *nl, const struct xn_route *route,
		 struct xn_err *err);
/* Beside those that differ in something else only. -EEXIST: there is just
 * this one. IPv6 routes with gateways, one destination and one metric become
 * next hops of one route. */
int xn_route_append(struct xn_nl *nl, const struct xn_route *route,
		    struct xn_err *err);
/* -ESRCH: there is none like it. */
int xn_route_delete(struct xn_nl *nl, const struct xn_route *route,
		    struct xn_err *err);
/* All tables of AF_INET or AF_INET6. The caller owns the table's memory:
 * xn_route_table_fini(). */
int xn_route_dump(struct xn_nl *nl, uint8_t family,
		  struct xn_route_table *ret_table, struct xn_err *err);
void xn_route_table_fini(struct xn_route_table *table);

#endif
