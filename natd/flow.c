/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections against rules, see flow.h. */
#include "natd/flow.h"

#include <arpa/inet.h>
#include <string.h>
#include <linux/netfilter.h>

static size_t bytes_of(const struct xnat_flow *flow)
{
	return flow->family == 6 ? 16 : 4;
}

static const char *name_of(const struct xnat_flow *flow, const char *ipv4,
			   const char *ipv6)
{
	return flow->family == 6 ? ipv6 : ipv4;
}

static bool within(const struct xn_address *network, uint8_t family,
		   const uint8_t *address)
{
	uint32_t whole = network->prefix / 8;
	uint8_t rest = (uint8_t)(0xff00u >> network->prefix % 8);

	return network->family == family &&
	       !memcmp(network->octet, address, whole) &&
	       (network->prefix % 8 == 0 ||
		!((network->octet[whole] ^ address[whole]) & rest));
}

static const struct xnat_inside *
inside_of(const struct xnat_view *view, uint8_t family, const uint8_t *address)
{
	for (uint32_t i = 0; i < view->inside_count; i++)
		if (within(&view->inside[i].network, family, address))
			return &view->inside[i];
	return NULL;
}

/* Each field of the key lies between the element's. */
static bool covers(const struct xnat_set *set,
		   const struct xnat_element *element, const uint8_t *key)
{
	uint32_t at = 0;

	for (uint8_t i = 0; i < set->field_count; i++) {
		const uint8_t *end =
			set->has_intervals ? element->key_end : element->key;

		if (memcmp(key + at, element->key + at, set->field_bytes[i]) <
			    0 ||
		    memcmp(key + at, end + at, set->field_bytes[i]) > 0)
			return false;
		at += (set->field_bytes[i] + 3u) & ~3u;
	}
	return true;
}

static const struct xnat_element *look_up(const struct xnat_table *table,
					  const char *name, const uint8_t *key)
{
	const struct xnat_set *set = xnat_set_named(table, name);

	for (uint32_t i = 0; set && i < set->count; i++)
		if (covers(set, &set->element[i], key))
			return &set->element[i];
	return NULL;
}

static void put_port(uint8_t *to, uint16_t port)
{
	uint16_t wire = htons(port);

	memcpy(to, &wire, sizeof(wire));
}

/* A forward says where it leads: to the guest, at the port that was dialled or
 * at another. */
static bool leads_there(const struct xnat_element *element, bool has_port,
			const struct xnat_flow *flow)
{
	size_t bytes = bytes_of(flow);
	uint8_t port[2];

	put_port(port, flow->reply_source_port);
	if (memcmp(element->data, flow->reply_source, bytes) != 0)
		return false;
	return has_port ? !memcmp(element->data + bytes, port, 2)
			: flow->destination_port == flow->reply_source_port;
}

/* In the order of the rules (rules.c). 1: yes, 0: elsewhere, -1: no forward
 * is for it. */
static int is_forwarded_right(const struct xnat_table *table,
			      const struct xnat_flow *flow, const uint8_t *key)
{
	const struct {
		const char *map;
		bool has_port;
	} maps[] = {
		{name_of(flow, "ports_from4", "ports_from6"), false},
		{name_of(flow, "forward_from4", "forward_from6"), true},
		{name_of(flow, "ports4", "ports6"), false},
		{name_of(flow, "forward4", "forward6"), true},
	};

	for (unsigned int i = 0; i < 4; i++) {
		const struct xnat_element *element =
			look_up(table, maps[i].map, key);

		if (element)
			return leads_there(element, maps[i].has_port, flow);
	}
	return -1;
}

static bool in_prefix(const struct xnat_view *view,
		      const struct xnat_flow *flow)
{
	uint8_t key[XNAT_VALUE_MAX] = {NFPROTO_IPV6};
	const struct xnat_element *element;

	if (flow->family != 6)
		return false;
	memcpy(key + 4, flow->destination, 16);
	element = look_up(view->now, "prefix_in6", key);
	return element && memcmp(flow->reply_source, element->data, 16) >= 0 &&
	       memcmp(flow->reply_source, element->data + 16, 16) <= 0;
}

/* Somebody was led to a guest: would he be, now? */
static bool is_led_right(const struct xnat_view *view,
			 const struct xnat_flow *flow)
{
	size_t bytes = bytes_of(flow);
	uint8_t key[XNAT_VALUE_MAX] = {0};
	const struct xnat_element *element;
	int forwarded;

	memcpy(key, flow->source, bytes);
	memcpy(key + bytes, flow->destination, bytes);
	key[2 * bytes] = flow->protocol;
	put_port(key + 2 * bytes + 4, flow->destination_port);
	forwarded = is_forwarded_right(view->now, flow, key);
	if (forwarded >= 0)
		return forwarded;
	element = look_up(view->now, name_of(flow, "pair_in4", "pair_in6"),
			  flow->destination);
	if (element)
		return !memcmp(element->data, flow->reply_source, bytes);
	return in_prefix(view, flow);
}

/* The address behind which the rules hide this one guest, or its bridge;
 * NULL: that of the way out. */
static const uint8_t *behind(const struct xnat_table *table,
			     const struct xnat_inside *inside,
			     const struct xnat_flow *flow)
{
	uint8_t key[XNAT_VALUE_MAX] = {0};
	const struct xnat_element *element;

	memcpy(key, inside->bridge, strnlen(inside->bridge, IFNAMSIZ));
	element = look_up(table, name_of(flow, "behind4", "behind6"), key);
	memcpy(key + IFNAMSIZ, flow->source, bytes_of(flow));
	if (look_up(table, name_of(flow, "pair_out4", "pair_out6"), key))
		element = look_up(table,
				  name_of(flow, "pair_out4", "pair_out6"), key);
	return element ? element->data : NULL;
}

static bool hides(const struct xnat_table *table,
		  const struct xnat_inside *inside,
		  const struct xnat_flow *flow)
{
	uint8_t key[XNAT_VALUE_MAX] = {0};

	memcpy(key, inside->bridge, strnlen(inside->bridge, IFNAMSIZ));
	if (look_up(table, name_of(flow, "masquerade4", "masquerade6"), key))
		return true;
	memcpy(key + IFNAMSIZ, flow->source, bytes_of(flow));
	return behind(table, inside, flow) ||
	       (flow->family == 6 && look_up(table, "prefix_out6", key));
}

/* A guest was hidden: would it be, now, and behind the same? */
static bool is_hidden_right(const struct xnat_view *view,
			    const struct xnat_inside *inside,
			    const struct xnat_flow *flow)
{
	const uint8_t *was = behind(view->before, inside, flow);
	const uint8_t *is = behind(view->now, inside, flow);
	size_t bytes = bytes_of(flow);

	if (!hides(view->now, inside, flow))
		return false;
	if (is)
		return !memcmp(flow->reply_destination, is, bytes);
	return !was || memcmp(flow->reply_destination, was, bytes) != 0;
}

static bool same_elements(const struct xnat_set *a, const struct xnat_set *b)
{
	if (!a || !b || a->count != b->count)
		return a == b;
	for (uint32_t i = 0; i < a->count; i++)
		if (!xnat_element_equal(a, &a->element[i], &b->element[i]))
			return false;
	return true;
}

bool xnat_hide_same(const struct xnat_table *before,
		    const struct xnat_table *now)
{
	static const char *const sets[] = {
		"bridges",   "masquerade4", "masquerade6", "behind4",
		"behind6",   "pair_in4",    "pair_in6",	   "pair_out4",
		"pair_out6", "prefix_in6",  "prefix_out6",
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!same_elements(xnat_set_named(before, sets[i]),
				   xnat_set_named(now, sets[i])))
			return false;
	return true;
}

static bool is_group(const struct xnat_flow *flow, const uint8_t *address)
{
	return flow->family == 6 ? address[0] == 0xff : address[0] >= 224;
}

/* A guest that is seen outside as it is: would the rules hide it, now? */
static bool is_shown_right(const struct xnat_view *view,
			   const struct xnat_inside *inside,
			   const struct xnat_flow *flow)
{
	const struct xnat_inside *to =
		inside_of(view, flow->family, flow->reply_source);

	if (is_group(flow, flow->destination) ||
	    (to && !strcmp(to->bridge, inside->bridge)))
		return true;
	for (uint32_t i = 0; i < view->local_count; i++)
		if (view->local[i].family == flow->family &&
		    !memcmp(view->local[i].octet, flow->reply_source,
			    bytes_of(flow)))
			return true;
	return !hides(view->now, inside, flow);
}

const char *xnat_flow_wrong(const struct xnat_view *view,
			    const struct xnat_flow *flow)
{
	size_t bytes = bytes_of(flow);
	const struct xnat_inside *from =
		inside_of(view, flow->family, flow->source);
	bool led = memcmp(flow->destination, flow->reply_source, bytes) != 0 ||
		   flow->destination_port != flow->reply_source_port;
	bool hidden = memcmp(flow->source, flow->reply_destination, bytes) != 0;

	if (led && inside_of(view, flow->family, flow->reply_source) &&
	    !is_led_right(view, flow))
		return "no forward leads there any more";
	/* Hairpin: seen with the address that was dialled. */
	if (hidden && from && !led && !is_hidden_right(view, from, flow))
		return "the guest is not hidden so any more";
	if (!hidden && from && !led && !is_shown_right(view, from, flow))
		return "the guest is hidden now";
	return NULL;
}
