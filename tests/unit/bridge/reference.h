/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BRIDGE_REFERENCE_H
#define TEST_BRIDGE_REFERENCE_H
/*
 * The same switch written the slow, obvious way: lists searched from end to
 * end, one frame and one port at a time, straight from the rules in
 * bridge/switch.h. test_differential.c compares the two.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bridge/switch.h"

#define REF_PORTS 16u
#define REF_BRIDGES 4u
#define REF_STATIONS 256u
#define REF_GROUPS 8u

enum ref_kind {
	REF_LEARNED,
	REF_OUTSIDE,
	REF_FIXED,
};

struct ref_station {
	bool used;
	enum ref_kind kind;
	uint16_t bridge;
	uint16_t port; /* when learned */
	uint32_t seen_s;
	uint64_t order; /* later on this port: higher */
	struct xn_mac mac;
};

struct ref_group {
	bool used;
	struct xn_mac mac;
};

struct ref_switch {
	uint32_t entries_max; /* per bridge */
	uint64_t ageing_ms[REF_BRIDGES];
	bool port_set[REF_PORTS];
	struct xsw_port_config port[REF_PORTS];
	struct xsw_policy policy[REF_PORTS]; /* `guard` is off */
	struct ref_group group[REF_PORTS][REF_GROUPS];
	uint64_t storm_credit[REF_PORTS]; /* thousandths of a frame */
	uint64_t storm_ms[REF_PORTS];
	uint64_t order;
	uint32_t evicted; /* how often */
	struct ref_station station[REF_STATIONS];
};

struct ref_decision {
	enum xsw_drop drop;
	bool to_twin;
	bool to_port[REF_PORTS];
};

void ref_init(struct ref_switch *ref, uint32_t entries_max);
void ref_port_set(struct ref_switch *ref, uint16_t port,
		  const struct xsw_port_config *config);
void ref_port_clear(struct ref_switch *ref, uint16_t port);
void ref_policy_set(struct ref_switch *ref, uint16_t port,
		    const struct xsw_policy *policy);
/* At most REF_GROUPS different ones for a port. */
void ref_group_add(struct ref_switch *ref, uint16_t port,
		   const struct xn_mac *group);
void ref_group_del(struct ref_switch *ref, uint16_t port,
		   const struct xn_mac *group);
/* 0, -EINVAL or -ENOSPC. */
int ref_outside_add(struct ref_switch *ref, uint16_t bridge,
		    const struct xn_mac *mac, enum ref_kind kind);
void ref_outside_del(struct ref_switch *ref, uint16_t bridge,
		     const struct xn_mac *mac);
/* Reads the caller's part of the batch; one decision for each frame. */
void ref_forward(struct ref_switch *ref, const struct xsw_batch *batch,
		 uint64_t now_ms, struct ref_decision *ret);
/* A whole pass. */
void ref_age(struct ref_switch *ref, uint64_t now_ms);
/* NULL: not known. */
struct ref_station *ref_find(struct ref_switch *ref, uint16_t bridge,
			     const struct xn_mac *mac);

#endif
