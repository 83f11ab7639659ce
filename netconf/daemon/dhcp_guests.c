/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is to be known to a bridge's dnsmasq, see dhcp_guests.h. Names and
 * addresses are the toolstack's and the administrator's; a guest's own word
 * does not count.
 */
#include "netconf/daemon/dhcp_guests.h"

#include "netconf/daemon/config.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/vifs.h"

static int add_vif(const struct xn_vif *vif, struct xnat_guests *guests)
{
	const struct xn_settings *now = &vif->policy.sum.now;
	struct xnat_guest guest = {
		.has_mac = vif->values.has_mac,
		.mac = vif->values.mac,
	};

	xn_policy_guest_name(vif, guest.name);
	for (uint32_t i = 0; i < now->address_count &&
			     guest.address_count < XNAT_GUEST_ADDRESSES_MAX;
	     i++)
		guest.address[guest.address_count++] = now->address[i];
	return xnat_guests_add(guests, &guest);
}

int xn_dhcp_guests(struct xn_daemon *daemon, const char *bridge,
		   struct xnat_guests *ret_guests)
{
	struct xnat_guests guests = {0};
	int error = 0;

	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif && !error;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1)) {
		char own[IFNAMSIZ];

		xn_policy_bridge_name(vif, own);
		if (!strcmp(own, bridge))
			error = add_vif(vif, &guests);
	}
	if (!error)
		error = xnat_guests_add_conf(&guests,
					     xn_config_plane(daemon->config));
	if (error)
		xnat_guests_fini(&guests);
	else
		*ret_guests = guests;
	return error;
}
