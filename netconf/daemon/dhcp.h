/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DHCP_H
#define XN_DAEMON_DHCP_H
/*
 * Addresses and names for guests: a dnsmasq (dnsmasq.h) for each bridge that
 * the configuration wants one for, as long as the bridge is there. What it is
 * told follows from the configuration, the bridge and the vifs on it; changed
 * guests are told to the running one, all else makes a new one with the same
 * leases. Its leases are watched. Thread: the loop's.
 */
#include <jansson.h>

#include "natd/guests.h"
#include "netconf/daemon/daemon.h"

struct xn_dhcp;
struct xn_vif;

/* Caller owns *ret_dhcp. It knows the leases that are there; nothing is started
 * before the loop turns. */
int xn_dhcp_create(struct xn_daemon *daemon, struct xn_dhcp **ret_dhcp,
		   struct xn_err *err);
/* Ends all of them. The leases stay when another daemon is to go on, else
 * they go, too. Accepts NULL. */
void xn_dhcp_destroy(struct xn_dhcp *dhcp);

/* Something of what it depends on may have changed: it is looked at soon, once
 * for all that changes meanwhile. Accepts NULL. */
void xn_dhcp_look(struct xn_dhcp *dhcp);

/* Called whenever leases have changed. One at a time; `fn` NULL: nobody. */
void xn_dhcp_listen(struct xn_dhcp *dhcp, void (*fn)(void *arg), void *arg);

/* The address that the vif's guest has a lease for on its bridge, also one that
 * was given back and is nobody else's yet (natd/dhcp/known.h). Accepts NULL. */
bool xn_dhcp_lease_of(const struct xn_dhcp *dhcp, const struct xn_vif *vif,
		      struct xn_address *ret_address);

/* The leases and the servers of one bridge, or of all (NULL), in the words of
 * the socket's answers. NULL: with the reason in err, there is no such. Accepts
 * NULL: there is none at all. */
json_t *xn_dhcp_describe(struct xn_dhcp *dhcp, const char *bridge,
			 struct xn_err *err);

#endif
