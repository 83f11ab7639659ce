/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vifs for the keeper: who is there, and what becomes of who went; see
 * keeper.h. */
#include "netconf/daemon/keeper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "natd/nat.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/vifs.h"
#include "netconf/force/known.h"
#include "netconf/nl/neigh.h"
#include "netconf/parse/settings.h"

#define GONE_MAX 1024u

/* Networks that a guest may use are no address of its own. */
static void list_address(json_t *list, const struct xn_address *address)
{
	bool ipv6 = address->family == 6;
	char text[INET6_ADDRSTRLEN] = "";

	if (address->prefix != (ipv6 ? 128 : 32))
		return;
	(void)inet_ntop(ipv6 ? AF_INET6 : AF_INET, address->octet, text,
			sizeof(text));
	(void)json_array_append_new(list, json_string(text));
}

/* What somebody said of it counts before what it was given. */
static json_t *addresses_of(const struct xn_vif *vif)
{
	const struct xn_settings *now = &vif->policy.sum.now;
	json_t *list = json_array();
	struct xn_address lease;

	for (uint32_t i = 0; i < now->address_count; i++)
		list_address(list, &now->address[i]);
	if (xn_dhcp_lease_of(vif->daemon->dhcp, vif, &lease))
		list_address(list, &lease);
	return list;
}

static json_t *rates_of(const struct xn_settings *now)
{
	json_t *object = json_object();
	char text[XN_SETTING_TEXT_MAX];

	for (unsigned int i = XN_SETTING_RATE; i <= XN_SETTING_POLICE; i++) {
		enum xn_setting setting = (enum xn_setting)i;

		(void)json_object_set_new(
			object, xn_setting_name(setting),
			json_pack("{s:s}", "value",
				  xn_settings_format(now, setting, text)));
	}
	return object;
}

static json_t *describe(const struct xn_vif *vif)
{
	const struct xn_settings *now = &vif->policy.sum.now;
	char bridge[IFNAMSIZ], mac[XN_MAC_TEXT] = "";

	xn_policy_bridge_name(vif, bridge);
	if (vif->values.has_mac)
		(void)xn_mac_format(&vif->values.mac, mac);
	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:o, s:o}", "name",
			 xn_policy_vif_name(vif), "serial", (int)vif->serial,
			 "domain", vif->values.guest, "mac", mac, "bridge",
			 bridge, "acl", now->acl, "addresses",
			 addresses_of(vif), "settings", rates_of(now));
}

json_t *xn_keeper_vifs(struct xn_daemon *daemon)
{
	json_t *list = json_array();

	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1)) {
		/* Of one whose folder was not read yet nothing is known. */
		if (!vif->observed)
			continue;
		if (json_array_append_new(list, describe(vif)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

struct gone_mac {
	struct xn_mac mac;
	int ifindex; /* of the bridge that it was on */
};

struct gone {
	uint32_t count, mac_count;
	struct xn_address address[GONE_MAX];
	struct gone_mac mac[GONE_MAX];
};

static const char *text_of(const json_t *vif, const char *key)
{
	const char *text = json_string_value(json_object_get(vif, key));

	return text ? text : "";
}

static bool has_serial(const json_t *vifs, json_int_t serial)
{
	const json_t *vif;
	size_t i;

	json_array_foreach (vifs, i, vif)
		if (json_integer_value(json_object_get(vif, "serial")) ==
		    serial)
			return true;
	return false;
}

/* A successor, or whoever got it since. */
static bool somebody_has(const json_t *vifs, const char *mac,
			 const char *address)
{
	const json_t *vif, *item;
	size_t i, k;

	json_array_foreach (vifs, i, vif) {
		if (mac && !strcmp(text_of(vif, "mac"), mac))
			return true;
		if (!address)
			continue;
		json_array_foreach (json_object_get(vif, "addresses"), k, item)
			if (!strcmp(json_string_value(item), address))
				return true;
	}
	return false;
}

static void add_address(struct gone *gone, uint8_t family, const void *octet)
{
	struct xn_address *to = &gone->address[gone->count];

	if (gone->count == GONE_MAX)
		return;
	*to = (struct xn_address){.family = family,
				  .prefix = family == 6 ? 128 : 32};
	memcpy(to->octet, octet, family == 6 ? 16 : 4);
	gone->count++;
}

static void add_mac(struct gone *gone, const json_t *vif, const json_t *now)
{
	const char *mac = text_of(vif, "mac"), *bridge = text_of(vif, "bridge");
	struct gone_mac *to = &gone->mac[gone->mac_count];

	if (gone->mac_count == GONE_MAX || somebody_has(now, mac, NULL))
		return;
	to->ifindex = bridge[0] ? (int)if_nametoindex(bridge) : 0;
	if (to->ifindex && xn_mac_parse(mac, &to->mac) == 0)
		gone->mac_count++;
}

static void add_vif(struct gone *gone, const json_t *vif, const json_t *now)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(vif, "addresses"), i, item) {
		const char *text = json_string_value(item);
		bool ipv6 = strchr(text, ':');
		uint8_t octet[16] = {0};

		if (!somebody_has(now, NULL, text) &&
		    inet_pton(ipv6 ? AF_INET6 : AF_INET, text, octet) == 1)
			add_address(gone, ipv6 ? 6 : 4, octet);
	}
	add_mac(gone, vif, now);
}

static bool was_its(const struct gone *gone, const struct xn_neigh *neigh)
{
	for (uint32_t k = 0; k < gone->mac_count; k++)
		if (neigh->ifindex == gone->mac[k].ifindex &&
		    xn_mac_equal(&neigh->mac, &gone->mac[k].mac))
			return true;
	return false;
}

/* What the kernel learned of it on its bridge, unless it is another's. */
static int add_learned(struct xn_nl *nl, struct gone *gone, const json_t *now,
		       struct xn_err *err)
{
	struct xn_neigh_table table;
	int rc = xn_neigh_dump_learned(nl, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table.count; i++) {
		const struct xn_neigh *neigh = &table.neigh[i];
		char text[INET6_ADDRSTRLEN] = "";

		(void)inet_ntop(neigh->family, neigh->address, text,
				sizeof(text));
		if (was_its(gone, neigh) && !somebody_has(now, NULL, text))
			add_address(gone, neigh->family == AF_INET6 ? 6 : 4,
				    neigh->address);
	}
	xn_neigh_table_fini(&table);
	return 0;
}

int xn_keeper_forget(struct xn_nl *nl, struct xn_force *force,
		     const json_t *before, const json_t *now,
		     uint32_t *ret_ended, struct xn_err *err)
{
	struct gone *gone = calloc(1, sizeof(*gone));
	const json_t *vif;
	size_t i;
	int rc = 0;

	*ret_ended = 0;
	if (!gone)
		return xn_fail(err, ENOMEM, "out of memory");
	json_array_foreach (before, i, vif)
		if (!has_serial(now, json_integer_value(
					     json_object_get(vif, "serial"))))
			add_vif(gone, vif, now);
	if (gone->mac_count > 0)
		rc = add_learned(nl, gone, now, err);
	if (rc == 0 && gone->count > 0)
		rc = xn_force_forget(force, gone->address, gone->count,
				     ret_ended, err);
	free(gone);
	return rc;
}
