/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_DHCP_H
#define XN_MODEL_DHCP_H
/*
 * What xenplane.conf says of the addresses and names that a bridge's guests
 * get. netconf/parse/dhcp_keys.h reads it. Pure values; any thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/model/settings.h"

#define XN_DHCP_RANGES_MAX 8u
#define XN_DHCP_DOMAIN_MAX 128u /* with the terminating zero */
#define XN_DHCP_LABEL_MAX 64u	/* RFC 1035, 2.3.4; with the zero */
#define XN_DHCP_LEASE_DEFAULT_S 3600u
#define XN_DHCP_LEASE_MIN_S 120u /* what dnsmasq takes at least */
#define XN_DHCP_LEASE_MAX_S (365u * 86400u)
/* Addresses for guests on one bridge: what the server remembers of each is
 * bounded by it. */
#define XN_DHCP_POOL_MAX 16384u
#define XN_DHCP_SLAAC_PREFIX 64u /* RFC 4291, 2.5.1 */

struct xn_mac;
struct xn_planeconf_bridge;

/* IPv4, both within one of the bridge's networks. */
struct xn_dhcp_range {
	struct xn_address first, last;
};

struct xn_conf_dhcp {
	bool on; /* all that the bridge's IPv4 networks have room for */
	uint32_t range_count;
	struct xn_dhcp_range range[XN_DHCP_RANGES_MAX];
	uint32_t lease_s; /* 0: XN_DHCP_LEASE_DEFAULT_S */
	bool dns_off;
	bool ra_on, ra_off; /* neither: as the bridge's addresses are */
	char domain[XN_DHCP_DOMAIN_MAX]; /* "": none */
};

/* Guests get IPv4 addresses. */
bool xn_dhcp_gives4(const struct xn_planeconf_bridge *bridge);
/* The bridge is a router for IPv6, and names the guests' prefix. */
bool xn_dhcp_gives6(const struct xn_planeconf_bridge *bridge);
bool xn_dhcp_answers_names(const struct xn_planeconf_bridge *bridge);
/* One of these: somebody has to serve. */
bool xn_dhcp_wanted(const struct xn_planeconf_bridge *bridge);

/* The ranges in force: those that are said, or, for `on`, in each network the
 * longest run of hosts that are not the bridge's own, as far as the pool has
 * room. Returns how many there are. */
uint32_t xn_dhcp_ranges(const struct xn_planeconf_bridge *bridge,
			struct xn_dhcp_range ret_range[XN_DHCP_RANGES_MAX]);
uint32_t xn_dhcp_range_size(const struct xn_dhcp_range *range);

/* The address that a guest with that MAC makes of the network of the bridge's
 * address number `at`, which routers advertise (RFC 4862, 5.5.3; RFC 4291,
 * appendix A). False: none. */
bool xn_dhcp_autoconf(const struct xn_planeconf_bridge *bridge, uint32_t at,
		      const struct xn_mac *mac, struct xn_address *ret_address);

/* IPv4 as a number. */
uint32_t xn_dhcp_number(const struct xn_address *address);

/* A host's name: letters, digits, and '-' within (RFC 1123, 2.1), whatever
 * its case. */
bool xn_dhcp_label_valid(const char *name);
/* Such names with dots between. */
bool xn_dhcp_domain_valid(const char *name);

#endif
