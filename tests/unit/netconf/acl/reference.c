/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See reference.h. Nothing here is fast, sorted or shared. */
#include "tests/unit/netconf/acl/reference.h"

#include <string.h>

struct question {
	const struct xacl_known *known;
	const struct spec *spec;
	bool in;
};

static bool lies_in(const struct xn_address *network,
		    const struct xn_address *address)
{
	if (network->family != address->family)
		return false;
	for (uint32_t bit = 0; bit < network->prefix; bit++) {
		uint32_t mask = 0x80u >> bit % 8;

		if ((network->octet[bit / 8] ^ address->octet[bit / 8]) & mask)
			return false;
	}
	return true;
}

static const struct xn_address *peer_address(const struct question *q)
{
	return q->in ? &q->spec->source : &q->spec->destination;
}

static const struct xn_mac *peer_mac(const struct question *q)
{
	return q->in ? &q->spec->source_mac : &q->spec->destination_mac;
}

static bool is_guest(const struct question *q, const struct xn_acl_rule *rule,
		     const struct xacl_guest *guest)
{
	bool by_mac =
		guest->by_mac || (guest->guarded && !rule->allow && q->in);

	if (by_mac && guest->has_mac && xn_mac_equal(&guest->mac, peer_mac(q)))
		return true;
	for (uint32_t i = 0; i < guest->address_count; i++)
		if (lies_in(&guest->address[i], peer_address(q)))
			return true;
	return false;
}

static bool is_peer(const struct question *q, const struct xn_acl_rule *rule,
		    const struct xn_acl_peer *peer)
{
	bool mac_known = false;

	if (peer->by == XN_ACL_BY_NETWORK)
		return lies_in(&peer->network, peer_address(q));
	for (uint32_t i = 0; i < q->known->guest_count; i++) {
		const struct xacl_guest *guest = &q->known->guest[i];
		bool meant = false;

		if (peer->by == XN_ACL_BY_MAC)
			meant = guest->has_mac &&
				xn_mac_equal(&guest->mac, &peer->mac);
		else if (peer->by == XN_ACL_BY_NAME)
			meant = !strcmp(guest->name[0], peer->name) ||
				!strcmp(guest->name[1], peer->name) ||
				!strcmp(guest->name[2], peer->name);
		else
			meant = !strcmp(guest->acl, peer->name);
		mac_known |= meant && peer->by == XN_ACL_BY_MAC;
		if (meant && is_guest(q, rule, guest))
			return true;
	}
	return peer->by == XN_ACL_BY_MAC && !mac_known &&
	       xn_mac_equal(&peer->mac, peer_mac(q));
}

static bool is_one_of(const struct xn_acl_ports *ports, uint32_t count,
		      uint16_t port)
{
	for (uint32_t i = 0; i < count; i++)
		if (port >= ports[i].first && port <= ports[i].last)
			return true;
	return count == 0;
}

static bool fits_peers(const struct question *q, const struct xn_acl_rule *rule)
{
	for (uint32_t i = 0; i < rule->peer_count; i++)
		if (is_peer(q, rule, &rule->peer[i]))
			return true;
	return rule->peer_count == 0;
}

static bool fits_protocol(const struct question *q,
			  const struct xn_acl_rule *rule)
{
	if (rule->family && rule->family != q->spec->family)
		return false;
	return rule->any_protocol || rule->protocol == q->spec->protocol;
}

static bool is_answer(const struct spec *spec)
{
	return spec->protocol == 6 && (spec->tcp_flags & 0x14);
}

/* The rule itself. */
static bool speaks(const struct question *q, const struct xn_acl_rule *rule)
{
	bool asks = rule->to_count || rule->from_count || rule->established;

	if (rule->in != q->in || !fits_protocol(q, rule) ||
	    !fits_peers(q, rule))
		return false;
	if (!asks)
		return true;
	if (q->spec->part == SPEC_LATER)
		return !rule->allow;
	if (rule->established && !is_answer(q->spec))
		return false;
	return is_one_of(rule->to, rule->to_count, q->spec->to) &&
	       is_one_of(rule->from, rule->from_count, q->spec->from);
}

static bool is_error(const struct spec *spec)
{
	if (!spec_is_icmp(spec) || spec->part == SPEC_LATER)
		return false;
	if (spec->family == 6)
		return spec->to >= 1 && spec->to <= 4;
	return spec->to == 3 || spec->to == 11 || spec->to == 12;
}

/* What answers the rule. */
static bool answers(const struct question *q, const struct xn_acl_rule *rule)
{
	const struct spec *spec = q->spec;

	if (!rule->replies || rule->in == q->in)
		return false;
	if (is_error(spec))
		return true;
	if (!fits_protocol(q, rule) || !fits_peers(q, rule))
		return false;
	if (spec->part == SPEC_LATER)
		return false;
	if (rule->family)
		return spec->to == (rule->family == 4 ? 0 : 129);
	if (spec->protocol == 6 && !is_answer(spec))
		return false;
	return is_one_of(rule->to, rule->to_count, spec->from) &&
	       is_one_of(rule->from, rule->from_count, spec->to);
}

static bool is_host(const struct question *q)
{
	for (uint32_t i = 0; i < q->known->host_count; i++)
		if (lies_in(&q->known->host[i], peer_address(q)))
			return true;
	return false;
}

static bool is_of_plane(const struct question *q)
{
	static const uint8_t all_ones[4] = {255, 255, 255, 255};
	static const uint8_t servers[16] = {0xff, 2, [13] = 1, [15] = 2};
	const struct spec *s = q->spec;
	const uint8_t *peer = peer_address(q)->octet;
	bool four = s->family == 4;

	if (s->part == SPEC_LATER)
		return false;
	if (s->protocol == 17 && !q->in && four && s->from == 68 &&
	    s->to == 67 && !memcmp(peer, all_ones, 4))
		return true;
	if (s->protocol == 17 && !q->in && !four && s->from == 546 &&
	    s->to == 547 && !memcmp(peer, servers, 16))
		return true;
	if (!is_host(q))
		return false;
	if (!q->in && (s->protocol == 17 || s->protocol == 6) && s->to == 53)
		return true;
	if (q->in && s->from == 53)
		return s->protocol == 17 || is_answer(s);
	if (s->protocol != 17)
		return false;
	if (q->in)
		return (s->from == 67 && s->to == 68) ||
		       (s->from == 547 && s->to == 546);
	return four ? s->from == 68 && s->to == 67
		    : s->from == 546 && s->to == 547;
}

static bool passes_always(const struct spec *spec)
{
	if (spec->foreign == 0x0806)
		return true;
	return !spec->foreign && spec->family == 6 && spec->protocol == 58 &&
	       spec->part == SPEC_WHOLE &&
	       ((spec->to >= 130 && spec->to <= 136) || spec->to == 143);
}

bool reference_allows(const struct xn_acl *acl, const struct xacl_known *known,
		      bool in, const struct spec *spec)
{
	const struct question q = {known, spec, in};

	if (passes_always(spec))
		return true;
	if (spec->foreign)
		return acl->default_allow;
	for (uint32_t i = 0; i < acl->rule_count; i++) {
		if (speaks(&q, &acl->rule[i]))
			return acl->rule[i].allow;
		if (answers(&q, &acl->rule[i]))
			return true;
	}
	return acl->default_allow || is_of_plane(&q);
}
