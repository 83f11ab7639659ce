/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that the kernel knows as neighbours on a bridge: which address the
 * one with a MAC has now. A guest says that of itself; who is to be held to
 * his own addresses has `antispoof`, or `ip` in the configuration, which comes
 * first.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "natd/dhcp/feed.h"
#include "natd/nat.h"
#include "natd/plan.h"
#include "netconf/base/text.h"
#include "netconf/nl/link.h"
#include "netconf/nl/neigh.h"

static const struct xn_planeconf_bridge *
bridge_at(const struct xn_planeconf *conf, const int *ifindex, int at)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (ifindex[i] == at && at != 0)
			return &conf->bridge[i];
	return NULL;
}

static int add_neighbour(struct xnat_guests *guests,
			 const struct xn_planeconf_bridge *bridge,
			 const struct xn_neigh *neigh)
{
	bool ipv6 = neigh->family == AF_INET6;
	struct xnat_guest guest = {
		.has_mac = true,
		.mac = neigh->mac,
		.address_count = 1,
		.address = {{.family = ipv6 ? 6 : 4,
			     .prefix = ipv6 ? 128 : 32}},
	};

	memcpy(guest.address[0].octet, neigh->address, ipv6 ? 16 : 4);
	(void)xn_text_copy(guest.bridge, sizeof(guest.bridge), bridge->name);
	if (guests->complete && !xnat_guests_has(guests, &guest))
		return 0;
	return xnat_guests_add(guests, &guest);
}

static int add_table(struct xnat_guests *guests,
		     const struct xn_planeconf *conf, const int *ifindex,
		     const struct xn_neigh_table *table)
{
	int rc = 0;

	for (size_t i = 0; i < table->count && rc == 0; i++) {
		const struct xn_planeconf_bridge *bridge =
			bridge_at(conf, ifindex, table->neigh[i].ifindex);

		if (bridge && !table->neigh[i].proxy)
			rc = add_neighbour(guests, bridge, &table->neigh[i]);
	}
	return rc;
}

static int add_neighbours(struct xn_nl *nl, const struct xn_planeconf *conf,
			  struct xnat_guests *guests, struct xn_err *err)
{
	int ifindex[XN_PLANECONF_BRIDGES_MAX] = {0};
	struct xn_neigh_table table;
	int rc;

	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		struct xn_link link;

		if (xnat_is_nat(&conf->bridge[i]) &&
		    !xn_link_get(nl, conf->bridge[i].name, &link, NULL))
			ifindex[i] = link.ifindex;
	}
	rc = xn_neigh_dump(nl, &table, err);
	if (rc < 0)
		return rc;
	rc = add_table(guests, conf, ifindex, &table);
	xn_neigh_table_fini(&table);
	if (rc == 0) {
		rc = xn_neigh_dump_learned(nl, &table, err);
		if (rc < 0)
			return rc;
		rc = add_table(guests, conf, ifindex, &table);
		xn_neigh_table_fini(&table);
	}
	return rc < 0 ? xn_fail(err, -rc, "too many guests") : 0;
}

int xnat_guests_gather(struct xn_nl *nl, const struct xn_planeconf *conf,
		       const struct xnat_guests *more,
		       struct xnat_guests *ret_guests, struct xn_err *err)
{
	struct xnat_guests guests = {.complete = more && more->complete};
	int rc = 0;

	for (uint32_t i = 0; more && i < more->count && rc == 0; i++)
		rc = xnat_guests_add(&guests, &more->guest[i]);
	if (rc < 0)
		(void)xn_fail(err, -rc, "too many guests");
	else
		rc = xdhcp_guests_add(nl, conf, &guests, err);
	if (rc == 0) {
		rc = xnat_guests_add_conf(&guests, conf);
		if (rc < 0)
			(void)xn_fail(err, -rc, "too many guests");
	}
	if (rc == 0)
		rc = add_neighbours(nl, conf, &guests, err);
	if (rc < 0)
		xnat_guests_fini(&guests);
	else
		*ret_guests = guests;
	return rc;
}
