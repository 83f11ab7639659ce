/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_BUILD_H
#define QOS_BUILD_H
/*
 * The wanted state, mechanism by mechanism. For qos/ only. Pure.
 */
#include "qos/observed.h"
#include "qos/wish.h"

/* What is being built, and upon what. */
struct xq_build {
	const struct xq_observed *observed;
	struct xq_state *state;
	int free_ifindex; /* for the next new link */
};

/* Numbers (htb.c). */
struct xq_pace {
	uint64_t rate, ceil;		    /* bytes a second, neither is 0 */
	uint64_t burst_bytes, cburst_bytes; /* 0: none but a frame */
};
/* How long the bucket lasts at the rate, in the kernel's ticks. */
uint32_t xq_ticks(uint64_t bytes, uint64_t rate);
/* Back to bytes, for people. */
uint64_t xq_ticks_bytes(uint32_t ticks, uint64_t rate);
/* What the rate moves in a time. */
uint64_t xq_bytes_in_ms(uint64_t rate, uint32_t ms);
/* bytes * rate / of_rate */
uint64_t xq_part(uint64_t bytes, uint64_t rate, uint64_t of_rate);
/* A bucket holds at least a frame of the link. */
uint64_t xq_frame_bytes(const struct xn_link *link);
struct xn_tc_class xq_class(int ifindex, uint32_t handle, uint32_t parent,
			    const struct xq_pace *pace);

/* The discipline of HTB at the link's root. ret_major: of its classes. */
int xq_add_root(const struct xq_build *build, int ifindex,
		uint32_t default_class, uint32_t *ret_major);
/* The discipline in a class, where its frames wait: for 100 ms at the rate,
 * and at least for two of the largest. */
int xq_add_leaf(const struct xq_build *build, const struct xn_tc_class *class);
/* The link that takes what comes in at `of`, the root on it, and the filter
 * that leads there; *ret_ifindex, *ret_major: to build classes on. */
int xq_add_ifb(struct xq_build *build, int of, uint32_t default_class,
	       int *ret_ifindex, uint32_t *ret_major);

/* What the vif sends, dropped beyond its limits (police.c). */
int xq_add_police(const struct xq_build *build, const struct xn_link *link,
		  const struct xq_limit *limit, const struct xq_pace *pace);

/* A vif's own limits, both ways (limit.c). */
int xq_build_limits(struct xq_build *build, const struct xq_vif *vif,
		    const struct xn_link *link);
bool xq_is_limited(const struct xq_limit *limit);

/* An uplink's shares, both ways (tree.c). -EINVAL: more is guaranteed than
 * there is, or to a vif whose frames are not known. */
int xq_build_trees(struct xq_build *build, const struct xq_wish *wish,
		   const struct xq_uplink *uplink, const struct xn_link *link,
		   struct xn_err *err);

#endif
