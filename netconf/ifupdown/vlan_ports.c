/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports that are VLAN devices. The planner makes bridges only, so they are made
 * before it looks and taken away after it is done (docs/decisions). By its kind
 * a link is one, never by its name: vif1.0 is a guest's.
 */
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/ifupdown/defaults.h"
#include "netconf/ifupdown/job.h"
#include "netconf/nl/vlan.h"

/* "eth0.10": eth0 and 10. */
static bool split_name(const char *name, char ret_lower[IFNAMSIZ],
		       uint32_t *ret_id)
{
	const char *dot = strrchr(name, '.');

	return dot &&
	       xn_text_format(ret_lower, IFNAMSIZ, "%.*s", (int)(dot - name),
			      name) > 0 &&
	       xn_link_name_valid(ret_lower) &&
	       xn_parse_u32(dot + 1, XN_VLAN_ID_MIN, XN_VLAN_ID_MAX, ret_id) ==
		       0;
}

static int make_vlan(struct xn_ifup_job *job, const char *name,
		     const struct xn_link *lower, uint16_t id,
		     struct xn_err *err)
{
	int rc = 0;

	if (lower->has_ipv6 && xn_ifup_defaults_quiet_lower())
		rc = xn_link_set_no_link_local(job->nl, lower->ifindex, err);
	if (rc == 0)
		rc = xn_link_set_up(job->nl, lower->ifindex, true, err);
	if (rc == 0)
		rc = xn_link_create_vlan(job->nl, name, lower->ifindex, id,
					 err);
	return rc;
}

void xn_ifup_make_vlans(struct xn_ifup_job *job)
{
	for (size_t i = 0; i < job->ports.count; i++) {
		const char *name = job->ports.port[i].name;
		struct xn_err err = {.set = false};
		char lower_name[IFNAMSIZ];
		struct xn_link lower;
		struct xn_link link;
		uint32_t id;
		int rc;

		if (!split_name(name, lower_name, &id) ||
		    xn_link_get(job->nl, name, &link, NULL) != -ENODEV ||
		    xn_link_get(job->nl, lower_name, &lower, NULL) < 0)
			continue;
		rc = make_vlan(job, name, &lower, (uint16_t)id, &err);
		if (rc == -EOPNOTSUPP)
			xn_ifup_note(&job->notes,
				     "%s %s: the kernel has no VLAN devices; "
				     "it is left out",
				     xn_ifup_ports_key(job->options), name);
		else if (rc < 0 && rc != -EEXIST)
			xn_ifup_note(&job->notes, "%s %s: %s",
				     xn_ifup_ports_key(job->options), name,
				     xn_err_text(&err));
	}
}

size_t xn_ifup_find_vlans(struct xn_ifup_job *job,
			  int ret_ifindex[XN_IFUP_PORTS_MAX])
{
	struct xn_link bridge;
	size_t count = 0;

	if (xn_link_get(job->nl, job->options->iface, &bridge, NULL) < 0)
		return 0;
	for (size_t i = 0; i < job->ports.count; i++) {
		const char *name = job->ports.port[i].name;
		struct xn_link link;

		if (strchr(name, '.') &&
		    xn_link_get(job->nl, name, &link, NULL) == 0 &&
		    link.master == bridge.ifindex &&
		    strcmp(link.kind, "vlan") == 0)
			ret_ifindex[count++] = link.ifindex;
	}
	return count;
}

void xn_ifup_remove_vlans(struct xn_ifup_job *job, const int *ifindex,
			  size_t count)
{
	struct xn_err err = {.set = false};

	if (xn_link_delete_all(job->nl, ifindex, count, &err) < 0)
		xn_ifup_note(&job->notes, "%s", xn_err_text(&err));
}
