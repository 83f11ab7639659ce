/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See compile.h. Called by xenplaned whenever a list or somebody in it changed;
 * the list was checked when it was read. */
#include "netconf/acl/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/acl/build.h"

#define PLANE_RULES 8u

_Static_assert(XN_ACL_COMPILED_MAX + PLANE_RULES <= XSW_ACL_RULES_MAX,
	       "what is accepted finds room");

static void put_rule(struct xacl_build *build, enum xsw_acl_way way,
		     const struct xsw_acl_rule *rule)
{
	uint32_t both =
		build->rule_count[XSW_ACL_OUT] + build->rule_count[XSW_ACL_IN];

	if (both == XSW_ACL_RULES_MAX)
		build->full = true;
	else
		build->rule[way][build->rule_count[way]++] = *rule;
}

static void give_peers(struct xsw_acl_rule *rule, struct xacl_set set)
{
	rule->flags |= XSW_ACL_PEERS;
	rule->macs = set.macs;
	rule->nets6 = set.nets6;
	rule->nets4 = set.nets4;
}

/* All that comes with a guarded guest's MAC is its own, so that it can be
 * denied by that. What goes to a router's MAC is not all for the router. */
static void add_guest(struct xacl_build *build, const struct xn_acl_rule *rule,
		      const struct xacl_guest *guest)
{
	bool denied = guest->guarded && rule->in && !rule->allow;

	for (uint32_t i = 0; i < guest->address_count; i++)
		xacl_set_add_network(build, &guest->address[i]);
	if (guest->has_mac && (guest->by_mac || denied))
		xacl_set_add_mac(build, &guest->mac);
}

static bool has_name(const struct xacl_guest *guest, const char *name)
{
	for (int i = 0; i < XACL_NAMES; i++)
		if (!strcmp(guest->name[i], name))
			return true;
	return false;
}

static bool is_meant(const struct xn_acl_peer *peer,
		     const struct xacl_guest *guest)
{
	switch (peer->by) {
	case XN_ACL_BY_NETWORK:
		return false;
	case XN_ACL_BY_MAC:
		return guest->has_mac && xn_mac_equal(&guest->mac, &peer->mac);
	case XN_ACL_BY_NAME:
		return has_name(guest, peer->name);
	case XN_ACL_BY_GROUP:
		return !strcmp(guest->acl, peer->name);
	}
	return false;
}

static void add_peer(struct xacl_build *build, const struct xn_acl_rule *rule,
		     const struct xn_acl_peer *peer,
		     const struct xacl_known *known)
{
	bool found = false;

	if (peer->by == XN_ACL_BY_NETWORK)
		xacl_set_add_network(build, &peer->network);
	for (uint32_t i = 0; i < known->guest_count; i++) {
		if (!is_meant(peer, &known->guest[i]))
			continue;
		add_guest(build, rule, &known->guest[i]);
		found = true;
	}
	/* A MAC that is no vif's of this host is itself. */
	if (peer->by == XN_ACL_BY_MAC && !found)
		xacl_set_add_mac(build, &peer->mac);
}

static struct xacl_set set_of(struct xacl_build *build,
			      const struct xn_acl_rule *rule,
			      const struct xacl_known *known)
{
	xacl_set_begin(build);
	for (uint32_t i = 0; i < rule->peer_count; i++)
		add_peer(build, rule, &rule->peer[i], known);
	return xacl_set_end(build);
}

/* The rule without its ports. */
static struct xsw_acl_rule frame_of(struct xacl_build *build,
				    const struct xn_acl_rule *rule,
				    const struct xacl_known *known)
{
	struct xsw_acl_rule frame = {.family = rule->family,
				     .protocol = rule->protocol};

	if (rule->allow)
		frame.flags |= XSW_ACL_ALLOW;
	if (rule->any_protocol)
		frame.flags |= XSW_ACL_ANY_PROTOCOL;
	if (rule->established)
		frame.flags |= XSW_ACL_ESTABLISHED;
	if (rule->peer_count)
		give_peers(&frame, set_of(build, rule, known));
	return frame;
}

static void give_to(struct xsw_acl_rule *rule, const struct xn_acl_ports *ports)
{
	rule->flags |= XSW_ACL_TO_PORTS;
	rule->to = (struct xsw_acl_ports){ports->first, ports->last};
}

static void give_from(struct xsw_acl_rule *rule,
		      const struct xn_acl_ports *ports)
{
	rule->flags |= XSW_ACL_FROM_PORTS;
	rule->from = (struct xsw_acl_ports){ports->first, ports->last};
}

/* Each port with each. `mirror`: of what answers. */
static void put_ports(struct xacl_build *build, enum xsw_acl_way way,
		      struct xsw_acl_rule frame, const struct xn_acl_rule *rule,
		      bool mirror)
{
	uint32_t to = rule->to_count, from = rule->from_count;

	for (uint32_t i = 0; i < (to ? to : 1); i++) {
		for (uint32_t k = 0; k < (from ? from : 1); k++) {
			struct xsw_acl_rule one = frame;

			if (to && mirror)
				give_from(&one, &rule->to[i]);
			else if (to)
				give_to(&one, &rule->to[i]);
			if (from && mirror)
				give_to(&one, &rule->from[k]);
			else if (from)
				give_from(&one, &rule->from[k]);
			put_rule(build, way, &one);
		}
	}
}

/* Whoever is asked may send errors, and so may each router on the way. */
static void put_errors(struct xacl_build *build, enum xsw_acl_way way)
{
	static const struct {
		uint8_t family, protocol;
		struct xn_acl_ports types;
	} errors[] = {
		{4, XN_ACL_ICMP, {3, 3}},
		{4, XN_ACL_ICMP, {11, 12}},
		{6, XN_ACL_ICMP6, {1, 4}},
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct xsw_acl_rule rule = {.flags = XSW_ACL_ALLOW,
					    .family = errors[i].family,
					    .protocol = errors[i].protocol};

		give_to(&rule, &errors[i].types);
		put_rule(build, way, &rule);
	}
}

static void put_replies(struct xacl_build *build, enum xsw_acl_way way,
			struct xsw_acl_rule frame,
			const struct xn_acl_rule *rule)
{
	static const struct xn_acl_ports echo_reply = {0, 0};
	static const struct xn_acl_ports echo_reply6 = {129, 129};

	if (rule->protocol == XN_ACL_TCP)
		frame.flags |= XSW_ACL_ESTABLISHED;
	if (rule->family == 0) {
		put_ports(build, way, frame, rule, true);
		return;
	}
	give_to(&frame, rule->family == 4 ? &echo_reply : &echo_reply6);
	put_rule(build, way, &frame);
}

static void put_rules(struct xacl_build *build, const struct xn_acl *acl,
		      const struct xacl_known *known)
{
	bool errors[XSW_ACL_WAYS] = {false};

	for (uint32_t i = 0; i < acl->rule_count; i++) {
		const struct xn_acl_rule *rule = &acl->rule[i];
		enum xsw_acl_way way = rule->in ? XSW_ACL_IN : XSW_ACL_OUT;
		enum xsw_acl_way back = rule->in ? XSW_ACL_OUT : XSW_ACL_IN;
		struct xsw_acl_rule frame = frame_of(build, rule, known);

		put_ports(build, way, frame, rule, false);
		if (!rule->replies)
			continue;
		put_replies(build, back, frame, rule);
		if (!errors[back])
			put_errors(build, back);
		errors[back] = true;
	}
}

static struct xacl_set plane_set(struct xacl_build *build,
				 const struct xacl_known *known, uint8_t family,
				 const struct xn_address *besides)
{
	xacl_set_begin(build);
	for (uint32_t i = 0; i < known->host_count; i++)
		if (family == 0 || known->host[i].family == family)
			xacl_set_add_network(build, &known->host[i]);
	if (besides)
		xacl_set_add_network(build, besides);
	return xacl_set_end(build);
}

static void put_plane_rule(struct xacl_build *build, enum xsw_acl_way way,
			   uint8_t protocol, uint16_t from, uint16_t to,
			   struct xacl_set peers)
{
	struct xsw_acl_rule rule = {.flags = XSW_ACL_ALLOW,
				    .protocol = protocol};

	if (from)
		give_from(&rule, &(struct xn_acl_ports){from, from});
	if (to)
		give_to(&rule, &(struct xn_acl_ports){to, to});
	if (protocol == XN_ACL_TCP && from)
		rule.flags |= XSW_ACL_ESTABLISHED;
	give_peers(&rule, peers);
	put_rule(build, way, &rule);
}

/* What guests get from the plane itself: addresses and names. */
static void put_plane(struct xacl_build *build, const struct xacl_known *known)
{
	static const struct xn_address broadcast = {
		.family = 4, .prefix = 32, .octet = {255, 255, 255, 255}};
	/* RFC 8415 7.1: all DHCP relay agents and servers */
	static const struct xn_address servers6 = {
		.family = 6,
		.prefix = 128,
		.octet = {0xff, 0x02, [13] = 1, [15] = 2}};
	struct xacl_set all = plane_set(build, known, 0, NULL);
	struct xacl_set ask4 = plane_set(build, known, 4, &broadcast);
	struct xacl_set ask6 = plane_set(build, known, 6, &servers6);

	put_plane_rule(build, XSW_ACL_OUT, XN_ACL_UDP, 68, 67, ask4);
	put_plane_rule(build, XSW_ACL_OUT, XN_ACL_UDP, 546, 547, ask6);
	put_plane_rule(build, XSW_ACL_OUT, XN_ACL_UDP, 0, 53, all);
	put_plane_rule(build, XSW_ACL_OUT, XN_ACL_TCP, 0, 53, all);
	put_plane_rule(build, XSW_ACL_IN, XN_ACL_UDP, 67, 68, all);
	put_plane_rule(build, XSW_ACL_IN, XN_ACL_UDP, 547, 546, all);
	put_plane_rule(build, XSW_ACL_IN, XN_ACL_UDP, 53, 0, all);
	put_plane_rule(build, XSW_ACL_IN, XN_ACL_TCP, 53, 0, all);
}

static void *append(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	return (char *)to + bytes;
}

static struct xsw_acl *assemble(const struct xacl_build *build, bool allow)
{
	struct xsw_acl head = {
		.mac_count = build->mac_count,
		.nets6_count = build->nets6_count,
		.nets4_count = build->nets4_count,
		.rule_count = {build->rule_count[XSW_ACL_OUT],
			       build->rule_count[XSW_ACL_IN]},
		.allow = allow,
	};
	struct xsw_acl *program = malloc(xsw_acl_size(&head));
	void *at = program;

	if (!program)
		return NULL;
	head.bytes = (uint32_t)xsw_acl_size(&head);
	at = append(at, &head, sizeof(head));
	at = append(at, build->mac, head.mac_count * sizeof(build->mac[0]));
	at = append(at, build->net6, head.nets6_count * sizeof(build->net6[0]));
	at = append(at, build->net4, head.nets4_count * sizeof(build->net4[0]));
	for (uint32_t way = 0; way < XSW_ACL_WAYS; way++)
		at = append(at, build->rule[way],
			    head.rule_count[way] * sizeof(build->rule[0][0]));
	return program;
}

int xacl_compile(const struct xn_acl *acl, const struct xacl_known *known,
		 struct xsw_acl **ret_program, struct xn_err *err)
{
	struct xacl_build *build = calloc(1, sizeof(*build));
	struct xsw_acl *program = NULL;
	bool full = false;

	if (build) {
		put_rules(build, acl, known);
		if (!acl->default_allow)
			put_plane(build, known);
		full = build->full;
		if (!full)
			program = assemble(build, acl->default_allow);
		free(build);
	}
	if (full)
		return xn_fail(err, E2BIG,
			       "[acl %s] names more guests than %u with IPv4, "
			       "%u with IPv6 or %u without an address",
			       acl->name, XSW_ACL_NETS4_MAX, XSW_ACL_NETS6_MAX,
			       XSW_ACL_MACS_MAX);
	if (!program)
		return xn_fail(err, ENOMEM, "[acl %s]: out of memory",
			       acl->name);
	*ret_program = program;
	return 0;
}
