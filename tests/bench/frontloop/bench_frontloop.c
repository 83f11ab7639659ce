/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the traffic program's loop costs by itself: its turns between two rings
 * that a backend without any work joins, on the same thread. It moves each
 * request to the next buffer, with the first 64 bytes of the frame.
 *
 * usage: bench-frontloop [-n TURNS] [-t none|header|payload] BYTES
 * Prints the ns of a frame in the loop (generator and sink together) and in
 * that backend. For instructions, run two lengths under callgrind and take the
 * difference. Exit status: 0 all frames arrived, 1 not, 2 usage.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netback/netfront/traffic_loop.h"
#include "netback/netfront/traffic_options.h"
#include "netback/netfront/traffic_wait.h"

#define TURNS 200000u
#define NEVER 0x40000000u /* slots ahead: an event that nobody will cross */

static struct xnf_loop loop;
static struct xnf_queue queues[2];

static void *make_pages(uint32_t count)
{
	size_t bytes = (size_t)count * XNF_PAGE_BYTES;
	void *pages = aligned_alloc(XNF_PAGE_BYTES, bytes);

	if (!pages)
		exit(1);
	memset(pages, 0, bytes);
	return pages;
}

/* A grant's reference is the page's number. */
static void make_queue(struct xnf_queue *queue)
{
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++) {
		queue->tx_refs[i] = i;
		queue->rx_refs[i] = i;
	}
	xnf_tx_init(&queue->tx, make_pages(1), make_pages(XNF_RING_SLOTS),
		    queue->tx_refs);
	xnf_rx_init(&queue->rx, make_pages(1), make_pages(XNF_RING_SLOTS),
		    queue->rx_refs);
	queue->tx.shared->req_event = NEVER;
	queue->rx.shared->req_event = NEVER;
}

static void move_one(struct xnf_tx *tx, struct xnf_rx *rx, uint32_t from,
		     uint32_t to)
{
	union netif_tx_sring_entry *out = xnb_tx_slot(tx->shared, from);
	union netif_rx_sring_entry *in = xnb_rx_slot(rx->shared, to);
	uint32_t offset = to % 32 * 64;
	uint16_t id = in->req.id, size = out->req.size;

	if (size > XNF_PAGE_BYTES - offset)
		offset = 0;
	memcpy(rx->pages + (size_t)in->req.gref * XNF_PAGE_BYTES + offset,
	       tx->pages + (size_t)out->req.gref * XNF_PAGE_BYTES +
		       out->req.offset,
	       64);
	in->rsp.id = id;
	in->rsp.offset = (uint16_t)offset;
	in->rsp.flags = 0;
	in->rsp.status = (int16_t)size;
	id = out->req.id;
	out->rsp.id = id;
	out->rsp.status = NETIF_RSP_OKAY;
}

static void move_all(struct xnf_tx *tx, struct xnf_rx *rx)
{
	uint32_t next = tx->shared->rsp_prod;
	uint32_t to = rx->shared->rsp_prod;

	while (next != tx->shared->req_prod && to != rx->shared->req_prod)
		move_one(tx, rx, next++, to++);
	tx->shared->req_event = next + NEVER;
	rx->shared->req_event = to + NEVER;
	xnb_index_publish(&rx->shared->rsp_prod, to);
	xnb_index_publish(&tx->shared->rsp_prod, next);
}

static void join(void)
{
	struct xnf_loop_pair *pair = &loop.pair[0];

	for (uint32_t q = 0; q < 2; q++)
		make_queue(&queues[q]);
	pair->from.queue[0] = &queues[0];
	pair->from.queue_count = 1;
	pair->to.queue[0] = &queues[1];
	pair->to.queue_count = 1;
	pair->stream[0].template = (struct xnf_traffic_template){
		.source = {{2, 0, 0, 0, 0, 1}},
		.dest = {{2, 0, 0, 0, 0, 2}},
		.stream = xnf_traffic_stream(1, 0, 0),
		.flows = 1,
	};
	loop.traffic.size_count = 1;
	loop.settings.pairs = 1;
	loop.settings.burst = XNF_LOOP_BURST_MAX;
	xnf_loop_prepare(&loop);
	xnf_loop_write_pages(&loop);
}

static int run(uint32_t turns)
{
	uint64_t loop_ns = 0, other_ns = 0;
	double frames;

	for (uint32_t i = 0; i < turns; i++) {
		uint64_t begin = xnf_traffic_now_ns(), middle;

		(void)xnf_loop_turn(&loop);
		middle = xnf_traffic_now_ns();
		move_all(&queues[0].tx, &queues[1].rx);
		loop_ns += middle - begin;
		other_ns += xnf_traffic_now_ns() - middle;
	}
	(void)xnf_loop_sink(&loop);
	frames = (double)loop.result.frames;
	printf("loop %.2f ns/frame, backend %.2f ns/frame\n",
	       (double)loop_ns / frames, (double)other_ns / frames);
	return loop.arrived != loop.result.frames ||
	       loop.arrived != (uint64_t)turns * XNF_LOOP_BURST_MAX;
}

int main(int argc, char **argv)
{
	uint32_t turns = TURNS;
	int option;

	loop.traffic.touch = XNF_TOUCH_HEADER;
	while ((option = getopt(argc, argv, "n:t:")) != -1) {
		if (option == 'n')
			turns = (uint32_t)strtoul(optarg, NULL, 10);
		else if (option != 't' ||
			 xnf_touch_parse(optarg, &loop.traffic.touch))
			return 2;
	}
	if (optind + 1 != argc || !turns)
		return 2;
	loop.traffic.size[0] = (uint32_t)strtoul(argv[optind], NULL, 10);
	if (loop.traffic.size[0] < XNF_LOOP_FRAME_MIN ||
	    loop.traffic.size[0] > XNF_PAGE_BYTES)
		return 2;
	join();
	return run(turns);
}
