/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_FLOW_H
#define XNAT_FLOW_H
/*
 * Whether a running connection is one that the rules would still make. The
 * kernel asks the rules once, for the first packet; a connection that they
 * would not make any more has to be ended by us. Pure; any thread.
 */
#include "natd/table.h"
#include "netconf/model/settings.h"

/* Addresses in network order, IPv4 in the first four bytes; ports and
 * identifiers in the host's order. As sent by who began it, and as answered:
 * the answers' source is who was really meant. */
struct xnat_flow {
	uint8_t family; /* 4 or 6 */
	uint8_t protocol;
	uint16_t source_port, destination_port;
	uint16_t reply_source_port, reply_destination_port;
	uint8_t source[16], destination[16];
	uint8_t reply_source[16], reply_destination[16];
};

/* The guests' networks, with the bridge's name. */
struct xnat_inside {
	char bridge[IFNAMSIZ];
	struct xn_address network;
};

struct xnat_view {
	const struct xnat_table *before, *now; /* elements in order */
	/* Whom the rules hide is as before: only who is led to a guest may be
	 * wrong. */
	bool only_led;
	const struct xnat_inside *inside;
	uint32_t inside_count;
	/* The host's own addresses: towards them nobody is hidden. */
	const struct xn_address *local;
	uint32_t local_count;
};

/* Both tables hide the same guests behind the same addresses. */
bool xnat_hide_same(const struct xnat_table *before,
		    const struct xnat_table *now);
/* NULL: it may stay. Else why it has to go. */
const char *xnat_flow_wrong(const struct xnat_view *view,
			    const struct xnat_flow *flow);

#endif
