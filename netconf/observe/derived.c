/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which routes the kernel makes by itself. Pure. */
#include "netconf/observe/derived.h"

#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

/* IP6_RT_PRIO_ADDRCONF: of a prefix route whose address names no metric. */
#define IPV6_PREFIX_METRIC 256U

/* The first `length` bits are the same. */
static bool same_network(const uint8_t *a, const uint8_t *b,
			 unsigned int length)
{
	unsigned int bytes = length / 8;
	unsigned int rest = length % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

static bool explains(const struct xn_addr *addr, const struct xn_route *route)
{
	const uint8_t *network = addr->has_peer ? addr->peer : addr->address;
	uint32_t metric = addr->metric;

	if (metric == 0 && addr->family == AF_INET6)
		metric = IPV6_PREFIX_METRIC;
	/* Such an IPv6 route goes at its own time, not with the address. */
	if (addr->family == AF_INET6 && addr->valid_s != UINT32_MAX)
		return false;
	return addr->ifindex == route->ifindex &&
	       addr->family == route->family &&
	       !(addr->flags & IFA_F_NOPREFIXROUTE) &&
	       addr->prefix_length == route->prefix_length &&
	       metric == route->metric && !route->has_gateway &&
	       same_network(network, route->destination, route->prefix_length);
}

bool xn_route_is_derived(const struct xn_model *model,
			 const struct xn_route *route)
{
	if (route->protocol != RTPROT_KERNEL)
		return false;
	if (route->table == RT_TABLE_LOCAL || route->type == RTN_MULTICAST)
		return true;
	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		if (explains(xn_model_at(model, XN_ADDR, i), route))
			return true;
	}
	return false;
}
