/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges and ports. One table per object says which attribute is which
 * member, how wide it is on the wire and whether it can be set; reading and
 * setting both go by it.
 *
 * Ports are set with a link request (slave data of kind "bridge"): the bridge
 * family's own request is silently without effect for some attributes.
 */
#include "netconf/nl/bridge.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/bridge_parse.h"
#include "netconf/nl/link.h"
#include "netconf/nl/request.h"

/* Younger than the headers of Debian 12 (linux/if_link.h of 6.18). */
enum {
	BR_FDB_N_LEARNED = 48,
	BR_FDB_MAX_LEARNED = 49,
	BRPORT_MAB = 40,
	BRPORT_MCAST_N_GROUPS = 41,
	BRPORT_MCAST_MAX_GROUPS = 42,
	BRPORT_NEIGH_VLAN_SUPPRESS = 43,
	BRPORT_BACKUP_NHID = 44,
};

#define BR(attr, kind, settable, member)                                 \
	{                                                                \
		attr, kind, settable, offsetof(struct xn_bridge, member) \
	}
#define PORT(attr, kind, settable, member)                               \
	{                                                                \
		attr, kind, settable, offsetof(struct xn_brport, member) \
	}
#define SEEN(attr)                          \
	{                                   \
		attr, XN_NL_KNOWN, false, 0 \
	}

static const struct xn_nl_field bridge_field[] = {
	BR(IFLA_BR_FORWARD_DELAY, XN_NL_U32, true, forward_delay_cs),
	BR(IFLA_BR_HELLO_TIME, XN_NL_U32, true, hello_time_cs),
	BR(IFLA_BR_MAX_AGE, XN_NL_U32, true, max_age_cs),
	BR(IFLA_BR_AGEING_TIME, XN_NL_U32, true, ageing_time_cs),
	BR(IFLA_BR_STP_STATE, XN_NL_U32, true, stp_state),
	BR(IFLA_BR_PRIORITY, XN_NL_U16, true, priority),
	BR(IFLA_BR_VLAN_FILTERING, XN_NL_BOOL, true, vlan_filtering),
	BR(IFLA_BR_VLAN_PROTOCOL, XN_NL_U16_BE, false, vlan_protocol),
	BR(IFLA_BR_VLAN_DEFAULT_PVID, XN_NL_U16, true, vlan_default_pvid),
	BR(IFLA_BR_GROUP_FWD_MASK, XN_NL_U16, true, group_fwd_mask),
	BR(IFLA_BR_GROUP_ADDR, XN_NL_MAC, false, group_addr),
	BR(IFLA_BR_TOPOLOGY_CHANGE, XN_NL_BOOL, false, topology_change),
	BR(IFLA_BR_TOPOLOGY_CHANGE_DETECTED, XN_NL_BOOL, false,
	   topology_change_detected),
	BR(IFLA_BR_ROOT_ID, XN_NL_BYTES8, false, root_id),
	BR(IFLA_BR_BRIDGE_ID, XN_NL_BYTES8, false, bridge_id),
	BR(IFLA_BR_ROOT_PORT, XN_NL_U16, false, root_port),
	BR(IFLA_BR_ROOT_PATH_COST, XN_NL_U32, false, root_path_cost),
	BR(IFLA_BR_HELLO_TIMER, XN_NL_U64, false, hello_timer_cs),
	BR(IFLA_BR_TCN_TIMER, XN_NL_U64, false, tcn_timer_cs),
	BR(IFLA_BR_TOPOLOGY_CHANGE_TIMER, XN_NL_U64, false,
	   topology_change_timer_cs),
	BR(IFLA_BR_GC_TIMER, XN_NL_U64, false, gc_timer_cs),
	BR(IFLA_BR_MCAST_ROUTER, XN_NL_U8, true, mcast_router),
	BR(IFLA_BR_MCAST_SNOOPING, XN_NL_BOOL, true, mcast_snooping),
	BR(IFLA_BR_MCAST_QUERIER, XN_NL_BOOL, true, mcast_querier),
	BR(IFLA_BR_NF_CALL_IPTABLES, XN_NL_BOOL, true, nf_call_iptables),
	BR(IFLA_BR_NF_CALL_IP6TABLES, XN_NL_BOOL, true, nf_call_ip6tables),
	BR(IFLA_BR_NF_CALL_ARPTABLES, XN_NL_BOOL, true, nf_call_arptables),
	BR(BR_FDB_MAX_LEARNED, XN_NL_U32, false, fdb_max_learned),
	/* The options' values come first, their mask after. */
	BR(IFLA_BR_MULTI_BOOLOPT, XN_NL_U32_FIRST, false, boolopt),
	SEEN(IFLA_BR_MCAST_QUERY_USE_IFADDR),
	SEEN(IFLA_BR_MCAST_HASH_ELASTICITY),
	SEEN(IFLA_BR_MCAST_HASH_MAX),
	SEEN(IFLA_BR_MCAST_LAST_MEMBER_CNT),
	SEEN(IFLA_BR_MCAST_STARTUP_QUERY_CNT),
	SEEN(IFLA_BR_MCAST_LAST_MEMBER_INTVL),
	SEEN(IFLA_BR_MCAST_MEMBERSHIP_INTVL),
	SEEN(IFLA_BR_MCAST_QUERIER_INTVL),
	SEEN(IFLA_BR_MCAST_QUERY_INTVL),
	SEEN(IFLA_BR_MCAST_QUERY_RESPONSE_INTVL),
	SEEN(IFLA_BR_MCAST_STARTUP_QUERY_INTVL),
	SEEN(IFLA_BR_PAD),
	SEEN(IFLA_BR_VLAN_STATS_ENABLED),
	SEEN(IFLA_BR_VLAN_STATS_PER_PORT),
	SEEN(IFLA_BR_MCAST_STATS_ENABLED),
	SEEN(IFLA_BR_MCAST_IGMP_VERSION),
	SEEN(IFLA_BR_MCAST_MLD_VERSION),
	SEEN(IFLA_BR_MCAST_QUERIER_STATE),
	SEEN(BR_FDB_N_LEARNED),
};

static const struct xn_nl_field port_field[] = {
	PORT(IFLA_BRPORT_STATE, XN_NL_U8, true, state),
	PORT(IFLA_BRPORT_PRIORITY, XN_NL_U16, true, priority),
	PORT(IFLA_BRPORT_COST, XN_NL_U32, true, cost),
	PORT(IFLA_BRPORT_NO, XN_NL_U16, false, number),
	PORT(IFLA_BRPORT_ID, XN_NL_U16, false, id),
	PORT(IFLA_BRPORT_ROOT_ID, XN_NL_BYTES8, false, designated_root),
	PORT(IFLA_BRPORT_BRIDGE_ID, XN_NL_BYTES8, false, designated_bridge),
	PORT(IFLA_BRPORT_DESIGNATED_PORT, XN_NL_U16, false, designated_port),
	PORT(IFLA_BRPORT_DESIGNATED_COST, XN_NL_U16, false, designated_cost),
	PORT(IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, XN_NL_BOOL, false,
	     topology_change_ack),
	PORT(IFLA_BRPORT_CONFIG_PENDING, XN_NL_BOOL, false, config_pending),
	PORT(IFLA_BRPORT_MESSAGE_AGE_TIMER, XN_NL_U64, false,
	     message_age_timer_cs),
	PORT(IFLA_BRPORT_FORWARD_DELAY_TIMER, XN_NL_U64, false,
	     forward_delay_timer_cs),
	PORT(IFLA_BRPORT_HOLD_TIMER, XN_NL_U64, false, hold_timer_cs),
	PORT(IFLA_BRPORT_ISOLATED, XN_NL_BOOL, true, isolated),
	PORT(IFLA_BRPORT_MODE, XN_NL_BOOL, true, hairpin),
	PORT(IFLA_BRPORT_GUARD, XN_NL_BOOL, true, bpdu_guard),
	PORT(IFLA_BRPORT_PROTECT, XN_NL_BOOL, true, root_block),
	PORT(IFLA_BRPORT_FAST_LEAVE, XN_NL_BOOL, true, fast_leave),
	PORT(IFLA_BRPORT_LEARNING, XN_NL_BOOL, true, learning),
	PORT(IFLA_BRPORT_UNICAST_FLOOD, XN_NL_BOOL, true, unicast_flood),
	PORT(IFLA_BRPORT_MCAST_FLOOD, XN_NL_BOOL, true, mcast_flood),
	PORT(IFLA_BRPORT_BCAST_FLOOD, XN_NL_BOOL, true, bcast_flood),
	PORT(IFLA_BRPORT_MCAST_TO_UCAST, XN_NL_BOOL, true, mcast_to_unicast),
	PORT(IFLA_BRPORT_MULTICAST_ROUTER, XN_NL_U8, true, mcast_router),
	PORT(IFLA_BRPORT_PROXYARP, XN_NL_BOOL, true, proxyarp),
	PORT(IFLA_BRPORT_PROXYARP_WIFI, XN_NL_BOOL, true, proxyarp_wifi),
	PORT(IFLA_BRPORT_NEIGH_SUPPRESS, XN_NL_BOOL, true, neigh_suppress),
	PORT(BRPORT_NEIGH_VLAN_SUPPRESS, XN_NL_BOOL, false,
	     neigh_vlan_suppress),
	PORT(IFLA_BRPORT_VLAN_TUNNEL, XN_NL_BOOL, true, vlan_tunnel),
	PORT(IFLA_BRPORT_LOCKED, XN_NL_BOOL, true, locked),
	PORT(BRPORT_MAB, XN_NL_BOOL, false, mab),
	PORT(IFLA_BRPORT_GROUP_FWD_MASK, XN_NL_U16, true, group_fwd_mask),
	PORT(IFLA_BRPORT_BACKUP_PORT, XN_NL_IFINDEX, false, backup_port),
	PORT(BRPORT_BACKUP_NHID, XN_NL_U32, false, backup_nhid),
	PORT(BRPORT_MCAST_MAX_GROUPS, XN_NL_U32, false, mcast_max_groups),
	SEEN(IFLA_BRPORT_LEARNING_SYNC),
	SEEN(IFLA_BRPORT_PAD),
	SEEN(IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT),
	SEEN(IFLA_BRPORT_MCAST_EHT_HOSTS_CNT),
	SEEN(BRPORT_MCAST_N_GROUPS),
};

static const struct xn_nl_fields bridge_fields = {
	bridge_field, sizeof(bridge_field) / sizeof(bridge_field[0])};
static const struct xn_nl_fields port_fields = {
	port_field, sizeof(port_field) / sizeof(port_field[0])};

int xn_bridge_parse(const struct nlattr *data, struct xn_bridge *ret_bridge)
{
	struct xn_bridge bridge = {0};
	int rc = xn_nl_read_fields(data, &bridge_fields, &bridge,
				   &bridge.unknown_attr);

	if (rc == 0)
		*ret_bridge = bridge;
	return rc;
}

int xn_brport_parse(const struct nlattr *data, struct xn_brport *ret_port)
{
	struct xn_brport port = {0};
	int rc = xn_nl_read_fields(data, &port_fields, &port,
				   &port.unknown_attr);

	if (rc == 0)
		*ret_port = port;
	return rc;
}

/* IFLA_LINKINFO { kind "bridge", data { settings } }. */
static int put_linkinfo(struct xn_nl_request *request, uint16_t kind_attr,
			uint16_t data_attr, const struct xn_nl_fields *fields,
			const struct xn_nl_setting *settings, size_t count,
			struct xn_err *err)
{
	struct nlattr *info = xn_nl_nest(request, IFLA_LINKINFO);
	struct nlattr *data;
	int rc;

	xn_nl_put_text(request, kind_attr, "bridge");
	data = xn_nl_nest(request, data_attr);
	rc = xn_nl_put_settings(request, fields, settings, count, err);
	xn_nl_nest_end(request, data);
	xn_nl_nest_end(request, info);
	return rc;
}

static uint32_t field_value(const struct xn_nl_field *field, const void *object)
{
	const void *member = (const uint8_t *)object + field->offset;

	switch ((enum xn_nl_kind)field->kind) {
	case XN_NL_BOOL:
		return *(const bool *)member;
	case XN_NL_U8:
		return *(const uint8_t *)member;
	case XN_NL_U16:
		return *(const uint16_t *)member;
	case XN_NL_U32:
		return *(const uint32_t *)member;
	case XN_NL_U64:
	case XN_NL_BYTES8:
	case XN_NL_U16_BE:
	case XN_NL_U32_FIRST:
	case XN_NL_IFINDEX:
	case XN_NL_MAC:
	case XN_NL_KNOWN:
		return 0;
	}
	return 0;
}

static size_t list_settings(const struct xn_nl_fields *fields, uint16_t but_not,
			    const void *object,
			    struct xn_nl_setting ret[XN_NL_SETTINGS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < fields->count; i++) {
		const struct xn_nl_field *field = &fields->field[i];

		if (!field->settable || field->attr == but_not ||
		    count == XN_NL_SETTINGS_MAX)
			continue;
		ret[count].attr = field->attr;
		ret[count].value = field_value(field, object);
		count++;
	}
	return count;
}

size_t xn_bridge_settings(const struct xn_bridge *bridge,
			  struct xn_nl_setting ret[XN_NL_SETTINGS_MAX])
{
	return list_settings(&bridge_fields, 0, bridge, ret);
}

size_t xn_brport_settings(const struct xn_brport *port,
			  struct xn_nl_setting ret[XN_NL_SETTINGS_MAX])
{
	return list_settings(&port_fields, IFLA_BRPORT_STATE, port, ret);
}

int xn_bridge_create_as(struct xn_nl *nl, const struct xn_bridge_birth *birth,
			struct xn_err *err)
{
	struct xn_nl_request request;
	struct ifinfomsg *info =
		xn_nl_request_init(&request, RTM_NEWLINK,
				   NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));
	int rc;

	if (!xn_link_name_valid(birth->name))
		return xn_fail(err, EINVAL,
			       "create bridge: \"%s\" is not a valid name",
			       birth->name);
	info->ifi_index = birth->ifindex;
	xn_nl_put_text(&request, IFLA_IFNAME, birth->name);
	if (!xn_mac_is_zero(&birth->mac))
		xn_nl_put(&request, IFLA_ADDRESS, birth->mac.octet,
			  XN_MAC_BYTES);
	xn_nl_put_u32(&request, IFLA_MTU, birth->mtu);
	rc = put_linkinfo(&request, IFLA_INFO_KIND, IFLA_INFO_DATA,
			  &bridge_fields, birth->settings, birth->count, err);
	if (rc == 0)
		rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "create bridge %s", birth->name);
	return rc;
}

int xn_bridge_create(struct xn_nl *nl, const char *name,
		     const struct xn_nl_setting *settings, size_t count,
		     struct xn_err *err)
{
	struct xn_nl_request request;
	int rc;

	if (!xn_link_name_valid(name))
		return xn_fail(err, EINVAL,
			       "create bridge: \"%s\" is not a valid name",
			       name);
	xn_nl_request_init(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
			   sizeof(struct ifinfomsg));
	xn_nl_put_text(&request, IFLA_IFNAME, name);
	rc = put_linkinfo(&request, IFLA_INFO_KIND, IFLA_INFO_DATA,
			  &bridge_fields, settings, count, err);
	if (rc == 0)
		rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "create bridge %s", name);
	return rc;
}

static int set_on_link(struct xn_nl *nl, int ifindex, bool port,
		       const struct xn_nl_setting *settings, size_t count,
		       struct xn_err *err)
{
	struct xn_nl_request request;
	struct ifinfomsg *link =
		xn_nl_request_init(&request, RTM_NEWLINK, 0, sizeof(*link));
	int rc;

	link->ifi_index = ifindex;
	rc = put_linkinfo(
		&request, port ? IFLA_INFO_SLAVE_KIND : IFLA_INFO_KIND,
		port ? IFLA_INFO_SLAVE_DATA : IFLA_INFO_DATA,
		port ? &port_fields : &bridge_fields, settings, count, err);
	if (rc == 0)
		rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "set %s attributes of link %d",
			      port ? "port" : "bridge", ifindex);
	return rc;
}

int xn_bridge_set(struct xn_nl *nl, int ifindex,
		  const struct xn_nl_setting *settings, size_t count,
		  struct xn_err *err)
{
	return set_on_link(nl, ifindex, false, settings, count, err);
}

int xn_brport_set(struct xn_nl *nl, int ifindex,
		  const struct xn_nl_setting *settings, size_t count,
		  struct xn_err *err)
{
	return set_on_link(nl, ifindex, true, settings, count, err);
}
