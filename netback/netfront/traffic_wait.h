/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_WAIT_H
#define XNF_TRAFFIC_WAIT_H
/*
 * The traffic program's clock, its sleep, and the word to stop.
 * Thread: one, but for xnf_traffic_stop().
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/queue.h"

#define XNF_WAIT_QUEUES_MAX 512u

enum xnf_traffic_wake {
	XNF_WAKE_NONE,	  /* a queue, or the time is over */
	XNF_WAKE_CONTROL, /* `control_fd` is readable */
	XNF_WAKE_GONE,	  /* a queue's channels are */
};

/* Sleeps until a queue is signalled or `control_fd` is readable, at most until
 * that time; takes the signals. Queues must be armed. */
enum xnf_traffic_wake xnf_traffic_wait(struct xnf_queue *const *queues,
				       uint32_t count, int control_fd,
				       uint64_t until_ns);

uint64_t xnf_traffic_now_ns(void); /* CLOCK_MONOTONIC */

/* Between two looks at memory that the other side is about to write. */
#if defined(__x86_64__) || defined(__i386__)
static inline void xnf_traffic_relax(void)
{
	__builtin_ia32_pause();
}
#else
static inline void xnf_traffic_relax(void)
{
}
#endif

/* Ends the run soon. Async-signal-safe. */
void xnf_traffic_stop(void);
bool xnf_traffic_is_stopped(void);

#endif
