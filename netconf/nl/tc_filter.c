/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for u32 filters. */
#include <arpa/inet.h>
#include <string.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>

#include "netconf/nl/request.h"
#include "netconf/nl/tc.h"

static struct tcmsg *begin(struct xn_nl_request *request, uint16_t type,
			   uint16_t flags, const struct xn_tc_filter *filter)
{
	struct tcmsg *tc =
		xn_nl_request_init(request, type, flags, sizeof(*tc));

	tc->tcm_ifindex = filter->ifindex;
	tc->tcm_parent = filter->parent;
	tc->tcm_info = (uint32_t)filter->priority << 16 | htons(ETH_P_ALL);
	return tc;
}

static void put_selector(struct xn_nl_request *request,
			 const struct xn_tc_filter *filter)
{
	const struct tc_u32_sel selector = {
		.flags = filter->link ? 0 : TC_U32_TERMINAL,
		.hmask = filter->hash_mask_be,
		.hoff = filter->hash_offset,
		.nkeys = filter->key_count,
	};
	uint8_t bytes[sizeof(selector) +
		      XN_TC_KEYS_MAX * sizeof(struct tc_u32_key)];
	size_t used = sizeof(selector);

	memcpy(bytes, &selector, sizeof(selector));
	for (uint8_t i = 0; i < filter->key_count; i++) {
		const struct tc_u32_key key = {
			.val = filter->key[i].value_be,
			.mask = filter->key[i].mask_be,
			.off = filter->key[i].offset,
		};

		memcpy(bytes + used, &key, sizeof(key));
		used += sizeof(key);
	}
	xn_nl_put(request, TCA_U32_SEL, bytes, used);
}

static void put_redirect(struct xn_nl_request *request, int ifindex)
{
	const struct tc_mirred mirred = {.action = TC_ACT_STOLEN,
					 .eaction = TCA_EGRESS_REDIR,
					 .ifindex = (uint32_t)ifindex};
	struct nlattr *actions = xn_nl_nest(request, TCA_U32_ACT);
	struct nlattr *action = xn_nl_nest(request, 1);
	struct nlattr *options;

	xn_nl_put_text(request, TCA_ACT_KIND, "mirred");
	options = xn_nl_nest(request, TCA_ACT_OPTIONS);
	xn_nl_put(request, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	xn_nl_nest_end(request, options);
	xn_nl_nest_end(request, action);
	xn_nl_nest_end(request, actions);
}

static void put_options(struct xn_nl_request *request,
			const struct xn_tc_filter *filter)
{
	struct nlattr *options = xn_nl_nest(request, TCA_OPTIONS);

	if (filter->divisor) {
		xn_nl_put_u32(request, TCA_U32_DIVISOR, filter->divisor);
	} else {
		if (filter->table)
			xn_nl_put_u32(request, TCA_U32_HASH, filter->table);
		if (filter->link)
			xn_nl_put_u32(request, TCA_U32_LINK, filter->link);
		if (filter->class_handle)
			xn_nl_put_u32(request, TCA_U32_CLASSID,
				      filter->class_handle);
		put_selector(request, filter);
		if (filter->redirect)
			put_redirect(request, filter->redirect);
	}
	xn_nl_nest_end(request, options);
}

int xn_tc_filter_add(struct xn_nl *nl, const struct xn_tc_filter *filter,
		     struct xn_err *err)
{
	struct xn_nl_request request;
	struct tcmsg *tc = begin(&request, RTM_NEWTFILTER,
				 NLM_F_CREATE | NLM_F_EXCL, filter);
	int rc;

	if (filter->divisor)
		tc->tcm_handle = filter->handle;
	xn_nl_put_text(&request, TCA_KIND, "u32");
	put_options(&request, filter);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "add filter on link %d", filter->ifindex);
	return rc;
}

int xn_tc_filter_delete(struct xn_nl *nl, const struct xn_tc_filter *filter,
			struct xn_err *err)
{
	struct xn_nl_request request;
	struct tcmsg *tc = begin(&request, RTM_DELTFILTER, 0, filter);
	int rc;

	tc->tcm_handle = filter->handle;
	xn_nl_put_text(&request, TCA_KIND, "u32");
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "delete filter on link %d", filter->ifindex);
	return rc;
}
