/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The offload matrix: every kind of frame that a sender may hand over
 * (matrix_kind.h), to every receiver, on every path: the right bytes with the
 * right checksums and sizes arrive (matrix_model.h), or one named counter goes
 * up by one, and nothing else happens.
 *
 * Receivers are all combinations of the five features, and one whose offloads
 * are off. The MTU goes round with them, a step further in each pass. How a
 * frame is spread over slots, and how many buffers its receiver has before
 * it comes, goes round as well.
 */
#include "../ring/cmocka_std.h"

#include <string.h>

#include "matrix.h"

#define WAITING_MAX 16u /* frames for each receiver of a flood */

static void address(uint8_t to)
{
	kind.frame.data[5] = to; /* which no checksum covers */
	model_address(&model, to);
}

static void guest_to_guest(struct matrix *m, uint32_t n)
{
	const struct xn_vif_counters sent = *bed_counters(m->bed, SENDER);
	const struct xn_vif_counters before = *bed_counters(m->bed, n);
	struct verdict verdict;
	uint32_t slots;

	m->receiver = n;
	address((uint8_t)n);
	verdict =
		model_judge(&model, matrix_features(n), m->mtu[n] + LINK_BYTES);
	matrix_post_early(m, n, &verdict);
	slots = matrix_put_frame(m);
	bed_push(m->bed, SENDER);
	matrix_post_late(m, n, &verdict);
	matrix_check_received(m, SENDER, n, &verdict);
	matrix_check_answers(m, slots);
	matrix_check_counted(m, n, &before, &verdict, true);
	matrix_check_sent(m, &sent, true);
	matrix_check_rest(m);
	m->step++;
}

static void every_kind_reaches_every_guest(void **state)
{
	struct matrix *m = &matrix;

	matrix_begin(m, *state);
	for (uint32_t pass = 0; pass < MTUS; pass++) {
		matrix_set_mtus(m, pass);
		for (uint32_t k = 0; k < m->kinds; k++) {
			kind_make(&kind, &specs[k], 0, SENDER);
			model_from_guest(&model, &kind);
			for (uint32_t i = 0; i < RECEIVERS; i++)
				guest_to_guest(m, RECEIVER + i);
		}
	}
	/* 1 to 18. */
	assert_int_equal(m->slots_seen, (1u << 19) - 2);
	matrix_end(m, "guest to guest");
}

/* The frame that the kernel is given, and its header. */
static void check_twin(struct matrix *m)
{
	static uint8_t frame[BED_FRAME_MAX];
	struct virtio_net_hdr wanted = model_to_twin(&model), vnet;
	size_t bytes = bed_kernel_read(m->bed, SENDER, &vnet, frame);

	if (model.malformed || model.bad) {
		assert_int_equal(bytes, 0);
		return;
	}
	assert_int_equal(bytes, model.whole.bytes);
	assert_memory_equal(frame, model.whole.data, bytes);
	assert_memory_equal(&vnet, &wanted, sizeof(vnet));
	assert_int_equal(bed_kernel_read(m->bed, SENDER, &vnet, frame), 0);
}

static void guest_to_twin(struct matrix *m)
{
	const struct xn_vif_counters before = *bed_counters(m->bed, SENDER);
	const struct xn_vif_counters *after = bed_counters(m->bed, SENDER);
	const uint32_t passed = model.malformed || model.bad ? 0 : 1;
	uint32_t slots = matrix_put_frame(m);

	bed_push(m->bed, SENDER);
	check_twin(m);
	m->combinations++;
	m->delivered += passed;
	m->dropped += 1 - passed;
	m->frames += passed;
	if (model.malformed)
		m->drop[SENDER][XN_DROP_MALFORMED]++;
	else if (model.bad)
		m->drop[SENDER][XN_DROP_BAD_OFFLOAD]++;
	matrix_check_answers(m, slots);
	matrix_check_sent(m, &before, false);
	assert_int_equal(after->twin_tx_frames - before.twin_tx_frames, passed);
	assert_int_equal(after->twin_tx_bytes - before.twin_tx_bytes,
			 passed * kind.frame.bytes);
	matrix_check_rest(m);
	m->step++;
}

static void every_kind_reaches_the_twin(void **state)
{
	struct matrix *m = &matrix;

	matrix_begin(m, *state);
	for (uint32_t k = 0; k < m->kinds; k++) {
		kind_make(&kind, &specs[k], OUTSIDE, SENDER);
		model_from_guest(&model, &kind);
		for (uint32_t i = 0; i < 6; i++)
			guest_to_twin(m);
	}
	assert_int_equal(m->slots_seen, (1u << 19) - 2);
	matrix_end(m, "guest to twin");
}

/* One frame to all: what is done for one receiver shows at no other, nor at
 * the twin. */
static void flood(struct matrix *m)
{
	static struct verdict verdict[VIFS];
	static struct xn_vif_counters before[VIFS];
	uint32_t slots;

	for (uint32_t n = RECEIVER; n < VIFS; n++) {
		before[n] = *bed_counters(m->bed, n);
		verdict[n] = model_judge(&model, matrix_features(n),
					 m->mtu[n] + LINK_BYTES);
		/* What waits for all of them together is bounded: no more
		 * than a few may. */
		if (verdict[n].count > WAITING_MAX)
			matrix_post_late(m, n, &verdict[n]);
		else
			matrix_post_early(m, n, &verdict[n]);
	}
	slots = matrix_put_frame(m);
	bed_push(m->bed, SENDER);
	check_twin(m);
	for (uint32_t n = RECEIVER; n < VIFS; n++)
		matrix_post_late(m, n, &verdict[n]);
	for (uint32_t n = RECEIVER; n < VIFS; n++) {
		m->receiver = n;
		if (verdict[n].by_sender && n > RECEIVER)
			continue; /* it is one drop */
		matrix_check_received(m, SENDER, n, &verdict[n]);
		matrix_check_counted(m, n, &before[n], &verdict[n], true);
	}
	matrix_check_answers(m, slots);
	matrix_check_rest(m);
	m->step++;
}

static void a_flood_gives_each_receiver_its_own(void **state)
{
	struct matrix *m = &matrix;

	matrix_begin(m, *state);
	for (uint32_t k = 0; k < m->kinds; k++) {
		if (k % 100 == 0)
			matrix_set_mtus(m, k / 100);
		kind_make(&kind, &specs[k], BED_ALL, SENDER);
		model_from_guest(&model, &kind);
		flood(m);
	}
	matrix_end(m, "flood");
}

static void twin_to_guest(struct matrix *m, uint32_t n,
			  const struct virtio_net_hdr *vnet)
{
	const struct xn_vif_counters before = *bed_counters(m->bed, n);
	const struct xn_vif_counters *after = bed_counters(m->bed, n);
	const uint32_t read = model.malformed ? 0 : 1;
	struct verdict verdict =
		model_judge(&model, matrix_features(n), UINT32_MAX);

	m->receiver = n;
	if (model.malformed)
		verdict.reason = XN_DROP_RUNT;
	matrix_post_early(m, n, &verdict);
	assert_true(bed_kernel_write(m->bed, n, vnet, kind.frame.data,
				     kind.frame.bytes));
	bed_run(m->bed);
	matrix_post_late(m, n, &verdict);
	matrix_check_received(m, n, n, &verdict);
	matrix_check_counted(m, n, &before, &verdict, false);
	assert_int_equal(after->twin_rx_frames - before.twin_rx_frames, read);
	assert_int_equal(after->twin_rx_bytes - before.twin_rx_bytes,
			 read * kind.frame.bytes);
	matrix_check_rest(m);
	m->step++;
}

/* Headers that the kernel gives to tunnels' packets, or never. */
enum bent {
	BENT_INNER,	   /* the blank checksum is a later one */
	BENT_BEYOND_FRAME, /* ... is none of the frame's */
	BENT_UDP,	   /* GSO that was not offered */
	BENT_ECN_ALONE,
	BENT_ECN, /* said, whatever the TCP header has */
	BENTS,
};

static struct virtio_net_hdr bend(enum bent bent)
{
	struct virtio_net_hdr vnet = model_vnet(&kind);

	switch (bent) {
	case BENT_INNER:
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = (uint16_t)(kind.frame.bytes / 2);
		vnet.csum_offset = 6;
		break;
	case BENT_BEYOND_FRAME:
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = (uint16_t)(kind.frame.bytes - 1);
		vnet.csum_offset = 0;
		break;
	case BENT_UDP:
		vnet.gso_type = VIRTIO_NET_HDR_GSO_UDP;
		break;
	case BENT_ECN_ALONE:
		vnet.gso_type = VIRTIO_NET_HDR_GSO_ECN;
		break;
	case BENT_ECN:
	case BENTS:
		if (vnet.gso_type)
			vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		break;
	}
	return vnet;
}

static void headers_of_the_kernel_that_do_not_fit(void **state)
{
	struct matrix *m = &matrix;
	struct virtio_net_hdr vnet;

	matrix_begin(m, *state);
	for (uint32_t k = 0; k < m->kinds; k++) {
		for (enum bent bent = 0; bent < BENTS; bent++) {
			kind_make(&kind, &specs[k], OUTSIDE, SENDER);
			vnet = bend(bent);
			model_from_twin(&model, &kind, &vnet);
			twin_to_guest(m, RECEIVER + m->step % RECEIVERS, &vnet);
		}
	}
	matrix_end(m, "twin to guest, odd headers");
}

static void every_kind_comes_from_the_twin(void **state)
{
	struct matrix *m = &matrix;
	struct virtio_net_hdr vnet;

	matrix_begin(m, *state);
	for (uint32_t k = 0; k < m->kinds; k++) {
		kind_make(&kind, &specs[k], OUTSIDE, SENDER);
		vnet = model_vnet(&kind);
		model_from_twin(&model, &kind, &vnet);
		for (uint32_t i = 0; i < RECEIVERS; i++)
			twin_to_guest(m, RECEIVER + i, &vnet);
	}
	matrix_end(m, "twin to guest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MATRIX_TEST(every_kind_reaches_every_guest),
		MATRIX_TEST(every_kind_reaches_the_twin),
		MATRIX_TEST(a_flood_gives_each_receiver_its_own),
		MATRIX_TEST(every_kind_comes_from_the_twin),
		MATRIX_TEST(headers_of_the_kernel_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
