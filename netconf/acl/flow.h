/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XACL_FLOW_H
#define XACL_FLOW_H
/*
 * Whether a connection that runs is one that a guest's list still allows: the
 * program that the data path runs is asked for a packet of it. Pure; any
 * thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bridge/acl_program.h"

/* As the guest's frames say it: addresses in network order, IPv4 in the first
 * four bytes; ports in the host's. */
struct xacl_flow {
	uint8_t family;	  /* 4 or 6 */
	uint8_t protocol; /* of IP */
	bool out;	  /* the guest began it */
	uint8_t guest[16], peer[16];
	uint16_t guest_port, peer_port;
};

/* What belongs to the connection, the way in which it was begun, may pass. Of
 * TCP that is a packet with ACK. Of protocols but TCP and UDP nothing is known:
 * true. */
bool xacl_flow_allowed(const struct xsw_acl *program,
		       const struct xacl_flow *flow);

#endif
