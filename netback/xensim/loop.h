/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_LOOP_H
#define XSIM_LOOP_H
/* How the broker's epoll events name what they belong to. */
#include <stdint.h>
#include <sys/epoll.h>

enum xsim_source {
	XSIM_SOURCE_LISTEN,
	XSIM_SOURCE_SIGNAL,
	XSIM_SOURCE_CONN, /* index into xsim_broker.conn */
	XSIM_SOURCE_INST, /* index into xsim_broker.inst; errors only */
};

/* 0, or -1 with errno. */
static inline int xsim_loop_watch(int epoll_fd, int fd, uint32_t events,
				  enum xsim_source source, uint32_t index)
{
	struct epoll_event event = {.events = events,
				    .data.u64 = (uint64_t)source << 32 | index};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

#endif
