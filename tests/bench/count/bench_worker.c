/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole worker on one thread between the unit tests' guests. callgrind
 * counts the instructions of two runs of different length, and what differs is
 * the price of the frames (tests/bench/callgrind.py does so); run by itself
 * it says how long the worker took for a frame, from its wake-up to its
 * sleep. The guests' own work is not in that, and no other core takes part.
 * One JSON object on standard output. Exit status: 0 all frames arrived, 1
 * not, 2 usage.
 */
#include "tests/unit/netback/ring/cmocka_std.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "copy.h"
#include "lists.h"
#include "load.h"
#include "netconf/base/text.h"

#define GROUP_FRAMES 8192u /* that are timed as one: some without a break */
#define GROUPS_MAX 4096u

static const char usage[] =
	"usage: bench-worker [--turns N] [--size BYTES] [--ports N] "
	"[--queues N]\n"
	"                    [--workers N] [--macs N] [--all] [--flood] "
	"[--chain]\n"
	"                    [--copying] [--acl RULES]\n"
	"A turn is a burst of each sender. --all: all ports send, to others at "
	"random;\n"
	"else the first sends to the last. --macs: so many stations behind the "
	"last,\n"
	"at random. --workers: each has the next port, and all take turns on "
	"the one\n"
	"thread. --flood: broadcasts. --chain: GSO packets of 64 KiB. "
	"--copying:\n"
	"how long the grant copies took. --acl: each has an access list of so "
	"many rules.\n";

static struct load load = {
	.options = {.turns = 100, .frame_bytes = 64, .ports = 2, .queues = 1}};
static struct {
	double ns[GROUPS_MAX]; /* a frame, of each group */
	uint32_t count;
	uint64_t frames, arrived;
	struct copy_count copies;
	uint64_t notified;
} seen;

/* From the events' arrival until all is answered and nobody has a turn. */
static uint64_t run_worker(struct xnb_worker *w)
{
	uint64_t begin = bench_now_ns();

	if (w->crew->count > 1) {
		bed_run(load.bed);
		return bench_now_ns() - begin;
	}
	do
		xnb_worker_round(w);
	while (!TAILQ_EMPTY(&w->ready) || !load_is_answered(&load));
	return bench_now_ns() - begin;
}

static uint64_t count_notified(void)
{
	uint64_t count = 0;

	for (uint32_t lane = 0; lane < load.lanes; lane++)
		count += ev_notified(load.bed->vif[lane].tx_channel) +
			 ev_notified(load.bed->vif[lane].rx_channel);
	return count;
}

static void note_group(uint64_t *ns, uint64_t *frames)
{
	if (seen.count < GROUPS_MAX)
		seen.ns[seen.count++] = (double)*ns / (double)*frames;
	*ns = *frames = 0;
}

static void frames_arrive(void **state)
{
	uint64_t ns = 0, frames = 0;

	load.bed = *state;
	load_start(&load);
	copy_count = (struct copy_count){0};
	seen.notified = count_notified();
	for (uint32_t i = 0; i < load.options.turns; i++) {
		frames += load_send(&load);
		ns += run_worker(load.bed->worker);
		bed_run(load.bed);
		seen.arrived += load_finish(&load);
		seen.frames += load.senders * load.burst;
		if (frames >= GROUP_FRAMES)
			note_group(&ns, &frames);
	}
	if (!seen.count)
		note_group(&ns, &frames);
	seen.notified = count_notified() - seen.notified;
	seen.copies = copy_count;
	assert_int_equal(seen.arrived,
			 load.options.flood
				 ? seen.frames * (load.options.ports - 1)
				 : seen.frames);
}

static int ascending(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static void print_seen(void)
{
	double frames = (double)seen.frames;

	qsort(seen.ns, seen.count, sizeof(seen.ns[0]), ascending);
	printf("{\"frame_bytes\": %u, \"frames\": %llu, \"arrived\": %llu",
	       load.options.frame_bytes, (unsigned long long)seen.frames,
	       (unsigned long long)seen.arrived);
	printf(", \"ns\": %.2f, \"ns_least\": %.2f", seen.ns[seen.count / 2],
	       seen.ns[0]);
	printf(", \"ns_copying\": %.2f", (double)seen.copies.ns / frames);
	printf(", \"copy_calls\": %.5f, \"copy_segments\": %.5f"
	       ", \"copied_bytes\": %.4f, \"notifications\": %.5f}\n",
	       (double)seen.copies.calls / frames,
	       (double)seen.copies.segments / frames,
	       (double)seen.copies.bytes / frames,
	       (double)seen.notified / frames);
}

static int parse(int argc, char **argv, struct load_options *ret)
{
	static const struct option known[] = {
		{"turns", required_argument, NULL, 't'},
		{"size", required_argument, NULL, 's'},
		{"ports", required_argument, NULL, 'p'},
		{"queues", required_argument, NULL, 'q'},
		{"workers", required_argument, NULL, 'w'},
		{"acl", required_argument, NULL, 'l'},
		{"macs", required_argument, NULL, 'm'},
		{"all", no_argument, NULL, 'a'},
		{"flood", no_argument, NULL, 'f'},
		{"chain", no_argument, NULL, 'c'},
		{"copying", no_argument, &copy_timed, 1},
		{NULL, 0, NULL, 0},
	};
	int code, rc = 0;

	while (!rc && (code = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		if (code == 't')
			rc = xn_parse_u32(optarg, 1, UINT32_MAX, &ret->turns);
		else if (code == 's')
			rc = xn_parse_u32(optarg, 60, 2048, &ret->frame_bytes);
		else if (code == 'p')
			rc = xn_parse_u32(optarg, 2, LANES_MAX, &ret->ports);
		else if (code == 'q')
			rc = xn_parse_u32(optarg, 1, XN_QUEUES_MAX,
					  &ret->queues);
		else if (code == 'w')
			rc = xn_parse_u32(optarg, 1, XN_WORKERS_MAX,
					  &bed_workers);
		else if (code == 'm')
			rc = xn_parse_u32(optarg, 1, MACS_MAX, &ret->macs);
		else if (code == 'l')
			rc = xn_parse_u32(optarg, 1, LIST_RULES_MAX,
					  &ret->rules);
		else if (code == 'a')
			ret->all = true;
		else if (code == 'f')
			ret->flood = true;
		else if (code == 'c')
			ret->chain = true;
		else if (code)
			rc = -1;
	}
	if (ret->chain)
		ret->frame_bytes = CHAIN_BYTES;
	/* Chains from many would not fit the ring of one. */
	if (ret->chain && (ret->all || ret->macs || ret->queues > 1))
		rc = -1;
	/* The lists are for UDP. */
	if (ret->chain && ret->rules)
		rc = -1;
	return rc || optind != argc || ret->ports * ret->queues > LANES_MAX;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {BED_TEST(frames_arrive)};

	if (parse(argc, argv, &load.options)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	/* A port may have a quarter of the table. */
	if (load.options.macs > bed_fdb_entries / 8)
		bed_fdb_entries = 8 * load.options.macs;
	if (cmocka_run_group_tests(tests, NULL, NULL))
		return 1;
	print_seen();
	return 0;
}
