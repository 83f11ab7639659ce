/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes in has no queue to be shaped in: it is led out through a link of
 * its own (ifb), whose queue is shaped, and comes in again behind it. Pure.
 */
#include "netconf/base/text.h"
#include "qos/build.h"

#define CLSACT_HANDLE 0xffff0000u

/* The one that is there, or a new one. */
static int add_link(struct xq_build *build, int of, int *ret_ifindex)
{
	struct xq_ifb ifb = {.of = of, .up = true};
	const struct xn_link *link;

	(void)xn_text_format(ifb.name, sizeof(ifb.name), XQ_IFB_PREFIX "%d",
			     of);
	link = xq_link_named(build->observed, ifb.name);
	ifb.ifindex = link ? link->ifindex : build->free_ifindex++;
	*ret_ifindex = ifb.ifindex;
	return xq_state_add(build->state, XQ_IFB, &ifb);
}

/* Every frame. */
static int add_redirect(const struct xq_build *build, int of, int to)
{
	const struct xn_tc_filter filter = {.ifindex = of,
					    .parent = XN_TC_INGRESS,
					    .priority = XQ_PRIORITY,
					    .known = true,
					    .key_count = 1,
					    .redirect = to};

	return xq_state_add(build->state, XQ_FILTER, &filter);
}

/* A clsact that others put filters on beside ours is theirs by now. */
static bool is_shared(const struct xq_build *build, int of)
{
	const struct xn_tc_qdisc *qdisc =
		xq_at_place(build->observed, of, XQ_PLACE_IN);

	if (!qdisc || xq_in_the_way(build->observed, of, XQ_PLACE_IN))
		return false;
	for (size_t i = 0; i < build->observed->filters.count; i++) {
		const struct xn_tc_filter *filter =
			&build->observed->filters.item[i];

		if (filter->ifindex == of && filter->divisor != 1 &&
		    (filter->parent == XN_TC_EGRESS ||
		     (filter->parent == XN_TC_INGRESS &&
		      filter->priority != XQ_PRIORITY)))
			return true;
	}
	return false;
}

int xq_add_ifb(struct xq_build *build, int of, uint32_t default_class,
	       int *ret_ifindex, uint32_t *ret_major)
{
	const struct xn_tc_qdisc clsact = {.ifindex = of,
					   .handle = CLSACT_HANDLE,
					   .parent = XN_TC_CLSACT,
					   .kind = "clsact"};
	int error = add_link(build, of, ret_ifindex);

	if (!error)
		error = xq_add_root(build, *ret_ifindex, default_class,
				    ret_major);
	if (!error && !is_shared(build, of))
		error = xq_state_add(build->state, XQ_QDISC, &clsact);
	if (!error)
		error = add_redirect(build, of, *ret_ifindex);
	return error;
}
