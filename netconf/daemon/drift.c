/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drift of the twins, see drift.h. Called when netlink tells of a twin
 * (links.c), after each look at the store (vif.c), and after settings changed.
 */
#include "netconf/daemon/drift.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/placing.h"
#include "netconf/daemon/routing.h"
#include "netconf/daemon/vif.h"

/* So many repairs of one vif; what is still wrong then waits. */
#define REPAIRS_MAX 10u
#define REPAIRS_MS 10000u
/* Another process keeps it from being repaired just now. */
#define BUSY_MS 250u

void xn_drift_init(struct xn_drift *drift)
{
	drift->repairs.burst = REPAIRS_MAX;
	drift->repairs.interval_ms = REPAIRS_MS;
}

/* Only while a guest has it: the toolstack's way out is no drift. */
bool xn_drift_is_kept(const struct xn_vif *vif)
{
	const struct xnb_observed *seen = &vif->machine.seen;

	if (!vif->placing.placed || !vif->port.link.ifindex || !seen->online ||
	    !seen->backend_present || !seen->hotplug_connected)
		return false;
	return seen->backend == XNB_STATE_INIT_WAIT ||
	       seen->backend == XNB_STATE_CONNECTED ||
	       seen->backend == XNB_STATE_RECONFIGURED;
}

static bool is_elsewhere(const struct xn_vif *vif)
{
	const char *bridge = xn_placing_bridge(vif);
	int master = vif->port.link.master;
	const struct xn_bridge_node *node =
		master ? xn_links_bridge(vif->daemon->links, master) : NULL;

	if (!bridge)
		return false; /* a routed vif may be enslaved to anything */
	if (xn_routing_is_group(vif, bridge))
		return master != 0;
	if (master && !node)
		return false; /* not known to be another one */
	return !node || strcmp(node->link.name, bridge) != 0;
}

static uint32_t find(const struct xn_vif *vif)
{
	uint32_t mtu = xn_placing_mtu(vif), now = 0;

	if (!xn_drift_is_kept(vif))
		return 0;
	if (is_elsewhere(vif))
		now |= 1u << XN_DRIFT_BRIDGE;
	if (mtu && vif->port.link.mtu != mtu)
		now |= 1u << XN_DRIFT_MTU;
	if (!(vif->port.link.flags & IFF_UP))
		now |= 1u << XN_DRIFT_DOWN;
	return now;
}

void xn_drift_describe(const struct xn_vif *vif, enum xn_drift_kind kind,
		       char ret_text[XN_DRIFT_TEXT_MAX])
{
	const char *asked = xn_placing_bridge(vif);
	const struct xn_bridge_node *node =
		xn_links_bridge(vif->daemon->links, vif->port.link.master);
	const char *words = "";

	switch (kind) {
	case XN_DRIFT_BRIDGE:
		(void)xn_text_format(ret_text, XN_DRIFT_TEXT_MAX,
				     "in bridge %s, not %s",
				     node ? node->link.name : "none",
				     asked ? asked : "none");
		return;
	case XN_DRIFT_MTU:
		(void)xn_text_format(ret_text, XN_DRIFT_TEXT_MAX,
				     "mtu %u, not %u", vif->port.link.mtu,
				     xn_placing_mtu(vif));
		return;
	case XN_DRIFT_DOWN:
		words = "down";
		break;
	case XN_DRIFT_ISOLATED:
		words = "isolated was cleared";
		break;
	case XN_DRIFT_KINDS:
		break;
	}
	(void)xn_text_copy(ret_text, XN_DRIFT_TEXT_MAX, words);
}

static void say(struct xn_vif *vif, uint32_t kinds, const char *what)
{
	char text[XN_DRIFT_TEXT_MAX];

	for (unsigned int i = 0; i < XN_DRIFT_KINDS; i++) {
		if (!(kinds & (1u << i)) || !xn_log_allowed(&vif->log_limit))
			continue;
		xn_drift_describe(vif, (enum xn_drift_kind)i, text);
		xn_warning("%s: changed by somebody else: %s%s", vif->name,
			   text, what);
	}
}

/* A routed twin has lost its routes, and is guarded before it is up. */
static int set_up(struct xn_vif *vif, struct xn_err *err)
{
	const char *bridge = xn_placing_bridge(vif);

	if (bridge && xn_routing_is_group(vif, bridge))
		return xn_placing_enslave(vif, bridge, err);
	return xn_link_set_up(vif->daemon->nl, vif->twin.ifindex, true, err);
}

static int repair_one(struct xn_vif *vif, enum xn_drift_kind kind,
		      struct xn_err *err)
{
	struct xn_nl *nl = vif->daemon->nl;

	switch (kind) {
	case XN_DRIFT_BRIDGE:
		return xn_placing_enslave(vif, xn_placing_bridge(vif), err);
	case XN_DRIFT_MTU:
		return xn_link_set_mtu(nl, vif->twin.ifindex,
				       xn_placing_mtu(vif), err);
	case XN_DRIFT_DOWN:
		return set_up(vif, err);
	case XN_DRIFT_ISOLATED:
	case XN_DRIFT_KINDS:
		break;
	}
	return 0;
}

/* What comes of it is announced, and looked at, as anybody's change. */
static void repair(struct xn_vif *vif)
{
	struct xn_drift *drift = &vif->drift;
	struct xn_err err = {0};

	if (!xn_log_allowed(&drift->repairs)) {
		xn_timer_arm(vif->retry_timer, REPAIRS_MS, 0);
		return;
	}
	for (unsigned int i = 0; i < XN_DRIFT_KINDS; i++) {
		int rc;

		if (!(drift->now & (1u << i)))
			continue;
		rc = repair_one(vif, (enum xn_drift_kind)i, &err);
		if (rc == -EBUSY)
			xn_timer_arm(vif->retry_timer, BUSY_MS, 0);
		if (rc) {
			if (xn_log_allowed(&vif->log_limit))
				xn_warning("%s: not repaired: %s", vif->name,
					   xn_err_text(&err));
			err.set = false;
			continue;
		}
		drift->repaired++;
	}
	xn_links_read_twin(vif->daemon->links, vif);
	drift->now = find(vif);
	if (!drift->now && xn_log_allowed(&vif->log_limit))
		xn_info("%s: repaired", vif->name);
}

void xn_drift_look(struct xn_vif *vif)
{
	struct xn_drift *drift = &vif->drift;
	uint32_t before = drift->now;
	uint32_t now = find(vif);
	bool repairs = vif->policy.sum.now.repair;

	drift->now = now;
	if (now & ~before) {
		drift->noticed++;
		say(vif, now & ~before, repairs ? "" : "; it stays so");
	}
	if (now && repairs)
		repair(vif);
	else if (before && !now && xn_log_allowed(&vif->log_limit))
		xn_info("%s: as it is asked to be again", vif->name);
}

void xn_drift_bridge_came(struct xn_vif *vif)
{
	if (vif->drift.now & (1u << XN_DRIFT_BRIDGE))
		xn_drift_look(vif);
}

void xn_drift_isolation_cleared(struct xn_vif *vif)
{
	if (!xn_drift_is_kept(vif))
		return;
	vif->drift.noticed++;
	vif->drift.repaired++;
	say(vif, 1u << XN_DRIFT_ISOLATED, "; set again");
}
