/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XACL_BUILD_H
#define XACL_BUILD_H
/*
 * A program that is being made: its arrays with room for the largest. Private
 * to acl/. A set of peers is begun, filled and ended; what is ended is sorted,
 * without overlaps, and the same as an earlier set where it can be.
 */
#include "bridge/acl_program.h"
#include "netconf/model/acl.h"

struct xacl_set {
	struct xsw_acl_span macs, nets6, nets4;
};

struct xacl_build {
	bool full; /* something found no room */
	uint32_t mac_count, nets6_count, nets4_count;
	uint32_t rule_count[XSW_ACL_WAYS];
	uint32_t set_count;
	uint64_t mac[XSW_ACL_MACS_MAX];
	struct xsw_acl_net6 net6[XSW_ACL_NETS6_MAX];
	struct xsw_acl_net4 net4[XSW_ACL_NETS4_MAX];
	struct xsw_acl_rule rule[XSW_ACL_WAYS][XSW_ACL_RULES_MAX];
	struct xacl_set set[XSW_ACL_RULES_MAX];
	struct xacl_set begun; /* firsts only */
};

void xacl_set_begin(struct xacl_build *build);
void xacl_set_add_network(struct xacl_build *build,
			  const struct xn_address *network);
void xacl_set_add_mac(struct xacl_build *build, const struct xn_mac *mac);
/* Where it lies; all zero when it is empty. */
struct xacl_set xacl_set_end(struct xacl_build *build);

#endif
