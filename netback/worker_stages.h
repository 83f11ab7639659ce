/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_WORKER_STAGES_H
#define XNB_WORKER_STAGES_H
/*
 * The stages of a worker's round, by the file that has them. Private to these
 * files, which include worker_state.h.
 * Thread: the worker.
 */
#include <stdbool.h>
#include <stdint.h>

struct epoll_event;
struct xnb_crew;
struct xnb_worker;

/* worker.c */
/* One round; sleeps first if there is nothing to do. */
void xnb_worker_round(struct xnb_worker *w);
/* Runs only while there is something for it to do. */
void xnb_drain_arm(struct xnb_worker *w);
/* 0: never, or not again. */
void xnb_timer_set(int fd, uint64_t delay_us);

/* wait.c */
/* Waits, if nobody is ready; then the worker is in a round. How many events
 * there are, of XNB_EPOLL_EVENTS at most. */
int xnb_wait(struct xnb_worker *w, struct epoll_event *event);

/* fault.c */
/* The guest broke the protocol: its rings are touched no more. Of another
 * worker's vif, under its lease: that one is kicked to do it. */
void xnb_port_fault(struct xnb_worker *w, struct xnb_queue *queue,
		    uint32_t fault);
/* In a pause. */
void xnb_faults_report(struct xnb_worker *w);

/* join.c */
/* Out of every list and out of epoll. */
void xnb_port_unlist(struct xnb_worker *w, struct xnb_port *port);
/* The same, and nothing is queued any more. */
void xnb_port_quiesce(struct xnb_worker *w, struct xnb_port *port);
/* Into epoll, kicked and scanned. 0 or -errno. */
int xnb_port_enter(struct xnb_worker *w, struct xnb_port *port);
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
/* Polls the tap again if the guest takes frames again; never before the first
 * PORT. */
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
/* At the end of a round, now and then: a busy worker chooses whom to give away,
 * and to whom. */
void xnb_balance_look(struct xnb_worker *w);
/* Behind that round: does so. */
void xnb_balance_act(struct xnb_worker *w);

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
