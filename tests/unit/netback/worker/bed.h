/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_WORKER_BED_H
#define TEST_WORKER_BED_H
/*
 * A worker between simulated guests, driven round by round on the test's own
 * thread: no waiting, no chance. A guest here is a ring-level frontend
 * (ring/guest.h) with a twin, whose kernel side is one end of a socket pair.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../ring/guest.h"
#include "../ring/hypervisor.h"
#include "events.h"
#include "netback/message.h"
#include "netback/worker.h"
#include "netback/worker_state.h"

#define BED_GUESTS 6u	    /* enough for most tests */
#define BED_GUESTS_MAX 101u /* a sender and a hundred others */
#define BED_FRAME_MAX 65535u

/* Pages 256 and up are for sending: guest_post() takes the ones below. */
#define BED_TX_PAGE 256u

struct bed_vif {
	struct guest guest;
	uint32_t slot;
	uint32_t generation;
	uint32_t tx_channel, rx_channel;
	int redo_fd;	   /* "control's" */
	int kernel_fd;	   /* what the kernel reads and writes */
	uint32_t rx_taken; /* responses that the test has looked at */
	uint32_t tx_taken;
};

struct bed {
	struct xnb_mailbox *commands;
	struct xnb_mailbox *events;
	struct xnb_worker *worker;
	struct xn_stats *stats;
	struct bed_vif vif[BED_GUESTS_MAX]; /* domid and slot = index */
};

/* Of the switch that the next bed_setup() makes; tests leave it. */
extern uint32_t bed_fdb_entries;
/* Of the crew that the next bed_setup() makes; the first one is the bed's. */
extern uint32_t bed_workers;

/* cmocka setup and teardown; *state is the bed. Teardown checks that nothing
 * is left mapped or open. */
int bed_setup(void **state);
int bed_teardown(void **state);

#define BED_TEST(name) \
	cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

/* Connects guest `n` (0 ..) with all features but those in `without`, both
 * rings at `index`, and gives it bridge 0, fast and open. Its VIF_UP and
 * PORT_DONE are consumed. */
void bed_add(struct bed *bed, uint32_t n, uint32_t index, uint32_t without);
/* The parts of it. */
struct xnb_command bed_add_command(struct bed *bed, uint32_t n,
				   uint32_t without);
struct xnb_command bed_port_command(const struct bed *bed, uint32_t n);
void bed_order(struct bed *bed, const struct xnb_command *command);

struct xnb_command bed_policy_command(const struct bed *bed, uint32_t n);
/* The same as bed_add() for a vif of `count` queues: the i-th has the rings,
 * the channels and the twin of guest n + i, which is no vif then. The pages
 * that are granted are those of the last of them. */
void bed_add_queues(struct bed *bed, uint32_t n, uint32_t count);

/* From now on the workers' clocks stand still but for bed_advance(), which
 * lets their timers come when they are due, and runs. */
void bed_stop_clock(struct bed *bed);
void bed_advance(struct bed *bed, uint64_t us);

/* Runs rounds of all workers in turn, until none has anything left to do. */
void bed_run(struct bed *bed);
/* A round of it would not sleep. */
bool bed_has_work(const struct xnb_worker *w);
/* The next event, or header.type 0. */
struct xnb_event bed_event(struct bed *bed);

/* Writes an Ethernet frame of `bytes` <= 4096 to a page of the guest's: to
 * station `to` (BED_ALL: broadcast), from station `from`, a pattern behind. */
#define BED_ALL 0xffu
void bed_frame(uint8_t *page, uint8_t to, uint8_t from, uint32_t bytes);
/* Guest `n` sends the frame from page `page` in one slot, without event. */
void bed_send(struct bed *bed, uint32_t n, uint32_t page, uint8_t to,
	      uint32_t bytes);
/* Publishes, signals, and runs. */
void bed_push(struct bed *bed, uint32_t n);
/* As many requests for one page as the ring takes, published, with an event;
 * no round is run. */
void bed_fill_ring(struct bed *bed, uint32_t n, uint32_t page, uint32_t bytes);
/* bed_send() from one page and bed_push(): the same frame, `count` times. */
void bed_burst(struct bed *bed, uint32_t n, uint8_t to, uint32_t bytes,
	       uint32_t count);

/* The next frame that guest `n` was given: its bytes (0: none; negative: an
 * error status), with the first response's flags. */
struct bed_received {
	int bytes;
	uint16_t flags;
	uint8_t gso_type;
	uint16_t gso_size;
	uint8_t frame[BED_FRAME_MAX];
};
void bed_receive(struct bed *bed, uint32_t n, struct bed_received *ret);
/* How many responses of each status guest `n` got for what it sent since the
 * last call. */
struct bed_answers {
	uint32_t okay, error, null;
};
struct bed_answers bed_answers(struct bed *bed, uint32_t n);
/* How many frames guest `n` was given since the last look. */
uint32_t bed_count_received(struct bed *bed, uint32_t n);

/* The kernel's side of the twin: reads one frame with its virtio_net_hdr
 * (0: there is none), writes one. */
size_t bed_kernel_read(struct bed *bed, uint32_t n, struct virtio_net_hdr *vnet,
		       uint8_t *frame);
bool bed_kernel_write(struct bed *bed, uint32_t n,
		      const struct virtio_net_hdr *vnet, const uint8_t *frame,
		      size_t bytes);

/* Every page of the guest's is posted, as far as the ring allows. */
void bed_post(struct bed *bed, uint32_t n, uint32_t count);

static inline const struct xn_vif_counters *bed_counters(const struct bed *bed,
							 uint32_t n)
{
	return &bed->stats->vif[bed->vif[n].slot];
}

#endif
