/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routed twins, see routing.h. Called by placing.c, policy.c, drift.c
 * and hooks.c. */
#include "netconf/daemon/routing.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "netconf/base/log.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/drift.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/vif.h"
#include "netconf/daemon/vifs.h"
#include "router/group.h"
#include "router/vif.h"

/* Another process is at work just now; and what else fails. */
#define BUSY_MS 250u
#define AGAIN_MS 1000u

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

static bool may_spoof(const struct xn_settings_sum *sum,
		      const struct xrt_group *group)
{
	/* Routed vifs are kept to their addresses unless somebody says off. */
	if (sum->from[XN_SETTING_ANTISPOOF] == XN_LAYER_BUILTIN)
		return group->spoofs;
	return !sum->now.antispoof;
}

static void wish_of(const struct xn_vif *vif, const struct xrt_group *group,
		    const struct xn_settings *addresses,
		    const struct xn_settings_sum *sum,
		    struct xrt_wish *ret_wish)
{
	*ret_wish = (struct xrt_wish){
		.metric = XRT_METRIC_VIF,
		.has_mac = vif->values.has_mac,
		.mac = vif->values.mac,
		.spoofs = may_spoof(sum, group),
		.guest_count = addresses->address_count,
	};
	memcpy(ret_wish->guest, addresses->address, sizeof(addresses->address));
}

static void arm(struct xn_vif *vif, uint64_t delay_ms)
{
	vif->routing.again = true;
	vif->routing.again_ms = xn_now_ms() + delay_ms;
	xn_timer_arm(vif->retry_timer, delay_ms, 0);
}

/* Until it is tried again. */
static uint64_t wait_ms(const struct xn_vif *vif)
{
	uint64_t now_ms = xn_now_ms();

	return vif->routing.again_ms > now_ms ? vif->routing.again_ms - now_ms
					      : 0;
}

void xn_routing_try_again(struct xn_vif *vif)
{
	arm(vif, BUSY_MS);
}

/* `before`: how it is routed as far as nothing better is known. */
static void find_made(const struct xn_vif *vif, const struct xrt_group *group,
		      const struct xn_settings_sum *before,
		      const struct xrt_uplink *uplink, struct xrt_wish *ret_was)
{
	if (vif->routing.known) {
		*ret_was = vif->routing.made;
		return;
	}
	wish_of(vif, group, &before->now, before, ret_was);
	(void)xrt_group_apply(group, uplink, ret_was, NULL);
}

static int change(struct xn_vif *vif, struct xrt_vif *routed,
		  const struct xrt_wish *was, struct xn_err *err)
{
	char warning[XRT_WARNING_MAX];
	bool was_routed = (routed->link.flags & IFF_UP) && !routed->link.master;
	bool lost = false;
	int rc = xrt_vif_change(routed, was, warning, &lost, err);

	if (rc == 0)
		vif->routing.again = false;
	vif->routing.made = rc == 0 ? routed->wish : *was;
	vif->routing.known = rc == 0 || (was_routed && !lost);
	if (rc == 0 && warning[0])
		xn_warning("%s: %s", vif->name, warning);
	if (lost)
		xn_routing_try_again(vif);
	if (lost && (routed->link.flags & IFF_UP))
		xn_warning("%s: routed no more, and down until it is again",
			   vif->name);
	xn_links_read_twin(vif->daemon->links, vif);
	return rc;
}

static int start(struct xn_vif *vif, const char *name,
		 const struct xn_settings *addresses,
		 const struct xn_settings_sum *before, struct xn_err *err)
{
	struct xrt_vif routed = {
		.nl = vif->daemon->nl, .answers = true, .at_once = true};
	struct xrt_wish was;
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
	wish_of(vif, &group, addresses, &vif->policy.sum, &routed.wish);
	find_made(vif, &group, before, &uplink, &was);
	rc = xrt_group_apply(&group, &uplink, &routed.wish, err);
	return rc < 0 ? rc : change(vif, &routed, &was, err);
}

int xn_routing_start(struct xn_vif *vif, const char *name,
		     const struct xn_vifset *set, struct xn_err *err)
{
	return start(vif, name, addresses_of(vif, set), &vif->policy.sum, err);
}

static bool is_due(const struct xn_vif *vif,
		   const struct xn_settings_sum *before)
{
	const struct xn_settings_sum *sum = &vif->policy.sum;

	if (vif->routing.again)
		return wait_ms(vif) == 0;
	return !same_addresses(&sum->now, &before->now) ||
	       sum->now.antispoof != before->now.antispoof ||
	       sum->from[XN_SETTING_ANTISPOOF] !=
		       before->from[XN_SETTING_ANTISPOOF];
}

/* The group that it is routed in, or is to be. NULL: none. */
static const char *group_of(const struct xn_vif *vif)
{
	const char *group = xn_routing_group(vif, &vif->placing.set);

	return group && xn_drift_is_kept(vif) && !vif->port.link.master ? group
									: NULL;
}

void xn_routing_follow(struct xn_vif *vif, const struct xn_settings_sum *before)
{
	const char *group = group_of(vif);
	bool again = vif->routing.again;
	struct xn_err err = {0};
	int rc;

	if (!group)
		return;
	if (!is_due(vif, before)) {
		/* The timer is others', too. */
		if (again)
			xn_timer_arm(vif->retry_timer, wait_ms(vif), 0);
		return;
	}
	/* What is noticed meanwhile leads here again. */
	if (again)
		arm(vif, BUSY_MS);
	rc = start(vif, group, &vif->policy.sum.now, before, &err);
	if (rc == 0 && again)
		xn_info("%s: in the group %s: routed as it is asked to be",
			vif->name, group);
	if (rc == 0)
		return;
	arm(vif, rc == -EBUSY ? BUSY_MS : AGAIN_MS);
	if (!again && xn_log_allowed(&vif->log_limit))
		xn_warning("%s: in the group %s: %s; it is tried again",
			   vif->name, group, xn_err_text(&err));
}

static uint32_t count_registered(void)
{
	struct xnat_seen seen = {.exists = false};
	uint32_t count;

	if (xrt_guard_see(&seen, NULL) < 0)
		return UINT32_MAX; /* not known, or no nftables */
	count = xrt_guard_count(&seen.table);
	xnat_seen_fini(&seen);
	return count;
}

void xn_routing_look(struct xn_daemon *daemon)
{
	bool gone = false;

	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1)) {
		if (vif->routing.again || !group_of(vif))
			continue;
		if (!gone && count_registered() > 0)
			return;
		if (!gone)
			xn_warning("the table %s was taken away: it is made "
				   "again",
				   XRT_TABLE_NAME);
		gone = true;
		xn_routing_try_again(vif);
	}
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

int xn_routing_stop(struct xn_vif *vif, struct xn_err *err)
{
	struct xn_link link;
	struct xrt_gone gone = {.nl = vif->daemon->nl,
				.link = &link,
				.name = {link.name, vif->name},
				.answers = true,
				.at_once = true};
	struct xn_err why = {0};
	int rc;

	if (xn_link_get_index(gone.nl, vif->twin.ifindex, &link, NULL) < 0 ||
	    (!vif->routing.known && !is_registered(link.name)))
		return 0;
	rc = xrt_vif_down(&gone, &why);
	if (rc == -EBUSY)
		return xn_fail(err, EBUSY, "%s", xn_err_text(&why));
	vif->routing = (struct xn_routing){.again = false};
	if (rc < 0 && xn_log_allowed(&vif->log_limit))
		xn_warning("%s: %s", vif->name, xn_err_text(&why));
	return 0;
}
