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
#include <stdbool.h>
#include <stdint.h>

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

#endif
