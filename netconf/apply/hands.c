/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One operation, done to the kernel. Thread: the socket's. */
#include "netconf/apply/hands.h"

#include <errno.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/model/fields.h"

struct bridge_change {
	struct xn_nl *nl;
	int ifindex;
	bool filters; /* VLANs, before the change */
	const struct xn_nl_setting *settings;
	size_t count;
	struct xn_err *err;
};

static const struct xn_nl_setting *
find_setting(const struct bridge_change *change, uint16_t attr)
{
	for (size_t i = 0; i < change->count; i++) {
		if (change->settings[i].attr == attr)
			return &change->settings[i];
	}
	return NULL;
}

static int set_one(const struct bridge_change *change, uint16_t attr,
		   uint32_t value)
{
	struct xn_nl_setting setting = {attr, value};

	return xn_bridge_set(change->nl, change->ifindex, &setting, 1,
			     change->err);
}

/* The default VLAN can be changed while there is no filtering. */
static int set_pvid(const struct bridge_change *change)
{
	const struct xn_nl_setting *pvid =
		find_setting(change, IFLA_BR_VLAN_DEFAULT_PVID);
	const struct xn_nl_setting *filtering =
		find_setting(change, IFLA_BR_VLAN_FILTERING);
	int rc = 0;

	if (!pvid)
		return 0;
	if (change->filters)
		rc = set_one(change, IFLA_BR_VLAN_FILTERING, 0);
	if (rc == 0)
		rc = set_one(change, pvid->attr, pvid->value);
	if (rc == 0 && change->filters && !filtering)
		rc = set_one(change, IFLA_BR_VLAN_FILTERING, 1);
	return rc;
}

/* The kernel goes through a request in an order of its own, and refuses a
 * forward delay below its limit while STP is still on, and a default VLAN
 * while VLANs are filtered. */
static int set_in_order(const struct bridge_change *change)
{
	const struct xn_nl_setting *stp =
		find_setting(change, IFLA_BR_STP_STATE);
	struct xn_nl_setting rest[XN_NL_SETTINGS_MAX];
	bool stp_goes = stp && stp->value == 0;
	size_t left = 0;
	int rc = set_pvid(change);

	if (rc == 0 && stp_goes)
		rc = set_one(change, IFLA_BR_STP_STATE, 0);
	for (size_t i = 0; i < change->count; i++) {
		const struct xn_nl_setting *setting = &change->settings[i];

		if (setting->attr != IFLA_BR_VLAN_DEFAULT_PVID &&
		    (setting != stp || !stp_goes))
			rest[left++] = *setting;
	}
	if (rc == 0 && left > 0)
		rc = xn_bridge_set(change->nl, change->ifindex, rest, left,
				   change->err);
	return rc;
}

static bool is_of_vlans(const struct xn_nl_setting *setting)
{
	return setting->attr == IFLA_BR_VLAN_FILTERING ||
	       setting->attr == IFLA_BR_VLAN_DEFAULT_PVID;
}

static int add_bridge(struct xn_nl *nl, const struct xn_model_link *link,
		      struct xn_err *err)
{
	struct xn_nl_setting settings[XN_NL_SETTINGS_MAX];
	struct xn_nl_setting vlans[XN_NL_SETTINGS_MAX];
	struct xn_bridge_birth birth = {
		.ifindex = link->ifindex,
		.name = link->name,
		.mac = link->mac,
		.mtu = link->mtu,
		.settings = settings,
	};
	size_t vlan_count = 0;
	bool filters = false;
	int rc;

	for (uint8_t i = 0; i < link->bridge.count; i++) {
		const struct xn_nl_setting *setting = &link->bridge.setting[i];

		if (!is_of_vlans(setting))
			settings[birth.count++] = *setting;
		else
			vlans[vlan_count++] = *setting;
		filters |= setting->attr == IFLA_BR_VLAN_FILTERING &&
			   setting->value != 0;
	}
	rc = xn_bridge_create_as(nl, &birth, err);
	/* A kernel that cannot filter VLANs refuses to be told not to. */
	if (rc == 0 && filters)
		rc = set_in_order(
			&(struct bridge_change){.nl = nl,
						.ifindex = link->ifindex,
						.settings = vlans,
						.count = vlan_count,
						.err = err});
	return rc;
}

static int add_pair(struct xn_nl *nl, const struct xn_op *op,
		    struct xn_err *err)
{
	const struct xn_model_link *links[2] = {&op->after.link,
						&op->before.link};
	struct xn_veth_birth ends[2];

	for (int i = 0; i < 2; i++)
		ends[i] = (struct xn_veth_birth){.ifindex = links[i]->ifindex,
						 .name = links[i]->name,
						 .mac = links[i]->mac,
						 .mtu = links[i]->mtu};
	return xn_link_create_pair(nl, ends, err);
}

static int add_link(struct xn_nl *nl, const struct xn_op *op,
		    struct xn_err *err)
{
	if (strcmp(op->after.link.kind, "bridge") == 0)
		return add_bridge(nl, &op->after.link, err);
	/* The other end has come with the first. */
	return xn_op_makes_pair(op) ? add_pair(nl, op, err) : 0;
}

/* What drivers, and kernels before 6.2, refuse while the link is up. */
static int while_down(struct xn_nl *nl, const struct xn_model_link *to,
		      int (*change)(struct xn_nl *nl,
				    const struct xn_model_link *to,
				    struct xn_err *err),
		      struct xn_err *err)
{
	struct xn_err first = {0};
	int rc = change(nl, to, &first);
	int up;

	if (rc != -EBUSY)
		return rc < 0 ? xn_fail(err, -rc, "%s", xn_err_text(&first))
			      : rc;
	rc = xn_link_set_up(nl, to->ifindex, false, err);
	if (rc < 0)
		return rc;
	rc = change(nl, to, err);
	up = xn_link_set_up(nl, to->ifindex, true, err);
	return rc < 0 ? rc : up;
}

static int rename_link(struct xn_nl *nl, const struct xn_model_link *to,
		       struct xn_err *err)
{
	return xn_link_rename(nl, to->ifindex, to->name, err);
}

static int set_mac(struct xn_nl *nl, const struct xn_model_link *to,
		   struct xn_err *err)
{
	return xn_link_set_mac(nl, to->ifindex, &to->mac, err);
}

static int set_settings(struct xn_nl *nl, const struct xn_op *op,
			struct xn_err *err)
{
	const struct xn_model_link *to = &op->after.link;
	const struct xn_model_link *from = &op->before.link;
	struct xn_nl_setting differing[XN_NL_SETTINGS_MAX];
	struct bridge_change change = {.nl = nl,
				       .ifindex = to->ifindex,
				       .settings = differing,
				       .err = err};

	for (uint8_t i = 0; i < from->bridge.count; i++)
		change.filters |= from->bridge.setting[i].attr ==
					  IFLA_BR_VLAN_FILTERING &&
				  from->bridge.setting[i].value != 0;
	for (uint8_t i = 0; i < to->bridge.count; i++) {
		bool same = false;

		for (uint8_t k = 0; k < from->bridge.count; k++) {
			if (from->bridge.setting[k].attr ==
				    to->bridge.setting[i].attr &&
			    from->bridge.setting[k].value ==
				    to->bridge.setting[i].value)
				same = true;
		}
		if (!same)
			differing[change.count++] = to->bridge.setting[i];
	}
	return set_in_order(&change);
}

/* By the name that the link has just now. */
static int set_ipv6(struct xn_nl *nl, const struct xn_model_link *to,
		    const char *key, int value, struct xn_err *err)
{
	struct xn_link link;
	int rc = xn_link_get_index(nl, to->ifindex, &link, err);

	return rc < 0 ? rc : xn_link_set_ipv6(link.name, key, value, err);
}

static int set_ipv6_conf(struct xn_nl *nl, const struct xn_model_link *to,
			 struct xn_err *err)
{
	struct xn_link link;
	int rc = xn_link_get_index(nl, to->ifindex, &link, err);

	return rc < 0 ? rc
		      : xn_link_set_ipv6_conf(link.name, &link.ipv6, &to->ipv6,
					      err);
}

/* What is as it should be is not said again: the kernel takes a setting that
 * was set for one that follows no default any more. */
static int set_ipv4(struct xn_nl *nl, const struct xn_model_link *to,
		    struct xn_err *err)
{
	struct xn_link link;
	int rc = xn_link_get_index(nl, to->ifindex, &link, err);

	return rc < 0 ? rc
		      : xn_link_set_ipv4(nl, to->ifindex, &link.ipv4, &to->ipv4,
					 err);
}

static int change_link(struct xn_nl *nl, const struct xn_op *op,
		       struct xn_err *err)
{
	const struct xn_model_link *to = &op->after.link;

	switch (xn_noun[XN_LINK].field[op->field].offset) {
	case offsetof(struct xn_model_link, name):
		return while_down(nl, to, rename_link, err);
	case offsetof(struct xn_model_link, mac):
		return while_down(nl, to, set_mac, err);
	case offsetof(struct xn_model_link, mtu):
		return xn_link_set_mtu(nl, to->ifindex, to->mtu, err);
	case offsetof(struct xn_model_link, up):
		return xn_link_set_up(nl, to->ifindex, to->up, err);
	case offsetof(struct xn_model_link, noarp):
		return xn_link_set_flags(nl, to->ifindex, IFF_NOARP,
					 to->noarp ? IFF_NOARP : 0, err);
	case offsetof(struct xn_model_link, master):
		return xn_link_set_master(nl, to->ifindex, to->master, err);
	case offsetof(struct xn_model_link, addr_gen_mode):
		return xn_link_set_addr_gen_mode(nl, to->ifindex,
						 to->addr_gen_mode, err);
	case offsetof(struct xn_model_link, nomulticast):
		return xn_link_set_flags(nl, to->ifindex, IFF_MULTICAST,
					 to->nomulticast ? 0 : IFF_MULTICAST,
					 err);
	case offsetof(struct xn_model_link, disable_ipv6):
		return set_ipv6(nl, to, "disable_ipv6", to->disable_ipv6, err);
	case offsetof(struct xn_model_link, accept_ra):
		return set_ipv6(nl, to, "accept_ra", to->accept_ra, err);
	case offsetof(struct xn_model_link, ipv6):
		return set_ipv6_conf(nl, to, err);
	case offsetof(struct xn_model_link, ipv4):
		return set_ipv4(nl, to, err);
	case offsetof(struct xn_model_link, bridge):
		return set_settings(nl, op, err);
	case offsetof(struct xn_model_link, port):
		return xn_brport_set(nl, to->ifindex, to->port.setting,
				     to->port.count, err);
	default:
		return xn_fail(err, EINVAL, "change link %s: field %u",
			       to->name, op->field);
	}
}

static int do_link(struct xn_nl *nl, const struct xn_op *op, struct xn_err *err)
{
	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		return add_link(nl, op, err);
	case XN_CHANGE:
		return change_link(nl, op, err);
	case XN_DELETE:
		return xn_link_delete(nl, op->before.link.ifindex, err);
	case XN_VERBS:
		break;
	}
	return -EINVAL;
}

static int do_addr(struct xn_nl *nl, const struct xn_op *op, struct xn_err *err)
{
	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		return xn_addr_add(nl, &op->after.addr, err);
	case XN_CHANGE:
		return xn_addr_replace(nl, &op->after.addr, err);
	case XN_DELETE:
		return xn_addr_delete(nl, &op->before.addr, err);
	case XN_VERBS:
		break;
	}
	return -EINVAL;
}

int xn_hands_do(struct xn_nl *nl, const struct xn_op *op, struct xn_err *err)
{
	bool goes = op->verb == XN_DELETE;

	switch ((enum xn_noun)op->noun) {
	case XN_LINK:
		return do_link(nl, op, err);
	case XN_ADDR:
		return do_addr(nl, op, err);
	case XN_ROUTE:
		return goes ? xn_route_delete(nl, &op->before.route, err)
			    : xn_route_append(nl, &op->after.route, err);
	case XN_RULE:
		return goes ? xn_rule_delete(nl, &op->before.rule, err)
			    : xn_rule_add(nl, &op->after.rule, err);
	case XN_NEIGH:
		return goes ? xn_neigh_delete(nl, &op->before.neigh, err)
			    : xn_neigh_replace(nl, &op->after.neigh, err);
	case XN_NOUNS:
		break;
	}
	return -EINVAL;
}

bool xn_hands_is_so(const struct xn_op *op, int error)
{
	if (op->verb == XN_DELETE)
		return error == -ENODEV || error == -ESRCH ||
		       error == -ENOENT || error == -EADDRNOTAVAIL;
	return op->noun != XN_LINK && error == -EEXIST;
}
