/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_AGE_H
#define XSW_AGE_H
/*
 * Time in the forwarding table: whole seconds of CLOCK_MONOTONIC, so that a
 * busy station's time is stored once a second and not once a frame. A station
 * is never aged early; it goes at most a second and one pass late.
 */
#include <stdint.h>

/* Calls of xsw_tick() in which every entry is visited once; each call visits
 * this fraction of a table. */
#define XSW_AGE_PASS_TICKS 16u
#define XSW_AGE_SLICE_MS 100u /* between them */

struct xsw_switch;
struct xsw_bridge;

/* Nobody was to be forgotten before this burst's sources. */
void xsw_age_first(struct xsw_switch *sw, struct xsw_bridge *bridge,
		   uint32_t now_s);
/* The ageing time changed: all may be due now. */
void xsw_age_changed(struct xsw_switch *sw, struct xsw_bridge *bridge);

static inline uint32_t xsw_seconds(uint64_t now_ms)
{
	return (uint32_t)(now_ms / 1000);
}

/* 0 when seen "later" than now: a caller's earlier clock reading. */
static inline uint32_t xsw_age_s(uint32_t seen_s, uint32_t now_s)
{
	uint32_t age_s = now_s - seen_s;

	return age_s > INT32_MAX ? 0 : age_s;
}

#endif
