/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <arpa/inet.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/addr.h"
#include "netconf/nl/route.h"

static void to_bytes(uint8_t family, const char *text, uint8_t *ret_bytes)
{
	assert_int_equal(inet_pton(family, text, ret_bytes), 1);
}

static struct xn_addr addr_on(int ifindex, uint8_t family, const char *text,
			      uint8_t prefix_length)
{
	struct xn_addr addr = {.ifindex = ifindex,
			       .family = family,
			       .prefix_length = prefix_length};

	to_bytes(family, text, addr.address);
	return addr;
}

/* Number of links' addresses equal to this one; the last of them. */
static size_t find_addr(const struct xn_addr *want, struct xn_addr *ret_addr)
{
	struct xn_addr_table table;
	size_t found = 0;

	GOOD(xn_addr_dump(nl, want->ifindex, &table, &err));
	for (size_t i = 0; i < table.count; i++) {
		assert_int_equal(table.addr[i].ifindex, want->ifindex);
		if (table.addr[i].family != want->family ||
		    memcmp(table.addr[i].address, want->address,
			   xn_ip_bytes(want->family)) != 0)
			continue;
		*ret_addr = table.addr[i];
		found++;
	}
	xn_addr_table_fini(&table);
	return found;
}

static void an_ipv4_address_comes_and_goes(void **state)
{
	struct xn_addr addr;
	struct xn_addr got;

	(void)state;
	addr = addr_on(new_bridge("xenbr0"), AF_INET, "192.0.2.1", 24);
	addr.has_broadcast = true;
	to_bytes(AF_INET, "192.0.2.255", addr.broadcast);
	(void)strcpy(addr.label, "xenbr0:1");
	GOOD(xn_addr_add(nl, &addr, &err));
	assert_int_equal(find_addr(&addr, &got), 1);
	assert_int_equal(got.prefix_length, 24);
	assert_true(got.has_broadcast);
	assert_memory_equal(got.broadcast, addr.broadcast, 4);
	assert_false(got.has_peer);
	assert_string_equal(got.label, "xenbr0:1");
	assert_int_equal(got.valid_s, UINT32_MAX);
	REFUSED(xn_addr_add(nl, &addr, &err), -EEXIST,
		"add address 192.0.2.1/24 of link");
	GOOD(xn_addr_delete(nl, &addr, &err));
	assert_int_equal(find_addr(&addr, &got), 0);
	REFUSED(xn_addr_delete(nl, &addr, &err), -EADDRNOTAVAIL,
		"delete address 192.0.2.1/24 of link");
}

static void what_was_read_can_be_written_back(void **state)
{
	struct xn_addr addr;
	struct xn_addr got;
	struct xn_addr again;

	(void)state;
	addr = addr_on(new_bridge("xenbr0"), AF_INET, "192.0.2.1", 32);
	addr.has_peer = true;
	to_bytes(AF_INET, "192.0.2.9", addr.peer);
	addr.valid_s = 5000;
	addr.preferred_s = 4000;
	GOOD(xn_addr_add(nl, &addr, &err));
	assert_int_equal(find_addr(&addr, &got), 1);
	assert_true(got.has_peer);
	assert_memory_equal(got.peer, addr.peer, 4);
	assert_in_range(got.valid_s, 1, 5000);
	assert_in_range(got.preferred_s, 1, 4000);
	GOOD(xn_addr_delete(nl, &got, &err));
	assert_int_equal(find_addr(&addr, &again), 0);
	GOOD(xn_addr_add(nl, &got, &err));
	assert_int_equal(find_addr(&addr, &again), 1);
	assert_true(again.has_peer);
}

static void an_ipv6_address_without_detection_is_usable_at_once(void **state)
{
	struct xn_addr addr;
	struct xn_addr got;

	(void)state;
	addr = addr_on(new_bridge("xenbr0"), AF_INET6, "fd00:db8::1", 64);
	addr.flags = IFA_F_NODAD;
	GOOD(xn_addr_add(nl, &addr, &err));
	assert_int_equal(find_addr(&addr, &got), 1);
	assert_int_equal(got.flags & IFA_F_TENTATIVE, 0);
	assert_true(got.flags & IFA_F_NODAD);
	assert_true(got.flags & IFA_F_PERMANENT);
	REFUSED(xn_addr_add(nl, &addr, &err), -EEXIST,
		"add address fd00:db8::1/64 of link");
	GOOD(xn_addr_delete(nl, &addr, &err));
	assert_int_equal(find_addr(&addr, &got), 0);
}

static void impossible_addresses_are_refused(void **state)
{
	struct xn_addr addr;

	(void)state;
	addr = addr_on(new_bridge("xenbr0"), AF_INET, "192.0.2.1", 33);
	REFUSED(xn_addr_add(nl, &addr, &err), -EINVAL, "192.0.2.1/33");
	addr.prefix_length = 24;
	addr.family = AF_UNIX;
	REFUSED(xn_addr_add(nl, &addr, &err), -EINVAL, "family 1");
	addr.family = AF_INET;
	addr.ifindex = 0;
	REFUSED(xn_addr_add(nl, &addr, &err), -EINVAL, "link 0");
	addr.ifindex = 9999;
	REFUSED(xn_addr_add(nl, &addr, &err), -ENODEV, "link 9999");
	assert_int_equal(xn_ip_bytes(AF_UNIX), 0);
}

static size_t find_route(const struct xn_route *want,
			 struct xn_route *ret_route)
{
	struct xn_route_table table;
	size_t found = 0;

	GOOD(xn_route_dump(nl, want->family, &table, &err));
	for (size_t i = 0; i < table.count; i++) {
		const struct xn_route *route = &table.route[i];

		assert_int_equal(route->family, want->family);
		if (route->prefix_length != want->prefix_length ||
		    route->type != RTN_UNICAST ||
		    memcmp(route->destination, want->destination,
			   sizeof(route->destination)) != 0 ||
		    route->has_gateway != want->has_gateway)
			continue;
		*ret_route = *route;
		found++;
	}
	xn_route_table_fini(&table);
	return found;
}

static void a_default_route_comes_and_goes(void **state)
{
	struct xn_route route = {.family = AF_INET, .has_gateway = true};
	struct xn_route got;
	struct xn_addr addr;

	(void)state;
	addr = addr_on(new_bridge("xenbr0"), AF_INET, "192.0.2.1", 24);
	to_bytes(AF_INET, "192.0.2.254", route.gateway);
	route.metric = 7;
	/* Nothing says yet where the gateway is. */
	REFUSED(xn_route_add(nl, &route, &err), -ENETUNREACH,
		"add route to 0.0.0.0/0: Nexthop has invalid gateway");
	GOOD(xn_addr_add(nl, &addr, &err));
	GOOD(xn_route_add(nl, &route, &err));
	assert_int_equal(find_route(&route, &got), 1);
	assert_int_equal(got.ifindex, addr.ifindex);
	assert_memory_equal(got.gateway, route.gateway, 4);
	assert_int_equal(got.metric, 7);
	assert_int_equal(got.table, RT_TABLE_MAIN);
	assert_int_equal(got.protocol, RTPROT_STATIC);
	assert_false(got.onlink);
	assert_false(got.has_more);
	REFUSED(xn_route_add(nl, &route, &err), -EEXIST, "0.0.0.0/0");
	GOOD(xn_route_delete(nl, &got, &err));
	assert_int_equal(find_route(&route, &got), 0);
	REFUSED(xn_route_delete(nl, &route, &err), -ESRCH,
		"delete route to 0.0.0.0/0");
}

static void an_onlink_gateway_needs_no_address(void **state)
{
	struct xn_route route = {
		.family = AF_INET, .has_gateway = true, .onlink = true};
	struct xn_route got;
	struct xn_addr addr;

	(void)state;
	addr = addr_on(new_bridge("xenbr0"), AF_INET, "192.0.2.1", 32);
	GOOD(xn_addr_add(nl, &addr, &err));
	to_bytes(AF_INET, "198.51.100.1", route.gateway);
	route.ifindex = addr.ifindex;
	GOOD(xn_route_add(nl, &route, &err));
	assert_int_equal(find_route(&route, &got), 1);
	assert_true(got.onlink);
	GOOD(xn_route_delete(nl, &route, &err));
}

static void a_host_route_names_its_link(void **state)
{
	struct xn_route route = {.family = AF_INET,
				 .prefix_length = 32,
				 .scope = RT_SCOPE_LINK,
				 .table = 4711,
				 .has_source = true};
	struct xn_route got;
	struct xn_addr addr;

	(void)state;
	addr = addr_on(new_bridge("xenbr0"), AF_INET, "192.0.2.1", 24);
	GOOD(xn_addr_add(nl, &addr, &err));
	route.ifindex = addr.ifindex;
	to_bytes(AF_INET, "203.0.113.5", route.destination);
	to_bytes(AF_INET, "192.0.2.1", route.source);
	GOOD(xn_route_add(nl, &route, &err));
	assert_int_equal(find_route(&route, &got), 1);
	assert_int_equal(got.ifindex, route.ifindex);
	assert_int_equal(got.table, 4711);
	assert_int_equal(got.scope, RT_SCOPE_LINK);
	assert_true(got.has_source);
	assert_memory_equal(got.source, route.source, 4);
	GOOD(xn_route_delete(nl, &got, &err));
	assert_int_equal(find_route(&route, &got), 0);
}

static void an_ipv6_route_comes_and_goes(void **state)
{
	struct xn_route route = {.family = AF_INET6, .prefix_length = 48};
	struct xn_route got;

	(void)state;
	route.ifindex = new_bridge("xenbr0");
	to_bytes(AF_INET6, "fd00:77::", route.destination);
	GOOD(xn_route_add(nl, &route, &err));
	assert_int_equal(find_route(&route, &got), 1);
	assert_int_equal(got.metric, 1024);
	assert_int_equal(got.ifindex, route.ifindex);
	GOOD(xn_route_delete(nl, &route, &err));
	assert_int_equal(find_route(&route, &got), 0);
	route.family = AF_UNIX;
	REFUSED(xn_route_add(nl, &route, &err), -EAFNOSUPPORT, "family 1");
}

#define NL(test) cmocka_unit_test_setup_teardown(test, open_nl, close_nl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(an_ipv4_address_comes_and_goes),
		NL(what_was_read_can_be_written_back),
		NL(an_ipv6_address_without_detection_is_usable_at_once),
		NL(impossible_addresses_are_refused),
		NL(a_default_route_comes_and_goes),
		NL(an_onlink_gateway_needs_no_address),
		NL(a_host_route_names_its_link),
		NL(an_ipv6_route_comes_and_goes),
	};

	return NAMESPACE_GROUP(tests);
}
