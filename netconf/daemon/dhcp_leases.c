/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The leases of one bridge, see dhcp_leases.h. */
#include "netconf/daemon/dhcp_leases.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "natd/dhcp/plan.h"
#include "netconf/base/loop.h"
#include "netconf/base/text.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/vifs.h"

int xn_dhcp_leases_renew(const char *folder, struct xdhcp_leases *leases,
			 struct xdhcp_leases *ret_before, struct xn_err *err)
{
	struct xdhcp_leases now;
	char path[PATH_MAX];
	int rc = xn_text_format(path, sizeof(path), "%s/" XDHCP_LEASES_FILE,
				folder);

	if (rc < 0)
		return xn_fail(err, -rc, "%s: too long", folder);
	rc = xdhcp_leases_read(path, &now, err);
	if (rc < 0)
		return rc;
	rc = xdhcp_known_follow(&now, leases, (uint64_t)time(NULL),
				xn_now_ms());
	if (rc < 0) {
		xdhcp_leases_fini(&now);
		return xn_fail(err, -rc, "%s: %s", path, strerror(-rc));
	}
	*ret_before = *leases;
	*leases = now;
	return 0;
}

static bool has_another(const struct xn_mac *mac,
			const struct xdhcp_leases *before,
			const struct xdhcp_leases *now)
{
	const struct xdhcp_lease *was = xdhcp_known_find(before, mac);
	const struct xdhcp_lease *is = xdhcp_known_find(now, mac);

	if (!was || !is)
		return was != is;
	return !xn_address_within(&was->address, &is->address,
				  is->address.prefix);
}

void xn_dhcp_leases_tell(struct xn_daemon *daemon, const char *bridge,
			 const struct xdhcp_leases *before,
			 const struct xdhcp_leases *now)
{
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1)) {
		char own[IFNAMSIZ];

		if (!vif->values.has_mac ||
		    !has_another(&vif->values.mac, before, now))
			continue;
		xn_policy_bridge_name(vif, own);
		if (!strcmp(own, bridge))
			xn_policy_update(vif);
	}
}

static json_t *describe(const struct xdhcp_lease *lease, const char *bridge)
{
	char address[XN_ADDRESS_TEXT_MAX], mac[XN_MAC_TEXT];

	return json_pack(
		"{s:s, s:s, s:s?, s:s?, s:s?, s:I}", "bridge", bridge,
		"address", xn_address_text(&lease->address, address), "mac",
		lease->has_mac ? xn_mac_format(&lease->mac, mac) : NULL, "name",
		lease->name[0] ? lease->name : NULL, "client",
		lease->client[0] ? lease->client : NULL, "expires",
		(json_int_t)lease->expires_s);
}

void xn_dhcp_leases_describe(const struct xdhcp_leases *leases,
			     const char *bridge, json_t *array)
{
	uint64_t now_s = (uint64_t)time(NULL), now_ms = xn_now_ms();

	for (uint32_t i = 0; i < leases->count; i++)
		if (xdhcp_lease_holds(&leases->lease[i], now_s) &&
		    xdhcp_known_listed(&leases->lease[i], now_ms))
			(void)json_array_append_new(
				array, describe(&leases->lease[i], bridge));
}
