/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_COUNT_LOAD_H
#define BENCH_COUNT_LOAD_H
/*
 * What the bench's guests send to each other. A lane is a pair of rings; a
 * vif has one lane for each of its queues. Lanes of a vif stand side by side.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/netback/worker/bed.h"

#define LANES_MAX BED_GUESTS_MAX
#define MACS_MAX 200000u
#define CHAIN_BYTES 65000u

struct load_options {
	uint32_t turns;
	uint32_t frame_bytes;
	uint32_t ports;	 /* vifs */
	uint32_t queues; /* of each */
	uint32_t macs;	 /* stations behind the last port; 0: one a port */
	uint32_t rules;	 /* of each port's access list; 0: none */
	bool all;   /* all ports send, to others at random; else the first */
	bool flood; /* broadcasts */
	bool chain; /* frames are GSO packets of CHAIN_BYTES */
};

struct load {
	struct load_options options;
	struct bed *bed;
	uint32_t lanes;	  /* of all ports */
	uint32_t senders; /* lanes 0 .. that send */
	uint32_t burst;	  /* frames that a sender's lane sends in a turn */
	uint64_t random;
};

/* Connects the guests and lets the switch learn all stations. */
void load_start(struct load *load);
/* Puts a turn's frames on the rings and signals; the caller runs the worker,
 * then load_finish() takes what arrived and gives the buffers back. Returns
 * how many frames were sent. */
uint32_t load_send(struct load *load);
bool load_is_answered(const struct load *load);
/* How many arrived. Asserts that every sender was answered. */
uint32_t load_finish(struct load *load);

#endif
