/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links with queueing disciplines or programs that somebody added. */
#include "netconf/nl/qdisc.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/qdisc_parse.h"
#include "netconf/nl/request.h"

#define QDISCS_MAX 65536
#define KIND_BYTES 16 /* IFNAMSIZ, as the kernel's */
#define NO_QUEUE "noqueue"

/* BPF_TCX_INGRESS and BPF_TCX_EGRESS of linux/bpf.h from Linux 6.6 on. */
#define TCX_INGRESS 46U
#define TCX_EGRESS 47U

int xn_qdisc_parse(const struct nlmsghdr *header, size_t bytes,
		   int *ret_ifindex)
{
	const struct nlattr *table[TCA_KIND + 1] = {NULL};
	char kind[KIND_BYTES] = "";
	struct tcmsg tc;
	size_t left;
	const void *payload =
		xn_nl_payload(header, bytes, sizeof(struct tcmsg), &left);

	if (!payload || xn_nl_attrs(payload, left, table, TCA_KIND + 1) < 0 ||
	    xn_nl_read_text(table[TCA_KIND], kind, sizeof(kind)) < 0)
		return -EBADMSG;
	memcpy(&tc, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(tc));
	if (tc.tcm_ifindex <= 0)
		return -EBADMSG;
	if (tc.tcm_handle == 0 || !strcmp(kind, NO_QUEUE))
		return 0;
	*ret_ifindex = tc.tcm_ifindex;
	return 1;
}

static int answer_qdisc(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	int ifindex;
	int rc;

	if (header->nlmsg_type != RTM_NEWQDISC)
		return 0;
	rc = xn_qdisc_parse(header, bytes, &ifindex);
	if (rc <= 0)
		return rc;
	return xn_array_put(arg, &ifindex);
}

int xn_qdisc_dump(struct xn_nl *nl, struct xn_ifindexes *ret_links,
		  struct xn_err *err)
{
	struct xn_array links = {.item_bytes = sizeof(int),
				 .count_max = QDISCS_MAX};
	struct xn_nl_request request;
	int rc;

	xn_nl_request_init(&request, RTM_GETQDISC, 0, sizeof(struct tcmsg));
	rc = xn_nl_dump_array(nl, &request, answer_qdisc, &links, err);
	if (rc < 0) {
		xn_err_prefix(err, "list queueing disciplines");
		return rc;
	}
	ret_links->ifindex = links.items;
	ret_links->count = links.count;
	return 0;
}

int xn_qdisc_set_none(struct xn_nl *nl, int ifindex, struct xn_err *err)
{
	struct xn_nl_request request;
	struct tcmsg *tc =
		xn_nl_request_init(&request, RTM_NEWQDISC,
				   NLM_F_CREATE | NLM_F_REPLACE, sizeof(*tc));
	int rc;

	tc->tcm_ifindex = ifindex;
	tc->tcm_parent = TC_H_ROOT;
	xn_nl_put_text(&request, TCA_KIND, NO_QUEUE);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "no queueing on link %d", ifindex);
	return rc;
}

static int query(int ifindex, uint32_t where)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	/* An ifindex here; the header's name for it is of Linux 6.6. */
	attr.query.target_fd = (uint32_t)ifindex;
	attr.query.attach_type = where;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		return errno == EINVAL || errno == ENOSYS ? 0 : -errno;
	return attr.query.prog_cnt > INT16_MAX ? INT16_MAX
					       : (int)attr.query.prog_cnt;
}

int xn_tcx_count(int ifindex)
{
	int in = query(ifindex, TCX_INGRESS);
	int out = in < 0 ? in : query(ifindex, TCX_EGRESS);

	return out < 0 ? out : in + out;
}
