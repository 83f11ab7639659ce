/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of guard.h as data; the comments beside the rules are nft(8)'s
 * words for them. Pure. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "netconf/base/text.h"
#include "router/guard.h"

/* Before connection tracking (NF_IP_PRI_RAW, linux/netfilter_ipv4.h): what is
 * dropped costs no entry there. */
#define PRIORITY_RAW (-300)

/* nft(8)'s numbers for types of values; six bits for each of several. */
#define TYPE_IPV4 7u
#define TYPE_IPV6 8u
#define TYPE_IFNAME 41u

#define WORD(bytes) ((uint8_t)((bytes) / 4))

static const char *const reason_names[] = {
	[XRT_SPOOFED4] = "spoofed4",
	[XRT_SPOOFED6] = "spoofed6",
	[XRT_ROGUE_ROUTER] = "rogue_router",
};

const char *xrt_reason_name(enum xrt_reason reason)
{
	return reason_names[reason];
}

struct maker {
	struct xnat_table *table;
	uint32_t chain;
};

static void begin(const struct maker *m)
{
	xnat_rule_begin(m->table, m->chain);
}

static void put(const struct maker *m, const struct xnat_expr *expr)
{
	xnat_expr_add(m->table, m->chain, expr);
}

static void verdict(const struct maker *m, enum xnat_do kind)
{
	struct xnat_expr expr = {.kind = kind};

	put(m, &expr);
}

static void put_named(const struct maker *m, enum xnat_do kind,
		      const char *name)
{
	struct xnat_expr expr = {.kind = kind};

	(void)xn_text_copy(expr.name, sizeof(expr.name), name);
	put(m, &expr);
}

static void meta(const struct maker *m, uint32_t key)
{
	struct xnat_expr expr = {.kind = XNAT_META, .key = key};

	put(m, &expr);
}

static void payload(const struct maker *m, uint8_t base, uint32_t offset,
		    uint8_t bytes, uint8_t dreg)
{
	struct xnat_expr expr = {.kind = XNAT_PAYLOAD,
				 .base = base,
				 .offset = offset,
				 .bytes = bytes,
				 .dreg = dreg};

	put(m, &expr);
}

static void equal(const struct maker *m, const void *value, uint8_t bytes)
{
	struct xnat_expr expr = {.kind = XNAT_EQUAL, .bytes = bytes};

	memcpy(expr.value, value, bytes);
	put(m, &expr);
}

static void family_is(const struct maker *m, uint8_t family)
{
	meta(m, NFT_META_NFPROTO);
	equal(m, &family, 1);
}

static void protocol_is(const struct maker *m, uint8_t protocol)
{
	meta(m, NFT_META_L4PROTO);
	equal(m, &protocol, 1);
}

/* iifname . saddr @allowed4 return */
static void allow_own(const struct maker *m, bool ipv6)
{
	begin(m);
	family_is(m, ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	meta(m, NFT_META_IIFNAME);
	payload(m, NFT_PAYLOAD_NETWORK_HEADER, ipv6 ? 8 : 12, ipv6 ? 16 : 4,
		WORD(IFNAMSIZ));
	put_named(m, XNAT_IN, ipv6 ? "allowed6" : "allowed4");
	verdict(m, XNAT_RETURN);
}

/* A guest that asks for its address (RFC 2131) has none yet: ip saddr 0.0.0.0
 * udp sport 68 udp dport 67 return. The kernel forwards no such source. */
static void allow_dhcp(const struct maker *m)
{
	static const uint8_t none[4], ports[4] = {0, 68, 0, 67};

	begin(m);
	family_is(m, NFPROTO_IPV4);
	protocol_is(m, IPPROTO_UDP);
	payload(m, NFT_PAYLOAD_NETWORK_HEADER, 12, 4, 0);
	equal(m, none, 4);
	payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4, 0);
	equal(m, ports, 4);
	verdict(m, XNAT_RETURN);
}

static void refuse_icmp6(const struct maker *m, uint8_t type)
{
	begin(m);
	family_is(m, NFPROTO_IPV6);
	protocol_is(m, IPPROTO_ICMPV6);
	payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 0);
	equal(m, &type, 1);
	put_named(m, XNAT_JUMP, reason_names[XRT_ROGUE_ROUTER]);
}

/* What speaks to the host only: link-local sources, and, before a guest has
 * one (RFC 4862, duplicates are looked for), none at all. Neither is
 * forwarded. */
static void allow_on_link(const struct maker *m)
{
	static const uint8_t mask[2] = {0xff, 0xc0}, local[2] = {0xfe, 0x80};
	static const uint8_t none[16];
	struct xnat_expr and = {.kind = XNAT_MASK, .bytes = 2};

	memcpy(and.value, mask, sizeof(mask));
	begin(m); /* ip6 saddr fe80::/10 return */
	family_is(m, NFPROTO_IPV6);
	payload(m, NFT_PAYLOAD_NETWORK_HEADER, 8, 2, 0);
	put(m, &and);
	equal(m, local, 2);
	verdict(m, XNAT_RETURN);
	begin(m); /* ip6 saddr :: meta l4proto ipv6-icmp return */
	family_is(m, NFPROTO_IPV6);
	protocol_is(m, IPPROTO_ICMPV6);
	payload(m, NFT_PAYLOAD_NETWORK_HEADER, 8, 16, 0);
	equal(m, none, 16);
	verdict(m, XNAT_RETURN);
}

static void drop_rest(const struct maker *m, uint8_t family,
		      enum xrt_reason reason)
{
	begin(m);
	family_is(m, family);
	put_named(m, XNAT_JUMP, reason_names[reason]);
}

static void put_rules(struct xnat_table *table)
{
	struct maker m = {.table = table};

	for (unsigned int i = 0; i < XRT_REASONS; i++) {
		m.chain = xnat_chain_add(table, reason_names[i]);
		begin(&m);
		verdict(&m, XNAT_COUNT);
		verdict(&m, XNAT_DROP);
	}
	m.chain = xnat_base_chain_add(table, "prerouting", "filter",
				      NF_INET_PRE_ROUTING, PRIORITY_RAW);
	begin(&m); /* iifname != @guarded return */
	meta(&m, NFT_META_IIFNAME);
	put_named(&m, XNAT_NOT_IN, "guarded");
	verdict(&m, XNAT_RETURN);
	refuse_icmp6(&m, ND_ROUTER_ADVERT);
	refuse_icmp6(&m, ND_REDIRECT);
	allow_own(&m, false);
	allow_own(&m, true);
	allow_dhcp(&m);
	allow_on_link(&m);
	drop_rest(&m, NFPROTO_IPV4, XRT_SPOOFED4);
	drop_rest(&m, NFPROTO_IPV6, XRT_SPOOFED6);
}

static void put_sets(struct xnat_table *table)
{
	struct xnat_set names = {.field_count = 1,
				 .field_bytes = {IFNAMSIZ},
				 .key_bytes = IFNAMSIZ,
				 .key_type = TYPE_IFNAME};
	struct xnat_set allowed = {.field_count = 2,
				   .field_bytes = {IFNAMSIZ, 4},
				   .key_bytes = IFNAMSIZ + 4,
				   .key_type = TYPE_IFNAME << 6 | TYPE_IPV4,
				   .has_intervals = true};

	(void)xn_text_copy(names.name, sizeof(names.name), "routed");
	xnat_set_add(table, &names);
	(void)xn_text_copy(names.name, sizeof(names.name), "guarded");
	xnat_set_add(table, &names);
	(void)xn_text_copy(allowed.name, sizeof(allowed.name), "allowed4");
	xnat_set_add(table, &allowed);
	allowed.field_bytes[1] = 16;
	allowed.key_bytes = IFNAMSIZ + 16;
	allowed.key_type = TYPE_IFNAME << 6 | TYPE_IPV6;
	(void)xn_text_copy(allowed.name, sizeof(allowed.name), "allowed6");
	xnat_set_add(table, &allowed);
}

static const char *const set_names[] = {"routed", "guarded", "allowed4",
					"allowed6"};

static void add_address(struct xnat_table *table, const char *name,
			const struct xn_address *address)
{
	struct xnat_element element = {.chain = ""};
	uint32_t bytes = address->family == 6 ? 16 : 4;

	memcpy(element.key, name, strnlen(name, IFNAMSIZ - 1));
	memcpy(element.key_end, element.key, IFNAMSIZ);
	memcpy(element.key + IFNAMSIZ, address->octet, bytes);
	memcpy(element.key_end + IFNAMSIZ, address->octet, bytes);
	for (uint32_t bit = address->prefix; bit < bytes * 8; bit++)
		element.key_end[IFNAMSIZ + bit / 8] |=
			(uint8_t)(0x80u >> bit % 8);
	xnat_element_add(table, bytes == 16 ? "allowed6" : "allowed4",
			 &element);
}

static void add_port(struct xnat_table *table, const struct xrt_port *port)
{
	struct xnat_element element = {.chain = ""};

	memcpy(element.key, port->name, strnlen(port->name, IFNAMSIZ - 1));
	xnat_element_add(table, "routed", &element);
	if (port->count && !port->open)
		xnat_element_add(table, "guarded", &element);
	for (uint32_t i = 0; i < port->count; i++) {
		bool again = false;

		for (uint32_t k = 0; k < i; k++)
			again |= xrt_same_address(&port->address[k],
						  &port->address[i]);
		if (!again)
			add_address(table, port->name, &port->address[i]);
	}
}

/* Terminated, whatever somebody has put into the set. */
static void name_of(const struct xnat_element *element, char ret[IFNAMSIZ])
{
	memcpy(ret, element->key, IFNAMSIZ);
	ret[IFNAMSIZ - 1] = '\0';
}

static void keep_elements(struct xnat_table *table, const struct xnat_set *set,
			  const char *other, xrt_keep_fn *keep, void *arg)
{
	char name[IFNAMSIZ];

	for (uint32_t i = 0; i < set->count; i++) {
		name_of(&set->element[i], name);
		if (strcmp(name, other) != 0 && (!keep || keep(arg, name)))
			xnat_element_add(table, set->name, &set->element[i]);
	}
}

int xrt_guard_plan(const struct xnat_table *seen, const struct xrt_port *port,
		   xrt_keep_fn *keep, void *arg, struct xnat_table *ret_table,
		   struct xn_err *err)
{
	struct xnat_table table = {0};

	put_sets(&table);
	put_rules(&table);
	for (unsigned int i = 0; i < 4 && !table.error; i++) {
		const struct xnat_set *set = xnat_set_named(seen, set_names[i]);
		const struct xnat_set *ours =
			xnat_set_named(&table, set_names[i]);

		if (set && ours && set->key_bytes == ours->key_bytes &&
		    set->has_intervals == ours->has_intervals)
			keep_elements(&table, set, port ? port->name : "", keep,
				      arg);
	}
	if (port)
		add_port(&table, port);
	if (table.error) {
		int error = -table.error;

		xnat_table_fini(&table);
		return xn_fail(err, error, "table %s: %s", XRT_TABLE_NAME,
			       error == E2BIG ? "too many addresses"
					      : "out of memory");
	}
	for (uint32_t i = 0; i < table.set_count; i++)
		xnat_set_sort(&table.set[i]);
	*ret_table = table;
	return 0;
}

/* The network of an interval that add_address() made. */
static struct xn_address network_of(const struct xnat_element *element,
				    bool ipv6)
{
	struct xn_address address = {.family = ipv6 ? 6 : 4};
	uint32_t bits = ipv6 ? 128 : 32;
	uint32_t prefix = 0;

	memcpy(address.octet, element->key + IFNAMSIZ, bits / 8);
	while (prefix < bits) {
		uint8_t differs = element->key[IFNAMSIZ + prefix / 8] ^
				  element->key_end[IFNAMSIZ + prefix / 8];

		if (differs & (0x80u >> prefix % 8))
			break;
		prefix++;
	}
	address.prefix = (uint8_t)prefix;
	return address;
}

static void find_addresses(const struct xnat_set *set, bool ipv6,
			   struct xrt_port *port)
{
	char name[IFNAMSIZ];

	for (uint32_t i = 0; set && i < set->count; i++) {
		name_of(&set->element[i], name);
		if (strcmp(name, port->name) == 0 &&
		    port->count < XRT_GUEST_MAX)
			port->address[port->count++] =
				network_of(&set->element[i], ipv6);
	}
}

bool xrt_guard_find(const struct xnat_table *seen, const char *name,
		    struct xrt_port *ret_port)
{
	const struct xnat_set *routed = xnat_set_named(seen, "routed");
	struct xrt_port port = {.count = 0};
	bool found = false;
	char other[IFNAMSIZ];

	if (xn_text_copy(port.name, sizeof(port.name), name) < 0)
		return false;
	for (uint32_t i = 0; routed && i < routed->count; i++) {
		name_of(&routed->element[i], other);
		found |= strcmp(other, name) == 0;
	}
	find_addresses(xnat_set_named(seen, "allowed4"), false, &port);
	find_addresses(xnat_set_named(seen, "allowed6"), true, &port);
	if (found)
		*ret_port = port;
	return found;
}

uint32_t xrt_guard_count(const struct xnat_table *seen)
{
	const struct xnat_set *routed = xnat_set_named(seen, "routed");

	return routed ? routed->count : 0;
}
