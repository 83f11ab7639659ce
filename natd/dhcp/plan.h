/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XDHCP_PLAN_H
#define XDHCP_PLAN_H
/*
 * What dnsmasq is told to serve one bridge with: DHCP, names, router
 * advertisements. Three texts, made of the configuration and of the guests
 * that are known; the last two it reads again on SIGHUP.
 *
 *	conf	its configuration; --conf-file of this and nothing else
 *	guests	a MAC, its fixed addresses and its name in each line
 *	names	an address and a name in each line, as in hosts(5)
 *
 * IPv4 leases go by MAC alone (no client identifiers), and names are those of
 * `guests`, whatever a guest calls itself: so with antispoof each vif has one
 * lease, and nobody takes another's name. IPv6 has no pool that could be
 * drained: guests make their address of the advertised prefix, and those with
 * a fixed one get it by DHCPv6.
 *
 * Pure; any thread.
 */
#include "natd/guests.h"
#include "netconf/base/err.h"

#define XDHCP_CONF_FILE "dnsmasq.conf"
#define XDHCP_GUESTS_FILE "guests"
#define XDHCP_NAMES_FILE "names"
#define XDHCP_LEASES_FILE "leases"

struct xdhcp_site {
	const struct xn_planeconf_bridge *bridge; /* xn_dhcp_wanted() */
	uint32_t mtu;	    /* that guests are to have; 0: not told */
	const char *folder; /* of the files; absolute */
	const struct xnat_guests *guests; /* of several, the first counts */
};

struct xdhcp_texts {
	char *conf, *guests, *names;
};

/* Caller owns *ret_texts (xdhcp_texts_fini()), set on success only. -ENOMEM. */
int xdhcp_plan(const struct xdhcp_site *site, struct xdhcp_texts *ret_texts,
	       struct xn_err *err);
void xdhcp_texts_fini(struct xdhcp_texts *texts); /* accepts what is zero */

/* The guest's fixed address of that family on the bridge; NULL: none. */
const struct xn_address *xdhcp_fixed(const struct xn_planeconf_bridge *bridge,
				     const struct xnat_guest *guest,
				     uint8_t family);

#endif
