/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/qos/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

struct xq_observed kernel;
struct xn_err err;

static uint32_t next_handle;

static void *grow(void *items, size_t count, size_t bytes)
{
	void *more = reallocarray(items, count + 1, bytes);

	assert_non_null(more);
	memset((char *)more + count * bytes, 0, bytes);
	return more;
}

static void cut(void *items, size_t *count, size_t bytes, size_t place)
{
	char *at = (char *)items + place * bytes;

	memmove(at, at + bytes, (*count - place - 1) * bytes);
	(*count)--;
}

void add_link(int ifindex, const char *name, const char *kind)
{
	struct xn_link *link;

	kernel.links.link =
		grow(kernel.links.link, kernel.links.count, sizeof(*link));
	link = &kernel.links.link[kernel.links.count++];
	link->ifindex = ifindex;
	link->mtu = 1500;
	(void)xn_text_copy(link->name, sizeof(link->name), name);
	(void)xn_text_copy(link->kind, sizeof(link->kind), kind);
}

static struct xn_tc_qdisc *new_qdisc(void)
{
	kernel.qdiscs.item = grow(kernel.qdiscs.item, kernel.qdiscs.count,
				  sizeof(struct xn_tc_qdisc));
	return &kernel.qdiscs.item[kernel.qdiscs.count++];
}

void add_qdisc(int ifindex, uint32_t handle, uint32_t parent, const char *kind)
{
	struct xn_tc_qdisc *qdisc = new_qdisc();

	qdisc->ifindex = ifindex;
	qdisc->handle = handle;
	qdisc->parent = parent;
	(void)xn_text_copy(qdisc->kind, sizeof(qdisc->kind), kind);
}

void add_filter(const struct xn_tc_filter *filter)
{
	struct xn_tc_filter *place;

	kernel.filters.item =
		grow(kernel.filters.item, kernel.filters.count, sizeof(*place));
	place = &kernel.filters.item[kernel.filters.count++];
	*place = *filter;
	if (!filter->handle)
		place->handle = ++next_handle;
}

int boot(void **state)
{
	(void)state;
	err = (struct xn_err){0};
	next_handle = 0x80000800;
	add_link(10, "vif1.0", "tun");
	add_link(11, "vif2.0", "tun");
	add_link(12, "eth0", "");
	return 0;
}

int halt(void **state)
{
	(void)state;
	xq_observed_fini(&kernel);
	return 0;
}

static struct xn_tc_qdisc *qdisc_at(int ifindex, uint32_t parent)
{
	for (size_t i = 0; i < kernel.qdiscs.count; i++)
		if (kernel.qdiscs.item[i].ifindex == ifindex &&
		    kernel.qdiscs.item[i].parent == parent)
			return &kernel.qdiscs.item[i];
	return NULL;
}

static struct xn_tc_class *class_of(int ifindex, uint32_t handle)
{
	for (size_t i = 0; i < kernel.classes.count; i++)
		if (kernel.classes.item[i].ifindex == ifindex &&
		    kernel.classes.item[i].handle == handle)
			return &kernel.classes.item[i];
	return NULL;
}

const struct xn_tc_class *class_at(int ifindex, uint32_t minor)
{
	const struct xn_tc_qdisc *root = qdisc_at(ifindex, XN_TC_ROOT);

	return root ? class_of(ifindex, root->handle | minor) : NULL;
}

size_t count_objects(void)
{
	return kernel.links.count - 3 + kernel.qdiscs.count +
	       kernel.classes.count + kernel.filters.count +
	       kernel.polices.count;
}

/* Of one link: what `which` says; parent 0: all. */
static void drop_below(int ifindex, bool only_in)
{
	bool in;

	for (size_t i = kernel.qdiscs.count; i-- > 0;) {
		in = kernel.qdiscs.item[i].parent == XN_TC_CLSACT;
		if (kernel.qdiscs.item[i].ifindex == ifindex && in == only_in)
			cut(kernel.qdiscs.item, &kernel.qdiscs.count,
			    sizeof(struct xn_tc_qdisc), i);
	}
	for (size_t i = kernel.filters.count; i-- > 0;) {
		in = kernel.filters.item[i].parent >= XN_TC_CLSACT;
		if (kernel.filters.item[i].ifindex == ifindex && in == only_in)
			cut(kernel.filters.item, &kernel.filters.count,
			    sizeof(struct xn_tc_filter), i);
	}
	for (size_t i = kernel.classes.count; i-- > 0 && !only_in;)
		if (kernel.classes.item[i].ifindex == ifindex)
			cut(kernel.classes.item, &kernel.classes.count,
			    sizeof(struct xn_tc_class), i);
}

static const char *do_ifb(const struct xq_op *op)
{
	const struct xq_ifb *ifb =
		op->verb == XN_DELETE ? &op->before.ifb : &op->after.ifb;

	if (op->verb == XN_ADD) {
		if (xq_link_at(&kernel, ifb->ifindex) ||
		    xq_link_named(&kernel, ifb->name))
			return "a link twice";
		add_link(ifb->ifindex, ifb->name, "ifb");
		kernel.links.link[kernel.links.count - 1].flags = IFF_UP;
		return NULL;
	}
	for (size_t i = 0; i < kernel.links.count; i++) {
		if (kernel.links.link[i].ifindex != ifb->ifindex)
			continue;
		if (op->verb == XN_CHANGE) {
			kernel.links.link[i].flags |= IFF_UP;
			return NULL;
		}
		cut(kernel.links.link, &kernel.links.count,
		    sizeof(struct xn_link), i);
		drop_below(ifb->ifindex, true);
		drop_below(ifb->ifindex, false);
		return NULL;
	}
	return "no such ifb";
}

static const char *delete_qdisc(const struct xn_tc_qdisc *qdisc)
{
	bool in = qdisc->parent == XN_TC_CLSACT;
	struct xn_tc_qdisc *found = qdisc_at(qdisc->ifindex, qdisc->parent);

	if (!found || found->handle != qdisc->handle)
		return "no such discipline";
	if (in || qdisc->parent == XN_TC_ROOT)
		drop_below(qdisc->ifindex, in);
	else
		cut(kernel.qdiscs.item, &kernel.qdiscs.count,
		    sizeof(struct xn_tc_qdisc),
		    (size_t)(found - kernel.qdiscs.item));
	if (qdisc->handle == XQ_MAJOR_NOQUEUE)
		add_qdisc(qdisc->ifindex, 0x91230000, XN_TC_ROOT, "noqueue");
	return NULL;
}

static const char *do_qdisc(const struct xq_op *op)
{
	const struct xn_tc_qdisc *qdisc = &op->after.qdisc;
	struct xn_tc_qdisc *found;

	if (op->verb == XN_DELETE)
		return delete_qdisc(&op->before.qdisc);
	found = qdisc_at(qdisc->ifindex, qdisc->parent);
	if (op->verb == XN_CHANGE) {
		if (!found || found->handle != qdisc->handle)
			return "no such discipline to change";
		*found = *qdisc;
		return NULL;
	}
	if (found && found->handle && strcmp(found->kind, "noqueue") != 0 &&
	    qdisc->parent != XN_TC_CLSACT)
		return "a discipline is there";
	if (qdisc->parent < XN_TC_CLSACT &&
	    !class_of(qdisc->ifindex, qdisc->parent))
		return "a leaf without its class";
	if (!xq_link_at(&kernel, qdisc->ifindex))
		return "a discipline without its link";
	if (found)
		*found = *qdisc;
	else
		*new_qdisc() = *qdisc;
	return NULL;
}

static bool is_named(const struct xn_tc_class *class)
{
	for (size_t i = 0; i < kernel.filters.count; i++)
		if (kernel.filters.item[i].ifindex == class->ifindex &&
		    kernel.filters.item[i].class_handle == class->handle)
			return true;
	for (size_t i = 0; i < kernel.classes.count; i++)
		if (kernel.classes.item[i].ifindex == class->ifindex &&
		    kernel.classes.item[i].parent == class->handle)
			return true;
	return false;
}

static const char *delete_class(const struct xn_tc_class *class)
{
	struct xn_tc_class *found = class_of(class->ifindex, class->handle);
	struct xn_tc_qdisc *leaf = qdisc_at(class->ifindex, class->handle);

	if (!found)
		return "no such class";
	if (is_named(class))
		return "a class that is in use";
	if (leaf)
		cut(kernel.qdiscs.item, &kernel.qdiscs.count,
		    sizeof(struct xn_tc_qdisc),
		    (size_t)(leaf - kernel.qdiscs.item));
	cut(kernel.classes.item, &kernel.classes.count,
	    sizeof(struct xn_tc_class), (size_t)(found - kernel.classes.item));
	return NULL;
}

static const char *do_class(const struct xq_op *op)
{
	const struct xn_tc_class *class = &op->after.class;
	struct xn_tc_class *found;
	struct xn_tc_qdisc *root;

	if (op->verb == XN_DELETE)
		return delete_class(&op->before.class);
	found = class_of(class->ifindex, class->handle);
	root = qdisc_at(class->ifindex, XN_TC_ROOT);
	if (!root || root->handle != (class->handle & 0xffff0000u))
		return "a class without its discipline";
	if (class->parent != XN_TC_ROOT &&
	    !class_of(class->ifindex, class->parent))
		return "a class without its parent";
	if (!class->rate || class->rate > class->ceil)
		return "a class's rate";
	if ((op->verb == XN_ADD) == (found != NULL))
		return "a class twice, or not there";
	if (!found) {
		kernel.classes.item =
			grow(kernel.classes.item, kernel.classes.count,
			     sizeof(*found));
		found = &kernel.classes.item[kernel.classes.count++];
	}
	*found = *class;
	return NULL;
}

static const char *do_filter(const struct xq_op *op)
{
	const struct xn_tc_filter *filter = &op->after.filter;

	if (op->verb == XN_DELETE) {
		for (size_t i = 0; i < kernel.filters.count; i++) {
			if (kernel.filters.item[i].ifindex !=
				    op->before.filter.ifindex ||
			    kernel.filters.item[i].handle !=
				    op->before.filter.handle)
				continue;
			cut(kernel.filters.item, &kernel.filters.count,
			    sizeof(*filter), i);
			return NULL;
		}
		return "no such filter";
	}
	if (filter->redirect && !xq_link_at(&kernel, filter->redirect))
		return "a redirection to nowhere";
	if (filter->redirect && !qdisc_at(filter->redirect, XN_TC_ROOT))
		return "a redirection before the shaper stands";
	if (filter->class_handle &&
	    !class_of(filter->ifindex, filter->class_handle))
		return "a filter to no class";
	if (filter->parent == XN_TC_INGRESS &&
	    !qdisc_at(filter->ifindex, XN_TC_CLSACT))
		return "a filter without its clsact";
	add_filter(filter);
	return NULL;
}

static const char *do_police(const struct xq_op *op)
{
	struct xq_polices *polices = &kernel.polices;
	struct xq_police *found = xq_police_named(polices, op->link);

	if ((op->verb == XN_ADD) == (found != NULL))
		return "a chain twice, or not there";
	if (op->verb == XN_DELETE) {
		cut(polices->item, &polices->count, sizeof(*found),
		    (size_t)(found - polices->item));
		return NULL;
	}
	if (!xq_link_named(&kernel, op->after.police.name))
		return "a chain without its link";
	if (!found) {
		polices->item =
			grow(polices->item, polices->count, sizeof(*found));
		found = &polices->item[polices->count++];
	}
	*found = op->after.police;
	return NULL;
}

const char *do_plan(const struct xq_plan *plan)
{
	const char *why = NULL;

	for (size_t i = 0; i < plan->count && !why; i++) {
		const struct xq_op *op = &plan->op[i];

		switch ((enum xq_noun)op->noun) {
		case XQ_IFB:
			why = do_ifb(op);
			break;
		case XQ_QDISC:
			why = do_qdisc(op);
			break;
		case XQ_CLASS:
			why = do_class(op);
			break;
		case XQ_FILTER:
			why = do_filter(op);
			break;
		case XQ_POLICE:
			why = do_police(op);
			break;
		case XQ_NOUNS:
			why = "no noun";
			break;
		}
	}
	return why;
}

size_t bring_about(const struct xq_wish *wish)
{
	const struct xq_told told = {.take = false};
	struct xq_plan plan = {0};
	const char *why;
	size_t count;

	if (xq_plan_make(&kernel, wish, &told, &plan, &err))
		fail_msg("%s", xn_err_text(&err));
	why = do_plan(&plan);
	if (why)
		fail_msg("%s", why);
	count = plan.count;
	xq_plan_fini(&plan);
	return count;
}
