/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_GUARD_PACKET_H
#define XSW_GUARD_PACKET_H
/*
 * Between the files of the guard: the checks of one layer each, over the
 * cursor of packet.h. Thread: worker.
 */
#include <stdbool.h>
#include <string.h>

#include "bridge/guard.h"
#include "bridge/packet.h"

/* Is the address (4 or 16 bytes) one that the guest may use? */
bool xsw_guard_owns4(const struct xsw_guard *guard, const uint8_t *address);
bool xsw_guard_owns6(const struct xsw_guard *guard, const uint8_t *address);

/* The packet is what follows the Ethernet header and its tags. */
enum xsw_drop xsw_guard_ipv4(const struct xsw_guard *guard,
			     struct xsw_packet packet);
enum xsw_drop xsw_guard_ipv6(const struct xsw_guard *guard,
			     struct xsw_packet packet);

/* Is the ICMPv6 message one of neighbour discovery's, or a redirect? */
static inline bool xsw_guard_is_nd(uint8_t type)
{
	return type >= 133 && type <= 137;
}
/* `packet`: the message from its type on. `from_nobody`: its source is ::. */
enum xsw_drop xsw_guard_nd(const struct xsw_guard *guard,
			   struct xsw_packet packet, bool from_nobody);

#endif
