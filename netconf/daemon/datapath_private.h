/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DATAPATH_PRIVATE_H
#define XN_DAEMON_DATAPATH_PRIVATE_H
/* Shared by datapath.c (the process) and datapath_link.c (its messages). */
#include "netconf/daemon/datapath.h"

/* A message that waits for room in the socket; owns its descriptors. */
struct xn_datapath_message {
	struct xn_datapath_message *next;
	size_t fd_count;
	int fd[XN_DATALINK_FDS_MAX];
	size_t bytes;
	uint8_t data[];
};

struct xn_datapath {
	struct xn_loop *loop;
	struct xn_datapath_program program;
	struct xn_datapath_listener listener;
	struct xn_fdstore *fdstore;
	struct xn_source *restart; /* timer */
	uint64_t started_ms, pause_ms;
	uint32_t short_lives, restarts;

	pid_t pid; /* 0: none runs, and all below is empty */
	struct xn_source *child, *link_source;
	int link;
	bool ready;
	bool killed;
	bool guilty; /* for what it did */
	uint64_t ready_ms;
	uint32_t workers;
	struct xn_datapath_message *first, **last_next;
	uint32_t queued;

	uint8_t hash_key[16];
	int stats_fd;
	int left_fd; /* a pidfd, for xn_datapath_leave(); -1: none */
	struct xn_stats *stats;
};

/* What the next daemon is to find (datapath_kept.c): the process, to be rid of
 * it, and its statistics. */
void xn_datapath_keep_process(struct xn_datapath *datapath);
void xn_datapath_keep_stats(struct xn_datapath *datapath);
/* Kills the one that a daemon before left, and waits until it is gone: two on
 * the same rings would undo each other's work. -ETIMEDOUT. */
int xn_datapath_end_before(struct xn_datapath *datapath, struct xn_err *err);
/* false: there are none, or of another version. */
bool xn_datapath_take_stats(struct xn_datapath *datapath);

void xn_datapath_link_event(void *arg, uint32_t epoll_events);
/* Takes what a dead process has left in the socket. */
void xn_datapath_link_drain(struct xn_datapath *datapath);
void xn_datapath_queue_clear(struct xn_datapath *datapath);

#endif
