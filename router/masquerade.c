/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of masquerade.h; the comments beside the rules are nft(8)'s words
 * for them. */
#include "router/masquerade.h"

#include <errno.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "netconf/base/text.h"
#include "router/change.h"

/* NF_IP_PRI_NAT_SRC of linux/netfilter_ipv4.h */
#define PRIORITY_SRCNAT 100
#define TYPE_IFNAME 41u /* nft(8)'s number */

static void put(struct xnat_table *table, const struct xnat_expr *expr)
{
	xnat_expr_add(table, 0, expr);
}

static void differs(struct xnat_table *table, const void *value, uint8_t bytes)
{
	struct xnat_expr expr = {.kind = XNAT_DIFFERS, .bytes = bytes};

	memcpy(expr.value, value, bytes);
	put(table, &expr);
}

/* The first octet of an address, of which the bits of `mask` are looked at. */
static void octet(struct xnat_table *table, uint32_t offset, uint8_t mask,
		  enum xnat_do compare, uint8_t value)
{
	struct xnat_expr load = {.kind = XNAT_PAYLOAD,
				 .base = NFT_PAYLOAD_NETWORK_HEADER,
				 .offset = offset,
				 .bytes = 1};
	struct xnat_expr bits = {
		.kind = XNAT_MASK, .bytes = 1, .value = {mask}};
	struct xnat_expr is = {.kind = compare, .bytes = 1, .value = {value}};

	put(table, &load);
	if (mask != 0xff)
		put(table, &bits);
	put(table, &is);
}

static void meta(struct xnat_table *table, uint32_t key)
{
	struct xnat_expr expr = {.kind = XNAT_META, .key = key};

	put(table, &expr);
}

/* oifname @outs iifname != "" ip daddr != 224.0.0.0/4 masquerade
 * .. ip6 saddr fc00::/7 ip6 daddr != ff00::/8 masquerade */
static void put_rule(struct xnat_table *table, uint8_t family)
{
	struct xnat_expr in = {.kind = XNAT_IN, .name = "outs"};
	struct xnat_expr masquerade = {.kind = XNAT_MASQUERADE};
	struct xnat_expr is = {
		.kind = XNAT_EQUAL, .bytes = 1, .value = {family}};
	static const char nothing[IFNAMSIZ];

	xnat_rule_begin(table, 0);
	meta(table, NFT_META_NFPROTO);
	put(table, &is);
	meta(table, NFT_META_OIFNAME);
	put(table, &in);
	meta(table, NFT_META_IIFNAME);
	differs(table, nothing, IFNAMSIZ);
	if (family == NFPROTO_IPV4) {
		octet(table, 16, 0xf0, XNAT_DIFFERS, 0xe0);
	} else {
		octet(table, 8, 0xfe, XNAT_EQUAL, 0xfc);
		octet(table, 24, 0xff, XNAT_DIFFERS, 0xff);
	}
	put(table, &masquerade);
}

int xrt_masquerade_plan(const struct xrt_outs *outs,
			struct xnat_table *ret_table, struct xn_err *err)
{
	struct xnat_set set = {.name = "outs",
			       .field_count = 1,
			       .field_bytes = {IFNAMSIZ},
			       .key_bytes = IFNAMSIZ,
			       .key_type = TYPE_IFNAME};
	struct xnat_table table = {0};
	int error;

	xnat_set_add(&table, &set);
	(void)xnat_base_chain_add(&table, "postrouting", "nat",
				  NF_INET_POST_ROUTING, PRIORITY_SRCNAT);
	put_rule(&table, NFPROTO_IPV4);
	put_rule(&table, NFPROTO_IPV6);
	for (uint32_t i = 0; i < outs->count; i++) {
		struct xnat_element element = {.chain = ""};

		memcpy(element.key, outs->name[i],
		       strnlen(outs->name[i], IFNAMSIZ - 1));
		xnat_element_add(&table, "outs", &element);
	}
	error = -table.error;
	if (error) {
		xnat_table_fini(&table);
		return xn_fail(err, error, "table " XRT_MASQUERADE_TABLE ": %s",
			       strerror(error));
	}
	xnat_set_sort(&table.set[0]);
	*ret_table = table;
	return 0;
}

void xrt_masquerade_outs(const struct xnat_table *seen,
			 struct xrt_outs *ret_outs)
{
	const struct xnat_set *set = xnat_set_named(seen, "outs");

	ret_outs->count = 0;
	if (!set || set->key_bytes != IFNAMSIZ)
		return;
	for (uint32_t i = 0; i < set->count; i++) {
		char *name = ret_outs->name[ret_outs->count];

		if (ret_outs->count == XRT_MASQUERADE_MAX)
			return;
		memcpy(name, set->element[i].key, IFNAMSIZ);
		name[IFNAMSIZ - 1] = '\0';
		ret_outs->count++;
	}
}

struct change {
	const char *comes, *goes;
	bool all_go;
};

static int plan_change(void *arg, const struct xnat_table *seen,
		       struct xnat_table *ret_table, bool *ret_stays,
		       struct xn_err *err)
{
	const struct change *change = arg;
	struct xrt_outs had, outs = {.count = 0};
	int rc;

	xrt_masquerade_outs(seen, &had);
	for (uint32_t i = 0; i < had.count && !change->all_go; i++)
		if ((!change->goes || strcmp(had.name[i], change->goes) != 0) &&
		    (!change->comes || strcmp(had.name[i], change->comes) != 0))
			memcpy(outs.name[outs.count++], had.name[i], IFNAMSIZ);
	if (change->comes && outs.count == XRT_MASQUERADE_MAX)
		return xn_fail(err, E2BIG, "%s: more than %u links",
			       change->comes, XRT_MASQUERADE_MAX);
	if (change->comes)
		(void)xn_text_copy(outs.name[outs.count++], IFNAMSIZ,
				   change->comes);
	rc = xrt_masquerade_plan(&outs, ret_table, err);
	*ret_stays = outs.count > 0;
	return rc;
}

int xrt_masquerade_start(const char *link, struct xn_err *err)
{
	struct change change = {.comes = link};

	return xrt_change(XRT_MASQUERADE_TABLE, plan_change, &change, err);
}

int xrt_masquerade_stop(const char *link, struct xn_err *err)
{
	struct change change = {.goes = link, .all_go = !link};

	return xrt_change(XRT_MASQUERADE_TABLE, plan_change, &change, err);
}

int xrt_masquerade_see(struct xrt_outs *ret_outs, struct xn_err *err)
{
	struct xnat_seen seen;
	int rc = xrt_change_see(XRT_MASQUERADE_TABLE, &seen, err);

	if (rc < 0)
		return rc;
	xrt_masquerade_outs(&seen.table, ret_outs);
	xnat_seen_fini(&seen);
	return 0;
}
