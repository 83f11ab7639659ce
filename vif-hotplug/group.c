/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of routed vifs from xenplane.conf, see group.h. */
#include "vif-hotplug/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/planeconf.h"
#include "vif-hotplug/report.h"

_Static_assert((unsigned int)XN_PLANECONF_ADDRESSES_MAX <=
		       (unsigned int)XRT_LOCAL_MAX,
	       "a group's addresses fit");
_Static_assert((unsigned int)XN_PLANECONF_PREFIXES_MAX <=
		       (unsigned int)XRT_LOCAL_MAX,
	       "a group's prefixes fit");

/* NULL: there is none, or it is wrong. */
static struct xn_planeconf *read_file(const char *file)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	struct xn_planeconf *conf = NULL;
	int rc;

	if (!report)
		return NULL;
	rc = xn_planeconf_read(file, &conf, report);
	if (rc < 0 && rc != -ENOENT)
		xvh_report(XN_LOG_WARNING, "no groups are known: %s",
			   xn_report_first(report));
	free(report);
	return conf;
}

static void take_group(const struct xn_planeconf_bridge *bridge,
		       struct xvh_group *group)
{
	(void)xn_text_copy(group->name, sizeof(group->name), bridge->name);
	(void)xn_text_copy(group->netdev, sizeof(group->netdev),
			   bridge->netdev);
	for (uint32_t i = 0; i < bridge->address_count; i++) {
		struct xn_address *local = &group->local[group->local_count++];

		*local = bridge->address[i];
		local->prefix = local->family == 6 ? 128 : 32;
	}
	group->prefix_count = bridge->prefix_count;
	memcpy(group->prefix, bridge->prefix, sizeof(bridge->prefix));
	if (bridge->vifs.said & (1u << XN_SETTING_ANTISPOOF))
		group->spoofs = !bridge->vifs.antispoof;
}

bool xvh_group_find(const char *file, const char *name,
		    struct xvh_group *ret_group)
{
	struct xn_planeconf *conf = read_file(file);
	struct xvh_group group = {.name = ""};

	for (uint32_t i = 0; conf && i < conf->bridge_count; i++)
		if (conf->bridge[i].mode == XN_CONF_ROUTED &&
		    strcmp(conf->bridge[i].name, name) == 0)
			take_group(&conf->bridge[i], &group);
	xn_planeconf_destroy(conf);
	if (group.name[0])
		*ret_group = group;
	return group.name[0] != '\0';
}

static void take_vif(const struct xn_settings *vif, struct xvh_group *group)
{
	if (vif->said & (1u << XN_SETTING_ANTISPOOF))
		group->spoofs = !vif->antispoof;
	if (vif->said & (1u << XN_SETTING_IP)) {
		group->guest_count = vif->address_count;
		memcpy(group->guest, vif->address, sizeof(vif->address));
	}
}

void xvh_group_find_vif(const char *file, const struct xvh_request *request,
			struct xvh_group *group)
{
	struct xn_planeconf *conf = read_file(file);

	for (uint32_t i = 0; conf && i < conf->vif_count; i++) {
		const struct xn_planeconf_vif *vif = &conf->vif[i];

		if (!vif->name[0] && request->has_mac &&
		    xn_mac_equal(&vif->mac, &request->mac))
			take_vif(&vif->settings, group);
	}
	xn_planeconf_destroy(conf);
}
