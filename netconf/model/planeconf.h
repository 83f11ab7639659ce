/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_PLANECONF_H
#define XN_MODEL_PLANECONF_H
/*
 * What xenplane.conf says: the bridges that are wanted, and what vifs may do.
 * It is what was written and no more; what is not said is left to whoever
 * makes a plane of it. netconf/parse/planeconf.h reads it, and refuses what
 * contradicts itself.
 *
 * Pure values; any thread. Memory: the planeconf owns its arrays.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/mac.h"
#include "netconf/model/acl.h"
#include "netconf/model/dhcp.h"
#include "netconf/model/nat.h"
#include "netconf/model/place.h"
#include "netconf/model/settings.h"

#define XN_PLANECONF_BRIDGES_MAX 256u
#define XN_PLANECONF_VIFS_MAX 4096u
#define XN_PLANECONF_FILES_MAX 64u
#define XN_PLANECONF_ADDRESSES_MAX 16u
#define XN_PLANECONF_VIFNUM_MAX 255u
#define XN_PLANECONF_GATEWAYS_MAX 2u /* one of each family */
#define XN_PLANECONF_PREFIXES_MAX 16u

/* The keys of [bridge NAME] besides those of vifs, in the order in which
 * people read them. */
enum xn_conf_key {
	XN_CONF_MODE,
	XN_CONF_NETDEV,
	XN_CONF_STYLE,
	XN_CONF_VIFNUM,
	XN_CONF_ADDRESS,
	XN_CONF_GATEWAY,
	XN_CONF_PREFIX,
	XN_CONF_MAC,
	XN_CONF_MTU,
	XN_CONF_STP,
	XN_CONF_STP_PRIORITY,
	XN_CONF_FORWARD_DELAY,
	XN_CONF_HELLO_TIME,
	XN_CONF_MAX_AGE,
	XN_CONF_AGEING,
	XN_CONF_NETDEV_COST,
	XN_CONF_NETDEV_PRIORITY,
	XN_CONF_MULTICAST_SNOOPING,
	XN_CONF_MULTICAST_QUERIER,
	XN_CONF_VLAN_FILTERING,
	XN_CONF_VLAN_DEFAULT_PVID,
	XN_CONF_UPLINK_RATE,
	XN_CONF_UPLINK_RATE_IN,
	XN_CONF_MASQUERADE,
	XN_CONF_NAT6,
	XN_CONF_CONNECTIONS,
	XN_CONF_FORWARD,    /* may be said again */
	XN_CONF_ONE_TO_ONE, /* may be said again */
	XN_CONF_DHCP,
	XN_CONF_LEASE_TIME,
	XN_CONF_RA,
	XN_CONF_DNS,
	XN_CONF_DOMAIN,
	XN_CONF_KEY_COUNT,
};
#define XN_CONF_BIT(key) (UINT64_C(1) << (unsigned int)(key))

enum xn_conf_mode {
	XN_CONF_BRIDGED, /* guests are on the netdev's network, or on none */
	XN_CONF_NAT,	 /* the bridge's addresses are the guests' gateways */
	XN_CONF_ROUTED,	 /* no bridge: the name stands for a group of vifs */
};

/* What becomes of the netdev. */
enum xn_conf_style {
	XN_CONF_PLAIN, /* a port; the bridge has its addresses */
	XN_CONF_OLD,   /* network-bridge up to Xen 3.1: a port as pNETDEV, and
			* a pair of veth devices, one of which is NETDEV */
	XN_CONF_NEW, /* network-bridge later: a port as pNETDEV; the bridge has
		      * the NIC's name */
};

struct xn_planeconf_bridge {
	char name[IFNAMSIZ];
	struct xn_conf_place section;
	/* A value counts when its XN_CONF_BIT() is in `said`. */
	uint64_t said;
	struct xn_conf_place place[XN_CONF_KEY_COUNT]; /* of the value */
	enum xn_conf_mode mode;
	enum xn_conf_style style;
	char netdev[IFNAMSIZ]; /* with XN_CONF_ROUTED: the way out */
	uint32_t vifnum;
	bool dhcp;  /* address: from a DHCP server */
	bool dhcp6; /* address: from a DHCPv6 server */
	bool auto6; /* address: from router advertisements */
	uint32_t address_count;
	/* With the host's bits, unlike a vif's. */
	struct xn_address address[XN_PLANECONF_ADDRESSES_MAX];
	uint32_t gateway_count;
	struct xn_address gateway[XN_PLANECONF_GATEWAYS_MAX];
	/* With XN_CONF_ROUTED: guests' addresses are in these; none: any. */
	uint32_t prefix_count;
	struct xn_address prefix[XN_PLANECONF_PREFIXES_MAX];
	struct xn_mac mac;
	uint32_t mtu; /* bytes */
	bool stp;
	uint32_t stp_priority;
	uint32_t forward_delay_cs, hello_time_cs, max_age_cs; /* 1/100 s */
	uint32_t ageing_cs;
	uint32_t netdev_cost, netdev_priority;
	bool multicast_snooping, multicast_querier;
	bool vlan_filtering;
	uint32_t vlan_default_pvid; /* 0: none */
	/* Of the netdev, which the vifs share; bytes a second, 0: not said. */
	uint64_t uplink_rate, uplink_rate_in;
	struct xn_conf_nat nat;		 /* with XN_CONF_NAT */
	struct xn_conf_dhcp dhcp_server; /* for guests */
	struct xn_settings vifs;	 /* for the vifs on it */
};

struct xn_planeconf_vif {
	char name[IFNAMSIZ]; /* "": it is known by its address */
	struct xn_mac mac;
	struct xn_conf_place section;
	struct xn_settings settings;
};

struct xn_planeconf {
	bool has_defaults;
	struct xn_conf_place defaults_section;
	struct xn_settings defaults;
	uint32_t bridge_count, vif_count, file_count;
	struct xn_planeconf_bridge *bridge;
	struct xn_planeconf_vif *vif;
	uint32_t acl_count, acl_room;
	struct xn_acl *acl;
	char *file[XN_PLANECONF_FILES_MAX]; /* the places' names */
};

/* Accepts NULL, and what is zero. */
void xn_planeconf_destroy(struct xn_planeconf *conf);

const char *xn_conf_key_name(enum xn_conf_key key); /* "forward-delay" */
const char *xn_conf_mode_name(enum xn_conf_mode mode);
const char *xn_conf_style_name(enum xn_conf_style style);

/* NULL: there is none of that name. */
const struct xn_acl *xn_planeconf_acl(const struct xn_planeconf *conf,
				      const char *name);

/* With style = old: what is said, else N of a netdev ethN, else 0. */
uint32_t xn_planeconf_vifnum(const struct xn_planeconf_bridge *bridge);
/* The name of the link that has the host's addresses. */
const char *xn_planeconf_host_link(const struct xn_planeconf_bridge *bridge);

static inline bool xn_planeconf_says(const struct xn_planeconf_bridge *bridge,
				     enum xn_conf_key key)
{
	return bridge->said & XN_CONF_BIT(key);
}

#endif
