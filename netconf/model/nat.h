/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_NAT_H
#define XN_MODEL_NAT_H
/*
 * What xenplane.conf says of a bridge with mode=nat, besides its addresses:
 * who is hidden behind what, and which ports and addresses of the host lead to
 * which guest. netconf/parse/nat_keys.h reads it.
 *
 * Pure values; any thread. Memory: xn_conf_nat owns its arrays.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/mac.h"
#include "netconf/model/place.h"
#include "netconf/model/settings.h"

#define XN_NAT_FORWARDS_MAX 4096u /* of one bridge */
#define XN_NAT_PAIRS_MAX 1024u	  /* of one bridge */
#define XN_NAT_SOURCES_MAX 8u
#define XN_NAT_NAME_MAX 64u /* with the terminating zero */
/* Ports that are moved are told to the kernel one by one. */
#define XN_NAT_MOVED_PORTS_MAX 1024u
#define XN_NAT_CONNECTIONS_DEFAULT 4096u

#define XN_NAT_TCP 1u
#define XN_NAT_UDP 2u

enum xn_nat_by {
	XN_NAT_BY_ADDRESS,
	XN_NAT_BY_MAC,
	XN_NAT_BY_NAME,
};

/* A guest. Only the member that `by` names counts. */
struct xn_nat_target {
	enum xn_nat_by by;
	struct xn_address address;
	struct xn_mac mac;
	char name[XN_NAT_NAME_MAX];
};

struct xn_nat_forward {
	struct xn_conf_place place;
	uint8_t protocols; /* XN_NAT_TCP, XN_NAT_UDP */
	uint16_t port_first, port_last;
	uint16_t to_first; /* the guest's port for port_first */
	bool has_at;	   /* else at each of the host's addresses */
	struct xn_address at;
	struct xn_nat_target to;
	uint32_t source_count; /* 0: from everywhere */
	struct xn_address source[XN_NAT_SOURCES_MAX];
};

/* 1:1: all of `outside` is one guest's. */
struct xn_nat_pair {
	struct xn_conf_place place;
	struct xn_address outside;
	struct xn_nat_target to;
};

enum xn_nat6 {
	XN_NAT6_MASQUERADE,
	XN_NAT6_ROUTED, /* guests' IPv6 addresses are seen outside */
	XN_NAT6_PREFIX, /* the bridge's network becomes another, 1:1 */
};

struct xn_conf_nat {
	bool masquerade_off; /* IPv4 leaves as it is */
	uint32_t behind_count;
	struct xn_address behind[2]; /* at most one of each family */
	enum xn_nat6 nat6;
	struct xn_address prefix6; /* with XN_NAT6_PREFIX */
	uint32_t connections;	   /* of one guest; 0: no limit */
	uint32_t forward_count, forward_room;
	struct xn_nat_forward *forward;
	uint32_t pair_count, pair_room;
	struct xn_nat_pair *pair;
};

void xn_conf_nat_fini(struct xn_conf_nat *nat);

const char *xn_nat6_name(enum xn_nat6 nat6);
/* "tcp+udp" */
const char *xn_nat_protocols_name(uint8_t protocols);

/* The first `prefix` bits are the same; never across families. */
bool xn_address_within(const struct xn_address *a, const struct xn_address *b,
		       uint32_t prefix);
/* "192.0.2.1", "192.0.2.0/24"; the length only where it is not whole. */
#define XN_ADDRESS_TEXT_MAX 52u
const char *xn_address_text(const struct xn_address *address,
			    char ret_text[XN_ADDRESS_TEXT_MAX]);
/* A guest as it was written, "web" or "[fd00::2]". */
const char *xn_nat_target_text(const struct xn_nat_target *target,
			       char ret_text[XN_NAT_NAME_MAX]);

#endif
