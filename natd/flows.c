/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's connections by ctnetlink, see flows.h. */
#include "natd/flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "natd/flow_dump.h"
#include "netconf/nl/array.h"
#include "netconf/nl/request.h"

/* More is left for the next time. */
#define FLOWS_MAX (1u << 20)

/* One direction's addresses and ports, network order. */
struct side {
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port;
	uint8_t protocol;
};

static int read_addresses(const struct nlattr *nest, bool ipv6,
			  struct side *side)
{
	const struct nlattr *attr[CTA_IP_MAX + 1] = {0};
	const struct nlattr *from, *to;
	size_t bytes = ipv6 ? 16 : 4;

	if (xn_nl_nested(nest, attr, CTA_IP_MAX + 1) < 0)
		return -EBADMSG;
	from = attr[ipv6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC];
	to = attr[ipv6 ? CTA_IP_V6_DST : CTA_IP_V4_DST];
	if (!from || !to || xn_nl_read_bytes(from, side->source, bytes) < 0 ||
	    xn_nl_read_bytes(to, side->destination, bytes) < 0)
		return -EBADMSG;
	return 0;
}

static int read_ports(const struct nlattr *nest, struct side *side)
{
	const struct nlattr *attr[CTA_PROTO_MAX + 1] = {0};

	if (xn_nl_nested(nest, attr, CTA_PROTO_MAX + 1) < 0 ||
	    xn_nl_read_u8(attr[CTA_PROTO_NUM], &side->protocol) < 0 ||
	    xn_nl_read_u16(attr[CTA_PROTO_SRC_PORT], &side->source_port) < 0 ||
	    xn_nl_read_u16(attr[CTA_PROTO_DST_PORT], &side->destination_port) <
		    0)
		return -EBADMSG;
	return 0;
}

static int read_side(const struct nlattr *nest, bool ipv6, struct side *side)
{
	const struct nlattr *attr[CTA_TUPLE_MAX + 1] = {0};

	if (!nest || xn_nl_nested(nest, attr, CTA_TUPLE_MAX + 1) < 0 ||
	    !attr[CTA_TUPLE_IP] || !attr[CTA_TUPLE_PROTO] ||
	    read_addresses(attr[CTA_TUPLE_IP], ipv6, side) < 0)
		return -EBADMSG;
	return read_ports(attr[CTA_TUPLE_PROTO], side);
}

static void join(const struct side *original, const struct side *reply,
		 struct xnat_flow *flow)
{
	flow->protocol = original->protocol;
	flow->source_port = ntohs(original->source_port);
	flow->destination_port = ntohs(original->destination_port);
	flow->reply_source_port = ntohs(reply->source_port);
	flow->reply_destination_port = ntohs(reply->destination_port);
	memcpy(flow->source, original->source, 16);
	memcpy(flow->destination, original->destination, 16);
	memcpy(flow->reply_source, reply->source, 16);
	memcpy(flow->reply_destination, reply->destination, 16);
}

int xnat_tracked_parse(const struct nlmsghdr *header, size_t bytes,
		       struct xnat_tracked *ret_tracked)
{
	const struct nlattr *attr[CTA_MAX + 1] = {0};
	struct xnat_tracked tracked = {0};
	struct side original = {0}, reply = {0};
	struct nfgenmsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload || xn_nl_attrs(payload, left, attr, CTA_MAX + 1) < 0)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (info.nfgen_family != AF_INET && info.nfgen_family != AF_INET6)
		return 1;
	tracked.family = info.nfgen_family;
	tracked.flow.family = info.nfgen_family == AF_INET6 ? 6 : 4;
	if (read_side(attr[CTA_TUPLE_ORIG], tracked.flow.family == 6,
		      &original) < 0 ||
	    read_side(attr[CTA_TUPLE_REPLY], tracked.flow.family == 6, &reply) <
		    0 ||
	    xn_nl_read_u16(attr[CTA_ZONE], &tracked.zone) < 0 ||
	    xn_nl_read_u32(attr[CTA_ID], &tracked.id) < 0)
		return -EBADMSG;
	tracked.has_zone = attr[CTA_ZONE];
	tracked.has_id = attr[CTA_ID];
	if (xn_nl_bytes(attr[CTA_TUPLE_ORIG]) > XNAT_TUPLE_MAX)
		return -EBADMSG;
	tracked.tuple_bytes = (uint16_t)xn_nl_bytes(attr[CTA_TUPLE_ORIG]);
	memcpy(tracked.tuple, xn_nl_data(attr[CTA_TUPLE_ORIG]),
	       tracked.tuple_bytes);
	join(&original, &reply, &tracked.flow);
	*ret_tracked = tracked;
	return 0;
}

/* Whom the listing is searched for; one of the three. */
struct search {
	xnat_flow_judge_fn *judge;
	const void *judge_arg;
	const struct xnat_view *view;
	const struct xn_address *gone;
	uint32_t gone_count;
	struct xn_array found; /* struct xnat_tracked */
	size_t kept;	       /* of earlier listings */
};

static bool is_of(const struct search *search, const struct xnat_flow *flow)
{
	struct xn_address from = {.family = flow->family};
	struct xn_address to = {.family = flow->family};

	memcpy(from.octet, flow->source, 16);
	memcpy(to.octet, flow->reply_source, 16);
	for (uint32_t i = 0; i < search->gone_count; i++) {
		const struct xn_address *gone = &search->gone[i];
		uint32_t whole = gone->prefix / 8;
		uint8_t rest = (uint8_t)(0xff00u >> gone->prefix % 8);
		const uint8_t *ends[] = {from.octet, to.octet};

		for (unsigned int k = 0; k < 2; k++)
			if (gone->family == flow->family &&
			    !memcmp(gone->octet, ends[k], whole) &&
			    (gone->prefix % 8 == 0 ||
			     !((gone->octet[whole] ^ ends[k][whole]) & rest)))
				return true;
	}
	return false;
}

static bool is_searched(const struct search *search,
			const struct xnat_flow *flow)
{
	if (search->judge)
		return search->judge(search->judge_arg, flow);
	if (search->view)
		return xnat_flow_wrong(search->view, flow) != NULL;
	return is_of(search, flow);
}

static int answer_flow(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct search *search = arg;
	struct xnat_tracked tracked;
	int rc = xnat_tracked_parse(header, bytes, &tracked);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (!is_searched(search, &tracked.flow))
		return 0;
	return xn_array_put(&search->found, &tracked);
}

static void restart(void *arg)
{
	struct search *search = arg;

	search->found.count = search->kept;
}

static int end_flow(struct xn_nl *netfilter, const struct xnat_tracked *tracked,
		    struct xn_err *err)
{
	struct xn_nl_request request;
	struct xn_err why = {0};
	int rc;

	xn_nl_request_netfilter(&request, NFNL_SUBSYS_CTNETLINK,
				IPCTNL_MSG_CT_DELETE, tracked->family);
	xn_nl_put(&request, CTA_TUPLE_ORIG | NLA_F_NESTED, tracked->tuple,
		  tracked->tuple_bytes);
	if (tracked->has_id)
		xn_nl_put_u32(&request, CTA_ID, tracked->id);
	if (tracked->has_zone)
		xn_nl_put_u16(&request, CTA_ZONE, tracked->zone);
	rc = xn_nl_call(netfilter, &request, &why);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return xn_fail(err, -rc, "end a connection: %s",
			       xn_err_text(&why));
	return 1;
}

/* What one listing says is added to what others did. */
static int list(struct xn_nl *netfilter, struct search *search,
		enum xnat_flow_which which, const struct xn_address *address,
		struct xn_err *err)
{
	const struct xnat_flow_dump dump = {.which = which,
					    .address = address,
					    .how = {.restart = restart,
						    .answer = answer_flow,
						    .arg = search}};

	search->kept = search->found.count;
	return xnat_flow_dump(netfilter, &dump, err);
}

static int list_one_by_one(struct xn_nl *netfilter, struct search *search,
			   struct xn_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < search->gone_count && rc == 0; i++) {
		rc = list(netfilter, search, XNAT_FLOWS_BEGUN_BY,
			  &search->gone[i], err);
		if (rc == 0)
			rc = list(netfilter, search, XNAT_FLOWS_ANSWERED_BY,
				  &search->gone[i], err);
	}
	return rc;
}

static int list_all(struct xn_nl *netfilter, struct search *search,
		    struct xn_err *err)
{
	uint32_t flows = 0;
	int rc = xnat_flow_count(netfilter, &flows, err);

	if (rc < 0 || flows == 0)
		return rc;
	if (!search->view &&
	    xnat_flow_one_by_one(flows, search->gone, search->gone_count))
		return list_one_by_one(netfilter, search, err);
	return list(netfilter, search,
		    search->view && search->view->only_led ? XNAT_FLOWS_LED
							   : XNAT_FLOWS_ALL,
		    NULL, err);
}

static int search_and_end(struct xn_nl *netfilter, struct search *search,
			  uint32_t *ret_ended, struct xn_err *err)
{
	int rc;

	*ret_ended = 0;
	search->found =
		(struct xn_array){.item_bytes = sizeof(struct xnat_tracked),
				  .count_max = FLOWS_MAX};
	rc = list_all(netfilter, search, err);
	for (size_t i = 0; i < search->found.count && rc >= 0; i++) {
		const struct xnat_tracked *tracked = search->found.items;

		rc = end_flow(netfilter, &tracked[i], err);
		if (rc > 0)
			(*ret_ended)++;
	}
	xn_array_fini(&search->found);
	return rc < 0 ? rc : 0;
}

int xnat_flows_purge(struct xn_nl *netfilter, const struct xnat_view *view,
		     uint32_t *ret_ended, struct xn_err *err)
{
	struct search search = {.view = view};

	return search_and_end(netfilter, &search, ret_ended, err);
}

int xnat_flows_forget(struct xn_nl *netfilter, const struct xn_address *gone,
		      uint32_t count, uint32_t *ret_ended, struct xn_err *err)
{
	struct search search = {.gone = gone, .gone_count = count};

	return search_and_end(netfilter, &search, ret_ended, err);
}

int xnat_flows_end(struct xn_nl *netfilter, xnat_flow_judge_fn *judge,
		   const void *arg, uint32_t *ret_ended, struct xn_err *err)
{
	struct search search = {.judge = judge, .judge_arg = arg};

	return search_and_end(netfilter, &search, ret_ended, err);
}
