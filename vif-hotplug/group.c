/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of routed vifs from xenplane.conf, see group.h. */
#include "vif-hotplug/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/parse/planeconf.h"
#include "vif-hotplug/report.h"

#define CONFIG_FILE "/etc/xenplane/xenplane.conf"

/* NULL: there is none, or it is wrong. */
static struct xn_planeconf *read_file(void)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	const char *file = secure_getenv("XENPLANE_CONFIG");
	struct xn_planeconf *conf = NULL;
	int rc;

	if (!report)
		return NULL;
	rc = xn_planeconf_read(file && file[0] == '/' ? file : CONFIG_FILE,
			       &conf, report);
	if (rc < 0 && rc != -ENOENT)
		xvh_report(XN_LOG_WARNING, "no groups are known: %s",
			   xn_report_first(report));
	free(report);
	return conf;
}

bool xvh_group_find(const char *name, struct xvh_group *ret_group)
{
	struct xn_planeconf *conf = read_file();
	bool found = conf && xrt_group_find(conf, name, &ret_group->group);

	xn_planeconf_destroy(conf);
	return found;
}

static void take_vif(const struct xn_settings *vif, struct xvh_group *group)
{
	if (vif->said & (1u << XN_SETTING_ANTISPOOF))
		group->group.spoofs = !vif->antispoof;
	if (vif->said & (1u << XN_SETTING_IP)) {
		group->guest_count = vif->address_count;
		memcpy(group->guest, vif->address, sizeof(vif->address));
	}
}

/* As the toolstack wants it called, or else its first name. */
static bool is_named(const struct xn_planeconf_vif *vif,
		     const struct xvh_request *request)
{
	const char *name =
		request->vifname[0] ? request->vifname : request->born;

	return vif->name[0] && strcmp(vif->name, name) == 0;
}

static bool has_mac(const struct xn_planeconf_vif *vif,
		    const struct xvh_request *request)
{
	return !vif->name[0] && request->has_mac &&
	       xn_mac_equal(&vif->mac, &request->mac);
}

void xvh_group_find_vif(const struct xvh_request *request,
			struct xvh_group *group)
{
	struct xn_planeconf *conf = read_file();

	for (uint32_t i = 0; conf && i < conf->vif_count; i++)
		if (is_named(&conf->vif[i], request))
			take_vif(&conf->vif[i].settings, group);
	/* These count more. */
	for (uint32_t i = 0; conf && i < conf->vif_count; i++)
		if (has_mac(&conf->vif[i], request))
			take_vif(&conf->vif[i].settings, group);
	xn_planeconf_destroy(conf);
}
