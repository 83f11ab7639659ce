/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vif-bridge: the device becomes a port of a bridge. Called by main.c. */
#include "vif-hotplug/scripts.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "vif-hotplug/device.h"

/* The highest address that is nobody's and everybody's: the bridge, which
 * takes its ports' lowest for its own, does not take this one. */
static const struct xn_mac vif_mac = {{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* The first by name, as brctl shows them. */
static int first_bridge(struct xn_nl *nl, struct xn_link *ret_bridge,
			struct xn_err *err)
{
	const struct xn_link *first = NULL;
	struct xn_link_table table;
	int rc = xn_link_dump(nl, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table.count; i++) {
		const struct xn_link *link = &table.link[i];

		if (link->is_bridge &&
		    (!first || strcmp(link->name, first->name) < 0))
			first = link;
	}
	if (first)
		*ret_bridge = *first;
	else
		rc = xn_fail(err, ENODEV,
			     "could not find a bridge, and none "
			     "was specified");
	xn_link_table_fini(&table);
	return rc;
}

/* A configuration that says xenbrN on a host whose bridge is called ethN, as
 * network-bridge has named it since Xen 3.2. */
static int old_name(struct xn_nl *nl, const char *name,
		    struct xn_link *ret_bridge)
{
	char other[IFNAMSIZ];

	if (strncmp(name, "xenbr", 5) != 0 ||
	    xn_text_format(other, sizeof(other), "eth%s", name + 5) < 0 ||
	    xn_link_get(nl, other, ret_bridge, NULL) < 0)
		return -ENODEV;
	return ret_bridge->is_bridge ? 0 : -ENODEV;
}

static int find_bridge(struct xn_nl *nl, const char *name,
		       struct xn_link *ret_bridge, struct xn_err *err)
{
	int rc;

	if (!name[0])
		return first_bridge(nl, ret_bridge, err);
	rc = xn_link_get(nl, name, ret_bridge, NULL);
	if (rc == -ENODEV)
		rc = old_name(nl, name, ret_bridge);
	if (rc < 0)
		return xn_fail(err, -rc, "could not find bridge device %s",
			       name);
	if (!ret_bridge->is_bridge)
		return xn_fail(err, ENOTSUP, "%s is no bridge", name);
	return 0;
}

/* What the device must not have is taken away before it is a port; one that
 * works already is left alone. */
static int prepare(struct xvh_run *run, struct xn_err *err)
{
	struct xn_link *link = &run->link;
	int rc = 0;

	if (!xn_mac_equal(&link->mac, &vif_mac)) {
		if (link->flags & IFF_UP)
			rc = xn_link_set_up(run->nl, link->ifindex, false, err);
		link->flags &= ~(uint32_t)IFF_UP;
		if (rc == 0)
			rc = xn_link_set_mac(run->nl, link->ifindex, &vif_mac,
					     err);
	}
	if (rc == 0)
		rc = xn_link_set_no_link_local(run->nl, link->ifindex, err);
	if (rc == 0)
		rc = xn_link_disable_ipv6(link->name, err);
	/* A read-only /proc/sys: no link-local address is the best to have. */
	if (rc == -EROFS || rc == -EACCES) {
		err->set = false;
		rc = 0;
	}
	if (rc == 0)
		rc = xvh_device_flush(run->nl, link->ifindex, 0, NULL, NULL,
				      err);
	return rc;
}

int xvh_bridge_up(struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *request = run->request;
	struct xn_link bridge = {.ifindex = 0};
	int rc = find_bridge(run->nl, request->bridge, &bridge, err);

	if (rc == 0)
		rc = prepare(run, err);
	if (rc < 0)
		return rc;
	memcpy(run->where, bridge.name, sizeof(run->where));
	xvh_set_mtu(run, request->mtu ? request->mtu : bridge.mtu);
	/* A port that is enslaved again would lose its port's settings. */
	if (run->link.master != bridge.ifindex)
		rc = xn_link_set_master(run->nl, run->link.ifindex,
					bridge.ifindex, err);
	if (rc == 0 && !(run->link.flags & IFF_UP))
		rc = xn_link_set_up(run->nl, run->link.ifindex, true, err);
	return rc;
}
