/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One operation: its words, and what it does to a model. Pure. */
#include "netconf/plan/op.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/model/fields.h"

static const char *const verb_words[XN_VERBS] = {
	[XN_ADD] = "add", [XN_CHANGE] = "change", [XN_DELETE] = "delete"};
static const char *const cost_words[XN_COSTS] = {[XN_COST_NONE] = "none",
						 [XN_COST_LIVE] = "live",
						 [XN_COST_RESTART] = "restart",
						 [XN_COST_RECREATE] =
							 "recreate"};
static const char *const step_words[XN_STEPS] = {
	[XN_STEP_CREATE] = "create", [XN_STEP_PREPARE] = "prepare",
	[XN_STEP_UP] = "up",	     [XN_STEP_ENSLAVE] = "enslave",
	[XN_STEP_MOVE] = "move",     [XN_STEP_FINISH] = "finish",
	[XN_STEP_REMOVE] = "remove"};

/* All of a route is its key, so none is ever made anew. */
bool xn_op_is_helper(const struct xn_op *op)
{
	return op->noun == XN_ROUTE && op->verb != XN_CHANGE &&
	       op->cost == XN_COST_RECREATE;
}

bool xn_op_makes_pair(const struct xn_op *op)
{
	return op->noun == XN_LINK && op->verb == XN_ADD &&
	       op->before.link.ifindex != 0;
}

const char *xn_verb_word(enum xn_verb verb)
{
	return verb < XN_VERBS ? verb_words[verb] : "?";
}

const char *xn_cost_word(enum xn_cost cost)
{
	return cost < XN_COSTS ? cost_words[cost] : "?";
}

const char *xn_step_word(enum xn_step step)
{
	return step < XN_STEPS ? step_words[step] : "?";
}

static void object_words(const struct xn_op *op, const union xn_object *object,
			 char *text, size_t bytes)
{
	const struct xn_route *route = &object->route;
	char ip[INET6_ADDRSTRLEN] = "?";
	char via[INET6_ADDRSTRLEN] = "";

	switch ((enum xn_noun)op->noun) {
	case XN_LINK:
		(void)snprintf(text, bytes, "%s %s",
			       object->link.kind[0] ? object->link.kind
						    : "link",
			       op->link);
		return;
	case XN_ADDR:
		(void)inet_ntop(object->addr.family, object->addr.address, ip,
				sizeof(ip));
		(void)snprintf(text, bytes, "address %s/%u on %s", ip,
			       object->addr.prefix_length, op->link);
		return;
	case XN_ROUTE:
		(void)inet_ntop(route->family, route->destination, ip,
				sizeof(ip));
		if (route->has_gateway)
			(void)inet_ntop(route->family, route->gateway, via,
					sizeof(via));
		(void)snprintf(text, bytes,
			       "route %s/%u%s%s in table %u metric %u%s%s", ip,
			       route->prefix_length, via[0] ? " via " : "", via,
			       route->table, route->metric,
			       op->link[0] ? " on " : "", op->link);
		return;
	case XN_RULE:
		(void)snprintf(text, bytes, "IPv%c rule %u to table %u",
			       object->rule.family == AF_INET ? '4' : '6',
			       object->rule.priority, object->rule.table);
		return;
	case XN_NEIGH:
		(void)inet_ntop(object->neigh.family, object->neigh.address, ip,
				sizeof(ip));
		(void)snprintf(text, bytes, "%s %s on %s",
			       object->neigh.proxy ? "proxy for" : "neighbour",
			       ip, op->link);
		return;
	case XN_NOUNS:
		break;
	}
	text[0] = '\0';
}

void xn_op_words(const struct xn_op *op, char *ret_text, size_t text_bytes)
{
	const union xn_object *object =
		op->verb == XN_DELETE ? &op->before : &op->after;
	const char *field = "";
	const char *name = "";
	char words[256];

	object_words(op, object, words, sizeof(words));
	if (op->noun == XN_LINK && op->verb == XN_CHANGE)
		field = xn_noun[XN_LINK].field[op->field].name;
	if (strcmp(field, "name") == 0)
		name = op->after.link.name;
	(void)snprintf(ret_text, text_bytes, "%s %s%s%s%s%s",
		       xn_verb_word((enum xn_verb)op->verb), words,
		       field[0] ? ": " : "", field, name[0] ? " " : "", name);
}

static int put(struct xn_model *model, enum xn_noun noun, const void *object)
{
	ssize_t place = xn_model_find(model, noun, object, 0);

	if (place < 0)
		return xn_model_add(model, noun, object);
	memcpy(xn_model_edit(model, noun, (size_t)place), object,
	       xn_noun[noun].bytes);
	return 0;
}

static int put_new(const struct xn_op *op, struct xn_model *model)
{
	int rc = put(model, (enum xn_noun)op->noun, &op->after);

	if (rc == 0 && xn_op_makes_pair(op))
		rc = put(model, XN_LINK, &op->before);
	return rc;
}

/* The link that is meant, and not one that got its number. */
static struct xn_model_link *meant_link(const struct xn_op *op,
					const struct xn_model *model)
{
	const struct xn_model_link *meant =
		op->verb == XN_DELETE ? &op->before.link : &op->after.link;
	struct xn_model_link *link = xn_model_link(model, meant->ifindex);

	if (!link || strcmp(link->kind, meant->kind) != 0)
		return NULL;
	if (strcmp(link->name, meant->name) != 0 &&
	    (op->verb != XN_CHANGE ||
	     strcmp(link->name, op->before.link.name) != 0))
		return NULL;
	/* A new bridge of that name has the MAC that it was given. */
	if (op->verb == XN_ADD && !xn_mac_is_zero(&meant->mac) &&
	    !xn_mac_equal(&link->mac, &meant->mac))
		return NULL;
	return link;
}

static int take_away(const struct xn_op *op, const void *object,
		     struct xn_model *model)
{
	enum xn_noun noun = (enum xn_noun)op->noun;
	ssize_t place = xn_model_find(model, noun, object, 0);

	if (place < 0 || (noun == XN_LINK && !meant_link(op, model)))
		return 0;
	xn_model_remove(model, noun, (size_t)place);
	return 0;
}

/* A link that is gone cannot be changed: that is left alone. */
static int change(const struct xn_op *op, const union xn_object *to,
		  struct xn_model *model)
{
	const struct xn_field *field = &xn_noun[XN_LINK].field[op->field];
	struct xn_model_link *link;

	if (op->noun != XN_LINK)
		return put(model, (enum xn_noun)op->noun, to);
	link = meant_link(op, model);
	if (!link)
		return 0;
	xn_copy_field(field, link, &to->link);
	/* They come and go with being a port. */
	if (field->offset == offsetof(struct xn_model_link, master))
		link->port = to->link.port;
	return 0;
}

int xn_op_do(const struct xn_op *op, struct xn_model *model)
{
	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		return put_new(op, model);
	case XN_CHANGE:
		return change(op, &op->after, model);
	case XN_DELETE:
		return take_away(op, &op->before, model);
	case XN_VERBS:
		break;
	}
	return -EINVAL;
}

int xn_op_undo(const struct xn_op *op, struct xn_model *model)
{
	enum xn_noun noun = (enum xn_noun)op->noun;

	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		return take_away(op, &op->after, model);
	case XN_CHANGE:
		return change(op, &op->before, model);
	case XN_DELETE:
		return put(model, noun, &op->before);
	case XN_VERBS:
		break;
	}
	return -EINVAL;
}

static bool is_same(const struct xn_op *op, const void *there)
{
	enum xn_noun noun = (enum xn_noun)op->noun;

	/* A new link's further fields have operations of their own. */
	if (noun == XN_LINK && op->verb == XN_ADD)
		return xn_same_use(noun, XN_USE_FIXED, &op->after, there);
	if (noun == XN_LINK)
		return xn_same_field(&xn_noun[noun].field[op->field],
				     &op->after, there);
	return xn_same_use(noun, XN_USE_FIXED, &op->after, there) &&
	       xn_same_use(noun, XN_USE_CHANGE, &op->after, there);
}

bool xn_op_holds(const struct xn_op *op, const struct xn_model *model)
{
	enum xn_noun noun = (enum xn_noun)op->noun;
	const void *object =
		op->verb == XN_DELETE ? (const void *)&op->before : &op->after;
	ssize_t place = xn_model_find(model, noun, object, 0);

	if (op->verb == XN_DELETE)
		return place < 0;
	return place >= 0 &&
	       is_same(op, xn_model_at(model, noun, (size_t)place));
}

static bool link_fits(const struct xn_op *op, const struct xn_model *model)
{
	const struct xn_model_link *link;

	if (op->verb == XN_ADD)
		return !xn_model_link(model, op->after.link.ifindex) &&
		       !xn_model_link_named(model, op->after.link.name);
	link = meant_link(op, model);
	if (op->verb == XN_DELETE || !link)
		return link != NULL;
	return xn_same_field(&xn_noun[XN_LINK].field[op->field], link,
			     &op->before);
}

bool xn_op_fits(const struct xn_op *op, const struct xn_model *model)
{
	enum xn_noun noun = (enum xn_noun)op->noun;
	const void *object =
		op->verb == XN_ADD ? (const void *)&op->after : &op->before;
	const void *there;
	ssize_t place;

	if (noun == XN_LINK)
		return link_fits(op, model);
	place = xn_model_find(model, noun, object, 0);
	if (op->verb == XN_ADD || place < 0)
		return (op->verb == XN_ADD) == (place < 0);
	there = xn_model_at(model, noun, (size_t)place);
	return xn_same_use(noun, XN_USE_FIXED, object, there) &&
	       xn_same_use(noun, XN_USE_CHANGE, object, there);
}
