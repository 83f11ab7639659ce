/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_TRACK_H
#define XNF_TRAFFIC_TRACK_H
/*
 * What became of numbered frames: which are missing, which came twice, which
 * came late. Each stream has a window of the newest numbers; older ones than
 * that cannot be told from duplicates and are counted apart.
 *
 * Thread: one. Fixed memory.
 */
#include <stdint.h>

#define XNF_STREAMS_MAX 256u
#define XNF_WINDOW 65536u

struct xnf_stream_track {
	uint32_t stream;
	uint64_t next; /* highest number seen, plus one */
	uint64_t unique;
	uint64_t duplicates;
	uint64_t reordered;
	uint64_t too_old;
	uint64_t window[XNF_WINDOW / 64]; /* bit: number % XNF_WINDOW seen */
};

struct xnf_track {
	uint32_t stream_count;
	uint64_t streams_refused; /* frames of streams beyond the maximum */
	struct xnf_stream_track stream[XNF_STREAMS_MAX];
};

struct xnf_track_sum {
	uint64_t unique;
	uint64_t missing; /* numbers from 0 to the highest that never came */
	uint64_t duplicates;
	uint64_t reordered;
	uint64_t too_old;
};

/* `track` starts as zeros. */
void xnf_track_frame(struct xnf_track *track, uint32_t stream, uint64_t number);
/* `count` frames from `first` on, in order: soon done when these are next. */
void xnf_track_run(struct xnf_track *track, uint32_t stream, uint64_t first,
		   uint32_t count);
struct xnf_track_sum xnf_track_sum(const struct xnf_track *track);

#endif
