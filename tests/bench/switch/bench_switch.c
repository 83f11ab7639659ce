/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a decision of the switch costs: bursts of 64 frames, prints ns a frame
 * (the median of several runs) for each case. Single-threaded. Exit status: 0
 * done, 1 the switch decided wrongly, 2 usage.
 *
 * Instructions a frame, exact and free of noise, for one case:
 *   valgrind --tool=callgrind --toggle-collect=xsw_forward \
 *	--callgrind-out-file=/dev/null bench-switch -n 1000 -c one
 * divided by frames (printed), after subtracting a run with -n 0 if learning
 * the stations first should not count.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/switch.h"

#define RUNS 9u
#define PORTS 33u
#define HEAD_BYTES 64u
#define BURSTS 64u /* different ones, sent in turn */
#define BURSTS_DEFAULT 200000u

struct bench_case {
	const char *name;
	const char *what;
	uint32_t stations; /* known behind the receiving ports */
	uint32_t receivers;
	bool broadcast;
};

static const struct bench_case cases[] = {
	{"one", "unicast to one station", 1, 1, false},
	{"eight", "unicast to 8 stations on 8 ports", 8, 8, false},
	{"many", "unicast to 4096 stations on 32 ports", 4096, 32, false},
	{"flood8", "broadcast to 8 ports", 8, 8, true},
	{"flood32", "broadcast to 32 ports", 32, 32, true},
};

struct bench {
	struct xsw_switch *sw;
	struct xsw_batch batch;
	uint8_t head[BURSTS][XSW_BATCH_MAX][HEAD_BYTES];
	uint64_t decided; /* receivers of all frames: the check */
};

static void write_mac(uint8_t *to, uint32_t station)
{
	to[0] = 0x02;
	to[1] = 0;
	for (uint32_t i = 0; i < 4; i++)
		to[2 + i] = (uint8_t)(station >> (24 - 8 * i));
}

static void write_frame(uint8_t *head, bool broadcast, uint32_t dst,
			uint32_t src)
{
	memset(head, 0, HEAD_BYTES);
	write_mac(head, dst);
	if (broadcast)
		memset(head, 0xff, XN_MAC_BYTES);
	write_mac(head + XN_MAC_BYTES, src);
	head[12] = 0x08;
}

static void point_batch(struct bench *bench, uint32_t burst)
{
	struct xsw_batch *batch = &bench->batch;

	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++)
		batch->frame[i].head = bench->head[burst][i];
}

static int open_ports(struct bench *bench, const struct bench_case *of)
{
	const struct xsw_port_config config = {
		.fast = true,
		.forwarding = true,
		.learning = true,
		.flood = true,
		.mcast_flood = true,
		.bcast_flood = true,
	};

	for (uint16_t port = 0; port <= of->receivers; port++) {
		if (xsw_port_set(bench->sw, port, &config) < 0)
			return -1;
	}
	return 0;
}

/* Every station sends one frame from its port, so that it is known. */
static void show_stations(struct bench *bench, const struct bench_case *of)
{
	struct xsw_batch *batch = &bench->batch;

	point_batch(bench, 0);
	batch->count = 1;
	for (uint32_t i = 1; i <= of->stations; i++) {
		batch->in_port = (uint16_t)(1 + i % of->receivers);
		write_frame(bench->head[0][0], true, 0, i);
		xsw_forward(bench->sw, batch, 0);
	}
}

/* The sender is port 0, its one station number 0. */
static void write_bursts(struct bench *bench, const struct bench_case *of)
{
	uint32_t random = 1;

	for (uint32_t b = 0; b < BURSTS; b++) {
		for (uint32_t i = 0; i < XSW_BATCH_MAX; i++) {
			random = random * 1664525u + 1013904223u;
			write_frame(bench->head[b][i], of->broadcast,
				    1 + (random >> 8) % of->stations, 0);
		}
	}
	bench->batch.count = XSW_BATCH_MAX;
	bench->batch.in_port = 0;
}

static void count_receivers(struct bench *bench)
{
	const struct xsw_batch *batch = &bench->batch;

	for (uint32_t d = 0; d < batch->dest_count; d++)
		bench->decided += (uint64_t)__builtin_popcountll(
			batch->dest_frames[batch->dest[d]]);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double run(struct bench *bench, uint32_t bursts)
{
	double begin = now_ns();

	for (uint32_t i = 0; i < bursts; i++) {
		point_batch(bench, i % BURSTS);
		xsw_forward(bench->sw, &bench->batch, 1000);
	}
	return (now_ns() - begin) / bursts / XSW_BATCH_MAX;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int run_case(struct bench *bench, const struct bench_case *of,
		    uint32_t bursts)
{
	static const uint8_t hash_key[16] = "always the same";
	uint64_t expected =
		XSW_BATCH_MAX * (of->broadcast ? (uint64_t)of->receivers : 1);
	double ns[RUNS];

	bench->sw = xsw_switch_create(65536, hash_key);
	if (!bench->sw || open_ports(bench, of) < 0) {
		fprintf(stderr, "bench-switch: out of memory\n");
		return 1;
	}
	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++) {
		bench->batch.frame[i].head_bytes = HEAD_BYTES;
		bench->batch.frame[i].frame_bytes = HEAD_BYTES;
	}
	show_stations(bench, of);
	write_bursts(bench, of);
	for (uint32_t i = 0; bursts && i < RUNS; i++)
		ns[i] = run(bench, bursts);
	point_batch(bench, 0);
	bench->decided = 0;
	xsw_forward(bench->sw, &bench->batch, 1000);
	count_receivers(bench);
	xsw_switch_destroy(bench->sw);
	if (bench->decided != expected) {
		fprintf(stderr, "bench-switch: %s: %lu receivers, not %lu\n",
			of->name, (unsigned long)bench->decided,
			(unsigned long)expected);
		return 1;
	}
	if (!bursts)
		return 0;
	qsort(ns, RUNS, sizeof(ns[0]), compare);
	printf("%-8s %-40s %6.2f ns/frame, %lu frames\n", of->name, of->what,
	       ns[RUNS / 2], (unsigned long)RUNS * bursts * XSW_BATCH_MAX);
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	uint32_t bursts = BURSTS_DEFAULT;
	const char *only = NULL;
	int option, result = 0;

	while ((option = getopt(argc, argv, "n:c:")) != -1) {
		if (option == 'n') {
			bursts = (uint32_t)strtoul(optarg, NULL, 10);
		} else if (option == 'c') {
			only = optarg;
		} else {
			fprintf(stderr, "usage: bench-switch [-n BURSTS] "
					"[-c CASE]\n");
			return 2;
		}
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!only || strcmp(only, cases[i].name) == 0)
			result |= run_case(&bench, &cases[i], bursts);
	}
	return result;
}
