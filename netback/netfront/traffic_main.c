// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenplane-traffic: a guest without a kernel. It connects one vif, or pairs of
 * them, sends or receives numbered frames ring to ring, prints what it saw as
 * JSON, and closes. For loss tests and measurements.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "netback/netfront/traffic_connect.h"
#include "netback/netfront/traffic_loop.h"
#include "netback/netfront/traffic_options.h"
#include "netback/netfront/traffic_ping.h"
#include "netback/netfront/traffic_print.h"
#include "netback/netfront/traffic_run.h"
#include "netback/netfront/traffic_wait.h"
#include "netconf/base/log.h"

struct program {
	struct xnf_traffic_options options;
	struct xnf_connection connection;
	struct xnf_traffic traffic; /* of one vif */
	struct xnf_loop loop;	    /* of pairs */
};

static struct program program;

static void on_signal(int signal_number)
{
	(void)signal_number;
	xnf_traffic_stop();
}

static int check_features(const struct program *one, struct xn_err *err)
{
	for (uint32_t i = 0; one->options.gso_size && i < one->connection.count;
	     i++)
		if (!xnf_front_features(one->connection.front[i])->gso_tcpv4)
			return xn_fail(err, ENOTSUP,
				       "the backend takes no GSO");
	return 0;
}

static struct xn_mac mac_of(const struct program *one, uint32_t front)
{
	struct xn_mac mac = {{2, 0, 0, 0, 0, (uint8_t)(front + 1)}};

	(void)xnf_front_mac(one->connection.front[front], &mac);
	return mac;
}

static struct xnf_traffic_template make_template(const struct program *one,
						 uint32_t stream)
{
	const struct xnf_traffic_options *options = &one->options;

	return (struct xnf_traffic_template){
		.source = options->source,
		.dest = options->dest,
		.stream = stream,
		.flows = options->flows,
		.gso_size = (uint16_t)options->gso_size,
	};
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

static int judge(const struct program *one, int rc, struct xn_err *err)
{
	if (rc)
		return xn_fail(err, -rc, "the backend broke a ring");
	if (!xnf_is_connected(&one->connection))
		return xn_fail(err, ENOTCONN, "the connection went away");
	return 0;
}

/* ---- one vif ---- */

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

static void prepare_traffic(struct program *one)
{
	const struct xnf_traffic_options *options = &one->options;
	struct xnf_front *front = one->connection.front[0];
	struct xnf_traffic *traffic = &one->traffic;

	traffic->settings = options->settings;
	traffic->queue_count = xnf_front_queue_count(front);
	for (uint32_t q = 0; q < traffic->queue_count; q++) {
		traffic->queue[q] = xnf_front_queue(front, q);
		traffic->template[q] =
			make_template(one, xnf_traffic_stream(options->domid,
							      options->vif, q));
		if (!options->has_source)
			traffic->template[q].source = mac_of(one, 0);
	}
	traffic->control_fd = xnf_store_fd(one->connection.store);
	traffic->control = xnf_follow_store;
	traffic->control_arg = &one->connection;
}

static int run_traffic(struct program *one, struct xn_err *err)
{
	struct xnf_traffic *traffic = &one->traffic;
	int rc = 0;

	prepare_traffic(one);
	if (one->options.announce)
		rc = announce(traffic->queue[0], &traffic->template[0], err);
	if (!rc)
		rc = say_ready(one, err);
	if (rc)
		return rc;
	rc = xnf_traffic_run(traffic);
	xnf_print_traffic(traffic, xnf_is_connected(&one->connection));
	return judge(one, rc, err);
}

/* ---- pairs of vifs ---- */

static void prepare_end(const struct program *one, uint32_t vif,
			struct xnf_loop_end *end)
{
	struct xnf_front *front = one->connection.front[vif];

	end->mac = mac_of(one, vif);
	end->queue_count = xnf_front_queue_count(front);
	for (uint32_t q = 0; q < end->queue_count; q++)
		end->queue[q] = xnf_front_queue(front, q);
}

/* Streams of a loop stand in the numbers that another mode's vif 15 has. */
static uint32_t loop_stream(const struct program *one, uint32_t p, uint32_t q)
{
	return xnf_traffic_stream((one->options.domid * XNF_LOOP_PAIRS_MAX + p),
				  15, q);
}

static void prepare_pair(struct program *one, uint32_t p)
{
	struct xnf_loop_pair *pair = &one->loop.pair[p];

	prepare_end(one, 2 * p, &pair->from);
	prepare_end(one, 2 * p + 1, &pair->to);
	for (uint32_t q = 0; q < pair->from.queue_count; q++) {
		struct xnf_traffic_template *template =
			&pair->stream[q].template;

		*template = make_template(one, loop_stream(one, p, q));
		if (!one->options.has_source)
			template->source = pair->from.mac;
		if (!one->options.has_dest && !one->options.loop.flood)
			template->dest = pair->to.mac;
	}
}

static int announce_loop(struct program *one, struct xn_err *err)
{
	int rc = xnf_loop_announce(&one->loop);

	if (rc == -ETIMEDOUT)
		return xn_fail(err, -rc,
			       "an announcement did not arrive, and %" PRIu64
			       " slots were not answered",
			       one->loop.result.unanswered);
	return rc ? xn_fail(err, -rc, "the backend broke a ring") : 0;
}

static int run_pings(struct program *one, struct xn_err *err)
{
	struct xnf_ping_result result;
	int rc = xnf_ping_run(&one->loop, one->options.interval_us, &result);

	xnf_print_ping(&one->loop, &result, xnf_is_connected(&one->connection));
	return judge(one, rc, err);
}

static int run_loop(struct program *one, struct xn_err *err)
{
	struct xnf_loop *loop = &one->loop;
	int rc;

	loop->traffic = one->options.settings;
	loop->settings = one->options.loop;
	for (uint32_t p = 0; p < loop->settings.pairs; p++)
		prepare_pair(one, p);
	loop->control_fd = xnf_store_fd(one->connection.store);
	loop->control = xnf_follow_store;
	loop->control_arg = &one->connection;
	xnf_loop_prepare(loop);
	rc = announce_loop(one, err);
	if (!rc)
		rc = say_ready(one, err);
	if (rc)
		return rc;
	if (one->options.settings.mode == XNF_TRAFFIC_PING)
		return run_pings(one, err);
	rc = xnf_loop_run(loop);
	xnf_print_loop(loop, xnf_is_connected(&one->connection));
	return judge(one, rc, err);
}

static int serve(struct program *one, struct xn_err *err)
{
	bool loops = one->options.settings.mode == XNF_TRAFFIC_LOOP ||
		     one->options.settings.mode == XNF_TRAFFIC_PING;
	int rc = xnf_connect(&one->connection, &one->options,
			     loops ? 2 * one->options.loop.pairs : 1, err);

	if (!rc)
		rc = check_features(one, err);
	if (!rc)
		rc = loops ? run_loop(one, err) : run_traffic(one, err);
	xnf_disconnect(&one->connection);
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
