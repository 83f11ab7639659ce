/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_NEIGH_H
#define XN_NL_NEIGH_H
/*
 * Proxied neighbours: addresses for which a link answers neighbour
 * solicitations (or ARP requests) in another's place. Addresses as in addr.h.
 * Threads and errors: socket.h.
 */
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/socket.h"

/* `family` is AF_INET or AF_INET6. 0 also when it is there already. It
 * stays until the link is taken down. */
int xn_neigh_add_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
		       const uint8_t address[XN_IP_BYTES_MAX],
		       struct xn_err *err);
/* -ENOENT: it is not there. */
int xn_neigh_delete_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
			  const uint8_t address[XN_IP_BYTES_MAX],
			  struct xn_err *err);

#endif
