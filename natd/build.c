/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table's objects as libnftnl's, see build.h. */
#include "natd/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

#define TEXT_MAX 8192

/* Newer than some headers (Linux 5.8). */
#define NETMAP (1u << 6)

/* The kernel's number of the word: whole registers have old numbers. */
static uint32_t reg(uint8_t word)
{
	if (word % 4)
		return (uint32_t)NFT_REG32_00 + word;
	return (uint32_t)NFT_REG_1 + word / 4u;
}

/* All is said, also what the kernel would take by itself: it is read back
 * so. */
static void set_nat(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	const struct xnat_nat *nat = &expr->nat;
	bool one = nat->address_max == XNAT_NO_REG;
	uint32_t flags = NF_NAT_RANGE_MAP_IPS;

	nftnl_expr_set_u32(to, NFTNL_EXPR_NAT_TYPE,
			   expr->kind == XNAT_SNAT ? NFT_NAT_SNAT
						   : NFT_NAT_DNAT);
	nftnl_expr_set_u32(to, NFTNL_EXPR_NAT_FAMILY, nat->family);
	nftnl_expr_set_u32(to, NFTNL_EXPR_NAT_REG_ADDR_MIN, reg(expr->sreg));
	nftnl_expr_set_u32(to, NFTNL_EXPR_NAT_REG_ADDR_MAX,
			   reg(one ? expr->sreg : nat->address_max));
	if (nat->port_min != XNAT_NO_REG) {
		flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
		nftnl_expr_set_u32(to, NFTNL_EXPR_NAT_REG_PROTO_MIN,
				   reg(nat->port_min));
		nftnl_expr_set_u32(to, NFTNL_EXPR_NAT_REG_PROTO_MAX,
				   reg(nat->port_max));
	}
	if (nat->whole_prefix)
		flags |= NETMAP;
	nftnl_expr_set_u32(to, NFTNL_EXPR_NAT_FLAGS, flags);
}

static void set_limit(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	struct nftnl_expr *count = nftnl_expr_alloc("connlimit");

	nftnl_expr_set_str(to, NFTNL_EXPR_DYNSET_SET_NAME, expr->name);
	nftnl_expr_set_u32(to, NFTNL_EXPR_DYNSET_SREG_KEY, reg(expr->sreg));
	nftnl_expr_set_u32(to, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_ADD);
	if (!count)
		return;
	nftnl_expr_set_u32(count, NFTNL_EXPR_CONNLIMIT_COUNT, expr->key);
	nftnl_expr_set_u32(count, NFTNL_EXPR_CONNLIMIT_FLAGS,
			   NFT_CONNLIMIT_F_INV);
	nftnl_expr_add_expr(to, NFTNL_EXPR_DYNSET_EXPR, count);
}

static void set_verdict(struct nftnl_expr *to, const struct xnat_expr *expr,
			int verdict)
{
	nftnl_expr_set_u32(to, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(to, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (expr->name[0])
		nftnl_expr_set_str(to, NFTNL_EXPR_IMM_CHAIN, expr->name);
}

static void set_lookup(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	nftnl_expr_set_str(to, NFTNL_EXPR_LOOKUP_SET, expr->name);
	nftnl_expr_set_u32(to, NFTNL_EXPR_LOOKUP_SREG, reg(expr->sreg));
	if (expr->kind == XNAT_MAP)
		nftnl_expr_set_u32(to, NFTNL_EXPR_LOOKUP_DREG, reg(expr->dreg));
	if (expr->kind == XNAT_VERDICT_MAP)
		nftnl_expr_set_u32(to, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(to, NFTNL_EXPR_LOOKUP_FLAGS,
			   expr->kind == XNAT_NOT_IN ? NFT_LOOKUP_F_INV : 0);
}

static void set_mask(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	static const uint8_t none[16];

	nftnl_expr_set_u32(to, NFTNL_EXPR_BITWISE_SREG, reg(expr->sreg));
	nftnl_expr_set_u32(to, NFTNL_EXPR_BITWISE_DREG, reg(expr->dreg));
	nftnl_expr_set_u32(to, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(to, NFTNL_EXPR_BITWISE_LEN, expr->bytes);
	nftnl_expr_set(to, NFTNL_EXPR_BITWISE_MASK, expr->value, expr->bytes);
	nftnl_expr_set(to, NFTNL_EXPR_BITWISE_XOR, none, expr->bytes);
}

static void set_meta(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	nftnl_expr_set_u32(to, NFTNL_EXPR_META_KEY, expr->key);
	nftnl_expr_set_u32(to, NFTNL_EXPR_META_DREG, reg(expr->dreg));
}

static void set_payload(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	nftnl_expr_set_u32(to, NFTNL_EXPR_PAYLOAD_BASE, expr->base);
	nftnl_expr_set_u32(to, NFTNL_EXPR_PAYLOAD_OFFSET, expr->offset);
	nftnl_expr_set_u32(to, NFTNL_EXPR_PAYLOAD_LEN, expr->bytes);
	nftnl_expr_set_u32(to, NFTNL_EXPR_PAYLOAD_DREG, reg(expr->dreg));
}

static void set_ct(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	nftnl_expr_set_u32(to, NFTNL_EXPR_CT_KEY, expr->key);
	nftnl_expr_set_u32(to, NFTNL_EXPR_CT_DREG, reg(expr->dreg));
	if (expr->original)
		nftnl_expr_set_u8(to, NFTNL_EXPR_CT_DIR, 0);
}

static void set_is_local(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	nftnl_expr_set_u32(to, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(to, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nftnl_expr_set_u32(to, NFTNL_EXPR_FIB_DREG, reg(expr->dreg));
}

/* The kernel's names of what expressions do. */
static const char *const kernel_name[] = {
	[XNAT_META] = "meta",
	[XNAT_PAYLOAD] = "payload",
	[XNAT_CT] = "ct",
	[XNAT_IS_LOCAL] = "fib",
	[XNAT_MASK] = "bitwise",
	[XNAT_EQUAL] = "cmp",
	[XNAT_DIFFERS] = "cmp",
	[XNAT_IN] = "lookup",
	[XNAT_NOT_IN] = "lookup",
	[XNAT_MAP] = "lookup",
	[XNAT_VERDICT_MAP] = "lookup",
	[XNAT_ACCEPT] = "immediate",
	[XNAT_DROP] = "immediate",
	[XNAT_RETURN] = "immediate",
	[XNAT_JUMP] = "immediate",
	[XNAT_GOTO] = "immediate",
	[XNAT_COUNT] = "counter",
	[XNAT_MASQUERADE] = "masq",
	[XNAT_SNAT] = "nat",
	[XNAT_DNAT] = "nat",
	[XNAT_LIMIT] = "dynset",
	[XNAT_TIMEOUT] = "objref",
};

static void set_compare(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	nftnl_expr_set_u32(to, NFTNL_EXPR_CMP_SREG, reg(expr->sreg));
	nftnl_expr_set_u32(to, NFTNL_EXPR_CMP_OP,
			   expr->kind == XNAT_EQUAL ? NFT_CMP_EQ : NFT_CMP_NEQ);
	nftnl_expr_set(to, NFTNL_EXPR_CMP_DATA, expr->value, expr->bytes);
}

static void set_expr(struct nftnl_expr *to, const struct xnat_expr *expr)
{
	switch (expr->kind) {
	case XNAT_META:
		set_meta(to, expr);
		break;
	case XNAT_PAYLOAD:
		set_payload(to, expr);
		break;
	case XNAT_CT:
		set_ct(to, expr);
		break;
	case XNAT_IS_LOCAL:
		set_is_local(to, expr);
		break;
	case XNAT_MASK:
		set_mask(to, expr);
		break;
	case XNAT_EQUAL:
	case XNAT_DIFFERS:
		set_compare(to, expr);
		break;
	case XNAT_IN:
	case XNAT_NOT_IN:
	case XNAT_MAP:
	case XNAT_VERDICT_MAP:
		set_lookup(to, expr);
		break;
	case XNAT_ACCEPT:
		set_verdict(to, expr, NF_ACCEPT);
		break;
	case XNAT_DROP:
		set_verdict(to, expr, NF_DROP);
		break;
	case XNAT_RETURN:
		set_verdict(to, expr, NFT_RETURN);
		break;
	case XNAT_JUMP:
		set_verdict(to, expr, NFT_JUMP);
		break;
	case XNAT_GOTO:
		set_verdict(to, expr, NFT_GOTO);
		break;
	case XNAT_COUNT:
		break;
	case XNAT_MASQUERADE:
		nftnl_expr_set_u32(to, NFTNL_EXPR_MASQ_FLAGS,
				   NF_NAT_RANGE_PERSISTENT);
		break;
	case XNAT_SNAT:
	case XNAT_DNAT:
		set_nat(to, expr);
		break;
	case XNAT_LIMIT:
		set_limit(to, expr);
		break;
	case XNAT_TIMEOUT:
		nftnl_expr_set_u32(to, NFTNL_EXPR_OBJREF_IMM_TYPE,
				   NFT_OBJECT_CT_TIMEOUT);
		nftnl_expr_set_str(to, NFTNL_EXPR_OBJREF_IMM_NAME, expr->name);
		break;
	}
}

struct nftnl_rule *xnat_build_rule(const char *table, const char *chain,
				   const struct xnat_rule *rule)
{
	struct nftnl_rule *built = nftnl_rule_alloc();

	if (!built)
		return NULL;
	nftnl_rule_set_u32(built, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(built, NFTNL_RULE_TABLE, table);
	nftnl_rule_set_str(built, NFTNL_RULE_CHAIN, chain);
	for (uint32_t i = 0; i < rule->count; i++) {
		struct nftnl_expr *expr =
			nftnl_expr_alloc(kernel_name[rule->expr[i].kind]);

		if (!expr) {
			nftnl_rule_free(built);
			return NULL;
		}
		set_expr(expr, &rule->expr[i]);
		nftnl_rule_add_expr(built, expr);
	}
	return built;
}

struct nftnl_chain *xnat_build_chain(const char *table,
				     const struct xnat_chain *chain)
{
	struct nftnl_chain *built = nftnl_chain_alloc();

	if (!built)
		return NULL;
	nftnl_chain_set_u32(built, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	nftnl_chain_set_str(built, NFTNL_CHAIN_TABLE, table);
	nftnl_chain_set_str(built, NFTNL_CHAIN_NAME, chain->name);
	if (chain->is_base) {
		nftnl_chain_set_str(built, NFTNL_CHAIN_TYPE, chain->type);
		nftnl_chain_set_u32(built, NFTNL_CHAIN_HOOKNUM, chain->hook);
		nftnl_chain_set_s32(built, NFTNL_CHAIN_PRIO, chain->priority);
		nftnl_chain_set_u32(built, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	return built;
}

#define NFT_HOST_BYTES 1u /* nft(8)'s BYTEORDER_HOST_ENDIAN */

/* Notes for nft(8), which else would not know that there are two values, and
 * would read names as numbers. The kernel only keeps them. */
static void say_kinds(struct nftnl_set *built, const struct xnat_set *set)
{
	struct nftnl_udata_buf *notes = nftnl_udata_buf_alloc(64);

	if (!notes)
		return;
	if (set->field_count == 1 && set->field_bytes[0] == IFNAMSIZ)
		(void)nftnl_udata_put_u32(notes, NFTNL_UDATA_SET_KEYBYTEORDER,
					  NFT_HOST_BYTES);
	if (set->data_is_interval)
		(void)nftnl_udata_put_u32(notes, NFTNL_UDATA_SET_DATA_INTERVAL,
					  1);
	if (nftnl_udata_buf_len(notes))
		nftnl_set_set_data(built, NFTNL_SET_USERDATA,
				   nftnl_udata_buf_data(notes),
				   nftnl_udata_buf_len(notes));
	nftnl_udata_buf_free(notes);
}

struct nftnl_set *xnat_build_set(const char *table, const struct xnat_set *set)
{
	struct nftnl_set *built = nftnl_set_alloc();
	uint32_t flags = 0;

	if (!built)
		return NULL;
	if (set->has_intervals)
		flags |= NFT_SET_INTERVAL | NFT_SET_CONCAT;
	if (set->data_bytes || set->is_verdicts)
		flags |= NFT_SET_MAP;
	if (set->is_dynamic)
		flags |= NFT_SET_EVAL;
	nftnl_set_set_u32(built, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_str(built, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(built, NFTNL_SET_NAME, set->name);
	nftnl_set_set_u32(built, NFTNL_SET_ID, 1);
	nftnl_set_set_u32(built, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(built, NFTNL_SET_KEY_TYPE, set->key_type);
	nftnl_set_set_u32(built, NFTNL_SET_KEY_LEN, set->key_bytes);
	if (set->has_intervals)
		nftnl_set_set_data(built, NFTNL_SET_DESC_CONCAT,
				   set->field_bytes, set->field_count);
	if (set->is_verdicts)
		nftnl_set_set_u32(built, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
	if (set->data_bytes) {
		nftnl_set_set_u32(built, NFTNL_SET_DATA_TYPE, set->data_type);
		nftnl_set_set_u32(built, NFTNL_SET_DATA_LEN, set->data_bytes);
	}
	if (set->is_dynamic)
		nftnl_set_set_u32(built, NFTNL_SET_DESC_SIZE, 65535);
	say_kinds(built, set);
	return built;
}

struct nftnl_set_elem *xnat_build_element(const struct xnat_set *set,
					  const struct xnat_element *element)
{
	struct nftnl_set_elem *built = nftnl_set_elem_alloc();

	if (!built)
		return NULL;
	nftnl_set_elem_set(built, NFTNL_SET_ELEM_KEY, element->key,
			   set->key_bytes);
	if (set->has_intervals)
		nftnl_set_elem_set(built, NFTNL_SET_ELEM_KEY_END,
				   element->key_end, set->key_bytes);
	if (set->data_bytes)
		nftnl_set_elem_set(built, NFTNL_SET_ELEM_DATA, element->data,
				   set->data_bytes);
	if (set->is_verdicts) {
		nftnl_set_elem_set_u32(built, NFTNL_SET_ELEM_VERDICT,
				       (uint32_t)NFT_JUMP);
		nftnl_set_elem_set_str(built, NFTNL_SET_ELEM_CHAIN,
				       element->chain);
	}
	return built;
}

/* What changes by itself, and what is the same said or not. */
static int make_comparable(struct nftnl_expr *expr, void *arg)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);

	(void)arg;
	if (strcmp(name, "counter") == 0) {
		nftnl_expr_set_u64(expr, NFTNL_EXPR_CTR_PACKETS, 0);
		nftnl_expr_set_u64(expr, NFTNL_EXPR_CTR_BYTES, 0);
	}
	if (strcmp(name, "dynset") == 0 &&
	    !nftnl_expr_is_set(expr, NFTNL_EXPR_DYNSET_TIMEOUT))
		nftnl_expr_set_u64(expr, NFTNL_EXPR_DYNSET_TIMEOUT, 0);
	return 0;
}

static int add_text(struct nftnl_expr *expr, void *arg)
{
	char *text = arg;
	size_t used = strlen(text);

	(void)strncat(text, nftnl_expr_get_str(expr, NFTNL_EXPR_NAME),
		      TEXT_MAX - used - 1);
	used = strlen(text);
	if (used + 2 < TEXT_MAX) {
		text[used++] = ' ';
		(void)nftnl_expr_snprintf(text + used, TEXT_MAX - used, expr,
					  NFTNL_OUTPUT_DEFAULT, 0);
	}
	return 0;
}

char *xnat_rule_text(struct nftnl_rule *rule)
{
	char *text = calloc(1, TEXT_MAX);

	if (!text)
		return NULL;
	(void)nftnl_expr_foreach(rule, make_comparable, NULL);
	(void)nftnl_expr_foreach(rule, add_text, text);
	return text;
}
