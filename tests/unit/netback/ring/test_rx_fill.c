// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames towards a guest. The cases mbufc2pkt_*, rxpkt2gnttab_* and
 * rxpkt2rsp_* carry the names of FreeBSD's (cases.txt). */
#include "cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "guest.h"
#include "hypervisor.h"

static struct guest guest;  /* receives */
static struct guest sender; /* its pages are sources */
static struct xnb_copy plan;
static struct xnb_rx_result result;
static bool notified;
static uint8_t frame[65536];
static struct xnb_tx_frag frag[18];
static struct iovec iov[4];
static int16_t source_status;

static int setup(void **state)
{
	(void)state;
	hv_reset();
	guest_init(&guest, 1, 0);
	guest_init(&sender, 2, 0);
	xnb_copy_init(&plan, NULL);
	source_status = 0;
	for (uint32_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 13 + (i >> 8));
	return 0;
}

/* All of `frame`'s first bytes as head and one private piece. */
static struct xnb_rx_source private_frame(uint32_t bytes)
{
	struct xnb_rx_source source = {
		.head = frame,
		.head_bytes = bytes < 256 ? bytes : 256,
		.frame_bytes = bytes,
		.origin = XNB_RX_FROM_TWIN,
		.iov = iov,
		.iov_count = 1,
		.iov_skip = bytes < 256 ? bytes : 256,
	};

	iov[0].iov_base = frame;
	iov[0].iov_len = bytes;
	return source;
}

/* A frame in the sender's pages, `each` bytes in each, at offset 8; the head
 * (256 bytes) is in `frame`. */
static struct xnb_rx_source granted_frame(uint32_t bytes, uint32_t each)
{
	struct xnb_rx_source source = {
		.head = frame,
		.head_bytes = bytes < 256 ? bytes : 256,
		.frame_bytes = bytes,
		.origin = XNB_RX_FROM_GUEST,
		.frag = frag,
		.frag_skip = bytes < 256 ? bytes : 256,
		.domid = 2,
		.source_status = &source_status,
	};

	for (uint32_t at = 0; at < bytes; at += each) {
		uint32_t n = source.frag_count++;
		uint32_t length = bytes - at < each ? bytes - at : each;

		frag[n] =
			(struct xnb_tx_frag){GUEST_REF(n), 8, (uint16_t)length};
		memcpy(&sender.page[n][8], frame + at, length);
	}
	return source;
}

static uint32_t slots_needed(const struct xnb_rx_source *source)
{
	return xnb_rx_slots_needed(&guest.rx_ring, source);
}

static int fill(struct xnb_rx_source source)
{
	return xnb_rx_fill(&guest.rx_ring, &source, &plan);
}

static void finish(void)
{
	xnb_copy_run(&plan);
	notified = guest_rx_finish(&guest, &result);
	assert_int_equal(hv.breaches, 0);
}

/* Follows the chain from `index` as a frontend does: puts the frame together
 * and compares it. Returns the index behind it. */
static uint32_t assert_frame(uint32_t index, uint32_t bytes)
{
	struct netif_rx_response rsp = guest_rx_response(&guest, index);
	uint32_t slot = index;
	uint32_t done = 0;
	bool extra = rsp.flags & NETRXF_extra_info;

	for (;;) {
		uint32_t bytes_here = (uint16_t)rsp.status;

		assert_int_equal(rsp.id, (uint16_t)(slot + 2000));
		assert_true(rsp.status > 0);
		assert_true(rsp.offset + rsp.status <= (int)XNB_PAGE_SIZE);
		assert_memory_equal(
			&guest.page[slot % XNB_RX_RING_SIZE][rsp.offset],
			frame + done, bytes_here);
		done += bytes_here;
		slot += extra ? 2 : 1;
		extra = false;
		if (!(rsp.flags & NETRXF_more_data))
			break;
		rsp = guest_rx_response(&guest, slot);
	}
	assert_int_equal(done, bytes);
	return slot;
}

static void mbufc2pkt_empty_frame_is_refused(void **state)
{
	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(fill(private_frame(0)), -EMSGSIZE);
	assert_int_equal(fill(private_frame(13)), -EMSGSIZE);
	assert_int_equal(fill(private_frame(65536)), -EMSGSIZE);
	assert_int_equal(guest.rx_ring.reserved, 0);
	assert_int_equal(fill(private_frame(14)), 0);
}

static void mbufc2pkt_short_frame_takes_one_slot(void **state)
{
	struct xnb_rx_source source = private_frame(60);

	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(slots_needed(&source), 1);
	assert_int_equal(fill(source), 0);
	assert_int_equal(guest.rx_ring.reserved, 1);
	assert_int_equal(guest.rx->rsp_prod, 0);
}

static void mbufc2pkt_1cluster_frame_takes_one_slot(void **state)
{
	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(fill(private_frame(4096)), 0);
	assert_int_equal(guest.rx_ring.reserved, 1);
	finish();
	assert_int_equal(assert_frame(0, 4096), 1);
}

static void mbufc2pkt_2short_pieces_share_a_slot(void **state)
{
	struct xnb_rx_source source = private_frame(300);

	(void)state;
	source.iov_count = 3;
	source.iov_skip = 0;
	iov[0] = (struct iovec){frame + 256, 10};
	iov[1] = (struct iovec){frame + 266, 0};
	iov[2] = (struct iovec){frame + 266, 34};
	guest_post(&guest, 4);
	assert_int_equal(fill(source), 0);
	assert_int_equal(guest.rx_ring.reserved, 1);
	assert_int_equal(plan.list[XNB_COPY_TO_GRANT].count, 3);
	finish();
	assert_frame(0, 300);
}

static void mbufc2pkt_long_frame_takes_all_its_pages(void **state)
{
	(void)state;
	guest_post(&guest, 20);
	assert_int_equal(fill(private_frame(65535)), 0);
	assert_int_equal(guest.rx_ring.reserved, 16);
	finish();
	assert_int_equal(assert_frame(0, 65535), 16);
}

static struct xnb_rx_source gso_frame(uint32_t bytes)
{
	struct xnb_rx_source source = granted_frame(bytes, 4000);

	source.meta.csum_blank = 1;
	source.meta.gso_type = XNB_GSO_TCPV6;
	source.meta.gso_size = 1440;
	return source;
}

static void mbufc2pkt_extra_takes_a_slot_more(void **state)
{
	struct xnb_rx_source source = gso_frame(9000);

	(void)state;
	guest_post(&guest, 20);
	assert_int_equal(slots_needed(&source), 4);
	assert_int_equal(fill(source), 0);
	assert_int_equal(guest.rx_ring.reserved, 4);
}

static void mbufc2pkt_nospace_changes_nothing(void **state)
{
	struct xnb_rx_source source = private_frame(9000);

	(void)state;
	guest_post(&guest, 2);
	assert_int_equal(fill(source), -ENOSPC);
	assert_int_equal(guest.rx_ring.reserved, 0);
	assert_int_equal(plan.list[XNB_COPY_TO_GRANT].count, 0);
	finish();
	assert_false(notified);
	assert_int_equal(guest.rx->rsp_prod, 0);
	assert_false(xnb_rx_arm(&guest.rx_ring, slots_needed(&source)));
	assert_int_equal(guest.rx->req_event, 3);
	guest_post(&guest, 1);
	assert_true(xnb_rx_arm(&guest.rx_ring, slots_needed(&source)));
	assert_int_equal(fill(source), 0);
}

static void rxpkt2gnttab_empty_ring_plans_nothing(void **state)
{
	(void)state;
	assert_int_equal(fill(private_frame(60)), -ENOSPC);
	xnb_copy_run(&plan);
	assert_int_equal(hv.calls, 0);
}

static void rxpkt2gnttab_short_frame_is_one_segment(void **state)
{
	const xengnttab_grant_copy_segment_t *segment =
		plan.list[XNB_COPY_TO_GRANT].segment;

	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(fill(private_frame(60)), 0);
	assert_int_equal(plan.list[XNB_COPY_TO_GRANT].count, 1);
	assert_int_equal(plan.list[XNB_COPY_ACROSS].count, 0);
	assert_ptr_equal(segment->source.virt, frame);
	assert_int_equal(segment->dest.foreign.domid, 1);
	assert_int_equal(segment->dest.foreign.ref, GUEST_REF(0));
	assert_int_equal(segment->len, 60);
	assert_int_equal(segment->flags, GNTCOPY_dest_gref);
}

static void rxpkt2gnttab_2req_split_at_the_page(void **state)
{
	const xengnttab_grant_copy_segment_t *segment =
		plan.list[XNB_COPY_ACROSS].segment;

	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(fill(granted_frame(6000, 4000)), 0);
	/* Head, then 3744 to the page's last 96, 96 and 1904. */
	assert_int_equal(plan.list[XNB_COPY_TO_GRANT].count, 1);
	assert_int_equal(plan.list[XNB_COPY_ACROSS].count, 3);
	assert_int_equal(segment[0].source.foreign.offset, 8 + 256);
	assert_int_equal(segment[0].dest.foreign.offset, 256);
	assert_int_equal(segment[0].len, 3744);
	assert_int_equal(segment[1].source.foreign.offset, 8);
	assert_int_equal(segment[1].dest.foreign.offset, 4000);
	assert_int_equal(segment[1].len, 96);
	assert_int_equal(segment[2].source.foreign.ref, GUEST_REF(1));
	assert_int_equal(segment[2].source.foreign.offset, 8 + 96);
	assert_int_equal(segment[2].dest.foreign.ref, GUEST_REF(1));
	assert_int_equal(segment[2].dest.foreign.offset, 0);
	assert_int_equal(segment[2].len, 1904);
	finish();
	assert_frame(0, 6000);
}

static void rxpkt2rsp_empty_publishes_nothing(void **state)
{
	(void)state;
	guest_post(&guest, 4);
	finish();
	assert_false(notified);
	assert_int_equal(guest.rx->rsp_prod, 0);
	assert_int_equal(guest.rx_ring.next, 0);
}

static void rxpkt2rsp_short_frame_arrives(void **state)
{
	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(fill(private_frame(60)), 0);
	finish();
	assert_true(notified);
	assert_int_equal(result.frames[XNB_RX_FROM_TWIN], 1);
	assert_int_equal(result.bytes[XNB_RX_FROM_TWIN], 60);
	assert_int_equal(guest.rx->rsp_prod, 1);
	assert_int_equal(guest_rx_response(&guest, 0).status, 60);
	assert_int_equal(guest_rx_response(&guest, 0).flags, 0);
	assert_frame(0, 60);
}

static void rxpkt2rsp_extra_lies_behind_the_first_slot(void **state)
{
	struct netif_extra_info extra;

	(void)state;
	guest_post(&guest, 20);
	assert_int_equal(fill(gso_frame(9000)), 0);
	finish();
	assert_int_equal(guest.rx->rsp_prod, 4);
	assert_int_equal(guest_rx_response(&guest, 0).flags,
			 NETRXF_extra_info | NETRXF_more_data |
				 NETRXF_csum_blank | NETRXF_data_validated);
	assert_int_equal(guest_rx_response(&guest, 0).status, 4096);
	memcpy(&extra, xnb_rx_slot(guest.rx, 1), sizeof(extra));
	assert_int_equal(extra.type, XEN_NETIF_EXTRA_TYPE_GSO);
	assert_int_equal(extra.flags, 0);
	assert_int_equal(extra.u.gso.type, XEN_NETIF_GSO_TYPE_TCPV6);
	assert_int_equal(extra.u.gso.size, 1440);
	assert_int_equal(extra.u.gso.features, 0);
	assert_int_equal(assert_frame(0, 9000), 4);
	assert_int_equal(result.frames[XNB_RX_FROM_GUEST], 1);
}

static void rxpkt2rsp_2short_frames_are_answered_in_order(void **state)
{
	struct xnb_rx_source second = granted_frame(3000, 1500);

	(void)state;
	second.meta.data_validated = 1;
	guest_post(&guest, 4);
	assert_int_equal(fill(private_frame(100)), 0);
	assert_int_equal(fill(second), 0);
	finish();
	assert_int_equal(guest.rx->rsp_prod, 2);
	assert_int_equal(assert_frame(0, 100), 1);
	assert_int_equal(assert_frame(1, 3000), 2);
	assert_int_equal(guest_rx_response(&guest, 1).flags,
			 NETRXF_data_validated);
	assert_int_equal(hv.calls, 2);
}

static void rxpkt2rsp_2slots_first_status_is_the_fragment(void **state)
{
	(void)state;
	guest_post(&guest, 4);
	assert_int_equal(fill(private_frame(5000)), 0);
	finish();
	assert_int_equal(guest_rx_response(&guest, 0).status, 4096);
	assert_int_equal(guest_rx_response(&guest, 0).flags, NETRXF_more_data);
	assert_int_equal(guest_rx_response(&guest, 1).status, 904);
	assert_int_equal(guest_rx_response(&guest, 1).flags, 0);
	assert_frame(0, 5000);
}

static void assert_error_slots(uint32_t index, uint32_t slots)
{
	for (uint32_t i = index; i < index + slots; i++) {
		assert_int_equal(guest_rx_response(&guest, i).status,
				 NETIF_RSP_ERROR);
		assert_int_equal(guest_rx_response(&guest, i).flags, 0);
		assert_int_equal(guest_rx_response(&guest, i).id,
				 (uint16_t)(i + 2000));
	}
}

static void rxpkt2rsp_copyerror_answers_every_slot_error(void **state)
{
	(void)state;
	guest_post(&guest, 8);
	assert_int_equal(fill(private_frame(60)), 0);
	assert_int_equal(fill(gso_frame(6000)), 0);
	assert_int_equal(fill(private_frame(70)), 0);
	hv_revoke(1, GUEST_REF(3));
	finish();
	assert_int_equal(result.dest_failed, 1);
	assert_int_equal(result.source_failed, 0);
	assert_int_equal(result.frames[XNB_RX_FROM_TWIN], 2);
	assert_int_equal(guest.rx->rsp_prod, 5);
	assert_frame(0, 60);
	assert_error_slots(1, 3);
	assert_frame(4, 70);
}

/* Given back, it would fail the next frame, and the one after that. */
static void bad_buffer_at_the_end_is_answered_all_the_same(void **state)
{
	(void)state;
	guest_post(&guest, 2);
	hv_revoke(1, GUEST_REF(0));
	assert_int_equal(fill(private_frame(60)), 0);
	finish();
	assert_int_equal(result.dest_failed, 1);
	assert_true(notified);
	assert_error_slots(0, 1);
	assert_int_equal(fill(private_frame(60)), 0);
	finish();
	assert_frame(1, 60);
}

/* The ring's page is mapped: it must not be copied to as well. */
static void the_rings_own_grants_are_refused(void **state)
{
	static const uint32_t own[2] = {GUEST_TX_RING_REF, GUEST_RX_RING_REF};
	static uint8_t before[XNB_PAGE_SIZE];

	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(setup(state), 0);
		hv_grant(1, own[i % 2], guest.tx_page, false);
		memcpy(before, guest.tx_page, XNB_PAGE_SIZE);
		guest_post(&guest, 4);
		/* The first page or the second; then one that only has the
		 * same low bits. */
		xnb_rx_slot(guest.rx, i / 2)->req.gref = own[i % 2];
		xnb_rx_slot(guest.rx, 2)->req.gref = own[i % 2] + 64;
		hv_grant(1, own[i % 2] + 64, guest.page[2], false);
		assert_int_equal(fill(i % 2 ? private_frame(5000)
					    : granted_frame(5000, 4000)),
				 0);
		assert_int_equal(fill(private_frame(5000)), 0);
		finish();
		assert_int_equal(result.dest_failed, 1);
		assert_int_equal(result.source_failed, 0);
		assert_error_slots(0, 2);
		assert_frame(2, 5000);
		assert_memory_equal(guest.tx_page, before, XNB_PAGE_SIZE);
	}
}

static void source_fault_at_the_end_gives_the_slots_back(void **state)
{
	(void)state;
	guest_post(&guest, 8);
	assert_int_equal(fill(private_frame(60)), 0);
	assert_int_equal(fill(granted_frame(6000, 4000)), 0);
	hv_revoke(2, GUEST_REF(1));
	finish();
	assert_int_not_equal(source_status, 0);
	assert_int_equal(result.source_failed, 1);
	assert_int_equal(result.dest_failed, 0);
	assert_int_equal(guest.rx->rsp_prod, 1);
	assert_int_equal(guest.rx_ring.reserved, 1);
	assert_frame(0, 60);
	assert_int_equal(fill(private_frame(80)), 0);
	finish();
	assert_frame(1, 80);
}

static void source_fault_in_the_middle_is_answered_error(void **state)
{
	(void)state;
	guest_post(&guest, 8);
	assert_int_equal(fill(granted_frame(6000, 4000)), 0);
	assert_int_equal(fill(private_frame(60)), 0);
	hv_revoke(2, GUEST_REF(0));
	finish();
	assert_int_equal(result.source_failed, 1);
	assert_int_equal(guest.rx->rsp_prod, 3);
	assert_error_slots(0, 2);
	assert_frame(2, 60);
}

static void piece_that_leaves_one_byte_of_a_page_wastes_nothing(void **state)
{
	struct xnb_rx_source source = private_frame(8192);

	(void)state;
	source.iov_count = 2;
	source.iov_skip = 0;
	iov[0] = (struct iovec){frame + 256, 4095 - 256};
	iov[1] = (struct iovec){frame + 4095, 4097};
	guest_post(&guest, 2);
	assert_int_equal(fill(source), 0);
	finish();
	assert_int_equal(assert_frame(0, 8192), 2);
}

static void every_size_and_split_arrives(void **state)
{
	static const uint32_t size[] = {14,   255,  256,  257,	1514, 3136,
					3137, 4095, 4096, 4097, 8192, 65535};
	static const uint32_t each[] = {1000, 3641, 4088};

	(void)state;
	for (uint32_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		for (uint32_t k = 0; k < 3; k++) {
			if (size[i] > each[k] * 18)
				continue;
			setup(NULL);
			guest_init(&guest, 1, UINT32_MAX - 7);
			guest_post(&guest, 17);
			assert_int_equal(fill(granted_frame(size[i], each[k])),
					 0);
			finish();
			assert_frame(UINT32_MAX - 7, size[i]);
			assert_int_equal(result.bytes[XNB_RX_FROM_GUEST],
					 size[i]);
		}
	}
}

static void frames_that_fit_start_at_different_offsets(void **state)
{
	(void)state;
	guest_post(&guest, 2);
	fill(private_frame(60));
	fill(private_frame(60));
	finish();
	assert_int_not_equal(guest_rx_response(&guest, 0).offset,
			     guest_rx_response(&guest, 1).offset);
}

static void without_sg_one_page_is_the_limit(void **state)
{
	(void)state;
	guest.rx_ring.frontend = GUEST_ALL_FE & ~XN_DL_FE_SG;
	guest_post(&guest, 4);
	assert_int_equal(fill(private_frame(4097)), -EMSGSIZE);
	assert_int_equal(fill(private_frame(4096)), 0);
}

static void source_shorter_than_its_frame_is_refused(void **state)
{
	struct xnb_rx_source source = private_frame(5000);

	(void)state;
	iov[0].iov_len = 4999;
	guest_post(&guest, 4);
	assert_int_equal(fill(source), -EINVAL);
	assert_int_equal(guest.rx_ring.reserved, 0);
	assert_int_equal(plan.list[XNB_COPY_TO_GRANT].count, 0);
}

static void full_plan_changes_nothing(void **state)
{
	int16_t status = 0;

	(void)state;
	guest_post(&guest, 4);
	for (uint32_t i = 0; i < XNB_COPY_SEGMENTS_MAX - 1; i++)
		xnb_copy_to_grant(&plan, frame, (struct xnb_grant){9, 0, 1}, 1,
				  &status);
	assert_int_equal(fill(private_frame(5000)), -ENOBUFS);
	assert_int_equal(plan.list[XNB_COPY_TO_GRANT].count,
			 XNB_COPY_SEGMENTS_MAX - 1);
	assert_int_equal(guest.rx_ring.reserved, 0);
	xnb_copy_run(&plan);
	assert_int_equal(fill(private_frame(5000)), 0);
}

static void impossible_producers_are_faults_for_good(void **state)
{
	(void)state;
	guest.rx->req_prod = XNB_RX_RING_SIZE + 1;
	assert_int_equal(fill(private_frame(60)), -EPROTO);
	assert_int_equal(guest.rx_ring.fault, XN_DL_FAULT_RX_INDEX);
	guest.rx->req_prod = 1;
	assert_int_equal(fill(private_frame(60)), -EPROTO);
	setup(NULL);
	guest_post(&guest, 2);
	assert_int_equal(fill(private_frame(5000)), 0);
	guest.rx->req_prod = 1; /* behind what was reserved */
	assert_int_equal(fill(private_frame(60)), -EPROTO);
}

static void request_rewritten_after_it_was_taken_has_no_effect(void **state)
{
	(void)state;
	guest_post(&guest, 2);
	assert_int_equal(fill(private_frame(60)), 0);
	memset(guest.rx_page + 64, 0xff, 8);
	finish();
	assert_int_equal(guest_rx_response(&guest, 0).id, 2000);
	assert_frame(0, 60);
}

static void whole_ring_is_filled_and_one_frame_more_waits(void **state)
{
	(void)state;
	guest_post(&guest, XNB_RX_RING_SIZE);
	for (uint32_t i = 0; i < XNB_RX_RING_SIZE; i++)
		assert_int_equal(fill(private_frame(60)), 0);
	assert_int_equal(fill(private_frame(60)), -ENOSPC);
	finish();
	assert_int_equal(guest.rx->rsp_prod, XNB_RX_RING_SIZE);
	assert_int_equal(result.frames[XNB_RX_FROM_TWIN], XNB_RX_RING_SIZE);
}

static void notifies_only_if_the_event_index_was_crossed(void **state)
{
	(void)state;
	guest_post(&guest, 4);
	guest.rx->rsp_event = 3;
	fill(private_frame(60));
	finish();
	assert_false(notified);
	fill(private_frame(60));
	fill(private_frame(60));
	finish();
	assert_true(notified);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(mbufc2pkt_empty_frame_is_refused),
		T(mbufc2pkt_short_frame_takes_one_slot),
		T(mbufc2pkt_1cluster_frame_takes_one_slot),
		T(mbufc2pkt_2short_pieces_share_a_slot),
		T(mbufc2pkt_long_frame_takes_all_its_pages),
		T(mbufc2pkt_extra_takes_a_slot_more),
		T(mbufc2pkt_nospace_changes_nothing),
		T(rxpkt2gnttab_empty_ring_plans_nothing),
		T(rxpkt2gnttab_short_frame_is_one_segment),
		T(rxpkt2gnttab_2req_split_at_the_page),
		T(rxpkt2rsp_empty_publishes_nothing),
		T(rxpkt2rsp_short_frame_arrives),
		T(rxpkt2rsp_extra_lies_behind_the_first_slot),
		T(rxpkt2rsp_2short_frames_are_answered_in_order),
		T(rxpkt2rsp_2slots_first_status_is_the_fragment),
		T(rxpkt2rsp_copyerror_answers_every_slot_error),
		T(bad_buffer_at_the_end_is_answered_all_the_same),
		T(source_fault_at_the_end_gives_the_slots_back),
		T(source_fault_in_the_middle_is_answered_error),
		T(piece_that_leaves_one_byte_of_a_page_wastes_nothing),
		T(every_size_and_split_arrives),
		T(frames_that_fit_start_at_different_offsets),
		T(without_sg_one_page_is_the_limit),
		T(source_shorter_than_its_frame_is_refused),
		T(full_plan_changes_nothing),
		T(the_rings_own_grants_are_refused),
		T(impossible_producers_are_faults_for_good),
		T(request_rewritten_after_it_was_taken_has_no_effect),
		T(whole_ring_is_filled_and_one_frame_more_waits),
		T(notifies_only_if_the_event_index_was_crossed),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
