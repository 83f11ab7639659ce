/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-spoofing, neighbour discovery (RFC 4861): a guest answers for its own
 * addresses with its own MAC, and is no router. Called by guard_ipv6.c; every
 * byte is a guest's.
 */
#include "bridge/guard_packet.h"

enum {
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOUR_SOLICITATION = 135,
	NEIGHBOUR_ADVERTISEMENT = 136,
	REDIRECT = 137,
};

#define SOURCE_LINK_LAYER 1u /* options */
#define TARGET_LINK_LAYER 2u

/* All options must be there to be judged; what is no option is no message. */
static bool options_are_own(const struct xsw_guard *guard,
			    struct xsw_packet packet)
{
	if (!packet.whole)
		return false;
	while (packet.bytes > 0) {
		const uint8_t *option = packet.at;
		uint32_t bytes = packet.bytes > 1 ? option[1] * 8u : 0;

		if (bytes == 0 || !xsw_packet_take(&packet, bytes))
			return false;
		if (option[0] != SOURCE_LINK_LAYER &&
		    option[0] != TARGET_LINK_LAYER)
			continue;
		if (bytes != 8 ||
		    memcmp(option + 2, guard->mac.octet, XN_MAC_BYTES) != 0)
			return false;
	}
	return true;
}

enum xsw_drop xsw_guard_nd(const struct xsw_guard *guard,
			   struct xsw_packet packet, bool from_nobody)
{
	uint8_t type = packet.at[0];
	const uint8_t *message;
	bool own_target = true;

	if (type == ROUTER_ADVERTISEMENT || type == REDIRECT)
		return XSW_DROP_ROGUE_ROUTER;
	message =
		xsw_packet_take(&packet, type == ROUTER_SOLICITATION ? 8 : 24);
	if (!message)
		return XSW_DROP_SPOOFED_ND;
	/* An advertisement is about its target; a solicitation from nobody
	 * says that the sender is about to use it (RFC 4862 5.4). */
	if (type == NEIGHBOUR_ADVERTISEMENT)
		own_target =
			!from_nobody && xsw_guard_owns6(guard, message + 8);
	else if (type == NEIGHBOUR_SOLICITATION && from_nobody)
		own_target = xsw_guard_owns6(guard, message + 8);
	if (!own_target || !options_are_own(guard, packet))
		return XSW_DROP_SPOOFED_ND;
	return XSW_DROP_NONE;
}
