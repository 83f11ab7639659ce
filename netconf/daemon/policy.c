/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings to the data process, see policy.h. */
#include "netconf/daemon/policy.h"

#include <net/if.h>
#include <string.h>

#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/daemon/acls.h"
#include "netconf/daemon/carrier.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/drift.h"
#include "netconf/daemon/keeper.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/routing.h"
#include "netconf/daemon/vifs.h"

_Static_assert(XN_SETTINGS_ADDRESSES_MAX == XN_ADDRESSES_MAX,
	       "a policy holds all addresses of the settings");

void xn_policy_bridge_name(const struct xn_vif *vif, char ret_name[IFNAMSIZ])
{
	int master = vif->port.link.master;
	const struct xn_bridge_node *node =
		master ? xn_links_bridge(vif->daemon->links, master) : NULL;

	if (node)
		(void)xn_text_copy(ret_name, IFNAMSIZ, node->link.name);
	else if (!master || !if_indextoname((unsigned int)master, ret_name))
		(void)xn_text_copy(ret_name, IFNAMSIZ, vif->values.bridge);
}

static void bridge_layers(struct xn_daemon *daemon, const char *name,
			  const struct xn_settings *layer[XN_LAYER_COUNT])
{
	const struct xn_bridge_node *node =
		xn_links_bridge_by_name(daemon->links, name);

	layer[XN_LAYER_DEFAULTS] = xn_config_defaults(daemon->config);
	layer[XN_LAYER_BRIDGE] = xn_config_bridge(daemon->config, name);
	layer[XN_LAYER_BRIDGE_SET] = node ? &node->set : NULL;
}

void xn_policy_of_bridge(struct xn_daemon *daemon,
			 const struct xn_bridge_node *node,
			 struct xn_settings_sum *ret_sum)
{
	const struct xn_settings *layer[XN_LAYER_COUNT] = {0};

	bridge_layers(daemon, node->link.name, layer);
	xn_settings_merge(layer, ret_sum);
}

const char *xn_policy_vif_name(const struct xn_vif *vif)
{
	const char *name = vif->port.link.name;

	if (name[0] && strcmp(name, vif->name) != 0)
		return name;
	return vif->values.vifname[0] ? vif->values.vifname : vif->name;
}

void xn_policy_guest_name(const struct xn_vif *vif,
			  char ret_name[XN_NAT_NAME_MAX])
{
	const char *name = xn_policy_vif_name(vif);

	ret_name[0] = '\0';
	if (strcmp(name, vif->name) != 0)
		(void)xn_text_copy(ret_name, XN_NAT_NAME_MAX, name);
	else if (vif->handle == 0)
		(void)xn_text_copy(ret_name, XN_NAT_NAME_MAX,
				   vif->values.guest);
	else if (vif->values.guest[0])
		(void)xn_text_format(ret_name, XN_NAT_NAME_MAX, "%s-%u",
				     vif->values.guest, vif->handle);
}

/* By its own name, else by its guest's. */
static const struct xn_settings *named(const struct xn_vif *vif)
{
	const struct xn_config *config = vif->daemon->config;
	const struct xn_settings *settings =
		xn_config_vif_named(config, xn_policy_vif_name(vif));
	char guest[XN_NAT_NAME_MAX];

	if (settings)
		return settings;
	xn_policy_guest_name(vif, guest);
	return xn_config_vif_named(config, guest);
}

static void sum_up(struct xn_vif *vif)
{
	const struct xn_settings *layer[XN_LAYER_COUNT] = {0};
	char bridge[IFNAMSIZ];

	xn_policy_bridge_name(vif, bridge);
	bridge_layers(vif->daemon, bridge, layer);
	layer[XN_LAYER_STORE] = &vif->values.settings;
	layer[XN_LAYER_VIF_NAME] = named(vif);
	if (vif->values.has_mac)
		layer[XN_LAYER_VIF] =
			xn_config_vif(vif->daemon->config, &vif->values.mac);
	layer[XN_LAYER_VIF_SET] = &vif->placing.set.settings;
	xn_settings_merge(layer, &vif->policy.sum);
}

static bool is_same(const struct xn_acl_identity *a,
		    const struct xn_acl_identity *b)
{
	return !strcmp(a->name[0], b->name[0]) &&
	       !strcmp(a->name[1], b->name[1]) && !strcmp(a->guest, b->guest) &&
	       !strcmp(a->acl, b->acl) && a->has_mac == b->has_mac &&
	       xn_mac_equal(&a->mac, &b->mac) && a->guarded == b->guarded &&
	       a->by_mac == b->by_mac && a->address_count == b->address_count &&
	       !memcmp(a->address, b->address,
		       a->address_count * sizeof(a->address[0]));
}

/* What our own server has given it is its own, and what it makes of its MAC
 * when our own advertisements tell it to. How many, at most `room`. */
static uint32_t given(const struct xn_vif *vif, uint32_t room,
		      struct xn_address *ret_address)
{
	const struct xn_planeconf *plane = xn_config_plane(vif->daemon->config);
	const struct xn_planeconf_bridge *bridge = NULL;
	char name[IFNAMSIZ];
	uint32_t count = 0;

	if (room > 0 &&
	    xn_dhcp_lease_of(vif->daemon->dhcp, vif, &ret_address[0]))
		count++;
	xn_policy_bridge_name(vif, name);
	for (uint32_t i = 0; i < plane->bridge_count && !bridge; i++)
		if (!strcmp(plane->bridge[i].name, name))
			bridge = &plane->bridge[i];
	for (uint32_t i = 0; bridge && vif->values.has_mac &&
			     i < bridge->address_count && count < room;
	     i++)
		if (xn_dhcp_autoconf(bridge, i, &vif->values.mac,
				     &ret_address[count]))
			count++;
	return count;
}

/* What the vif's guest may send from. */
static uint32_t sources(const struct xn_vif *vif,
			struct xn_address ret[XN_ADDRESSES_MAX])
{
	const struct xn_settings *now = &vif->policy.sum.now;
	uint32_t count = now->address_count;

	memcpy(ret, now->address, count * sizeof(ret[0]));
	if (now->antispoof)
		count += given(vif, XN_ADDRESSES_MAX - count, &ret[count]);
	return count;
}

/* fe80::/64 and the modified EUI-64, as the guard has it (bridge/guard.c). */
static struct xn_address link_local(const struct xn_mac *mac)
{
	struct xn_address own = {.family = 6, .prefix = 128};

	own.octet[0] = 0xfe;
	own.octet[1] = 0x80;
	memcpy(own.octet + 8, mac->octet, 3);
	own.octet[8] ^= 2;
	own.octet[11] = 0xff;
	own.octet[12] = 0xfe;
	memcpy(own.octet + 13, mac->octet + 3, 3);
	return own;
}

/* Who has an IPv6 address may send from its link-local one as well. */
static void add_link_local(struct xn_acl_identity *who)
{
	bool has_6 = false;

	for (uint32_t i = 0; i < who->address_count; i++)
		has_6 |= who->address[i].family == 6;
	if (has_6 && who->has_mac)
		who->address[who->address_count++] = link_local(&who->mac);
}

/* True: lists that speak of the vif are others now. */
static bool identify(struct xn_vif *vif)
{
	const struct xn_settings *now = &vif->policy.sum.now;
	struct xn_acl_identity who = {.has_mac = vif->values.has_mac};
	bool changed;

	(void)xn_text_copy(who.name[0], IFNAMSIZ, vif->name);
	(void)xn_text_copy(who.name[1], IFNAMSIZ, xn_policy_vif_name(vif));
	(void)xn_text_copy(who.guest, sizeof(who.guest), vif->values.guest);
	(void)xn_text_copy(who.acl, sizeof(who.acl), now->acl);
	if (who.has_mac)
		who.mac = vif->values.mac;
	who.guarded = now->antispoof;
	who.by_mac = now->address_count == 0;
	who.address_count = sources(vif, who.address);
	if (who.guarded)
		add_link_local(&who);
	changed = !is_same(&who, &vif->policy.identity);
	vif->policy.identity = who;
	return changed;
}

bool xn_policy_offload_waits(const struct xn_vif *vif)
{
	return vif->policy.sum.now.offload != vif->offload;
}

static void add_address(struct xn_dl_policy *policy,
			const struct xn_address *address)
{
	struct xn_dl_address *to = &policy->address[policy->address_count++];

	to->family = address->family;
	to->prefix = address->prefix;
	memcpy(to->octet, address->octet, sizeof(to->octet));
}

/* Zeroed as a whole, so that two can be compared as memory. */
static void describe(const struct xn_vif *vif, struct xn_dl_policy *ret)
{
	const struct xn_settings *now = &vif->policy.sum.now;
	struct xn_address own[XN_ADDRESSES_MAX];
	uint32_t count = sources(vif, own);

	memset(ret, 0, sizeof(*ret));
	ret->slot = vif->slot;
	ret->generation = vif->machine.generation;
	xn_share_bucket(&now->send, XN_DL_RATE_INTERVAL_MAX_US,
			&ret->rate_bytes, &ret->rate_interval_us);
	ret->storm_frames = now->storm_frames;
	xn_share_bucket(&now->receive, XN_DL_RATE_INTERVAL_MAX_US,
			&ret->receive_bytes, &ret->receive_interval_us);
	ret->guard = now->antispoof;
	ret->isolated = now->isolated;
	ret->bpdu_drop = now->bpdu_drop;
	ret->mcast_control = vif->frontend.mcast_control;
	ret->xdp_headroom = vif->frontend.xdp_headroom;
	/* Without an address of its own a guarded vif may send from none. */
	if (vif->values.has_mac)
		ret->mac = vif->values.mac;
	ret->acl = xn_acls_number(vif->daemon->acls, now->acl);
	for (uint32_t i = 0; i < count; i++)
		add_address(ret, &own[i]);
}

static bool same_policy(const struct xn_dl_policy *a,
			const struct xn_dl_policy *b)
{
	return !memcmp((const char *)a + sizeof(a->header),
		       (const char *)b + sizeof(b->header),
		       sizeof(*a) - sizeof(a->header));
}

static bool lacks_list(const struct xn_vif *vif)
{
	return vif->machine.phase == XNB_PHASE_UP && vif->policy.sent_valid &&
	       vif->policy.sent.acl == XN_ACLS_MAX;
}

static void tell_once(struct xn_vif *vif)
{
	struct xn_dl_policy policy;

	describe(vif, &policy);
	if (vif->policy.sent_valid && same_policy(&policy, &vif->policy.sent))
		return;
	/* Others' lists know it before it may do what is new. */
	if (vif->policy.unlisted)
		xn_acls_flush(vif->daemon->acls);
	vif->policy.sent = policy;
	vif->policy.sent_valid = true;
	vif->policy.unanswered = true;
	xn_datapath_send(vif->daemon->datapath, XN_DL_POLICY, &policy, NULL, 0);
}

static void tell(struct xn_vif *vif)
{
	if (vif->machine.phase != XNB_PHASE_UP)
		return;
	tell_once(vif);
	/* It may be that there was no room for its list for one that only
	 * this vif had. */
	if (lacks_list(vif))
		tell_once(vif);
}

static void complain(struct xn_vif *vif)
{
	const char *name = vif->policy.sum.now.acl;

	if (lacks_list(vif) && xn_log_allowed(&vif->log_limit))
		xn_error("%s: acl=%s: %s: nothing passes", vif->name, name,
			 xn_acls_problem(vif->daemon->acls, name));
}

/* What is said of it now, its routes, and who it is for access lists. */
static void take_stock(struct xn_vif *vif)
{
	struct xn_settings_sum before = vif->policy.sum;

	sum_up(vif);
	xn_routing_follow(vif, &before);
	if (!identify(vif))
		return;
	vif->policy.unlisted = true;
	xn_acls_update(vif->daemon->acls);
}

void xn_policy_update(struct xn_vif *vif)
{
	take_stock(vif);
	if (xn_policy_offload_waits(vif) && xnb_vif_offer_again(&vif->machine))
		vif->offload = vif->policy.sum.now.offload;
	tell(vif);
	complain(vif);
	xn_carrier_update(vif);
	xn_dhcp_look(vif->daemon->dhcp);
	xn_keeper_note(vif->daemon->keeper);
}

void xn_policy_update_all(struct xn_daemon *daemon)
{
	/* Lists first, with everybody as he is now, and once. */
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1))
		take_stock(vif);
	xn_acls_update(daemon->acls);
	xn_acls_flush(daemon->acls);
	/* So that lists that go make room for others before anybody waits. */
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1))
		tell(vif);
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1)) {
		xn_policy_update(vif);
		xn_port_update(vif);
		xn_drift_look(vif);
	}
}

void xn_policy_lists_renewed(struct xn_daemon *daemon)
{
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1))
		if (lacks_list(vif))
			tell(vif);
}

void xn_policy_forget(struct xn_vif *vif)
{
	vif->policy.sent_valid = false;
}
