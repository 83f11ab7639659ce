/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of disciplines and classes, checked. Pure. */
#include "netconf/nl/tc_parse.h"

#include <errno.h>
#include <string.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/answer.h"
#include "netconf/nl/attr.h"

#define ATTRS (TCA_STATS2 + 1)

/* The fixed part, and the attributes with the kind among them. */
static int parse_common(const struct nlmsghdr *header, size_t bytes,
			struct tcmsg *ret_tc, const struct nlattr *table[ATTRS],
			char ret_kind[XN_TC_KIND_MAX])
{
	size_t left;
	const void *payload =
		xn_nl_payload(header, bytes, sizeof(struct tcmsg), &left);

	if (!payload || xn_nl_attrs(payload, left, table, ATTRS) < 0 ||
	    xn_nl_read_text(table[TCA_KIND], ret_kind, XN_TC_KIND_MAX) < 0)
		return -EBADMSG;
	memcpy(ret_tc, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(*ret_tc));
	return ret_tc->tcm_ifindex > 0 ? 0 : -EBADMSG;
}

/* A struct of the kernel's that a newer one may have made longer. */
static int read_struct(const struct nlattr *attr, void *value, size_t bytes)
{
	if (!attr || xn_nl_bytes(attr) < bytes)
		return -EBADMSG;
	memcpy(value, xn_nl_data(attr), bytes);
	return 0;
}

static int parse_htb(const struct nlattr *options, struct xn_tc_qdisc *qdisc)
{
	const struct nlattr *table[TCA_HTB_INIT + 1] = {NULL};
	struct tc_htb_glob glob;

	if (xn_nl_nested(options, table, TCA_HTB_INIT + 1) < 0 ||
	    read_struct(table[TCA_HTB_INIT], &glob, sizeof(glob)) < 0)
		return -EBADMSG;
	qdisc->default_class = glob.defcls;
	return 0;
}

static int parse_fq_codel(const struct nlattr *options,
			  struct xn_tc_qdisc *qdisc)
{
	const struct nlattr *table[TCA_FQ_CODEL_INTERVAL + 1] = {NULL};

	if (xn_nl_nested(options, table, TCA_FQ_CODEL_INTERVAL + 1) < 0 ||
	    xn_nl_read_u32(table[TCA_FQ_CODEL_TARGET], &qdisc->target_us) < 0 ||
	    xn_nl_read_u32(table[TCA_FQ_CODEL_INTERVAL], &qdisc->interval_us) <
		    0)
		return -EBADMSG;
	return 0;
}

int xn_tc_qdisc_parse(const struct nlmsghdr *header, size_t bytes,
		      struct xn_tc_qdisc *ret_qdisc)
{
	const struct nlattr *table[ATTRS] = {NULL};
	struct xn_tc_qdisc qdisc = {0};
	struct tc_fifo_qopt fifo;
	struct tcmsg tc;
	int rc = parse_common(header, bytes, &tc, table, qdisc.kind);

	if (rc < 0)
		return rc;
	qdisc.ifindex = tc.tcm_ifindex;
	qdisc.handle = tc.tcm_handle;
	qdisc.parent = tc.tcm_parent;
	if (!strcmp(qdisc.kind, "htb")) {
		rc = parse_htb(table[TCA_OPTIONS], &qdisc);
	} else if (!strcmp(qdisc.kind, "bfifo")) {
		rc = read_struct(table[TCA_OPTIONS], &fifo, sizeof(fifo));
		if (rc == 0)
			qdisc.limit_bytes = fifo.limit;
	} else if (!strcmp(qdisc.kind, "fq_codel")) {
		rc = parse_fq_codel(table[TCA_OPTIONS], &qdisc);
	}
	if (rc == 0)
		*ret_qdisc = qdisc;
	return rc;
}

static int parse_counters(const struct nlattr *stats,
			  struct xn_tc_counters *counters)
{
	const struct nlattr *table[TCA_STATS_QUEUE + 1] = {NULL};
	struct gnet_stats_basic basic;
	struct gnet_stats_queue queue;

	if (xn_nl_nested(stats, table, TCA_STATS_QUEUE + 1) < 0)
		return -EBADMSG;
	/* The kernel sends it without the padding at its end. */
	memset(&basic, 0, sizeof(basic));
	if (table[TCA_STATS_BASIC] &&
	    read_struct(table[TCA_STATS_BASIC], &basic,
			offsetof(struct gnet_stats_basic, packets) +
				sizeof(basic.packets)) < 0)
		return -EBADMSG;
	memset(&queue, 0, sizeof(queue));
	if (table[TCA_STATS_QUEUE] &&
	    read_struct(table[TCA_STATS_QUEUE], &queue, sizeof(queue)) < 0)
		return -EBADMSG;
	counters->bytes = basic.bytes;
	counters->packets = basic.packets;
	counters->drops = queue.drops;
	counters->backlog_bytes = queue.backlog;
	return 0;
}

static int parse_htb_class(const struct nlattr *options,
			   struct xn_tc_class *class)
{
	const struct nlattr *table[TCA_HTB_CEIL64 + 1] = {NULL};
	struct tc_htb_opt opt;

	if (xn_nl_nested(options, table, TCA_HTB_CEIL64 + 1) < 0 ||
	    read_struct(table[TCA_HTB_PARMS], &opt, sizeof(opt)) < 0)
		return -EBADMSG;
	class->htb = true;
	class->rate = opt.rate.rate;
	class->ceil = opt.ceil.rate;
	class->burst_ticks = opt.buffer;
	class->cburst_ticks = opt.cbuffer;
	class->quantum_bytes = opt.quantum;
	if (xn_nl_read_u64(table[TCA_HTB_RATE64], &class->rate) < 0 ||
	    xn_nl_read_u64(table[TCA_HTB_CEIL64], &class->ceil) < 0)
		return -EBADMSG;
	return 0;
}

int xn_tc_class_parse(const struct nlmsghdr *header, size_t bytes,
		      struct xn_tc_class *ret_class)
{
	const struct nlattr *table[ATTRS] = {NULL};
	struct xn_tc_class class = {0};
	char kind[XN_TC_KIND_MAX] = "";
	struct tcmsg tc;
	int rc = parse_common(header, bytes, &tc, table, kind);

	if (rc < 0)
		return rc;
	class.ifindex = tc.tcm_ifindex;
	class.handle = tc.tcm_handle;
	class.parent = tc.tcm_parent;
	class.leaf = tc.tcm_info;
	if (!strcmp(kind, "htb"))
		rc = parse_htb_class(table[TCA_OPTIONS], &class);
	if (rc == 0)
		rc = parse_counters(table[TCA_STATS2], &class.counters);
	if (rc == 0)
		*ret_class = class;
	return rc;
}
