/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the kernel's disciplines, classes and filters are ours. Pure. */
#include <string.h>

#include "qos/observed.h"

const struct xn_link *xq_link_named(const struct xq_observed *observed,
				    const char *name)
{
	for (size_t i = 0; i < observed->links.count; i++)
		if (!strcmp(observed->links.link[i].name, name))
			return &observed->links.link[i];
	return NULL;
}

const struct xn_link *xq_link_at(const struct xq_observed *observed,
				 int ifindex)
{
	for (size_t i = 0; i < observed->links.count; i++)
		if (observed->links.link[i].ifindex == ifindex)
			return &observed->links.link[i];
	return NULL;
}

static bool is_own_ifb(const struct xn_link *link)
{
	return link && !strcmp(link->kind, "ifb") && xq_ifb_of(link->name);
}

const struct xn_tc_qdisc *xq_at_place(const struct xq_observed *observed,
				      int ifindex, enum xq_place place)
{
	uint32_t parent = place == XQ_PLACE_OUT ? XN_TC_ROOT : XN_TC_CLSACT;

	for (size_t i = 0; i < observed->qdiscs.count; i++) {
		const struct xn_tc_qdisc *qdisc = &observed->qdiscs.item[i];

		if (qdisc->ifindex == ifindex && qdisc->parent == parent &&
		    qdisc->handle && strcmp(qdisc->kind, "noqueue") != 0)
			return qdisc;
	}
	return NULL;
}

bool xq_is_noqueue(const struct xq_observed *observed, int ifindex)
{
	for (size_t i = 0; i < observed->qdiscs.count; i++) {
		const struct xn_tc_qdisc *qdisc = &observed->qdiscs.item[i];

		if (qdisc->ifindex == ifindex && qdisc->parent == XN_TC_ROOT)
			return qdisc->handle && !strcmp(qdisc->kind, "noqueue");
	}
	return false;
}

static bool is_own_redirect(const struct xq_observed *observed,
			    const struct xn_tc_filter *filter)
{
	return filter->known && filter->parent == XN_TC_INGRESS &&
	       filter->priority == XQ_PRIORITY &&
	       is_own_ifb(xq_link_at(observed, filter->redirect));
}

/* The table that each list of filters begins with is the kernel's. */
static bool is_kernels(const struct xn_tc_filter *filter)
{
	return filter->known && filter->divisor == 1;
}

/* Filters on a link's way in and out: ours, and others'. */
static void count_filters(const struct xq_observed *observed, int ifindex,
			  size_t *ret_own, size_t *ret_others)
{
	*ret_own = 0;
	*ret_others = 0;
	for (size_t i = 0; i < observed->filters.count; i++) {
		const struct xn_tc_filter *filter = &observed->filters.item[i];

		if (filter->ifindex != ifindex ||
		    (filter->parent != XN_TC_INGRESS &&
		     filter->parent != XN_TC_EGRESS))
			continue;
		if (is_own_redirect(observed, filter))
			(*ret_own)++;
		else if (!is_kernels(filter))
			(*ret_others)++;
	}
}

const struct xn_tc_qdisc *xq_in_the_way(const struct xq_observed *observed,
					int ifindex, enum xq_place place)
{
	const struct xn_tc_qdisc *qdisc = xq_at_place(observed, ifindex, place);
	size_t own, others;

	if (!qdisc)
		return NULL;
	if (place == XQ_PLACE_OUT)
		return xq_is_own_root(qdisc) && !strcmp(qdisc->kind, "htb")
			       ? NULL
			       : qdisc;
	if (strcmp(qdisc->kind, "clsact") != 0)
		return qdisc;
	count_filters(observed, ifindex, &own, &others);
	return own || !others ? NULL : qdisc;
}

static const struct xn_tc_qdisc *own_root(const struct xq_observed *observed,
					  int ifindex)
{
	const struct xn_tc_qdisc *root =
		xq_at_place(observed, ifindex, XQ_PLACE_OUT);

	return root && xq_is_own_root(root) && !strcmp(root->kind, "htb")
		       ? root
		       : NULL;
}

/* A clsact is ours when nothing but our filter is on it. */
static bool is_own_qdisc(const struct xq_observed *observed,
			 const struct xn_tc_qdisc *qdisc)
{
	const struct xn_tc_qdisc *root = own_root(observed, qdisc->ifindex);
	size_t own, others;

	if (!strcmp(qdisc->kind, "clsact")) {
		count_filters(observed, qdisc->ifindex, &own, &others);
		return own && !others;
	}
	if (!root || !qdisc->handle)
		return false;
	return qdisc == root || (qdisc->parent & 0xffff0000u) == root->handle;
}

static int add_own_links(const struct xq_observed *observed,
			 struct xq_state *own)
{
	int error = 0;

	for (size_t i = 0; i < observed->links.count && !error; i++) {
		const struct xn_link *link = &observed->links.link[i];
		struct xq_ifb ifb = {.ifindex = link->ifindex,
				     .of = xq_ifb_of(link->name),
				     .up = link->flags & IFF_UP};

		if (!is_own_ifb(link))
			continue;
		memcpy(ifb.name, link->name, sizeof(ifb.name));
		error = xq_state_add(own, XQ_IFB, &ifb);
	}
	return error;
}

static int add_own_rest(const struct xq_observed *observed,
			struct xq_state *own)
{
	int error = 0;

	for (size_t i = 0; i < observed->qdiscs.count && !error; i++)
		if (is_own_qdisc(observed, &observed->qdiscs.item[i]))
			error = xq_state_add(own, XQ_QDISC,
					     &observed->qdiscs.item[i]);
	for (size_t i = 0; i < observed->classes.count && !error; i++)
		if (own_root(observed, observed->classes.item[i].ifindex))
			error = xq_state_add(own, XQ_CLASS,
					     &observed->classes.item[i]);
	for (size_t i = 0; i < observed->filters.count && !error; i++) {
		const struct xn_tc_filter *filter = &observed->filters.item[i];
		const struct xn_tc_qdisc *root =
			own_root(observed, filter->ifindex);
		bool on_root = root && filter->parent == root->handle &&
			       filter->known && !is_kernels(filter) &&
			       filter->priority == XQ_PRIORITY;

		if (on_root || is_own_redirect(observed, filter))
			error = xq_state_add(own, XQ_FILTER, filter);
	}
	return error;
}

static int add_own_polices(const struct xq_observed *observed,
			   struct xq_state *own)
{
	int error = 0;

	for (size_t i = 0; i < observed->polices.count && !error; i++) {
		struct xq_police police = observed->polices.item[i];
		const struct xn_link *link =
			xq_link_named(observed, police.name);

		police.ifindex = link ? link->ifindex : 0;
		error = xq_state_add(own, XQ_POLICE, &police);
	}
	return error;
}

int xq_own(const struct xq_observed *observed, struct xq_state *ret_own)
{
	struct xq_state own = {0};
	int error = add_own_links(observed, &own);

	if (!error)
		error = add_own_rest(observed, &own);
	if (!error)
		error = add_own_polices(observed, &own);
	if (error)
		xq_state_fini(&own);
	else
		*ret_own = own;
	return error;
}
