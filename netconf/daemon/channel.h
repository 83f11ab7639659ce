/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_CHANNEL_H
#define XN_DAEMON_CHANNEL_H
/*
 * The event channels of a connected vif: one descriptor, restricted to the
 * guest's domain, with the ports of all queues, and of the control ring, bound
 * on it. The daemon keeps
 * it for as long as the connection lasts: while it is open the ports stay
 * bound and events of the gap between two data processes stay queued.
 * Thread: the loop's.
 */
#include <stdint.h>

#include "netback/vif/features.h"
#include "netconf/base/err.h"

struct xn_channel;

/* Caller owns *ret_channel. -errno of the bind: the guest named a port that
 * is not its to offer, or has closed it. */
int xn_channel_open(uint32_t domid, const struct xnb_frontend *fe,
		    struct xn_channel **ret_channel, struct xn_err *err);
/* One that was opened before, by another process: its descriptor, which is
 * taken in any case, and what is bound on it. */
int xn_channel_adopt(int take_fd, uint32_t queue_count,
		     const uint32_t (*ports)[2], uint32_t ctrl_port,
		     struct xn_channel **ret_channel, struct xn_err *err);
void xn_channel_close(struct xn_channel *channel); /* accepts NULL */

int xn_channel_fd(const struct xn_channel *channel);
/* Of the control ring; 0: the frontend has none. */
uint32_t xn_channel_ctrl_port(const struct xn_channel *channel);
/* The local ports of a queue; equal for a single channel. */
void xn_channel_ports(const struct xn_channel *channel, uint32_t queue,
		      uint32_t *ret_tx, uint32_t *ret_rx);

#endif
