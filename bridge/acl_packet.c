/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames to what rules ask of them, see acl_packet.h. Called by acl.c for each
 * frame of a guest with an access list; every byte is a guest's. */
#include "bridge/acl_packet.h"

#define IPV4_BYTES 20u
#define IPV6_BYTES 40u
#define MORE_FRAGMENTS 0x2000u
#define FRAGMENT_OFFSET 0x1fffu

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_SCTP = 132,
};

/* Ports and flags, from a header that must be there whole. */
static enum xsw_acl_kind read_ports(struct xsw_acl_view *view,
				    struct xsw_packet rest, uint32_t bytes)
{
	const uint8_t *header = xsw_packet_take(&rest, bytes);

	if (!header)
		return XSW_ACL_BROKEN;
	view->from = (uint16_t)xsw_be16(header);
	view->to = (uint16_t)xsw_be16(header + 2);
	if (view->protocol == PROTOCOL_TCP)
		view->tcp_flags = header[13];
	return XSW_ACL_PACKET;
}

/* Without these no guest keeps its IPv6 address (RFC 4861, 3810). */
static bool passes_always(uint8_t type)
{
	return (type >= 130 && type <= 136) || type == 143;
}

static enum xsw_acl_kind read_icmp(struct xsw_acl_view *view,
				   struct xsw_packet rest, bool fragment)
{
	const uint8_t *header = xsw_packet_take(&rest, 4);

	if (!header)
		return XSW_ACL_BROKEN;
	view->to = header[0];
	if (view->protocol == PROTOCOL_ICMPV6 && !fragment &&
	    passes_always(header[0]))
		return XSW_ACL_PASSES;
	return XSW_ACL_PACKET;
}

static enum xsw_acl_kind read_upper(struct xsw_acl_view *view,
				    struct xsw_packet rest, bool fragment)
{
	if (view->later)
		return XSW_ACL_PACKET;
	switch (view->protocol) {
	case PROTOCOL_TCP:
		return read_ports(view, rest, 20);
	case PROTOCOL_SCTP:
		return read_ports(view, rest, 12);
	case PROTOCOL_UDP:
		return read_ports(view, rest, 8);
	case PROTOCOL_ICMP:
		return view->family == 4 ? read_icmp(view, rest, fragment)
					 : XSW_ACL_PACKET;
	case PROTOCOL_ICMPV6:
		return view->family == 6 ? read_icmp(view, rest, fragment)
					 : XSW_ACL_PACKET;
	default:
		return XSW_ACL_PACKET;
	}
}

static enum xsw_acl_kind read_ipv4(struct xsw_packet packet,
				   struct xsw_acl_view *view)
{
	const uint8_t *header = xsw_packet_take(&packet, IPV4_BYTES);
	uint32_t header_bytes, total_bytes, fragment;

	if (!header || header[0] >> 4 != 4)
		return XSW_ACL_BROKEN;
	header_bytes = (header[0] & 0x0fu) * 4;
	total_bytes = xsw_be16(header + 2);
	if (header_bytes < IPV4_BYTES || total_bytes < header_bytes ||
	    !xsw_packet_take(&packet, header_bytes - IPV4_BYTES))
		return XSW_ACL_BROKEN;
	xsw_packet_end(&packet, total_bytes - header_bytes);
	fragment = xsw_be16(header + 6);
	view->family = 4;
	view->protocol = header[9];
	view->later = fragment & FRAGMENT_OFFSET;
	view->end[0] = header + 12;
	view->end[1] = header + 16;
	return read_upper(view, packet,
			  fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET));
}

static enum xsw_acl_kind read_ipv6(struct xsw_packet packet,
				   struct xsw_acl_view *view)
{
	const uint8_t *header = xsw_packet_take(&packet, IPV6_BYTES);
	struct xsw_upper up = {.rest = packet};

	if (!header || header[0] >> 4 != 6)
		return XSW_ACL_BROKEN;
	up.next = header[6];
	xsw_packet_end(&up.rest, xsw_be16(header + 4));
	if (!xsw_upper_reach(&up))
		return XSW_ACL_BROKEN;
	view->family = 6;
	view->protocol = up.next;
	view->later = up.later;
	view->end[0] = header + 8;
	view->end[1] = header + 24;
	return read_upper(view, up.rest, up.fragment);
}

enum xsw_acl_kind xsw_acl_view(const struct xsw_frame *frame,
			       struct xsw_acl_view *ret_view)
{
	struct xsw_packet packet = xsw_packet_of(frame);

	ret_view->tcp_flags = 0;
	ret_view->from = ret_view->to = 0;
	switch (xsw_packet_skip_tags(&packet)) {
	case XSW_TYPE_IPV4:
		return read_ipv4(packet, ret_view);
	case XSW_TYPE_IPV6:
		return read_ipv6(packet, ret_view);
	case XSW_TYPE_ARP:
		return XSW_ACL_PASSES;
	default:
		return XSW_ACL_FOREIGN;
	}
}
