/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about a route, to struct xn_route. Pure. */
#include "netconf/nl/route_parse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/answer.h"
#include "netconf/nl/attr.h"

#define CLOCK_TICKS_PER_S 100U /* USER_HZ */

_Static_assert(XN_ROUTE_METRICS == RTAX_MAX + 1, "all that the kernel has");

/* What attributes there are that struct xn_route does not hold. */
static bool has_more(const struct nlattr **table)
{
	static const uint16_t beyond[] = {
		RTA_IIF,  RTA_SRC,   RTA_VIA,	RTA_NEWDST,	   RTA_ENCAP,
		RTA_MARK, RTA_NH_ID, RTA_DPORT, RTA_TTL_PROPAGATE,
	};

	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		if (table[beyond[i]])
			return true;
	}
	return false;
}

static int parse_hop(const struct rtnexthop *wire, struct xn_route *route)
{
	const struct nlattr *table[RTA_MAX + 1] = {0};
	struct xn_hop hop = {.ifindex = wire->rtnh_ifindex,
			     .weight = (uint16_t)(wire->rtnh_hops + 1),
			     .onlink = (wire->rtnh_flags & RTNH_F_ONLINK) != 0,
			     .flags = wire->rtnh_flags};

	if (hop.ifindex < 0 ||
	    xn_nl_attrs(wire + 1, wire->rtnh_len - sizeof(*wire), table,
			RTA_MAX + 1) < 0 ||
	    xn_nl_read_bytes(table[RTA_GATEWAY], hop.gateway,
			     xn_ip_bytes(route->family)) < 0)
		return -EBADMSG;
	hop.has_gateway = table[RTA_GATEWAY];
	if (has_more(table) || route->hop_count == XN_HOPS_MAX) {
		route->has_more = true;
		return 0;
	}
	route->hop[route->hop_count++] = hop;
	return 0;
}

static int parse_hops(const struct nlattr *nest, struct xn_route *route)
{
	const uint8_t *at;
	size_t left;

	if (!nest)
		return 0;
	at = xn_nl_data(nest);
	left = xn_nl_bytes(nest);
	while (left > 0) {
		const struct rtnexthop *wire = (const void *)at;
		size_t step;

		if (left < sizeof(*wire) || wire->rtnh_len < sizeof(*wire) ||
		    wire->rtnh_len > left || parse_hop(wire, route) < 0)
			return -EBADMSG;
		step = NLMSG_ALIGN((size_t)wire->rtnh_len);
		if (step > left)
			step = left;
		at += step;
		left -= step;
	}
	return 0;
}

static int parse_values(const struct nlattr *nest, struct xn_route *route)
{
	const struct nlattr *table[RTAX_MAX + 8] = {0};

	if (xn_nl_nested(nest, table, RTAX_MAX + 8) < 0)
		return -EBADMSG;
	for (int i = 1; i < RTAX_MAX + 8; i++) {
		if (!table[i])
			continue;
		if (i >= XN_ROUTE_METRICS || i == RTAX_CC_ALGO)
			route->has_more = true;
		else if (xn_nl_read_u32(table[i], &route->value[i]) < 0)
			return -EBADMSG;
	}
	return 0;
}

/* When an IPv6 route ends. A negative number is one that has. */
static int parse_expiry(const struct nlattr *attr, struct xn_route *route)
{
	struct rta_cacheinfo info = {0};

	if (xn_nl_read_bytes(attr, &info, sizeof(info)) < 0)
		return -EBADMSG;
	if (info.rta_expires < 0)
		route->expires_s = 1;
	else if (info.rta_expires > 0)
		route->expires_s =
			(uint32_t)info.rta_expires / CLOCK_TICKS_PER_S + 1;
	return 0;
}

static int parse_attributes(const struct nlattr **table, struct xn_route *route)
{
	size_t bytes = xn_ip_bytes(route->family);

	if (xn_nl_read_bytes(table[RTA_DST], route->destination, bytes) < 0 ||
	    xn_nl_read_bytes(table[RTA_GATEWAY], route->gateway, bytes) < 0 ||
	    xn_nl_read_bytes(table[RTA_PREFSRC], route->source, bytes) < 0 ||
	    xn_nl_read_ifindex(table[RTA_OIF], &route->ifindex) < 0 ||
	    xn_nl_read_u32(table[RTA_PRIORITY], &route->metric) < 0 ||
	    xn_nl_read_u32(table[RTA_TABLE], &route->table) < 0 ||
	    xn_nl_read_u32(table[RTA_FLOW], &route->flow) < 0 ||
	    xn_nl_read_u8(table[RTA_PREF], &route->preference) < 0 ||
	    parse_hops(table[RTA_MULTIPATH], route) < 0 ||
	    parse_values(table[RTA_METRICS], route) < 0 ||
	    parse_expiry(table[RTA_CACHEINFO], route) < 0)
		return -EBADMSG;
	route->has_gateway = table[RTA_GATEWAY];
	route->has_source = table[RTA_PREFSRC];
	return 0;
}

int xn_route_parse(const struct nlmsghdr *header, size_t bytes,
		   struct xn_route *ret_route)
{
	const struct nlattr *table[RTA_MAX + 1] = {0};
	struct xn_route route = {0};
	struct rtmsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (xn_ip_bytes(info.rtm_family) == 0 ||
	    (info.rtm_flags & RTM_F_CLONED))
		return 0;
	if (info.rtm_dst_len > 8 * xn_ip_bytes(info.rtm_family))
		return -EBADMSG;
	route.family = info.rtm_family;
	route.prefix_length = info.rtm_dst_len;
	route.tos = info.rtm_tos;
	route.flags = info.rtm_flags;
	route.onlink = (info.rtm_flags & RTNH_F_ONLINK) != 0;
	route.table = info.rtm_table;
	route.type = info.rtm_type;
	route.protocol = info.rtm_protocol;
	route.scope = info.rtm_scope;
	if (xn_nl_attrs(payload, left, table, RTA_MAX + 1) < 0 ||
	    parse_attributes(table, &route) < 0)
		return -EBADMSG;
	if (info.rtm_src_len != 0 || has_more(table))
		route.has_more = true;
	*ret_route = route;
	return 1;
}
