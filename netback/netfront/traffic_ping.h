/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_PING_H
#define XNF_TRAFFIC_PING_H
/*
 * How long a frame takes through the plane: a loop of one pair with one frame
 * under way at a time, each of which has its time from before it is written
 * into the sender's ring until it was found in the receiver's, one way.
 *
 * Between an arrival and the next frame the thread waits `interval_us`; so it
 * depends on it, and on how long either side looks for work before it sleeps,
 * what is measured: a plane that polls, or one that must be woken.
 *
 * Thread: one.
 */
#include <stdint.h>

#include "netback/netfront/traffic_loop.h"

#define XNF_PINGS_MAX 1000000u

struct xnf_ping_result {
	uint32_t count; /* that arrived in time */
	uint32_t late;	/* that did not */
	uint32_t ns_least, ns_p50, ns_p99, ns_most;
};

/* After xnf_loop_announce(), with a window and a burst of 1: as many frames as
 * loop->traffic.count says, XNF_PINGS_MAX at most. The wait for a frame spins
 * for loop->traffic.spin_us, or without end if loop->settings.spin is set,
 * and sleeps then. 0, or -EPROTO: a backend broke a ring. */
int xnf_ping_run(struct xnf_loop *loop, uint32_t interval_us,
		 struct xnf_ping_result *ret_result);

#endif
