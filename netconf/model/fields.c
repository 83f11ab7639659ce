/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of fields, and comparing by them. Pure. */
#include "netconf/model/fields.h"

#include <string.h>
#include <linux/if_addr.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LINK(name, kind, use, member)                          \
	{                                                      \
		name, XN_FIELD_##kind, XN_USE_##use,           \
			offsetof(struct xn_model_link, member) \
	}
#define ADDR(name, kind, use, member)                    \
	{                                                \
		name, XN_FIELD_##kind, XN_USE_##use,     \
			offsetof(struct xn_addr, member) \
	}
#define ROUTE(name, kind, member)                         \
	{                                                 \
		name, XN_FIELD_##kind, XN_USE_KEY,        \
			offsetof(struct xn_route, member) \
	}
#define RULE(name, kind, member)                         \
	{                                                \
		name, XN_FIELD_##kind, XN_USE_KEY,       \
			offsetof(struct xn_rule, member) \
	}
#define NEIGH(name, kind, use, member)                    \
	{                                                 \
		name, XN_FIELD_##kind, XN_USE_##use,      \
			offsetof(struct xn_neigh, member) \
	}

/* The first is the one that objects of other nouns refer to. */
static const struct xn_field link_field[] = {
	LINK("ifindex", INT, KEY, ifindex),
	LINK("kind", WORD, FIXED, kind),
	LINK("peer", INT, FIXED, peer),
	LINK("name", NAME, CHANGE, name),
	LINK("mac", MAC, CHANGE, mac),
	LINK("mtu", U32, CHANGE, mtu),
	LINK("up", BOOL, CHANGE, up),
	LINK("noarp", BOOL, CHANGE, noarp),
	LINK("nomulticast", BOOL, CHANGE, nomulticast),
	LINK("master", INT, CHANGE, master),
	LINK("addr_gen_mode", U8, CHANGE, addr_gen_mode),
	LINK("disable_ipv6", BOOL, CHANGE, disable_ipv6),
	LINK("accept_ra", INT, CHANGE, accept_ra),
	LINK("ipv4", CONF, CHANGE, ipv4),
	LINK("ipv6", CONF, CHANGE, ipv6),
	LINK("bridge", SETTINGS, CHANGE, bridge),
	LINK("port", SETTINGS, CHANGE, port),
	LINK("has_ipv6", BOOL, NOTE, has_ipv6),
	LINK("ethernet", BOOL, NOTE, ethernet),
};

static const struct xn_field addr_field[] = {
	ADDR("ifindex", INT, KEY, ifindex),
	ADDR("family", U8, KEY, family),
	ADDR("address", IP, KEY, address),
	ADDR("prefix_length", U8, KEY, prefix_length),
	ADDR("peer", IP, KEY, peer),
	ADDR("has_peer", BOOL, KEY, has_peer),
	ADDR("scope", U8, FIXED, scope),
	ADDR("has_broadcast", BOOL, FIXED, has_broadcast),
	ADDR("broadcast", IP, FIXED, broadcast),
	ADDR("label", WORD, FIXED, label),
	ADDR("flags", FLAGS, CHANGE, flags),
	ADDR("metric", U32, CHANGE, metric),
	ADDR("valid_s", LIFETIME, CHANGE, valid_s),
	ADDR("preferred_s", LIFETIME, CHANGE, preferred_s),
	ADDR("protocol", U8, CHANGE, protocol),
};

static const struct xn_field route_field[] = {
	ROUTE("ifindex", INT, ifindex),
	ROUTE("family", U8, family),
	ROUTE("destination", IP, destination),
	ROUTE("prefix_length", U8, prefix_length),
	ROUTE("table", U32, table),
	ROUTE("metric", U32, metric),
	ROUTE("type", U8, type),
	ROUTE("has_gateway", BOOL, has_gateway),
	ROUTE("gateway", IP, gateway),
	ROUTE("onlink", BOOL, onlink),
	ROUTE("has_source", BOOL, has_source),
	ROUTE("source", IP, source),
	ROUTE("protocol", U8, protocol),
	ROUTE("scope", U8, scope),
	ROUTE("tos", U8, tos),
	ROUTE("preference", U8, preference),
	ROUTE("flow", U32, flow),
	ROUTE("expires_s", EXPIRY, expires_s),
	ROUTE("values", VALUES, value),
	ROUTE("hop_count", U8, hop_count),
	ROUTE("hops", HOPS, hop),
	ROUTE("has_more", BOOL, has_more),
};

static const struct xn_field rule_field[] = {
	RULE("priority", U32, priority),
	RULE("family", U8, family),
	RULE("action", U8, action),
	RULE("table", U32, table),
	RULE("invert", BOOL, invert),
	RULE("tos", U8, tos),
	RULE("source", IP, source),
	RULE("source_length", U8, source_length),
	RULE("destination", IP, destination),
	RULE("destination_length", U8, destination_length),
	RULE("in", NAME, in),
	RULE("out", NAME, out),
	RULE("mark", U32, mark),
	RULE("mark_mask", U32, mark_mask),
	RULE("jump", U32, jump),
	RULE("flow", U32, flow),
	RULE("suppress_length", U32, suppress_length),
	RULE("suppress_group", U32, suppress_group),
	RULE("l3mdev", BOOL, l3mdev),
	RULE("ip_protocol", U8, ip_protocol),
	RULE("source_port_first", U16, source_port[0]),
	RULE("source_port_last", U16, source_port[1]),
	RULE("destination_port_first", U16, destination_port[0]),
	RULE("destination_port_last", U16, destination_port[1]),
	RULE("has_uid", BOOL, has_uid),
	RULE("uid_first", U32, uid[0]),
	RULE("uid_last", U32, uid[1]),
	RULE("protocol", U8, protocol),
	RULE("has_more", BOOL, has_more),
};

static const struct xn_field neigh_field[] = {
	NEIGH("ifindex", INT, KEY, ifindex),
	NEIGH("family", U8, KEY, family),
	NEIGH("address", IP, KEY, address),
	NEIGH("proxy", BOOL, KEY, proxy),
	NEIGH("mac", MAC, CHANGE, mac),
	NEIGH("router", BOOL, CHANGE, router),
	NEIGH("protocol", U8, CHANGE, protocol),
};

const struct xn_noun_fields xn_noun[XN_NOUNS] = {
	[XN_LINK] = {"link", sizeof(struct xn_model_link), SIZE_MAX, link_field,
		     COUNT(link_field)},
	[XN_ADDR] = {"address", sizeof(struct xn_addr),
		     offsetof(struct xn_addr, family), addr_field,
		     COUNT(addr_field)},
	[XN_ROUTE] = {"route", sizeof(struct xn_route),
		      offsetof(struct xn_route, family), route_field,
		      COUNT(route_field)},
	[XN_RULE] = {"rule", sizeof(struct xn_rule),
		     offsetof(struct xn_rule, family), rule_field,
		     COUNT(rule_field)},
	[XN_NEIGH] = {"neighbour", sizeof(struct xn_neigh),
		      offsetof(struct xn_neigh, family), neigh_field,
		      COUNT(neigh_field)},
};

uint32_t xn_addr_lasting_flags(uint32_t flags)
{
	return flags & (IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
			IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN);
}

static bool same_settings(const struct xn_link_settings *a,
			  const struct xn_link_settings *b)
{
	for (uint8_t i = 0; i < a->count; i++) {
		for (uint8_t k = 0; k < b->count; k++) {
			if (a->setting[i].attr == b->setting[k].attr &&
			    a->setting[i].value != b->setting[k].value)
				return false;
		}
	}
	return true;
}

static bool same_conf(const struct xn_link_conf *a,
		      const struct xn_link_conf *b)
{
	for (uint8_t i = 0; i < a->count && i < b->count; i++) {
		if (a->value[i] != b->value[i])
			return false;
	}
	return true;
}

/* Gateways are zero beyond their family's bytes. */
static bool same_hops(const struct xn_hop *a, const struct xn_hop *b)
{
	for (int i = 0; i < XN_HOPS_MAX; i++) {
		if (a[i].ifindex != b[i].ifindex ||
		    a[i].weight != b[i].weight || a[i].onlink != b[i].onlink ||
		    a[i].has_gateway != b[i].has_gateway ||
		    memcmp(a[i].gateway, b[i].gateway, XN_IP_BYTES_MAX) != 0)
			return false;
	}
	return true;
}

static size_t field_bytes(enum xn_field_kind kind)
{
	switch (kind) {
	case XN_FIELD_BOOL:
		return sizeof(bool);
	case XN_FIELD_U8:
		return sizeof(uint8_t);
	case XN_FIELD_U16:
		return sizeof(uint16_t);
	case XN_FIELD_U32:
	case XN_FIELD_FLAGS:
	case XN_FIELD_LIFETIME:
	case XN_FIELD_EXPIRY:
		return sizeof(uint32_t);
	case XN_FIELD_INT:
		return sizeof(int);
	case XN_FIELD_NAME:
	case XN_FIELD_WORD:
		return IFNAMSIZ;
	case XN_FIELD_MAC:
		return sizeof(struct xn_mac);
	case XN_FIELD_IP:
		return XN_IP_BYTES_MAX;
	case XN_FIELD_SETTINGS:
		return sizeof(struct xn_link_settings);
	case XN_FIELD_CONF:
		return sizeof(struct xn_link_conf);
	case XN_FIELD_VALUES:
		return XN_ROUTE_METRICS * sizeof(uint32_t);
	case XN_FIELD_HOPS:
		return XN_HOPS_MAX * sizeof(struct xn_hop);
	}
	return 0;
}

_Static_assert(XN_LINK_KIND_MAX == IFNAMSIZ, "a kind is as long as a name");

static bool same_number(enum xn_field_kind kind, uint32_t a, uint32_t b)
{
	if (kind == XN_FIELD_FLAGS)
		return xn_addr_lasting_flags(a) == xn_addr_lasting_flags(b);
	if (kind == XN_FIELD_LIFETIME)
		return (a == UINT32_MAX) == (b == UINT32_MAX);
	return (a == 0) == (b == 0);
}

bool xn_same_field(const struct xn_field *field, const void *a, const void *b)
{
	const uint8_t *x = (const uint8_t *)a + field->offset;
	const uint8_t *y = (const uint8_t *)b + field->offset;
	enum xn_field_kind kind = (enum xn_field_kind)field->kind;
	uint32_t number[2];

	switch (kind) {
	case XN_FIELD_NAME:
	case XN_FIELD_WORD:
		return strncmp((const char *)x, (const char *)y, IFNAMSIZ) == 0;
	case XN_FIELD_FLAGS:
	case XN_FIELD_LIFETIME:
	case XN_FIELD_EXPIRY:
		memcpy(&number[0], x, sizeof(number[0]));
		memcpy(&number[1], y, sizeof(number[1]));
		return same_number(kind, number[0], number[1]);
	case XN_FIELD_SETTINGS:
		return same_settings((const void *)x, (const void *)y);
	case XN_FIELD_CONF:
		return same_conf((const void *)x, (const void *)y);
	case XN_FIELD_HOPS:
		return same_hops((const void *)x, (const void *)y);
	case XN_FIELD_BOOL:
	case XN_FIELD_U8:
	case XN_FIELD_U16:
	case XN_FIELD_U32:
	case XN_FIELD_INT:
	case XN_FIELD_MAC:
	case XN_FIELD_IP:
	case XN_FIELD_VALUES:
		return memcmp(x, y, field_bytes(kind)) == 0;
	}
	return false;
}

bool xn_same_use(enum xn_noun noun, enum xn_field_use use, const void *a,
		 const void *b)
{
	for (size_t i = 0; i < xn_noun[noun].count; i++) {
		const struct xn_field *field = &xn_noun[noun].field[i];

		if (field->use == use && !xn_same_field(field, a, b))
			return false;
	}
	return true;
}

bool xn_same_key(enum xn_noun noun, const void *a, const void *b)
{
	return xn_same_use(noun, XN_USE_KEY, a, b);
}

void xn_copy_field(const struct xn_field *field, void *to, const void *from)
{
	memcpy((uint8_t *)to + field->offset,
	       (const uint8_t *)from + field->offset,
	       field_bytes((enum xn_field_kind)field->kind));
}
