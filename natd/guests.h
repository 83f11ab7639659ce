/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_GUESTS_H
#define XNAT_GUESTS_H
/*
 * Which guest has which address: what forwards by name or MAC are made of.
 * Whoever knows guests (the configuration, leases, the kernel's neighbours,
 * the toolstack) adds them; of several that know one, the first counts.
 *
 * Pure; any thread. Memory: the list owns its array.
 */
#include "netconf/base/mac.h"
#include "netconf/model/planeconf.h"

#define XNAT_GUEST_ADDRESSES_MAX 16u
#define XNAT_GUESTS_MAX 65536u

struct xnat_guest {
	char name[XN_NAT_NAME_MAX]; /* "": not known */
	bool has_mac;
	struct xn_mac mac;
	char bridge[IFNAMSIZ]; /* "": not known */
	uint32_t address_count;
	struct xn_address address[XNAT_GUEST_ADDRESSES_MAX];
};

/* Zero-initialise: nobody. */
struct xnat_guests {
	uint32_t count, room;
	struct xnat_guest *guest;
	/* Whoever made the list knows all who are there: what a configuration
	 * or a neighbour says of somebody else does not count. */
	bool complete;
};

/* A copy at the end. -ENOMEM, -E2BIG. */
int xnat_guests_add(struct xnat_guests *guests, const struct xnat_guest *guest);
/* What [vif MAC] and [vif NAME] say of `ip`; networks are left out. Of a
 * complete list, for those who are in it. */
int xnat_guests_add_conf(struct xnat_guests *guests,
			 const struct xn_planeconf *conf);
/* He is in the list, by his MAC if he has one, else by his name. */
bool xnat_guests_has(const struct xnat_guests *guests,
		     const struct xnat_guest *who);
void xnat_guests_fini(struct xnat_guests *guests);

/* The address of that family in one of the bridge's networks. One who is known
 * by a name and has no address has those of his MAC. false: not known now. */
bool xnat_guest_find(const struct xnat_guests *guests,
		     const struct xn_planeconf_bridge *bridge,
		     const struct xn_nat_target *target, uint8_t family,
		     struct xn_address *ret_address);

#endif
