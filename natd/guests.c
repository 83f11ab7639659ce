/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests and their addresses, see guests.h. */
#include "natd/guests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define ROOM_MIN 16u

int xnat_guests_add(struct xnat_guests *guests, const struct xnat_guest *guest)
{
	uint32_t wanted = guests->room ? guests->room * 2 : ROOM_MIN;

	if (guests->count == XNAT_GUESTS_MAX)
		return -E2BIG;
	if (guests->count == guests->room) {
		void *more = reallocarray(guests->guest, wanted,
					  sizeof(*guests->guest));

		if (!more)
			return -ENOMEM;
		guests->guest = more;
		guests->room = wanted;
	}
	guests->guest[guests->count++] = *guest;
	return 0;
}

void xnat_guests_fini(struct xnat_guests *guests)
{
	free(guests->guest);
	*guests = (struct xnat_guests){0};
}

bool xnat_guests_has(const struct xnat_guests *guests,
		     const struct xnat_guest *who)
{
	for (uint32_t i = 0; i < guests->count; i++) {
		const struct xnat_guest *guest = &guests->guest[i];

		if (who->has_mac ? guest->has_mac &&
					   xn_mac_equal(&guest->mac, &who->mac)
				 : !strcmp(guest->name, who->name))
			return true;
	}
	return false;
}

int xnat_guests_add_conf(struct xnat_guests *guests,
			 const struct xn_planeconf *conf)
{
	int error = 0;

	for (uint32_t i = 0; i < conf->vif_count && !error; i++) {
		const struct xn_planeconf_vif *vif = &conf->vif[i];
		struct xnat_guest guest = {.has_mac = !vif->name[0],
					   .mac = vif->mac};

		(void)xn_text_copy(guest.name, sizeof(guest.name), vif->name);
		for (uint32_t k = 0; k < vif->settings.address_count; k++) {
			const struct xn_address *address =
				&vif->settings.address[k];
			uint32_t whole = address->family == 6 ? 128 : 32;

			if (address->prefix == whole &&
			    guest.address_count < XNAT_GUEST_ADDRESSES_MAX)
				guest.address[guest.address_count++] = *address;
		}
		if (guest.address_count &&
		    (!guests->complete || xnat_guests_has(guests, &guest)))
			error = xnat_guests_add(guests, &guest);
	}
	return error;
}

static bool is_meant(const struct xnat_guest *guest,
		     const struct xn_planeconf_bridge *bridge,
		     const struct xn_nat_target *target)
{
	if (guest->bridge[0] && strcmp(guest->bridge, bridge->name) != 0)
		return false;
	if (target->by == XN_NAT_BY_MAC)
		return guest->has_mac &&
		       xn_mac_equal(&guest->mac, &target->mac);
	return !strcmp(guest->name, target->name);
}

static bool is_on(const struct xn_planeconf_bridge *bridge,
		  const struct xn_address *address)
{
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (xn_address_within(address, &bridge->address[i],
				      bridge->address[i].prefix))
			return true;
	return false;
}

/* The first address of that family in the bridge's networks. */
static bool pick(const struct xnat_guest *guest,
		 const struct xn_planeconf_bridge *bridge, uint8_t family,
		 struct xn_address *ret_address)
{
	for (uint32_t k = 0; k < guest->address_count; k++)
		if (guest->address[k].family == family &&
		    is_on(bridge, &guest->address[k])) {
			*ret_address = guest->address[k];
			return true;
		}
	return false;
}

static bool find_target(const struct xnat_guests *guests,
			const struct xn_planeconf_bridge *bridge,
			const struct xn_nat_target *target, uint8_t family,
			struct xn_address *ret_address)
{
	for (uint32_t i = 0; i < guests->count; i++)
		if (is_meant(&guests->guest[i], bridge, target) &&
		    pick(&guests->guest[i], bridge, family, ret_address))
			return true;
	return false;
}

/* Somebody may know the address of his MAC. */
static bool find_by_macs(const struct xnat_guests *guests,
			 const struct xn_planeconf_bridge *bridge,
			 const struct xn_nat_target *name, uint8_t family,
			 struct xn_address *ret_address)
{
	for (uint32_t i = 0; i < guests->count; i++) {
		const struct xnat_guest *guest = &guests->guest[i];
		struct xn_nat_target mac = {.by = XN_NAT_BY_MAC,
					    .mac = guest->mac};

		if (guest->has_mac && is_meant(guest, bridge, name) &&
		    find_target(guests, bridge, &mac, family, ret_address))
			return true;
	}
	return false;
}

bool xnat_guest_find(const struct xnat_guests *guests,
		     const struct xn_planeconf_bridge *bridge,
		     const struct xn_nat_target *target, uint8_t family,
		     struct xn_address *ret_address)
{
	if (target->by == XN_NAT_BY_ADDRESS) {
		*ret_address = target->address;
		return target->address.family == family;
	}
	if (find_target(guests, bridge, target, family, ret_address))
		return true;
	return target->by == XN_NAT_BY_NAME &&
	       find_by_macs(guests, bridge, target, family, ret_address);
}
