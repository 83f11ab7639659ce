/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bridge in the words of the daemon's answers. Reads, changes nothing. */
#include "netconf/daemon/api_private.h"

#include <linux/neighbour.h>
#include <net/if.h>
#include <stdlib.h>

#include "netconf/daemon/fdb.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/vifs.h"
#include "netconf/model/fastpath.h"
#include "netconf/nl/link.h"

static const char *port_state(uint8_t state)
{
	static const char *const names[] = {
		[XN_BRPORT_DISABLED] = "disabled",
		[XN_BRPORT_LISTENING] = "listening",
		[XN_BRPORT_LEARNING] = "learning",
		[XN_BRPORT_FORWARDING] = "forwarding",
		[XN_BRPORT_BLOCKING] = "blocking",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state]
							: "unknown";
}

static json_t *port_object(struct xn_daemon *daemon, const struct xn_link *link)
{
	struct xn_vif *vif = xn_vifs_by_ifindex(daemon->vifs, link->ifindex);
	bool fast = vif && vif->machine.phase == XNB_PHASE_UP &&
		    vif->port.sent_valid && vif->port.sent.fast;

	return json_pack("{s:s, s:s?, s:s, s:s}", "name", link->name, "vif",
			 vif ? vif->name : NULL, "state",
			 port_state(link->port.state), "path",
			 fast ? "fast" : "kernel");
}

static json_t *ports_of(struct xn_daemon *daemon,
			const struct xn_bridge_node *node)
{
	struct xn_link_table table = {0};
	json_t *ports = json_array();

	if (xn_link_dump(daemon->nl, &table, NULL))
		return ports;
	for (size_t i = 0; i < table.count; i++)
		if (table.link[i].master == node->link.ifindex)
			(void)json_array_append_new(
				ports, port_object(daemon, &table.link[i]));
	xn_link_table_fini(&table);
	return ports;
}

json_t *xn_api_bridge(struct xn_daemon *daemon,
		      const struct xn_bridge_node *node)
{
	const struct xn_link *link = &node->link;
	char mac[XN_MAC_TEXT];

	struct xn_settings_sum sum;

	xn_policy_of_bridge(daemon, node, &sum);
	return json_pack("{s:s, s:i, s:s, s:i, s:b, s:b, s:b, s:I, s:s, s:o, "
			 "s:o}",
			 "name", link->name, "ifindex", link->ifindex, "mac",
			 xn_mac_format(&link->mac, mac), "mtu", (int)link->mtu,
			 "up", (link->flags & IFF_UP) != 0, "stp",
			 link->bridge.stp_state != 0, "vlan_filtering",
			 (int)link->bridge.vlan_filtering, "ageing_ms",
			 (json_int_t)xn_bridge_ageing_ms(&link->bridge),
			 "fastpath", sum.now.fastpath ? "on" : "off",
			 "settings", xn_api_bridge_settings(daemon, node),
			 "ports", ports_of(daemon, node));
}

struct fdb_answer {
	struct xn_daemon *daemon;
	json_t *array;
};

static const char *kind_of(const struct xn_fdb_record *record)
{
	if (record->in_switch)
		return "guest";
	if (record->state & NUD_PERMANENT)
		return "local";
	if (record->state & NUD_NOARP)
		return "static";
	return "learned";
}

static void add_record(void *arg, const struct xn_fdb_record *record)
{
	struct fdb_answer *answer = arg;
	struct xn_vif *vif =
		record->in_switch
			? xn_vifs_by_slot(answer->daemon->vifs, record->slot)
			: NULL;
	char mac[XN_MAC_TEXT], name[IF_NAMESIZE] = "";
	const char *port = name;

	if (vif)
		port = vif->port.link.name;
	else if (record->in_kernel)
		(void)if_indextoname((unsigned int)record->ifindex, name);
	(void)json_array_append_new(
		answer->array, json_pack("{s:s, s:s, s:s, s:b, s:b}", "mac",
					 xn_mac_format(&record->mac, mac),
					 "port", port, "kind", kind_of(record),
					 "switch", (int)record->in_switch,
					 "kernel", (int)record->in_kernel));
}

json_t *xn_api_bridge_fdb(struct xn_daemon *daemon,
			  const struct xn_bridge_node *node)
{
	struct fdb_answer answer = {.daemon = daemon, .array = json_array()};

	xn_fdb_walk(daemon->fdb, node->link.ifindex, add_record, &answer);
	return answer.array;
}
