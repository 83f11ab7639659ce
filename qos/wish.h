/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_WISH_H
#define QOS_WISH_H
/*
 * What is wanted of rates and shares, in an administrator's terms. Rates are
 * bytes of Ethernet frames a second, without preamble and check sequence.
 *
 * A vif's own limit holds towards everybody: `rate` on the average, `ceiling`
 * at any moment; `burst` is how much may go at the ceiling (or at once, without
 * one) after a pause. On an uplink that has a rate, all vifs behind it share:
 * each has its `guarantee`, what is left over is divided by `weight`, and none
 * goes beyond its `ceiling`.
 *
 * Pure values; any thread. Arrays are the caller's.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/mac.h"

#define XQ_WEIGHT_MAX 100u
#define XQ_WEIGHT_DEFAULT 10u
/* A rate that is said has a burst of this long when none is. */
#define XQ_BURST_DEFAULT_MS 50u
#define XQ_RATE_MAX 100000000000u	 /* bytes a second */
#define XQ_BURST_MAX (UINT64_C(1) << 40) /* bytes */
/* An uplink's classes are counted by 16 bits. */
#define XQ_VIFS_MAX 4096u

struct xq_limit {
	uint64_t rate;	      /* 0: no limit */
	uint64_t ceiling;     /* 0: no limit */
	uint64_t guarantee;   /* 0: a small one */
	uint64_t burst_bytes; /* 0: XQ_BURST_DEFAULT_MS */
	uint32_t weight;      /* 0: XQ_WEIGHT_DEFAULT */
};

struct xq_vif {
	char name[IFNAMSIZ]; /* its link on the host */
	/* The guest's address, by which an uplink knows its frames. Without
	 * one they share the class of all that is nobody's. */
	bool has_mac;
	struct xn_mac mac;
	char uplink[IFNAMSIZ]; /* "": none */
	struct xq_limit send, receive;
	/* What it sends beyond its own limit is dropped, by nftables, and does
	 * not wait. Of its shares of an uplink nothing changes. */
	bool police;
};

struct xq_uplink {
	char name[IFNAMSIZ];
	uint64_t send_rate, receive_rate; /* 0: that way is not shared */
};

struct xq_wish {
	const struct xq_vif *vif;
	size_t vif_count;
	const struct xq_uplink *uplink;
	size_t uplink_count;
};

#endif
