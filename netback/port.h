/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_PORT_H
#define XNB_PORT_H
/*
 * The data side of a vif: its mapped rings, event channels, redo log, taps,
 * egress queues, and what it asked for through its control ring. Its number is
 * the vif's slot and its port in the switch. What is shared with the guest is
 * reached through ring/ only.
 *
 * Thread: the worker that has the port; what says so is under its lease, and
 * whoever holds that may use it (crew.h). Memory: the crew's table; nothing is
 * allocated on attach but what Xen's libraries do themselves.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "netback/message.h"
#include "netback/pool.h"
#include "netback/rate.h"
#include "netback/ring/ctrl.h"
#include "netback/ring/rx_fill.h"
#include "netback/ring/tx_parse.h"
#include "netback/toeplitz.h"
#include "netconf/base/reads.h"

enum xnb_port_state {
	XNB_PORT_FREE,	  /* nothing in here is valid */
	XNB_PORT_LIVE,	  /* everything may be used */
	XNB_PORT_FAULTED, /* mapped still, but its rings, channels and taps are
			   * not touched until VIF_DEL; no frame is queued */
};

#define XNB_SENDERS 64u

struct xnb_port;
struct xnb_worker;

/* Frames that wait for the guest to post buffers, oldest first. */
struct xnb_egress {
	struct xnb_packet *first;
	struct xnb_packet **last; /* where the next one is linked */
};

struct xnb_queue {
	struct xnb_port *port;
	uint32_t index;
	struct xnb_tx_ring tx;
	struct xnb_rx_ring rx;
	uint32_t tx_port, rx_port; /* event channels; equal: a single one */
	void *tx_page, *rx_page;
	int tap_fd;
	bool tap_polled; /* epoll reports when the tap is readable */
	bool tap_large;	 /* the last frame from it was longer than a page */
	struct xn_reads tap_reads;

	bool tx_masked; /* event taken, channel not yet unmasked */
	bool rx_masked;

	/* Towards the guest, like `rx`: under the lease. */
	struct xnb_egress egress;
	/* The ring had no room for a frame: later ones may not overtake it,
	 * they go to the egress queue until that is empty. Always, while the
	 * vif has a rate to receive at. */
	bool ring_short;
	TAILQ_ENTRY(xnb_queue) linger_link;
	bool lingers; /* is looked at without an event (linger.c) */
	TAILQ_ENTRY(xnb_queue) silent_link;
	bool silent; /* waits for a guest that does not tell: timer */
	/* While frames wait (stall.c). */
	TAILQ_ENTRY(xnb_queue) held_link;
	bool held;	      /* in a list */
	uint64_t held_ms;     /* when they began to, or one was taken */
	uint32_t stall_slots; /* of a stalled queue: what it lacked */

	bool unpublished; /* in the worker's list: has answers for its guest */

	/* Within one burst; under the lease. */
	bool touched;  /* has reserved slots, or late frames */
	uint64_t late; /* frames of the burst to be queued after the copy */
};
TAILQ_HEAD(xnb_queue_list, xnb_queue);

struct xnb_port {
	enum xnb_port_state state; /* leaves LIVE under the lease */
	/* Another worker found its rings broken: XN_DL_FAULT_..., or 0. Under
	 * the lease, like the state: its own worker ends it. */
	uint32_t broken, broken_queue;
	struct xnb_worker *worker; /* changed in pauses */
	uint32_t slot;
	uint32_t generation;
	struct xnb_owner owner; /* its domid, and its rings' grants */
	uint32_t frontend;	/* XN_DL_FE_... in force */
	xenevtchn_handle *event;
	struct xnb_redo *redo;
	size_t redo_bytes;
	struct xn_vif_counters *counters;

	/* From PORT. Until one comes without `hold`, the guest's frames stay
	 * in the ring: nobody has said where they may go. */
	bool taking;
	/* One has come, and so has POLICY, which is sent before it: until then
	 * the twin's frames wait in it. */
	bool placed;
	bool twin_up;
	uint32_t mtu;
	uint32_t bridge; /* or XN_DL_NO_BRIDGE */

	/* From POLICY. */
	struct xnb_rate rate;
	struct xnb_rate receive; /* its credit is its worker's (shape.c) */
	uint32_t shape_chunks;	 /* of guests' that may wait */
	bool mcast_control;	 /* no groups but those that it registered */
	bool acl;		 /* an access list */
	bool picky; /* one of the two: frames are to be looked at */

	/* Scheduling (schedule.c). Sets of queues: a bit each. */
	TAILQ_ENTRY(xnb_port) ready_link;
	uint32_t ready;	      /* have something to do; else in no list */
	uint32_t turn;	      /* the queue behind the last that sent */
	int64_t credit;	      /* bytes; deficit round robin */
	uint32_t frames_left; /* to send in this turn */
	uint32_t drain_left;  /* waiting frames to hand over in this turn */
	TAILQ_ENTRY(xnb_port) parked_link;
	uint32_t parked; /* wait for the rate; else in no list */
	uint64_t due_us; /* until then */
	TAILQ_ENTRY(xnb_port) shaped_link;
	uint32_t shaped; /* wait for what it may receive; else in no list */
	uint64_t shaped_due_us; /* until then */
	uint64_t tap_round;	/* of the worker's, in which taps were read */
	uint32_t tap_left;	/* frames to read from them in it */

	/* Set of queues (stall.c); any: nothing is queued. Under the lease. */
	uint32_t stalled;
	bool stall_told; /* what control knows */

	/* What its control ring is for (ctrl_port.c). */
	struct xnb_ctrl ctrl;
	void *ctrl_page;
	uint32_t ctrl_port;	  /* event channel */
	bool ctrl_ready;	  /* something may wait in the ring */
	bool ctrl_masked;	  /* event taken, channel not yet unmasked */
	struct xnb_grants grants; /* changed under the lease */
	struct xnb_toeplitz toeplitz; /* of what it is sent; likewise */

	uint64_t work; /* that its worker had with it (balance.c) */

	/* Under the lease. */
	uint32_t egress_chunks; /* of all queues */
	/* Of them, by sender (egress.c); the last: from the twin. */
	uint32_t held_from[XNB_SENDERS + 1];
	uint32_t queue_count;
	struct xnb_queue queue[XN_QUEUES_MAX];
};
TAILQ_HEAD(xnb_port_list, xnb_port);

static inline struct xnb_port *xnb_port_of(struct xnb_owner *owner)
{
	return (struct xnb_port *)(void *)((char *)owner -
					   offsetof(struct xnb_port, owner));
}

static inline const struct xnb_port *
xnb_port_of_const(const struct xnb_owner *owner)
{
	return (const struct xnb_port *)(const void *)((const char *)owner -
						       offsetof(struct xnb_port,
								owner));
}

/* Maps rings and log, adopts channels and taps, checks the indices. The
 * port must be FREE and is LIVE afterwards. The command's descriptors are
 * consumed, also on failure: -EINVAL, -EPROTO (the indices or the log
 * contradict each other) or what mapping met; the port is FREE then. */
int xnb_port_attach(struct xnb_port *port, struct xnb_command *take_command,
		    xengnttab_handle *gnttab, struct xn_vif_counters *counters);
/* Unmaps and closes everything. The port must be out of every list and its
 * egress queues empty; it is FREE afterwards. */
void xnb_port_detach(struct xnb_port *port, xengnttab_handle *gnttab);

/* Notifies and counts. */
void xnb_port_notify(struct xnb_port *port, uint32_t channel);
/* Unmasks what the queue took and did not give back yet. */
void xnb_queue_unmask(struct xnb_queue *queue);
/* The same for all but a channel that serves sending only. */
void xnb_queue_unmask_rx(struct xnb_queue *queue);
/* After a (re)connect events may have been lost: unmasks and notifies both
 * sides' channels unconditionally. The caller scans the rings. */
void xnb_port_kick(struct xnb_port *port);

#endif
