// SPDX-License-Identifier: GPL-2.0-or-later
/* Room before received frames for a guest's XDP program. The slots are read
 * as Linux's frontend reads them. */
#include "cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "guest.h"
#include "hypervisor.h"

#define HEADROOM 256u /* what Linux asks for */

static struct guest guest;
static struct xnb_copy plan;
static struct xnb_rx_result result;
static uint8_t frame[65536];
static struct iovec rest;

static int setup(void **state)
{
	(void)state;
	hv_reset();
	guest_init(&guest, 1, 0);
	guest.rx_ring.headroom = HEADROOM;
	xnb_copy_init(&plan, NULL);
	for (uint32_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 13 + (i >> 8));
	return 0;
}

static struct xnb_rx_source source_of(uint32_t bytes)
{
	uint32_t head_bytes = bytes < 256 ? bytes : 256;

	rest.iov_base = frame + head_bytes;
	rest.iov_len = bytes - head_bytes;
	return (struct xnb_rx_source){
		.head = frame,
		.head_bytes = head_bytes,
		.frame_bytes = bytes,
		.origin = XNB_RX_FROM_TWIN,
		.iov = &rest,
		.iov_count = 1,
	};
}

static struct xnb_rx_source gso_source(uint32_t bytes)
{
	struct xnb_rx_source source = source_of(bytes);

	source.meta.csum_blank = true;
	source.meta.gso_type = XNB_GSO_TCPV4;
	source.meta.gso_size = 1448;
	return source;
}

static int fill(struct xnb_rx_source source)
{
	return xnb_rx_fill(&guest.rx_ring, &source, &plan);
}

static void finish(void)
{
	xnb_copy_run(&plan);
	(void)guest_rx_finish(&guest, &result);
	assert_int_equal(hv.breaches, 0);
}

static struct netif_extra_info extra_at(uint32_t index)
{
	struct netif_extra_info extra;

	memcpy(&extra, xnb_rx_slot(guest.rx, index), sizeof(extra));
	return extra;
}

/* The first offset is what the extra info says; a later one is what its
 * response says. Returns the index behind the frame. */
static uint32_t assert_frame(uint32_t index, uint32_t bytes, uint32_t headroom)
{
	struct netif_rx_response rsp = guest_rx_response(&guest, index);
	uint32_t slot = index + 1, page = index, done = 0;
	uint16_t offset = 0;
	uint8_t more;

	assert_true(rsp.flags & NETRXF_extra_info);
	do {
		struct netif_extra_info extra = extra_at(slot++);

		if (extra.type == XNB_EXTRA_TYPE_XDP)
			offset = xnb_extra_headroom(&extra);
		more = extra.flags & XEN_NETIF_EXTRA_FLAG_MORE;
	} while (more);
	assert_int_equal(offset, headroom);
	assert_int_equal(rsp.offset, headroom);
	for (;;) {
		assert_true(rsp.status > 0);
		assert_true(offset + rsp.status <= (int)XNB_PAGE_SIZE);
		assert_memory_equal(
			&guest.page[page % XNB_RX_RING_SIZE][offset],
			frame + done, (size_t)rsp.status);
		done += (uint16_t)rsp.status;
		if (!(rsp.flags & NETRXF_more_data))
			break;
		page = slot++;
		rsp = guest_rx_response(&guest, page);
		offset = rsp.offset;
	}
	assert_int_equal(done, bytes);
	return slot;
}

static void a_frame_begins_behind_the_headroom(void **state)
{
	uint8_t before = guest_pattern(&guest, 0, HEADROOM - 1);

	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(fill(source_of(1514)), 0);
	finish();
	assert_int_equal(guest.rx->rsp_prod, 2);
	assert_int_equal(assert_frame(0, 1514, HEADROOM), 2);
	/* The room itself is the guest's. */
	assert_int_equal(guest.page[0][HEADROOM - 1], before);
	assert_int_equal(extra_at(1).flags, 0);
	assert_int_equal(result.bytes[XNB_RX_FROM_TWIN], 1514);
}

static void without_it_nothing_of_it_is_said(void **state)
{
	(void)state;
	guest.rx_ring.headroom = 0;
	guest_post(&guest, 4);
	assert_int_equal(fill(source_of(1514)), 0);
	finish();
	assert_int_equal(guest.rx->rsp_prod, 1);
	assert_int_equal(guest_rx_response(&guest, 0).flags, 0);
}

static void the_gso_info_comes_before_it(void **state)
{
	(void)state;
	guest_post(&guest, 20);
	assert_int_equal(fill(gso_source(9000)), 0);
	finish();
	assert_int_equal(extra_at(1).type, XEN_NETIF_EXTRA_TYPE_GSO);
	assert_int_equal(extra_at(1).flags, XEN_NETIF_EXTRA_FLAG_MORE);
	assert_int_equal(extra_at(1).u.gso.size, 1448);
	assert_int_equal(extra_at(2).type, XNB_EXTRA_TYPE_XDP);
	assert_int_equal(extra_at(2).flags, 0);
	assert_int_equal(assert_frame(0, 9000, HEADROOM), 5);
}

static void it_comes_last_of_three(void **state)
{
	struct xnb_rx_source source = gso_source(1514);

	(void)state;
	source.hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
	guest_post(&guest, 20);
	assert_int_equal(fill(source), 0);
	finish();
	assert_int_equal(extra_at(1).type, XEN_NETIF_EXTRA_TYPE_GSO);
	assert_int_equal(extra_at(2).type, XEN_NETIF_EXTRA_TYPE_HASH);
	assert_int_equal(extra_at(2).flags, XEN_NETIF_EXTRA_FLAG_MORE);
	assert_int_equal(extra_at(3).type, XNB_EXTRA_TYPE_XDP);
	assert_int_equal(assert_frame(0, 1514, HEADROOM), 4);
}

/* Every size about the pages' ends, with every kind of room. */
static void every_size_arrives_in_the_slots_that_were_asked_for(void **state)
{
	static const uint32_t size[] = {14,   60,   1514, 2047, 2048,
					2049, 3839, 3840, 3841, 4096,
					6144, 7936, 7937, 9000, 65535};
	static const uint16_t room[] = {1, 256, 2048};

	(void)state;
	for (uint32_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		for (uint32_t k = 0; k < 3; k++) {
			struct xnb_rx_source source = gso_source(size[i]);
			uint32_t needed;

			setup(NULL);
			guest.rx_ring.headroom = room[k];
			needed = xnb_rx_slots_needed(&guest.rx_ring, &source);
			guest_post(&guest, needed - 1);
			assert_int_equal(fill(source), -ENOSPC);
			guest_post(&guest, 1);
			assert_int_equal(fill(source), 0);
			finish();
			assert_int_equal(assert_frame(0, size[i], room[k]),
					 needed);
		}
	}
}

/* XEN_NETIF_NR_SLOTS_MIN: what every frontend takes. */
static void the_biggest_frame_keeps_to_the_slots_of_a_packet(void **state)
{
	struct xnb_rx_source source = gso_source(65535);

	(void)state;
	guest.rx_ring.headroom = XN_DL_XDP_HEADROOM_MAX;
	assert_true(xnb_rx_slots_needed(&guest.rx_ring, &source) - 2 <=
		    XEN_NETIF_NR_SLOTS_MIN);
}

static void without_sg_frame_and_headroom_share_the_page(void **state)
{
	(void)state;
	guest.rx_ring.frontend = GUEST_ALL_FE & ~XN_DL_FE_SG;
	guest_post(&guest, 4);
	assert_false(xnb_rx_takes(&guest.rx_ring, 4096 - HEADROOM + 1));
	assert_int_equal(fill(source_of(4096 - HEADROOM + 1)), -EMSGSIZE);
	assert_true(xnb_rx_takes(&guest.rx_ring, 4096 - HEADROOM));
	assert_int_equal(fill(source_of(4096 - HEADROOM)), 0);
	finish();
	assert_frame(0, 4096 - HEADROOM, HEADROOM);
}

static void a_failed_grant_is_answered_in_every_slot(void **state)
{
	(void)state;
	guest_post(&guest, 6);
	hv_revoke(1, GUEST_REF(0));
	assert_int_equal(fill(gso_source(5000)), 0);
	assert_int_equal(fill(source_of(60)), 0);
	finish();
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(guest_rx_response(&guest, i).status,
				 NETIF_RSP_ERROR);
		assert_int_equal(guest_rx_response(&guest, i).flags, 0);
	}
	assert_frame(4, 60, HEADROOM);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_frame_begins_behind_the_headroom),
		T(without_it_nothing_of_it_is_said),
		T(the_gso_info_comes_before_it),
		T(it_comes_last_of_three),
		T(every_size_arrives_in_the_slots_that_were_asked_for),
		T(the_biggest_frame_keeps_to_the_slots_of_a_packet),
		T(without_sg_frame_and_headroom_share_the_page),
		T(a_failed_grant_is_answered_in_every_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
