/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-spoofing, IPv6 (RFC 8200): the source, the way through the extension
 * headers (RFC 7045 lists them), and what only servers say. Called by guard.c;
 * every byte is a guest's.
 */
#include "bridge/guard_packet.h"

#define HEADER_BYTES 40u

#define DHCP_CLIENT_PORT 546u
#define DHCP_SERVER_PORT 547u

enum { /* next header values */
	NEXT_UDP = 17,
	NEXT_ICMPV6 = 58,
};

enum { /* ICMPv6 types */
	MLD_REPORT = 131,
	MLD_DONE = 132,
	ND_ROUTER_SOLICITATION = 133,
	ND_NEIGHBOUR_SOLICITATION = 135,
	ND_NEIGHBOUR_ADVERTISEMENT = 136,
	MLD2_REPORT = 143,
};

struct ipv6 {
	const uint8_t *header;
	struct xsw_upper up;
	bool gets_address; /* a message to get or to defend an address */
};

static bool is_nobody(const uint8_t *address)
{
	static const uint8_t nobody[16];

	return memcmp(address, nobody, sizeof(nobody)) == 0;
}

static enum xsw_drop check_udp(struct ipv6 *ip)
{
	const uint8_t *udp = xsw_packet_take(&ip->up.rest, 4);
	uint32_t from, to;

	if (!udp)
		return XSW_DROP_SPOOFED_IPV6;
	from = xsw_be16(udp);
	to = xsw_be16(udp + 2);
	/* Whatever it comes from (RFC 8415, 7.2: clients listen there). */
	if (to == DHCP_CLIENT_PORT)
		return XSW_DROP_ROGUE_DHCP;
	ip->gets_address = from == DHCP_CLIENT_PORT && to == DHCP_SERVER_PORT;
	return XSW_DROP_NONE;
}

static enum xsw_drop check_icmp(const struct xsw_guard *guard, struct ipv6 *ip)
{
	enum xsw_drop drop = XSW_DROP_NONE;

	if (ip->up.rest.bytes == 0)
		return XSW_DROP_SPOOFED_IPV6;
	switch (ip->up.rest.at[0]) {
	case MLD_REPORT:
	case MLD_DONE:
	case MLD2_REPORT:
	case ND_ROUTER_SOLICITATION:
	case ND_NEIGHBOUR_SOLICITATION:
	case ND_NEIGHBOUR_ADVERTISEMENT:
		ip->gets_address = true;
		break;
	default:
		break;
	}
	if (!xsw_guard_is_nd(ip->up.rest.at[0]))
		return XSW_DROP_NONE;
	drop = xsw_guard_nd(guard, ip->up.rest, is_nobody(ip->header + 8));
	/* Nobody takes neighbour discovery in fragments (RFC 6980). */
	if (drop == XSW_DROP_NONE && ip->up.fragment)
		return XSW_DROP_SPOOFED_ND;
	return drop;
}

static enum xsw_drop check_payload(const struct xsw_guard *guard,
				   struct ipv6 *ip)
{
	if (ip->up.later)
		return XSW_DROP_NONE;
	switch (ip->up.next) {
	case NEXT_UDP:
		return check_udp(ip);
	case NEXT_ICMPV6:
		return check_icmp(guard, ip);
	default:
		return XSW_DROP_NONE;
	}
}

static bool may_be_source(const struct xsw_guard *guard, const struct ipv6 *ip)
{
	const uint8_t *source = ip->header + 8;
	bool gets_address = ip->gets_address && !ip->up.fragment;

	if (is_nobody(source))
		return gets_address;
	if (guard->count6 == 0 && !gets_address)
		return false;
	return xsw_guard_owns6(guard, source);
}

enum xsw_drop xsw_guard_ipv6(const struct xsw_guard *guard,
			     struct xsw_packet packet)
{
	struct ipv6 ip = {.header = xsw_packet_take(&packet, HEADER_BYTES)};
	enum xsw_drop drop;

	if (!ip.header || ip.header[0] >> 4 != 6)
		return XSW_DROP_SPOOFED_IPV6;
	ip.up.rest = packet;
	xsw_packet_end(&ip.up.rest, xsw_be16(ip.header + 4));
	ip.up.next = ip.header[6];
	if (!xsw_upper_reach(&ip.up))
		return XSW_DROP_SPOOFED_IPV6;
	drop = check_payload(guard, &ip);
	if (drop != XSW_DROP_NONE)
		return drop;
	return may_be_source(guard, &ip) ? XSW_DROP_NONE
					 : XSW_DROP_SPOOFED_IPV6;
}
