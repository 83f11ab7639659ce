/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_PRINT_H
#define XNS_PRINT_H
/*
 * What `status` prints, as iproute2 6.1 and net-tools 2.10 do: scripts cut
 * these lines. To a stream of the caller's, who asks it whether it took all.
 */
#include <stdio.h>

#include "netconf/nl/addr.h"
#include "netconf/nl/link.h"
#include "netconf/nl/route.h"

/* `ip addr show LINK`: `links` has it and those that it names. */
void xns_print_link(FILE *out, const struct xn_link_table *links,
		    const struct xn_link *link);
void xns_print_addr(FILE *out, const struct xn_addr *addr);

/* `ip route list`: a route of the main table. */
void xns_print_route(FILE *out, const struct xn_link_table *links,
		     const struct xn_route *route);

/* `route -n`: from a stream that reads as /proc/net/route does. */
void xns_print_old_routes(FILE *out, FILE *from);

/* NULL: no such link. */
const char *xns_name_of(const struct xn_link_table *links, int ifindex);

#endif
