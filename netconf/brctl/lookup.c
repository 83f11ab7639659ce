/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf/brctl/lookup.h"

#include <errno.h>
#include <string.h>

/* Links that others named may have names that we would not give: those are
 * looked for one by one. */
static int find_odd_name(struct xn_nl *nl, const char *name,
			 struct xn_link *ret_link)
{
	struct xn_link_table links;
	int rc = xn_link_dump(nl, &links, NULL);

	if (rc < 0)
		return rc;
	rc = -ENODEV;
	for (size_t i = 0; i < links.count; i++) {
		if (strcmp(links.link[i].name, name) == 0) {
			*ret_link = links.link[i];
			rc = 0;
		}
	}
	xn_link_table_fini(&links);
	return rc;
}

int xn_brctl_find_link(struct xn_nl *nl, const char *name,
		       struct xn_link *ret_link)
{
	if (name[0] == '\0')
		return -ENODEV;
	if (!xn_link_name_valid(name))
		return find_odd_name(nl, name, ret_link);
	return xn_link_get(nl, name, ret_link, NULL);
}

int xn_brctl_find_bridge(struct xn_nl *nl, const char *name,
			 struct xn_link *ret_bridge)
{
	int rc = xn_brctl_find_link(nl, name, ret_bridge);

	if (rc == 0 && !ret_bridge->is_bridge)
		return -EOPNOTSUPP;
	return rc;
}

int xn_brctl_find_port(struct xn_nl *nl, const char *bridge_name,
		       const char *name, struct xn_link *ret_port)
{
	struct xn_link bridge;
	int rc = xn_brctl_find_link(nl, name, ret_port);

	if (rc < 0)
		return rc;
	rc = xn_brctl_find_bridge(nl, bridge_name, &bridge);
	if (rc < 0)
		return rc;
	if (!ret_port->is_bridge_port || ret_port->master != bridge.ifindex)
		return -ENOENT;
	return 0;
}
