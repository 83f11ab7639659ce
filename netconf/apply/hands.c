/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One operation, done to the kernel. Thread: the socket's. */
#include "netconf/apply/hands.h"

#include <errno.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/model/fields.h"

static int add_bridge(struct xn_nl *nl, const struct xn_model_link *link,
		      struct xn_err *err)
{
	struct xn_nl_setting settings[XN_NL_SETTINGS_MAX];
	struct xn_bridge_birth birth = {
		.ifindex = link->ifindex,
		.name = link->name,
		.mac = link->mac,
		.mtu = link->mtu,
		.settings = settings,
	};

	/* A kernel that cannot filter VLANs refuses to be told not to. */
	for (uint8_t i = 0; i < link->bridge.count; i++) {
		if (link->bridge.setting[i].attr != IFLA_BR_VLAN_FILTERING ||
		    link->bridge.setting[i].value != 0)
			settings[birth.count++] = link->bridge.setting[i];
	}
	return xn_bridge_create_as(nl, &birth, err);
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
	size_t count = 0;

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
			differing[count++] = to->bridge.setting[i];
	}
	return xn_bridge_set(nl, to->ifindex, differing, count, err);
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
