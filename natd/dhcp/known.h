/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XDHCP_KNOWN_H
#define XDHCP_KNOWN_H
/*
 * Leases over several readings of dnsmasq's file. It is emptied and written
 * anew at each change, so a reading may have the beginning only; and anybody on
 * the bridge may give back what is another's, as dnsmasq asks for no more than
 * the MAC and the address. So a lease that is missing is still its guest's
 * until its time is over, or another has the address, or it has another one.
 * Only as a lease that is shown it ends when it stays missing.
 *
 * A MAC has one missing lease at most, and so has an address: who asks and
 * gives back again and again makes the list no longer than the range is.
 *
 * Pure; any thread.
 */
#include "natd/dhcp/leases.h"

/* So long it takes no server to write its file. */
#define XDHCP_MISSING_MS_MAX 100u

/* Adds to what was just read the leases of `before` that are missing and still
 * somebody's, and sorts all by MAC. -ENOMEM: all is as it was. */
int xdhcp_known_follow(struct xdhcp_leases *leases,
		       const struct xdhcp_leases *before, uint64_t now_s,
		       uint64_t now_ms);

/* Takes out IPv4 leases of addresses that are another guest's by now: how many
 * they were. */
uint32_t xdhcp_known_yield(struct xdhcp_leases *leases,
			   const struct xn_planeconf_bridge *bridge,
			   const struct xnat_guests *guests);

/* Of a list that was followed. NULL: the MAC has none. */
const struct xdhcp_lease *xdhcp_known_find(const struct xdhcp_leases *leases,
					   const struct xn_mac *mac);

/* When the next missing one ends; 0: never. */
uint64_t xdhcp_known_ends_s(const struct xdhcp_leases *leases);

/* Who has what; until when does not matter. */
bool xdhcp_known_same(const struct xdhcp_leases *a,
		      const struct xdhcp_leases *b);

/* It is a lease that the server has. */
static inline bool xdhcp_known_listed(const struct xdhcp_lease *lease,
				      uint64_t now_ms)
{
	return lease->missing_ms == 0 ||
	       now_ms - lease->missing_ms < XDHCP_MISSING_MS_MAX;
}

#endif
