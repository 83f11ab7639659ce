/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_WORKER_STATE_H
#define XNB_WORKER_STATE_H
/*
 * Private to the worker's files: its state, and the stages by the file that
 * has them. A frame's way through a round (docs/datapath.md):
 *
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
#define XNB_COMMANDS_ROUND 64u
#define XNB_STATIONS_ROUND 64u
#define XNB_EPOLL_EVENTS 64
#define XNB_DRAIN_US UINT64_C(30000)
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
	bool ticked;	/* the tick's timer has come */
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
	uint16_t leased[XSW_PORTS_MAX], later[XSW_PORTS_MAX];

	/* How busy it was of late (balance.c). */
	uint64_t load_us, waited_us;

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

/* worker.c */
/* One round; sleeps first if there is nothing to do. */
void xnb_worker_round(struct xnb_worker *w);
/* The guest broke the protocol: its rings are touched no more. Of another
 * worker's vif, under its lease: that one is kicked to do it. */
void xnb_port_fault(struct xnb_worker *w, struct xnb_queue *queue,
		    uint32_t fault);
/* Out of every list and out of epoll. */
void xnb_port_unlist(struct xnb_worker *w, struct xnb_port *port);
/* The same, and nothing is queued any more. */
void xnb_port_quiesce(struct xnb_worker *w, struct xnb_port *port);
/* Into epoll, kicked and scanned. 0 or -errno. */
int xnb_port_enter(struct xnb_worker *w, struct xnb_port *port);
/* Runs only while there is something for it to do. */
void xnb_drain_arm(struct xnb_worker *w);
/* 0: never, or not again. */
void xnb_timer_set(int fd, uint64_t delay_us);

/* schedule.c */
void xnb_queue_ready(struct xnb_worker *w, struct xnb_queue *queue);
/* A turn for each vif that is ready. */
void xnb_serve_ready(struct xnb_worker *w);
/* None of its queues waits for anything here any more. */
void xnb_port_unready(struct xnb_worker *w, struct xnb_port *port);
/* The rate was changed, or credit is there: what waited for it is ready. */
void xnb_port_unpark(struct xnb_worker *w, struct xnb_port *port);
/* The timer for those that have used up their rate. */
void xnb_rate_expired(struct xnb_worker *w);
/* When the rate's credit is worth a look, so that whole waits end together;
 * and the timer for it, if no earlier one is due. */
uint64_t xnb_rate_due(const struct xnb_worker *w, const struct xnb_rate *rate);
void xnb_rate_arm(struct xnb_worker *w, uint64_t due_us);

/* shape.c */
static inline bool xnb_shape_is_on(const struct xnb_port *port)
{
	return xnb_rate_is_limited(&port->receive);
}
/* In a pause; 0 bytes: no limit. */
void xnb_shape_set(struct xnb_worker *w, struct xnb_port *port, uint64_t bytes,
		   uint32_t interval_us, uint64_t now_us);
/* Frames wait in the queue, and may not go yet: it will be ready when they
 * may. */
bool xnb_shape_waits(struct xnb_worker *w, struct xnb_queue *queue);
/* Who may go on is ready; when the next one may, or UINT64_MAX. */
uint64_t xnb_shape_expired(struct xnb_worker *w);
void xnb_shape_forget(struct xnb_worker *w, struct xnb_port *port);

/* linger.c */
/* The queue was served, and the worker stays awake for a while: it is looked
 * at, in place of being armed and unmasked. */
void xnb_linger(struct xnb_worker *w, struct xnb_queue *queue);
/* True: some have sent, and are ready. */
bool xnb_linger_look(struct xnb_worker *w);
/* All are armed and unmasked; those that have sent are ready. */
void xnb_linger_end(struct xnb_worker *w);
/* Its rings are touched no more. */
void xnb_linger_forget(struct xnb_worker *w, struct xnb_queue *queue);

/* tx.c: frames of the burst are had whole, at once. */
void xnb_tx_fetch_whole(struct xnb_worker *w, uint64_t set);
/* One burst, of `bytes_max` (not 0) and the last frame's rest at most,
 * taken from the vif's budgets and its rate. */
void xnb_tx_serve(struct xnb_worker *w, struct xnb_queue *queue,
		  uint32_t bytes_max);

/* group.c: the burst's requests; what was kept of an earlier connection of the
 * same rings. */
void xnb_groups_take(struct xnb_worker *w, struct xnb_port *port);
void xnb_groups_resume(struct xnb_worker *w, struct xnb_port *port);

/* deliver.c: the receivers of w->transit. */
/* The frames that a receiver can take only after work in software: these must
 * have been fetched before xnb_deliver_burst(). */
uint64_t xnb_deliver_whole(struct xnb_worker *w);
void xnb_deliver_burst(struct xnb_worker *w);
/* Copies what is planned, answers the receivers, queues what came too late for
 * their rings. */
void xnb_deliver_flush(struct xnb_worker *w);

/* deliver_frame.c */
/* A frame of the transit, straight from its sender's grants. */
void xnb_transit_source(const struct xnb_worker *w, uint32_t index,
			struct xnb_rx_source *ret);
/* XNB_OFFLOAD_... that a frame of the transit needs for this receiver. */
uint32_t xnb_deliver_needs(const struct xnb_worker *w, uint32_t index,
			   const struct xnb_port *port);
/* The queue of its flow, of a guest that does not steer. */
struct xnb_queue *xnb_deliver_choose(const struct xnb_worker *w,
				     struct xnb_port *port, uint32_t index);
/* `special`: to a guest that steers or has pages mapped, or from such pages. */
void xnb_deliver_frame(struct xnb_worker *w, struct xnb_port *port,
		       uint32_t index, bool special);
/* A frame in private memory. The plan must be run (xnb_deliver_flush) before
 * its memory goes. */
void xnb_deliver_private(struct xnb_worker *w, struct xnb_queue *queue,
			 const struct xnb_rx_source *source);
/* The same for a receiver that needs XNB_OFFLOAD_... done before. */
void xnb_deliver_adapted(struct xnb_worker *w, struct xnb_queue *queue,
			 const struct xnb_rx_source *source, uint32_t needed);
/* What was held back goes to the egress queue: it is whole now. */
void xnb_deliver_settle(struct xnb_worker *w, struct xnb_queue *queue);

/* Reserves slots, or holds frames back, in this burst. */
static inline void xnb_queue_touch(struct xnb_worker *w,
				   struct xnb_queue *queue)
{
	if (queue->touched)
		return;
	queue->touched = true;
	w->touched[w->touched_count++] = queue;
}

/* publish.c */
/* Answers a queue's ring after the plan ran, in its log. */
void xnb_deliver_answer(struct xnb_worker *w, struct xnb_queue *queue);
/* Publishes what was answered since the last time, counts and notifies. Before
 * the round ends. */
void xnb_deliver_publish(struct xnb_worker *w);

/* ctrl_port.c */
/* After xnb_port_attach(), before the port is served: maps its control ring if
 * it has one, and takes up what a dead process left. 0 or -errno; the port is
 * to be detached then. */
int xnb_ctrl_port_attach(struct xnb_worker *w, struct xnb_port *port,
			 const struct xn_dl_vif_add *add);
/* One round of a port that has one. */
void xnb_ctrl_port_serve(struct xnb_worker *w, struct xnb_port *port);

/* egress.c */
/* May a frame of the burst's sender wait here? */
bool xnb_egress_admits(const struct xnb_worker *w, const struct xnb_port *port,
		       uint32_t chunks);
/* May any frame more be read from the twin? */
bool xnb_egress_takes_twin(const struct xnb_worker *w,
			   const struct xnb_port *port);
/* Copies the frame; or counts rx_full, or too_big for one that the guest can
 * never take. */
void xnb_egress_put(struct xnb_worker *w, struct xnb_queue *queue,
		    const struct xnb_rx_source *source);
/* Hands the ring what it takes, then waits for more room if need be. */
void xnb_egress_drain(struct xnb_worker *w, struct xnb_queue *queue);
/* Arranges to be woken when the ring has room. */
void xnb_egress_wait(struct xnb_worker *w, struct xnb_queue *queue);
/* Drops everything that waits. */
void xnb_egress_purge(struct xnb_worker *w, struct xnb_queue *queue,
		      enum xn_drop reason);
/* Polls the taps again that were not read while this queue had frames waiting,
 * as far as the guest takes frames again. */
void xnb_egress_resume_taps(struct xnb_worker *w, struct xnb_queue *queue);
/* Slots for the first frame that waits; there is one. */
uint32_t xnb_egress_slots(struct xnb_worker *w, const struct xnb_queue *queue);

/* stall.c */
/* The queue's first frame waits; none does any more; the guest took some. */
void xnb_held_begin(struct xnb_worker *w, struct xnb_queue *queue);
void xnb_held_end(struct xnb_worker *w, struct xnb_queue *queue);
void xnb_held_progress(struct xnb_worker *w, struct xnb_queue *queue);
void xnb_stall_tick(struct xnb_worker *w);
/* True: the tick must come. */
bool xnb_stall_watches(const struct xnb_worker *w);
/* The vif is stalled, and its guest told something about this queue. */
void xnb_stall_check(struct xnb_worker *w, struct xnb_queue *queue);

/* twin.c */
/* Writes the frames of `set` to their sender's twin. */
void xnb_twin_write(struct xnb_worker *w, struct xnb_queue *queue,
		    uint64_t set);
void xnb_twin_read(struct xnb_worker *w, struct xnb_queue *queue);
/* Polls the tap again if the guest takes frames again. */
void xnb_twin_resume(struct xnb_worker *w, struct xnb_queue *queue);

/* command.c */
void xnb_commands(struct xnb_worker *w);
/* Detaches every port, without events. */
void xnb_ports_end(struct xnb_worker *w);

/* balance.c */
/* Whose a vif becomes that is new, in a pause. */
struct xnb_worker *xnb_balance_place(struct xnb_crew *crew, uint16_t domid,
				     uint64_t now_us);
/* All vifs of a guest that `from` has, in a pause. */
void xnb_balance_give(struct xnb_worker *from, struct xnb_worker *to,
		      uint16_t domid);
/* Now and then, behind a round: a busy worker gives a guest away. */
void xnb_balance_look(struct xnb_worker *w);

/* station.c */
/* All that the switch noted: an event from before a port's change must not
 * come behind that change's answer. */
void xnb_stations_report(struct xnb_worker *w);
/* Some could not be told, and are to be soon. */
bool xnb_stations_wait(const struct xnb_worker *w);
void xnb_stations_dump(struct xnb_worker *w, struct xnb_dump *dump);

/* A frame that went nowhere. */
static inline void xnb_drop(struct xnb_port *port, enum xn_drop reason,
			    uint64_t frames)
{
	if (frames > 0)
		xnb_count_shared(&port->counters->drop[reason], frames);
}

#endif
