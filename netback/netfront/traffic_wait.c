// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_wait.h. */
#include "netback/netfront/traffic_wait.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t stop_wanted;

void xnf_traffic_stop(void)
{
	stop_wanted = 1;
}

bool xnf_traffic_is_stopped(void)
{
	return stop_wanted;
}

uint64_t xnf_traffic_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum xnf_traffic_wake xnf_traffic_wait(struct xnf_queue *const *queues,
				       uint32_t count, int control_fd,
				       uint64_t until_ns)
{
	static struct pollfd fds[XNF_WAIT_QUEUES_MAX + 1];
	enum xnf_traffic_wake wake = XNF_WAKE_NONE;
	uint64_t now = xnf_traffic_now_ns();

	assert(count <= XNF_WAIT_QUEUES_MAX);
	if (until_ns <= now)
		return XNF_WAKE_NONE;
	for (uint32_t q = 0; q < count; q++)
		fds[q] = (struct pollfd){
			.fd = xnf_queue_fd(queues[q]),
			.events = POLLIN,
		};
	fds[count] = (struct pollfd){.fd = control_fd, .events = POLLIN};
	if (poll(fds, count + 1, (int)((until_ns - now) / 1000000 + 1)) <= 0)
		return XNF_WAKE_NONE;
	if (fds[count].revents)
		wake = XNF_WAKE_CONTROL;
	for (uint32_t q = 0; q < count; q++) {
		if (fds[q].revents & POLLIN)
			xnf_queue_ack(queues[q]);
		else if (fds[q].revents)
			wake = XNF_WAKE_GONE;
	}
	return wake;
}
