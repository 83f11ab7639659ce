/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vif's own limits: one class of HTB on the vif for what the guest receives,
 * and one on an ifb for what it sends. A class without a parent cannot borrow:
 * it goes at its ceil while the bucket of its rate lasts, then at its rate.
 * Or what it sends is policed, without any class.
 * Pure.
 */
#include "qos/build.h"

/* A ceiling's own bucket only bridges the time between two looks at it. */
#define CEILING_MS 2u

bool xq_is_limited(const struct xq_limit *limit)
{
	return limit->rate || limit->ceiling;
}

static uint64_t at_least(uint64_t bytes, uint64_t least)
{
	return bytes > least ? bytes : least;
}

static struct xq_pace pace_of(const struct xq_limit *limit, uint64_t frame)
{
	struct xq_pace pace = {
		.rate = limit->rate ? limit->rate : limit->ceiling,
		.ceil = limit->ceiling ? limit->ceiling : limit->rate,
		.burst_bytes = limit->burst_bytes,
	};
	uint64_t ceiling_bytes = xq_bytes_in_ms(pace.ceil, CEILING_MS);

	if (!pace.burst_bytes && limit->rate)
		pace.burst_bytes =
			xq_bytes_in_ms(pace.rate, XQ_BURST_DEFAULT_MS);
	if (!limit->rate)
		pace.burst_bytes = ceiling_bytes;
	pace.burst_bytes = at_least(pace.burst_bytes, frame);
	pace.cburst_bytes = limit->ceiling ? at_least(ceiling_bytes, frame)
					   : pace.burst_bytes;
	return pace;
}

static int add_class(const struct xq_build *build, int ifindex, uint32_t major,
		     const struct xq_pace *pace)
{
	struct xn_tc_class class =
		xq_class(ifindex, major | XQ_CLASS_ALL, XN_TC_ROOT, pace);
	int error = xq_state_add(build->state, XQ_CLASS, &class);

	return error ? error : xq_add_leaf(build, &class);
}

int xq_build_limits(struct xq_build *build, const struct xq_vif *vif,
		    const struct xn_link *link)
{
	uint64_t frame = xq_frame_bytes(link);
	struct xq_pace pace;
	uint32_t major;
	int ifindex;
	int error = 0;

	if (xq_is_limited(&vif->receive)) {
		pace = pace_of(&vif->receive, frame);
		error = xq_add_root(build, link->ifindex, XQ_CLASS_ALL, &major);
		if (!error)
			error = add_class(build, link->ifindex, major, &pace);
	}
	if (xq_is_limited(&vif->send) && !error) {
		pace = pace_of(&vif->send, frame);
		if (vif->police)
			return xq_add_police(build, link, &vif->send, &pace);
		error = xq_add_ifb(build, link->ifindex, XQ_CLASS_ALL, &ifindex,
				   &major);
		if (!error)
			error = add_class(build, ifindex, major, &pace);
	}
	return error;
}
