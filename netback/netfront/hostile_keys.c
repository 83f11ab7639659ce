// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attacks with what a frontend publishes before it connects: sound keys, but
 * for one. See hostile.h.
 */
#include <errno.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "netback/netfront/hostile.h"

#define STATE_MS 10000u
#define BIT(state) (1u << (state))

struct bad_key {
	const char *key;
	const char *value; /* NULL: absent */
};

/* Tries to connect with one key wrong, and closes again. 1: refused, 0: the
 * backend connected, or a negative errno. */
static int try_key(struct xnf_hostile *one, xengntshr_handle *gntshr,
		   const struct bad_key *bad, struct xn_err *err)
{
	struct xnf_queue *queue;
	bool refused;
	int rc;

	(void)xnf_hostile_set_state(one, XenbusStateInitialising);
	if (!xnf_hostile_wait_backend(one, BIT(XenbusStateInitWait), STATE_MS))
		return xn_fail(err, ETIMEDOUT, "no InitWait before %s",
			       bad->key);
	queue = xnf_queue_create(gntshr, 0, true, err);
	if (!queue)
		return -ENOMEM;
	rc = xnf_keys_write(one->store, one->path, &xnf_options_default, &queue,
			    1, NULL, err);
	if (!rc)
		rc = xnf_hostile_write(one, bad->key, bad->value);
	if (rc)
		goto out;
	(void)xnf_hostile_set_state(one, XenbusStateConnected);
	(void)xnf_hostile_wait_backend(one,
				       BIT(XenbusStateClosing) |
					       BIT(XenbusStateClosed) |
					       BIT(XenbusStateConnected),
				       STATE_MS);
	refused = xnf_hostile_backend(one) != XenbusStateConnected;
	(void)xnf_hostile_set_state(one, XenbusStateClosing);
	(void)xnf_hostile_wait_disabled(one, STATE_MS);
	(void)xnf_hostile_set_state(one, XenbusStateClosed);
	(void)xnf_hostile_wait_backend(one, BIT(XenbusStateClosed), STATE_MS);
	rc = refused;
out:
	xnf_queue_destroy(queue);
	return rc;
}

static int try_keys(struct xnf_hostile *one, const struct bad_key *keys,
		    uint32_t count, struct xn_err *err)
{
	static const struct bad_key sound = {"request-rx-copy", "1"};
	xengntshr_handle *gntshr = xengntshr_open(NULL, 0);
	uint64_t refused = 0;
	int rc = xnf_hostile_close(one, err);

	if (!gntshr)
		return xn_fail(err, errno, "granting: %s", strerror(errno));
	for (uint32_t i = 0; rc >= 0 && i < count; i++) {
		rc = try_key(one, gntshr, &keys[i], err);
		refused += rc == 1;
	}
	if (rc >= 0)
		rc = try_key(one, gntshr, &sound, err);
	(void)xengntshr_close(gntshr);
	if (rc < 0)
		return rc;
	xnf_report(one, "tried", count);
	xnf_report(one, "refused", refused);
	xnf_report(one, "sound_one_connects", rc == 0);
	return 0;
}

static int queue_counts(struct xnf_hostile *one, struct xn_err *err)
{
	static const struct bad_key keys[] = {
		{"multi-queue-num-queues", "0"},
		{"multi-queue-num-queues", "-1"},
		{"multi-queue-num-queues", "2"}, /* with one queue's keys */
		{"multi-queue-num-queues", "65536"},
		{"multi-queue-num-queues", "4294967297"},
		{"multi-queue-num-queues", "99999999999999999999999"},
		{"multi-queue-num-queues", "1 2"},
		{"multi-queue-num-queues", "many"},
		{"multi-queue-num-queues", ""},
	};

	return try_keys(one, keys, sizeof(keys) / sizeof(keys[0]), err);
}

static int ring_refs(struct xnf_hostile *one, struct xn_err *err)
{
	static const struct bad_key keys[] = {
		{"tx-ring-ref", "32000"}, /* not granted */
		{"rx-ring-ref", "0"},
		{"tx-ring-ref", "4294967295"},
		{"rx-ring-ref", "4294967296"},
		{"rx-ring-ref", "-8"},
		{"tx-ring-ref", "0x8"},
		{"event-channel-tx", "0"},
		{"event-channel-rx", "4094"}, /* not offered */
		{"event-channel-rx", "4294967296"},
		{"request-rx-copy", "0"},
		{"request-rx-copy", "yes"},
	};

	return try_keys(one, keys, sizeof(keys) / sizeof(keys[0]), err);
}

const struct xnf_attack xnf_attacks_keys[] = {
	{.name = "queue-counts",
	 .advisory = "CVE-2026-45890",
	 .what = "zero, huge and garbage queue counts",
	 .run = queue_counts},
	{.name = "ring-refs",
	 .advisory = "XSA-361",
	 .what = "rings and channels that are not there",
	 .run = ring_refs},
	{.name = NULL},
};
