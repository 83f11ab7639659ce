/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network-bridge's new style: the bridge takes the NIC's name. Pure. */
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/plan/takeover.h"
#include "netconf/plan/uplink.h"

#define BRIDGE_NUMBERS 10000

static int fill_started(struct xn_model *model, struct xn_model_link *nic,
			const struct xn_uplink *uplink, struct xn_err *err)
{
	struct xn_model_link *bridge = xn_model_link(model, nic->master);

	if (!bridge || strcmp(bridge->name, uplink->bridge) != 0)
		return xn_fail(err, EEXIST, "link %s is there, and not on %s",
			       nic->name, uplink->bridge);
	nic->up = true;
	bridge->up = true;
	return 0;
}

/* The bridge that is there, or a new one. The NIC has its new name already,
 * so that the old one is free. */
static int find_bridge(struct xn_model *model, const struct xn_uplink *uplink,
		       const char *pdev, struct xn_model_link **ret_bridge,
		       struct xn_err *err)
{
	struct xn_model_link *nic = xn_model_link_named(model, pdev);
	struct xn_model_link *bridge =
		xn_model_link_named(model, uplink->bridge);
	struct xn_model_link made;
	int rc = xn_uplink_check(nic, uplink->netdev, bridge, err);

	if (rc == 0 && !bridge) {
		made = xn_uplink_bridge(model, nic, uplink);
		rc = xn_uplink_add(model, &made, err);
		bridge = xn_model_link_named(model, uplink->bridge);
	}
	if (rc < 0)
		return rc;
	if (!bridge)
		return xn_fail(err, ENOMEM, "plan: no bridge %s",
			       uplink->bridge);
	*ret_bridge = bridge;
	return 0;
}

int xn_new_fill_start(struct xn_model *model, const struct xn_uplink *uplink,
		      struct xn_err *err)
{
	struct xn_takeover takeover = {.model = model,
				       .from_name = uplink->netdev,
				       .to_name = uplink->bridge,
				       .err = err};
	struct xn_model_link *bridge = NULL;
	struct xn_model_link *nic;
	char pdev[IFNAMSIZ];
	int rc = xn_uplink_pdev(uplink->netdev, pdev, err);

	if (rc < 0)
		return rc;
	nic = xn_model_link_named(model, pdev);
	if (nic)
		return fill_started(model, nic, uplink, err);
	nic = xn_model_link_named(model, uplink->netdev);
	if (!nic)
		return xn_fail(err, ENODEV, "link %s: not there",
			       uplink->netdev);
	memcpy(nic->name, pdev, sizeof(nic->name));
	rc = find_bridge(model, uplink, pdev, &bridge, err);
	if (rc < 0 || !bridge)
		return rc;
	nic = xn_model_link_named(model, pdev);
	bridge->up = true;
	xn_uplink_enslave(nic, bridge);
	takeover.from = nic->ifindex;
	takeover.to = bridge->ifindex;
	return xn_takeover(&takeover);
}

/* Guests are on it still, and its name is the NIC's. */
static int rename_bridge(const struct xn_model *model,
			 struct xn_model_link *bridge, struct xn_err *err)
{
	char name[IFNAMSIZ];

	for (unsigned int i = 0; i < BRIDGE_NUMBERS; i++) {
		(void)xn_text_format(name, sizeof(name), "xenbr%u", i);
		if (!xn_model_link_named(model, name)) {
			memcpy(bridge->name, name, sizeof(name));
			return 0;
		}
	}
	return xn_fail(err, EEXIST, "bridge %s: no name is free for it",
		       bridge->name);
}

int xn_new_fill_stop(struct xn_model *model, const struct xn_uplink *uplink,
		     struct xn_err *err)
{
	struct xn_takeover takeover = {.model = model,
				       .from_name = uplink->bridge,
				       .to_name = uplink->netdev,
				       .err = err};
	struct xn_model_link *bridge =
		xn_model_link_named(model, uplink->bridge);
	struct xn_model_link *nic;
	char pdev[IFNAMSIZ];
	bool stays;
	int rc = xn_uplink_pdev(uplink->netdev, pdev, err);

	if (rc < 0)
		return rc;
	nic = xn_model_link_named(model, pdev);
	if (!nic || !bridge || nic->master != bridge->ifindex)
		return 0;
	xn_uplink_release(nic, bridge);
	takeover.from = bridge->ifindex;
	takeover.to = nic->ifindex;
	rc = xn_takeover(&takeover);
	if (rc < 0)
		return rc;
	stays = xn_uplink_has_ports(model, bridge->ifindex);
	if (stays && strcmp(bridge->name, uplink->netdev) == 0)
		rc = rename_bridge(model, bridge, err);
	if (rc < 0)
		return rc;
	/* The NIC's place, before the table moves. */
	(void)xn_text_copy(nic->name, sizeof(nic->name), uplink->netdev);
	if (!stays)
		xn_uplink_remove(model, takeover.from);
	return 0;
}
