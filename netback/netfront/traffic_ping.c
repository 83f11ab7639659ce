// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_ping.h. */
#include "netback/netfront/traffic_ping.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "netback/netfront/traffic_wait.h"

#define LATE_NS 1000000000u

static uint32_t ping_ns[XNF_PINGS_MAX];

static void sleep_for_frame(struct xnf_loop *loop, uint64_t until_ns)
{
	struct xnf_queue *queue = loop->pair[0].to.queue[0];
	enum xnf_traffic_wake wake;

	if (xnf_rx_arm(&queue->rx))
		return;
	wake = xnf_traffic_wait(&queue, 1, loop->control_fd, until_ns);
	if (wake == XNF_WAKE_GONE ||
	    (wake == XNF_WAKE_CONTROL && !loop->control(loop->control_arg)))
		loop->over = true;
}

/* When the frame under way was there; 0: it was not. */
static uint64_t wait_for_frame(struct xnf_loop *loop, uint64_t sent_ns)
{
	const struct xnf_loop_end *to = &loop->pair[0].to;
	uint64_t spin_ns = (uint64_t)loop->traffic.spin_us * 1000u;
	uint64_t now = sent_ns;

	for (;;) {
		(void)xnf_loop_sink(loop);
		now = xnf_traffic_now_ns();
		if (!xnf_loop_under_way(to))
			return now;
		if (now - sent_ns > LATE_NS || loop->over ||
		    xnf_traffic_is_stopped() || xnf_loop_fault(loop))
			return 0;
		if (!loop->settings.spin && now - sent_ns >= spin_ns)
			sleep_for_frame(loop, sent_ns + LATE_NS);
	}
}

/* A thread that would spin while it waits for a frame does so here too. */
static void pause_between(const struct xnf_loop *loop, uint32_t interval_us)
{
	const struct timespec interval = {
		.tv_sec = interval_us / 1000000,
		.tv_nsec = (long)(interval_us % 1000000) * 1000,
	};
	uint64_t until = xnf_traffic_now_ns() + (uint64_t)interval_us * 1000u;

	if (!interval_us)
		return;
	if (!loop->settings.spin)
		(void)nanosleep(&interval, NULL);
	while (xnf_traffic_now_ns() < until)
		;
}

static int ascending(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return (first > second) - (first < second);
}

static void sum_up(struct xnf_ping_result *result)
{
	uint32_t count = result->count;

	if (!count)
		return;
	qsort(ping_ns, count, sizeof(ping_ns[0]), ascending);
	result->ns_least = ping_ns[0];
	result->ns_p50 = ping_ns[count / 2];
	result->ns_p99 = ping_ns[count - 1 - count / 100];
	result->ns_most = ping_ns[count - 1];
}

/* A frame that came too late would be taken for the next one: the first late
 * one ends the run. */
int xnf_ping_run(struct xnf_loop *loop, uint32_t interval_us,
		 struct xnf_ping_result *ret_result)
{
	uint64_t wanted = loop->traffic.count;
	uint64_t until_ns;

	if (!wanted || wanted > XNF_PINGS_MAX)
		wanted = XNF_PINGS_MAX;
	*ret_result = (struct xnf_ping_result){0};
	until_ns = xnf_traffic_now_ns() +
		   (uint64_t)loop->traffic.run_ms * 1000000u;
	while (ret_result->count < wanted && !loop->over &&
	       !xnf_traffic_is_stopped() && xnf_traffic_now_ns() < until_ns) {
		uint64_t sent_ns, arrived_ns;

		pause_between(loop, interval_us);
		sent_ns = xnf_traffic_now_ns();
		(void)xnf_loop_turn(loop);
		if (!xnf_loop_under_way(&loop->pair[0].to))
			continue; /* the ring had no room yet */
		arrived_ns = wait_for_frame(loop, sent_ns);
		if (!arrived_ns) {
			ret_result->late++;
			break;
		}
		ping_ns[ret_result->count++] = (uint32_t)(arrived_ns - sent_ns);
	}
	sum_up(ret_result);
	return xnf_loop_fault(loop) ? -EPROTO : 0;
}
