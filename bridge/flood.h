/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_FLOOD_H
#define XSW_FLOOD_H
/*
 * Who receives the floods of a bridge, and handing frames to ports. Open ports
 * that receive some flood are kept in a set, so that a flood costs its
 * receivers only; what isolation and multicast control take away from a member
 * is asked only in a bridge that has such members.
 *
 * Thread: worker; the set changes between batches.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bridge/batch.h"
#include "bridge/classify.h"

struct xsw_switch;

/* Which floods an open port receives. */
#define XSW_FLOOD_UNICAST 1u
#define XSW_FLOOD_MULTICAST 2u
#define XSW_FLOOD_BROADCAST 4u
#define XSW_FLOOD_KINDS 8u /* combinations */

/* What it does not get of them. */
#define XSW_LIMIT_ISOLATED 1u	/* frames from isolated ports */
#define XSW_LIMIT_REGISTERED 2u /* groups that it did not register */

struct xsw_flood_port {
	uint16_t port;
	uint8_t kinds; /* not 0 */
	uint8_t limits;
};

struct xsw_flood_set {
	uint32_t count;
	uint32_t limited; /* members with limits */
	struct xsw_flood_port member[XSW_PORTS_MAX];
};

/* A port without kinds is not taken in. */
void xsw_flood_set_add(struct xsw_flood_set *set, uint16_t port, uint8_t kinds,
		       uint8_t limits);
void xsw_flood_set_remove(struct xsw_flood_set *set, uint16_t port);

/* Ports that are in batch->dest[] already. */
struct xsw_port_set {
	uint64_t bits[XSW_PORTS_MAX / 64];
};

static inline void xsw_deliver(struct xsw_batch *batch,
			       struct xsw_port_set *used, uint16_t port,
			       uint64_t frames)
{
	uint64_t *word = &used->bits[port / 64];
	uint64_t bit = (uint64_t)1 << port % 64;

	if (*word & bit) {
		batch->dest_frames[port] |= frames;
		return;
	}
	*word |= bit;
	batch->dest[batch->dest_count++] = port;
	batch->dest_frames[port] = frames;
}

struct xsw_floods {
	uint64_t unicast; /* unknown */
	uint64_t multicast;
	uint64_t broadcast;
};

/* To the twin and to every member but the sender. */
void xsw_flood(const struct xsw_switch *sw, const struct xsw_flood_set *set,
	       const struct xsw_burst *burst, const struct xsw_floods *floods,
	       struct xsw_batch *batch, struct xsw_port_set *used);

#endif
