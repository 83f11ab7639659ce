/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What xenplane.conf says of a bridge and of its netdev as a port. Pure. */
#include <errno.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/plan/host.h"

/* Source: net/bridge of the kernel: br_private_stp.h and br_device.c. */
#define FORWARD_DELAY_MIN_CS 200
#define FORWARD_DELAY_DEFAULT_CS 1500
#define ACCEPT_RA_ALWAYS 2

static const struct xn_nl_setting *find(const struct xn_link_settings *settings,
					uint16_t attr)
{
	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr)
			return &settings->setting[i];
	}
	return NULL;
}

/* Keys that are an attribute with their own value. */
static int set_numbers(const struct xn_host_step *step,
		       struct xn_model_link *bridge)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	const struct {
		enum xn_conf_key key;
		uint16_t attr;
		uint32_t value;
	} rows[] = {
		{XN_CONF_STP, IFLA_BR_STP_STATE, conf->stp},
		{XN_CONF_STP_PRIORITY, IFLA_BR_PRIORITY, conf->stp_priority},
		{XN_CONF_FORWARD_DELAY, IFLA_BR_FORWARD_DELAY,
		 conf->forward_delay_cs},
		{XN_CONF_HELLO_TIME, IFLA_BR_HELLO_TIME, conf->hello_time_cs},
		{XN_CONF_MAX_AGE, IFLA_BR_MAX_AGE, conf->max_age_cs},
		{XN_CONF_AGEING, IFLA_BR_AGEING_TIME, conf->ageing_cs},
		{XN_CONF_MULTICAST_SNOOPING, IFLA_BR_MCAST_SNOOPING,
		 conf->multicast_snooping},
		{XN_CONF_MULTICAST_QUERIER, IFLA_BR_MCAST_QUERIER,
		 conf->multicast_querier},
		{XN_CONF_VLAN_DEFAULT_PVID, IFLA_BR_VLAN_DEFAULT_PVID,
		 conf->vlan_default_pvid},
	};

	int rc = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == 0; i++) {
		if (xn_planeconf_says(conf, rows[i].key))
			rc = xn_host_put(step, bridge, XN_NOTE_BRIDGE,
					 rows[i].attr, rows[i].value);
	}
	return rc;
}

/* A new bridge waits for nothing; the kernel refuses that with STP. Once
 * mended it is so as long as STP is on, and then as before. */
static int mend_delay(const struct xn_host_step *step,
		      struct xn_model_link *bridge)
{
	const struct xn_nl_setting *stp =
		find(&bridge->bridge, IFLA_BR_STP_STATE);
	const struct xn_nl_setting *delay =
		find(&bridge->bridge, IFLA_BR_FORWARD_DELAY);

	if (!stp || stp->value != 1 || !delay ||
	    xn_planeconf_says(step->conf, XN_CONF_FORWARD_DELAY))
		return 0;
	return xn_host_put(step, bridge, XN_NOTE_BRIDGE, IFLA_BR_FORWARD_DELAY,
			   delay->value < FORWARD_DELAY_MIN_CS
				   ? FORWARD_DELAY_DEFAULT_CS
				   : delay->value);
}

static int set_vlan_filtering(const struct xn_host_step *step,
			      struct xn_model_link *bridge)
{
	const struct xn_planeconf_bridge *conf = step->conf;

	if (!xn_planeconf_says(conf, XN_CONF_VLAN_FILTERING))
		return 0;
	if (step->host->vlan_filtering)
		return xn_host_put(step, bridge, XN_NOTE_BRIDGE,
				   IFLA_BR_VLAN_FILTERING,
				   conf->vlan_filtering);
	if (conf->vlan_filtering)
		return xn_fail(step->err, EOPNOTSUPP,
			       "vlan-filtering=on: this kernel's bridges "
			       "cannot filter VLANs "
			       "(CONFIG_BRIDGE_VLAN_FILTERING)");
	return 0;
}

static int set_port(const struct xn_host_step *step)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	struct xn_model_link *nic =
		xn_host_port(step->model, conf->netdev, conf->style);
	int rc = 0;

	if (!nic || !conf->netdev[0])
		return 0;
	if (xn_planeconf_says(conf, XN_CONF_NETDEV_COST))
		rc = xn_host_put(step, nic, XN_NOTE_PORT, IFLA_BRPORT_COST,
				 conf->netdev_cost);
	if (rc == 0 && xn_planeconf_says(conf, XN_CONF_NETDEV_PRIORITY))
		rc = xn_host_put(step, nic, XN_NOTE_PORT, IFLA_BRPORT_PRIORITY,
				 conf->netdev_priority);
	return rc;
}

/* All that the host's frames pass. */
static int set_mtu(const struct xn_host_step *step,
		   struct xn_model_link *bridge)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	struct xn_model_link *const links[] = {
		bridge,
		xn_host_port(step->model, conf->netdev, conf->style),
		xn_model_link_named(step->model, xn_planeconf_host_link(conf)),
		conf->style == XN_CONF_OLD
			? xn_host_pair_end(step->model, conf->netdev)
			: NULL,
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]) && rc == 0;
	     i++) {
		if (links[i])
			rc = xn_host_put(step, links[i], XN_NOTE_MTU, 0,
					 conf->mtu);
	}
	return rc;
}

/* What is no bridge's setting. */
static int set_link(const struct xn_host_step *step,
		    struct xn_model_link *bridge)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	int rc = 0;

	if (xn_planeconf_says(conf, XN_CONF_MAC))
		rc = xn_host_put(step, bridge, XN_NOTE_MAC, 0,
				 xn_note_mac(&conf->mac));
	if (rc == 0 && xn_planeconf_says(conf, XN_CONF_MTU))
		rc = set_mtu(step, bridge);
	if (rc == 0 && conf->auto6)
		rc = xn_host_put(
			step,
			xn_model_link_named(step->model,
					    xn_planeconf_host_link(conf)),
			XN_NOTE_ACCEPT_RA, 0, ACCEPT_RA_ALWAYS);
	return rc;
}

int xn_host_set_bridge(const struct xn_host_step *step, bool fresh)
{
	struct xn_model_link *bridge =
		xn_model_link_named(step->model, step->conf->name);
	int rc = set_link(step, bridge);

	if (rc == 0)
		rc = set_numbers(step, bridge);
	if (rc == 0 && (fresh || step->conf->stp))
		rc = mend_delay(step, bridge);
	if (rc == 0)
		rc = set_port(step);
	if (rc == 0)
		rc = set_vlan_filtering(step, bridge);
	if (rc == 0)
		xn_host_unput(step);
	return rc;
}
