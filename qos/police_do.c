/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the table as one transaction, see police.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "qos/police.h"
#include "qos/police_rule.h"

/* More than the largest message takes. */
#define MESSAGE_BYTES_MAX ((size_t)1024)
/* Old chain away, new one, its rules. */
#define MESSAGES_MAX ((size_t)3 + XQ_POLICE_LIMITS_MAX)

struct batch {
	uint8_t *bytes;
	size_t used;
	uint32_t count;	 /* messages */
	uint32_t *first; /* of each step */
	bool no_memory;
};

static void *at_end(const struct batch *batch)
{
	return batch->bytes + batch->used;
}

static struct nlmsghdr *begin(const struct batch *batch, uint16_t type,
			      uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(at_end(batch), type, NFPROTO_NETDEV, flags,
				     0);
}

static void end(struct batch *batch, const struct nlmsghdr *header)
{
	batch->used += NLMSG_ALIGN(header->nlmsg_len);
	batch->count++;
}

static void put_table(struct batch *batch, bool goes)
{
	struct nlmsghdr *header =
		begin(batch, goes ? NFT_MSG_DELTABLE : NFT_MSG_NEWTABLE,
		      goes ? 0 : NLM_F_CREATE);

	mnl_attr_put_strz(header, NFTA_TABLE_NAME, XQ_POLICE_TABLE);
	end(batch, header);
}

static void delete_chain(struct batch *batch, const char *name)
{
	struct nlmsghdr *header = begin(batch, NFT_MSG_DELCHAIN, 0);

	mnl_attr_put_strz(header, NFTA_CHAIN_TABLE, XQ_POLICE_TABLE);
	mnl_attr_put_strz(header, NFTA_CHAIN_NAME, name);
	end(batch, header);
}

static void add_chain(struct batch *batch, const char *name)
{
	struct nlmsghdr *header =
		begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (!chain ||
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, XQ_POLICE_TABLE) ||
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name) ||
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter") ||
	    nftnl_chain_set_str(chain, NFTNL_CHAIN_DEV, name)) {
		batch->no_memory = true;
		goto done;
	}
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_NETDEV_INGRESS);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, XQ_POLICE_PRIORITY);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_nlmsg_build_payload(header, chain);
	end(batch, header);
done:
	if (chain)
		nftnl_chain_free(chain);
}

static void add_rules(struct batch *batch, const struct xq_police *police)
{
	for (uint32_t i = 0; i < XQ_POLICE_RULES(police); i++) {
		struct nlmsghdr *header = begin(batch, NFT_MSG_NEWRULE,
						NLM_F_CREATE | NLM_F_APPEND);
		struct nftnl_rule *rule = xq_police_build_rule(police, i);

		if (!rule) {
			batch->no_memory = true;
			return;
		}
		nftnl_rule_nlmsg_build_payload(header, rule);
		nftnl_rule_free(rule);
		end(batch, header);
	}
}

/* What of the steps' chains is there goes, rules and all. */
static void put_steps(struct batch *batch, const struct xq_polices *seen,
		      const struct xq_police_step *step, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		batch->first[i] = batch->count;
		if (xq_police_named(seen, step[i].name))
			delete_chain(batch, step[i].name);
		if (!step[i].to)
			continue;
		add_chain(batch, step[i].to->name);
		add_rules(batch, step[i].to);
	}
}

/* None of its chains is left afterwards. */
static bool is_emptied(const struct xq_polices *seen,
		       const struct xq_police_step *step, size_t count)
{
	size_t goes = 0;

	for (size_t i = 0; i < count; i++) {
		if (step[i].to)
			return false;
		goes += xq_police_named(seen, step[i].name) != NULL;
	}
	return seen->exists && !seen->has_others && goes == seen->count;
}

static int send_batch(struct xn_nl *netfilter, struct batch *batch,
		      const struct xq_police_step *step, size_t count,
		      struct xn_err *err)
{
	const struct nlmsghdr *last = nftnl_batch_end(at_end(batch), 0);
	struct xn_err why = {0};
	uint32_t refused = 0;
	size_t whose = 0;
	int rc;

	batch->used += NLMSG_ALIGN(last->nlmsg_len);
	rc = xn_nl_send_batch(netfilter, batch->bytes, batch->used, &refused,
			      &why);
	if (rc == 0)
		return 0;
	while (whose + 1 < count && batch->first[whose + 1] <= refused)
		whose++;
	return xn_fail(err, -rc, "nftables, limit of what %s sends: %s",
		       step[whose].name, xn_err_text(&why));
}

static int make(struct xn_nl *netfilter, const struct xq_polices *seen,
		const struct xq_police_step *step, size_t count,
		struct xn_err *err)
{
	struct batch batch = {
		.bytes = calloc(count * MESSAGES_MAX + 4, MESSAGE_BYTES_MAX),
		.first = calloc(count, sizeof(*batch.first)),
	};
	int rc = 0;

	batch.no_memory = !batch.bytes || !batch.first;
	if (!batch.no_memory) {
		end(&batch, nftnl_batch_begin(at_end(&batch), 0));
		if (is_emptied(seen, step, count)) {
			put_table(&batch, true);
		} else {
			put_table(&batch, false);
			put_steps(&batch, seen, step, count);
		}
	}
	if (batch.no_memory)
		rc = xn_fail(err, ENOMEM, "out of memory");
	else
		rc = send_batch(netfilter, &batch, step, count, err);
	free(batch.bytes);
	free(batch.first);
	return rc;
}

int xq_police_do(const struct xq_police_step *step, size_t count,
		 struct xn_err *err)
{
	struct xq_polices seen = {0};
	struct xn_nl *netfilter;
	int rc = xn_nl_open_netfilter(&netfilter, err);

	if (rc < 0)
		return rc;
	rc = xq_police_see(netfilter, &seen, err);
	if (rc == 0)
		rc = make(netfilter, &seen, step, count, err);
	xq_polices_fini(&seen);
	xn_nl_close(netfilter);
	return rc;
}
