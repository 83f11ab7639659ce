/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on one link, on another. Pure. */
#include "netconf/plan/takeover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>

#include "netconf/base/text.h"
#include "netconf/model/fields.h"

/* "eth0:1" becomes "xenbr0:1" and back; a label that says nothing of the
 * link, or has no room for the new name, stays. */
static void move_label(const struct xn_takeover *m, char label[IFNAMSIZ])
{
	size_t length = strlen(m->from_name);
	char moved[IFNAMSIZ];

	if (strncmp(label, m->from_name, length) != 0 || label[length] != ':')
		return;
	if (xn_text_format(moved, sizeof(moved), "%s%s", m->to_name,
			   label + length) < 0)
		return;
	memcpy(label, moved, sizeof(moved));
}

/* The object at `place` has become `moved`, unless there is one already. */
static void put_moved(const struct xn_takeover *m, enum xn_noun noun,
		      size_t *place, const void *moved)
{
	if (xn_model_find(m->model, noun, moved, 0) >= 0) {
		xn_model_remove(m->model, noun, (*place)--);
		return;
	}
	memcpy(xn_model_edit(m->model, noun, *place), moved,
	       xn_noun[noun].bytes);
}

static void move_addrs(const struct xn_takeover *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_ADDR); i++) {
		struct xn_addr addr;

		memcpy(&addr, xn_model_at(m->model, XN_ADDR, i), sizeof(addr));
		if (addr.ifindex != m->from)
			continue;
		addr.ifindex = m->to;
		move_label(m, addr.label);
		/* It was found to be the only one on this network; looking
		 * again would take it away for a second. */
		if (addr.family == AF_INET6)
			addr.flags |= IFA_F_NODAD;
		put_moved(m, XN_ADDR, &i, &addr);
	}
}

/* False: the route does not use the link. */
static bool turn_route(const struct xn_takeover *m, struct xn_route *route)
{
	bool turned = false;

	if (route->ifindex == m->from) {
		route->ifindex = m->to;
		turned = true;
	}
	for (uint8_t i = 0; i < route->hop_count; i++) {
		if (route->hop[i].ifindex != m->from)
			continue;
		route->hop[i].ifindex = m->to;
		turned = true;
	}
	return turned;
}

static int move_routes(const struct xn_takeover *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_ROUTE); i++) {
		struct xn_route route;

		memcpy(&route, xn_model_at(m->model, XN_ROUTE, i),
		       sizeof(route));
		if (!turn_route(m, &route))
			continue;
		if (route.has_more)
			return xn_fail(m->err, EOPNOTSUPP,
				       "a route of table %u on %s has more "
				       "than can be moved with it",
				       route.table, m->from_name);
		put_moved(m, XN_ROUTE, &i, &route);
	}
	return 0;
}

static bool turn_name(const struct xn_takeover *m, char name[IFNAMSIZ])
{
	if (strcmp(name, m->from_name) != 0 ||
	    strcmp(m->from_name, m->to_name) == 0)
		return false;
	(void)xn_text_copy(name, IFNAMSIZ, m->to_name);
	return true;
}

static int move_rules(const struct xn_takeover *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_RULE); i++) {
		struct xn_rule rule;
		bool in;
		bool out;

		memcpy(&rule, xn_model_at(m->model, XN_RULE, i), sizeof(rule));
		in = turn_name(m, rule.in);
		out = turn_name(m, rule.out);
		if (!in && !out)
			continue;
		if (rule.has_more)
			return xn_fail(m->err, EOPNOTSUPP,
				       "rule %u for %s has more than can be "
				       "moved with it",
				       rule.priority, m->from_name);
		put_moved(m, XN_RULE, &i, &rule);
	}
	return 0;
}

static void move_neighs(const struct xn_takeover *m)
{
	for (size_t i = 0; i < xn_model_count(m->model, XN_NEIGH); i++) {
		struct xn_neigh neigh;

		memcpy(&neigh, xn_model_at(m->model, XN_NEIGH, i),
		       sizeof(neigh));
		if (neigh.ifindex != m->from)
			continue;
		neigh.ifindex = m->to;
		put_moved(m, XN_NEIGH, &i, &neigh);
	}
}

int xn_takeover(const struct xn_takeover *takeover)
{
	int rc;

	move_addrs(takeover);
	move_neighs(takeover);
	rc = move_routes(takeover);
	return rc < 0 ? rc : move_rules(takeover);
}
