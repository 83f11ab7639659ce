/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_WORKER_STATE_H
#define XNB_WORKER_STATE_H
/*
 * Private to the worker's files: its state. What these are (their functions are
 * in worker_stages.h), and a frame's way through a round (docs/datapath.md):
 *
 *   worker_open.c  memory and descriptors
 *   worker.c   rounds: events, taps and timers are taken
 *   wait.c     before them: looking for work, and sleep
 *   tx.c       a queue's burst: parse, peek, switch, [fetch, twin], deliver,
 *              copy, respond
 *   adapt.c    checksums and segments for a receiver that lacks the offload
 *   deliver.c  slots on the receivers' rings, the copy plan
 *   deliver_frame.c  the frames that need more than being copied
 *   publish.c  the receivers' answers, at the round's end
 *   egress.c   what waits for the receiver to post buffers
 *   stall.c    receivers that take nothing any more
 *   twin.c     the tap, both ways
 *   schedule.c whose turn it is, and who has used up its rate
 *   linger.c   who is looked at without an event
 *   group.c    the groups that a guest registers
 *   ctrl_port.c  a vif's control ring, between bursts
 *   command.c  control's orders, between rounds
 *   station.c  what the switch learned, towards control
 *   join.c     a vif among those that are polled, and out of them
 *   fault.c    guests that broke the protocol
 *   crew.c     what several workers share
 *   balance.c  whose guest is whose
 *
 * Thread: the worker.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bridge/switch.h"
#include "netback/arena.h"
#include "netback/count.h"
#include "netback/crew.h"
#include "netback/mailbox.h"
#include "netback/message.h"
#include "netback/pool.h"
#include "netback/port.h"
#include "netback/ring/copy.h"
#include "netback/ring/tx_parse.h"
#include "netconf/base/spin.h"

/* A vif's share of a round, and so the most that a burst takes; what the
 * last frame has too much is borrowed from the next round. */
#define XNB_CREDIT_ROUND ((int64_t)512 << 10)
/* Turns after which receivers are told what they were given, round or not. */
#define XNB_PUBLISH_TURNS 8u
/* What a bridge allows above the MTU: an Ethernet header and one VLAN tag. */
#define XNB_LINK_BYTES 18u
/* A receiver with these takes every frame without a tag as it is. */
#define XNB_FE_ALL                                               \
	(XN_DL_FE_SG | XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6 | \
	 XN_DL_FE_CSUM | XN_DL_FE_IPV6_CSUM)
#define XNB_TAP_BURST 32u /* frames that a vif's taps may bring in a round */
/* Waiting frames that a vif may take in one: a ring full, so that it catches
 * up with many who send to it. */
#define XNB_DRAIN_BURST XNB_RX_RING_SIZE
/* What a frame through a tap is in frames from guest to guest (balance.c). */
#define XNB_TWIN_WORK 16u
#define XNB_COMMANDS_ROUND 64u
#define XNB_STATIONS_ROUND 64u
#define XNB_EPOLL_EVENTS 64
#define XNB_DRAIN_US UINT64_C(30000)
#define XNB_LEASES_MAX 32u /* of other vifs that a worker holds at a time */
#define XNB_LINGER_MAX 16u /* queues that are looked at without an event */
/* While rings are looked at, what epoll has is asked for so often. */
#define XNB_LOOK_US 10u
#define XNB_TICK_MS 1000u /* while somebody is watched */
#define XNB_TICK_MAX_MS 86400000u
#define XNB_STALL_MS 10000u
#define XNB_EXPIRE_MS 60000u

/* The burst in work: its good packets, on their way to their receivers. Bit i
 * of a set stands for packet[i], and for frame i of the switch's batch. */
struct xnb_transit {
	uint32_t count;
	uint64_t bytes; /* of all frames */
	/* Of the plan's, when no copy of these packets had failed. */
	uint64_t failures;
	struct xnb_tx_packet *packet[XNB_TX_BURST_MAX];
	/* The biggest frame that it is on a wire, for MTUs; of others than
	 * those in `offloaded` the frame's own size. */
	uint32_t wire_bytes[XNB_TX_BURST_MAX];
	/* Behind the head, of those in `fetched`; NULL: there is none. */
	uint8_t *rest[XNB_TX_BURST_MAX];
	uint64_t offloaded;    /* checksum blank, or GSO */
	uint64_t blank;	       /* of these: no GSO, no tag */
	uint64_t fetched;      /* rest is there (or will be after the copy) */
	uint64_t fetched_late; /* of these: only until the next copy */
	uint64_t mapped;       /* some of its rest is in mapped pages */
	uint64_t mapped_whole; /* all of it */
};

struct xnb_worker {
	struct xnb_crew *crew;
	uint32_t index;		      /* among its workers */
	bool several;		      /* of them */
	struct xnb_mailbox *commands; /* the first worker's; else NULL */
	struct xnb_mailbox *events;
	xengnttab_handle *gnttab; /* for copies */
	/* The crew's. */
	struct xsw_switch *sw;
	struct xn_stats *stats;
	struct xnb_pool *pool;
	struct xnb_port *port;
	uint8_t hash_key[16];

	struct xn_worker_counters *counters;
	struct xn_worker_counters counters_unstarted;

	int epoll_fd;
	int tick_fd;
	int drain_fd;
	int rate_fd;
	uint64_t rate_due_us; /* when it comes; 0: it is not armed */
	uint64_t tick_due_ms; /* the tick's timer; 0: it rests */
	bool drain_armed;
	bool forwarded; /* in this round */
	bool ticked;	/* the tables are to be aged */
	bool ageing;	/* the first worker knows that there is what to age */
	bool woke;	/* is to be counted */
	bool faulted;	/* some in `broken` are to be reported */
	uint64_t broken[XN_VIFS_MAX / 64]; /* set of slots */
	uint64_t (*clock_us)(void); /* CLOCK_MONOTONIC; tests have their own */
	uint64_t round;
	uint64_t now_us, now_ms; /* of this round */
	struct xn_spin spin;
	uint64_t asked_us; /* when epoll was asked last; 0: ask at once */

	struct xnb_port_list ready;
	uint32_t ready_count;
	struct xnb_port_list parked;  /* have used up their rate */
	struct xnb_port_list shaped;  /* so have what they receive */
	struct xnb_queue_list silent; /* wait for guests that do not tell */
	struct xnb_queue_list lingering;
	uint32_t linger_count;
	/* All with waiting frames, by what their guests do (stall.c). */
	struct xnb_queue_list held, held_silent;
	bool stalls_untold; /* events that found no room */

	/* What the stages pass on; each burst starts with them empty. */
	struct xnb_tx_burst burst;
	struct xsw_batch batch;
	struct xnb_transit transit;
	struct xnb_copy plan;
	uint64_t plan_calls, plan_segments; /* already counted */
	struct xnb_arena arena;
	union xnb_ctrl_page ctrl_memory; /* of the control ring in work */
	uint32_t arena_keep; /* below it: this burst's fetched frames */
	struct xnb_queue *touched[XN_VIFS_MAX * XN_QUEUES_MAX];
	uint32_t touched_count;
	/* Receivers of this round whose responses are logged, not published:
	 * who gets a frame of many bursts is told of all at once. */
	struct xnb_queue *unpublished[XN_VIFS_MAX * XN_QUEUES_MAX];
	uint32_t unpublished_count;

	/* Receivers whose leases are held, or were not to be had (deliver.c).
	 */
	uint16_t leased[XNB_LEASES_MAX], later[XSW_PORTS_MAX];

	/* How busy it was of late (balance.c). */
	uint64_t load_us, waited_us, counted_us;
	struct xnb_worker *to_give; /* a guest to; NULL: nobody */
	uint16_t given;		    /* its domid */

	/* What the others look at, or write (crew.c). */
	_Alignas(64) _Atomic bool in_round;
	_Alignas(64) _Atomic bool asleep;
	_Atomic bool kicked;
	_Atomic uint64_t kick[XN_VIFS_MAX / 64]; /* set of slots */
	_Atomic uint32_t load;			 /* thousandths of its time */
	_Atomic uint64_t load_until_us;		 /* when that was so */
	int kick_fd;
};

static inline void xnb_crew_enter(struct xnb_worker *w)
{
	if (w->several)
		xnb_crew_enter_shared(w);
}

static inline void xnb_crew_leave(struct xnb_worker *w)
{
	if (w->several)
		xnb_crew_leave_shared(w);
}

static inline void xnb_crew_pause(struct xnb_worker *w)
{
	if (w->several)
		xnb_crew_pause_shared(w);
}

/* `wake`: the others have something new to look at. */
static inline void xnb_crew_resume(struct xnb_worker *w, bool wake)
{
	if (w->several)
		xnb_crew_resume_shared(w, wake);
}

/* For what a worker does to its own vif; xnb_lease_leave() gets the answer. */
static inline bool xnb_lease_enter(struct xnb_worker *w,
				   const struct xnb_port *port)
{
	if (!w->several || xnb_lease_is_mine(w, port))
		return false;
	xnb_lease_take_shared(w, port);
	return true;
}

static inline void xnb_lease_leave(struct xnb_worker *w,
				   const struct xnb_port *port, bool taken)
{
	if (taken)
		xnb_lease_give(w, port);
}

/* Under the lease: frames may be put into its rings. */
static inline bool xnb_port_takes(const struct xnb_port *port)
{
	return port->state == XNB_PORT_LIVE && !port->broken;
}

/* crew.c */
/* What other workers left for this one's vifs. In a round. */
void xnb_kicks_take(struct xnb_worker *w);
void xnb_worker_wake(struct xnb_worker *w);
/* In a round of many turns: who waits for a pause has it now. */
void xnb_crew_let_pause(struct xnb_worker *w);
/* Before epoll_wait() without a time limit; sets w->asleep. False: there is
 * something to look at. */
bool xnb_worker_may_sleep(struct xnb_worker *w);

/* What epoll reports is named by a kind, and a queue where it is one's. */
enum xnb_source {
	XNB_SOURCE_COMMANDS,
	XNB_SOURCE_TICK,
	XNB_SOURCE_DRAIN,
	XNB_SOURCE_RATE,
	XNB_SOURCE_KICK,
	XNB_SOURCE_EVENT, /* of a port: its slot, queue 0 */
	XNB_SOURCE_TAP,
};

static inline uint64_t xnb_source_id(enum xnb_source kind,
				     const struct xnb_queue *queue)
{
	return (uint64_t)kind << 32 | queue->port->slot << 8 | queue->index;
}

#include "netback/worker_stages.h"

#endif
