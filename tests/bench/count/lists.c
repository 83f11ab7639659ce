/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See lists.h. */
#include "tests/unit/netback/ring/cmocka_std.h"

#include "bridge/acl.h"
#include "lists.h"

#include <stdlib.h>
#include <string.h>

#define NETS 64u
#define OUR_PORT 9u
#define OUR_NET 0x0a010000u /* 10.1.0.0/24 */

struct program {
	struct xsw_acl head;
	struct xsw_acl_net4 net[NETS];
	struct xsw_acl_rule rule[];
};

static struct xsw_acl_rule rule_of(uint32_t i, uint32_t rules)
{
	uint16_t port = (uint16_t)(i + 1 < rules ? 1000 + i : OUR_PORT);

	return (struct xsw_acl_rule){
		.flags = XSW_ACL_ALLOW | XSW_ACL_TO_PORTS | XSW_ACL_PEERS,
		.protocol = 17,
		.to = {port, port},
		.nets4 = {0, NETS},
	};
}

static struct xsw_acl *make(uint32_t rules)
{
	size_t bytes = sizeof(struct program) +
		       2 * rules * sizeof(struct xsw_acl_rule);
	struct program *program = calloc(1, bytes);

	assert_non_null(program);
	program->head = (struct xsw_acl){.bytes = (uint32_t)bytes,
					 .nets4_count = NETS,
					 .rule_count = {rules, rules}};
	for (uint32_t i = 0; i < NETS; i++) {
		program->net[i].first = OUR_NET + i * 1024;
		program->net[i].last = program->net[i].first + 255;
	}
	for (uint32_t i = 0; i < rules; i++)
		program->rule[i] = program->rule[rules + i] = rule_of(i, rules);
	assert_int_equal(xsw_acl_check(program, bytes), 0);
	return &program->head;
}

void lists_give(struct bed *bed, uint32_t lanes, uint32_t step, uint32_t rules)
{
	struct xnb_command command = {
		.acl_order = {.header = {XNB_ACL, XN_DATALINK_VERSION},
			      .number = 1,
			      .acl = make(rules)}};

	bed_order(bed, &command);
	for (uint32_t lane = 0; lane < lanes; lane += step) {
		command = bed_policy_command(bed, lane);
		command.policy.acl = 1;
		bed_order(bed, &command);
		bed_run(bed);
	}
}
