// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_print.h. */
#include "netback/netfront/traffic_print.h"

#include <stdio.h>

#include "netback/netfront/traffic_options.h"

/* The rings' own books. */
struct rings {
	struct xnf_tx_stats tx;
	struct xnf_rx_stats rx;
};

static void print_number(const char *name, uint64_t value)
{
	printf(", \"%s\": %llu", name, (unsigned long long)value);
}

static void add_rings(struct rings *sum, struct xnf_queue *const *queues,
		      uint32_t count)
{
	for (uint32_t q = 0; q < count; q++) {
		const struct xnf_tx_stats *tx = &queues[q]->tx.stats;
		const struct xnf_rx_stats *rx = &queues[q]->rx.stats;

		sum->tx.done += tx->done;
		sum->tx.errors += tx->errors;
		sum->tx.dropped += tx->dropped;
		sum->rx.errors += rx->errors;
		sum->rx.bad_size += rx->bad_size;
		sum->rx.bad_extra += rx->bad_extra;
		sum->rx.too_many_slots += rx->too_many_slots;
		sum->rx.wrong_id += rx->wrong_id;
	}
}

static void print_rings(const struct rings *sum)
{
	print_number("tx_done", sum->tx.done);
	print_number("tx_errors", sum->tx.errors);
	print_number("tx_dropped", sum->tx.dropped);
	print_number("rx_errors", sum->rx.errors);
	print_number("rx_malformed", sum->rx.bad_size + sum->rx.bad_extra +
					     sum->rx.too_many_slots);
	print_number("rx_wrong_id", sum->rx.wrong_id);
}

static uint64_t span_ns(const struct xnf_traffic_result *result)
{
	return result->last_ns ? result->last_ns - result->first_ns : 0;
}

/* `numbered`: the frames' numbers were written and read. */
static void print_numbers(const struct xnf_traffic_result *result,
			  bool numbered)
{
	struct xnf_track_sum sum = xnf_track_sum(&result->track);

	if (numbered) {
		print_number("unique", sum.unique);
		print_number("missing", sum.missing);
		print_number("duplicates", sum.duplicates);
		print_number("reordered", sum.reordered);
		print_number("too_old", sum.too_old);
	}
	print_number("corrupted", result->corrupted);
	print_number("unstamped", result->unstamped);
	print_number("strays", result->strays);
	print_number("unsealed", result->unsealed);
	print_number("unanswered", result->unanswered);
}

static void print_end(bool connected, enum xnf_fault fault)
{
	printf(", \"connected\": %s, \"fault\": \"%s\"}\n",
	       connected ? "true" : "false", xnf_fault_name(fault));
	(void)fflush(stdout);
}

void xnf_print_traffic(const struct xnf_traffic *traffic, bool connected)
{
	const struct xnf_traffic_result *result = &traffic->result;
	enum xnf_fault fault = XNF_FAULT_NONE;
	struct rings rings = {0};

	printf("{\"mode\": \"%s\"",
	       xnf_traffic_mode_name(traffic->settings.mode));
	print_number("queues", traffic->queue_count);
	print_number("frames", result->frames);
	print_number("bytes", result->bytes);
	print_number("ns", span_ns(result));
	print_numbers(result, true);
	for (uint32_t q = 0; connected && q < traffic->queue_count; q++)
		if (!fault)
			fault = xnf_queue_fault(traffic->queue[q]);
	if (connected) {
		add_rings(&rings, traffic->queue, traffic->queue_count);
		print_rings(&rings);
	}
	print_end(connected, fault);
}

static void print_loop_rings(const struct xnf_loop *loop)
{
	struct rings rings = {0};

	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		const struct xnf_loop_pair *pair = &loop->pair[p];

		add_rings(&rings, pair->from.queue, pair->from.queue_count);
		add_rings(&rings, pair->to.queue, pair->to.queue_count);
	}
	print_rings(&rings);
}

void xnf_print_loop(const struct xnf_loop *loop, bool connected)
{
	const struct xnf_traffic_result *result = &loop->result;
	uint64_t ns = span_ns(result);
	bool numbered = !loop->flat || loop->bench.touch != XNF_TOUCH_NONE;

	printf("{\"mode\": \"loop\"");
	print_number("pairs", loop->settings.pairs);
	print_number("queues", loop->pair[0].from.queue_count);
	print_number("window", loop->window);
	printf(", \"touch\": \"%s\"", xnf_touch_name(loop->bench.touch));
	print_number("frames", result->frames);
	print_number("bytes", result->bytes);
	print_number("arrived", loop->arrived);
	print_number("lost", loop->lost);
	print_number("ns", ns);
	printf(", \"mpps\": %.3f",
	       ns ? (double)loop->arrived * 1e3 / (double)ns : 0.0);
	print_number("turns", loop->turns);
	print_numbers(result, numbered);
	if (connected)
		print_loop_rings(loop);
	print_end(connected, connected ? xnf_loop_fault(loop) : XNF_FAULT_NONE);
}

void xnf_print_ping(const struct xnf_loop *loop,
		    const struct xnf_ping_result *result, bool connected)
{
	printf("{\"mode\": \"ping\"");
	print_number("pings", result->count);
	print_number("late", result->late);
	print_number("ns_least", result->ns_least);
	print_number("ns_p50", result->ns_p50);
	print_number("ns_p99", result->ns_p99);
	print_number("ns_most", result->ns_most);
	if (connected)
		print_loop_rings(loop);
	print_end(connected, connected ? xnf_loop_fault(loop) : XNF_FAULT_NONE);
}
