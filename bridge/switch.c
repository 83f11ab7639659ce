/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch's settings: ports, bridges, outside stations. Called by the
 * worker between batches, on control's orders. Numbers are checked here,
 * because they came from another process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/classify.h"
#include "bridge/switch_state.h"

#define AGEING_MS_DEFAULT 300000u /* 802.1D table 7-5 */

struct xsw_switch *xsw_switch_create(uint32_t fdb_entries_max,
				     const uint8_t hash_key[16])
{
	struct xsw_switch *sw = calloc(1, sizeof(*sw));

	if (!sw)
		return NULL;
	sw->fdb_entries_max = fdb_entries_max;
	memcpy(sw->hash_key, hash_key, sizeof(sw->hash_key));
	for (uint32_t i = 0; i < XSW_PORTS_MAX; i++)
		sw->port[i].bridge = XSW_NO_BRIDGE;
	return sw;
}

void xsw_switch_destroy(struct xsw_switch *sw)
{
	if (!sw)
		return;
	for (uint32_t i = 0; i < XSW_BRIDGES_MAX; i++) {
		if (sw->bridge[i])
			xsw_fdb_destroy(sw->bridge[i]->fdb);
		free(sw->bridge[i]);
	}
	free(sw);
}

/* Creates the bridge at its first use. */
static int use_bridge(struct xsw_switch *sw, uint16_t number)
{
	struct xsw_bridge *bridge;

	if (number >= XSW_BRIDGES_MAX)
		return -EINVAL;
	if (sw->bridge[number])
		return 0;
	bridge = calloc(1, sizeof(*bridge));
	if (!bridge)
		return -ENOMEM;
	bridge->fdb = xsw_fdb_create(sw->fdb_entries_max, sw->hash_key);
	if (!bridge->fdb) {
		free(bridge);
		return -ENOMEM;
	}
	bridge->ageing_ms = AGEING_MS_DEFAULT;
	sw->bridge[number] = bridge;
	return 0;
}

static enum xsw_port_mode mode_of(const struct xsw_port_config *config)
{
	if (!config->forwarding)
		return XSW_PORT_CLOSED;
	if (!config->fast || config->bridge == XSW_NO_BRIDGE)
		return XSW_PORT_SLOW;
	return XSW_PORT_OPEN;
}

static uint16_t flood_kinds(const struct xsw_port_config *config)
{
	uint32_t kinds = 0;

	if (config->flood)
		kinds |= XSW_FLOOD_UNICAST;
	if (config->mcast_flood)
		kinds |= XSW_FLOOD_MULTICAST;
	if (config->bcast_flood)
		kinds |= XSW_FLOOD_BROADCAST;
	return (uint16_t)kinds;
}

static void flood_remove(struct xsw_flood_set *set, uint16_t port)
{
	for (uint32_t i = 0; i < set->count; i++) {
		if (set->member[i].port == port) {
			set->member[i] = set->member[--set->count];
			return;
		}
	}
}

static void flood_add(struct xsw_flood_set *set, uint16_t port, uint16_t kinds)
{
	if (kinds == 0)
		return;
	set->member[set->count++] =
		(struct xsw_flood_port){.port = port, .kinds = kinds};
}

int xsw_port_set(struct xsw_switch *sw, uint16_t number,
		 const struct xsw_port_config *config)
{
	enum xsw_port_mode mode = mode_of(config);
	struct xsw_port *port;
	int result;

	if (number >= XSW_PORTS_MAX)
		return -EINVAL;
	if (config->bridge != XSW_NO_BRIDGE) {
		result = use_bridge(sw, config->bridge);
		if (result < 0)
			return result;
	}

	port = &sw->port[number];
	if (port->mode == XSW_PORT_OPEN) {
		flood_remove(&sw->bridge[port->bridge]->flood, number);
		if (mode != XSW_PORT_OPEN || port->bridge != config->bridge)
			xsw_fdb_forget_port(sw->bridge[port->bridge]->fdb,
					    number);
	}
	port->mode = mode;
	port->bridge = config->bridge;
	port->learning = config->learning;
	if (mode == XSW_PORT_OPEN)
		flood_add(&sw->bridge[config->bridge]->flood, number,
			  flood_kinds(config));
	return 0;
}

void xsw_port_clear(struct xsw_switch *sw, uint16_t number)
{
	struct xsw_port *port;

	if (number >= XSW_PORTS_MAX)
		return;
	port = &sw->port[number];
	if (port->mode == XSW_PORT_OPEN) {
		flood_remove(&sw->bridge[port->bridge]->flood, number);
		xsw_fdb_forget_port(sw->bridge[port->bridge]->fdb, number);
	}
	*port = (struct xsw_port){.mode = XSW_PORT_ABSENT,
				  .bridge = XSW_NO_BRIDGE};
}

static bool good_address(const struct xsw_address *address)
{
	if (address->family == 4)
		return address->prefix <= 32;
	return address->family == 6 && address->prefix <= 128;
}

int xsw_port_set_policy(struct xsw_switch *sw, uint16_t number,
			const struct xsw_policy *policy)
{
	if (number >= XSW_PORTS_MAX ||
	    policy->address_count > XSW_ADDRESSES_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < policy->address_count; i++) {
		if (!good_address(&policy->address[i]))
			return -EINVAL;
	}
	sw->port[number].policy = *policy;
	return 0;
}

int xsw_bridge_set_ageing(struct xsw_switch *sw, uint16_t bridge,
			  uint64_t ageing_ms)
{
	int result = use_bridge(sw, bridge);

	if (result < 0)
		return result;
	sw->bridge[bridge]->ageing_ms = ageing_ms;
	return 0;
}

static int outside_add(struct xsw_switch *sw, uint16_t bridge,
		       const struct xn_mac *mac, uint16_t kind)
{
	uint64_t key = xsw_key_of(mac);
	int result;

	if (key == 0 || xn_mac_is_group(mac))
		return -EINVAL;
	result = use_bridge(sw, bridge);
	if (result < 0)
		return result;
	return xsw_fdb_set_outside(sw->bridge[bridge]->fdb, key, kind);
}

int xsw_outside_add(struct xsw_switch *sw, uint16_t bridge,
		    const struct xn_mac *mac)
{
	return outside_add(sw, bridge, mac, XSW_FDB_OUTSIDE);
}

int xsw_outside_add_fixed(struct xsw_switch *sw, uint16_t bridge,
			  const struct xn_mac *mac)
{
	return outside_add(sw, bridge, mac, XSW_FDB_OUTSIDE_FIXED);
}

void xsw_outside_del(struct xsw_switch *sw, uint16_t bridge,
		     const struct xn_mac *mac)
{
	if (bridge >= XSW_BRIDGES_MAX || !sw->bridge[bridge])
		return;
	xsw_fdb_del_outside(sw->bridge[bridge]->fdb, xsw_key_of(mac));
}

const struct xsw_stats *xsw_switch_stats(const struct xsw_switch *sw)
{
	return &sw->stats;
}

const char *xsw_drop_name(enum xsw_drop drop)
{
	switch (drop) {
	case XSW_DROP_NONE:
		return "none";
	case XSW_DROP_RUNT:
		return "runt";
	case XSW_DROP_SRC_GROUP:
		return "src_group";
	case XSW_DROP_SAME_PORT:
		return "same_port";
	case XSW_DROP_PORT_CLOSED:
		return "port_closed";
	case XSW_DROP_SPOOFED_MAC:
		return "spoofed_mac";
	case XSW_DROP_SPOOFED_ARP:
		return "spoofed_arp";
	case XSW_DROP_SPOOFED_IPV4:
		return "spoofed_ipv4";
	case XSW_DROP_SPOOFED_IPV6:
		return "spoofed_ipv6";
	case XSW_DROP_SPOOFED_ND:
		return "spoofed_nd";
	case XSW_DROP_ROGUE_ROUTER:
		return "rogue_router";
	case XSW_DROP_ROGUE_DHCP:
		return "rogue_dhcp";
	case XSW_DROP_BPDU:
		return "bpdu";
	case XSW_DROP_STORM:
		return "storm";
	case XSW_DROP_COUNT:
		break;
	}
	return "unknown";
}
