/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule of fastpath.h. Pure; called by the daemon for each vif whenever
 * one of its facts changed. */
#include "netconf/model/fastpath.h"

#include <string.h>

/* Being a port of a bridge that does not filter VLANs raises a device's
 * promiscuity by one; a capture raises it further. */
#define PROMISCUITY_OF_PORT 1u

static uint64_t because(bool condition, enum xn_slow_reason reason)
{
	return condition ? UINT64_C(1) << reason : 0;
}

static uint64_t bridge_reasons(const struct xn_link *link)
{
	static const struct xn_mac stp_group = {
		{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}};
	static const struct xn_mac unreported = {{0}};
	const struct xn_bridge *b = &link->bridge;
	bool other_group = !xn_mac_equal(&b->group_addr, &stp_group) &&
			   !xn_mac_equal(&b->group_addr, &unreported);
	uint32_t options =
		b->boolopt & ~XN_BRIDGE_MDB_OFFLOAD_FAIL_NOTIFICATION;

	return because(link->promiscuity > 0, XN_SLOW_CAPTURE_BRIDGE) |
	       because(b->vlan_filtering, XN_SLOW_VLAN_FILTERING) |
	       because(b->nf_call_iptables || b->nf_call_ip6tables ||
			       b->nf_call_arptables,
		       XN_SLOW_NF_CALL) |
	       because(b->group_fwd_mask != 0, XN_SLOW_GROUP_FWD_MASK) |
	       because(other_group, XN_SLOW_GROUP_ADDR) |
	       because(b->fdb_max_learned != 0, XN_SLOW_FDB_MAX_LEARNED) |
	       because(options != 0, XN_SLOW_BRIDGE_OPTION) |
	       because(b->unknown_attr != 0, XN_SLOW_BRIDGE_UNKNOWN);
}

static uint64_t hook_reasons(const struct xn_fastpath_facts *facts)
{
	const struct xn_frame_hooks *h = &facts->hooks;

	return because(h->nft_bridge, XN_SLOW_NFT_BRIDGE) |
	       because(h->ebtables, XN_SLOW_EBTABLES) |
	       because(h->br_netfilter, XN_SLOW_BR_NETFILTER) |
	       because(h->nft_twin, XN_SLOW_NFT_TWIN) |
	       because(h->tc, XN_SLOW_TC) | because(h->xdp, XN_SLOW_XDP) |
	       because(h->upper, XN_SLOW_UPPER) |
	       because(h->packet_twin, XN_SLOW_CAPTURE_TWIN) |
	       because(h->packet_all, XN_SLOW_CAPTURE_ALL) |
	       because(h->unreadable, XN_SLOW_UNREADABLE);
}

static uint64_t port_reasons(const struct xn_link *link)
{
	const struct xn_brport *p = &link->port;

	return because(link->promiscuity > PROMISCUITY_OF_PORT,
		       XN_SLOW_CAPTURE_TWIN) |
	       because(p->hairpin, XN_SLOW_HAIRPIN) |
	       because(p->mcast_to_unicast, XN_SLOW_MCAST_TO_UNICAST) |
	       because(p->proxyarp, XN_SLOW_PROXYARP) |
	       because(p->proxyarp_wifi, XN_SLOW_PROXYARP_WIFI) |
	       because(p->neigh_suppress || p->neigh_vlan_suppress,
		       XN_SLOW_NEIGH_SUPPRESS) |
	       because(p->vlan_tunnel, XN_SLOW_VLAN_TUNNEL) |
	       because(p->locked, XN_SLOW_LOCKED) |
	       because(p->mab, XN_SLOW_MAB) |
	       because(p->group_fwd_mask != 0, XN_SLOW_PORT_GROUP_FWD_MASK) |
	       because(p->backup_port != 0 || p->backup_nhid != 0,
		       XN_SLOW_BACKUP_PORT) |
	       because(p->mcast_max_groups != 0, XN_SLOW_MCAST_MAX_GROUPS) |
	       because(p->unknown_attr != 0, XN_SLOW_PORT_UNKNOWN);
}

uint64_t xn_fastpath_reasons(const struct xn_fastpath_facts *facts)
{
	uint64_t reasons = because(!facts->vif_on, XN_SLOW_OFF_VIF);

	if (!facts->bridge || !facts->bridge->is_bridge ||
	    !facts->twin->is_bridge_port)
		return reasons | because(true, XN_SLOW_NO_BRIDGE);
	return reasons | because(!facts->bridge_on, XN_SLOW_OFF_BRIDGE) |
	       because(!facts->bridge_has_room, XN_SLOW_NO_ROOM) |
	       because(facts->isolated_by_other, XN_SLOW_ISOLATED) |
	       because(facts->isolation_refused, XN_SLOW_ISOLATION) |
	       bridge_reasons(facts->bridge) | port_reasons(facts->twin) |
	       hook_reasons(facts);
}

bool xn_isolation_slows_bridge(uint64_t own_reasons, bool isolated)
{
	/* An administrator's `isolated on` keeps it from the fast ones' twins
	 * just as well. */
	return own_reasons != 0 &&
	       (isolated || (own_reasons & because(true, XN_SLOW_ISOLATED)));
}

uint64_t xn_fastpath_with_bridge(uint64_t own_reasons, bool isolated,
				 bool bridge_slowed)
{
	bool by_another = bridge_slowed &&
			  !xn_isolation_slows_bridge(own_reasons, isolated);

	return own_reasons | because(by_another, XN_SLOW_ISOLATED_NEIGHBOUR);
}

bool xn_isolation_in_kernel(uint64_t all_reasons, bool isolated)
{
	return !all_reasons || isolated;
}

const char *xn_slow_reason_name(enum xn_slow_reason reason)
{
	static const char *const names[XN_SLOW_COUNT] = {
		[XN_SLOW_NO_BRIDGE] = "no bridge",
		[XN_SLOW_NO_ROOM] = "too many bridges",
		[XN_SLOW_OFF_VIF] = "off for the vif",
		[XN_SLOW_OFF_BRIDGE] = "off for the bridge",
		[XN_SLOW_CAPTURE_TWIN] = "capture on the vif",
		[XN_SLOW_CAPTURE_BRIDGE] = "capture on the bridge",
		[XN_SLOW_VLAN_FILTERING] = "vlan_filtering",
		[XN_SLOW_NF_CALL] = "nf_call",
		[XN_SLOW_GROUP_FWD_MASK] = "group_fwd_mask of the bridge",
		[XN_SLOW_GROUP_ADDR] = "group_address",
		[XN_SLOW_FDB_MAX_LEARNED] = "fdb_max_learned",
		[XN_SLOW_BRIDGE_OPTION] = "bridge option",
		[XN_SLOW_BRIDGE_UNKNOWN] = "unknown bridge attribute",
		[XN_SLOW_HAIRPIN] = "hairpin",
		[XN_SLOW_MCAST_TO_UNICAST] = "mcast_to_unicast",
		[XN_SLOW_PROXYARP] = "proxy_arp",
		[XN_SLOW_PROXYARP_WIFI] = "proxy_arp_wifi",
		[XN_SLOW_NEIGH_SUPPRESS] = "neigh_suppress",
		[XN_SLOW_VLAN_TUNNEL] = "vlan_tunnel",
		[XN_SLOW_LOCKED] = "locked",
		[XN_SLOW_MAB] = "mab",
		[XN_SLOW_PORT_GROUP_FWD_MASK] = "group_fwd_mask of the port",
		[XN_SLOW_BACKUP_PORT] = "backup_port",
		[XN_SLOW_MCAST_MAX_GROUPS] = "mcast_max_groups",
		[XN_SLOW_PORT_UNKNOWN] = "unknown port attribute",
		[XN_SLOW_ISOLATED] = "isolated by an administrator",
		[XN_SLOW_ISOLATION] = "the kernel has no port isolation",
		[XN_SLOW_ISOLATED_NEIGHBOUR] =
			"isolated vif on the kernel's path",
		[XN_SLOW_NFT_BRIDGE] = "nftables on bridges",
		[XN_SLOW_EBTABLES] = "ebtables",
		[XN_SLOW_BR_NETFILTER] = "br_netfilter",
		[XN_SLOW_NFT_TWIN] = "nftables on the vif",
		[XN_SLOW_TC] = "tc on the vif",
		[XN_SLOW_XDP] = "XDP on the vif",
		[XN_SLOW_UPPER] = "device on top of the vif",
		[XN_SLOW_CAPTURE_ALL] = "capture on all devices",
		[XN_SLOW_UNREADABLE] = "unknown who else sees the frames",
	};

	return (unsigned int)reason < XN_SLOW_COUNT ? names[reason] : "unknown";
}

const char *xn_slow_reasons_format(uint64_t reasons, char *ret_text,
				   size_t text_bytes)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (unsigned int i = 0; i < XN_SLOW_COUNT; i++) {
		const char *name = xn_slow_reason_name((enum xn_slow_reason)i);
		size_t length = strlen(name);
		size_t comma = used ? 2 : 0;

		if (!(reasons & (UINT64_C(1) << i)))
			continue;
		if (length + comma >= text_bytes - used)
			break;
		memcpy(ret_text + used, ", ", comma);
		memcpy(ret_text + used + comma, name, length + 1);
		used += comma + length;
	}
	return ret_text;
}

uint64_t xn_bridge_ageing_ms(const struct xn_bridge *bridge)
{
	/* Hundredths of a second. */
	uint32_t ticks = bridge->topology_change ? bridge->forward_delay_cs
						 : bridge->ageing_time_cs;

	return (uint64_t)ticks * 10;
}
