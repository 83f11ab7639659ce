/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_STORM_H
#define XSW_STORM_H
/*
 * Storm control of one port: a token bucket of frames that many others get
 * without having asked, to groups, to everybody and to unknown stations
 * together. It holds a tenth of a second, and at least what a guest sends at
 * once when it starts (ARP, neighbour discovery, MLD, DHCP).
 *
 * Thread: worker. Memory: the caller's; zeroed lets everything pass.
 */
#include <stdint.h>

#define XSW_STORM_BURST_MIN 16u /* frames */

struct xsw_storm {
	uint32_t frames;   /* a second; 0: any number */
	uint64_t credit;   /* thousandths of a frame */
	uint64_t refilled; /* ms of CLOCK_MONOTONIC */
};

/* Starts full. The rate that is set already changes nothing: who has its
 * settings repeated gains no frames. */
void xsw_storm_set(struct xsw_storm *storm, uint32_t frames);

/* Takes credit for `frames` (a bit for each, the first ones first) and returns
 * those that there was none for. A `now_ms` before the last one adds none. */
uint64_t xsw_storm_over(struct xsw_storm *storm, uint64_t frames,
			uint64_t now_ms);

#endif
