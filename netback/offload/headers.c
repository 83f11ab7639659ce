// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the headers of a frame in its private head. Called by the offload
 * conversions, on any thread. Trusts nothing: the bytes are a guest's.
 */
#include "netback/offload/headers.h"

#include <errno.h>
#include <netinet/in.h>

#include "netback/offload/wire.h"

#define ETHER_BYTES 14u
#define VLAN_BYTES 4u
#define VLAN_TAGS_MAX 2u
#define IPV4_BYTES 20u
#define IPV6_BYTES 40u
#define TCP_BYTES 20u
#define UDP_BYTES 8u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86ddu
#define TYPE_VLAN 0x8100u
#define TYPE_SVLAN 0x88a8u
#define IPV4_FRAGMENT_MASK 0x3fffu /* more fragments, offset */
#define IPV6_FRAGMENT_MASK 0xfff9u

struct head {
	const uint8_t *data;
	uint32_t bytes; /* readable */
	uint32_t frame_bytes;
};

/* Are `bytes` bytes at `offset` in the head? */
static bool has(const struct head *head, uint32_t offset, uint32_t bytes)
{
	return offset <= head->bytes && bytes <= head->bytes - offset;
}

static bool is_tag(uint32_t type)
{
	return type == TYPE_VLAN || type == TYPE_SVLAN;
}

/* Sets l3; returns the Ethernet type behind the tags, or 0. */
static uint32_t find_l3(const struct head *head, struct xnb_headers *h)
{
	uint32_t offset = ETHER_BYTES;
	uint32_t type;

	if (!has(head, 0, ETHER_BYTES))
		return 0;
	type = xnb_get16(head->data + offset - 2);
	for (uint32_t tags = 0; tags < VLAN_TAGS_MAX; tags++) {
		if (!is_tag(type))
			break;
		if (!has(head, offset, VLAN_BYTES))
			return 0;
		type = xnb_get16(head->data + offset + 2);
		offset += VLAN_BYTES;
	}
	h->l3 = (uint16_t)offset;
	return type;
}

/* Sets l4, l4_bytes and the protocol. */
static int find_l4_ipv4(const struct head *head, struct xnb_headers *h)
{
	const uint8_t *ip = head->data + h->l3;
	uint32_t header_bytes;
	uint32_t total;

	if (!has(head, h->l3, IPV4_BYTES) || ip[0] >> 4 != 4)
		return -EBADMSG;
	header_bytes = (ip[0] & 0xfu) * 4;
	total = xnb_get16(ip + 2);
	if (header_bytes < IPV4_BYTES || total < header_bytes)
		return -EBADMSG;
	if (total > head->frame_bytes - h->l3)
		return -EBADMSG;
	if (xnb_get16(ip + 6) & IPV4_FRAGMENT_MASK)
		return -EBADMSG;
	h->ip_version = 4;
	h->protocol = ip[9];
	h->l4 = (uint16_t)(h->l3 + header_bytes);
	h->l4_bytes = (uint16_t)(total - header_bytes);
	return 0;
}

/* Length of the extension header of type `next` at `offset`, whose first 8
 * bytes are in the head; 0 for a fragment. */
static uint32_t extension_bytes(const uint8_t *at, uint8_t next,
				struct xnb_headers *h)
{
	if (next == IPPROTO_FRAGMENT)
		return xnb_get16(at + 2) & IPV6_FRAGMENT_MASK ? 0 : 8;
	if (next == IPPROTO_AH)
		return (at[1] + 2u) * 4;
	if (next == IPPROTO_ROUTING && at[3] != 0)
		h->routed = 1;
	return (at[1] + 1u) * 8;
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	       next == IPPROTO_DSTOPTS || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_AH;
}

static int find_l4_ipv6(const struct head *head, struct xnb_headers *h)
{
	const uint8_t *ip = head->data + h->l3;
	uint32_t offset = h->l3 + IPV6_BYTES;
	uint32_t left;
	uint8_t next;

	if (!has(head, h->l3, IPV6_BYTES) || ip[0] >> 4 != 6)
		return -EBADMSG;
	left = xnb_get16(ip + 4);
	next = ip[6];
	if (left > head->frame_bytes - offset)
		return -EBADMSG;
	for (uint32_t i = 0; is_extension(next); i++) {
		const uint8_t *at = head->data + offset;
		uint32_t bytes;

		if (i == XNB_IPV6_HEADERS_MAX || !has(head, offset, 8))
			return -EBADMSG;
		bytes = extension_bytes(at, next, h);
		if (bytes == 0 || bytes > left)
			return -EBADMSG;
		next = at[0];
		offset += bytes;
		left -= bytes;
	}
	h->ip_version = 6;
	h->protocol = next;
	h->l4 = (uint16_t)offset;
	h->l4_bytes = (uint16_t)left;
	return 0;
}

/* Sets payload. */
static int find_payload(const struct head *head, struct xnb_headers *h)
{
	const uint8_t *l4 = head->data + h->l4;
	uint32_t bytes;

	if (h->protocol == IPPROTO_TCP) {
		if (!has(head, h->l4, TCP_BYTES))
			return -EBADMSG;
		bytes = (l4[12] >> 4) * 4u;
		if (bytes < TCP_BYTES)
			return -EBADMSG;
	} else if (h->protocol == IPPROTO_UDP) {
		bytes = UDP_BYTES;
		if (!has(head, h->l4, bytes))
			return -EBADMSG;
		if (xnb_get16(l4 + 4) != h->l4_bytes)
			return -EBADMSG;
	} else {
		return -EBADMSG;
	}
	if (bytes > h->l4_bytes || !has(head, h->l4, bytes))
		return -EBADMSG;
	h->payload = (uint16_t)(h->l4 + bytes);
	return 0;
}

bool xnb_headers_tagged(const uint8_t *head)
{
	return is_tag(xnb_get16(head + ETHER_BYTES - 2));
}

int xnb_headers_parse(const uint8_t *head, uint32_t head_bytes,
		      uint32_t frame_bytes, struct xnb_headers *ret)
{
	const struct head in = {
		.data = head,
		.bytes = head_bytes < frame_bytes ? head_bytes : frame_bytes,
		.frame_bytes = frame_bytes,
	};
	struct xnb_headers h = {0};
	uint32_t type;
	int error;

	if (frame_bytes > UINT16_MAX)
		return -EBADMSG;
	type = find_l3(&in, &h);
	if (type == TYPE_IPV4)
		error = find_l4_ipv4(&in, &h);
	else if (type == TYPE_IPV6)
		error = find_l4_ipv6(&in, &h);
	else
		error = -EBADMSG;
	if (!error)
		error = find_payload(&in, &h);
	if (error)
		return error;
	*ret = h;
	return 0;
}
