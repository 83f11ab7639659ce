/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See flow_dump.h. */
#include "natd/flow_dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

/* The kernel's numbers, which no header of its has for others. */
#define FILTER_SOURCE (1u << 0)
/* What it takes to look at all places of the kernel's table (usually 262144),
 * in connections that are told: 9 ms, and 2 us each. */
#define WALK_FLOWS 4096u

static void put_led(struct xn_nl_request *request)
{
	xn_nl_put_u32(request, CTA_STATUS, htonl(IPS_DST_NAT));
	xn_nl_put_u32(request, CTA_STATUS_MASK, htonl(IPS_DST_NAT));
}

static void put_source(struct xn_nl_request *request, bool reply,
		       const struct xn_address *address)
{
	bool ipv6 = address->family == 6;
	struct nlattr *filter = xn_nl_nest(request, CTA_FILTER | NLA_F_NESTED);
	struct nlattr *tuple, *ip;

	xn_nl_put_u32(request, CTA_FILTER_ORIG_FLAGS,
		      reply ? 0 : FILTER_SOURCE);
	xn_nl_put_u32(request, CTA_FILTER_REPLY_FLAGS,
		      reply ? FILTER_SOURCE : 0);
	xn_nl_nest_end(request, filter);
	tuple = xn_nl_nest(request, (reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG) |
					    NLA_F_NESTED);
	ip = xn_nl_nest(request, CTA_TUPLE_IP | NLA_F_NESTED);
	xn_nl_put(request, ipv6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, address->octet,
		  ipv6 ? 16 : 4);
	xn_nl_nest_end(request, ip);
	xn_nl_nest_end(request, tuple);
}

static uint8_t family_of(const struct xnat_flow_dump *dump)
{
	if (dump->which == XNAT_FLOWS_ALL || dump->which == XNAT_FLOWS_LED)
		return AF_UNSPEC;
	return dump->address->family == 6 ? AF_INET6 : AF_INET;
}

int xnat_flow_dump(struct xn_nl *netfilter, const struct xnat_flow_dump *dump,
		   struct xn_err *err)
{
	struct xn_nl_request request;
	int rc;

	xn_nl_request_netfilter(&request, NFNL_SUBSYS_CTNETLINK,
				IPCTNL_MSG_CT_GET, family_of(dump));
	switch (dump->which) {
	case XNAT_FLOWS_ALL:
		break;
	case XNAT_FLOWS_LED:
		put_led(&request);
		break;
	case XNAT_FLOWS_BEGUN_BY:
	case XNAT_FLOWS_ANSWERED_BY:
		put_source(&request, dump->which == XNAT_FLOWS_ANSWERED_BY,
			   dump->address);
		break;
	}
	rc = xn_nl_dump(netfilter, &request, &dump->how, err);
	if (rc < 0)
		xn_err_prefix(err, "list connections");
	return rc;
}

static int answer_count(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	const struct nlattr *attr[CTA_STATS_GLOBAL_MAX + 1] = {0};
	uint32_t *count = arg;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(struct nfgenmsg), &left);
	if (!payload ||
	    xn_nl_attrs(payload, left, attr, CTA_STATS_GLOBAL_MAX + 1) < 0 ||
	    !attr[CTA_STATS_GLOBAL_ENTRIES] ||
	    xn_nl_read_u32(attr[CTA_STATS_GLOBAL_ENTRIES], count) < 0)
		return -EBADMSG;
	*count = ntohl(*count);
	return 0;
}

int xnat_flow_count(struct xn_nl *netfilter, uint32_t *ret_count,
		    struct xn_err *err)
{
	struct xn_nl_request request;
	int rc;

	xn_nl_request_netfilter(&request, NFNL_SUBSYS_CTNETLINK,
				IPCTNL_MSG_CT_GET_STATS, AF_UNSPEC);
	rc = xn_nl_get(netfilter, &request, answer_count, ret_count, err);
	if (rc < 0)
		xn_err_prefix(err, "count connections");
	return rc;
}

bool xnat_flow_one_by_one(uint32_t flows, const struct xn_address *address,
			  uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (address[i].prefix != (address[i].family == 6 ? 128 : 32))
			return false;
	return count > 0 && flows / WALK_FLOWS >= 2 * (uint64_t)count;
}
