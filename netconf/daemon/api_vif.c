/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif in the words of the daemon's answers. Reads, changes nothing. */
#include "netconf/daemon/api_private.h"

#include "netconf/daemon/acls.h"
#include "netconf/daemon/carrier.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/routing.h"
#include "netconf/model/fastpath.h"
#include "netconf/nl/counters.h"

static json_t *reasons_of(const struct xn_vif *vif)
{
	json_t *reasons = json_array();

	for (unsigned int i = 0; i < XN_SLOW_COUNT; i++)
		if (vif->port.slow_reasons & (UINT64_C(1) << i))
			(void)json_array_append_new(
				reasons, json_string(xn_slow_reason_name(
						 (enum xn_slow_reason)i)));
	return reasons;
}

static json_int_t number(uint64_t value)
{
	return (json_int_t)value;
}

/* As the kernel sees the twin: rx is what the guest sent. */
static json_t *kernel_counters(const struct xn_vif *vif)
{
	struct xn_counters c = {0};

	/* A device that is just going has counted nothing. */
	(void)xn_counters_get(vif->daemon->nl, vif->twin.ifindex, &c, NULL);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "rx_frames",
			 number(c.rx_frames), "rx_bytes", number(c.rx_bytes),
			 "rx_drops", number(c.rx_drops), "tx_frames",
			 number(c.tx_frames), "tx_bytes", number(c.tx_bytes),
			 "tx_drops", number(c.tx_drops));
}

static json_t *drops(const struct xn_vif_counters *c)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < XN_DROP_COUNT; i++)
		(void)json_object_set_new(object, xn_drop_name((enum xn_drop)i),
					  json_integer(number(c->drop[i])));
	return object;
}

/* The data process's counters under the names of netconf/ipc/stats.h. */
static void add_counters(json_t *object, const struct xn_vif *vif)
{
	const struct xn_vif_counters *c =
		&xn_datapath_stats(vif->daemon->datapath)->vif[vif->slot];
	const struct {
		const char *key;
		uint64_t value;
	} counters[] = {
		{"tx_frames", c->tx_frames},
		{"tx_bytes", c->tx_bytes},
		{"rx_frames", c->rx_frames},
		{"rx_bytes", c->rx_bytes},
		{"fast_tx_frames", c->fast_tx_frames},
		{"fast_tx_bytes", c->fast_tx_bytes},
		{"fast_rx_frames", c->fast_rx_frames},
		{"fast_rx_bytes", c->fast_rx_bytes},
		{"twin_tx_frames", c->twin_tx_frames},
		{"twin_tx_bytes", c->twin_tx_bytes},
		{"twin_rx_frames", c->twin_rx_frames},
		{"twin_rx_bytes", c->twin_rx_bytes},
		{"queued_bytes", c->queued_bytes},
		{"notify_sent", c->notify_sent},
		{"events_taken", c->events_taken},
		{"tx_vlan_frames", c->tx_vlan_frames},
		{"rate_waits", c->rate_waits},
		{"stalls", c->stalls},
		{"ctrl_requests", c->ctrl_requests},
		{"grants_mapped", c->grants_mapped},
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		(void)json_object_set_new(
			object, counters[i].key,
			json_integer(number(counters[i].value)));
	(void)json_object_set_new(object, "kernel", kernel_counters(vif));
	(void)json_object_set_new(object, "drops", drops(c));
}

/* Where frames to other guests go now. */
static const char *path_of(const struct xn_vif *vif)
{
	if (vif->machine.phase != XNB_PHASE_UP)
		return "none";
	return vif->port.sent_valid && vif->port.sent.fast ? "fast" : "kernel";
}

static json_t *features_of(const struct xn_vif *vif)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{XN_DL_FE_SG, "sg"},
		{XN_DL_FE_GSO_TCPV4, "gso-tcpv4"},
		{XN_DL_FE_GSO_TCPV6, "gso-tcpv6"},
		{XN_DL_FE_CSUM, "csum"},
		{XN_DL_FE_IPV6_CSUM, "ipv6-csum"},
		{XN_DL_FE_RX_NOTIFY, "rx-notify"},
		{XN_DL_FE_CTRL_RING, "ctrl-ring"},
	};
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (vif->channel && (vif->frontend.features & names[i].flag))
			(void)json_array_append_new(array,
						    json_string(names[i].name));
	return array;
}

/* What the toolstack wrote and nobody can read; a list that is not there. */
static json_t *problems_of(const struct xn_vif *vif)
{
	const char *list =
		xn_acls_problem(vif->daemon->acls, vif->policy.sum.now.acl);
	json_t *array = json_array();

	for (uint32_t i = 0; i < vif->values.problem_count; i++)
		(void)json_array_append_new(
			array, json_string(vif->values.problem[i]));
	if (list)
		(void)json_array_append_new(array, json_string(list));
	return array;
}

static json_t *drift_of(const struct xn_vif *vif)
{
	char text[XN_DRIFT_TEXT_MAX];
	json_t *array = json_array();

	for (unsigned int i = 0; i < XN_DRIFT_KINDS; i++) {
		if (!(vif->drift.now & (1u << i)))
			continue;
		xn_drift_describe(vif, (enum xn_drift_kind)i, text);
		(void)json_array_append_new(array, json_string(text));
	}
	return json_pack("{s:o, s:I, s:I}", "now", array, "noticed",
			 number(vif->drift.noticed), "repaired",
			 number(vif->drift.repaired));
}

/* Where it is to be; null: as it is. */
static json_t *place_of(const struct xn_vif *vif)
{
	const struct xn_placing *p = &vif->placing;
	json_t *place =
		json_pack("{s:s?, s:I, s:b}", "bridge", xn_placing_bridge(vif),
			  "mtu", (json_int_t)xn_placing_mtu(vif), "saved",
			  !p->set_unsaved && !p->placed_unsaved);

	(void)json_object_set_new(place, "from",
				  json_string(p->set.bridge[0] || p->set.mtu
						      ? "vif set"
					      : p->placed ? "script"
							  : "nobody yet"));
	return place;
}

static void add_address(json_t *array, const struct xn_address *address,
			const char *from)
{
	char text[XN_ADDRESS_TEXT_MAX];

	(void)json_array_append_new(
		array, json_pack("{s:s, s:s}", "address",
				 xn_address_text(address, text), "from", from));
}

/* Hosts, not networks: what `ip` says, and what it has got. */
static json_t *addresses_of(const struct xn_vif *vif)
{
	const struct xn_settings *now = &vif->policy.sum.now;
	json_t *array = json_array();
	struct xn_address lease;
	bool leased = xn_dhcp_lease_of(vif->daemon->dhcp, vif, &lease);

	if (leased)
		add_address(array, &lease, "lease");
	for (uint32_t i = 0; i < now->address_count; i++) {
		const struct xn_address *address = &now->address[i];
		uint32_t whole = address->family == 6 ? 128 : 32;

		if (address->prefix == whole &&
		    !(leased && address->family == lease.family &&
		      xn_address_within(address, &lease, whole)))
			add_address(array, address, "ip");
	}
	return array;
}

json_t *xn_api_vif(struct xn_vif *vif)
{
	const struct xn_link *link = &vif->port.link;
	struct xn_bridge_node *bridge =
		xn_links_bridge(vif->daemon->links, link->master);
	const char *group =
		bridge ? NULL : xn_routing_group(vif, &vif->placing.set);
	json_t *object = json_pack(
		"{s:s, s:s, s:i, s:i, s:s, s:s?, s:s?, s:s, s:s, s:s, s:i, "
		"s:i}",
		"name", link->ifindex ? link->name : vif->name, "device",
		vif->name, "domid", (int)vif->domid, "handle", (int)vif->handle,
		"mac", vif->values.mac_text, "bridge",
		bridge ? bridge->link.name : NULL, "routed", group, "state",
		xnb_state_name(vif->machine.seen.backend), "frontend_state",
		xnb_state_name(vif->machine.seen.frontend), "path",
		path_of(vif), "queues",
		vif->channel ? (int)vif->frontend.queue_count : 0, "ifindex",
		vif->twin.ifindex);

	if (!object)
		return NULL;
	(void)json_object_set_new(object, "reasons", reasons_of(vif));
	(void)json_object_set_new(object, "addresses", addresses_of(vif));
	(void)json_object_set_new(
		object, "fastpath",
		json_string(vif->policy.sum.now.fastpath ? "on" : "off"));
	(void)json_object_set_new(object, "settings", xn_api_vif_settings(vif));
	(void)json_object_set_new(object, "place", place_of(vif));
	(void)json_object_set_new(object, "drift", drift_of(vif));
	(void)json_object_set_new(object, "problems", problems_of(vif));
	(void)json_object_set_new(object, "carrier",
				  json_boolean(xn_carrier_of_guest(vif)));
	(void)json_object_set_new(object, "stalled",
				  json_boolean(vif->stalled));
	(void)json_object_set_new(
		object, "xdp_headroom",
		json_integer(vif->channel ? vif->frontend.xdp_headroom : 0));
	(void)json_object_set_new(
		object, "mcast_control",
		json_boolean(vif->channel && vif->frontend.mcast_control));
	(void)json_object_set_new(object, "mtu",
				  json_integer((json_int_t)link->mtu));
	(void)json_object_set_new(
		object, "phase",
		json_string(xnb_phase_name(vif->machine.phase)));
	(void)json_object_set_new(
		object, "generation",
		json_integer((json_int_t)vif->machine.generation));
	(void)json_object_set_new(object, "features", features_of(vif));
	(void)json_object_set_new(object, "settled",
				  json_boolean(xn_port_is_settled(vif)));
	(void)json_object_set_new(object, "error",
				  vif->last_error.set
					  ? json_string(vif->last_error.text)
					  : json_null());
	add_counters(object, vif);
	return object;
}
