/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two states to operations. What goes with something else is not deleted by
 * itself: all on a link with the link, all below a root with the root. Pure.
 */
#include <string.h>

#include "netconf/base/text.h"
#include "qos/plan.h"
#include "qos/rank.h"

struct diff {
	const struct xq_observed *observed;
	const struct xq_state *own, *wanted;
	struct xq_plan *plan;
};

static void name_link(const struct diff *diff, int ifindex, struct xq_op *op)
{
	const struct xn_link *link = xq_link_at(diff->observed, ifindex);
	const struct xq_state *states[] = {diff->wanted, diff->own};
	int of = 0;

	if (link)
		(void)xn_text_copy(op->link, sizeof(op->link), link->name);
	for (size_t s = 0; s < 2 && !of; s++) {
		for (size_t i = 0; i < xq_state_count(states[s], XQ_IFB); i++) {
			const struct xq_ifb *ifb =
				xq_state_at(states[s], XQ_IFB, i);

			if (ifb->ifindex != ifindex)
				continue;
			of = ifb->of;
			(void)xn_text_copy(op->link, sizeof(op->link),
					   ifb->name);
		}
	}
	link = of ? xq_link_at(diff->observed, of) : NULL;
	if (link)
		(void)xn_text_copy(op->of, sizeof(op->of), link->name);
}

static bool is_redirect(const struct xn_tc_filter *filter)
{
	return filter->parent == XN_TC_INGRESS;
}

static bool is_clsact(const struct xn_tc_qdisc *qdisc)
{
	return qdisc->parent == XN_TC_CLSACT;
}

static uint8_t rank_of_add(enum xq_noun noun, const union xq_object *object)
{
	switch (noun) {
	case XQ_IFB:
		return XQ_RANK_ADD_IFB;
	case XQ_QDISC:
		if (is_clsact(&object->qdisc))
			return XQ_RANK_ADD_CLSACT;
		return object->qdisc.parent == XN_TC_ROOT ? XQ_RANK_ADD_ROOT
							  : XQ_RANK_ADD_LEAF;
	case XQ_CLASS:
		return object->class.parent == XN_TC_ROOT ? XQ_RANK_ADD_ALL
							  : XQ_RANK_ADD_CLASS;
	case XQ_FILTER:
		if (is_redirect(&object->filter))
			return XQ_RANK_ADD_REDIRECT;
		return object->filter.divisor ? XQ_RANK_ADD_TABLE
					      : XQ_RANK_ADD_FILTER;
	case XQ_POLICE:
		return XQ_RANK_POLICE;
	case XQ_NOUNS:
		break;
	}
	return XQ_RANK_CHANGE;
}

static uint8_t rank_of_delete(enum xq_noun noun, const union xq_object *object)
{
	switch (noun) {
	case XQ_IFB:
		return XQ_RANK_DELETE_IFB;
	case XQ_QDISC:
		if (is_clsact(&object->qdisc))
			return XQ_RANK_DELETE_CLSACT;
		return object->qdisc.parent == XN_TC_ROOT ? XQ_RANK_DELETE_ROOT
							  : XQ_RANK_DELETE_LEAF;
	case XQ_CLASS:
		return object->class.parent == XN_TC_ROOT
			       ? XQ_RANK_DELETE_ALL
			       : XQ_RANK_DELETE_CLASS;
	case XQ_FILTER:
		if (is_redirect(&object->filter))
			return XQ_RANK_DELETE_REDIRECT;
		return object->filter.divisor || object->filter.link
			       ? XQ_RANK_DELETE_TABLE
			       : XQ_RANK_DELETE_FILTER;
	case XQ_POLICE:
		return XQ_RANK_POLICE;
	case XQ_NOUNS:
		break;
	}
	return XQ_RANK_CHANGE;
}

static int put(const struct diff *diff, enum xn_verb verb, enum xq_noun noun,
	       const void *before, const void *after)
{
	const void *object = after ? after : before;
	struct xq_op op = {.verb = (uint8_t)verb,
			   .noun = (uint8_t)noun,
			   .cost = XN_COST_LIVE};

	if (before)
		memcpy(&op.before, before, xq_object_bytes(noun));
	if (after)
		memcpy(&op.after, after, xq_object_bytes(noun));
	op.rank = verb == XN_ADD      ? rank_of_add(noun, &op.after)
		  : verb == XN_DELETE ? rank_of_delete(noun, &op.before)
				      : XQ_RANK_CHANGE;
	if (noun == XQ_POLICE) {
		op.rank = XQ_RANK_POLICE;
		(void)xn_text_copy(op.link, sizeof(op.link),
				   ((const struct xq_police *)object)->name);
	} else {
		name_link(diff, xq_object_ifindex(noun, object), &op);
	}
	if (verb == XN_ADD && noun == XQ_IFB)
		op.cost = XN_COST_NONE;
	else if (verb == XN_DELETE && noun != XQ_FILTER && noun != XQ_POLICE &&
		 op.rank != XQ_RANK_DELETE_CLSACT)
		op.cost = XN_COST_RESTART;
	return xq_plan_add(diff->plan, &op);
}

/* The root of that link is made anew. */
static bool is_replaced(const struct diff *diff, int ifindex)
{
	for (size_t i = 0; i < xq_state_count(diff->own, XQ_QDISC); i++) {
		const struct xn_tc_qdisc *own =
			xq_state_at(diff->own, XQ_QDISC, i);
		const struct xn_tc_qdisc *wanted;

		if (own->ifindex != ifindex || own->parent != XN_TC_ROOT)
			continue;
		wanted = xq_state_find(diff->wanted, XQ_QDISC, own);
		return wanted && xq_is_other_kind(XQ_QDISC, own, wanted);
	}
	return false;
}

static bool link_goes(const struct diff *diff, int ifindex)
{
	for (size_t i = 0; i < xq_state_count(diff->own, XQ_IFB); i++) {
		const struct xq_ifb *ifb = xq_state_at(diff->own, XQ_IFB, i);

		if (ifb->ifindex == ifindex)
			return !xq_state_find(diff->wanted, XQ_IFB, ifb);
	}
	return false;
}

static bool qdisc_goes(const struct diff *diff, int ifindex, uint32_t parent)
{
	const struct xn_tc_qdisc at = {.ifindex = ifindex, .parent = parent};

	return xq_state_find(diff->own, XQ_QDISC, &at) &&
	       !xq_state_find(diff->wanted, XQ_QDISC, &at);
}

static bool class_goes(const struct diff *diff, int ifindex, uint32_t handle)
{
	const struct xn_tc_class at = {.ifindex = ifindex, .handle = handle};

	return xq_state_find(diff->own, XQ_CLASS, &at) &&
	       !xq_state_find(diff->wanted, XQ_CLASS, &at);
}

/* Goes with something else that goes. */
static bool goes_along(const struct diff *diff, enum xq_noun noun,
		       const void *object)
{
	const struct xn_tc_filter *filter = object;
	const struct xn_tc_qdisc *qdisc = object;
	int ifindex = xq_object_ifindex(noun, object);

	if (noun == XQ_IFB || noun == XQ_POLICE)
		return false;
	if (link_goes(diff, ifindex))
		return true;
	if (noun == XQ_FILTER && is_redirect(filter))
		return false;
	if (noun == XQ_QDISC &&
	    (is_clsact(qdisc) || qdisc->parent == XN_TC_ROOT))
		return false;
	return qdisc_goes(diff, ifindex, XN_TC_ROOT) ||
	       (noun == XQ_QDISC && class_goes(diff, ifindex, qdisc->parent));
}

/* With the root that is deleted to be made anew. */
static bool is_gone(const struct diff *diff, enum xq_noun noun,
		    const void *object)
{
	const struct xn_tc_qdisc *qdisc = object;
	const struct xn_tc_filter *filter = object;

	if (noun == XQ_IFB || noun == XQ_POLICE ||
	    (noun == XQ_QDISC && is_clsact(qdisc)) ||
	    (noun == XQ_FILTER && is_redirect(filter)))
		return false;
	return is_replaced(diff, xq_object_ifindex(noun, object));
}

static int delete_first(const struct diff *diff, enum xq_noun noun,
			const void *object)
{
	int error = put(diff, XN_DELETE, noun, object, NULL);

	if (!error)
		diff->plan->op[diff->plan->count - 1].rank = XQ_RANK_CLEAR;
	return error;
}

static int put_wanted(const struct diff *diff, enum xq_noun noun,
		      const void *wanted)
{
	const void *own = xq_state_find(diff->own, noun, wanted);
	bool is_root =
		noun == XQ_QDISC &&
		((const struct xn_tc_qdisc *)wanted)->parent == XN_TC_ROOT;
	int error;

	if (own && is_gone(diff, noun, own)) {
		error = is_root ? delete_first(diff, noun, own) : 0;
		return error ? error : put(diff, XN_ADD, noun, NULL, wanted);
	}
	if (!own)
		return put(diff, XN_ADD, noun, NULL, wanted);
	if (xq_is_other_kind(noun, own, wanted)) {
		error = delete_first(diff, noun, own);
		return error ? error : put(diff, XN_ADD, noun, NULL, wanted);
	}
	if (!xq_same_settings(noun, own, wanted))
		return put(diff, XN_CHANGE, noun, own, wanted);
	return 0;
}

static int put_unwanted(const struct diff *diff, enum xq_noun noun,
			const void *own)
{
	if (xq_state_find(diff->wanted, noun, own) ||
	    goes_along(diff, noun, own) || is_gone(diff, noun, own))
		return 0;
	return put(diff, XN_DELETE, noun, own, NULL);
}

int xq_diff(const struct xq_observed *observed, const struct xq_state *own,
	    const struct xq_state *wanted, struct xq_plan *plan)
{
	const struct diff diff = {observed, own, wanted, plan};
	int error = 0;

	for (unsigned int n = 0; n < XQ_NOUNS && !error; n++) {
		enum xq_noun noun = (enum xq_noun)n;

		for (size_t i = 0; i < xq_state_count(wanted, noun) && !error;
		     i++)
			error = put_wanted(&diff, noun,
					   xq_state_at(wanted, noun, i));
		for (size_t i = 0; i < xq_state_count(own, noun) && !error; i++)
			error = put_unwanted(&diff, noun,
					     xq_state_at(own, noun, i));
	}
	return error ? error : xq_plan_sort(plan);
}
