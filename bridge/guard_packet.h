/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_GUARD_PACKET_H
#define XSW_GUARD_PACKET_H
/*
 * Between the files of the guard: a cursor over a frame's private head that
 * cannot leave it, and the checks of one layer each. Thread: worker.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bridge/guard.h"

/* The rest of a packet, as far as the private head has it. */
struct xsw_packet {
	const uint8_t *at;
	uint32_t bytes; /* that may be read */
	bool whole;	/* nothing of the packet lies beyond */
};

/* The next `bytes`, or NULL: they are not there. */
static inline const uint8_t *xsw_packet_take(struct xsw_packet *packet,
					     uint32_t bytes)
{
	const uint8_t *taken = packet->at;

	if (bytes > packet->bytes)
		return NULL;
	packet->at += bytes;
	packet->bytes -= bytes;
	return taken;
}

/* The packet ends after `bytes` more; what lies behind is padding. */
static inline void xsw_packet_end(struct xsw_packet *packet, uint32_t bytes)
{
	if (bytes > packet->bytes)
		return;
	packet->bytes = bytes;
	packet->whole = true;
}

static inline uint32_t xsw_be16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

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
