// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attacks with grants: the guest's kernel can take one back, or make it of
 * another kind, at any time. On the simulated hypervisor only, which lets a
 * process write its domain's grant table. See hostile.h.
 */
#include <errno.h>

#include "netback/netfront/hostile.h"
#include "netback/xensim/guest.h"

#define ANSWER_MS 5000u
#define BATCH 16u
#define FRAME_BYTES 1000u

static volatile struct grant_entry_v1 *entry_of(uint32_t ref)
{
	const struct xsim_guest_calls *guest = xsim_guest();

	return guest ? guest->grant_entry(ref) : NULL;
}

static int need_table(struct xn_err *err)
{
	if (entry_of(0))
		return 0;
	return xn_fail(err, ENOTSUP,
		       "only the simulated hypervisor shows the grant table");
}

/* A frame of two slots; the reference of one of them is returned. */
static uint32_t put_frame(struct xnf_hostile *one, bool second)
{
	struct xnf_raw *raw = &one->raw;
	struct netif_tx_request first =
		xnf_raw_request(raw, FRAME_BYTES, NETTXF_more_data);
	struct netif_tx_request last;

	xnf_hostile_frame(one, xnf_raw_memory(raw), FRAME_BYTES);
	xnf_raw_put(raw, &first);
	last = xnf_raw_request(raw, FRAME_BYTES / 2, 0);
	xnf_raw_put(raw, &last);
	return second ? last.gref : first.gref;
}

/* Every second frame's grant has other flags while the batch is served; the
 * head's in turn with the rest's. */
static int spoil(struct xnf_hostile *one, uint16_t flags, struct xn_err *err)
{
	volatile struct grant_entry_v1 *entry[BATCH];
	uint16_t before[BATCH];
	uint64_t okay = one->raw.okay, error = one->raw.error, sent = 0;

	if (need_table(err))
		return -ENOTSUP;
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		for (uint32_t f = 0; f < BATCH; f++) {
			entry[f] = entry_of(put_frame(one, f & 2));
			before[f] = entry[f]->flags;
			if (f & 1)
				entry[f]->flags = flags;
		}
		xnf_raw_show(&one->raw);
		(void)xnf_raw_wait(&one->raw, ANSWER_MS);
		for (uint32_t f = 0; f < BATCH; f++)
			entry[f]->flags = before[f];
		sent += BATCH;
		(void)xnf_hostile_take(one);
		if (one->raw.prod != one->raw.cons)
			break;
	}
	xnf_report(one, "frames", sent);
	xnf_report(one, "slots_okay", one->raw.okay - okay);
	xnf_report(one, "slots_error", one->raw.error - error);
	return 0;
}

static int revoke(struct xnf_hostile *one, struct xn_err *err)
{
	return spoil(one, 0, err);
}

static int transitive(struct xnf_hostile *one, struct xn_err *err)
{
	return spoil(one, GTF_transitive, err);
}

/* References to nothing, to what is reserved, to the rings themselves. */
static int odd_refs(struct xnf_hostile *one, struct xn_err *err)
{
	const uint32_t refs[] = {
		0,
		7,
		32767,
		32768,
		0x7fffffff,
		UINT32_MAX,
		one->raw.queue->tx_ring_ref,
		one->raw.queue->rx_ring_ref,
	};
	uint64_t error = one->raw.error, sent = 0;

	(void)err;
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		for (uint32_t r = 0; r < sizeof(refs) / sizeof(refs[0]); r++) {
			struct netif_tx_request request =
				xnf_raw_request(&one->raw, 60, 0);

			request.gref = refs[r];
			xnf_raw_put(&one->raw, &request);
			sent++;
		}
		xnf_raw_show(&one->raw);
		if (!xnf_raw_wait(&one->raw, ANSWER_MS))
			break;
	}
	xnf_report(one, "frames", sent);
	xnf_report(one, "slots_error", one->raw.error - error);
	return 0;
}

/* What is delivered to us finds no memory; then there is some again. */
static int rx_revoke(struct xnf_hostile *one, struct xn_err *err)
{
	uint16_t before[XNF_RING_SLOTS];
	struct xnf_queue *queue = one->raw.queue;
	uint64_t errors = queue->rx.stats.errors;
	bool answered;

	if (need_table(err))
		return -ENOTSUP;
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++) {
		before[i] = entry_of(queue->rx_refs[i])->flags;
		entry_of(queue->rx_refs[i])->flags = 0;
	}
	answered = xnf_hostile_hello(one, one->options.run_ms);
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++)
		entry_of(queue->rx_refs[i])->flags = before[i];
	xnf_report(one, "answered_without_memory", answered);
	xnf_report(one, "rx_errors", queue->rx.stats.errors - errors);
	return 0;
}

const struct xnf_attack xnf_attacks_grants[] = {
	{.name = "revoke",
	 .advisory = "XSA-361",
	 .what = "takes back every second frame's grant in a batch",
	 .run = revoke,
	 .count = 20},
	{.name = "transitive",
	 .advisory = "XSA-226",
	 .what = "transitive grants",
	 .run = transitive,
	 .count = 5},
	{.name = "odd-refs",
	 .advisory = "XSA-362",
	 .what = "references to nothing, and to the rings themselves",
	 .run = odd_refs,
	 .count = 20},
	{.name = "rx-revoke",
	 .advisory = "XSA-367",
	 .what = "takes back the grants of all receive buffers",
	 .run = rx_revoke},
	{.name = NULL},
};
