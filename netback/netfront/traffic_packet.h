/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_PACKET_H
#define XNF_TRAFFIC_PACKET_H
/*
 * One frame of any kind, written into a transmit ring or read from a receive
 * ring. Thread: one.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/rx.h"
#include "netback/netfront/traffic_frame.h"
#include "netback/netfront/traffic_track.h"
#include "netback/netfront/tx.h"

/* What of a frame the generator writes and the sink reads. */
enum xnf_touch {
	XNF_TOUCH_NONE, /* nothing: frames of one run are all the same */
	XNF_TOUCH_HEADER,
	XNF_TOUCH_PAYLOAD, /* every byte */
};

struct xnf_traffic_result {
	uint64_t frames, bytes;
	uint64_t first_ns, last_ns; /* CLOCK_MONOTONIC; 0: no frame */
	uint64_t unstamped;	    /* not ours */
	uint64_t strays;	    /* ours, but for somebody else */
	uint64_t unsealed;	    /* ours, from a sender without --verify */
	uint64_t corrupted;
	uint64_t touched;    /* keeps the reading from being optimised away */
	uint64_t unanswered; /* slots without an answer at the end */
	struct xnf_track track;
};

/* How frames are written and read, and room for one. */
struct xnf_traffic_bench {
	enum xnf_touch touch;
	bool verify;
	/* Whose frames count here: those of streams that are equal to `stream`
	 * in the bits of the mask. */
	uint32_t stream, stream_mask;
	uint8_t linear[XNF_FRAME_MAX];
};

/* 0, or xnf_tx_prepare()'s errors. */
int xnf_traffic_write(struct xnf_traffic_bench *bench, struct xnf_tx *tx,
		      const struct xnf_traffic_template *template,
		      uint64_t number, uint32_t bytes);

static inline bool xnf_traffic_is_for_us(const struct xnf_traffic_bench *bench,
					 uint32_t stream)
{
	return !((stream ^ bench->stream) & bench->stream_mask);
}

/* Reads a packet and enters it in the books. True: it is one for us. */
bool xnf_traffic_look(struct xnf_traffic_bench *bench,
		      const struct xnf_rx_packet *packet,
		      struct xnf_traffic_result *result);

/* The first bytes of a packet in one piece: how many. */
uint32_t xnf_traffic_copy_out(uint8_t *to, const struct xnf_rx_packet *packet,
			      uint32_t bytes_max);

/* Reads every byte; the result depends on all of them. */
uint64_t xnf_traffic_sum(const uint8_t *at, size_t bytes);

#endif
