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

static void set(struct xn_link_settings *settings, uint16_t attr,
		uint32_t value)
{
	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr) {
			settings->setting[i].value = value;
			return;
		}
	}
	if (settings->count < XN_NL_SETTINGS_MAX)
		settings->setting[settings->count++] =
			(struct xn_nl_setting){attr, value};
}

/* Keys that are an attribute with their own value. */
static void set_numbers(const struct xn_planeconf_bridge *conf,
			struct xn_link_settings *settings)
{
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

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (xn_planeconf_says(conf, rows[i].key))
			set(settings, rows[i].attr, rows[i].value);
	}
}

/* A new bridge waits for nothing; the kernel refuses that with STP. */
static void mend_delay(const struct xn_planeconf_bridge *conf,
		       struct xn_link_settings *settings)
{
	const struct xn_nl_setting *stp = find(settings, IFLA_BR_STP_STATE);
	const struct xn_nl_setting *delay =
		find(settings, IFLA_BR_FORWARD_DELAY);

	if (stp && stp->value == 1 && delay &&
	    delay->value < FORWARD_DELAY_MIN_CS &&
	    !xn_planeconf_says(conf, XN_CONF_FORWARD_DELAY))
		set(settings, IFLA_BR_FORWARD_DELAY, FORWARD_DELAY_DEFAULT_CS);
}

static int set_vlan_filtering(const struct xn_host_step *step,
			      struct xn_link_settings *settings)
{
	const struct xn_planeconf_bridge *conf = step->conf;

	if (!xn_planeconf_says(conf, XN_CONF_VLAN_FILTERING))
		return 0;
	if (step->host->vlan_filtering)
		set(settings, IFLA_BR_VLAN_FILTERING, conf->vlan_filtering);
	else if (conf->vlan_filtering)
		return xn_fail(step->err, EOPNOTSUPP,
			       "vlan-filtering=on: this kernel's bridges "
			       "cannot filter VLANs "
			       "(CONFIG_BRIDGE_VLAN_FILTERING)");
	return 0;
}

static void set_port(const struct xn_host_step *step)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	struct xn_model_link *nic =
		xn_host_port(step->model, conf->netdev, conf->style);

	if (!nic)
		return;
	if (xn_planeconf_says(conf, XN_CONF_NETDEV_COST))
		set(&nic->port, IFLA_BRPORT_COST, conf->netdev_cost);
	if (xn_planeconf_says(conf, XN_CONF_NETDEV_PRIORITY))
		set(&nic->port, IFLA_BRPORT_PRIORITY, conf->netdev_priority);
}

/* All that the host's frames pass. */
static void set_mtu(const struct xn_host_step *step,
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

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i])
			links[i]->mtu = conf->mtu;
	}
}

int xn_host_set_bridge(const struct xn_host_step *step, bool fresh)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	struct xn_model_link *bridge =
		xn_model_link_named(step->model, conf->name);

	if (xn_planeconf_says(conf, XN_CONF_MAC))
		bridge->mac = conf->mac;
	if (xn_planeconf_says(conf, XN_CONF_MTU))
		set_mtu(step, bridge);
	if (conf->auto6)
		xn_model_link_named(step->model, xn_planeconf_host_link(conf))
			->accept_ra = ACCEPT_RA_ALWAYS;
	set_numbers(conf, &bridge->bridge);
	if (fresh || conf->stp)
		mend_delay(conf, &bridge->bridge);
	if (conf->netdev[0])
		set_port(step);
	return set_vlan_filtering(step, &bridge->bridge);
}
