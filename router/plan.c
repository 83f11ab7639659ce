/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a wish to what a routed device has, see wish.h. Pure. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netconf/model/nat.h"
#include "router/wish.h"

/* What Linux makes of the vif's address, fe:ff:ff:ff:ff:ff. Said aloud, so
 * that also a device that makes no addresses itself has it. */
static const uint8_t gateway_ipv6[XN_IP_BYTES_MAX] = {
	0xfe, 0x80, 0,	  0,	0,    0,    0,	  0,
	0xfc, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff};

uint8_t xrt_family(const struct xn_address *address)
{
	return address->family == 6 ? AF_INET6 : AF_INET;
}

static uint32_t bits_of(const struct xn_address *address)
{
	return address->family == 6 ? 128 : 32;
}

bool xrt_is_whole(const struct xn_address *address)
{
	return address->prefix == bits_of(address);
}

bool xrt_same_address(const struct xn_address *a, const struct xn_address *b)
{
	return a->prefix == b->prefix && xn_address_within(a, b, a->prefix);
}

bool xrt_has_family(const struct xn_address *list, uint32_t count,
		    uint8_t family)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].family == family)
			return true;
	return false;
}

struct xn_address xrt_address_of(uint8_t family,
				 const uint8_t octets[XN_IP_BYTES_MAX])
{
	struct xn_address address = {.family = family == AF_INET6 ? 6 : 4};

	address.prefix = (uint8_t)bits_of(&address);
	memcpy(address.octet, octets, xn_ip_bytes(family));
	return address;
}

static bool has_host_bits(const struct xn_address *address)
{
	for (uint32_t bit = address->prefix; bit < bits_of(address); bit++)
		if (address->octet[bit / 8] & (0x80u >> bit % 8))
			return true;
	return false;
}

/* Of no single host on a network. */
static bool is_nobodys(const struct xn_address *address)
{
	static const uint8_t none[16];
	const uint8_t *octet = address->octet;

	if (address->family == 6)
		return octet[0] == 0xff ||
		       (octet[0] == 0xfe && (octet[1] & 0xc0) == 0x80) ||
		       memcmp(octet, none, 15) == 0;
	return octet[0] == 0 || octet[0] == 127 || octet[0] >= 224;
}

static int check_list(const struct xn_address *list, uint32_t count, bool whole,
		      struct xn_err *err)
{
	char text[XN_ADDRESS_TEXT_MAX];

	for (uint32_t i = 0; i < count; i++) {
		const struct xn_address *one = &list[i];

		if ((one->family != 4 && one->family != 6) ||
		    one->prefix > bits_of(one) || has_host_bits(one) ||
		    (whole && !xrt_is_whole(one)))
			return xn_fail(err, EINVAL,
				       "ip: %s is neither an address nor a "
				       "network",
				       xn_address_text(one, text));
		if (is_nobodys(one))
			return xn_fail(err, EINVAL,
				       "ip: %s can be no guest's, nor a "
				       "router's to one",
				       xn_address_text(one, text));
	}
	return 0;
}

/* Said before: once is enough. */
static bool is_again(const struct xn_address *list, uint32_t place)
{
	for (uint32_t i = 0; i < place; i++)
		if (xrt_same_address(&list[i], &list[place]))
			return true;
	return false;
}

static void add_addr(struct xrt_plan *plan, int ifindex,
		     const struct xn_address *local)
{
	struct xn_addr *addr = &plan->addr[plan->addr_count++];

	*addr = (struct xn_addr){.ifindex = ifindex,
				 .family = xrt_family(local),
				 .prefix_length = local->prefix};
	if (local->family == 6)
		addr->flags = IFA_F_NODAD;
	memcpy(addr->address, local->octet, sizeof(addr->address));
}

/* The gateway's address is ours to give, without a second of doubt whether
 * somebody else has it. */
static void add_gateway(struct xrt_plan *plan, int ifindex)
{
	struct xn_addr *addr = &plan->addr[plan->addr_count++];

	*addr = (struct xn_addr){.ifindex = ifindex,
				 .family = AF_INET6,
				 .prefix_length = 64,
				 .scope = RT_SCOPE_LINK,
				 .flags = IFA_F_NODAD};
	memcpy(addr->address, gateway_ipv6, sizeof(addr->address));
}

static const struct xn_address *first_of(const struct xn_address *list,
					 uint32_t count, uint8_t family)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].family == family && xrt_is_whole(&list[i]))
			return &list[i];
	return NULL;
}

/* As `ip route add` would have it. */
static void add_route(struct xrt_plan *plan, const struct xrt_wish *wish,
		      int ifindex, const struct xn_address *guest)
{
	const struct xn_address *source =
		first_of(wish->local, wish->local_count, 4);
	const struct xn_address *by = NULL;
	struct xn_route *route = &plan->route[plan->route_count++];

	if (!xrt_is_whole(guest))
		by = first_of(wish->guest, wish->guest_count, guest->family);
	*route = (struct xn_route){.family = xrt_family(guest),
				   .prefix_length = guest->prefix,
				   .ifindex = ifindex,
				   .metric = wish->metric,
				   .table = RT_TABLE_MAIN,
				   .protocol = RTPROT_BOOT};
	memcpy(route->destination, guest->octet, sizeof(route->destination));
	if (by) {
		route->has_gateway = true;
		route->onlink = true;
		memcpy(route->gateway, by->octet, sizeof(route->gateway));
	}
	if (guest->family == 4) {
		route->scope = by ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
		route->has_source = source != NULL;
		if (source)
			memcpy(route->source, source->octet,
			       sizeof(route->source));
	}
}

static void add_neigh(struct xrt_plan *plan, const struct xrt_wish *wish,
		      int ifindex, const struct xn_address *guest)
{
	struct xn_neigh *neigh = &plan->neigh[plan->neigh_count++];

	*neigh = (struct xn_neigh){.ifindex = ifindex,
				   .family = xrt_family(guest),
				   .mac = wish->mac};
	memcpy(neigh->address, guest->octet, sizeof(neigh->address));
}

static void add_guests(struct xrt_plan *plan, const struct xrt_wish *wish,
		       int ifindex, bool whole)
{
	for (uint32_t i = 0; i < wish->guest_count; i++) {
		const struct xn_address *guest = &wish->guest[i];

		if (xrt_is_whole(guest) != whole || is_again(wish->guest, i))
			continue;
		add_route(plan, wish, ifindex, guest);
		if (whole && wish->has_mac)
			add_neigh(plan, wish, ifindex, guest);
	}
}

int xrt_plan_make(const struct xrt_wish *wish, int ifindex,
		  struct xrt_plan *ret_plan, struct xn_err *err)
{
	struct xrt_plan plan = {.addr_count = 0};
	int rc = check_list(wish->guest, wish->guest_count, false, err);

	if (rc == 0)
		rc = check_list(wish->local, wish->local_count, true, err);
	if (rc < 0)
		return rc;
	plan.ipv6 = xrt_has_family(wish->guest, wish->guest_count, 6);
	for (uint32_t i = 0; i < wish->local_count; i++)
		if ((wish->local[i].family == 4 || plan.ipv6) &&
		    !is_again(wish->local, i))
			add_addr(&plan, ifindex, &wish->local[i]);
	if (plan.ipv6)
		add_gateway(&plan, ifindex);
	/* What is routed by an address comes behind it. */
	add_guests(&plan, wish, ifindex, true);
	add_guests(&plan, wish, ifindex, false);
	*ret_plan = plan;
	return 0;
}

static bool is_route(const struct xn_route *there, const struct xn_route *want)
{
	size_t bytes = xn_ip_bytes(want->family);

	return there->family == want->family &&
	       there->prefix_length == want->prefix_length &&
	       there->metric == want->metric &&
	       there->has_source == want->has_source &&
	       there->has_gateway == want->has_gateway &&
	       memcmp(there->destination, want->destination, bytes) == 0 &&
	       memcmp(there->gateway, want->gateway, bytes) == 0 &&
	       memcmp(there->source, want->source, bytes) == 0;
}

bool xrt_plan_has_route(const struct xrt_plan *plan,
			const struct xn_route *route)
{
	for (uint32_t i = 0; i < plan->route_count; i++)
		if (is_route(route, &plan->route[i]))
			return true;
	return false;
}

bool xrt_plan_has_addr(const struct xrt_plan *plan, const struct xn_addr *addr)
{
	for (uint32_t i = 0; i < plan->addr_count; i++) {
		const struct xn_addr *want = &plan->addr[i];

		if (addr->family == want->family &&
		    addr->prefix_length == want->prefix_length &&
		    !addr->has_peer &&
		    memcmp(addr->address, want->address,
			   xn_ip_bytes(want->family)) == 0)
			return true;
	}
	return false;
}

bool xrt_plan_has_neigh(const struct xrt_plan *plan,
			const struct xn_neigh *neigh)
{
	for (uint32_t i = 0; i < plan->neigh_count; i++)
		if (neigh->family == plan->neigh[i].family && !neigh->proxy &&
		    !neigh->learned &&
		    xn_mac_equal(&neigh->mac, &plan->neigh[i].mac) &&
		    memcmp(neigh->address, plan->neigh[i].address,
			   xn_ip_bytes(neigh->family)) == 0)
			return true;
	return false;
}
