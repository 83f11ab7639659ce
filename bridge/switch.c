/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch's settings: ports, bridges, outside stations. Called by the
 * worker between batches, on control's orders. Numbers are checked here,
 * because they came from another process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/age.h"
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
	(void)pthread_mutex_init(&sw->change, NULL);
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
	for (uint32_t i = 0; i <= XSW_ACLS_MAX; i++)
		free(sw->acl[i]);
	(void)pthread_mutex_destroy(&sw->change);
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

static uint8_t flood_kinds(const struct xsw_port_config *config)
{
	uint32_t kinds = 0;

	if (config->flood)
		kinds |= XSW_FLOOD_UNICAST;
	if (config->mcast_flood)
		kinds |= XSW_FLOOD_MULTICAST;
	if (config->bcast_flood)
		kinds |= XSW_FLOOD_BROADCAST;
	return (uint8_t)kinds;
}

/* An open port's place among those that receive floods. */
static void join_floods(struct xsw_switch *sw, uint16_t number)
{
	const struct xsw_port *port = &sw->port[number];
	uint32_t limits = 0;

	if (port->isolated)
		limits |= XSW_LIMIT_ISOLATED;
	if (port->mcast_control)
		limits |= XSW_LIMIT_REGISTERED;
	xsw_flood_set_add(&sw->bridge[port->bridge]->flood, number,
			  port->flood_kinds, (uint8_t)limits);
}

static void leave_floods(struct xsw_switch *sw, uint16_t number)
{
	const struct xsw_port *port = &sw->port[number];

	xsw_flood_set_remove(&sw->bridge[port->bridge]->flood, number);
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
		leave_floods(sw, number);
		if (mode != XSW_PORT_OPEN || port->bridge != config->bridge)
			xsw_fdb_forget_port(sw->bridge[port->bridge]->fdb,
					    number);
	}
	port->mode = mode;
	port->bridge = config->bridge;
	port->learning = config->learning;
	port->flood_kinds = flood_kinds(config);
	if (mode == XSW_PORT_OPEN)
		join_floods(sw, number);
	return 0;
}

void xsw_port_clear(struct xsw_switch *sw, uint16_t number)
{
	struct xsw_port *port;

	if (number >= XSW_PORTS_MAX)
		return;
	port = &sw->port[number];
	if (port->mode == XSW_PORT_OPEN) {
		leave_floods(sw, number);
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

/* Of a number that has no list. */
static const struct xsw_acl nothing = {.bytes = sizeof(nothing)};

static const struct xsw_acl *list_of(const struct xsw_switch *sw,
				     uint16_t number)
{
	if (number == XSW_NO_ACL)
		return NULL;
	return sw->acl[number] ? sw->acl[number] : &nothing;
}

int xsw_acl_set(struct xsw_switch *sw, uint32_t number,
		struct xsw_acl *take_acl)
{
	if (number == XSW_NO_ACL || number > XSW_ACLS_MAX) {
		free(take_acl);
		return -EINVAL;
	}
	free(sw->acl[number]);
	sw->acl[number] = take_acl;
	for (uint32_t i = 0; i < XSW_PORTS_MAX; i++)
		if (sw->port[i].acl_number == number)
			sw->port[i].acl = list_of(sw, (uint16_t)number);
	return 0;
}

int xsw_port_set_policy(struct xsw_switch *sw, uint16_t number,
			const struct xsw_policy *policy)
{
	struct xsw_port *port;

	if (number >= XSW_PORTS_MAX || policy->acl > XSW_ACLS_MAX ||
	    policy->address_count > XSW_ADDRESSES_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < policy->address_count; i++) {
		if (!good_address(&policy->address[i]))
			return -EINVAL;
	}
	port = &sw->port[number];
	if (port->mode == XSW_PORT_OPEN)
		leave_floods(sw, number);
	port->checked = policy->guard || policy->bpdu_drop || policy->acl;
	port->guarded = policy->guard;
	port->bpdu_drop = policy->bpdu_drop;
	port->isolated = policy->isolated;
	port->mcast_control = policy->mcast_control;
	port->acl_number = policy->acl;
	port->acl = list_of(sw, policy->acl);
	xsw_storm_set(&port->storm, policy->storm_frames);
	xsw_guard_set(&port->guard, policy);
	if (port->mode == XSW_PORT_OPEN)
		join_floods(sw, number);
	return 0;
}

int xsw_bridge_set_ageing(struct xsw_switch *sw, uint16_t bridge,
			  uint64_t ageing_ms)
{
	int result = use_bridge(sw, bridge);

	if (result < 0)
		return result;
	if (sw->bridge[bridge]->ageing_ms == ageing_ms)
		return 0;
	sw->bridge[bridge]->ageing_ms = ageing_ms;
	xsw_age_changed(sw, sw->bridge[bridge]);
	return 0;
}

static int outside_add(struct xsw_switch *sw, uint16_t bridge,
		       const struct xn_mac *mac, uint16_t kind)
{
	uint64_t key = xsw_key_of(mac);
	struct xsw_fdb_entry evicted;
	int result;

	if (key == 0 || xn_mac_is_group(mac))
		return -EINVAL;
	result = use_bridge(sw, bridge);
	if (result < 0)
		return result;
	switch (xsw_fdb_set_outside(sw->bridge[bridge]->fdb, key, kind,
				    &evicted)) {
	case XSW_FDB_EVICTED:
		xsw_event_aged(sw, bridge, &evicted);
		return 0;
	case XSW_FDB_FULL:
		xsw_event_aged(sw, bridge, &evicted);
		return -ENOSPC;
	case XSW_FDB_PORT_FULL:
		return -ENOSPC;
	case XSW_FDB_KNOWN:
	case XSW_FDB_LEARNED:
	case XSW_FDB_MOVED:
	case XSW_FDB_HELD:
		break;
	}
	return 0;
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
	case XSW_DROP_SPOOFED_DHCP:
		return "spoofed_dhcp";
	case XSW_DROP_OTHER_PROTOCOL:
		return "other_protocol";
	case XSW_DROP_BPDU:
		return "bpdu";
	case XSW_DROP_STORM:
		return "storm";
	case XSW_DROP_ISOLATED:
		return "isolated";
	case XSW_DROP_ACL:
		return "acl";
	case XSW_DROP_COUNT:
		break;
	}
	return "unknown";
}
