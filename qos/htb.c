/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTB in the kernel's units; roots and leaves. Pure. */
#include <string.h>

#include "netconf/base/text.h"
#include "qos/build.h"

#define NS_PER_S 1000000000u
#define TICK_NS 64u
#define ETHERNET_BYTES 14u
#define LARGEST_FRAME_BYTES 65536u /* before segmentation */
#define LEAF_MS 100u
/* Of RFC 8289: the delay that is always allowed, and the time in which it must
 * once have been met; a slow link needs the time of a frame. */
#define TARGET_US 5000u
#define INTERVAL_US 100000u

/* For products of bytes and nanoseconds. */
typedef unsigned __int128 wide;

uint32_t xq_ticks(uint64_t bytes, uint64_t rate)
{
	wide ns = ((wide)bytes * NS_PER_S + rate - 1) / rate;
	wide ticks = (ns + TICK_NS - 1) / TICK_NS;

	return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

uint64_t xq_ticks_bytes(uint32_t ticks, uint64_t rate)
{
	wide bytes = (wide)ticks * TICK_NS * rate / NS_PER_S;

	return bytes < UINT64_MAX ? (uint64_t)bytes : UINT64_MAX;
}

uint64_t xq_bytes_in_ms(uint64_t rate, uint32_t ms)
{
	return rate / 1000u * ms + rate % 1000u * ms / 1000u;
}

uint64_t xq_part(uint64_t bytes, uint64_t rate, uint64_t of_rate)
{
	wide part = (wide)bytes * rate / of_rate;

	return part < UINT64_MAX ? (uint64_t)part : UINT64_MAX;
}

uint64_t xq_frame_bytes(const struct xn_link *link)
{
	return (uint64_t)link->mtu + ETHERNET_BYTES;
}

struct xn_tc_class xq_class(int ifindex, uint32_t handle, uint32_t parent,
			    const struct xq_pace *pace)
{
	return (struct xn_tc_class){
		.ifindex = ifindex,
		.handle = handle,
		.parent = parent,
		.htb = true,
		.rate = pace->rate,
		.ceil = pace->ceil,
		.burst_ticks = xq_ticks(pace->burst_bytes, pace->rate),
		.cburst_ticks = xq_ticks(pace->cburst_bytes, pace->ceil),
		.quantum_bytes = LARGEST_FRAME_BYTES,
	};
}

/* Its number remembers what was there before, see state.h. */
static uint32_t major_of(const struct xq_build *build, int ifindex)
{
	const struct xn_tc_qdisc *root =
		xq_at_place(build->observed, ifindex, XQ_PLACE_OUT);

	if (root && xq_is_own_root(root))
		return root->handle;
	return xq_is_noqueue(build->observed, ifindex) ? XQ_MAJOR_NOQUEUE
						       : XQ_MAJOR_DEFAULT;
}

int xq_add_root(const struct xq_build *build, int ifindex,
		uint32_t default_class, uint32_t *ret_major)
{
	struct xn_tc_qdisc root = {.ifindex = ifindex,
				   .handle = major_of(build, ifindex),
				   .parent = XN_TC_ROOT,
				   .kind = "htb",
				   .default_class = default_class};

	*ret_major = root.handle;
	return xq_state_add(build->state, XQ_QDISC, &root);
}

int xq_add_leaf(const struct xq_build *build, const struct xn_tc_class *class)
{
	uint32_t minor = class->handle & 0xffffu;
	uint64_t limit = xq_bytes_in_ms(class->ceil, LEAF_MS);
	uint64_t frame_us = UINT64_C(1514) * 1500000u / class->ceil;
	struct xn_tc_qdisc leaf = {.ifindex = class->ifindex,
				   .handle = (XQ_LEAF_BASE + minor) << 16,
				   .parent = class->handle};

	if (build->observed->has_fq_codel) {
		(void)xn_text_copy(leaf.kind, sizeof(leaf.kind), "fq_codel");
		if (frame_us > UINT32_MAX / 16)
			frame_us = UINT32_MAX / 16;
		leaf.target_us =
			frame_us > TARGET_US ? (uint32_t)frame_us : TARGET_US;
		leaf.interval_us = INTERVAL_US + leaf.target_us - TARGET_US;
	} else {
		(void)xn_text_copy(leaf.kind, sizeof(leaf.kind), "bfifo");
		if (limit < (uint64_t)2 * LARGEST_FRAME_BYTES)
			limit = (uint64_t)2 * LARGEST_FRAME_BYTES;
		leaf.limit_bytes =
			limit < INT32_MAX ? (uint32_t)limit : INT32_MAX;
	}
	return xq_state_add(build->state, XQ_QDISC, &leaf);
}
