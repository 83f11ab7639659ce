/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy routing rules by rtnetlink. */
#include "netconf/nl/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/request.h"
#include "netconf/nl/rule_parse.h"

#define RULES_MAX 65536
/* Of newer kernels, too: whoever sets one must not be overlooked. */
#define RULE_ATTRS 64
#define UNSET UINT32_MAX

static int parse_ports(const struct nlattr *attr, uint16_t ret_ports[2])
{
	struct fib_rule_port_range range = {0};

	if (xn_nl_read_bytes(attr, &range, sizeof(range)) < 0)
		return -EBADMSG;
	ret_ports[0] = range.start;
	ret_ports[1] = range.end;
	return 0;
}

static int parse_uids(const struct nlattr *attr, struct xn_rule *rule)
{
	struct fib_rule_uid_range range = {.start = 0, .end = UNSET};

	if (xn_nl_read_bytes(attr, &range, sizeof(range)) < 0)
		return -EBADMSG;
	/* The kernel reports the range of all as well. */
	rule->has_uid = attr && (range.start != 0 || range.end != UNSET);
	if (rule->has_uid) {
		rule->uid[0] = range.start;
		rule->uid[1] = range.end;
	}
	return 0;
}

static int parse_selectors(const struct nlattr **table, struct xn_rule *rule)
{
	size_t bytes = xn_ip_bytes(rule->family);
	uint8_t l3mdev = 0;

	if (xn_nl_read_bytes(table[FRA_SRC], rule->source, bytes) < 0 ||
	    xn_nl_read_bytes(table[FRA_DST], rule->destination, bytes) < 0 ||
	    xn_nl_read_text(table[FRA_IIFNAME], rule->in, sizeof(rule->in)) <
		    0 ||
	    xn_nl_read_text(table[FRA_OIFNAME], rule->out, sizeof(rule->out)) <
		    0 ||
	    xn_nl_read_u32(table[FRA_FWMARK], &rule->mark) < 0 ||
	    xn_nl_read_u32(table[FRA_FWMASK], &rule->mark_mask) < 0 ||
	    xn_nl_read_u8(table[FRA_L3MDEV], &l3mdev) < 0 ||
	    xn_nl_read_u8(table[FRA_IP_PROTO], &rule->ip_protocol) < 0 ||
	    parse_ports(table[FRA_SPORT_RANGE], rule->source_port) < 0 ||
	    parse_ports(table[FRA_DPORT_RANGE], rule->destination_port) < 0 ||
	    parse_uids(table[FRA_UID_RANGE], rule) < 0)
		return -EBADMSG;
	rule->l3mdev = l3mdev != 0;
	return 0;
}

static int parse_action(const struct nlattr **table, struct xn_rule *rule)
{
	uint32_t length = UNSET;
	uint32_t group = UNSET;

	if (xn_nl_read_u32(table[FRA_PRIORITY], &rule->priority) < 0 ||
	    xn_nl_read_u32(table[FRA_TABLE], &rule->table) < 0 ||
	    xn_nl_read_u32(table[FRA_GOTO], &rule->jump) < 0 ||
	    xn_nl_read_u32(table[FRA_FLOW], &rule->flow) < 0 ||
	    xn_nl_read_u8(table[FRA_PROTOCOL], &rule->protocol) < 0 ||
	    xn_nl_read_u32(table[FRA_SUPPRESS_PREFIXLEN], &length) < 0 ||
	    xn_nl_read_u32(table[FRA_SUPPRESS_IFGROUP], &group) < 0)
		return -EBADMSG;
	rule->suppress_length = length + 1;
	rule->suppress_group = group + 1;
	if (table[FRA_TUN_ID] && xn_nl_nonzero(table[FRA_TUN_ID]))
		rule->has_more = true;
	for (uint16_t i = FRA_MAX + 1; i < RULE_ATTRS; i++) {
		if (table[i] && xn_nl_nonzero(table[i]))
			rule->has_more = true;
	}
	return 0;
}

int xn_rule_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_rule *ret_rule)
{
	const struct nlattr *table[RULE_ATTRS] = {0};
	struct xn_rule rule = {0};
	struct fib_rule_hdr info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (xn_ip_bytes(info.family) == 0)
		return 0;
	if (info.src_len > 8 * xn_ip_bytes(info.family) ||
	    info.dst_len > 8 * xn_ip_bytes(info.family))
		return -EBADMSG;
	rule.family = info.family;
	rule.action = info.action;
	rule.tos = info.tos;
	rule.invert = (info.flags & FIB_RULE_INVERT) != 0;
	rule.source_length = info.src_len;
	rule.destination_length = info.dst_len;
	rule.table = info.table;
	if (xn_nl_attrs(payload, left, table, RULE_ATTRS) < 0 ||
	    parse_selectors(table, &rule) < 0 || parse_action(table, &rule) < 0)
		return -EBADMSG;
	*ret_rule = rule;
	return 1;
}

static int dump_rule(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_rule rule;
	int rc;

	if (header->nlmsg_type != RTM_NEWRULE)
		return 0;
	rc = xn_rule_parse(header, bytes, &rule);
	if (rc <= 0)
		return rc;
	return xn_array_put(arg, &rule);
}

int xn_rule_dump(struct xn_nl *nl, uint8_t family,
		 struct xn_rule_table *ret_table, struct xn_err *err)
{
	struct xn_array rules = {.item_bytes = sizeof(struct xn_rule),
				 .count_max = RULES_MAX};
	struct xn_nl_request request;
	struct fib_rule_hdr *info =
		xn_nl_request_init(&request, RTM_GETRULE, 0, sizeof(*info));
	int rc;

	info->family = family;
	rc = xn_nl_dump_array(nl, &request, dump_rule, &rules, err);
	if (rc < 0) {
		xn_err_prefix(err, "list rules");
		return rc;
	}
	ret_table->rule = rules.items;
	ret_table->count = rules.count;
	return 0;
}

void xn_rule_table_fini(struct xn_rule_table *table)
{
	free(table->rule);
	table->rule = NULL;
	table->count = 0;
}

static void put_ports(struct xn_nl_request *request, uint16_t attr,
		      const uint16_t ports[2])
{
	struct fib_rule_port_range range = {ports[0], ports[1]};

	if (ports[0] != 0)
		xn_nl_put(request, attr, &range, sizeof(range));
}

static void put_nonzero(struct xn_nl_request *request, uint16_t attr,
			uint32_t value)
{
	if (value != 0)
		xn_nl_put_u32(request, attr, value);
}

static void put_selectors(struct xn_nl_request *request,
			  const struct xn_rule *rule)
{
	struct fib_rule_uid_range uids = {rule->uid[0], rule->uid[1]};
	size_t bytes = xn_ip_bytes(rule->family);

	if (rule->source_length > 0)
		xn_nl_put(request, FRA_SRC, rule->source, bytes);
	if (rule->destination_length > 0)
		xn_nl_put(request, FRA_DST, rule->destination, bytes);
	if (rule->in[0] != '\0')
		xn_nl_put_text(request, FRA_IIFNAME, rule->in);
	if (rule->out[0] != '\0')
		xn_nl_put_text(request, FRA_OIFNAME, rule->out);
	put_nonzero(request, FRA_FWMARK, rule->mark);
	put_nonzero(request, FRA_FWMASK, rule->mark_mask);
	if (rule->l3mdev)
		xn_nl_put_u8(request, FRA_L3MDEV, 1);
	if (rule->ip_protocol != 0)
		xn_nl_put_u8(request, FRA_IP_PROTO, rule->ip_protocol);
	put_ports(request, FRA_SPORT_RANGE, rule->source_port);
	put_ports(request, FRA_DPORT_RANGE, rule->destination_port);
	if (rule->has_uid)
		xn_nl_put(request, FRA_UID_RANGE, &uids, sizeof(uids));
}

static int change_rule(struct xn_nl *nl, uint16_t type, uint16_t flags,
		       const struct xn_rule *rule, const char *words,
		       struct xn_err *err)
{
	struct xn_nl_request request;
	struct fib_rule_hdr *info =
		xn_nl_request_init(&request, type, flags, sizeof(*info));
	int rc;

	if (xn_ip_bytes(rule->family) == 0)
		return xn_fail(err, EAFNOSUPPORT, "%s rule: family %u", words,
			       rule->family);
	info->family = rule->family;
	info->action = rule->action;
	info->tos = rule->tos;
	info->flags = rule->invert ? FIB_RULE_INVERT : 0;
	info->src_len = rule->source_length;
	info->dst_len = rule->destination_length;
	put_selectors(&request, rule);
	xn_nl_put_u32(&request, FRA_PRIORITY, rule->priority);
	put_nonzero(&request, FRA_TABLE, rule->table);
	put_nonzero(&request, FRA_GOTO, rule->jump);
	put_nonzero(&request, FRA_FLOW, rule->flow);
	if (rule->suppress_length != 0)
		xn_nl_put_u32(&request, FRA_SUPPRESS_PREFIXLEN,
			      rule->suppress_length - 1);
	if (rule->suppress_group != 0)
		xn_nl_put_u32(&request, FRA_SUPPRESS_IFGROUP,
			      rule->suppress_group - 1);
	xn_nl_put_u8(&request, FRA_PROTOCOL, rule->protocol);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s rule %u", words, rule->priority);
	return rc;
}

int xn_rule_add(struct xn_nl *nl, const struct xn_rule *rule,
		struct xn_err *err)
{
	return change_rule(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule,
			   "add", err);
}

int xn_rule_delete(struct xn_nl *nl, const struct xn_rule *rule,
		   struct xn_err *err)
{
	return change_rule(nl, RTM_DELRULE, 0, rule, "delete", err);
}
