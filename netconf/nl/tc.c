/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic control: dumps, and requests for disciplines and classes. */
#include "netconf/nl/tc.h"

#include <errno.h>
#include <string.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/request.h"
#include "netconf/nl/tc_parse.h"

#define OBJECTS_MAX 65536
/* What passes while a discipline has no class yet; a link's own queue may be
 * short. */
#define DIRECT_PACKETS 1000

static int answer_qdisc(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_tc_qdisc qdisc;
	int rc;

	if (header->nlmsg_type != RTM_NEWQDISC)
		return 0;
	rc = xn_tc_qdisc_parse(header, bytes, &qdisc);
	return rc < 0 ? rc : xn_array_put(arg, &qdisc);
}

static int answer_class(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_tc_class class;
	int rc;

	if (header->nlmsg_type != RTM_NEWTCLASS)
		return 0;
	rc = xn_tc_class_parse(header, bytes, &class);
	return rc < 0 ? rc : xn_array_put(arg, &class);
}

static int answer_filter(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_tc_filter filter;
	int rc;

	if (header->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	rc = xn_tc_filter_parse(header, bytes, &filter);
	return rc <= 0 ? rc : xn_array_put(arg, &filter);
}

static struct tcmsg *begin(struct xn_nl_request *request, uint16_t type,
			   uint16_t flags, int ifindex, uint32_t parent)
{
	struct tcmsg *tc =
		xn_nl_request_init(request, type, flags, sizeof(*tc));

	tc->tcm_ifindex = ifindex;
	tc->tcm_parent = parent;
	return tc;
}

int xn_tc_qdisc_dump(struct xn_nl *nl, struct xn_tc_qdiscs *ret_qdiscs,
		     struct xn_err *err)
{
	struct xn_array array = {.item_bytes = sizeof(struct xn_tc_qdisc),
				 .count_max = OBJECTS_MAX};
	struct xn_nl_request request;
	int rc;

	(void)begin(&request, RTM_GETQDISC, 0, 0, 0);
	rc = xn_nl_dump_array(nl, &request, answer_qdisc, &array, err);
	if (rc < 0) {
		xn_err_prefix(err, "list queueing disciplines");
		return rc;
	}
	*ret_qdiscs = (struct xn_tc_qdiscs){array.items, array.count};
	return 0;
}

int xn_tc_class_dump(struct xn_nl *nl, int ifindex,
		     struct xn_tc_classes *ret_classes, struct xn_err *err)
{
	struct xn_array array = {.item_bytes = sizeof(struct xn_tc_class),
				 .count_max = OBJECTS_MAX};
	struct xn_nl_request request;
	int rc;

	(void)begin(&request, RTM_GETTCLASS, 0, ifindex, 0);
	rc = xn_nl_dump_array(nl, &request, answer_class, &array, err);
	if (rc < 0) {
		xn_err_prefix(err, "list classes of link %d", ifindex);
		return rc;
	}
	*ret_classes = (struct xn_tc_classes){array.items, array.count};
	return 0;
}

int xn_tc_filter_dump(struct xn_nl *nl, int ifindex, uint32_t parent,
		      struct xn_tc_filters *ret_filters, struct xn_err *err)
{
	struct xn_array array = {.item_bytes = sizeof(struct xn_tc_filter),
				 .count_max = OBJECTS_MAX};
	struct xn_nl_request request;
	int rc;

	(void)begin(&request, RTM_GETTFILTER, 0, ifindex, parent);
	rc = xn_nl_dump_array(nl, &request, answer_filter, &array, err);
	if (rc < 0) {
		xn_err_prefix(err, "list filters of link %d", ifindex);
		return rc;
	}
	*ret_filters = (struct xn_tc_filters){array.items, array.count};
	return 0;
}

static void put_htb(struct xn_nl_request *request,
		    const struct xn_tc_qdisc *qdisc)
{
	const struct tc_htb_glob glob = {.version = TC_HTB_PROTOVER,
					 .rate2quantum = 10,
					 .defcls = qdisc->default_class};
	struct nlattr *options = xn_nl_nest(request, TCA_OPTIONS);

	xn_nl_put(request, TCA_HTB_INIT, &glob, sizeof(glob));
	xn_nl_put_u32(request, TCA_HTB_DIRECT_QLEN, DIRECT_PACKETS);
	xn_nl_nest_end(request, options);
}

static void put_fq_codel(struct xn_nl_request *request,
			 const struct xn_tc_qdisc *qdisc)
{
	struct nlattr *options = xn_nl_nest(request, TCA_OPTIONS);

	xn_nl_put_u32(request, TCA_FQ_CODEL_TARGET, qdisc->target_us);
	xn_nl_put_u32(request, TCA_FQ_CODEL_INTERVAL, qdisc->interval_us);
	xn_nl_nest_end(request, options);
}

static int send_qdisc(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		      uint16_t flags, const char *words, struct xn_err *err)
{
	const struct tc_fifo_qopt fifo = {.limit = qdisc->limit_bytes};
	struct xn_nl_request request;
	struct tcmsg *tc = begin(&request, RTM_NEWQDISC, flags, qdisc->ifindex,
				 qdisc->parent);
	int rc;

	tc->tcm_handle = qdisc->handle;
	xn_nl_put_text(&request, TCA_KIND, qdisc->kind);
	if (!strcmp(qdisc->kind, "htb"))
		put_htb(&request, qdisc);
	else if (!strcmp(qdisc->kind, "bfifo"))
		xn_nl_put(&request, TCA_OPTIONS, &fifo, sizeof(fifo));
	else if (!strcmp(qdisc->kind, "fq_codel"))
		put_fq_codel(&request, qdisc);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s %s on link %d", words, qdisc->kind,
			      qdisc->ifindex);
	return rc;
}

int xn_tc_qdisc_add(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		    struct xn_err *err)
{
	return send_qdisc(nl, qdisc, NLM_F_CREATE | NLM_F_EXCL, "add", err);
}

int xn_tc_qdisc_replace(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
			struct xn_err *err)
{
	return send_qdisc(nl, qdisc, NLM_F_CREATE | NLM_F_REPLACE, "set", err);
}

int xn_tc_qdisc_change(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		       struct xn_err *err)
{
	return send_qdisc(nl, qdisc, 0, "change", err);
}

int xn_tc_qdisc_delete(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		       struct xn_err *err)
{
	struct xn_nl_request request;
	struct tcmsg *tc =
		begin(&request, RTM_DELQDISC, 0, qdisc->ifindex, qdisc->parent);
	int rc;

	tc->tcm_handle = qdisc->handle;
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "delete %s on link %d", qdisc->kind,
			      qdisc->ifindex);
	return rc;
}

static uint32_t low(uint64_t rate)
{
	return rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
}

static int send_class(struct xn_nl *nl, const struct xn_tc_class *class,
		      uint16_t flags, const char *words, struct xn_err *err)
{
	const struct tc_htb_opt opt = {
		.rate = {.linklayer = TC_LINKLAYER_ETHERNET,
			 .rate = low(class->rate)},
		.ceil = {.linklayer = TC_LINKLAYER_ETHERNET,
			 .rate = low(class->ceil)},
		.buffer = class->burst_ticks,
		.cbuffer = class->cburst_ticks,
		.quantum = class->quantum_bytes,
	};
	struct xn_nl_request request;
	struct tcmsg *tc = begin(&request, RTM_NEWTCLASS, flags, class->ifindex,
				 class->parent);
	struct nlattr *options;
	int rc;

	tc->tcm_handle = class->handle;
	xn_nl_put_text(&request, TCA_KIND, "htb");
	options = xn_nl_nest(&request, TCA_OPTIONS);
	xn_nl_put(&request, TCA_HTB_PARMS, &opt, sizeof(opt));
	if (class->rate > UINT32_MAX)
		xn_nl_put(&request, TCA_HTB_RATE64, &class->rate, 8);
	if (class->ceil > UINT32_MAX)
		xn_nl_put(&request, TCA_HTB_CEIL64, &class->ceil, 8);
	xn_nl_nest_end(&request, options);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s class %x:%x on link %d", words,
			      class->handle >> 16, class->handle & 0xffff,
			      class->ifindex);
	return rc;
}

int xn_tc_class_add(struct xn_nl *nl, const struct xn_tc_class *class,
		    struct xn_err *err)
{
	return send_class(nl, class, NLM_F_CREATE | NLM_F_EXCL, "add", err);
}

int xn_tc_class_change(struct xn_nl *nl, const struct xn_tc_class *class,
		       struct xn_err *err)
{
	return send_class(nl, class, 0, "change", err);
}

int xn_tc_class_delete(struct xn_nl *nl, const struct xn_tc_class *class,
		       struct xn_err *err)
{
	struct xn_nl_request request;
	struct tcmsg *tc = begin(&request, RTM_DELTCLASS, 0, class->ifindex,
				 class->parent);
	int rc;

	tc->tcm_handle = class->handle;
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "delete class %x:%x on link %d",
			      class->handle >> 16, class->handle & 0xffff,
			      class->ifindex);
	return rc;
}
