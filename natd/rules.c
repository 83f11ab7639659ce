/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of the table, see plan.h. Each make_ function makes one chain; the
 * comments beside the rules are nft(8)'s words for them.
 */
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include "natd/plan.h"
#include "netconf/base/text.h"

/* Of linux/netfilter_ipv4.h, which every family uses. */
#define PRIORITY_DNAT (-100)
#define PRIORITY_FILTER 0
#define PRIORITY_SNAT 100

#define STATE_INVALID 1u      /* NF_CT_STATE_INVALID_BIT */
#define STATE_KNOWN (2u | 4u) /* established, related */

/* What the chain's rules are put together with. */
struct maker {
	struct xnat_table *table;
	uint32_t chain;
	bool locals, timeouts;
};

static void begin(const struct maker *m)
{
	xnat_rule_begin(m->table, m->chain);
}

static void put(const struct maker *m, const struct xnat_expr *expr)
{
	xnat_expr_add(m->table, m->chain, expr);
}

static void put_named(const struct maker *m, enum xnat_do kind, uint8_t sreg,
		      uint8_t dreg, const char *name)
{
	struct xnat_expr expr = {.kind = kind, .sreg = sreg, .dreg = dreg};

	(void)xn_text_copy(expr.name, sizeof(expr.name), name);
	put(m, &expr);
}

static void meta(const struct maker *m, uint32_t key, uint8_t dreg)
{
	put(m,
	    &(struct xnat_expr){.kind = XNAT_META, .key = key, .dreg = dreg});
}

static void payload(const struct maker *m, uint8_t base, uint32_t offset,
		    uint8_t bytes, uint8_t dreg)
{
	put(m, &(struct xnat_expr){.kind = XNAT_PAYLOAD,
				   .base = base,
				   .offset = offset,
				   .bytes = bytes,
				   .dreg = dreg});
}

static void equal(const struct maker *m, const void *value, uint8_t bytes)
{
	struct xnat_expr expr = {.kind = XNAT_EQUAL, .bytes = bytes};

	memcpy(expr.value, value, bytes);
	put(m, &expr);
}

/* meta nfproto ipv4 */
static void only_family(const struct maker *m, uint8_t family)
{
	meta(m, NFT_META_NFPROTO, 0);
	equal(m, &family, 1);
}

/* ct state & bits != 0, ct status & bits != 0; or == 0 */
static void ct_bits(const struct maker *m, uint32_t key, uint32_t bits,
		    bool any)
{
	struct xnat_expr mask = {.kind = XNAT_MASK, .bytes = 4};
	struct xnat_expr test = {.kind = any ? XNAT_DIFFERS : XNAT_EQUAL,
				 .bytes = 4};

	memcpy(mask.value, &bits, sizeof(bits));
	put(m, &(struct xnat_expr){.kind = XNAT_CT, .key = key});
	put(m, &mask);
	put(m, &test);
}

static void verdict(const struct maker *m, enum xnat_do kind)
{
	put(m, &(struct xnat_expr){.kind = kind});
}

static void jump(const struct maker *m, const char *chain)
{
	put_named(m, XNAT_JUMP, 0, 0, chain);
}

static uint8_t address_bytes(uint8_t family)
{
	return family == NFPROTO_IPV6 ? 16 : 4;
}

static uint8_t address_words(uint8_t family)
{
	return address_bytes(family) / 4;
}

static void source(const struct maker *m, uint8_t family, uint8_t dreg)
{
	payload(m, NFT_PAYLOAD_NETWORK_HEADER, family == NFPROTO_IPV6 ? 8 : 12,
		address_bytes(family), dreg);
}

static void destination(const struct maker *m, uint8_t family, uint8_t dreg)
{
	payload(m, NFT_PAYLOAD_NETWORK_HEADER, family == NFPROTO_IPV6 ? 24 : 16,
		address_bytes(family), dreg);
}

static const char *name_of(uint8_t family, const char *ipv4, const char *ipv6)
{
	return family == NFPROTO_IPV6 ? ipv6 : ipv4;
}

/* snat ip to REG, dnat ip to REG: an address and nothing else. */
static void nat_to(const struct maker *m, enum xnat_do kind, uint8_t family)
{
	put(m, &(struct xnat_expr){
		       .kind = kind,
		       .nat = {.family = family,
			       .address_max = XNAT_NO_REG,
			       .port_min = XNAT_NO_REG,
			       .port_max = XNAT_NO_REG},
	       });
}

/* snat ip6 prefix to REG: the least and the greatest address. */
static void nat_prefix(const struct maker *m, enum xnat_do kind)
{
	put(m, &(struct xnat_expr){
		       .kind = kind,
		       .nat = {.family = NFPROTO_IPV6,
			       .address_max = 4,
			       .port_min = XNAT_NO_REG,
			       .port_max = XNAT_NO_REG,
			       .whole_prefix = true},
	       });
}

/* meta l4proto tcp, ip saddr . ip daddr . meta l4proto . th dport map @NAME,
 * dnat to it: to an address and a port, or to an address where the port stays
 * as it is. nft(8) would not read back one rule for both protocols. */
static void forward_by(const struct maker *m, uint8_t family, uint8_t protocol,
		       const char *map, bool has_port)
{
	uint8_t words = address_words(family);
	uint8_t port = has_port ? words : XNAT_NO_REG;

	begin(m);
	only_family(m, family);
	meta(m, NFT_META_L4PROTO, 0);
	equal(m, &protocol, 1);
	source(m, family, 0);
	destination(m, family, words);
	meta(m, NFT_META_L4PROTO, (uint8_t)(2 * words));
	payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2,
		(uint8_t)(2 * words + 1));
	put_named(m, XNAT_MAP, 0, 0, map);
	put(m, &(struct xnat_expr){
		       .kind = XNAT_DNAT,
		       .nat = {.family = family,
			       .address_max = XNAT_NO_REG,
			       .port_min = port,
			       .port_max = port},
	       });
}

/* ip daddr map @pair_in4, dnat to it */
static void pair_in(const struct maker *m, uint8_t family)
{
	begin(m);
	only_family(m, family);
	destination(m, family, 0);
	put_named(m, XNAT_MAP, 0, 0, name_of(family, "pair_in4", "pair_in6"));
	nat_to(m, XNAT_DNAT, family);
}

/* iifname . ip saddr map @pair_out4, snat to it */
static void pair_out(const struct maker *m, uint8_t family)
{
	begin(m);
	only_family(m, family);
	meta(m, NFT_META_IIFNAME, 0);
	source(m, family, 4);
	put_named(m, XNAT_MAP, 0, 0, name_of(family, "pair_out4", "pair_out6"));
	nat_to(m, XNAT_SNAT, family);
}

/* iifname . ip6 saddr map @prefix_out6, snat prefix to it */
static void prefix_out(const struct maker *m)
{
	begin(m);
	only_family(m, NFPROTO_IPV6);
	meta(m, NFT_META_IIFNAME, 0);
	source(m, NFPROTO_IPV6, 4);
	put_named(m, XNAT_MAP, 0, 0, "prefix_out6");
	nat_prefix(m, XNAT_SNAT);
}

/* Those from chosen sources come first. */
static void forwards_of(const struct maker *m, uint8_t family, uint8_t protocol)
{
	forward_by(m, family, protocol,
		   name_of(family, "ports_from4", "ports_from6"), false);
	forward_by(m, family, protocol,
		   name_of(family, "forward_from4", "forward_from6"), true);
	forward_by(m, family, protocol, name_of(family, "ports4", "ports6"),
		   false);
	forward_by(m, family, protocol, name_of(family, "forward4", "forward6"),
		   true);
}

static void make_forwards(struct maker *m)
{
	m->chain = xnat_chain_add(m->table, "forwards");
	forwards_of(m, NFPROTO_IPV4, IPPROTO_TCP);
	forwards_of(m, NFPROTO_IPV4, IPPROTO_UDP);
	forwards_of(m, NFPROTO_IPV6, IPPROTO_TCP);
	forwards_of(m, NFPROTO_IPV6, IPPROTO_UDP);
}

/* Loopback is the host's alone, and could not be routed back. */
static void spare_loopback(const struct maker *m)
{
	static const uint8_t mask[4] = {255}, net[4] = {127};
	static const uint8_t loopback6[16] = {[15] = 1};
	struct xnat_expr bits = {.kind = XNAT_MASK, .bytes = 4};

	memcpy(bits.value, mask, sizeof(mask));
	begin(m);
	only_family(m, NFPROTO_IPV4);
	destination(m, NFPROTO_IPV4, 0);
	put(m, &bits);
	equal(m, net, 4);
	verdict(m, XNAT_RETURN);
	begin(m);
	only_family(m, NFPROTO_IPV6);
	destination(m, NFPROTO_IPV6, 0);
	equal(m, loopback6, 16);
	verdict(m, XNAT_RETURN);
}

static void make_to_guests(struct maker *m)
{
	uint32_t local = RTN_LOCAL;

	m->chain = xnat_chain_add(m->table, "to_guests");
	spare_loopback(m);
	begin(m); /* fib daddr type local jump forwards */
	if (m->locals) {
		put(m, &(struct xnat_expr){.kind = XNAT_IS_LOCAL});
		equal(m, &local, 4);
	}
	jump(m, "forwards");
	pair_in(m, NFPROTO_IPV4);
	pair_in(m, NFPROTO_IPV6);
	begin(m); /* meta nfproto . ip6 daddr map @prefix_in6 */
	only_family(m, NFPROTO_IPV6);
	meta(m, NFT_META_NFPROTO, 0);
	destination(m, NFPROTO_IPV6, 1);
	put_named(m, XNAT_MAP, 0, 0, "prefix_in6");
	nat_prefix(m, XNAT_DNAT);
}

/* RFC 4787, REQ-9: who reaches a neighbour by the host's address is seen
 * with that address, else the answer would not come back this way. */
static void hairpin_back(const struct maker *m, uint8_t family)
{
	begin(m); /* snat ip to ct original ip daddr */
	only_family(m, family);
	put(m,
	    &(struct xnat_expr){.kind = XNAT_CT,
				.key = family == NFPROTO_IPV6 ? NFT_CT_DST_IP6
							      : NFT_CT_DST_IP,
				.original = true});
	nat_to(m, XNAT_SNAT, family);
}

static void make_hairpin(struct maker *m)
{
	m->chain = xnat_chain_add(m->table, "hairpin");
	begin(m);
	ct_bits(m, NFT_CT_STATUS, IPS_DST_NAT, false);
	verdict(m, XNAT_RETURN);
	pair_out(m, NFPROTO_IPV4);
	pair_out(m, NFPROTO_IPV6);
	prefix_out(m);
	hairpin_back(m, NFPROTO_IPV4);
	hairpin_back(m, NFPROTO_IPV6);
}

/* Groups and broadcasts keep their sender's address. */
static void spare_groups(const struct maker *m)
{
	static const uint8_t mask4[4] = {0xf0}, groups4[4] = {0xe0};
	static const uint8_t broadcast[4] = {255, 255, 255, 255};
	static const uint8_t groups6[1] = {0xff};
	struct xnat_expr bits = {.kind = XNAT_MASK, .bytes = 4};

	memcpy(bits.value, mask4, sizeof(mask4));
	begin(m);
	only_family(m, NFPROTO_IPV4);
	destination(m, NFPROTO_IPV4, 0);
	put(m, &bits);
	equal(m, groups4, 4);
	verdict(m, XNAT_RETURN);
	begin(m);
	only_family(m, NFPROTO_IPV4);
	destination(m, NFPROTO_IPV4, 0);
	equal(m, broadcast, 4);
	verdict(m, XNAT_RETURN);
	begin(m);
	only_family(m, NFPROTO_IPV6);
	payload(m, NFT_PAYLOAD_NETWORK_HEADER, 24, 1, 0);
	equal(m, groups6, 1);
	verdict(m, XNAT_RETURN);
}

/* iifname map @behind4, snat to it; iifname @masquerade4 masquerade */
static void hide(const struct maker *m, uint8_t family)
{
	begin(m);
	only_family(m, family);
	meta(m, NFT_META_IIFNAME, 0);
	put_named(m, XNAT_MAP, 0, 0, name_of(family, "behind4", "behind6"));
	nat_to(m, XNAT_SNAT, family);
	begin(m);
	only_family(m, family);
	meta(m, NFT_META_IIFNAME, 0);
	put_named(m, XNAT_IN, 0, 0,
		  name_of(family, "masquerade4", "masquerade6"));
	verdict(m, XNAT_MASQUERADE);
}

static void make_postrouting(struct maker *m)
{
	m->chain = xnat_base_chain_add(m->table, "postrouting", "nat",
				       NF_INET_POST_ROUTING, PRIORITY_SNAT);
	begin(m);
	jump(m, "admin_postrouting");
	begin(m); /* iifname . oifname @loops goto hairpin */
	meta(m, NFT_META_IIFNAME, 0);
	meta(m, NFT_META_OIFNAME, 4);
	put_named(m, XNAT_IN, 0, 0, "loops");
	put_named(m, XNAT_GOTO, 0, 0, "hairpin");
	begin(m); /* iifname != @bridges return */
	meta(m, NFT_META_IIFNAME, 0);
	put_named(m, XNAT_NOT_IN, 0, 0, "bridges");
	verdict(m, XNAT_RETURN);
	spare_groups(m);
	pair_out(m, NFPROTO_IPV4);
	pair_out(m, NFPROTO_IPV6);
	prefix_out(m);
	hide(m, NFPROTO_IPV4);
	hide(m, NFPROTO_IPV6);
}

/* oifname @closed4 counter drop */
static void close_to(const struct maker *m, uint8_t family)
{
	begin(m);
	only_family(m, family);
	meta(m, NFT_META_OIFNAME, 0);
	put_named(m, XNAT_IN, 0, 0, name_of(family, "closed4", "closed6"));
	verdict(m, XNAT_COUNT);
	verdict(m, XNAT_DROP);
}

static void make_to_guest(struct maker *m)
{
	m->chain = xnat_chain_add(m->table, "to_guest");
	begin(m);
	jump(m, "times");
	begin(m); /* iifname . oifname @loops return */
	meta(m, NFT_META_IIFNAME, 0);
	meta(m, NFT_META_OIFNAME, 4);
	put_named(m, XNAT_IN, 0, 0, "loops");
	verdict(m, XNAT_RETURN);
	begin(m); /* ct status dnat return */
	ct_bits(m, NFT_CT_STATUS, IPS_DST_NAT, true);
	verdict(m, XNAT_RETURN);
	close_to(m, NFPROTO_IPV4);
	close_to(m, NFPROTO_IPV6);
}

static void make_from_guest(struct maker *m)
{
	m->chain = xnat_chain_add(m->table, "from_guest");
	begin(m);
	jump(m, "times");
	begin(m); /* iifname vmap @limits */
	meta(m, NFT_META_IIFNAME, 0);
	put_named(m, XNAT_VERDICT_MAP, 0, 0, "limits");
}

/* iifname @bridges, oifname @bridges: with what is to be done. */
static void at_bridges(const struct maker *m, uint32_t key)
{
	meta(m, key, 0);
	put_named(m, XNAT_IN, 0, 0, "bridges");
}

static void make_forward(struct maker *m)
{
	static const uint32_t sides[] = {NFT_META_IIFNAME, NFT_META_OIFNAME};

	m->chain = xnat_base_chain_add(m->table, "forward", "filter",
				       NF_INET_FORWARD, PRIORITY_FILTER);
	begin(m);
	jump(m, "admin_forward");
	begin(m); /* ct state established,related accept */
	ct_bits(m, NFT_CT_STATE, STATE_KNOWN, true);
	verdict(m, XNAT_ACCEPT);
	/* What belongs to no connection would leave untranslated. */
	for (unsigned int i = 0; i < 2; i++) {
		begin(m);
		at_bridges(m, sides[i]);
		ct_bits(m, NFT_CT_STATE, STATE_INVALID, true);
		verdict(m, XNAT_COUNT);
		verdict(m, XNAT_DROP);
	}
	begin(m);
	at_bridges(m, NFT_META_IIFNAME);
	jump(m, "from_guest");
	begin(m);
	at_bridges(m, NFT_META_OIFNAME);
	jump(m, "to_guest");
}

/* update @guests_N { ether saddr ct count over N } counter drop */
static void make_limit(struct maker *m, uint32_t connections)
{
	char chain[XNAT_NAME_MAX], set[XNAT_NAME_MAX];
	struct xnat_expr limit = {.kind = XNAT_LIMIT, .key = connections};
	const uint16_t ethernet = ARPHRD_ETHER;

	xnat_limit_name("limit", connections, chain);
	xnat_limit_name("guests", connections, set);
	(void)xn_text_copy(limit.name, sizeof(limit.name), set);
	for (uint32_t i = 0; i < m->table->chain_count; i++)
		if (!strcmp(m->table->chain[i].name, chain))
			return;
	xnat_put_limit_set(m->table, set);
	m->chain = xnat_chain_add(m->table, chain);
	begin(m);
	meta(m, NFT_META_IIFTYPE, 0);
	equal(m, &ethernet, sizeof(ethernet));
	payload(m, NFT_PAYLOAD_LL_HEADER, 6, 6, 0);
	put(m, &limit);
	verdict(m, XNAT_COUNT);
	verdict(m, XNAT_DROP);
}

/* meta l4proto NUMBER ct timeout set NAME */
static void make_times(struct maker *m)
{
	m->chain = xnat_chain_add(m->table, "times");
	if (!m->timeouts)
		return;
	xnat_put_times(m->table);
	for (uint32_t i = 0; i < m->table->timeout_count; i++) {
		const struct xnat_timeout *timeout = &m->table->timeout[i];

		begin(m);
		meta(m, NFT_META_L4PROTO, 0);
		equal(m, &timeout->protocol, 1);
		put_named(m, XNAT_TIMEOUT, 0, 0, timeout->name);
	}
}

static void make_admins(struct xnat_table *table)
{
	static const char *const names[] = {
		"admin_prerouting", "admin_postrouting", "admin_forward"};

	for (unsigned int i = 0; i < 3; i++) {
		uint32_t place = xnat_chain_add(table, names[i]);

		if (!table->error)
			table->chain[place].admins = true;
	}
}

static void make_hooks(struct maker *m)
{
	m->chain = xnat_base_chain_add(m->table, "prerouting", "nat",
				       NF_INET_PRE_ROUTING, PRIORITY_DNAT);
	begin(m);
	jump(m, "admin_prerouting");
	begin(m);
	jump(m, "to_guests");
	m->chain = xnat_base_chain_add(m->table, "output", "nat",
				       NF_INET_LOCAL_OUT, PRIORITY_DNAT);
	begin(m);
	jump(m, "to_guests");
}

void xnat_put_rules(struct xnat_table *table, const struct xn_planeconf *conf,
		    const struct xnat_features *features)
{
	struct maker maker = {.table = table,
			      .locals = features->locals,
			      .timeouts = features->timeouts};

	xnat_put_sets(table);
	make_admins(table);
	make_times(&maker);
	make_forwards(&maker);
	make_to_guests(&maker);
	make_hairpin(&maker);
	make_from_guest(&maker);
	make_to_guest(&maker);
	for (uint32_t i = 0; i < conf->bridge_count && features->limits; i++)
		if (xnat_is_nat(&conf->bridge[i]) &&
		    conf->bridge[i].nat.connections)
			make_limit(&maker, conf->bridge[i].nat.connections);
	make_hooks(&maker);
	make_forward(&maker);
	make_postrouting(&maker);
}
