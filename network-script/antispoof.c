/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table for a bridge, see antispoof.h. The kernel judges the whole batch,
 * and answers each message that asks for it. */
#include "network-script/antispoof.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netconf/base/text.h"
#include "network-script/report.h"

#define NAME_BYTES_MAX 64
#define CHAIN "forward"
#define BATCH_BYTES 32768
#define ANSWER_BYTES 8192
#define PORTS_MAX 2
/* NF_BR_PRI_FILTER_BRIDGED: where filters of bridged frames are. */
#define PRIORITY (-200)

struct batch {
	struct mnl_nlmsg_batch *messages;
	uint32_t sequence;
	char table[NAME_BYTES_MAX];
	uint8_t buffer[BATCH_BYTES];
};

static struct nlmsghdr *put(struct batch *batch, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch->messages),
				     type, NFPROTO_BRIDGE, flags | NLM_F_ACK,
				     batch->sequence++);
}

static int put_table(struct batch *batch, uint16_t type, uint16_t flags)
{
	struct nftnl_table *table = nftnl_table_alloc();

	if (!table)
		return -ENOMEM;
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, batch->table);
	nftnl_table_nlmsg_build_payload(put(batch, type, flags), table);
	nftnl_table_free(table);
	mnl_nlmsg_batch_next(batch->messages);
	return 0;
}

static int put_chain(struct batch *batch)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (!chain)
		return -ENOMEM;
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, batch->table);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, CHAIN);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_BR_FORWARD);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, PRIORITY);
	nftnl_chain_nlmsg_build_payload(
		put(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE), chain);
	nftnl_chain_free(chain);
	mnl_nlmsg_batch_next(batch->messages);
	return 0;
}

/* The frame's link of that kind is the one of that name. */
static int add_match(struct nftnl_rule *rule, uint32_t meta, const char *name)
{
	struct nftnl_expr *load = nftnl_expr_alloc("meta");
	struct nftnl_expr *compare = nftnl_expr_alloc("cmp");
	char padded[IFNAMSIZ] = "";

	if (!load || !compare) {
		nftnl_expr_free(load);
		nftnl_expr_free(compare);
		return -ENOMEM;
	}
	(void)xn_text_copy(padded, sizeof(padded), name);
	nftnl_expr_set_u32(load, NFTNL_EXPR_META_KEY, meta);
	nftnl_expr_set_u32(load, NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(compare, NFTNL_EXPR_CMP_DATA, padded, sizeof(padded));
	nftnl_rule_add_expr(rule, load);
	nftnl_rule_add_expr(rule, compare);
	return 0;
}

static int add_verdict(struct nftnl_rule *rule, uint32_t verdict)
{
	struct nftnl_expr *end = nftnl_expr_alloc("immediate");

	if (!end)
		return -ENOMEM;
	nftnl_expr_set_u32(end, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(end, NFTNL_EXPR_IMM_VERDICT, verdict);
	nftnl_rule_add_expr(rule, end);
	return 0;
}

struct match {
	uint32_t meta;
	const char *name; /* NULL: whichever */
};

static int put_rule(struct batch *batch, struct match first,
		    struct match second, uint32_t verdict)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	int rc;

	if (!rule)
		return -ENOMEM;
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, batch->table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, CHAIN);
	rc = add_match(rule, first.meta, first.name);
	if (rc == 0 && second.name)
		rc = add_match(rule, second.meta, second.name);
	if (rc == 0)
		rc = add_verdict(rule, verdict);
	if (rc == 0) {
		nftnl_rule_nlmsg_build_payload(put(batch, NFT_MSG_NEWRULE,
						   NLM_F_CREATE | NLM_F_APPEND),
					       rule);
		mnl_nlmsg_batch_next(batch->messages);
	}
	nftnl_rule_free(rule);
	return rc;
}

/* Whatever was in it, and whether or not it was there. */
static int put_removal(struct batch *batch)
{
	int rc = put_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);

	return rc < 0 ? rc : put_table(batch, NFT_MSG_DELTABLE, 0);
}

static size_t ports_of(const struct xns_choice *choice,
		       char ret[PORTS_MAX][IFNAMSIZ])
{
	switch (choice->style) {
	case XN_STYLE_DIRECT:
		memcpy(ret[0], choice->netdev, IFNAMSIZ);
		return 1;
	case XN_STYLE_NEW:
	case XN_STYLE_OLD:
		(void)xn_text_format(ret[0], IFNAMSIZ, "p%s", choice->netdev);
		(void)xn_text_format(ret[1], IFNAMSIZ, "vif0.%u",
				     choice->vifnum);
		return choice->style == XN_STYLE_OLD ? 2 : 1;
	case XN_STYLES:
		break;
	}
	return 0;
}

/* What begins all of it anew. */
static int put_empty(struct batch *batch)
{
	int rc = put_removal(batch);

	if (rc == 0)
		rc = put_table(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	return rc < 0 ? rc : put_chain(batch);
}

static int put_by_bridge(struct batch *batch, const struct xns_choice *choice)
{
	const struct match bridge = {NFT_META_BRI_IIFNAME, choice->bridge};
	const struct match any = {NFT_META_IIFNAME, NULL};
	char ports[PORTS_MAX][IFNAMSIZ];
	size_t count = ports_of(choice, ports);
	int rc = put_empty(batch);

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = put_rule(batch, bridge,
			      (struct match){NFT_META_IIFNAME, ports[i]},
			      NF_ACCEPT);
	return rc < 0 ? rc : put_rule(batch, bridge, any, NF_DROP);
}

/* What is to leave by one of the ports must have come in by one of them. */
static int put_by_ports(struct batch *batch, const struct xns_choice *choice)
{
	const struct match any = {NFT_META_IIFNAME, NULL};
	char ports[PORTS_MAX][IFNAMSIZ];
	size_t count = ports_of(choice, ports);
	int rc = put_empty(batch);

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct match out = {NFT_META_OIFNAME, ports[i]};

		for (size_t k = 0; k < count && rc == 0; k++)
			rc = put_rule(
				batch, out,
				(struct match){NFT_META_IIFNAME, ports[k]},
				NF_ACCEPT);
		if (rc == 0)
			rc = put_rule(batch, out, any, NF_DROP);
	}
	return rc;
}

/* One answer for each message that has a place in the batch. */
static int read_answers(struct mnl_socket *socket, const struct batch *batch,
			uint32_t first)
{
	uint8_t answer[ANSWER_BYTES];
	uint32_t left = batch->sequence - first;
	int error = 0;

	while (left > 0 && error == 0) {
		ssize_t bytes =
			mnl_socket_recvfrom(socket, answer, sizeof(answer));
		const struct nlmsghdr *header = (const void *)answer;
		int rest = (int)bytes;

		if (bytes < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		for (; mnl_nlmsg_ok(header, rest) && left > 0;
		     header = mnl_nlmsg_next(header, &rest)) {
			const struct nlmsgerr *said =
				mnl_nlmsg_get_payload(header);

			if (header->nlmsg_type != NLMSG_ERROR ||
			    mnl_nlmsg_get_payload_len(header) < sizeof(*said))
				return -EBADMSG;
			left--;
			if (error == 0)
				error = said->error;
		}
	}
	return error;
}

static int send_batch(const struct batch *batch, uint32_t first)
{
	struct mnl_socket *socket =
		mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int rc = 0;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, mnl_nlmsg_batch_head(batch->messages),
			      mnl_nlmsg_batch_size(batch->messages)) < 0)
		rc = -errno;
	else
		rc = read_answers(socket, batch, first);
	(void)mnl_socket_close(socket);
	return rc;
}

static int begin(const struct xns_choice *choice, struct batch **ret_batch)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	batch->messages =
		mnl_nlmsg_batch_start(batch->buffer, sizeof(batch->buffer));
	if (!batch->messages) {
		free(batch);
		return -ENOMEM;
	}
	(void)xn_text_format(batch->table, sizeof(batch->table),
			     "xenplane-antispoof-%s", choice->bridge);
	batch->sequence = (uint32_t)time(NULL);
	nftnl_batch_begin(mnl_nlmsg_batch_current(batch->messages),
			  batch->sequence++);
	mnl_nlmsg_batch_next(batch->messages);
	*ret_batch = batch;
	return 0;
}

static int commit(const struct xns_choice *choice,
		  int (*fill)(struct batch *batch,
			      const struct xns_choice *choice))
{
	struct batch *batch;
	uint32_t first;
	int rc = begin(choice, &batch);

	if (rc < 0)
		return rc;
	first = batch->sequence;
	rc = fill(batch, choice);
	if (rc == 0) {
		nftnl_batch_end(mnl_nlmsg_batch_current(batch->messages),
				batch->sequence);
		mnl_nlmsg_batch_next(batch->messages);
		rc = send_batch(batch, first);
	}
	mnl_nlmsg_batch_stop(batch->messages);
	free(batch);
	return rc;
}

static int put_removal_of(struct batch *batch, const struct xns_choice *choice)
{
	(void)choice;
	return put_removal(batch);
}

static bool has_no_nftables(int error)
{
	return error == -EPROTONOSUPPORT || error == -EOPNOTSUPP ||
	       error == -EAFNOSUPPORT || error == -EINVAL;
}

int xns_antispoof_set(const struct xns_choice *choice, struct xn_err *err)
{
	int rc = commit(choice, put_by_bridge);

	/* The kernel's nftables may not know which bridge a frame is on. */
	if (has_no_nftables(rc) || rc == -ENOENT) {
		rc = commit(choice, put_by_ports);
		if (rc == 0)
			xns_report(XN_LOG_WARNING,
				   "antispoof=yes: the kernel has no nftables "
				   "meta data of bridges: what guests send to "
				   "each other is not held back");
	}
	if (rc == 0)
		return 0;
	if (has_no_nftables(rc))
		return xn_fail(err, EOPNOTSUPP,
			       "antispoof=yes: the kernel has no nftables for "
			       "bridges (%s)",
			       strerror(-rc));
	return xn_fail(err, -rc, "antispoof=yes on %s: %s", choice->bridge,
		       strerror(-rc));
}

int xns_antispoof_clear(const struct xns_choice *choice, struct xn_err *err)
{
	int rc = commit(choice, put_removal_of);

	if (rc == 0 || has_no_nftables(rc) || rc == -ENOENT)
		return 0;
	return xn_fail(err, -rc, "antispoof on %s: %s", choice->bridge,
		       strerror(-rc));
}
