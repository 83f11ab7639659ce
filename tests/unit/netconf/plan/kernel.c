/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/netconf/plan/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "netconf/model/fields.h"

static void refuse(const struct xn_op *op, const char *why)
{
	char words[256];

	xn_op_words(op, words, sizeof(words));
	fail_msg("%s: %s", words, why);
}

static bool is_on(enum xn_noun noun, const void *object, int ifindex)
{
	const struct xn_route *route = object;

	if (noun == XN_ADDR)
		return ((const struct xn_addr *)object)->ifindex == ifindex;
	if (noun == XN_NEIGH)
		return ((const struct xn_neigh *)object)->ifindex == ifindex;
	if (noun != XN_ROUTE)
		return false;
	for (uint8_t i = 0; i < route->hop_count; i++) {
		if (route->hop[i].ifindex == ifindex)
			return true;
	}
	return route->ifindex == ifindex;
}

static void flush(struct xn_model *model, enum xn_noun noun, int ifindex,
		  uint8_t family)
{
	for (size_t i = xn_model_count(model, noun); i > 0; i--) {
		const void *object = xn_model_at(model, noun, i - 1);
		uint8_t of = *((const uint8_t *)object +
			       xn_noun[noun].family_offset);

		if (is_on(noun, object, ifindex) && (!family || of == family))
			xn_model_remove(model, noun, i - 1);
	}
}

static bool has_address(const struct xn_model *model, int ifindex,
			uint8_t family)
{
	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(model, XN_ADDR, i);

		if (addr->ifindex == ifindex && addr->family == family)
			return true;
	}
	return false;
}

static bool has_ports(const struct xn_model *model, int ifindex)
{
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(model, XN_LINK, i);

		if (link->master == ifindex)
			return true;
	}
	return false;
}

static void judge_link_change(const struct xn_model *model,
			      const struct xn_op *op)
{
	const struct xn_model_link *to = &op->after.link;
	const struct xn_model_link *link = xn_model_link(model, to->ifindex);
	const struct xn_model_link *master = xn_model_link(model, to->master);
	size_t at = xn_noun[XN_LINK].field[op->field].offset;

	if (!link)
		refuse(op, "no such link");
	if (at == offsetof(struct xn_model_link, name) &&
	    xn_model_link_named(model, to->name))
		refuse(op, "the name is taken");
	if (at == offsetof(struct xn_model_link, master) && to->master &&
	    (!master || strcmp(master->kind, "bridge") != 0 ||
	     strcmp(to->kind, "bridge") == 0))
		refuse(op, "cannot be a port there");
	if (at == offsetof(struct xn_model_link, port) && !link->master)
		refuse(op, "not a port");
}

static void judge_link(const struct xn_model *model, const struct xn_op *op)
{
	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		if (op->after.link.peer && !xn_op_makes_pair(op)) {
			if (!xn_model_link(model, op->after.link.ifindex))
				refuse(op, "its peer has not brought it");
			return;
		}
		if (xn_model_link(model, op->after.link.ifindex) ||
		    xn_model_link_named(model, op->after.link.name))
			refuse(op, "the number or name is taken");
		return;
	case XN_CHANGE:
		judge_link_change(model, op);
		return;
	case XN_DELETE:
		if (!xn_model_link(model, op->before.link.ifindex) &&
		    !op->before.link.peer)
			refuse(op, "no such link");
		if (has_ports(model, op->before.link.ifindex))
			refuse(op, "it still has ports");
		return;
	case XN_VERBS:
		break;
	}
	refuse(op, "not a verb");
}

/* In these tests gateways are addresses, or somewhere else. */
static bool is_led_to(const struct xn_model *model,
		      const struct xn_route *route)
{
	for (size_t i = 0; i < xn_model_count(model, XN_ROUTE); i++) {
		const struct xn_route *other = xn_model_at(model, XN_ROUTE, i);

		if (other->ifindex == route->ifindex &&
		    other->family == route->family && !other->has_gateway &&
		    memcmp(other->destination, route->gateway,
			   other->prefix_length / 8) == 0)
			return true;
	}
	return route->gateway[0] != 0x20 &&
	       has_address(model, route->ifindex, route->family);
}

static void judge_object(const struct xn_model *model, const struct xn_op *op)
{
	enum xn_noun noun = (enum xn_noun)op->noun;
	bool there = xn_model_find(model, noun, &op->after, 0) >= 0;
	const struct xn_route *route = &op->after.route;

	if (op->verb == XN_DELETE)
		return;
	if (op->verb == XN_ADD && there && noun != XN_ROUTE)
		refuse(op, "it is there already");
	if (noun == XN_ADDR && !xn_model_link(model, op->after.addr.ifindex))
		refuse(op, "no such link");
	if (noun == XN_ROUTE && op->verb == XN_ADD && route->has_gateway &&
	    !route->onlink && !is_led_to(model, route))
		refuse(op, "the gateway cannot be reached");
	if (noun == XN_ROUTE && route->ifindex &&
	    (!xn_model_link(model, route->ifindex) ||
	     !xn_model_link(model, route->ifindex)->up))
		refuse(op, "the link is down");
}

/* In these tests all of a link's IPv4 addresses are in one network: the first
 * one takes the others along. */
static bool is_primary(const struct xn_model *model, const struct xn_addr *addr)
{
	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		const struct xn_addr *first = xn_model_at(model, XN_ADDR, i);

		if (first->ifindex == addr->ifindex && first->family == AF_INET)
			return xn_same_key(XN_ADDR, first, addr);
	}
	return false;
}

/* As inetdev_changename() does it: the first one is labelled with the name,
 * the others with it and a number unless they have a suffix. */
static void relabel(struct xn_model *model, int ifindex)
{
	int nth = 0;

	for (size_t i = 0; i < xn_model_count(model, XN_ADDR); i++) {
		struct xn_addr *addr = xn_model_edit(model, XN_ADDR, i);

		if (addr->ifindex != ifindex || addr->family != AF_INET)
			continue;
		memset(addr->label, 0, sizeof(addr->label));
		if (nth++ > 0)
			(void)strcpy(addr->label, "made:up");
	}
}

static bool is_name(const struct xn_op *op)
{
	return op->noun == XN_LINK && op->verb == XN_CHANGE &&
	       xn_noun[XN_LINK].field[op->field].offset ==
		       offsetof(struct xn_model_link, name);
}

static void flush_link(struct xn_model *model, int ifindex)
{
	flush(model, XN_ADDR, ifindex, 0);
	flush(model, XN_ROUTE, ifindex, 0);
	flush(model, XN_NEIGH, ifindex, 0);
}

/* One end of a pair takes the other along. */
static void take_peer(struct xn_model *model, int ifindex)
{
	struct xn_model_link gone = {.ifindex = ifindex};
	ssize_t place = xn_model_find(model, XN_LINK, &gone, 0);

	flush_link(model, ifindex);
	if (place >= 0)
		xn_model_remove(model, XN_LINK, (size_t)place);
}

static void take_along(struct xn_model *model, const struct xn_op *op)
{
	const struct xn_addr *addr = &op->before.addr;

	if (op->noun == XN_LINK && op->verb == XN_DELETE) {
		flush_link(model, op->before.link.ifindex);
		if (op->before.link.peer)
			take_peer(model, op->before.link.peer);
	}
	if (op->noun == XN_LINK && op->verb == XN_CHANGE &&
	    xn_model_link(model, op->after.link.ifindex) &&
	    !xn_model_link(model, op->after.link.ifindex)->up)
		flush(model, XN_ROUTE, op->after.link.ifindex, 0);
	if (op->noun == XN_ADDR && op->verb == XN_DELETE &&
	    addr->family == AF_INET &&
	    !has_address(model, addr->ifindex, AF_INET)) {
		flush(model, XN_ROUTE, addr->ifindex, AF_INET);
		flush(model, XN_NEIGH, addr->ifindex, AF_INET);
	}
}

void kernel_do(struct xn_model *model, const struct xn_op *op)
{
	if (op->noun == XN_LINK)
		judge_link(model, op);
	else
		judge_object(model, op);
	if (op->noun == XN_ADDR && op->verb == XN_DELETE &&
	    op->before.addr.family == AF_INET &&
	    is_primary(model, &op->before.addr))
		flush(model, XN_ADDR, op->before.addr.ifindex, AF_INET);
	assert_int_equal(xn_op_do(op, model), 0);
	if (is_name(op))
		relabel(model, op->after.link.ifindex);
	take_along(model, op);
}

void kernel_do_all(struct xn_model *model, const struct xn_plan *plan,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		kernel_do(model, &plan->op[i]);
}
