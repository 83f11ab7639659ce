/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_OFFLOAD_HEADERS_H
#define XNB_OFFLOAD_HEADERS_H
/*
 * Where the headers of a frame lie: Ethernet with up to two VLAN tags, IPv4
 * with options, IPv6 with extension headers, TCP or UDP. Reads the private
 * head only, never beyond its end or the frame's.
 *
 * Thread: any.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "netback/offload/wire.h"

struct xnb_headers {
	uint16_t l3;	    /* offset of the IP header */
	uint16_t l4;	    /* offset of the TCP or UDP header */
	uint16_t payload;   /* offset behind it */
	uint16_t l4_bytes;  /* TCP/UDP header and payload, as IP says */
	uint8_t ip_version; /* 4 or 6 */
	uint8_t routed;	    /* IPv6 routing header with segments left: the
			     * address in the pseudo-header is not known */
	uint8_t protocol;   /* IPPROTO_TCP or IPPROTO_UDP */
};

#define XNB_TCP_CSUM_OFFSET 16u /* of the checksum field, from l4 */
#define XNB_UDP_CSUM_OFFSET 6u

/* Does a VLAN tag follow the addresses? `head`: an Ethernet header at least. */
bool xnb_headers_tagged(const uint8_t *head);

/* 0, or -EBADMSG: not an unfragmented TCP or UDP packet whose headers all lie
 * in `head` and whose lengths fit the frame; *ret untouched then. */
#define XNB_IPV6_HEADERS_MAX 8u /* extension headers; more: -EBADMSG */
int xnb_headers_parse(const uint8_t *head, uint32_t head_bytes,
		      uint32_t frame_bytes, struct xnb_headers *ret);

/* True: an untagged, unfragmented TCP or UDP packet over IPv4 without options,
 * for which xnb_headers_parse() has no complaint. False says nothing. For every
 * frame with a blank checksum, so inline; offsets are those of the frame. */
static inline bool xnb_headers_usual(const uint8_t *head, uint32_t head_bytes,
				     uint32_t frame_bytes)
{
	const uint32_t ip = 14, l4 = ip + 20, udp_bytes = 8, tcp_bytes = 20;
	uint32_t l4_bytes, bytes;

	if (head_bytes < l4 + udp_bytes || xnb_get16(head + 12) != 0x0800 ||
	    head[ip] != 0x45 || xnb_get16(head + ip + 6) & 0x3fff ||
	    xnb_get16(head + ip + 2) < l4 - ip + udp_bytes ||
	    xnb_get16(head + ip + 2) > frame_bytes - ip)
		return false;
	l4_bytes = xnb_get16(head + ip + 2) - (l4 - ip);
	if (head[ip + 9] == IPPROTO_UDP)
		return xnb_get16(head + l4 + 4) == l4_bytes;
	if (head[ip + 9] != IPPROTO_TCP || head_bytes < l4 + tcp_bytes)
		return false;
	bytes = (head[l4 + 12] >> 4) * 4u;
	return bytes >= tcp_bytes && bytes <= l4_bytes &&
	       bytes <= head_bytes - l4;
}

#endif
