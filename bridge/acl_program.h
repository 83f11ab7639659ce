/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_ACL_PROGRAM_H
#define XSW_ACL_PROGRAM_H
/*
 * An access list as the data path has it: one block of memory without
 * pointers, made by netconf/acl/compile.h, handed over as bytes, and looked at
 * by acl.h. Numbers are the host's, also those of addresses (the first octet is
 * the highest), so that they can be compared.
 *
 * Rules are tried in order, those of one way only; the first that speaks of the
 * packet decides, and without one the list's default. The others' addresses
 * that a rule names are sorted ranges without overlaps, found by halving: what
 * a packet costs grows with the rules, not with the guests behind a name.
 *
 * Layout only; any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XSW_ACLS_MAX 65u
#define XSW_ACL_RULES_MAX 1024u /* both ways together */
#define XSW_ACL_MACS_MAX 2048u
#define XSW_ACL_NETS6_MAX 4096u
#define XSW_ACL_NETS4_MAX 8192u

enum xsw_acl_way {
	XSW_ACL_OUT, /* what the guest sends */
	XSW_ACL_IN,  /* what it receives */
	XSW_ACL_WAYS,
};

/* What a rule does and asks for. */
#define XSW_ACL_ALLOW (1u << 0)	       /* else it denies */
#define XSW_ACL_ANY_PROTOCOL (1u << 1) /* else `protocol` */
#define XSW_ACL_TO_PORTS (1u << 2)     /* `to`; of ICMP the type */
#define XSW_ACL_FROM_PORTS (1u << 3)   /* `from` */
#define XSW_ACL_ESTABLISHED (1u << 4)  /* TCP with ACK or RST */
#define XSW_ACL_PEERS (1u << 5)	       /* the other end is one of these */
#define XSW_ACL_RULE_FLAGS ((1u << 6) - 1)
/* What only the first fragment of a packet can tell. */
#define XSW_ACL_UPPER \
	(XSW_ACL_TO_PORTS | XSW_ACL_FROM_PORTS | XSW_ACL_ESTABLISHED)

struct xsw_acl_ports {
	uint16_t first, last;
};

/* A part of one of the program's arrays. */
struct xsw_acl_span {
	uint16_t first, count;
};

struct xsw_acl_rule {
	uint16_t flags;
	uint8_t family;	  /* 4, 6; 0: both */
	uint8_t protocol; /* of IP */
	struct xsw_acl_ports to, from;
	struct xsw_acl_span macs, nets6, nets4; /* with XSW_ACL_PEERS */
};

struct xsw_acl_net4 {
	uint32_t first, last;
};

struct xsw_acl_net6 {
	uint64_t first[2], last[2]; /* high half, low half */
};

/* Followed by the arrays: MACs (sorted keys of classify.h), nets6, nets4, the
 * rules for OUT, the rules for IN. */
struct xsw_acl {
	uint32_t bytes; /* of all */
	uint32_t mac_count, nets6_count, nets4_count;
	uint32_t rule_count[XSW_ACL_WAYS];
	uint32_t allow;	   /* 1: what no rule speaks of passes */
	uint32_t reserved; /* 0 */
};

#define XSW_ACL_BYTES_MAX                                               \
	(sizeof(struct xsw_acl) + XSW_ACL_MACS_MAX * sizeof(uint64_t) + \
	 XSW_ACL_NETS6_MAX * sizeof(struct xsw_acl_net6) +              \
	 XSW_ACL_NETS4_MAX * sizeof(struct xsw_acl_net4) +              \
	 XSW_ACL_RULES_MAX * sizeof(struct xsw_acl_rule))

static inline const uint64_t *xsw_acl_macs(const struct xsw_acl *acl)
{
	return (const uint64_t *)(const void *)(acl + 1);
}

static inline const struct xsw_acl_net6 *
xsw_acl_nets6(const struct xsw_acl *acl)
{
	return (const struct xsw_acl_net6 *)(const void *)(xsw_acl_macs(acl) +
							   acl->mac_count);
}

static inline const struct xsw_acl_net4 *
xsw_acl_nets4(const struct xsw_acl *acl)
{
	return (const struct xsw_acl_net4 *)(const void *)(xsw_acl_nets6(acl) +
							   acl->nets6_count);
}

static inline const struct xsw_acl_rule *
xsw_acl_rules(const struct xsw_acl *acl, enum xsw_acl_way way)
{
	const struct xsw_acl_rule *rule =
		(const struct xsw_acl_rule *)(const void *)(xsw_acl_nets4(acl) +
							    acl->nets4_count);

	return way == XSW_ACL_IN ? rule + acl->rule_count[XSW_ACL_OUT] : rule;
}

/* What the counts make; they are within their limits. */
static inline size_t xsw_acl_size(const struct xsw_acl *acl)
{
	size_t rules = (size_t)acl->rule_count[XSW_ACL_OUT] +
		       acl->rule_count[XSW_ACL_IN];

	return sizeof(*acl) + acl->mac_count * sizeof(uint64_t) +
	       acl->nets6_count * sizeof(struct xsw_acl_net6) +
	       acl->nets4_count * sizeof(struct xsw_acl_net4) +
	       rules * sizeof(struct xsw_acl_rule);
}

#endif
