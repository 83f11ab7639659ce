/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routed twins, see routing.h. Called by placing.c and drift.c. */
#include "netconf/daemon/routing.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/log.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/drift.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/vif.h"
#include "router/group.h"
#include "router/vif.h"

bool xn_routing_is_group(const struct xn_vif *vif, const char *name)
{
	struct xrt_group group;

	return name[0] && xn_config_group(vif->daemon->config, name, &group);
}

const char *xn_routing_group(const struct xn_vif *vif,
			     const struct xn_vifset *set)
{
	const char *name = set->bridge;

	if (!name[0] && vif->placing.placed)
		name = vif->placing.bridge;
	return xn_routing_is_group(vif, name) ? name : NULL;
}

static const struct xn_settings *addresses_of(const struct xn_vif *vif,
					      const struct xn_vifset *set)
{
	return set->settings.said & (1u << XN_SETTING_IP)
		       ? &set->settings
		       : &vif->policy.sum.now;
}

static bool same_addresses(const struct xn_settings *a,
			   const struct xn_settings *b)
{
	return a->address_count == b->address_count &&
	       memcmp(a->address, b->address,
		      a->address_count * sizeof(*a->address)) == 0;
}

bool xn_routing_differs(const struct xn_vif *vif, const struct xn_vifset *set)
{
	return xn_routing_group(vif, set) &&
	       !same_addresses(addresses_of(vif, set), &vif->policy.sum.now);
}

void xn_routing_follow(struct xn_vif *vif, const struct xn_settings_sum *before)
{
	const struct xn_settings_sum *sum = &vif->policy.sum;
	const char *group = xn_routing_group(vif, &vif->placing.set);
	struct xn_err err = {0};

	if (!group || !xn_drift_is_kept(vif) || vif->port.link.master ||
	    (same_addresses(&sum->now, &before->now) &&
	     sum->now.antispoof == before->now.antispoof &&
	     sum->from[XN_SETTING_ANTISPOOF] ==
		     before->from[XN_SETTING_ANTISPOOF]))
		return;
	if (xn_routing_start(vif, group, &vif->placing.set, &err) < 0 &&
	    xn_log_allowed(&vif->log_limit))
		xn_warning("%s: in the group %s: %s", vif->name, group,
			   xn_err_text(&err));
}

static bool may_spoof(const struct xn_vif *vif, const struct xrt_group *group)
{
	const struct xn_settings_sum *sum = &vif->policy.sum;

	/* Routed vifs are kept to their addresses unless somebody says off. */
	if (sum->from[XN_SETTING_ANTISPOOF] == XN_LAYER_BUILTIN)
		return group->spoofs;
	return !sum->now.antispoof;
}

int xn_routing_start(struct xn_vif *vif, const char *name,
		     const struct xn_vifset *set, struct xn_err *err)
{
	const struct xn_settings *addresses = addresses_of(vif, set);
	struct xrt_vif routed = {.nl = vif->daemon->nl, .answers = true};
	char warning[XRT_WARNING_MAX];
	struct xrt_group group;
	struct xrt_uplink uplink;
	int rc;

	if (!xn_config_group(vif->daemon->config, name, &group))
		return xn_fail(err, ENODEV, "bridge=%s: there is no such group",
			       name);
	if (!vif->twin.ifindex)
		return 0;
	rc = xrt_uplink_find(routed.nl, group.netdev, &uplink, err);
	if (rc == 0)
		rc = xn_link_get_index(routed.nl, vif->twin.ifindex,
				       &routed.link, err);
	if (rc < 0)
		return rc;
	routed.uplink = &uplink;
	routed.wish.metric = XRT_METRIC_VIF;
	routed.wish.has_mac = vif->values.has_mac;
	routed.wish.mac = vif->values.mac;
	routed.wish.spoofs = may_spoof(vif, &group);
	routed.wish.guest_count = addresses->address_count;
	memcpy(routed.wish.guest, addresses->address,
	       sizeof(addresses->address));
	rc = xrt_group_apply(&group, &uplink, &routed.wish, err);
	if (rc == 0)
		rc = xrt_vif_up(&routed, warning, err);
	else
		return rc;
	if (rc < 0)
		xn_routing_stop(vif);
	else if (warning[0])
		xn_warning("%s: %s", vif->name, warning);
	xn_links_read_twin(vif->daemon->links, vif);
	return rc;
}

static bool is_registered(const char *name)
{
	struct xnat_seen seen = {.exists = false};
	struct xrt_port port;
	bool found;

	if (xrt_guard_see(&seen, NULL) < 0)
		return false;
	found = xrt_guard_find(&seen.table, name, &port);
	xnat_seen_fini(&seen);
	return found;
}

void xn_routing_stop(struct xn_vif *vif)
{
	struct xn_link link;
	struct xrt_gone gone = {.nl = vif->daemon->nl,
				.link = &link,
				.name = {link.name, vif->name},
				.answers = true};
	struct xn_err err = {0};

	if (xn_link_get_index(gone.nl, vif->twin.ifindex, &link, NULL) < 0 ||
	    !is_registered(link.name))
		return;
	if (xrt_vif_down(&gone, &err) < 0 && xn_log_allowed(&vif->log_limit))
		xn_warning("%s: %s", vif->name, xn_err_text(&err));
}
