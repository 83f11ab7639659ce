/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_RULE_H
#define XN_NL_RULE_H
/*
 * Policy routing rules, IPv4 and IPv6. Addresses as in addr.h. Threads and
 * errors: socket.h.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/socket.h"

struct xn_rule {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t action; /* FR_ACT_* of linux/fib_rules.h */
	uint8_t tos;
	bool invert;
	uint8_t source_length; /* 0: from everywhere */
	uint8_t source[XN_IP_BYTES_MAX];
	uint8_t destination_length;
	uint8_t destination[XN_IP_BYTES_MAX];
	char in[IFNAMSIZ];  /* by name, also of a link to come; "": any */
	char out[IFNAMSIZ]; /* the same */
	uint32_t priority;
	uint32_t table;
	uint32_t mark, mark_mask;
	uint32_t jump;		  /* FR_ACT_GOTO: to this priority */
	uint32_t flow;		  /* realms */
	uint32_t suppress_length; /* 1 more than the prefix; 0: unset */
	uint32_t suppress_group;  /* 1 more than the group; 0: unset */
	bool l3mdev;
	uint8_t ip_protocol;
	uint16_t source_port[2]; /* first and last; 0: any */
	uint16_t destination_port[2];
	bool has_uid;
	uint32_t uid[2];  /* first and last */
	uint8_t protocol; /* who made it: RTPROT_* */
	bool has_more;	  /* reported only: more than this struct holds */
};

struct xn_rule_table {
	struct xn_rule *rule;
	size_t count;
};

/* -EEXIST: there is just this one. */
int xn_rule_add(struct xn_nl *nl, const struct xn_rule *rule,
		struct xn_err *err);
/* -ENOENT: there is none like it. */
int xn_rule_delete(struct xn_nl *nl, const struct xn_rule *rule,
		   struct xn_err *err);
/* Of AF_INET or AF_INET6. The caller owns the table's memory. */
int xn_rule_dump(struct xn_nl *nl, uint8_t family,
		 struct xn_rule_table *ret_table, struct xn_err *err);
void xn_rule_table_fini(struct xn_rule_table *table);

#endif
