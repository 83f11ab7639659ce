/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_GUEST_PUMP_H
#define XNF_GUEST_PUMP_H
/*
 * The data path of the simulated guest: one thread for each queue moves
 * frames between a tap queue and the rings, as a network driver does: bursts
 * both ways, then arm, look again, sleep. A full transmit ring leaves frames
 * in the tap, whose queue then holds back or drops as any interface's.
 *
 * Thread: started and stopped by the control thread; everything else is its
 * own. Descriptors and the queue stay the caller's.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/guest_groups.h"
#include "netback/netfront/hash.h"
#include "netback/netfront/queue.h"
#include "netconf/base/reads.h"
#include "netconf/base/spin.h"

/* Frames that went nowhere; the rings have statistics of their own. */
struct xnf_pump_stats {
	uint64_t tap_refused;	  /* the tap took no frame (it is down) */
	uint64_t bad_offload_in;  /* the backend's metadata does not fit */
	uint64_t bad_offload_out; /* the kernel's */
	/* Received frames whose hash was looked at. */
	uint64_t hash_right, hash_missing, hash_wrong;
};

struct xnf_pump {
	/* Filled by the caller. */
	struct xnf_queue *queue;
	uint32_t index;		     /* the queue's number */
	const struct xnf_hash *hash; /* NULL: none is asked for */
	struct xnf_groups *groups;   /* NULL: none are registered here */
	struct xn_spin spin;	     /* xn_spin_init() done */
	int tap_fd;		     /* non-blocking, with virtio_net_hdr */
	int fault_fd; /* an eventfd, written once when the backend broke a
		       * ring (xnf_queue_fault()) or the event channels are
		       * gone; the thread is over then */

	/* The pump's. */
	pthread_t thread;
	int wake_fd;
	int rings_fd, all_fd; /* epoll: without the tap, with it */
	uint32_t unasked;     /* bursts since it was asked */
	struct xn_reads reads;
	atomic_bool stopping;
	bool tap_ready; /* may have frames */
	bool tap_gone;	/* somebody deleted the interface */
	bool tx_short;	/* frames wait for room in the ring */
	struct xnf_pump_stats stats;
};

/* 0 or -errno. */
int xnf_pump_start(struct xnf_pump *pump);
/* There may be requests for groups to make. */
void xnf_pump_wake(struct xnf_pump *pump);
/* The thread is over when this returns. */
void xnf_pump_stop(struct xnf_pump *pump);

#endif
