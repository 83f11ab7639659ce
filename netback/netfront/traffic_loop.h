/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_LOOP_H
#define XNF_TRAFFIC_LOOP_H
/*
 * The traffic program's loop: pairs of vifs of one domain, of which the first
 * generates and the second sinks, all on one thread. So a measurement of the
 * plane needs one core for the guests, and nothing has to be lost: of frames
 * that have not come back there are never more than the receiving ring's
 * buffers hold.
 *
 * In a turn each pair takes what arrived, posts the buffers again, and sends
 * up to a burst of frames. Frames that are alike and fit a page are written
 * and read a burst at a time; frames of several sizes, chains and sealed
 * frames go through the general ways of traffic_packet.h.
 *
 * Thread: one. No allocation; system calls only for notifications that the
 * backend asks for, and to sleep.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/queue.h"
#include "netback/netfront/traffic_packet.h"
#include "netback/netfront/traffic_run.h"

/* A lab's domain has memory for the buffers of 31 vifs with one queue. */
#define XNF_LOOP_PAIRS_MAX 15u
#define XNF_LOOP_BURST_MAX 64u
#define XNF_LOOP_FRAME_MIN 64u
#define XNF_LOOP_MACS_MAX 100000u
/* Buffers of a ring that are left for others' frames. */
#define XNF_LOOP_SPARE_SLOTS 32u

struct xnf_loop_settings {
	uint32_t pairs;
	uint32_t burst;	 /* frames a turn and queue, to XNF_LOOP_BURST_MAX */
	uint32_t window; /* frames that may be under way; 0: what fits */
	uint32_t macs;	 /* stations behind the sinks; 0: their own address */
	bool flood;	 /* to all: every other vif receives each frame */
	bool spin;	 /* never sleep */
};

/* A vif. */
struct xnf_loop_end {
	struct xnf_queue *queue[XNF_QUEUES_MAX];
	uint32_t queue_count;
	struct xn_mac mac;
	/* Whose frames are for it, as struct xnf_traffic_bench has it. */
	uint32_t stream, stream_mask;
	uint64_t due; /* frames sent to it so far */
	uint64_t arrived;
	uint64_t lost; /* given up, counted as arrived */
};

/* What a generating queue sends. */
struct xnf_loop_stream {
	struct xnf_traffic_template template;
	uint64_t number; /* the next frame's */
	uint32_t station, port;
	_Alignas(64) uint8_t head[XNF_LOOP_FRAME_MIN];
};

struct xnf_loop_pair {
	struct xnf_loop_end from, to;
	struct xnf_loop_stream stream[XNF_QUEUES_MAX];
	uint32_t station_count; /* 0: the template's destination */
	uint32_t size;		/* which is next */
};

struct xnf_loop {
	struct xnf_traffic_settings traffic; /* the common ones */
	struct xnf_loop_settings settings;
	struct xnf_loop_pair pair[XNF_LOOP_PAIRS_MAX];
	/* As struct xnf_traffic has it. */
	int control_fd;
	bool (*control)(void *arg);
	void *control_arg;

	struct xnf_traffic_result result; /* frames: sent */
	uint64_t arrived;		  /* at whoever they were for */
	uint64_t lost;
	uint64_t touched_bytes;
	uint64_t turns;
	bool flat;	 /* frames are alike: a burst at a time */
	bool announcing; /* every frame counts, and none has a stamp */
	uint32_t window;
	bool over;
	uint64_t deadline_ns, progress_ns;
	struct xnf_traffic_bench bench;
};

/* After the settings, the ends and the templates are set. */
void xnf_loop_prepare(struct xnf_loop *loop);
/* Writes the heads of all frames into the pages that will be sent, for runs
 * that touch none; after any other frame was sent. */
void xnf_loop_write_pages(struct xnf_loop *loop);

/* One turn of all pairs. True: something came or went. */
bool xnf_loop_turn(struct xnf_loop *loop);
/* The same without sending. */
bool xnf_loop_sink(struct xnf_loop *loop);

/* The address of a pair's n-th station. */
struct xn_mac xnf_loop_station(const struct xnf_loop *loop, uint32_t pair,
			       uint32_t n);

/* Frames under way to a vif. */
static inline uint64_t xnf_loop_under_way(const struct xnf_loop_end *end)
{
	return end->due > end->arrived ? end->due - end->arrived : 0;
}

/* ---- traffic_loop_run.c ---- */

/* Makes all addresses known: each generator's, then each sink's and those of
 * its stations. 0, -EPROTO, or -ETIMEDOUT: some did not arrive, and as many
 * as loop->result.unanswered says were not even answered. */
int xnf_loop_announce(struct xnf_loop *loop);
/* 0, or -EPROTO: a backend broke a ring. Fills loop->result. */
int xnf_loop_run(struct xnf_loop *loop);
/* A ring that was broken, or none. */
enum xnf_fault xnf_loop_fault(const struct xnf_loop *loop);

#endif
