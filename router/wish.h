/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_WISH_H
#define XRT_WISH_H
/*
 * A routed vif: a device that is no port of a bridge but an end of its own.
 * What is wanted of it, and the addresses, routes and neighbours that make it
 * so. With IPv6 the guest's gateway is fe80::fcff:ffff:feff:ffff, which is
 * what Linux makes of the device's own address, fe:ff:ff:ff:ff:ff.
 *
 * Pure values; any thread.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/model/settings.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/neigh.h"
#include "netconf/nl/route.h"

#define XRT_GUEST_MAX XN_SETTINGS_ADDRESSES_MAX
#define XRT_LOCAL_MAX 16u

/* An emulated NIC's route goes first: while a guest has both it speaks
 * there. */
#define XRT_METRIC_TAP 1u
#define XRT_METRIC_VIF 2u

struct xrt_wish {
	/* The guest's: whole addresses, and networks behind it. A network that
	 * stands beside an address of its family is routed by that address;
	 * else the guest has to answer for all of it. */
	uint32_t guest_count;
	struct xn_address guest[XRT_GUEST_MAX];
	/* The host's own on the device, whole. IPv4: the first is the source
	 * towards the guest. */
	uint32_t local_count;
	struct xn_address local[XRT_LOCAL_MAX];
	bool spoofs;  /* it may send what it likes */
	bool has_mac; /* the guest's, which then need not be asked for */
	struct xn_mac mac;
	uint32_t metric;
};

/* What the device has to have, no more and no less of each family that is in
 * it (and of IPv4 in any case). */
struct xrt_plan {
	bool ipv6;
	uint32_t addr_count, route_count, neigh_count;
	struct xn_addr addr[XRT_LOCAL_MAX + 1];
	struct xn_route route[XRT_GUEST_MAX]; /* in the order of adding */
	struct xn_neigh neigh[XRT_GUEST_MAX];
};

/* -EINVAL, with the address in err: bits are set behind a length, a local one
 * is not whole, or it is nobody's (a group's, the loopback's, link-local, 0).
 * One that stands twice counts once. */
int xrt_plan_make(const struct xrt_wish *wish, int ifindex,
		  struct xrt_plan *ret_plan, struct xn_err *err);

bool xrt_has_family(const struct xn_address *list, uint32_t count,
		    uint8_t family);
bool xrt_is_whole(const struct xn_address *address);
bool xrt_same_address(const struct xn_address *a, const struct xn_address *b);
/* AF_INET, AF_INET6 */
uint8_t xrt_family(const struct xn_address *address);
/* From the kernel's: whole. */
struct xn_address xrt_address_of(uint8_t family,
				 const uint8_t octets[XN_IP_BYTES_MAX]);

/* How the kernel's route, address or neighbour is like one of the plan's. */
bool xrt_plan_has_route(const struct xrt_plan *plan,
			const struct xn_route *route);
bool xrt_plan_has_addr(const struct xrt_plan *plan, const struct xn_addr *addr);
bool xrt_plan_has_neigh(const struct xrt_plan *plan,
			const struct xn_neigh *neigh);

#endif
