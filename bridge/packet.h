/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_PACKET_H
#define XSW_PACKET_H
/*
 * A cursor over a frame's private head that cannot leave it, and the ways
 * through what lies before the payload: VLAN tags, IPv6's extension headers.
 * For the guard (guard.h) and for ACLs (acl.h). Every byte is a guest's.
 *
 * Thread: worker. Memory: the caller's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/batch.h"

#define XSW_TAGS_MAX 2u
#define XSW_EXTENSIONS_MAX 8u

#define XSW_TYPE_IPV4 0x0800u
#define XSW_TYPE_ARP 0x0806u
#define XSW_TYPE_8021Q 0x8100u
#define XSW_TYPE_8021AD 0x88a8u
#define XSW_TYPE_IPV6 0x86ddu

/* The rest of a packet, as far as the private head has it. */
struct xsw_packet {
	const uint8_t *at;
	uint32_t bytes; /* that may be read */
	bool whole;	/* nothing of the packet lies beyond */
};

static inline struct xsw_packet xsw_packet_of(const struct xsw_frame *frame)
{
	return (struct xsw_packet){
		.at = frame->head,
		.bytes = frame->head_bytes,
		.whole = frame->head_bytes == frame->frame_bytes,
	};
}

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

/* The EtherType behind up to XSW_TAGS_MAX tags, 0 when it is not there;
 * `packet`, a whole frame, is moved behind it. */
uint32_t xsw_packet_skip_tags(struct xsw_packet *packet);

/* What lies behind an IPv6 header. */
struct xsw_upper {
	struct xsw_packet rest;
	uint8_t next;  /* what `rest` begins with */
	bool fragment; /* part of a packet, or says so */
	bool later;    /* a fragment but the first: `rest` is anything */
};

/* Moves `rest` from the IPv6 header's end to what lies behind the extension
 * headers (RFC 8200; RFC 7045 lists them), or to the payload of a later
 * fragment. False: it cannot be told. */
bool xsw_upper_reach(struct xsw_upper *upper);

#endif
