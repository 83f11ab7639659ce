/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-spoofing, IPv4 (RFC 791): the source, and what only servers and routers
 * say. Called by guard.c; every byte is a guest's.
 */
#include "bridge/guard_packet.h"

#define HEADER_BYTES 20u
#define PROTOCOL_ICMP 1u
#define PROTOCOL_UDP 17u
#define MORE_FRAGMENTS 0x2000u
#define FRAGMENT_OFFSET 0x1fffu

#define ICMP_REDIRECT 5u
#define ICMP_ROUTER_ADVERTISEMENT 9u /* RFC 1256 */
#define DHCP_SERVER_PORT 67u
#define DHCP_CLIENT_PORT 68u

/* RFC 2131, 2; RFC 1700 for Ethernet */
#define BOOTP_CHADDR 28u
#define BOOTP_REQUEST 1u
#define BOOTP_ETHERNET 1u

struct ipv4 {
	const uint8_t *header;
	struct xsw_packet payload;
	uint32_t source_port; /* UDP; 0 in a later fragment */
	uint32_t destination_port;
};

/* Moves to the payload, behind the options; false: there is none. */
static bool reach_payload(struct ipv4 *ip)
{
	uint32_t header_bytes = (ip->header[0] & 0x0fu) * 4;
	uint32_t total_bytes = xsw_be16(ip->header + 2);

	if (total_bytes < header_bytes ||
	    !xsw_packet_take(&ip->payload, header_bytes - HEADER_BYTES))
		return false;
	xsw_packet_end(&ip->payload, total_bytes - header_bytes);
	return true;
}

/* Who asks a DHCP server asks for itself: one that could ask for others, too,
 * would have all addresses of the server soon. `message`: behind the ports. */
static enum xsw_drop check_dhcp(const struct xsw_guard *guard,
				struct xsw_packet message)
{
	const uint8_t *bootp;

	if (!xsw_packet_take(&message, 4)) /* UDP's length and checksum */
		return XSW_DROP_SPOOFED_DHCP;
	bootp = xsw_packet_take(&message, BOOTP_CHADDR + XN_MAC_BYTES);
	if (!bootp || bootp[0] != BOOTP_REQUEST || bootp[1] != BOOTP_ETHERNET ||
	    bootp[2] != XN_MAC_BYTES ||
	    memcmp(bootp + BOOTP_CHADDR, guard->mac.octet, XN_MAC_BYTES) != 0)
		return XSW_DROP_SPOOFED_DHCP;
	return XSW_DROP_NONE;
}

static enum xsw_drop check_udp(const struct xsw_guard *guard, struct ipv4 *ip)
{
	const uint8_t *ports = xsw_packet_take(&ip->payload, 4);

	if (!ports)
		return XSW_DROP_SPOOFED_IPV4;
	ip->source_port = xsw_be16(ports);
	ip->destination_port = xsw_be16(ports + 2);
	/* Clients look at the port that they listen on only. */
	if (ip->source_port == DHCP_SERVER_PORT ||
	    ip->destination_port == DHCP_CLIENT_PORT)
		return XSW_DROP_ROGUE_DHCP;
	return ip->destination_port == DHCP_SERVER_PORT
		       ? check_dhcp(guard, ip->payload)
		       : XSW_DROP_NONE;
}

/* Reads what is needed of the protocol above. A first fragment must have it,
 * for nobody could tell from the later ones (RFC 1858). */
static enum xsw_drop check_payload(const struct xsw_guard *guard,
				   struct ipv4 *ip)
{
	const uint8_t *upper;

	switch (ip->header[9]) {
	case PROTOCOL_UDP:
		if (!reach_payload(ip))
			return XSW_DROP_SPOOFED_IPV4;
		return check_udp(guard, ip);
	case PROTOCOL_ICMP:
		if (!reach_payload(ip))
			return XSW_DROP_SPOOFED_IPV4;
		upper = xsw_packet_take(&ip->payload, 1);
		if (!upper)
			return XSW_DROP_SPOOFED_IPV4;
		return upper[0] == ICMP_REDIRECT ||
				       upper[0] == ICMP_ROUTER_ADVERTISEMENT
			       ? XSW_DROP_ROGUE_ROUTER
			       : XSW_DROP_NONE;
	default:
		return XSW_DROP_NONE;
	}
}

/* Who has no address yet may ask for one. */
static bool asks_for_address(const struct ipv4 *ip, uint32_t fragment)
{
	static const uint8_t nobody[4];

	return memcmp(ip->header + 12, nobody, 4) == 0 &&
	       !(fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) &&
	       ip->source_port == DHCP_CLIENT_PORT &&
	       ip->destination_port == DHCP_SERVER_PORT;
}

enum xsw_drop xsw_guard_ipv4(const struct xsw_guard *guard,
			     struct xsw_packet packet)
{
	struct ipv4 ip = {.header = xsw_packet_take(&packet, HEADER_BYTES)};
	enum xsw_drop drop = XSW_DROP_NONE;
	uint32_t fragment;

	if (!ip.header || ip.header[0] >> 4 != 4 || (ip.header[0] & 0x0f) < 5)
		return XSW_DROP_SPOOFED_IPV4;
	ip.payload = packet;
	fragment = xsw_be16(ip.header + 6);
	if (!(fragment & FRAGMENT_OFFSET))
		drop = check_payload(guard, &ip);
	if (drop != XSW_DROP_NONE)
		return drop;
	if (xsw_guard_owns4(guard, ip.header + 12) ||
	    asks_for_address(&ip, fragment))
		return XSW_DROP_NONE;
	return XSW_DROP_SPOOFED_IPV4;
}
