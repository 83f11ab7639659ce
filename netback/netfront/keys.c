// SPDX-License-Identifier: GPL-2.0-or-later
/* See keys.h. */
#include "netback/netfront/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"

const struct xnf_options xnf_options_default = {
	.queues_max = 1,
	.split_channels = true,
	.sg = true,
	.gso_tcpv4 = true,
	.gso_tcpv6 = true,
	.csum = true,
	.ipv6_csum = true,
	.rx_notify = true,
};

/* Absent, unreadable and impossible values leave the default. */
static int read_u32(struct xnf_store *store, const char *dir, const char *key,
		    uint32_t max, uint32_t *value)
{
	return xnf_store_read_u32(store, dir, key, max, value) == -EPIPE
		       ? -EPIPE
		       : 0;
}

int xnf_keys_read_features(struct xnf_store *store, const char *backend_path,
			   struct xnf_features *ret_features)
{
	struct {
		const char *key;
		uint32_t max;
		uint32_t value;
	} keys[] = {
		{"multi-queue-max-queues", UINT32_MAX, 1},
		{"feature-split-event-channels", 1, 0},
		{"feature-sg", 1, 0},
		{"feature-gso-tcpv4", 1, 0},
		{"feature-gso-tcpv6", 1, 0},
		{"feature-no-csum-offload", 1, 0},
		{"feature-ipv6-csum-offload", 1, 0},
		{"feature-ctrl-ring", 1, 0},
		{"feature-xdp-headroom", 1, 0},
		{"feature-multicast-control", 1, 0},
		{"feature-dynamic-multicast-control", 1, 0},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int rc = read_u32(store, backend_path, keys[i].key, keys[i].max,
				  &keys[i].value);

		if (rc)
			return rc;
	}
	*ret_features = (struct xnf_features){
		.queues_max = keys[0].value ? keys[0].value : 1,
		.split_channels = keys[1].value,
		.sg = keys[2].value,
		/* Without scatter-gather nothing big fits. */
		.gso_tcpv4 = keys[2].value && keys[3].value,
		.gso_tcpv6 = keys[2].value && keys[4].value,
		.csum = !keys[5].value,
		.ipv6_csum = keys[6].value,
		.ctrl_ring = keys[7].value,
		.xdp_headroom = keys[8].value,
		.mcast_control = keys[9].value,
		.dynamic_mcast_control = keys[10].value,
	};
	return 0;
}

struct writing {
	struct xnf_store *store;
	const char *path;
	const struct xnf_options *options;
	struct xnf_queue *const *queues;
	uint32_t queue_count;
	const struct xnf_ctrl *ctrl;
	xs_transaction_t transaction;
	int error; /* the first one; later writes are not tried */
};

static void put(struct writing *writing, const char *dir, const char *key,
		uint32_t number)
{
	char path[XNF_STORE_PATH_MAX];
	char value[16];

	if (writing->error)
		return;
	writing->error = xn_text_format(path, sizeof(path), "%s%s/%s",
					writing->path, dir, key);
	if (writing->error < 0)
		return;
	(void)snprintf(value, sizeof(value), "%u", number);
	writing->error = xnf_store_write(writing->store, writing->transaction,
					 path, value);
}

static void drop(struct writing *writing, const char *key)
{
	char path[XNF_STORE_PATH_MAX];

	if (writing->error)
		return;
	writing->error =
		xn_text_format(path, sizeof(path), "%s/%s", writing->path, key);
	if (writing->error < 0)
		return;
	writing->error =
		xnf_store_remove(writing->store, writing->transaction, path);
}

static void drop_old(struct writing *writing)
{
	static const char *const keys[] = {
		"tx-ring-ref",	    "rx-ring-ref",
		"event-channel",    "event-channel-tx",
		"event-channel-rx", "multi-queue-num-queues",
		"ctrl-ring-ref",    "event-channel-ctrl",
		"xdp-headroom",
	};
	char queue[24];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		drop(writing, keys[i]);
	for (uint32_t i = 0; i < XNF_QUEUES_MAX; i++) {
		(void)snprintf(queue, sizeof(queue), "queue-%u", i);
		drop(writing, queue);
	}
}

/* A feature that is off is absent, as most frontends do it. */
static void put_flag(struct writing *writing, const char *key, bool on)
{
	if (on)
		put(writing, "", key, 1);
	else
		drop(writing, key);
}

static void put_options(struct writing *writing)
{
	const struct xnf_options *options = writing->options;

	put(writing, "", "request-rx-copy", 1);
	put_flag(writing, "feature-rx-notify", options->rx_notify);
	put_flag(writing, "feature-sg", options->sg);
	put_flag(writing, "feature-gso-tcpv4", options->gso_tcpv4);
	put_flag(writing, "feature-gso-tcpv6", options->gso_tcpv6);
	put_flag(writing, "feature-no-csum-offload", !options->csum);
	put_flag(writing, "feature-ipv6-csum-offload", options->ipv6_csum);
	put_flag(writing, "request-multicast-control", options->mcast_control);
	if (options->xdp_headroom)
		put(writing, "", "xdp-headroom", options->xdp_headroom);
}

static void put_queue(struct writing *writing, const char *dir,
		      const struct xnf_queue *queue)
{
	put(writing, dir, "tx-ring-ref", queue->tx_ring_ref);
	put(writing, dir, "rx-ring-ref", queue->rx_ring_ref);
	if (queue->tx_port == queue->rx_port) {
		put(writing, dir, "event-channel", queue->tx_port);
		return;
	}
	put(writing, dir, "event-channel-tx", queue->tx_port);
	put(writing, dir, "event-channel-rx", queue->rx_port);
}

static int write_all(void *arg, xs_transaction_t transaction)
{
	struct writing *writing = arg;
	char dir[24];

	writing->transaction = transaction;
	writing->error = 0;
	drop_old(writing);
	put_options(writing);
	if (writing->ctrl) {
		put(writing, "", "ctrl-ring-ref", writing->ctrl->ring_ref);
		put(writing, "", "event-channel-ctrl", writing->ctrl->port);
	}
	if (writing->queue_count == 1) {
		put_queue(writing, "", writing->queues[0]);
		return writing->error;
	}
	put(writing, "", "multi-queue-num-queues", writing->queue_count);
	for (uint32_t i = 0; i < writing->queue_count; i++) {
		(void)snprintf(dir, sizeof(dir), "/queue-%u", i);
		put_queue(writing, dir, writing->queues[i]);
	}
	return writing->error;
}

int xnf_keys_write_headroom(struct xnf_store *store, const char *path,
			    uint32_t bytes)
{
	char key[XNF_STORE_PATH_MAX];
	char value[16];
	int rc = xn_text_format(key, sizeof(key), "%s/xdp-headroom", path);

	if (rc < 0)
		return rc;
	(void)snprintf(value, sizeof(value), "%u", bytes);
	return xnf_store_write(store, XBT_NULL, key, value);
}

int xnf_keys_write_mcast(struct xnf_store *store, const char *path, bool on)
{
	char key[XNF_STORE_PATH_MAX];
	int rc = xn_text_format(key, sizeof(key),
				"%s/request-multicast-control", path);

	if (rc < 0)
		return rc;
	return xnf_store_write(store, XBT_NULL, key, on ? "1" : "0");
}

int xnf_keys_write(struct xnf_store *store, const char *path,
		   const struct xnf_options *options,
		   struct xnf_queue *const *queues, uint32_t queue_count,
		   const struct xnf_ctrl *ctrl, struct xn_err *err)
{
	struct writing writing = {
		.store = store,
		.path = path,
		.options = options,
		.queues = queues,
		.queue_count = queue_count,
		.ctrl = ctrl,
	};
	int rc = xnf_store_transact(store, write_all, &writing);

	if (rc)
		return xn_fail(err, -rc, "writing %s: %s", path, strerror(-rc));
	return 0;
}
