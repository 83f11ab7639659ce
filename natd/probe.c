/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions that are judged and not done, see probe.h. */
#include "natd/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "natd/batch.h"

/* 0: it would be done. */
static int judge(struct xn_nl *netfilter, struct xnat_batch *batch,
		 struct xn_err *err)
{
	uint32_t refused;
	int rc = batch->error;

	if (rc == 0)
		rc = xn_nl_send_batch(netfilter, batch->message, batch->bytes,
				      &refused, err);
	xnat_batch_fini(batch);
	return rc;
}

/* A chain with one rule, beside what may be there. */
static int try_rule(struct xn_nl *netfilter, const struct xnat_set *set,
		    const struct xnat_expr *expr, uint32_t count)
{
	struct xnat_chain chain = {.name = "probe",
				   .is_base = true,
				   .type = "filter",
				   .hook = NF_INET_PRE_ROUTING};
	struct xnat_rule rule = {.count = count};
	struct xnat_batch batch = {0};
	struct xn_err why = {0};

	for (uint32_t i = 0; i < count; i++)
		rule.expr[i] = expr[i];
	xnat_add_table(&batch);
	xnat_add_chain(&batch, &chain);
	if (set)
		xnat_add_set(&batch, set);
	xnat_add_rule(&batch, chain.name, &rule);
	return judge(netfilter, &batch, &why);
}

static bool has_timeouts(struct xn_nl *netfilter)
{
	struct xnat_timeout timeout = {
		.name = "probe",
		.protocol = IPPROTO_UDP,
		.count = 1,
		.step = {{CTA_TIMEOUT_UDP_REPLIED, XNAT_UDP_S}},
	};
	struct xnat_batch batch = {0};
	struct xn_err why = {0};

	xnat_add_table(&batch);
	xnat_add_timeout(&batch, &timeout);
	return judge(netfilter, &batch, &why) == 0;
}

static bool has_limits(struct xn_nl *netfilter)
{
	const struct xnat_set set = {
		.name = "probe",
		.field_count = 1,
		.field_bytes = {6},
		.key_bytes = 6,
		.is_dynamic = true,
	};
	const struct xnat_expr expr[] = {
		{.kind = XNAT_PAYLOAD,
		 .base = NFT_PAYLOAD_LL_HEADER,
		 .offset = 6,
		 .bytes = 6},
		{.kind = XNAT_LIMIT, .key = 16, .name = "probe"},
	};

	return try_rule(netfilter, &set, expr, 2) == 0;
}

int xnat_probe(struct xn_nl *netfilter, struct xnat_features *ret_features,
	       struct xn_err *err)
{
	const struct xnat_expr local = {.kind = XNAT_IS_LOCAL};
	struct xnat_batch batch = {0};
	int rc;

	xnat_add_table(&batch);
	rc = judge(netfilter, &batch, err);
	if (rc < 0) {
		xn_err_prefix(err, "nftables");
		return rc;
	}
	ret_features->timeouts = has_timeouts(netfilter);
	ret_features->limits = has_limits(netfilter);
	ret_features->locals = try_rule(netfilter, NULL, &local, 1) == 0;
	return 0;
}

const char *xnat_feature_missing(const struct xnat_features *features,
				 unsigned int *at)
{
	const struct {
		bool there;
		const char *words;
	} all[] = {
		{features->timeouts,
		 "the kernel has no timeouts of one's own for connections "
		 "(NF_CONNTRACK_TIMEOUT): its own hold, which are shorter than "
		 "RFC 4787, 5382 and 5508 want"},
		{features->limits,
		 "the kernel cannot count connections (NFT_CONNLIMIT): no "
		 "guest is limited"},
		{features->locals,
		 "the kernel does not tell rules its own addresses "
		 "(NFT_FIB_INET): forwards take what passes through, too, "
		 "unless they name an address"},
	};

	while (*at < sizeof(all) / sizeof(all[0])) {
		unsigned int i = (*at)++;

		if (!all[i].there)
			return all[i].words;
	}
	return NULL;
}
