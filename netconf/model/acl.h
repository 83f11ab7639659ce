/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_ACL_H
#define XN_MODEL_ACL_H
/*
 * What an [acl NAME] of xenplane.conf says: which packets the vifs that name it
 * may send and receive. It is what was written; who the guests and groups in it
 * are is found when it is compiled (netconf/acl/compile.h).
 * netconf/parse/acl_keys.h reads it.
 *
 * Pure values; any thread. Memory: an xn_acl owns its rules.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/mac.h"
#include "netconf/model/place.h"
#include "netconf/model/settings.h"

#define XN_CONF_ACLS_MAX 64u
#define XN_ACL_RULES_MAX 256u /* as written */
/* As compiled: each of a list of ports is one, answers are some more. */
#define XN_ACL_COMPILED_MAX 900u
#define XN_ACL_PORTS_MAX 16u
#define XN_ACL_PEERS_MAX 16u
#define XN_ACL_PEER_MAX 64u /* a guest's name, with the terminating zero */

#define XN_ACL_ICMP 1u /* IANA's numbers of protocols */
#define XN_ACL_TCP 6u
#define XN_ACL_UDP 17u
#define XN_ACL_ICMP6 58u
#define XN_ACL_SCTP 132u

struct xn_acl_ports {
	uint16_t first, last; /* of ICMP: types */
};

enum xn_acl_by {
	XN_ACL_BY_NETWORK,
	XN_ACL_BY_MAC,
	XN_ACL_BY_NAME,
	XN_ACL_BY_GROUP, /* the vifs whose access list has this name */
};

/* Only the member that `by` names counts. */
struct xn_acl_peer {
	enum xn_acl_by by;
	struct xn_address network;
	struct xn_mac mac;
	char name[XN_ACL_PEER_MAX];
};

struct xn_acl_rule {
	struct xn_conf_place place;
	bool allow;
	bool in; /* what the guest receives; else what it sends */
	bool any_protocol;
	uint8_t protocol;
	uint8_t family; /* 4 or 6 with ICMP; 0: both */
	bool established;
	bool replies; /* what answers is allowed, too */
	uint32_t to_count, from_count, peer_count; /* 0: any */
	struct xn_acl_ports to[XN_ACL_PORTS_MAX];
	struct xn_acl_ports from[XN_ACL_PORTS_MAX];
	struct xn_acl_peer peer[XN_ACL_PEERS_MAX]; /* the other end */
};

struct xn_acl {
	char name[XN_ACL_NAME_MAX];
	struct xn_conf_place section;
	bool default_said, default_allow;
	uint32_t rule_count, rule_room;
	struct xn_acl_rule *rule;
};

void xn_acl_fini(struct xn_acl *acl);

/* A name for access lists and guests: letters, digits, ".", "_", "-", and no
 * word that rules have a use for. `bytes`: with the terminating zero. */
bool xn_acl_name_valid(const char *name, size_t bytes);

/* "tcp"; a number for what has no name here. */
#define XN_ACL_PROTOCOL_TEXT 8u
const char *xn_acl_protocol_text(const struct xn_acl_rule *rule,
				 char ret_text[XN_ACL_PROTOCOL_TEXT]);

/* How many rules it is at most when compiled. */
uint32_t xn_acl_compiled_rules(const struct xn_acl *acl);

#endif
