/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in the table's sets and maps, see plan.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter.h>

#include "natd/plan.h"
#include "netconf/base/text.h"

static size_t bytes_of(uint8_t family)
{
	return family == 6 ? 16 : 4;
}

static const char *name_of(uint8_t family, const char *ipv4, const char *ipv6)
{
	return family == 6 ? ipv6 : ipv4;
}

static void put_name(uint8_t *to, const char *name)
{
	memcpy(to, name, strnlen(name, IFNAMSIZ - 1));
}

/* The first and the last address of a network; NULL: of all. */
static void put_range(uint8_t *first, uint8_t *last,
		      const struct xn_address *network, uint8_t family)
{
	for (uint32_t i = 0; i < bytes_of(family); i++) {
		uint32_t bits = 0;
		uint8_t mask;

		if (network && network->prefix > i * 8)
			bits = network->prefix - i * 8;
		mask = (uint8_t)(bits >= 8 ? 0xff : 0xff00u >> bits);
		first[i] = network ? network->octet[i] & mask : 0;
		last[i] = (uint8_t)(first[i] | (uint8_t)~mask);
	}
}

static void put_port(uint8_t *to, uint16_t port)
{
	uint16_t wire = htons(port);

	memcpy(to, &wire, sizeof(wire));
}

/* One element of a forward: where, from whom, and to which guest. */
struct door {
	const struct xn_nat_forward *forward;
	const struct xn_address *source; /* NULL: everywhere */
	const struct xn_address *guest;
	uint8_t family, protocol;
};

static const char *map_of(const struct door *door, bool has_port)
{
	if (door->source)
		return has_port ? name_of(door->family, "forward_from4",
					  "forward_from6")
				: name_of(door->family, "ports_from4",
					  "ports_from6");
	return has_port ? name_of(door->family, "forward4", "forward6")
			: name_of(door->family, "ports4", "ports6");
}

/* Ports `first` to `last`; `to` is the guest's, 0: the same. */
static void add_door(struct xnat_table *table, const struct door *door,
		     uint16_t first, uint16_t last, uint16_t to)
{
	size_t bytes = bytes_of(door->family);
	size_t port = 2 * bytes + 4;
	struct xnat_element element = {0};

	put_range(element.key, element.key_end, door->source, door->family);
	put_range(element.key + bytes, element.key_end + bytes,
		  door->forward->has_at ? &door->forward->at : NULL,
		  door->family);
	element.key[2 * bytes] = element.key_end[2 * bytes] = door->protocol;
	put_port(element.key + port, first);
	put_port(element.key_end + port, last);
	memcpy(element.data, door->guest->octet, bytes);
	if (to)
		put_port(element.data + bytes, to);
	xnat_element_add(table, map_of(door, to != 0), &element);
}

/* Ports that get other numbers are told one by one. */
static void add_doors(struct xnat_table *table, const struct door *door)
{
	const struct xn_nat_forward *forward = door->forward;
	uint32_t span = (uint32_t)forward->port_last - forward->port_first;

	if (forward->to_first == forward->port_first) {
		add_door(table, door, forward->port_first, forward->port_last,
			 0);
		return;
	}
	for (uint32_t i = 0; i <= span; i++)
		add_door(table, door, (uint16_t)(forward->port_first + i),
			 (uint16_t)(forward->port_first + i),
			 (uint16_t)(forward->to_first + i));
}

static void add_sources(struct xnat_table *table, struct door *door)
{
	const struct xn_nat_forward *forward = door->forward;

	if (forward->source_count == 0) {
		add_doors(table, door);
		return;
	}
	for (uint32_t i = 0; i < forward->source_count; i++) {
		door->source = &forward->source[i];
		if (door->source->family == door->family)
			add_doors(table, door);
	}
}

static void add_forward(struct xnat_table *table,
			const struct xn_planeconf_bridge *bridge,
			const struct xn_nat_forward *forward,
			const struct xnat_guests *guests)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct xn_address guest;
		struct door door = {
			.forward = forward, .guest = &guest, .family = family};

		if (!xnat_forward_is(forward, family) ||
		    !xnat_guest_find(guests, bridge, &forward->to, family,
				     &guest))
			continue;
		if (forward->protocols & XN_NAT_TCP) {
			door.protocol = IPPROTO_TCP;
			add_sources(table, &door);
		}
		if (forward->protocols & XN_NAT_UDP) {
			door.protocol = IPPROTO_UDP;
			add_sources(table, &door);
		}
	}
}

static void add_pair(struct xnat_table *table,
		     const struct xn_planeconf_bridge *bridge,
		     const struct xn_nat_pair *pair,
		     const struct xnat_guests *guests)
{
	uint8_t family = pair->outside.family;
	struct xnat_element in = {0}, out = {0};
	struct xn_address guest;

	if (!xnat_guest_find(guests, bridge, &pair->to, family, &guest))
		return;
	memcpy(in.key, pair->outside.octet, bytes_of(family));
	memcpy(in.data, guest.octet, bytes_of(family));
	xnat_element_add(table, name_of(family, "pair_in4", "pair_in6"), &in);
	put_name(out.key, bridge->name);
	memcpy(out.key + IFNAMSIZ, guest.octet, bytes_of(family));
	memcpy(out.data, pair->outside.octet, bytes_of(family));
	xnat_element_add(table, name_of(family, "pair_out4", "pair_out6"),
			 &out);
}

static void add_prefix(struct xnat_table *table,
		       const struct xn_planeconf_bridge *bridge)
{
	const struct xn_address *outside = &bridge->nat.prefix6;

	for (uint32_t i = 0; i < bridge->address_count; i++) {
		const struct xn_address *inside = &bridge->address[i];
		struct xnat_element in = {0}, out = {0};

		if (inside->family != 6 || inside->prefix != outside->prefix)
			continue;
		put_name(out.key, bridge->name);
		put_name(out.key_end, bridge->name);
		put_range(out.key + IFNAMSIZ, out.key_end + IFNAMSIZ, inside,
			  6);
		put_range(out.data, out.data + 16, outside, 6);
		xnat_element_add(table, "prefix_out6", &out);
		in.key[0] = in.key_end[0] = NFPROTO_IPV6;
		put_range(in.key + 4, in.key_end + 4, outside, 6);
		put_range(in.data, in.data + 16, inside, 6);
		xnat_element_add(table, "prefix_in6", &in);
		return;
	}
}

static void add_limit(struct xnat_table *table,
		      const struct xn_planeconf_bridge *bridge)
{
	struct xnat_element element = {0};

	put_name(element.key, bridge->name);
	xnat_limit_name("limit", bridge->nat.connections, element.chain);
	xnat_element_add(table, "limits", &element);
}

static void add_behind(struct xnat_table *table,
		       const struct xn_planeconf_bridge *bridge)
{
	for (uint32_t i = 0; i < bridge->nat.behind_count; i++) {
		const struct xn_address *address = &bridge->nat.behind[i];
		struct xnat_element element = {0};

		put_name(element.key, bridge->name);
		memcpy(element.data, address->octet, bytes_of(address->family));
		xnat_element_add(table,
				 name_of(address->family, "behind4", "behind6"),
				 &element);
	}
}

/* Which sets of names the bridge is in. */
static void add_names(struct xnat_table *table,
		      const struct xn_planeconf_bridge *bridge)
{
	bool hides4 = xnat_has_family(bridge, 4) && !bridge->nat.masquerade_off;
	bool has6 = xnat_has_family(bridge, 6);
	struct xnat_element name = {0}, loop = {0};

	put_name(name.key, bridge->name);
	put_name(loop.key, bridge->name);
	put_name(loop.key + IFNAMSIZ, bridge->name);
	xnat_element_add(table, "bridges", &name);
	xnat_element_add(table, "loops", &loop);
	if (hides4) {
		xnat_element_add(table, "closed4", &name);
		xnat_element_add(table, "masquerade4", &name);
	}
	if (has6 && bridge->nat.nat6 != XN_NAT6_ROUTED)
		xnat_element_add(table, "closed6", &name);
	if (has6 && bridge->nat.nat6 == XN_NAT6_MASQUERADE)
		xnat_element_add(table, "masquerade6", &name);
}

void xnat_put_elements(struct xnat_table *table,
		       const struct xn_planeconf *conf,
		       const struct xnat_guests *guests,
		       const struct xnat_features *features)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];
		const struct xn_conf_nat *nat = &bridge->nat;

		if (!xnat_is_nat(bridge))
			continue;
		add_names(table, bridge);
		add_behind(table, bridge);
		if (features->limits && nat->connections)
			add_limit(table, bridge);
		if (nat->nat6 == XN_NAT6_PREFIX)
			add_prefix(table, bridge);
		for (uint32_t k = 0; k < nat->forward_count; k++)
			add_forward(table, bridge, &nat->forward[k], guests);
		for (uint32_t k = 0; k < nat->pair_count; k++)
			add_pair(table, bridge, &nat->pair[k], guests);
	}
}
