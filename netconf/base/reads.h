/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_READS_H
#define XN_BASE_READS_H
/*
 * How many frames to read from a tap at once, when epoll says that there are
 * some and will say so again: as many as there were of late, so that neither a
 * read finds nothing nor a long queue is taken frame by frame. Who gets one
 * frame at a time reads one.
 *
 * Thread: one. Zeros are a good start.
 */
#include <stdint.h>

#define XN_READS_MAX 64u

struct xn_reads {
	uint32_t expected; /* less one */
	uint32_t limit;
};

/* How many to read now. */
static inline uint32_t xn_reads_begin(struct xn_reads *reads)
{
	reads->limit = reads->expected + 1;
	return reads->limit;
}

/* So many there were. */
static inline void xn_reads_end(struct xn_reads *reads, uint32_t count)
{
	if (count < reads->limit)
		reads->expected = count > 0 ? count - 1 : 0;
	else if (count < XN_READS_MAX)
		reads->expected += count;
	if (reads->expected >= XN_READS_MAX)
		reads->expected = XN_READS_MAX - 1;
}

#endif
