/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guests on a bridge get, see dhcp.h. */
#include "netconf/model/dhcp.h"

#include <ctype.h>
#include <string.h>

#include "netconf/model/planeconf.h"

static bool has_family(const struct xn_planeconf_bridge *bridge, uint8_t family)
{
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (bridge->address[i].family == family)
			return true;
	return false;
}

bool xn_dhcp_gives4(const struct xn_planeconf_bridge *bridge)
{
	const struct xn_conf_dhcp *dhcp = &bridge->dhcp_server;

	return (dhcp->on || dhcp->range_count) && has_family(bridge, 4);
}

bool xn_dhcp_gives6(const struct xn_planeconf_bridge *bridge)
{
	const struct xn_conf_dhcp *dhcp = &bridge->dhcp_server;

	if (!has_family(bridge, 6) || dhcp->ra_off)
		return false;
	return dhcp->ra_on || dhcp->on || dhcp->range_count;
}

bool xn_dhcp_answers_names(const struct xn_planeconf_bridge *bridge)
{
	if (bridge->dhcp_server.dns_off)
		return false;
	return xn_planeconf_says(bridge, XN_CONF_DNS) ||
	       xn_dhcp_gives4(bridge) || xn_dhcp_gives6(bridge);
}

bool xn_dhcp_wanted(const struct xn_planeconf_bridge *bridge)
{
	return xn_dhcp_gives4(bridge) || xn_dhcp_gives6(bridge) ||
	       xn_dhcp_answers_names(bridge);
}

bool xn_dhcp_autoconf(const struct xn_planeconf_bridge *bridge, uint32_t at,
		      const struct xn_mac *mac, struct xn_address *ret_address)
{
	struct xn_address address = bridge->address[at];

	if (!xn_dhcp_gives6(bridge) || address.family != 6 ||
	    address.prefix != XN_DHCP_SLAAC_PREFIX)
		return false;
	address.prefix = 128;
	memcpy(address.octet + 8, mac->octet, 3);
	address.octet[8] ^= 2; /* the universal/local bit */
	address.octet[11] = 0xff;
	address.octet[12] = 0xfe;
	memcpy(address.octet + 13, mac->octet + 3, 3);
	*ret_address = address;
	return true;
}

uint32_t xn_dhcp_number(const struct xn_address *address)
{
	return (uint32_t)address->octet[0] << 24 |
	       (uint32_t)address->octet[1] << 16 |
	       (uint32_t)address->octet[2] << 8 | address->octet[3];
}

static struct xn_address from_number(uint32_t number)
{
	return (struct xn_address){
		.family = 4,
		.prefix = 32,
		.octet = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
			  (uint8_t)(number >> 8), (uint8_t)number},
	};
}

uint32_t xn_dhcp_range_size(const struct xn_dhcp_range *range)
{
	return xn_dhcp_number(&range->last) - xn_dhcp_number(&range->first) + 1;
}

static bool within4(const struct xn_address *address,
		    const struct xn_address *network)
{
	return address->family == 4 &&
	       xn_address_within(address, network, network->prefix);
}

/* The hosts of the network from `first` on, up to the bridge's next own
 * address: how many. */
static uint64_t run_from(const struct xn_planeconf_bridge *bridge,
			 const struct xn_address *network, uint64_t first)
{
	uint32_t mask =
		network->prefix ? UINT32_MAX << (32 - network->prefix) : 0;
	uint64_t end = xn_dhcp_number(network) | ~mask; /* broadcast */

	for (uint32_t i = 0; i < bridge->address_count; i++) {
		const struct xn_address *own = &bridge->address[i];

		if (within4(own, network) && xn_dhcp_number(own) >= first &&
		    xn_dhcp_number(own) < end)
			end = xn_dhcp_number(own);
	}
	return end > first ? end - first : 0;
}

/* The longest run of hosts that are not the bridge's own; `room`: how many of
 * them at most. False: there is nobody else. */
static bool find_run(const struct xn_planeconf_bridge *bridge,
		     const struct xn_address *network, uint32_t room,
		     struct xn_dhcp_range *ret_range)
{
	uint32_t mask =
		network->prefix ? UINT32_MAX << (32 - network->prefix) : 0;
	uint64_t first = (uint64_t)(xn_dhcp_number(network) & mask) + 1;
	uint64_t longest = run_from(bridge, network, first);

	for (uint32_t i = 0; i < bridge->address_count; i++) {
		const struct xn_address *own = &bridge->address[i];
		uint64_t next = (uint64_t)xn_dhcp_number(own) + 1, length;

		if (!within4(own, network))
			continue;
		length = run_from(bridge, network, next);
		if (length >= longest) {
			longest = length;
			first = next;
		}
	}
	if (longest > room)
		longest = room;
	if (longest == 0)
		return false;
	*ret_range = (struct xn_dhcp_range){
		from_number((uint32_t)first),
		from_number((uint32_t)(first + longest - 1))};
	return true;
}

/* Room for others, and not all or a part of one that came before. */
static bool is_network(const struct xn_planeconf_bridge *bridge, uint32_t at)
{
	const struct xn_address *address = &bridge->address[at];

	if (address->family != 4 || address->prefix > 30)
		return false;
	for (uint32_t i = 0; i < at; i++) {
		const struct xn_address *other = &bridge->address[i];

		if (other->family == 4 && other->prefix <= 30 &&
		    (within4(address, other) || within4(other, address)))
			return false;
	}
	return true;
}

uint32_t xn_dhcp_ranges(const struct xn_planeconf_bridge *bridge,
			struct xn_dhcp_range ret_range[XN_DHCP_RANGES_MAX])
{
	const struct xn_conf_dhcp *dhcp = &bridge->dhcp_server;
	uint32_t room = XN_DHCP_POOL_MAX, count = 0;

	if (!dhcp->on) {
		memcpy(ret_range, dhcp->range, sizeof(dhcp->range));
		return dhcp->range_count;
	}
	for (uint32_t i = 0;
	     i < bridge->address_count && count < XN_DHCP_RANGES_MAX; i++)
		if (is_network(bridge, i) &&
		    find_run(bridge, &bridge->address[i], room,
			     &ret_range[count]))
			room -= xn_dhcp_range_size(&ret_range[count++]);
	return count;
}

static bool label_valid(const char *name, size_t length)
{
	if (length == 0 || length >= XN_DHCP_LABEL_MAX || name[0] == '-' ||
	    name[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '-')
			return false;
	return true;
}

bool xn_dhcp_label_valid(const char *name)
{
	return label_valid(name, strlen(name));
}

bool xn_dhcp_domain_valid(const char *name)
{
	if (strlen(name) >= XN_DHCP_DOMAIN_MAX)
		return false;
	for (;;) {
		size_t length = strcspn(name, ".");

		if (!label_valid(name, length))
			return false;
		if (!name[length])
			return true;
		name += length + 1;
	}
}
