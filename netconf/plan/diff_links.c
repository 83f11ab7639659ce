/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links of two models to operations; names are diff_names.c's. Pure. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/model/fields.h"
#include "netconf/plan/differ.h"

/* A link that goes down on the way loses what needs it up. */
static enum xn_cost change_cost(const struct xn_model_link *before, size_t at)
{
	if (!before->up)
		return XN_COST_NONE;
	switch (at) {
	case offsetof(struct xn_model_link, mac):
		return strcmp(before->kind, "bridge") == 0 ? XN_COST_LIVE
							   : XN_COST_RESTART;
	case offsetof(struct xn_model_link, up):
		return XN_COST_RESTART;
	default:
		return XN_COST_LIVE;
	}
}

/* When a field of a link is changed, so that nobody notices. */
static enum xn_step change_step(const struct xn_model_link *after, size_t at)
{
	switch (at) {
	/* A port is heard of while the addresses are on it. */
	case offsetof(struct xn_model_link, mac):
		return after->master ? XN_STEP_FINISH : XN_STEP_PREPARE;
	case offsetof(struct xn_model_link, noarp):
		return after->noarp && after->master ? XN_STEP_FINISH
						     : XN_STEP_PREPARE;
	case offsetof(struct xn_model_link, nomulticast):
		return after->nomulticast && after->master ? XN_STEP_FINISH
							   : XN_STEP_PREPARE;
	case offsetof(struct xn_model_link, up):
		return after->up ? XN_STEP_UP : XN_STEP_FINISH;
	case offsetof(struct xn_model_link, master):
		return after->master ? XN_STEP_ENSLAVE : XN_STEP_MOVE;
	case offsetof(struct xn_model_link, port):
		return XN_STEP_ENSLAVE;
	case offsetof(struct xn_model_link, addr_gen_mode):
		return after->addr_gen_mode == IN6_ADDR_GEN_MODE_NONE
			       ? XN_STEP_PREPARE
			       : XN_STEP_FINISH;
	case offsetof(struct xn_model_link, disable_ipv6):
		return after->disable_ipv6 ? XN_STEP_FINISH : XN_STEP_PREPARE;
	default:
		return XN_STEP_PREPARE;
	}
}

static int change_link(struct xn_differ *d, const struct xn_model_link *before,
		       const struct xn_model_link *after, size_t field)
{
	size_t at = xn_noun[XN_LINK].field[field].offset;
	struct xn_op op = xn_differ_op(XN_CHANGE, XN_LINK, before, after,
				       change_cost(before, at));
	enum xn_step step = change_step(after, at);
	enum xn_rank rank = XN_RANK_ANY;

	if (step == XN_STEP_MOVE)
		rank = XN_RANK_RELEASE;
	else if (at == offsetof(struct xn_model_link, port))
		rank = XN_RANK_ANY + 1; /* after the master */
	op.field = (uint8_t)field;
	return xn_differ_emit(d, &op, step, rank, after->ifindex);
}

static bool is_ipv6(size_t at)
{
	return at == offsetof(struct xn_model_link, addr_gen_mode) ||
	       at == offsetof(struct xn_model_link, disable_ipv6) ||
	       at == offsetof(struct xn_model_link, accept_ra) ||
	       at == offsetof(struct xn_model_link, ipv6);
}

static int diff_link(struct xn_differ *d, const struct xn_model_link *before,
		     const struct xn_model_link *after)
{
	const struct xn_noun_fields *fields = &xn_noun[XN_LINK];
	bool moves = before->master != after->master;
	int rc = 0;

	if (!xn_same_use(XN_LINK, XN_USE_FIXED, before, after))
		return xn_fail(d->err, EOPNOTSUPP,
			       "link %s is a \"%s\" and "
			       "cannot become a \"%s\"",
			       before->name, before->kind, after->kind);
	for (size_t i = 0; i < fields->count && rc == 0; i++) {
		const struct xn_field *field = &fields->field[i];
		bool is_port =
			field->offset == offsetof(struct xn_model_link, port);
		bool differs = !xn_same_field(field, before, after);

		if (field->use != XN_USE_CHANGE ||
		    field->offset == offsetof(struct xn_model_link, name) ||
		    (is_ipv6(field->offset) && !after->has_ipv6))
			continue;
		/* A new master resets a port's settings; none has none. */
		if (is_port)
			differs = after->master && after->port.count > 0 &&
				  (differs || moves);
		if (differs)
			rc = change_link(d, before, after, i);
	}
	return rc;
}

/* No address is made up for it while others are still on their way. */
static int furnish_quietly(struct xn_differ *d, struct xn_model_link *born,
			   const struct xn_model_link *after)
{
	struct xn_model_link quiet;
	int rc;

	if (after->addr_gen_mode != IN6_ADDR_GEN_MODE_NONE) {
		born->addr_gen_mode = after->addr_gen_mode;
		quiet = *born;
		quiet.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
		rc = diff_link(d, born, &quiet);
		if (rc < 0)
			return rc;
		born->addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	}
	return diff_link(d, born, after);
}

/* With its name, MAC, MTU and a bridge's settings; the rest follows. */
static int birth_of(const struct xn_differ *d,
		    const struct xn_model_link *after,
		    struct xn_model_link *ret_born)
{
	struct xn_model_link born = *after;
	int rc = xn_differ_birth_name(d, after, born.name);

	if (rc < 0)
		return rc;
	born.up = false;
	born.noarp = false;
	born.nomulticast = false;
	born.master = 0;
	born.port.count = 0;
	/* Whatever they are: never what is wanted. */
	born.accept_ra = after->accept_ra + 1;
	born.disable_ipv6 = !after->disable_ipv6;
	born.addr_gen_mode = (uint8_t)(after->addr_gen_mode + 1);
	for (int i = 0; i < XN_LINK_CONF_MAX; i++) {
		born.ipv4.value[i] = ~after->ipv4.value[i];
		born.ipv6.value[i] = ~after->ipv6.value[i];
	}
	*ret_born = born;
	return 0;
}

/* Both ends of a pair come and go together. */
static const struct xn_model_link *other_end(const struct xn_model *in,
					     const struct xn_model *not_in,
					     const struct xn_model_link *end)
{
	const struct xn_model_link *other =
		end->peer ? xn_model_link(in, end->peer) : NULL;

	if (!other || strcmp(end->kind, "veth") != 0 ||
	    strcmp(other->kind, "veth") != 0 || other == end ||
	    other->peer != end->ifindex ||
	    xn_model_link(not_in, other->ifindex))
		return NULL;
	return other;
}

static int new_link(struct xn_differ *d, const struct xn_model_link *after)
{
	const struct xn_model_link *peer =
		other_end(d->wanted, d->observed, after);
	struct xn_op op =
		xn_differ_op(XN_ADD, XN_LINK, NULL, after, XN_COST_NONE);
	struct xn_model_link born;
	int rc;

	if (strcmp(after->kind, "bridge") != 0 && !peer)
		return xn_fail(d->err, EOPNOTSUPP,
			       "link %s: a \"%s\" cannot be made", after->name,
			       after->kind);
	rc = birth_of(d, after, &born);
	/* The one that is asked for first brings the other. */
	if (rc == 0 && peer && after->ifindex < peer->ifindex)
		rc = birth_of(d, peer, &op.before.link);
	if (rc < 0)
		return rc;
	op.after.link = born;
	rc = xn_differ_emit(d, &op, XN_STEP_CREATE,
			    op.before.link.ifindex || !peer ? XN_RANK_ANY
							    : XN_RANK_ANY + 1,
			    after->ifindex);
	return rc < 0 ? rc : furnish_quietly(d, &born, after);
}

static int old_link(struct xn_differ *d, const struct xn_model_link *before)
{
	struct xn_model_link last = *before;
	struct xn_op op;
	int rc = xn_differ_last_name(d, before, last.name);

	if (rc < 0)
		return rc;
	if (strcmp(before->kind, "bridge") != 0 &&
	    !other_end(d->observed, d->wanted, before))
		return xn_fail(d->err, EOPNOTSUPP,
			       "link %s: a \"%s\" is not ours to delete",
			       before->name, before->kind);
	op = xn_differ_op(XN_DELETE, XN_LINK, &last, NULL,
			  before->up ? XN_COST_LIVE : XN_COST_NONE);
	/* Ports before bridges. */
	return xn_differ_emit(d, &op, XN_STEP_REMOVE,
			      before->peer ? XN_RANK_ANY : XN_RANK_ANY + 1,
			      before->ifindex);
}

/* With a new MAC, or with ARP off or on, a link forgets all neighbours. */
static int keep_neighbours(struct xn_differ *d)
{
	size_t count = d->plan.count;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_op *op = &d->plan.op[i];
		size_t at = xn_noun[XN_LINK].field[op->field].offset;

		if (op->noun == XN_LINK && op->verb == XN_CHANGE &&
		    (at == offsetof(struct xn_model_link, mac) ||
		     at == offsetof(struct xn_model_link, noarp)))
			rc = xn_differ_keep(d, XN_NEIGH, op->after.link.ifindex,
					    0);
	}
	return rc;
}

int xn_differ_links(struct xn_differ *d)
{
	size_t count = xn_model_count(d->wanted, XN_LINK);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_model_link *after =
			xn_model_at(d->wanted, XN_LINK, i);
		const struct xn_model_link *before =
			xn_model_link(d->observed, after->ifindex);

		rc = before ? diff_link(d, before, after) : new_link(d, after);
	}
	count = xn_model_count(d->observed, XN_LINK);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_model_link *before =
			xn_model_at(d->observed, XN_LINK, i);

		if (!xn_model_link(d->wanted, before->ifindex))
			rc = old_link(d, before);
	}
	return rc < 0 ? rc : keep_neighbours(d);
}
