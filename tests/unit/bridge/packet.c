/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that keep the rules; see packet.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/bridge/packet.h"

static const uint8_t mac[6] = {0x00, 0x16, 0x3e, 0, 0, 1};
static const uint8_t own4[4] = {10, 0, 0, 5};
static const uint8_t peer4[4] = {10, 0, 0, 1};
static const uint8_t nobody[16];
static const uint8_t own6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 5};
static const uint8_t peer6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
static const uint8_t link_local[16] = {0xfe, 0x80, [8] = 0x02, 0x16, 0x3e,
				       0xff, 0xfe, 0x00,       0x00, 0x01};

static void put(struct packet *packet, const void *bytes, uint32_t count)
{
	assert_true(count <= PACKET_BYTES - packet->bytes);
	memcpy(packet->byte + packet->bytes, bytes, count);
	packet->bytes += count;
}

static void put16(struct packet *packet, uint32_t value)
{
	const uint8_t bytes[2] = {(uint8_t)(value >> 8),
				  (uint8_t)(value & 0xff)};

	put(packet, bytes, 2);
}

static void put_udp_header(struct packet *packet, uint32_t from, uint32_t to,
			   uint32_t payload_bytes)
{
	put16(packet, from);
	put16(packet, to);
	put16(packet, 8 + payload_bytes);
	put16(packet, 0);
}

static void put_udp(struct packet *packet, uint32_t from, uint32_t to)
{
	put_udp_header(packet, from, to, 8);
	put(packet, "payload", 8);
}

/* BOOTP's fields up to chaddr, with our MAC in it, and what follows. */
static void put_dhcp(struct packet *packet)
{
	uint8_t message[60] = {1, 1, 6};

	memcpy(message + 28, mac, 6);
	put_udp_header(packet, 68, 67, sizeof(message));
	put(packet, message, sizeof(message));
}

static void put_option(struct packet *packet, uint8_t type)
{
	const uint8_t start[2] = {type, 1};

	put(packet, start, 2);
	put(packet, mac, 6);
}

/* `type`, code 0 and six zero bytes: a checksum and four reserved. */
static void put_icmp(struct packet *packet, uint8_t type)
{
	const uint8_t message[8] = {type};

	put(packet, message, 8);
}

static void put_arp(struct packet *packet)
{
	static const uint8_t start[8] = {0, 1, 8, 0, 6, 4, 0, 1};

	packet->ethertype = 0x0806;
	put(packet, start, 8);
	put(packet, mac, 6);
	put(packet, own4, 4);
	put(packet, nobody, 6);
	put(packet, peer4, 4);
}

static void put_ipv4(struct packet *packet, uint8_t protocol,
		     const uint8_t from[4])
{
	const uint8_t start[12] = {0x45, [8] = 64, protocol};

	packet->ethertype = 0x0800;
	put(packet, start, 12);
	put(packet, from, 4);
	put(packet, peer4, 4);
}

static void put_ipv6(struct packet *packet, uint8_t next,
		     const uint8_t from[16])
{
	const uint8_t start[8] = {0x60, [6] = next, 255};

	packet->ethertype = 0x86dd;
	put(packet, start, 8);
	put(packet, from, 16);
	put(packet, peer6, 16);
}

static void put_nd(struct packet *packet, uint8_t type, const uint8_t from[16])
{
	put_ipv6(packet, 58, from);
	put_icmp(packet, type);
	if (type != 133)
		put(packet, link_local, 16);
}

static void put_extensions(struct packet *packet)
{
	static const uint8_t destination[8] = {43, 0, 1, 4};
	static const uint8_t routing[24] = {51, 2, 2};
	static const uint8_t authentication[24] = {17, 4};

	put_ipv6(packet, 60, own6);
	put(packet, destination, sizeof(destination));
	put(packet, routing, sizeof(routing));
	put(packet, authentication, sizeof(authentication));
	put_udp(packet, 1000, 2000);
}

static void put_mld(struct packet *packet)
{
	static const uint8_t hop_by_hop[8] = {58, 0, 5, 2, 0, 0, 1, 0};

	put_ipv6(packet, 0, nobody);
	put(packet, hop_by_hop, sizeof(hop_by_hop));
	put_icmp(packet, 143);
}

static void put_fragment(struct packet *packet)
{
	static const uint8_t header[8] = {17, 0, 0, 1, 0, 0, 0, 9};

	put_ipv6(packet, 44, own6);
	put(packet, header, sizeof(header));
	put_udp(packet, 1000, 2000);
}

static void put_kind(struct packet *packet, enum packet_kind kind)
{
	switch (kind) {
	case PACKET_ARP:
		put_arp(packet);
		break;
	case PACKET_IPV4_UDP:
		put_ipv4(packet, 17, own4);
		put_udp(packet, 1000, 2000);
		break;
	case PACKET_IPV4_TCP:
		put_ipv4(packet, 6, own4);
		put(packet, "a TCP header's bytes", 20);
		break;
	case PACKET_IPV4_ECHO:
		put_ipv4(packet, 1, own4);
		put_icmp(packet, 8);
		break;
	case PACKET_DHCP:
		put_ipv4(packet, 17, nobody);
		put_dhcp(packet);
		break;
	case PACKET_IPV6_UDP:
		put_ipv6(packet, 17, own6);
		put_udp(packet, 1000, 2000);
		break;
	case PACKET_IPV6_TCP:
		put_ipv6(packet, 6, own6);
		put(packet, "a TCP header's bytes", 20);
		break;
	case PACKET_IPV6_ECHO:
		put_ipv6(packet, 58, own6);
		put_icmp(packet, 128);
		break;
	case PACKET_NS:
		put_nd(packet, 135, link_local);
		memcpy(packet->byte + ND_TARGET, peer6, 16);
		put_option(packet, 1);
		break;
	case PACKET_NS_BARE:
		put_nd(packet, 135, link_local);
		memcpy(packet->byte + ND_TARGET, peer6, 16);
		break;
	case PACKET_NA:
		put_nd(packet, 136, link_local);
		put_option(packet, 2);
		break;
	case PACKET_DAD:
		put_nd(packet, 135, nobody);
		break;
	case PACKET_RS:
		put_nd(packet, 133, link_local);
		put_option(packet, 1);
		break;
	case PACKET_MLD:
		put_mld(packet);
		break;
	case PACKET_DHCPV6:
		put_ipv6(packet, 17, link_local);
		put_udp(packet, 546, 547);
		break;
	case PACKET_EXTENSIONS:
		put_extensions(packet);
		break;
	case PACKET_FRAGMENT:
		put_fragment(packet);
		break;
	}
}

struct packet packet_of(enum packet_kind kind)
{
	struct packet packet = {0};
	uint32_t total_at = IP4_TOTAL;
	uint32_t total;

	put_kind(&packet, kind);
	total = packet.bytes;
	if (packet.ethertype == 0x86dd) {
		total_at = IP6_LENGTH;
		total -= IP6_PAYLOAD;
	}
	if (packet.ethertype != 0x0806) {
		packet.byte[total_at] = (uint8_t)(total >> 8);
		packet.byte[total_at + 1] = (uint8_t)(total & 0xff);
	}
	return packet;
}
