/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's file, see config.h. Read by main.c at the start, and
 * again on SIGHUP; a file that is wrong somewhere counts for nothing. */
#include "netconf/daemon/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/log.h"
#include "netconf/parse/planeconf.h"
#include "router/group.h"

/* Of what is wrong only the first is told; `xenplane check` tells all. */
static int refuse(const struct xn_report *report, int error, struct xn_err *err)
{
	if (report->errors > 1)
		return xn_fail(err, -error,
			       "%.400s (and %u more: see "
			       "xenplane check)",
			       xn_report_first(report), report->errors - 1);
	return xn_fail(err, -error, "%s", xn_report_first(report));
}

struct xn_config {
	struct xn_planeconf *plane; /* NULL: nothing is said */
};

struct xn_config *xn_config_create(void)
{
	return calloc(1, sizeof(struct xn_config));
}

void xn_config_destroy(struct xn_config *config)
{
	if (!config)
		return;
	xn_planeconf_destroy(config->plane);
	free(config);
}

int xn_config_read(const char *file, struct xn_config **ret_config,
		   struct xn_err *err)
{
	struct xn_config *config = xn_config_create();
	struct xn_report *report = calloc(1, sizeof(*report));
	int error = -ENOMEM;

	if (config && report)
		error = xn_planeconf_read(file, &config->plane, report);
	else
		(void)xn_fail(err, ENOMEM, "out of memory");
	if (!error) {
		*ret_config = config;
		config = NULL;
	} else if (report) {
		error = refuse(report, error, err);
	}
	free(report);
	xn_config_destroy(config);
	return error;
}

/* These are dhcp.c's. */
#define OF_DHCP                                                        \
	(XN_CONF_BIT(XN_CONF_DHCP) | XN_CONF_BIT(XN_CONF_LEASE_TIME) | \
	 XN_CONF_BIT(XN_CONF_RA) | XN_CONF_BIT(XN_CONF_DNS) |          \
	 XN_CONF_BIT(XN_CONF_DOMAIN))

/* What nothing here does: uplinks' rates are for `xenplane qos`. */
static uint64_t unused_keys(const struct xn_planeconf_bridge *bridge)
{
	/* Scripts and `vif set` put all of a routed group in force. */
	if (bridge->mode == XN_CONF_ROUTED)
		return 0;
	return bridge->said & ~XN_CONF_BIT(XN_CONF_UPLINK_RATE) &
	       ~XN_CONF_BIT(XN_CONF_UPLINK_RATE_IN) & ~OF_DHCP;
}

/* The keys of a bridge that are said, with ", " between. */
static void list_keys(const struct xn_planeconf_bridge *bridge, char *ret,
		      size_t bytes)
{
	size_t used = 0;

	ret[0] = '\0';
	for (unsigned int i = 0; i < XN_CONF_KEY_COUNT; i++) {
		int length;

		if (!(unused_keys(bridge) & XN_CONF_BIT(i)))
			continue;
		length = snprintf(ret + used, bytes - used, "%s%s",
				  used ? ", " : "",
				  xn_conf_key_name((enum xn_conf_key)i));
		if (length < 0 || (size_t)length >= bytes - used)
			return;
		used += (size_t)length;
	}
}

uint32_t xn_config_say_unused(const struct xn_config *config)
{
	const struct xn_planeconf *plane = config->plane;
	uint32_t count = 0;
	char keys[512];

	for (uint32_t i = 0; plane && i < plane->bridge_count; i++) {
		const struct xn_planeconf_bridge *b = &plane->bridge[i];

		if (!unused_keys(b))
			continue;
		list_keys(b, keys, sizeof(keys));
		xn_info("%s:%u: [bridge %s]: for `xenplane apply`: %s",
			b->section.file, b->section.line, b->name, keys);
		count++;
	}
	return count;
}

const struct xn_planeconf *xn_config_plane(const struct xn_config *config)
{
	static const struct xn_planeconf nothing;

	return config->plane ? config->plane : &nothing;
}

const struct xn_settings *xn_config_defaults(const struct xn_config *config)
{
	const struct xn_planeconf *plane = config->plane;

	return plane && plane->has_defaults ? &plane->defaults : NULL;
}

const struct xn_settings *xn_config_bridge(const struct xn_config *config,
					   const char *name)
{
	const struct xn_planeconf *plane = config->plane;

	for (uint32_t i = 0; plane && i < plane->bridge_count; i++)
		if (!strcmp(plane->bridge[i].name, name))
			return &plane->bridge[i].vifs;
	return NULL;
}

const struct xn_settings *xn_config_vif(const struct xn_config *config,
					const struct xn_mac *mac)
{
	const struct xn_planeconf *plane = config->plane;

	for (uint32_t i = 0; plane && i < plane->vif_count; i++)
		if (!plane->vif[i].name[0] &&
		    xn_mac_equal(&plane->vif[i].mac, mac))
			return &plane->vif[i].settings;
	return NULL;
}

const struct xn_settings *xn_config_vif_named(const struct xn_config *config,
					      const char *name)
{
	const struct xn_planeconf *plane = config->plane;

	for (uint32_t i = 0; plane && name[0] && i < plane->vif_count; i++)
		if (!strcmp(plane->vif[i].name, name))
			return &plane->vif[i].settings;
	return NULL;
}

bool xn_config_group(const struct xn_config *config, const char *name,
		     struct xrt_group *ret_group)
{
	return config->plane && xrt_group_find(config->plane, name, ret_group);
}

const struct xn_acl *xn_config_acl(const struct xn_config *config,
				   const char *name)
{
	return config->plane ? xn_planeconf_acl(config->plane, name) : NULL;
}
