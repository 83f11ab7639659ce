/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_READS_H
#define XN_BASE_READS_H
/*
 * How many frames to read from a tap at once, when epoll says that there are
 * some and will say so again: as many as there were of late, so that few reads
 * find nothing, and no long queue is taken frame by frame.
 *
 * Thread: one. Zeros are a good start.
 */
#include <stdint.h>

#define XN_READS_MAX 64u

struct xn_reads {
	uint32_t expected; /* less one */
	uint32_t limit;
};

/* How many to read now, of `room` at most. */
static inline uint32_t xn_reads_begin(struct xn_reads *reads, uint32_t room)
{
	reads->limit = reads->expected + 1;
	if (reads->limit > room)
		reads->limit = room;
	return reads->limit;
}

/* So many there were: all that were asked for, or the tap is empty. */
static inline void xn_reads_end(struct xn_reads *reads, uint32_t count)
{
	if (count < reads->limit)
		reads->expected = count > 0 ? count - 1 : 0;
	else
		reads->expected += count;
	if (reads->expected >= XN_READS_MAX)
		reads->expected = XN_READS_MAX - 1;
}

#endif
