// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenplane-traffic: a guest without a kernel. It connects one vif, sends or
 * receives numbered frames ring to ring, prints what it saw as JSON, and
 * closes. For loss tests and measurements.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netback/netfront/front.h"
#include "netback/netfront/traffic_options.h"
#include "netback/netfront/traffic_run.h"
#include "netconf/base/log.h"
#include "netconf/base/loop.h"

#define CLOSE_MS 3000

struct program {
	struct xnf_traffic_options options;
	struct xnf_store *store;
	struct xnf_front *front;
	bool up;
	struct xnf_traffic traffic;
};

static struct program program;

static void went_up(void *arg)
{
	struct program *one = arg;

	one->up = true;
}

static void went_down(void *arg)
{
	struct program *one = arg;

	one->up = false;
}

static const struct xnf_front_ops front_ops = {
	.up = went_up,
	.down = went_down,
};

static bool follow_store(void *arg)
{
	struct program *one = arg;

	return !xnf_store_dispatch(one->store) && one->up;
}

static void on_signal(int signal_number)
{
	(void)signal_number;
	xnf_traffic_stop();
}

/* Until `is_done`, or for so long: true, it is done. */
static bool wait_for(struct program *one, bool (*is_done)(struct program *),
		     uint32_t limit_ms)
{
	uint64_t until = xn_now_ms() + limit_ms;
	uint64_t now = xn_now_ms();

	while (!is_done(one) && now < until) {
		struct pollfd fd = {
			.fd = xnf_store_fd(one->store),
			.events = POLLIN,
		};

		if (poll(&fd, 1, (int)(until - now)) < 0 ||
		    xnf_store_dispatch(one->store))
			break;
		now = xn_now_ms();
	}
	return is_done(one);
}

static bool is_up(struct program *one)
{
	return one->up;
}

static bool is_closed(struct program *one)
{
	return xnf_front_is_closed(one->front);
}

/* One broadcast, too short for a stamp: no sink counts it as numbered. */
static int announce(struct xnf_queue *queue,
		    const struct xnf_traffic_template *run, struct xn_err *err)
{
	struct xnf_traffic_template template = *run;
	uint8_t frame[XNF_TRAFFIC_HEAD_MAX];
	struct iovec iov = {frame, XNF_FRAME_MIN};
	const struct xnf_meta meta = {0};

	memset(&template.dest, 0xff, sizeof(template.dest));
	(void)xnf_traffic_head(&template, 0, XNF_FRAME_MIN, frame);
	if (xnf_tx_put(&queue->tx, &iov, 1, &meta))
		return xn_fail(err, EIO, "the first frame found no room");
	if (xnf_tx_publish(&queue->tx))
		xnf_queue_kick_tx(queue);
	return 0;
}

static int prepare(struct program *one, struct xn_err *err)
{
	const struct xnf_traffic_options *options = &one->options;
	struct xnf_traffic *traffic = &one->traffic;
	struct xn_mac source = {{2, 0, 0, 0, 0, 1}};

	(void)xnf_front_mac(one->front, &source);
	if (options->gso_size && !xnf_front_features(one->front)->gso_tcpv4)
		return xn_fail(err, ENOTSUP, "the backend takes no GSO");
	traffic->settings = options->settings;
	traffic->queue_count = xnf_front_queue_count(one->front);
	for (uint32_t q = 0; q < traffic->queue_count; q++) {
		traffic->queue[q] = xnf_front_queue(one->front, q);
		traffic->template[q] = (struct xnf_traffic_template){
			.source = source,
			.dest = options->dest,
			.stream = xnf_traffic_stream(options->domid,
						     options->vif, q),
			.flows = options->flows,
			.gso_size = (uint16_t)options->gso_size,
		};
	}
	traffic->control_fd = xnf_store_fd(one->store);
	traffic->control = follow_store;
	traffic->control_arg = one;
	if (options->announce)
		return announce(traffic->queue[0], &traffic->template[0], err);
	return 0;
}

static void print_number(const char *name, uint64_t value)
{
	printf(", \"%s\": %llu", name, (unsigned long long)value);
}

/* Before the queues go. */
static void print_rings(const struct xnf_traffic *traffic)
{
	struct xnf_tx_stats tx = {0};
	struct xnf_rx_stats rx = {0};

	for (uint32_t q = 0; q < traffic->queue_count; q++) {
		const struct xnf_queue *queue = traffic->queue[q];

		tx.done += queue->tx.stats.done;
		tx.errors += queue->tx.stats.errors;
		tx.dropped += queue->tx.stats.dropped;
		rx.errors += queue->rx.stats.errors;
		rx.bad_size += queue->rx.stats.bad_size;
		rx.bad_extra += queue->rx.stats.bad_extra;
		rx.too_many_slots += queue->rx.stats.too_many_slots;
		rx.wrong_id += queue->rx.stats.wrong_id;
	}
	print_number("tx_done", tx.done);
	print_number("tx_errors", tx.errors);
	print_number("tx_dropped", tx.dropped);
	print_number("rx_errors", rx.errors);
	print_number("rx_malformed",
		     rx.bad_size + rx.bad_extra + rx.too_many_slots);
	print_number("rx_wrong_id", rx.wrong_id);
}

static void print_result(const struct program *one)
{
	const struct xnf_traffic_result *result = &one->traffic.result;
	struct xnf_track_sum sum = xnf_track_sum(&result->track);
	enum xnf_fault fault = XNF_FAULT_NONE;

	for (uint32_t q = 0; one->up && q < one->traffic.queue_count; q++)
		if (!fault)
			fault = xnf_queue_fault(one->traffic.queue[q]);
	printf("{\"mode\": \"%s\"",
	       xnf_traffic_mode_name(one->options.settings.mode));
	print_number("queues", one->traffic.queue_count);
	print_number("frames", result->frames);
	print_number("bytes", result->bytes);
	print_number("ns",
		     result->last_ns ? result->last_ns - result->first_ns : 0);
	print_number("unique", sum.unique);
	print_number("missing", sum.missing);
	print_number("duplicates", sum.duplicates);
	print_number("reordered", sum.reordered);
	print_number("too_old", sum.too_old);
	print_number("corrupted", result->corrupted);
	print_number("unstamped", result->unstamped);
	print_number("unsealed", result->unsealed);
	print_number("unanswered", result->unanswered);
	if (one->up)
		print_rings(&one->traffic);
	printf(", \"connected\": %s, \"fault\": \"%s\"}\n",
	       one->up ? "true" : "false", xnf_fault_name(fault));
	(void)fflush(stdout);
}

static int say_ready(const struct program *one, struct xn_err *err)
{
	int fd = (int)one->options.ready_fd;

	if (!fd)
		return 0;
	if (write(fd, "", 1) != 1 || close(fd) < 0)
		return xn_fail(err, errno, "--ready-fd %u: %s",
			       one->options.ready_fd, strerror(errno));
	return 0;
}

static int connect_and_run(struct program *one, struct xn_err *err)
{
	int rc;

	if (!wait_for(one, is_up, one->options.connect_ms))
		return xn_fail(err, ETIMEDOUT, "vif %u did not connect",
			       one->options.vif);
	rc = prepare(one, err);
	if (!rc)
		rc = say_ready(one, err);
	if (rc)
		return rc;
	rc = xnf_traffic_run(&one->traffic);
	print_result(one);
	if (rc)
		return xn_fail(err, -rc, "the backend broke a ring");
	if (!one->up)
		return xn_fail(err, ENOTCONN, "the connection went away");
	return 0;
}

static int serve(struct program *one, struct xn_err *err)
{
	int rc = -EIO;

	one->store = xnf_store_open(err);
	if (!one->store)
		return rc;
	one->front = xnf_front_create(one->store, one->options.domid,
				      one->options.vif, &one->options.front,
				      &front_ops, one, err);
	if (!one->front)
		goto out;
	rc = connect_and_run(one, err);
	xnf_front_close(one->front);
	(void)wait_for(one, is_closed, CLOSE_MS);
out:
	xnf_front_destroy(one->front);
	xnf_store_close(one->store);
	return rc;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct xn_err err = {0};
	int rc = xnf_traffic_options_parse(argc, argv, &program.options);

	if (rc >= 0)
		return rc;
	xn_log_open("xenplane-traffic", XN_LOG_WARNING, false);
	if (sigaction(SIGTERM, &action, NULL) < 0 ||
	    sigaction(SIGINT, &action, NULL) < 0)
		return 1;
	if (serve(&program, &err)) {
		xn_error("%s", xn_err_text(&err));
		return 1;
	}
	return 0;
}
