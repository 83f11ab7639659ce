/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The twins' `isolated`, see isolation.h. */
#include "netconf/daemon/isolation.h"

#include <errno.h>
#include <linux/if_link.h>

#include "netconf/base/log.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/links.h"
#include "netconf/model/fastpath.h"

bool xn_isolation_is_on(const struct xn_vif *vif)
{
	return vif->port.link.is_bridge_port && vif->port.link.port.isolated;
}

static void note(struct xn_vif *vif, bool by_us)
{
	vif->port.isolated_by_us = by_us;
	xn_handover_note_isolation(vif, by_us);
}

bool xn_isolation_is_theirs(struct xn_vif *vif)
{
	if (!xn_isolation_is_on(vif))
		note(vif, false); /* enslaving resets it */
	return xn_isolation_is_on(vif) && !vif->port.isolated_by_us;
}

bool xn_isolation_is_wanted(const struct xn_vif *vif)
{
	bool setting = vif->policy.sum.now.isolated;

	switch (vif->machine.phase) {
	case XNB_PHASE_UP:
		return xn_isolation_in_kernel(vif->port.slow_reasons, setting);
	case XNB_PHASE_NEW:
	case XNB_PHASE_IDLE:
	case XNB_PHASE_KEYED:
	case XNB_PHASE_RELEASING:
		/* No frames are to wait in the twin that the guest may not
		 * have when it comes. */
		return setting;
	case XNB_PHASE_CONNECTING:
	case XNB_PHASE_ORPHANED:
		/* Its path will be known when it is up. */
		return setting || xn_isolation_is_on(vif);
	case XNB_PHASE_DISCONNECTING:
	case XNB_PHASE_END:
		break; /* it may still be at work on a frame */
	}
	return xn_isolation_is_on(vif);
}

bool xn_isolation_is_due(const struct xn_vif *vif)
{
	bool wanted = xn_isolation_is_wanted(vif);

	if (!vif->port.link.is_bridge_port || wanted == xn_isolation_is_on(vif))
		return false;
	return wanted ? !vif->port.isolation_refused : vif->port.isolated_by_us;
}

static int set(struct xn_vif *vif, bool on)
{
	const struct xn_nl_setting settings[] = {
		{IFLA_BRPORT_ISOLATED, on},
		{IFLA_BRPORT_PROTECT, 1}, /* root_block: no guest is the root */
	};
	struct xn_err err = {0};
	int error = xn_brport_set(vif->daemon->nl, vif->twin.ifindex, settings,
				  2, &err);

	/* Its announcement is lost while the port is down: read it back. */
	xn_links_read_twin(vif->daemon->links, vif);
	if (error && error != -ENODEV && xn_log_allowed(&vif->log_limit))
		xn_warning("%s: %s", vif->name, xn_err_text(&err));
	return error;
}

void xn_isolation_apply(struct xn_vif *vif)
{
	int error;

	if (!xn_isolation_is_wanted(vif)) {
		note(vif, false);
		(void)set(vif, false);
		return;
	}
	note(vif, true);
	error = set(vif, true);
	if (error && error != -ENODEV)
		vif->port.isolation_refused = true;
}

/* Its guest is served, or will be before others hear of it. */
static bool takes_part(const struct xn_vif *vif)
{
	switch (vif->machine.phase) {
	case XNB_PHASE_CONNECTING:
	case XNB_PHASE_UP:
	case XNB_PHASE_ORPHANED:
		return true;
	case XNB_PHASE_NEW:
	case XNB_PHASE_IDLE:
	case XNB_PHASE_KEYED:
	case XNB_PHASE_DISCONNECTING:
	case XNB_PHASE_RELEASING:
	case XNB_PHASE_END:
		return false;
	}
	return false;
}

bool xn_isolation_slows(const struct xn_vif *vif)
{
	return takes_part(vif) &&
	       xn_isolation_slows_bridge(vif->port.own_reasons,
					 vif->policy.sum.now.isolated);
}
