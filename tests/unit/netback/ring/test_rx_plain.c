// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs of plain frames (rx_plain.c) against the way of any frame (rx_fill.c):
 * whatever the sizes, fragments, rings and failures, two receivers that differ
 * in nothing else have the same answers and the same bytes. */
#include "cmocka_std.h"

#include <string.h>

#include "guest.h"
#include "hypervisor.h"
#include "netback/ring/tx_copy.h"

#define ROUNDS 500u
#define PLAIN 1u /* domids */
#define ANY 2u
#define SENDER 3u
#define PAGES 64u /* of each that take part */

static struct guest plain, any, sender;
static struct xnb_tx_burst burst;
static struct xnb_copy plan;
static uint64_t seed;

/* What became of a round's frames at one receiver. */
struct outcome {
	int rc[XNB_TX_BURST_MAX];
	int16_t source_status[XNB_TX_BURST_MAX];
	struct xnb_rx_result result;
	bool notify;
};

static uint32_t draw(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static void init_receiver(struct guest *guest, uint16_t domid, uint32_t index)
{
	guest_init(guest, domid, index);
	memset(guest->page, 0xee, sizeof(guest->page));
}

/* The same for both: buffers, of which some are bad, and one may be a ring. */
static void post_some(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t ref = GUEST_REF(draw(PAGES));

		if (draw(40) == 0)
			ref = GUEST_RX_RING_REF;
		guest_post(&plain, 1);
		guest_post(&any, 1);
		xnb_rx_slot(plain.rx, plain.rx_prod - 1)->req.gref = ref;
		xnb_rx_slot(any.rx, any.rx_prod - 1)->req.gref = ref;
	}
	while (draw(3) == 0) {
		uint32_t ref = GUEST_REF(draw(PAGES));

		hv_revoke(PLAIN, ref);
		hv_revoke(ANY, ref);
	}
}

static void send_one(void)
{
	static const uint32_t flags[] = {0, NETTXF_data_validated,
					 NETTXF_data_validated |
						 NETTXF_csum_blank};
	uint32_t pieces = 1 + draw(3);
	uint32_t bytes = draw(3) ? 14 + draw(240) : 14 + draw(4080);
	uint32_t each = bytes / pieces, first = bytes - each * (pieces - 1);

	if (first > 1360)
		first = bytes = 1360;
	if (bytes == 1360)
		pieces = 1;
	for (uint32_t i = 0; i < pieces; i++)
		guest_send(&sender, draw(PAGES), draw(1300),
			   i == 0 ? bytes : each,
			   (i == 0 ? flags[draw(3)] : 0) |
				   (i + 1 < pieces ? NETTXF_more_data : 0));
}

static struct xnb_rx_source source_of(struct xnb_tx_packet *packet)
{
	struct xnb_rx_source source = {
		.head = packet->head,
		.head_bytes = packet->head_bytes,
		.frame_bytes = packet->frame_bytes,
		.origin = XNB_RX_FROM_GUEST,
		.meta = packet->meta,
	};

	if (packet->frame_bytes == packet->head_bytes)
		return source;
	source.frag = &burst.frag[packet->frag_first];
	source.frag_count = packet->frag_count;
	source.frag_skip = packet->head_bytes;
	source.domid = burst.domid;
	source.source_status = &packet->source_status;
	return source;
}

static void fill_any(struct guest *guest, uint32_t n, struct outcome *ret)
{
	struct xnb_rx_source source = source_of(&burst.packet[n]);

	ret->rc[n] = xnb_rx_fill(&guest->rx_ring, &source, &plan);
}

static void finish(struct guest *guest, struct outcome *ret)
{
	xnb_copy_run(&plan);
	ret->notify = guest_rx_finish(guest, &ret->result);
	for (uint32_t i = 0; i < burst.count; i++) {
		ret->source_status[i] = burst.packet[i].source_status;
		burst.packet[i].source_status = 0;
	}
}

/* Returns how many frames went the short way. */
static uint32_t fill_plain(struct outcome *ret)
{
	struct xnb_tx_packet *packet[XNB_TX_BURST_MAX];
	uint32_t done = 0, count = 0;

	for (uint32_t i = 0; i < burst.count; i++)
		packet[i] = &burst.packet[i];
	while (done < burst.count) {
		const struct xnb_rx_plain run = {
			.burst = &burst,
			.packet = &packet[done],
			.count = 1 + draw(burst.count - done),
			.frame_bytes_max = XNB_PAGE_SIZE,
		};
		uint32_t n = xnb_rx_fill_plain(&plain.rx_ring, &run, &plan);

		assert_true(n <= run.count);
		done += n;
		count += n;
		if (n < run.count)
			fill_any(&plain, done++, ret);
	}
	finish(&plain, ret);
	return count;
}

static uint32_t one_burst(void)
{
	static struct outcome of_plain, of_any;
	uint32_t count = 0, bad = draw(PAGES);

	memset(&of_plain, 0, sizeof(of_plain));
	memset(&of_any, 0, sizeof(of_any));
	for (uint32_t i = 1 + draw(30); i > 0; i--)
		send_one();
	guest_push(&sender);
	xnb_tx_parse(&sender.tx_ring, &burst, XNB_TX_BURST_MAX, UINT32_MAX);
	xnb_tx_peek(&burst, &plan);
	if (burst.count > 0 && draw(2))
		hv_revoke(SENDER, GUEST_REF(bad));
	if (burst.count > 0)
		count = fill_plain(&of_plain);
	for (uint32_t i = 0; i < burst.count; i++)
		fill_any(&any, i, &of_any);
	finish(&any, &of_any);
	assert_memory_equal(&of_plain, &of_any, sizeof(of_any));
	burst.slot_count = 0;
	return count;
}

static void runs_end_as_single_frames_do(void **state)
{
	uint32_t short_way = 0, failed = 0;

	(void)state;
	seed = 42;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t index = draw(2) ? UINT32_MAX - draw(300) : draw(300);

		hv_reset();
		xnb_copy_init(&plan, NULL);
		init_receiver(&plain, PLAIN, index);
		init_receiver(&any, ANY, index);
		guest_init(&sender, SENDER, 0);
		post_some(draw(100));
		short_way += one_burst();
		failed += (uint32_t)(plan.failures != 0);
		assert_memory_equal(plain.rx_page, any.rx_page, XNB_PAGE_SIZE);
		assert_memory_equal(plain.page, any.page, sizeof(any.page));
		assert_int_equal(hv.breaches, 0);
	}
	assert_true(short_way > ROUNDS);
	assert_true(failed > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_end_as_single_frames_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
