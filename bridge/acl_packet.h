/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_ACL_PACKET_H
#define XSW_ACL_PACKET_H
/*
 * What rules ask of a packet, read once from the frame's private head. Private
 * to acl.c. Thread: worker.
 */
#include "bridge/packet.h"

enum xsw_acl_kind {
	XSW_ACL_PACKET,	 /* IPv4 or IPv6, for the rules */
	XSW_ACL_FOREIGN, /* another protocol */
	XSW_ACL_PASSES,	 /* always */
	XSW_ACL_BROKEN,	 /* never */
};

struct xsw_acl_view {
	uint8_t family;
	uint8_t protocol;
	uint8_t tcp_flags;
	bool later;	       /* a fragment without the upper header */
	uint16_t from, to;     /* ports; of ICMP `to` is the type */
	const uint8_t *end[2]; /* addresses: source, destination */
};

/* *ret_view counts for XSW_ACL_PACKET, and points into the head. */
enum xsw_acl_kind xsw_acl_view(const struct xsw_frame *frame,
			       struct xsw_acl_view *ret_view);

#endif
