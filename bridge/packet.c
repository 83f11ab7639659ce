/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways through a frame's headers, see packet.h. Called by the guard and by
 * ACLs; every byte is a guest's. */
#include "bridge/packet.h"

#define FRAGMENT_OFFSET 0xfff8u

enum { /* next header values */
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTHENTICATION = 51,
	NEXT_DESTINATION = 60,
	NEXT_MOBILITY = 135,
	NEXT_HIP = 139,
	NEXT_SHIM6 = 140,
	NEXT_EXPERIMENT1 = 253,
	NEXT_EXPERIMENT2 = 254,
};

uint32_t xsw_packet_skip_tags(struct xsw_packet *packet)
{
	const uint8_t *header = xsw_packet_take(packet, XSW_HEAD_MIN);
	uint32_t type = header ? xsw_be16(header + 12) : 0;

	for (uint32_t i = 0; i < XSW_TAGS_MAX; i++) {
		const uint8_t *tag;

		if (type != XSW_TYPE_8021Q && type != XSW_TYPE_8021AD)
			break;
		tag = xsw_packet_take(packet, 4);
		type = tag ? xsw_be16(tag + 2) : 0;
	}
	return type;
}

static bool skip_fragment_header(struct xsw_upper *upper)
{
	const uint8_t *header = xsw_packet_take(&upper->rest, 8);

	if (!header)
		return false;
	upper->next = header[0];
	upper->fragment = true;
	upper->later = xsw_be16(header + 2) & FRAGMENT_OFFSET;
	return true;
}

/* `unit`, `base`: how the header's length field counts (RFC 8200 4, RFC 4302
 * 2.2): (length + base) * unit bytes in all. */
static bool skip_header(struct xsw_upper *upper, uint32_t unit, uint32_t base)
{
	const uint8_t *header = xsw_packet_take(&upper->rest, 2);

	if (!header)
		return false;
	upper->next = header[0];
	return xsw_packet_take(&upper->rest, (header[1] + base) * unit - 2);
}

bool xsw_upper_reach(struct xsw_upper *upper)
{
	for (uint32_t i = 0; i <= XSW_EXTENSIONS_MAX; i++) {
		bool skipped;

		switch (upper->next) {
		case NEXT_HOP_BY_HOP:
		case NEXT_ROUTING:
		case NEXT_DESTINATION:
		case NEXT_MOBILITY:
		case NEXT_HIP:
		case NEXT_SHIM6:
			skipped = skip_header(upper, 8, 1);
			break;
		case NEXT_AUTHENTICATION:
			skipped = skip_header(upper, 4, 2);
			break;
		case NEXT_FRAGMENT:
			skipped = skip_fragment_header(upper);
			break;
		case NEXT_EXPERIMENT1:
		case NEXT_EXPERIMENT2:
			return false;
		default:
			return true;
		}
		if (!skipped)
			return false;
		if (upper->later)
			return true;
	}
	return false;
}
