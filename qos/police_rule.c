/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules to and from libnftnl's, see police_rule.h. */
#include "qos/police_rule.h"

#include <stdlib.h>
#include <string.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#define UNIT_S 1u /* the shortest that there is */
#define EXPRS_MAX 3u

static struct nftnl_expr *add_expr(struct nftnl_rule *rule, const char *kind)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(kind);

	if (expr)
		nftnl_rule_add_expr(rule, expr);
	return expr;
}

static bool add_limit(struct nftnl_rule *rule,
		      const struct xq_police_limit *limit)
{
	struct nftnl_expr *expr = add_expr(rule, "limit");
	struct nftnl_expr *verdict;

	if (!expr || !add_expr(rule, "counter"))
		return false;
	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_RATE, limit->rate);
	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_UNIT, UNIT_S);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_BURST, limit->burst_bytes);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKT_BYTES);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_FLAGS, NFT_LIMIT_F_INV);
	verdict = add_expr(rule, "immediate");
	if (!verdict)
		return false;
	nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
	return true;
}

struct nftnl_rule *xq_police_build_rule(const struct xq_police *police,
					uint32_t place)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	bool good;

	if (!rule)
		return NULL;
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_NETDEV);
	good = !nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, XQ_POLICE_TABLE) &&
	       !nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, police->name) &&
	       (place ? add_limit(rule, &police->limit[place - 1])
		      : add_expr(rule, "counter") != NULL);
	if (good)
		return rule;
	nftnl_rule_free(rule);
	return NULL;
}

/* Its expressions in their order; NULL: there are no more. */
struct parts {
	struct nftnl_expr *expr[EXPRS_MAX];
	uint32_t count;
	bool more;
};

static int take_part(struct nftnl_expr *expr, void *arg)
{
	struct parts *parts = arg;

	if (parts->count == EXPRS_MAX)
		parts->more = true;
	else
		parts->expr[parts->count++] = expr;
	return 0;
}

static bool is_kind(struct nftnl_expr *expr, const char *kind)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);

	return name && !strcmp(name, kind);
}

static void add_counter(struct nftnl_expr *counter, uint64_t *bytes,
			uint64_t *packets)
{
	*bytes += nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_BYTES);
	*packets += nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS);
}

static bool is_limit(const struct parts *parts)
{
	struct nftnl_expr *limit = parts->expr[0], *verdict = parts->expr[2];

	return parts->count == 3 && is_kind(limit, "limit") &&
	       is_kind(parts->expr[1], "counter") &&
	       is_kind(verdict, "immediate") &&
	       nftnl_expr_get_u64(limit, NFTNL_EXPR_LIMIT_UNIT) == UNIT_S &&
	       nftnl_expr_get_u32(limit, NFTNL_EXPR_LIMIT_TYPE) ==
		       NFT_LIMIT_PKT_BYTES &&
	       nftnl_expr_get_u32(limit, NFTNL_EXPR_LIMIT_FLAGS) ==
		       NFT_LIMIT_F_INV &&
	       nftnl_expr_get_u32(verdict, NFTNL_EXPR_IMM_VERDICT) == NF_DROP;
}

void xq_police_forget_rules(struct xq_police *police)
{
	police->rules = 0;
	police->count = 0;
	police->rules_changed = false;
	police->bytes = police->packets = 0;
	police->drop_bytes = police->drop_packets = 0;
}

void xq_police_read_rule(struct xq_police *police, struct nftnl_rule *rule)
{
	struct xq_police_limit *limit = &police->limit[police->count];
	struct parts parts = {.count = 0};

	(void)nftnl_expr_foreach(rule, take_part, &parts);
	if (police->rules++ == 0) {
		if (parts.count != 1 || !is_kind(parts.expr[0], "counter"))
			police->rules_changed = true;
		else
			add_counter(parts.expr[0], &police->bytes,
				    &police->packets);
		return;
	}
	if (parts.more || !is_limit(&parts) ||
	    police->count == XQ_POLICE_LIMITS_MAX) {
		police->rules_changed = true;
		return;
	}
	limit->rate = nftnl_expr_get_u64(parts.expr[0], NFTNL_EXPR_LIMIT_RATE);
	limit->burst_bytes =
		nftnl_expr_get_u32(parts.expr[0], NFTNL_EXPR_LIMIT_BURST);
	police->count++;
	add_counter(parts.expr[1], &police->drop_bytes, &police->drop_packets);
}
