/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `address` and `gateway` of a section put on the host's link and took
 * from it, and taking that back when they are no longer said. Pure. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netconf/model/fields.h"
#include "netconf/plan/host.h"

static bool is_same_addr(const struct xn_addr *a, const struct xn_addr *b)
{
	struct xn_addr other = *b;

	other.ifindex = a->ifindex;
	return xn_same_key(XN_ADDR, a, &other);
}

static bool is_same_route(const struct xn_route *a, const struct xn_route *b)
{
	struct xn_route other = *b;

	other.ifindex = a->ifindex;
	return xn_same_key(XN_ROUTE, a, &other);
}

static bool has_addr_note(const struct xn_ours *ours, int bridge, bool added,
			  const struct xn_addr *addr)
{
	for (uint32_t i = 0; i < ours->addr_count; i++) {
		const struct xn_addr_note *note = &ours->addr[i];

		if (note->bridge == bridge && note->added == added &&
		    is_same_addr(&note->addr, addr))
			return true;
	}
	return false;
}

static bool has_route_note(const struct xn_ours *ours, int bridge, bool added,
			   const struct xn_route *route)
{
	for (uint32_t i = 0; i < ours->route_count; i++) {
		const struct xn_route_note *note = &ours->route[i];

		if (note->bridge == bridge && note->added == added &&
		    is_same_route(&note->route, route))
			return true;
	}
	return false;
}

bool xn_host_has_addr_notes(const struct xn_ours *ours, int bridge)
{
	for (uint32_t i = 0; i < ours->addr_count; i++) {
		if (ours->addr[i].bridge == bridge)
			return true;
	}
	return false;
}

static int add_addr_note(struct xn_ours *ours, int bridge, bool added,
			 const struct xn_addr *addr, struct xn_err *err)
{
	if (has_addr_note(ours, bridge, added, addr))
		return 0;
	if (ours->addr_count == XN_ADDR_NOTES_MAX)
		return xn_fail(err, E2BIG, "more than %u addresses to note",
			       XN_ADDR_NOTES_MAX);
	ours->addr[ours->addr_count++] = (struct xn_addr_note){
		.bridge = bridge, .added = added, .addr = *addr};
	return 0;
}

static int add_route_note(struct xn_ours *ours, int bridge, bool added,
			  const struct xn_route *route, struct xn_err *err)
{
	if (has_route_note(ours, bridge, added, route))
		return 0;
	if (ours->route_count == XN_ROUTE_NOTES_MAX)
		return xn_fail(err, E2BIG, "more than %u routes to note",
			       XN_ROUTE_NOTES_MAX);
	ours->route[ours->route_count++] = (struct xn_route_note){
		.bridge = bridge, .added = added, .route = *route};
	return 0;
}

/* What is noted of the bridge goes on. NULL: nothing is. A bridge with another
 * netdev has given all back. */
static const struct xn_our *noted(const struct xn_host_step *step)
{
	const struct xn_our *before = step->before;

	return before && strcmp(before->netdev, step->conf->netdev) == 0
		       ? before
		       : NULL;
}

static int bridge_of(const struct xn_host_step *step)
{
	return xn_model_link_named(step->model, step->conf->name)->ifindex;
}

/* A lease is its client's to give again. */
int xn_host_note_addr(const struct xn_host_step *step,
		      const struct xn_addr *addr, bool added)
{
	const struct xn_our *our = noted(step);

	if (!added && (addr->valid_s != UINT32_MAX ||
		       (our && has_addr_note(step->host->ours, our->ifindex,
					     true, addr))))
		return 0;
	return add_addr_note(&step->wanted->ours, bridge_of(step), added, addr,
			     step->err);
}

/* What routers and routing daemons gave is theirs to give again, and may be
 * much; of an administrator's routes those beyond half the room do not come
 * back, rather than that an apply is refused. */
static bool comes_back(const struct xn_host_step *step,
		       const struct xn_route *route)
{
	return route->protocol <= RTPROT_STATIC && !route->has_more &&
	       !route->expires_s &&
	       step->wanted->ours.route_count < XN_ROUTE_NOTES_MAX / 2;
}

int xn_host_note_route(const struct xn_host_step *step,
		       const struct xn_route *route, bool added)
{
	const struct xn_our *our = noted(step);

	if (!added && (!comes_back(step, route) ||
		       (our && has_route_note(step->host->ours, our->ifindex,
					      true, route))))
		return 0;
	return add_route_note(&step->wanted->ours, bridge_of(step), added,
			      route, step->err);
}

int xn_host_carry_addrs(const struct xn_host_step *step, int ifindex)
{
	const struct xn_ours *from = step->host->ours;
	const struct xn_our *our = noted(step);
	int rc = 0;

	for (uint32_t i = 0; our && i < from->addr_count && rc == 0; i++) {
		struct xn_addr_note note = from->addr[i];
		bool there;

		note.addr.ifindex = ifindex;
		there = xn_model_find(step->model, XN_ADDR, &note.addr, 0) >= 0;
		if (note.bridge == our->ifindex && note.added == there)
			rc = add_addr_note(&step->wanted->ours, bridge_of(step),
					   note.added, &note.addr, step->err);
	}
	return rc;
}

static int add_back(struct xn_model *model, enum xn_noun noun,
		    const void *object, struct xn_err *err)
{
	int rc = xn_model_add(model, noun, object);

	return rc < 0 ? xn_fail(err, -rc, "plan: %s", strerror(-rc)) : 0;
}

/* Those that had to go first: the kernel lists them in this order. */
int xn_host_unput_addrs(struct xn_model *model, const struct xn_ours *ours,
			const struct xn_our *our, int ifindex,
			struct xn_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < ours->addr_count && rc == 0; i++) {
		struct xn_addr addr = ours->addr[i].addr;
		ssize_t at;

		if (ours->addr[i].bridge != our->ifindex)
			continue;
		addr.ifindex = ifindex;
		at = xn_model_find(model, XN_ADDR, &addr, 0);
		if (ours->addr[i].added && at >= 0)
			xn_model_remove(model, XN_ADDR, (size_t)at);
		else if (!ours->addr[i].added && at < 0)
			rc = add_back(model, XN_ADDR, &addr, err);
	}
	return rc;
}

static bool says_gateway(const struct xn_planeconf_bridge *conf,
			 const struct xn_route *route, bool just_this)
{
	for (uint32_t i = 0; conf && i < conf->gateway_count; i++) {
		const struct xn_address *gateway = &conf->gateway[i];

		if (xn_host_is_default(route, xn_host_family_of(gateway)) &&
		    (!just_this || memcmp(route->gateway, gateway->octet,
					  XN_IP_BYTES_MAX) == 0))
			return true;
	}
	return false;
}

struct routes {
	struct xn_model *model;
	const struct xn_ours *from;
	int bridge; /* whose notes */
	int ifindex;
	const struct xn_planeconf_bridge *conf; /* NULL: nothing is said */
	struct xn_ours *to; /* what remains noted; NULL: nothing */
	int new_bridge;
	struct xn_err *err;
};

static int carry_route(const struct routes *r, bool added,
		       const struct xn_route *route)
{
	return r->to ? add_route_note(r->to, r->new_bridge, added, route,
				      r->err)
		     : 0;
}

static int settle_added(const struct routes *r, const struct xn_route *route)
{
	ssize_t at = xn_model_find(r->model, XN_ROUTE, route, 0);

	if (at < 0)
		return 0;
	if (says_gateway(r->conf, route, true))
		return carry_route(r, true, route);
	xn_model_remove(r->model, XN_ROUTE, (size_t)at);
	return 0;
}

static int settle_away(const struct routes *r, const struct xn_route *route)
{
	if (xn_model_find(r->model, XN_ROUTE, route, 0) >= 0)
		return 0;
	if (says_gateway(r->conf, route, false) ||
	    xn_host_is_cut_off(r->model, route))
		return carry_route(r, false, route);
	return add_back(r->model, XN_ROUTE, route, r->err);
}

static int settle_those(const struct routes *r, bool added)
{
	int rc = 0;

	for (uint32_t i = 0; i < r->from->route_count && rc == 0; i++) {
		const struct xn_route_note *note = &r->from->route[i];
		struct xn_route route = note->route;

		if (note->bridge != r->bridge || note->added != added)
			continue;
		route.ifindex = r->ifindex;
		rc = added ? settle_added(r, &route) : settle_away(r, &route);
	}
	return rc;
}

/* What was put goes first: what it is instead of comes back. */
static int settle(const struct routes *r)
{
	int rc = settle_those(r, true);

	return rc < 0 ? rc : settle_those(r, false);
}

int xn_host_settle_routes(const struct xn_host_step *step, int ifindex)
{
	const struct xn_our *our = noted(step);
	struct routes r = {.model = step->model,
			   .from = step->host->ours,
			   .bridge = our ? our->ifindex : 0,
			   .ifindex = ifindex,
			   .conf = step->conf,
			   .to = &step->wanted->ours,
			   .new_bridge = bridge_of(step),
			   .err = step->err};

	return our ? settle(&r) : 0;
}

/* Routes that lost what they need with an address that is not said. */
static void drop_cut_off(struct xn_model *model, int ifindex)
{
	for (size_t i = xn_model_count(model, XN_ROUTE); i > 0; i--) {
		const struct xn_route *route =
			xn_model_at(model, XN_ROUTE, i - 1);

		if (route->ifindex == ifindex && route->hop_count == 0 &&
		    xn_host_is_cut_off(model, route))
			xn_model_remove(model, XN_ROUTE, i - 1);
	}
}

int xn_host_unput_routes(struct xn_model *model, const struct xn_ours *ours,
			 const struct xn_our *our, int ifindex,
			 struct xn_err *err)
{
	struct routes r = {.model = model,
			   .from = ours,
			   .bridge = our->ifindex,
			   .ifindex = ifindex,
			   .err = err};

	if (xn_host_has_addr_notes(ours, our->ifindex))
		drop_cut_off(model, ifindex);
	return settle(&r);
}

int xn_host_keep_addr_notes(const struct xn_ours *from,
			    const struct xn_our *our, struct xn_ours *ours,
			    struct xn_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < from->addr_count && rc == 0; i++) {
		const struct xn_addr_note *note = &from->addr[i];

		if (note->bridge == our->ifindex)
			rc = add_addr_note(ours, note->bridge, note->added,
					   &note->addr, err);
	}
	for (uint32_t i = 0; i < from->route_count && rc == 0; i++) {
		const struct xn_route_note *note = &from->route[i];

		if (note->bridge == our->ifindex)
			rc = add_route_note(ours, note->bridge, note->added,
					    &note->route, err);
	}
	return rc;
}
