/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BRIDGE_PACKET_H
#define TEST_BRIDGE_PACKET_H
/*
 * Packets of a guest that keeps the rules: MAC 00:16:3e:00:00:01, 10.0.0.5,
 * 2001:db8::5, link-local fe80::216:3eff:fe00:1. Tests change some bytes.
 * Offsets are those of the network layer: behind Ethernet and its tags.
 */
#include <stdint.h>

#define PACKET_MAC 0x00163e000001u
#define PACKET_BYTES 400u

/* Where things are, without options and extension headers. */
#define IP4_TOTAL 2u
#define IP4_FRAGMENT 6u
#define IP4_PROTOCOL 9u
#define IP4_SOURCE 12u
#define IP4_PAYLOAD 20u
#define DHCP_OP (IP4_PAYLOAD + 8u)
#define DHCP_CHADDR (IP4_PAYLOAD + 36u)
#define IP6_LENGTH 4u
#define IP6_NEXT 6u
#define IP6_SOURCE 8u
#define IP6_PAYLOAD 40u
#define ARP_OPERATION 6u
#define ARP_SENDER_MAC 8u
#define ARP_SENDER 14u
#define ND_TARGET (IP6_PAYLOAD + 8u)
#define ND_OPTION (IP6_PAYLOAD + 24u)
#define RS_OPTION (IP6_PAYLOAD + 8u)

enum packet_kind {
	PACKET_ARP,
	PACKET_IPV4_UDP,
	PACKET_IPV4_TCP,
	PACKET_IPV4_ECHO,
	PACKET_DHCP,
	PACKET_IPV6_UDP,
	PACKET_IPV6_TCP,
	PACKET_IPV6_ECHO,
	PACKET_NS,	/* from the link-local address, with its MAC */
	PACKET_NS_BARE, /* without options */
	PACKET_NA,	/* of the link-local address, with its MAC */
	PACKET_DAD,	/* of the link-local address */
	PACKET_RS,	/* from the link-local address, with its MAC */
	PACKET_MLD,	/* from ::, behind a hop-by-hop header */
	PACKET_DHCPV6,	/* from the link-local address */
	/* UDP behind destination options, routing and authentication headers */
	PACKET_EXTENSIONS,
	PACKET_FRAGMENT, /* first one, UDP; its header at IP6_PAYLOAD */
};

struct packet {
	uint16_t ethertype;
	uint32_t bytes;
	uint8_t byte[PACKET_BYTES];
};

struct packet packet_of(enum packet_kind kind);

#endif
