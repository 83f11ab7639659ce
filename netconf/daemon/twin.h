/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_TWIN_H
#define XN_DAEMON_TWIN_H
/*
 * The twin of a vif: a tap named vifD.N that stands for the guest in the
 * kernel's network. The daemon makes it and holds its queues, so it outlives
 * the data process. It is known by
 * its ifindex: scripts may rename it. Thread: the loop's.
 */
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "netback/vif/features.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

struct xn_twin {
	int ifindex;	      /* 0: no twin */
	uint32_t queue_count; /* of fd[] */
	int fd[XN_QUEUES_MAX];
};

/* Creates it: down, no IPv6, MAC fe:ff:ff:ff:ff:ff, no offloads, all queues
 * attached, nothing queued before it, no GSO packets above what a ring takes
 * where the kernel can be told so. -EEXIST when the name is taken. */
int xn_twin_create(struct xn_twin *twin, struct xn_nl *nl, const char *name,
		   uint32_t queues, struct xn_err *err);
/* For a frontend: as many queues as it has, its offloads. */
int xn_twin_connect(const struct xn_twin *twin, const struct xnb_frontend *fe,
		    struct xn_err *err);
/* Closes its queues; whoever else has them keeps it. */
void xn_twin_leave(struct xn_twin *twin);
/* All of them, each with its queues. Accepts twins that were not created. */
void xn_twins_destroy(struct xn_twin *twins, size_t count, struct xn_nl *nl);

#endif
