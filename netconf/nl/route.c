/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6 routes by rtnetlink. */
#include "netconf/nl/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/request.h"
#include "netconf/nl/route_parse.h"

#define ROUTES_MAX (1U << 20)

static int dump_route(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_route route;
	int rc;

	if (header->nlmsg_type != RTM_NEWROUTE)
		return 0;
	rc = xn_route_parse(header, bytes, &route);
	if (rc <= 0)
		return rc;
	return xn_array_put(arg, &route);
}

int xn_route_dump(struct xn_nl *nl, uint8_t family,
		  struct xn_route_table *ret_table, struct xn_err *err)
{
	struct xn_array routes = {.item_bytes = sizeof(struct xn_route),
				  .count_max = ROUTES_MAX};
	struct xn_nl_request request;
	struct rtmsg *info =
		xn_nl_request_init(&request, RTM_GETROUTE, 0, sizeof(*info));
	int rc;

	info->rtm_family = family;
	rc = xn_nl_dump_array(nl, &request, dump_route, &routes, err);
	if (rc < 0) {
		xn_err_prefix(err, "list routes");
		return rc;
	}
	ret_table->route = routes.items;
	ret_table->count = routes.count;
	return 0;
}

void xn_route_table_fini(struct xn_route_table *table)
{
	free(table->route);
	table->route = NULL;
	table->count = 0;
}

static void put_hops(struct xn_nl_request *request,
		     const struct xn_route *route)
{
	struct nlattr *nest = xn_nl_nest(request, RTA_MULTIPATH);

	for (uint8_t i = 0; i < route->hop_count && i < XN_HOPS_MAX; i++) {
		const struct xn_hop *hop = &route->hop[i];
		uint32_t before = request->header->nlmsg_len;
		struct rtnexthop *wire =
			xn_nl_put_header(request, sizeof(*wire));

		wire->rtnh_ifindex = hop->ifindex;
		wire->rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0;
		wire->rtnh_hops =
			(uint8_t)(hop->weight > 0 ? hop->weight - 1 : 0);
		if (hop->has_gateway)
			xn_nl_put(request, RTA_GATEWAY, hop->gateway,
				  xn_ip_bytes(route->family));
		if (!request->full)
			wire->rtnh_len =
				(unsigned short)(request->header->nlmsg_len -
						 before);
	}
	xn_nl_nest_end(request, nest);
}

static void put_values(struct xn_nl_request *request,
		       const struct xn_route *route)
{
	struct nlattr *nest = NULL;

	for (uint16_t i = 1; i < XN_ROUTE_METRICS; i++) {
		if (route->value[i] == 0)
			continue;
		if (!nest)
			nest = xn_nl_nest(request, RTA_METRICS);
		xn_nl_put_u32(request, i, route->value[i]);
	}
	xn_nl_nest_end(request, nest);
}

static void put_route(struct xn_nl_request *request,
		      const struct xn_route *route)
{
	size_t bytes = xn_ip_bytes(route->family);

	if (route->prefix_length > 0)
		xn_nl_put(request, RTA_DST, route->destination, bytes);
	if (route->has_gateway)
		xn_nl_put(request, RTA_GATEWAY, route->gateway, bytes);
	if (route->has_source)
		xn_nl_put(request, RTA_PREFSRC, route->source, bytes);
	if (route->ifindex > 0)
		xn_nl_put_u32(request, RTA_OIF, (uint32_t)route->ifindex);
	if (route->metric > 0)
		xn_nl_put_u32(request, RTA_PRIORITY, route->metric);
	xn_nl_put_u32(request, RTA_TABLE,
		      route->table ? route->table : RT_TABLE_MAIN);
	if (route->flow != 0)
		xn_nl_put_u32(request, RTA_FLOW, route->flow);
	if (route->expires_s != 0)
		xn_nl_put_u32(request, RTA_EXPIRES, route->expires_s);
	if (route->preference != 0)
		xn_nl_put_u8(request, RTA_PREF, route->preference);
	if (route->hop_count > 0)
		put_hops(request, route);
	put_values(request, route);
}

static int change_route(struct xn_nl *nl, uint16_t type, uint16_t flags,
			const struct xn_route *route, const char *words,
			struct xn_err *err)
{
	char text[INET6_ADDRSTRLEN] = "?";
	struct xn_nl_request request;
	struct rtmsg *info =
		xn_nl_request_init(&request, type, flags, sizeof(*info));
	int rc;

	if (xn_ip_bytes(route->family) == 0)
		return xn_fail(err, EAFNOSUPPORT, "%s route: family %u", words,
			       route->family);
	info->rtm_family = route->family;
	info->rtm_dst_len = route->prefix_length;
	info->rtm_tos = route->tos;
	info->rtm_type = route->type ? route->type : RTN_UNICAST;
	info->rtm_protocol = route->protocol ? route->protocol : RTPROT_STATIC;
	info->rtm_scope = route->scope;
	info->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
	put_route(&request, route);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s route to %s/%u", words,
			      inet_ntop(route->family, route->destination, text,
					sizeof(text)),
			      route->prefix_length);
	return rc;
}

int xn_route_add(struct xn_nl *nl, const struct xn_route *route,
		 struct xn_err *err)
{
	return change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route,
			    "add", err);
}

int xn_route_append(struct xn_nl *nl, const struct xn_route *route,
		    struct xn_err *err)
{
	return change_route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND,
			    route, "add", err);
}

int xn_route_delete(struct xn_nl *nl, const struct xn_route *route,
		    struct xn_err *err)
{
	return change_route(nl, RTM_DELROUTE, 0, route, "delete", err);
}
