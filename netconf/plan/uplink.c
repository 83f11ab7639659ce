/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the styles have in common. Pure. */
#include "netconf/plan/uplink.h"

#include <errno.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/base/text.h"

int xn_uplink_check_names(const struct xn_uplink *uplink, struct xn_err *err)
{
	if (!xn_link_name_valid(uplink->bridge))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       uplink->bridge);
	if (!xn_link_name_valid(uplink->netdev))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       uplink->netdev);
	return 0;
}

int xn_uplink_check(const struct xn_model_link *nic, const char *name,
		    const struct xn_model_link *bridge, struct xn_err *err)
{
	if (!nic)
		return xn_fail(err, ENODEV, "link %s: not there", name);
	if (!nic->ethernet || strcmp(nic->kind, "bridge") == 0)
		return xn_fail(err, EOPNOTSUPP,
			       "link %s cannot be a port of a bridge", name);
	if (nic->master && (!bridge || nic->master != bridge->ifindex))
		return xn_fail(err, EBUSY, "link %s is another's port", name);
	if (bridge && strcmp(bridge->kind, "bridge") != 0)
		return xn_fail(err, EEXIST, "link %s is there, and no bridge",
			       bridge->name);
	return 0;
}

int xn_uplink_pdev(const char *netdev, char ret_name[IFNAMSIZ],
		   struct xn_err *err)
{
	if (xn_text_format(ret_name, IFNAMSIZ, "p%s", netdev) < 0)
		return xn_fail(err, ENAMETOOLONG,
			       "link %s: \"p%s\" is too long for a name",
			       netdev, netdev);
	return 0;
}

struct xn_model_link xn_uplink_heir(const struct xn_model *model,
				    const struct xn_model_link *nic,
				    const char *kind, const char *name)
{
	struct xn_model_link heir;

	memset(&heir, 0, sizeof(heir));
	heir.ifindex = xn_model_free_ifindex(model);
	(void)xn_text_copy(heir.kind, sizeof(heir.kind), kind);
	(void)xn_text_copy(heir.name, sizeof(heir.name), name);
	heir.mac = nic->mac;
	heir.mtu = nic->mtu;
	heir.up = true;
	heir.addr_gen_mode = nic->addr_gen_mode;
	heir.disable_ipv6 = nic->disable_ipv6;
	heir.accept_ra = nic->accept_ra;
	heir.ipv4 = nic->ipv4;
	heir.ipv6 = nic->ipv6;
	heir.has_ipv6 = nic->has_ipv6;
	heir.ethernet = true;
	return heir;
}

/* STP is for the administrator to switch on: with it a guest waits for half a
 * minute, and so would the host. */
static void no_stp(struct xn_model_link *bridge)
{
	bridge->bridge.setting[0] =
		(struct xn_nl_setting){IFLA_BR_STP_STATE, 0};
	bridge->bridge.setting[1] =
		(struct xn_nl_setting){IFLA_BR_FORWARD_DELAY, 0};
	bridge->bridge.count = 2;
}

struct xn_model_link xn_uplink_bridge(const struct xn_model *model,
				      const struct xn_model_link *nic,
				      const struct xn_uplink *uplink)
{
	struct xn_model_link bridge =
		xn_uplink_heir(model, nic, "bridge", uplink->bridge);

	no_stp(&bridge);
	if (uplink->style == XN_STYLE_OLD)
		xn_old_quieten_bridge(&bridge, nic);
	return bridge;
}

int xn_uplink_add(struct xn_model *model, const struct xn_model_link *link,
		  struct xn_err *err)
{
	int rc = xn_model_add(model, XN_LINK, link);

	return rc < 0 ? xn_fail(err, -rc, "plan: %s", strerror(-rc)) : 0;
}

void xn_uplink_remove(struct xn_model *model, int ifindex)
{
	struct xn_model_link gone = {.ifindex = ifindex};
	ssize_t place = xn_model_find(model, XN_LINK, &gone, 0);

	if (place >= 0)
		xn_model_remove(model, XN_LINK, (size_t)place);
}

void xn_uplink_enslave(struct xn_model_link *nic,
		       const struct xn_model_link *bridge)
{
	nic->up = true;
	nic->master = bridge->ifindex;
	nic->addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
}

void xn_uplink_release(struct xn_model_link *nic,
		       const struct xn_model_link *heir)
{
	nic->master = 0;
	nic->port.count = 0;
	if (nic->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE)
		nic->addr_gen_mode = heir->addr_gen_mode;
}

bool xn_uplink_has_ports(const struct xn_model *model, int bridge)
{
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(model, XN_LINK, i);

		if (link->master == bridge)
			return true;
	}
	return false;
}

int xn_uplink_make(const struct xn_model *observed,
		   const struct xn_uplink *uplink, xn_uplink_fill_fn *fill,
		   struct xn_model *ret_wanted, struct xn_err *err)
{
	struct xn_model wanted = {0};
	int rc = xn_uplink_check_names(uplink, err);

	if (rc < 0)
		return rc;
	if (xn_model_copy(observed, &wanted) < 0)
		return xn_fail(err, ENOMEM, "plan: out of memory");
	rc = fill(&wanted, uplink, err);
	if (rc < 0) {
		xn_model_fini(&wanted);
		return rc;
	}
	*ret_wanted = wanted;
	return 0;
}
