/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_RUN_H
#define XNF_TRAFFIC_RUN_H
/*
 * The three jobs of the traffic program on connected queues: send, sink and
 * echo. One thread serves all queues in turn; it sleeps when there is nothing
 * to do, after having looked for `spin_us` microseconds longer.
 *
 * A run is over after `count` frames, after `run_ms`, after `idle_ms` without
 * a frame (once there was one), when xnf_traffic_stop() (traffic_wait.h) was
 * called, or when
 * the connection broke.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/queue.h"
#include "netback/netfront/traffic_packet.h"

#define XNF_SIZES_MAX 32u

enum xnf_traffic_mode {
	XNF_TRAFFIC_SEND,
	XNF_TRAFFIC_SINK,
	XNF_TRAFFIC_ECHO,
	XNF_TRAFFIC_LOOP, /* traffic_loop.h, not here */
	XNF_TRAFFIC_PING, /* traffic_ping.h, neither */
};

struct xnf_traffic_settings {
	enum xnf_traffic_mode mode;
	uint32_t size[XNF_SIZES_MAX]; /* of frames to send, taken in turn */
	uint32_t size_count;
	uint64_t count;	  /* 0: no limit */
	uint32_t run_ms;  /* never 0 */
	uint32_t idle_ms; /* 0: no limit */
	uint32_t spin_us;
	enum xnf_touch touch;
	bool verify; /* checksums over the payload */
};

struct xnf_traffic {
	struct xnf_traffic_settings settings;
	struct xnf_queue *queue[XNF_QUEUES_MAX];
	struct xnf_traffic_template template[XNF_QUEUES_MAX];
	uint32_t queue_count;
	/* A descriptor to watch as well, and what to do when it is readable;
	 * false: the connection is gone, the run is over. */
	int control_fd;
	bool (*control)(void *arg);
	void *control_arg;

	struct xnf_traffic_result result;
	uint64_t deadline_ns;
	uint64_t next_number[XNF_QUEUES_MAX];
	uint32_t next_size;
	bool over;
	struct xnf_traffic_bench bench;
};

/* 0, or -EPROTO: a backend broke a ring. Fills traffic->result. */
int xnf_traffic_run(struct xnf_traffic *traffic);

#endif
