/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes by gateways that nothing leads to any more, as after the removal of
 * an address. They work, but the kernel takes no new one: for as long as it
 * takes to move them there is a route to the gateway. One that is really new
 * is for the kernel to refuse. Pure.
 */
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netconf/model/fields.h"
#include "netconf/plan/differ.h"

#define HELPER_METRIC 1024U

static bool in_network(const uint8_t *address, const uint8_t *network,
		       unsigned int bits)
{
	unsigned int rest = bits % 8;

	if (memcmp(address, network, bits / 8) != 0)
		return false;
	return rest == 0 ||
	       ((address[bits / 8] ^ network[bits / 8]) >> (8 - rest)) == 0;
}

static bool is_link_local(uint8_t family, const uint8_t *address)
{
	return family == AF_INET6 && address[0] == 0xfe &&
	       (address[1] & 0xc0) == 0x80;
}

/* Whether a network of the link that is wanted has the gateway. */
static bool is_led_to(const struct xn_model *wanted, uint8_t family,
		      int ifindex, const uint8_t *gateway)
{
	for (size_t i = 0; i < xn_model_count(wanted, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(wanted, XN_ADDR, i);

		if (addr->ifindex == ifindex && addr->family == family &&
		    !(addr->flags & IFA_F_NOPREFIXROUTE) &&
		    in_network(gateway,
			       addr->has_peer ? addr->peer : addr->address,
			       addr->prefix_length))
			return true;
	}
	for (size_t i = 0; i < xn_model_count(wanted, XN_ROUTE); i++) {
		const struct xn_route *route = xn_model_at(wanted, XN_ROUTE, i);

		if (route->ifindex == ifindex && route->family == family &&
		    !route->has_gateway && route->table == RT_TABLE_MAIN &&
		    in_network(gateway, route->destination,
			       route->prefix_length))
			return true;
	}
	return false;
}

static bool is_by(const struct xn_route *route, uint8_t family,
		  const uint8_t *gateway)
{
	if (route->family != family)
		return false;
	if (route->has_gateway &&
	    memcmp(route->gateway, gateway, sizeof(route->gateway)) == 0)
		return true;
	for (uint8_t i = 0; i < route->hop_count; i++) {
		if (route->hop[i].has_gateway &&
		    memcmp(route->hop[i].gateway, gateway,
			   sizeof(route->hop[i].gateway)) == 0)
			return true;
	}
	return false;
}

static bool is_in_use(const struct xn_differ *d, uint8_t family,
		      const uint8_t *gateway)
{
	for (size_t i = 0; i < xn_model_count(d->observed, XN_ROUTE); i++) {
		if (is_by(xn_model_at(d->observed, XN_ROUTE, i), family,
			  gateway))
			return true;
	}
	return d->wanted->was;
}

static bool is_emitted(const struct xn_differ *d, const struct xn_route *helper)
{
	for (size_t i = 0; i < d->plan.count; i++) {
		const struct xn_op *op = &d->plan.op[i];

		if (xn_op_is_helper(op) &&
		    xn_same_key(XN_ROUTE,
				op->verb == XN_ADD ? &op->after : &op->before,
				helper))
			return true;
	}
	return false;
}

static int emit_helper(struct xn_differ *d, uint8_t family, int ifindex,
		       const uint8_t *gateway)
{
	struct xn_route helper;
	struct xn_op op;
	int rc;

	memset(&helper, 0, sizeof(helper));
	helper.family = family;
	helper.ifindex = ifindex;
	helper.prefix_length = (uint8_t)(8 * xn_ip_bytes(family));
	memcpy(helper.destination, gateway, sizeof(helper.destination));
	helper.table = RT_TABLE_MAIN;
	helper.type = RTN_UNICAST;
	helper.protocol = RTPROT_STATIC;
	helper.metric = HELPER_METRIC;
	helper.scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	if (is_emitted(d, &helper))
		return 0;
	op = xn_differ_op(XN_ADD, XN_ROUTE, NULL, &helper, XN_COST_RECREATE);
	rc = xn_differ_emit(d, &op, XN_STEP_MOVE, XN_RANK_ROUTE_LINK, ifindex);
	if (rc < 0)
		return rc;
	op = xn_differ_op(XN_DELETE, XN_ROUTE, &helper, NULL, XN_COST_RECREATE);
	return xn_differ_emit(d, &op, XN_STEP_MOVE, XN_RANK_ROUTE_HELPER,
			      ifindex);
}

static int lead(struct xn_differ *d, const struct xn_route *route, int ifindex,
		const uint8_t *gateway)
{
	if (ifindex == 0 || is_link_local(route->family, gateway) ||
	    is_led_to(d->wanted, route->family, ifindex, gateway) ||
	    !is_in_use(d, route->family, gateway))
		return 0;
	return emit_helper(d, route->family, ifindex, gateway);
}

int xn_differ_lead(struct xn_differ *d, const struct xn_route *route)
{
	int rc = 0;

	if (route->has_gateway && !route->onlink)
		rc = lead(d, route, route->ifindex, route->gateway);
	for (uint8_t i = 0; i < route->hop_count && rc == 0; i++) {
		const struct xn_hop *hop = &route->hop[i];

		if (hop->has_gateway && !hop->onlink)
			rc = lead(d, route, hop->ifindex, hop->gateway);
	}
	return rc;
}
