// SPDX-License-Identifier: GPL-2.0-or-later
/* netback/netfront/front.c, keys.c, store.c and queue.c with doubles of the
 * store and of the hypervisor's calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netback/netfront/front.h"
#include "tests/unit/netback/netfront/fake_store.h"
#include "tests/unit/netback/netfront/fake_xen.h"

#define FRONT "/local/domain/5/device/vif/2"
#define BACK "/local/domain/0/backend/vif/5/2"
#define QUEUE_PAGES (2 + 2 * XNF_RING_SLOTS)

struct fixture {
	struct xnf_store *store;
	struct xnf_front *front;
	int ups, downs, mtus, carriers, closes;
	uint32_t queues_at_down;
};

static void on_up(void *arg)
{
	((struct fixture *)arg)->ups++;
}

static void on_down(void *arg)
{
	struct fixture *f = arg;

	f->downs++;
	/* Still there until we return. */
	f->queues_at_down = xnf_front_queue_count(f->front);
}

static void on_carrier(void *arg)
{
	((struct fixture *)arg)->carriers++;
}

static void on_mtu(void *arg)
{
	((struct fixture *)arg)->mtus++;
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->closes++;
}

static const struct xnf_front_ops ops = {
	.up = on_up,
	.down = on_down,
	.mtu = on_mtu,
	.carrier = on_carrier,
	.closed = on_closed,
};

static void settle(struct fixture *f)
{
	for (int i = 0; i < 8; i++)
		assert_int_equal(xnf_store_dispatch(f->store), 0);
}

static void back(struct fixture *f, const char *key, const char *value)
{
	char path[256];

	(void)snprintf(path, sizeof(path), BACK "/%s", key);
	fake_store_set(path, value);
	settle(f);
}

static const char *front_key(const char *key)
{
	char path[256];

	(void)snprintf(path, sizeof(path), FRONT "/%s", key);
	return fake_store_get(path);
}

static void expect_key(const char *key, const char *value)
{
	const char *is = front_key(key);

	if (!value) {
		assert_null(is);
		return;
	}
	assert_non_null(is);
	assert_string_equal(is, value);
}

static void expect_number(const char *key, uint32_t value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", value);
	expect_key(key, text);
}

static void create(struct fixture *f, const struct xnf_options *options)
{
	struct xn_err err = {0};

	f->front = xnf_front_create(f->store, 5, 2, options, &ops, f, &err);
	if (!f->front)
		fail_msg("%s", xn_err_text(&err));
	settle(f);
}

static void destroy(struct fixture *f)
{
	xnf_front_destroy(f->front);
	f->front = NULL;
	assert_int_equal(fake_xen_pages(), 0);
	assert_int_equal(fake_xen.evtchns_open, 0);
	assert_int_equal(fake_xen.gntshrs_open, 0);
}

static void put_device(void)
{
	fake_store_set(FRONT "/backend", BACK);
	fake_store_set(FRONT "/backend-id", "0");
	fake_store_set(FRONT "/state", "1");
	fake_store_set(FRONT "/mac", "00:16:3e:01:02:03");
	fake_store_set(BACK "/state", "1");
	fake_store_set(BACK "/feature-split-event-channels", "1");
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fake_store_reset();
	fake_xen_reset();
	put_device();
	f->store = xnf_store_open(NULL);
	assert_non_null(f->store);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	destroy(f);
	xnf_store_close(f->store);
	free(f);
	return 0;
}

static void bring_up(struct fixture *f, const struct xnf_options *options)
{
	create(f, options);
	back(f, "state", "2");
	back(f, "state", "4");
	assert_int_equal(f->ups, 1);
}

static void test_comes_up(void **state)
{
	struct fixture *f = *state;

	create(f, &xnf_options_default);
	expect_key("state", "1");
	assert_int_equal(fake_xen_pages(), 0);
	back(f, "state", "2");
	expect_key("state", "4");
	assert_int_equal(f->ups, 0); /* the backend is not */
	assert_int_equal(fake_xen_pages(), QUEUE_PAGES);
	back(f, "state", "4");
	assert_int_equal(f->ups, 1);
	assert_true(xnf_front_is_up(f->front));
	assert_int_equal(xnf_front_queue_count(f->front), 1);
	assert_int_equal(xnf_front_handle(f->front), 2);
}

static void test_keys_of_one_queue(void **state)
{
	struct fixture *f = *state;
	struct xnf_queue *queue;

	bring_up(f, &xnf_options_default);
	queue = xnf_front_queue(f->front, 0);
	assert_int_not_equal(queue->tx_port, queue->rx_port);
	expect_number("tx-ring-ref", queue->tx_ring_ref);
	expect_number("rx-ring-ref", queue->rx_ring_ref);
	expect_number("event-channel-tx", queue->tx_port);
	expect_number("event-channel-rx", queue->rx_port);
	expect_key("event-channel", NULL);
	expect_key("multi-queue-num-queues", NULL);
	expect_key("request-rx-copy", "1");
}

static void test_what_is_granted(void **state)
{
	struct fixture *f = *state;
	int readable = 0;

	fake_store_set(FRONT "/backend-id", "7");
	bring_up(f, &xnf_options_default);
	for (uint32_t i = 0; i < fake_xen.shares; i++) {
		assert_int_equal(fake_xen.share[i].domid, 7);
		readable += !fake_xen.share[i].writable;
	}
	/* The backend has no business writing frames that we send. */
	assert_int_equal(readable, 1);
}

static void expect_single_channel(struct fixture *f)
{
	struct xnf_queue *queue = xnf_front_queue(f->front, 0);

	assert_int_equal(queue->tx_port, queue->rx_port);
	expect_number("event-channel", queue->tx_port);
	expect_key("event-channel-tx", NULL);
	expect_key("event-channel-rx", NULL);
	xnf_queue_kick_tx(queue);
	xnf_queue_kick_rx(queue);
	assert_int_equal(fake_xen.notified[queue->tx_port], 2);
}

static void test_single_channel_when_we_say_so(void **state)
{
	struct xnf_options options = xnf_options_default;

	options.split_channels = false;
	bring_up(*state, &options);
	expect_single_channel(*state);
}

static void test_single_channel_when_the_backend_cannot_split(void **state)
{
	fake_store_remove(BACK "/feature-split-event-channels");
	bring_up(*state, &xnf_options_default);
	expect_single_channel(*state);
}

static void test_queues_are_the_smaller_number(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = xnf_options_default;

	options.queues_max = 4;
	fake_store_set(BACK "/multi-queue-max-queues", "3");
	bring_up(f, &options);
	assert_int_equal(xnf_front_queue_count(f->front), 3);
	expect_key("multi-queue-num-queues", "3");
	expect_key("tx-ring-ref", NULL);
	expect_key("event-channel-tx", NULL);
	expect_number("queue-2/tx-ring-ref",
		      xnf_front_queue(f->front, 2)->tx_ring_ref);
	expect_number("queue-2/event-channel-rx",
		      xnf_front_queue(f->front, 2)->rx_port);
	expect_key("queue-3/tx-ring-ref", NULL);
}

static void test_fewer_queues_after_reconnect(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = xnf_options_default;

	options.queues_max = 4;
	fake_store_set(BACK "/multi-queue-max-queues", "4");
	bring_up(f, &options);
	back(f, "state", "6");
	back(f, "multi-queue-max-queues", "1");
	back(f, "state", "2");
	expect_key("state", "4");
	expect_key("multi-queue-num-queues", NULL);
	expect_key("queue-0/tx-ring-ref", NULL);
	expect_key("queue-3/event-channel-tx", NULL);
	assert_non_null(front_key("tx-ring-ref"));
	assert_int_equal(fake_xen_pages(), QUEUE_PAGES);
}

static void test_queue_counts_that_make_no_sense(void **state)
{
	static const struct {
		const char *text;
		uint32_t queues;
	} counts[] = {{"0", 1},
		      {"-1", 1},
		      {"", 1},
		      {"x", 1},
		      {"2 ", 1},
		      {"4294967296", 1},
		      {"99999999999999999999", 1},
		      {"4294967295", 8}, /* ours is the limit */
		      {"2", 2}};
	struct xnf_options options = xnf_options_default;
	struct fixture *f = *state;

	options.queues_max = XNF_QUEUES_MAX;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		fake_store_set(BACK "/multi-queue-max-queues", counts[i].text);
		fake_store_set(BACK "/state", "2");
		fake_store_set(FRONT "/state", "1");
		create(f, &options);
		expect_key("state", "4");
		assert_int_equal(xnf_front_queue_count(f->front),
				 counts[i].queues);
		destroy(f);
		fake_xen_reset();
	}
}

static void test_every_combination_of_options(void **state)
{
	struct fixture *f = *state;

	for (unsigned int bits = 0; bits < 64; bits++) {
		struct xnf_options options = {
			.queues_max = 1,
			.sg = bits & 1,
			.gso_tcpv4 = bits & 2,
			.gso_tcpv6 = bits & 4,
			.csum = bits & 8,
			.ipv6_csum = bits & 16,
			.rx_notify = bits & 32,
		};

		fake_store_set(BACK "/state", "2");
		fake_store_set(FRONT "/state", "1");
		create(f, &options);
		expect_key("state", "4");
		expect_key("feature-sg", bits & 1 ? "1" : NULL);
		expect_key("feature-gso-tcpv4", bits & 2 ? "1" : NULL);
		expect_key("feature-gso-tcpv6", bits & 4 ? "1" : NULL);
		expect_key("feature-no-csum-offload", bits & 8 ? NULL : "1");
		expect_key("feature-ipv6-csum-offload", bits & 16 ? "1" : NULL);
		expect_key("feature-rx-notify", bits & 32 ? "1" : NULL);
		destroy(f);
		fake_xen_reset();
	}
}

/* Asked for, and offered: only both make a control ring. */
static void test_control_ring(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = xnf_options_default;
	const struct xnf_ctrl *ctrl;

	back(f, "feature-ctrl-ring", "1");
	bring_up(f, &options);
	assert_null(xnf_front_ctrl(f->front));
	expect_key("ctrl-ring-ref", NULL);
	destroy(f);
	options.static_grants = true;
	f->ups = 0;
	fake_store_set(FRONT "/state", "1");
	back(f, "state", "2");
	bring_up(f, &options);
	ctrl = xnf_front_ctrl(f->front);
	assert_non_null(ctrl);
	expect_number("ctrl-ring-ref", ctrl->ring_ref);
	expect_number("event-channel-ctrl", ctrl->port);
	assert_int_equal(fake_xen_pages(), QUEUE_PAGES + 1 + XNF_CTRL_PAGES);
	/* The next backend has none: nothing of it is left. */
	back(f, "feature-ctrl-ring", "0");
	back(f, "state", "6");
	back(f, "state", "2");
	back(f, "state", "4");
	assert_null(xnf_front_ctrl(f->front));
	expect_key("ctrl-ring-ref", NULL);
	expect_key("event-channel-ctrl", NULL);
	assert_int_equal(fake_xen_pages(), QUEUE_PAGES);
}

static void test_multicast_control_is_asked_for(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = xnf_options_default;

	bring_up(f, &options);
	expect_key("request-multicast-control", NULL);
	/* A backend that does not watch the key is told nothing more. */
	xnf_front_request_mcast(f->front, true);
	expect_key("request-multicast-control", NULL);
	destroy(f);
	options.mcast_control = true;
	f->ups = 0;
	fake_store_set(FRONT "/state", "1");
	back(f, "feature-multicast-control", "1");
	back(f, "feature-dynamic-multicast-control", "1");
	back(f, "state", "2");
	bring_up(f, &options);
	assert_true(xnf_front_features(f->front)->mcast_control);
	expect_key("request-multicast-control", "1");
	xnf_front_request_mcast(f->front, false);
	expect_key("request-multicast-control", "0");
	xnf_front_request_mcast(f->front, true);
	expect_key("request-multicast-control", "1");
}

static void test_what_the_backend_takes(void **state)
{
	struct fixture *f = *state;
	const struct xnf_features *features;

	bring_up(f, &xnf_options_default);
	features = xnf_front_features(f->front);
	assert_false(features->sg || features->gso_tcpv4 ||
		     features->gso_tcpv6 || features->ipv6_csum);
	assert_true(features->csum); /* on unless refused */
	back(f, "state", "6");
	back(f, "feature-gso-tcpv4", "1");
	back(f, "feature-gso-tcpv6", "2"); /* no such value */
	back(f, "feature-no-csum-offload", "1");
	back(f, "state", "2");
	assert_false(features->gso_tcpv4); /* means nothing without sg */
	assert_false(features->csum);
	back(f, "state", "6");
	back(f, "feature-sg", "1");
	back(f, "feature-ipv6-csum-offload", "1");
	back(f, "state", "2");
	assert_true(features->sg && features->gso_tcpv4 && features->ipv6_csum);
	assert_false(features->gso_tcpv6);
}

static struct xnf_options with_headroom(uint32_t bytes)
{
	struct xnf_options options = xnf_options_default;

	options.xdp_headroom = bytes;
	return options;
}

static void test_headroom_is_asked_for_once_connected(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = with_headroom(256);

	fake_store_set(BACK "/feature-xdp-headroom", "1");
	create(f, &options);
	back(f, "state", "2");
	expect_key("state", "4");
	expect_key("xdp-headroom", NULL);
	back(f, "state", "4");
	expect_key("xdp-headroom", "256");
	expect_key("state", "7");
	/* Frames flow all the time. */
	assert_true(xnf_front_is_up(f->front));
	back(f, "state", "8");
	expect_key("state", "4");
	back(f, "state", "4");
	expect_key("state", "4");
	assert_int_equal(f->ups, 1);
	assert_int_equal(f->downs, 0);
	/* A new connection has it from the beginning. */
	back(f, "state", "6");
	back(f, "state", "2");
	expect_key("xdp-headroom", "256");
	back(f, "state", "4");
	expect_key("state", "4");
	assert_int_equal(f->ups, 2);
}

static void test_headroom_of_a_backend_that_has_none(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = with_headroom(256);

	bring_up(f, &options);
	expect_key("state", "4");
	expect_key("xdp-headroom", NULL);
}

static void test_backend_closes_instead_of_reconfiguring(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = with_headroom(256);

	fake_store_set(BACK "/feature-xdp-headroom", "1");
	bring_up(f, &options);
	expect_key("state", "7");
	back(f, "state", "5");
	expect_key("state", "6");
	assert_int_equal(f->downs, 1);
	back(f, "state", "6");
	back(f, "state", "2");
	back(f, "state", "4");
	expect_key("state", "7"); /* it is not in force yet */
	back(f, "state", "8");
	expect_key("state", "4");
}

static void test_own_close_while_reconfiguring(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = with_headroom(2048);

	fake_store_set(BACK "/feature-xdp-headroom", "1");
	bring_up(f, &options);
	expect_key("state", "7");
	xnf_front_close(f->front);
	expect_key("state", "5");
	back(f, "state", "5");
	back(f, "state", "6");
	assert_int_equal(f->closes, 1);
	assert_true(xnf_front_is_closed(f->front));
}

static void test_backend_closes_and_returns(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	back(f, "state", "5");
	expect_key("state", "6");
	assert_int_equal(f->downs, 1);
	assert_int_equal(f->queues_at_down, 1);
	assert_int_equal(fake_xen_pages(), QUEUE_PAGES); /* still mapped */
	back(f, "state", "6");
	assert_int_equal(fake_xen_pages(), 0);
	back(f, "state", "2");
	expect_key("state", "4");
	back(f, "state", "4");
	assert_int_equal(f->ups, 2);
	assert_int_equal(f->closes, 0); /* nobody asked for a close */
}

static void test_backend_vanishes_and_returns(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	fake_store_remove(BACK);
	settle(f);
	expect_key("state", "6");
	assert_int_equal(f->downs, 1);
	assert_int_equal(fake_xen_pages(), 0);
	back(f, "state", "2");
	expect_key("state", "4");
}

static void test_backend_was_away_unseen(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	back(f, "state", "2");
	assert_int_equal(f->downs, 1);
	expect_key("state", "4");
	assert_int_equal(fake_xen_pages(), QUEUE_PAGES);
	back(f, "state", "4");
	assert_int_equal(f->ups, 2);
}

static void test_backend_closes_before_we_connect(void **state)
{
	struct fixture *f = *state;

	create(f, &xnf_options_default);
	back(f, "state", "5");
	expect_key("state", "6");
	assert_int_equal(f->ups + f->downs, 0);
}

static void test_own_close(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	xnf_front_close(f->front);
	expect_key("state", "5");
	assert_int_equal(f->downs, 1);
	assert_int_equal(fake_xen_pages(), QUEUE_PAGES);
	back(f, "state", "5");
	expect_key("state", "6");
	assert_false(xnf_front_is_closed(f->front));
	back(f, "state", "6");
	assert_true(xnf_front_is_closed(f->front));
	assert_int_equal(f->closes, 1);
	assert_int_equal(fake_xen_pages(), 0);
	/* For good. */
	back(f, "state", "2");
	expect_key("state", "6");
	assert_int_equal(f->closes, 1);
}

static void test_close_and_reopen(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	xnf_front_reopen(f->front);
	expect_key("state", "5");
	back(f, "state", "5");
	expect_key("state", "6");
	back(f, "state", "6");
	expect_key("state", "1");
	back(f, "state", "2");
	expect_key("state", "4");
	back(f, "state", "4");
	assert_int_equal(f->ups, 2);
}

static void test_close_cycle_first(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = xnf_options_default;

	options.close_first = true;
	fake_store_set(BACK "/state", "2");
	create(f, &options);
	expect_key("state", "5");
	back(f, "state", "5");
	expect_key("state", "6");
	back(f, "state", "6");
	expect_key("state", "1");
	back(f, "state", "2");
	expect_key("state", "4");
}

static void test_state_that_somebody_left(void **state)
{
	struct fixture *f = *state;

	fake_store_set(FRONT "/state", "4");
	fake_store_set(BACK "/state", "4");
	create(f, &xnf_options_default);
	expect_key("state", "5");
	assert_int_equal(f->ups, 0);
	back(f, "state", "5");
	back(f, "state", "6");
	expect_key("state", "1");
}

static void test_conflicting_transactions(void **state)
{
	struct fixture *f = *state;

	fake_store_conflicts(3);
	bring_up(f, &xnf_options_default);
	expect_key("state", "4");
}

static void test_conflicts_without_end(void **state)
{
	struct fixture *f = *state;

	fake_store_conflicts(UINT32_MAX);
	create(f, &xnf_options_default);
	back(f, "state", "2");
	expect_key("state", "6");
	assert_int_equal(fake_xen_pages(), 0);
	/* Not again and again while the backend stays there. */
	fake_store_conflicts(0);
	back(f, "state", "2");
	expect_key("state", "6");
	back(f, "state", "6");
	back(f, "state", "2");
	expect_key("state", "4");
}

static void test_every_failing_call(void **state)
{
	struct fixture *f = *state;
	struct xnf_options options = xnf_options_default;
	uint32_t fail_at = 1;

	options.queues_max = 2;
	fake_store_set(BACK "/multi-queue-max-queues", "2");
	for (;; fail_at++) {
		fake_store_set(BACK "/state", "2");
		fake_store_set(FRONT "/state", "1");
		fake_xen.fail_at = fail_at;
		create(f, &options);
		if (!strcmp(front_key("state"), "4"))
			break;
		expect_key("state", "6");
		assert_int_equal(fake_xen_pages(), 0);
		assert_int_equal(fake_xen.evtchns_open, 0);
		destroy(f);
		fake_xen_reset();
	}
	/* One handle, and for each queue four shares, a handle, two ports. */
	assert_int_equal(fail_at, 1 + 2 * 7 + 1);
}

static void expect_refused(struct fixture *f, const char *about)
{
	struct xn_err err = {0};

	assert_null(xnf_front_create(f->store, 5, 2, &xnf_options_default, &ops,
				     f, &err));
	assert_true(err.set);
	assert_non_null(strstr(err.text, about));
}

static void test_device_that_is_incomplete(void **state)
{
	struct fixture *f = *state;

	fake_store_remove(FRONT "/backend");
	expect_refused(f, "backend");
	fake_store_set(FRONT "/backend", "relative");
	expect_refused(f, "no path");
	fake_store_set(FRONT "/backend", BACK);
	fake_store_remove(FRONT "/backend-id");
	expect_refused(f, "backend-id");
	fake_store_set(FRONT "/backend-id", "32752"); /* DOMID_SELF */
	expect_refused(f, "backend-id");
	fake_store_set(FRONT "/backend-id", "32751");
	bring_up(f, &xnf_options_default);
}

/* Only "0" is a link that is down; the rest is none of the protocol's words. */
static void test_carrier(void **state)
{
	struct fixture *f = *state;

	back(f, "carrier", "0");
	create(f, &xnf_options_default);
	assert_false(xnf_front_carrier(f->front));
	back(f, "carrier", "1");
	assert_true(xnf_front_carrier(f->front));
	assert_int_equal(f->carriers, 1);
	back(f, "carrier", "1");
	assert_int_equal(f->carriers, 1);
	back(f, "carrier", "0");
	assert_false(xnf_front_carrier(f->front));
	assert_int_equal(f->carriers, 2);
	back(f, "carrier", "down");
	assert_true(xnf_front_carrier(f->front));
	back(f, "carrier", "0");
	fake_store_remove(BACK "/carrier");
	settle(f);
	assert_true(xnf_front_carrier(f->front));
	assert_int_equal(f->carriers, 5);
}

static void test_mtu(void **state)
{
	struct fixture *f = *state;

	fake_store_set(FRONT "/mtu", "9000");
	create(f, &xnf_options_default);
	assert_int_equal(xnf_front_mtu(f->front), 9000);
	assert_int_equal(f->mtus, 0);
	fake_store_set(FRONT "/mtu", "1400");
	settle(f);
	assert_int_equal(f->mtus, 1);
	assert_int_equal(xnf_front_mtu(f->front), 1400);
	fake_store_set(FRONT "/mtu", "1400");
	settle(f);
	assert_int_equal(f->mtus, 1);
	fake_store_set(FRONT "/mtu", "67");
	settle(f);
	assert_int_equal(xnf_front_mtu(f->front), 0);
	fake_store_set(FRONT "/mtu", "65517");
	settle(f);
	assert_int_equal(xnf_front_mtu(f->front), 65517);
	fake_store_set(FRONT "/mtu", "65518");
	settle(f);
	assert_int_equal(xnf_front_mtu(f->front), 0);
}

/* What toolstacks write for frontends that look at it: `trusted` (Linux, which
 * then bounces what it grants), `disconnect` (Windows), `handle`. */
static void test_keys_that_are_for_others(void **state)
{
	static const char *const keys[] = {"trusted", "disconnect", "handle"};
	static const char *const values[] = {"0", "1", "", "nonsense"};
	struct fixture *f = *state;

	fake_store_set(FRONT "/trusted", "0");
	fake_store_set(FRONT "/disconnect", "1");
	bring_up(f, &xnf_options_default);
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]);
		     v++) {
			char path[128];

			(void)snprintf(path, sizeof(path), "%s/%s", FRONT,
				       keys[k]);
			fake_store_set(path, values[v]);
			settle(f);
		}
	}
	assert_true(xnf_front_is_up(f->front));
	assert_int_equal(f->downs, 0);
	assert_int_equal(f->mtus, 0);
	assert_int_equal(xnf_front_handle(f->front), 2); /* the folder's */
	/* One that is for us is seen at once. */
	fake_store_set(FRONT "/mtu", "1400");
	settle(f);
	assert_int_equal(f->mtus, 1);
}

static void test_mac(void **state)
{
	struct fixture *f = *state;
	struct xn_mac mac = {{0}};

	create(f, &xnf_options_default);
	assert_true(xnf_front_mac(f->front, &mac));
	assert_int_equal(mac.octet[5], 3);
	destroy(f);
	fake_store_set(FRONT "/mac", "01:00:5e:00:00:01"); /* a group */
	create(f, &xnf_options_default);
	assert_false(xnf_front_mac(f->front, &mac));
	destroy(f);
	fake_store_set(FRONT "/mac", "00:16:3e:01:02:03:04");
	create(f, &xnf_options_default);
	assert_false(xnf_front_mac(f->front, &mac));
}

static void test_device_made_anew(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	fake_store_remove(FRONT);
	fake_store_remove(BACK);
	put_device();
	fake_store_set(FRONT "/backend", BACK "b");
	fake_store_set(BACK "b/state", "2");
	settle(f);
	assert_int_equal(f->downs, 1);
	expect_key("state", "4");
	fake_store_set(BACK "b/state", "4");
	settle(f);
	assert_int_equal(f->ups, 2);
}

static void test_backend_that_writes_without_end(void **state)
{
	struct fixture *f = *state;
	unsigned int writes;

	bring_up(f, &xnf_options_default);
	writes = fake_store_writes();
	for (int i = 0; i < 1000; i++)
		back(f, "state", "4");
	assert_int_equal(fake_store_writes(), writes + 1000);
	assert_int_equal(f->ups, 1);
}

static void test_backend_state_that_does_not_exist(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	back(f, "state", "9"); /* as good as none */
	assert_int_equal(f->downs, 1);
	expect_key("state", "6");
}

static void test_store_goes_away(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	fake_store_break();
	assert_int_equal(xnf_store_dispatch(f->store), -EPIPE);
	/* What is connected stays connected. */
	assert_int_equal(f->downs, 0);
	assert_true(xnf_front_is_up(f->front));
}

static void test_destroyed_while_up(void **state)
{
	struct fixture *f = *state;

	bring_up(f, &xnf_options_default);
	destroy(f);
	assert_int_equal(f->downs, 1);
	expect_key("state", "4"); /* the store hears nothing */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_comes_up),
		TEST(test_keys_of_one_queue),
		TEST(test_what_is_granted),
		TEST(test_single_channel_when_we_say_so),
		TEST(test_single_channel_when_the_backend_cannot_split),
		TEST(test_queues_are_the_smaller_number),
		TEST(test_fewer_queues_after_reconnect),
		TEST(test_queue_counts_that_make_no_sense),
		TEST(test_every_combination_of_options),
		TEST(test_control_ring),
		TEST(test_multicast_control_is_asked_for),
		TEST(test_what_the_backend_takes),
		TEST(test_headroom_is_asked_for_once_connected),
		TEST(test_headroom_of_a_backend_that_has_none),
		TEST(test_backend_closes_instead_of_reconfiguring),
		TEST(test_own_close_while_reconfiguring),
		TEST(test_backend_closes_and_returns),
		TEST(test_backend_vanishes_and_returns),
		TEST(test_backend_was_away_unseen),
		TEST(test_backend_closes_before_we_connect),
		TEST(test_own_close),
		TEST(test_close_and_reopen),
		TEST(test_close_cycle_first),
		TEST(test_state_that_somebody_left),
		TEST(test_conflicting_transactions),
		TEST(test_conflicts_without_end),
		TEST(test_every_failing_call),
		TEST(test_device_that_is_incomplete),
		TEST(test_mtu),
		TEST(test_carrier),
		TEST(test_keys_that_are_for_others),
		TEST(test_mac),
		TEST(test_device_made_anew),
		TEST(test_backend_that_writes_without_end),
		TEST(test_backend_state_that_does_not_exist),
		TEST(test_store_goes_away),
		TEST(test_destroyed_while_up),
	};
#undef TEST

	return cmocka_run_group_tests_name("netfront", tests, NULL, NULL);
}
