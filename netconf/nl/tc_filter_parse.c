/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of filters, checked. Pure. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>

#include "netconf/nl/answer.h"
#include "netconf/nl/attr.h"
#include "netconf/nl/tc_parse.h"

/* Tables from here on are the kernel's own, the first of each list. */
#define OWN_TABLES 0x80000000u
#define TABLE_MASK 0xfff00000u

/* The only action that is known: a redirection out of another link. */
static int parse_action(const struct nlattr *actions,
			struct xn_tc_filter *filter)
{
	const struct nlattr *action[3] = {NULL};
	const struct nlattr *table[TCA_ACT_OPTIONS + 1] = {NULL};
	const struct nlattr *options[TCA_MIRRED_PARMS + 1] = {NULL};
	char kind[XN_TC_KIND_MAX] = "";
	struct tc_mirred mirred;

	if (xn_nl_nested(actions, action, 3) < 0 ||
	    xn_nl_nested(action[1], table, TCA_ACT_OPTIONS + 1) < 0 ||
	    xn_nl_read_text(table[TCA_ACT_KIND], kind, sizeof(kind)) < 0)
		return -EBADMSG;
	if (action[2] || strcmp(kind, "mirred") != 0) {
		filter->known = false;
		return 0;
	}
	if (xn_nl_nested(table[TCA_ACT_OPTIONS], options,
			 TCA_MIRRED_PARMS + 1) < 0 ||
	    !options[TCA_MIRRED_PARMS] ||
	    xn_nl_read_bytes(options[TCA_MIRRED_PARMS], &mirred,
			     sizeof(mirred)) < 0)
		return -EBADMSG;
	if (mirred.eaction != TCA_EGRESS_REDIR || mirred.ifindex > INT32_MAX)
		filter->known = false;
	else
		filter->redirect = (int)mirred.ifindex;
	return 0;
}

static int parse_selector(const struct nlattr *attr,
			  struct xn_tc_filter *filter)
{
	const uint8_t *at;
	struct tc_u32_sel sel;
	struct tc_u32_key key;

	if (!attr)
		return 0;
	if (xn_nl_bytes(attr) < sizeof(sel))
		return -EBADMSG;
	at = xn_nl_data(attr);
	memcpy(&sel, at, sizeof(sel));
	if (xn_nl_bytes(attr) - sizeof(sel) < sel.nkeys * sizeof(key))
		return -EBADMSG;
	filter->hash_mask_be = sel.hmask;
	filter->hash_offset = sel.hoff;
	if (sel.nkeys > XN_TC_KEYS_MAX || sel.offmask || sel.off)
		filter->known = false;
	for (uint32_t i = 0; i < sel.nkeys && i < XN_TC_KEYS_MAX; i++) {
		memcpy(&key, at + sizeof(sel) + i * sizeof(key), sizeof(key));
		if (key.offmask)
			filter->known = false;
		filter->key[i] = (struct xn_tc_key){key.val, key.mask, key.off};
		filter->key_count++;
	}
	return 0;
}

static int parse_u32(const struct nlattr *options, struct xn_tc_filter *filter)
{
	const struct nlattr *table[TCA_U32_MARK + 1] = {NULL};

	if (xn_nl_nested(options, table, TCA_U32_MARK + 1) < 0 ||
	    xn_nl_read_u32(table[TCA_U32_DIVISOR], &filter->divisor) < 0 ||
	    xn_nl_read_u32(table[TCA_U32_HASH], &filter->table) < 0 ||
	    xn_nl_read_u32(table[TCA_U32_LINK], &filter->link) < 0 ||
	    xn_nl_read_u32(table[TCA_U32_CLASSID], &filter->class_handle) < 0 ||
	    parse_selector(table[TCA_U32_SEL], filter) < 0)
		return -EBADMSG;
	if ((filter->table & TABLE_MASK) >= OWN_TABLES)
		filter->table = 0;
	if (table[TCA_U32_POLICE] || table[TCA_U32_INDEV] ||
	    table[TCA_U32_MARK])
		filter->known = false;
	if (table[TCA_U32_ACT])
		return parse_action(table[TCA_U32_ACT], filter);
	return 0;
}

int xn_tc_filter_parse(const struct nlmsghdr *header, size_t bytes,
		       struct xn_tc_filter *ret_filter)
{
	const struct nlattr *table[TCA_OPTIONS + 1] = {NULL};
	struct xn_tc_filter filter = {0};
	char kind[XN_TC_KIND_MAX] = "";
	struct tcmsg tc;
	size_t left;
	const void *payload =
		xn_nl_payload(header, bytes, sizeof(struct tcmsg), &left);

	if (!payload ||
	    xn_nl_attrs(payload, left, table, TCA_OPTIONS + 1) < 0 ||
	    xn_nl_read_text(table[TCA_KIND], kind, sizeof(kind)) < 0)
		return -EBADMSG;
	memcpy(&tc, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(tc));
	if (tc.tcm_ifindex <= 0)
		return -EBADMSG;
	if (tc.tcm_handle == 0)
		return 0;
	filter.ifindex = tc.tcm_ifindex;
	filter.parent = tc.tcm_parent;
	filter.handle = tc.tcm_handle;
	filter.priority = (uint16_t)(tc.tcm_info >> 16);
	filter.known = !strcmp(kind, "u32");
	if (filter.known && parse_u32(table[TCA_OPTIONS], &filter) < 0)
		return -EBADMSG;
	*ret_filter = filter;
	return 1;
}
