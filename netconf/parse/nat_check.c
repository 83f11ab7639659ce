/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of NAT's keys contradicts itself, see nat_keys.h: two that want the
 * same port or address, guests that are on another network. Pure.
 */
#include <errno.h>
#include <string.h>

#include "netconf/parse/nat_keys.h"

/* Each is compared with each. */
#define FORWARDS_MAX 16384u

static bool is_nat(const struct xn_planeconf_bridge *bridge)
{
	return bridge->mode == XN_CONF_NAT;
}

static bool is_on(const struct xn_planeconf_bridge *bridge,
		  const struct xn_address *address)
{
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (xn_address_within(address, &bridge->address[i],
				      bridge->address[i].prefix))
			return true;
	return false;
}

static bool has_family(const struct xn_planeconf_bridge *bridge, uint8_t family)
{
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (bridge->address[i].family == family)
			return true;
	return false;
}

static void check_target(const struct xn_planeconf_bridge *bridge,
			 const struct xn_nat_target *target,
			 const struct xn_conf_place *place, const char *key,
			 struct xn_report *report)
{
	char text[XN_NAT_NAME_MAX];

	if (target->by == XN_NAT_BY_ADDRESS && !is_on(bridge, &target->address))
		xn_report_error(report, place,
				"%s: %s is in no network of [bridge %s]", key,
				xn_nat_target_text(target, text), bridge->name);
}

/* The larger network's first bits are the other's. */
static bool overlap(const struct xn_address *a, const struct xn_address *b)
{
	return xn_address_within(a, b,
				 a->prefix < b->prefix ? a->prefix : b->prefix);
}

static bool sources_overlap(const struct xn_nat_forward *a,
			    const struct xn_nat_forward *b)
{
	for (uint32_t i = 0; i < a->source_count; i++)
		for (uint32_t j = 0; j < b->source_count; j++)
			if (overlap(&a->source[i], &b->source[j]))
				return true;
	return a->source_count == 0 && b->source_count == 0;
}

/* The one whose place says nothing of the family can be of either. */
static bool can_be(const struct xn_nat_forward *forward, uint8_t family)
{
	bool from = forward->source_count == 0;

	if (forward->has_at && forward->at.family != family)
		return false;
	if (forward->to.by == XN_NAT_BY_ADDRESS &&
	    forward->to.address.family != family)
		return false;
	for (uint32_t i = 0; i < forward->source_count; i++)
		from |= forward->source[i].family == family;
	return from;
}

static bool want_the_same(const struct xn_nat_forward *a,
			  const struct xn_nat_forward *b)
{
	if (!(a->protocols & b->protocols) || a->port_last < b->port_first ||
	    b->port_last < a->port_first)
		return false;
	if (a->has_at && b->has_at && !overlap(&a->at, &b->at))
		return false;
	if (!(can_be(a, 4) && can_be(b, 4)) && !(can_be(a, 6) && can_be(b, 6)))
		return false;
	/* With networks behind `from' it comes before the one without. */
	return sources_overlap(a, b);
}

static void compare_forwards(const struct xn_conf_nat *a,
			     const struct xn_conf_nat *b,
			     struct xn_report *report)
{
	for (uint32_t j = 0; j < b->forward_count; j++)
		for (uint32_t i = 0; i < (a == b ? j : a->forward_count); i++)
			if (want_the_same(&a->forward[i], &b->forward[j]))
				xn_report_error(
					report, &b->forward[j].place,
					"forward: the one at %s:%u wants some "
					"of the same",
					a->forward[i].place.file,
					a->forward[i].place.line);
}

static bool same_target(const struct xn_nat_pair *a,
			const struct xn_nat_pair *b)
{
	char x[XN_NAT_NAME_MAX], y[XN_NAT_NAME_MAX];

	return a->outside.family == b->outside.family &&
	       !strcmp(xn_nat_target_text(&a->to, x),
		       xn_nat_target_text(&b->to, y));
}

static void compare_pairs(const struct xn_conf_nat *a,
			  const struct xn_conf_nat *b, struct xn_report *report)
{
	for (uint32_t j = 0; j < b->pair_count; j++)
		for (uint32_t i = 0; i < (a == b ? j : a->pair_count); i++) {
			const struct xn_nat_pair *x = &a->pair[i];
			const struct xn_nat_pair *y = &b->pair[j];

			if (overlap(&x->outside, &y->outside) ||
			    same_target(x, y))
				xn_report_error(report, &y->place,
						"one-to-one: the one at %s:%u "
						"has this address or guest",
						x->place.file, x->place.line);
		}
}

static void check_nat6(const struct xn_planeconf_bridge *bridge,
		       struct xn_report *report)
{
	const struct xn_conf_place *place = &bridge->place[XN_CONF_NAT6];
	const struct xn_conf_nat *nat = &bridge->nat;
	bool fits = false;

	if (xn_planeconf_says(bridge, XN_CONF_NAT6) && !has_family(bridge, 6))
		xn_report_error(report, place,
				"nat6: the bridge has no IPv6 address");
	if (nat->nat6 != XN_NAT6_PREFIX)
		return;
	for (uint32_t i = 0; i < bridge->address_count; i++)
		fits |= bridge->address[i].family == 6 &&
			bridge->address[i].prefix == nat->prefix6.prefix;
	if (!fits)
		xn_report_error(report, place,
				"nat6: the bridge has no IPv6 address with "
				"/%u, which the prefix has",
				nat->prefix6.prefix);
}

static void check_bridge(const struct xn_planeconf_bridge *bridge,
			 struct xn_report *report)
{
	const struct xn_conf_nat *nat = &bridge->nat;

	check_nat6(bridge, report);
	for (uint32_t i = 0; i < nat->behind_count; i++)
		if (nat->behind[i].family == 6 &&
		    nat->nat6 != XN_NAT6_MASQUERADE)
			xn_report_error(report,
					&bridge->place[XN_CONF_MASQUERADE],
					"masquerade: an IPv6 address goes with "
					"nat6=masquerade only");
	for (uint32_t i = 0; i < nat->forward_count; i++)
		check_target(bridge, &nat->forward[i].to,
			     &nat->forward[i].place, "forward", report);
	for (uint32_t i = 0; i < nat->pair_count; i++) {
		check_target(bridge, &nat->pair[i].to, &nat->pair[i].place,
			     "one-to-one", report);
		if (is_on(bridge, &nat->pair[i].outside))
			xn_report_error(report, &nat->pair[i].place,
					"one-to-one: the first address is one "
					"of the guests' network");
	}
}

void xn_nat_check(const struct xn_planeconf *conf, const bool *broken,
		  struct xn_report *report)
{
	uint32_t forwards = 0;

	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (broken[i] || !is_nat(bridge))
			continue;
		check_bridge(bridge, report);
		forwards += bridge->nat.forward_count;
		if (forwards > FORWARDS_MAX) {
			xn_report_error(report, &bridge->section,
					"more than %u forwards in all",
					FORWARDS_MAX);
			return;
		}
		for (uint32_t j = 0; j <= i; j++) {
			if (broken[j] || !is_nat(&conf->bridge[j]))
				continue;
			compare_forwards(&conf->bridge[j].nat, &bridge->nat,
					 report);
			compare_pairs(&conf->bridge[j].nat, &bridge->nat,
				      report);
		}
	}
}
