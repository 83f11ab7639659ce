// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes of the sender's frames in private memory. The cases pkt2mbufc_*,
 * txpkt2gnttab_* and update_mbufc_* carry the names of FreeBSD's (cases.txt):
 * what fits a frame, which segments are planned, what the copy leaves. */
#include "cmocka_std.h"

#include <errno.h>
#include <string.h>

#include "guest.h"
#include "hypervisor.h"
#include "netback/ring/tx_copy.h"
#include "netback/ring/tx_respond.h"

static struct guest guest;
static struct xnb_tx_burst burst;
static struct xnb_copy plan;
static uint8_t frame[65536];

static int setup(void **state)
{
	(void)state;
	hv_reset();
	guest_init(&guest, 1, 0);
	xnb_copy_init(&plan, NULL);
	memset(frame, 0xaa, sizeof(frame));
	return 0;
}

static void parse(void)
{
	guest_push(&guest);
	xnb_tx_parse(&guest.tx_ring, &burst, XNB_TX_BURST_MAX, UINT32_MAX);
	assert_int_equal(burst.fault, 0);
}

static void assert_bytes(const uint8_t *data, uint32_t page, uint32_t offset,
			 uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		assert_int_equal(data[i],
				 guest_pattern(&guest, page, offset + i));
}

static void fetch_all(uint32_t packet)
{
	assert_int_equal(xnb_tx_fetch(&burst, packet, 0,
				      burst.packet[packet].frame_bytes, frame,
				      &plan),
			 0);
	xnb_copy_run(&plan);
}

static void pkt2mbufc_empty_burst_makes_no_call(void **state)
{
	(void)state;
	parse();
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(hv.calls, 0);
	assert_int_equal(burst.count, 0);
}

static void pkt2mbufc_short_frame_is_all_head(void **state)
{
	(void)state;
	guest_send(&guest, 2, 30, 60, 0);
	parse();
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(burst.packet[0].head_bytes, 60);
	assert_bytes(burst.packet[0].head, 2, 30, 60);
	assert_int_equal(hv.calls, 1);
}

static void pkt2mbufc_csum_flags_become_metadata(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 60, NETTXF_data_validated | NETTXF_csum_blank);
	guest_send(&guest, 0, 0, 60, NETTXF_data_validated);
	parse();
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(burst.packet[0].meta.csum_blank, 1);
	assert_int_equal(burst.packet[0].meta.data_validated, 1);
	assert_int_equal(burst.packet[1].meta.csum_blank, 0);
	assert_int_equal(burst.packet[1].meta.data_validated, 1);
}

static void pkt2mbufc_1cluster_frame_is_fetched_whole(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 2048, 0);
	parse();
	fetch_all(0);
	assert_bytes(frame, 0, 0, 2048);
	assert_int_equal(frame[2048], 0xaa);
}

static void pkt2mbufc_largecluster_frame_of_a_page(void **state)
{
	(void)state;
	guest_send(&guest, 4, 0, 4096, 0);
	parse();
	fetch_all(0);
	assert_bytes(frame, 4, 0, 4096);
	assert_int_equal(frame[4096], 0xaa);
}

static void pkt2mbufc_2cluster_frame_of_several_pages(void **state)
{
	(void)state;
	guest_send(&guest, 0, 96, 65535, NETTXF_more_data);
	for (uint32_t i = 1; i < 17; i++)
		guest_send(&guest, i, 8, 3900, i < 16 ? NETTXF_more_data : 0);
	parse();
	fetch_all(0);
	assert_bytes(frame, 0, 96, 65535 - 16 * 3900);
	for (uint32_t i = 1; i < 17; i++)
		assert_bytes(frame + 65535 - (17 - i) * 3900, i, 8, 3900);
	assert_int_equal(frame[65535], 0xaa);
}

static const xengnttab_grant_copy_segment_t *segment(uint32_t n)
{
	assert_true(n < plan.list[XNB_COPY_TO_PRIVATE].count);
	return &plan.list[XNB_COPY_TO_PRIVATE].segment[n];
}

static void assert_segment(uint32_t n, uint32_t page, uint32_t offset,
			   uint32_t at, uint32_t bytes)
{
	assert_int_equal(segment(n)->flags, GNTCOPY_source_gref);
	assert_int_equal(segment(n)->source.foreign.domid, 1);
	assert_int_equal(segment(n)->source.foreign.ref, GUEST_REF(page));
	assert_int_equal(segment(n)->source.foreign.offset, offset);
	assert_ptr_equal(segment(n)->dest.virt, frame + at);
	assert_int_equal(segment(n)->len, bytes);
}

static void txpkt2gnttab_empty_range_plans_nothing(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 60, 0);
	parse();
	assert_int_equal(xnb_tx_fetch(&burst, 0, 60, 0, frame, &plan), 0);
	assert_int_equal(plan.list[XNB_COPY_TO_PRIVATE].count, 0);
	xnb_copy_run(&plan);
	assert_int_equal(hv.calls, 0);
}

static void txpkt2gnttab_short_frame_is_one_segment(void **state)
{
	(void)state;
	guest_send(&guest, 7, 17, 60, 0);
	parse();
	assert_int_equal(xnb_tx_fetch(&burst, 0, 0, 60, frame, &plan), 0);
	assert_int_equal(plan.list[XNB_COPY_TO_PRIVATE].count, 1);
	assert_segment(0, 7, 17, 0, 60);
}

static void txpkt2gnttab_2req_are_two_segments(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 1900, NETTXF_more_data);
	guest_send(&guest, 1, 0, 500, 0);
	parse();
	assert_int_equal(xnb_tx_fetch(&burst, 0, 0, 1900, frame, &plan), 0);
	assert_int_equal(plan.list[XNB_COPY_TO_PRIVATE].count, 2);
	assert_segment(0, 0, 0, 0, 1400);
	assert_segment(1, 1, 0, 1400, 500);
}

static void txpkt2gnttab_2cluster_skips_what_is_had(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 6000, NETTXF_more_data);
	guest_send(&guest, 1, 10, 100, NETTXF_more_data);
	guest_send(&guest, 2, 0, 3000, 0);
	parse();
	assert_int_equal(xnb_tx_fetch(&burst, 0, 2950, 2000, frame, &plan), 0);
	assert_int_equal(plan.list[XNB_COPY_TO_PRIVATE].count, 2);
	assert_segment(0, 1, 60, 0, 50);
	assert_segment(1, 2, 0, 50, 1950);
}

static void a_page_of_the_senders_lies_in_one_here(void **state)
{
	(void)state;
	/* The stock frontend's: headers, then pages of which the first is not
	 * whole. */
	guest_send(&guest, 0, 1000, 66 + 3000 + 4096 + 800, NETTXF_more_data);
	guest_send(&guest, 1, 1096, 3000, NETTXF_more_data);
	guest_send(&guest, 2, 0, 4096, NETTXF_more_data);
	guest_send(&guest, 3, 0, 800, 0);
	/* No page's begin: as the first byte. */
	guest_send(&guest, 4, 700, 3000, 0);
	/* From a page's begin on. */
	guest_send(&guest, 5, 0, 4096, 0);
	parse();
	assert_int_equal(xnb_tx_place(&burst, 0, 66), 1096);
	assert_int_equal(xnb_tx_place(&burst, 0, 0), 1096 - 66);
	assert_int_equal(xnb_tx_place(&burst, 0, 66 + 1000), 2096);
	assert_int_equal(xnb_tx_place(&burst, 0, 66 + 3000), 0);
	assert_int_equal(xnb_tx_place(&burst, 1, 128), 828);
	assert_int_equal(xnb_tx_place(&burst, 2, 0), 0);
	assert_int_equal(xnb_tx_place(&burst, 2, 128), 128);
}

static void fetch_beyond_the_frame_is_refused(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 60, 0);
	parse();
	assert_int_equal(xnb_tx_fetch(&burst, 0, 0, 61, frame, &plan), -EINVAL);
	assert_int_equal(xnb_tx_fetch(&burst, 0, 61, 0, frame, &plan), -EINVAL);
	assert_int_equal(xnb_tx_fetch(&burst, 0, 1, UINT32_MAX, frame, &plan),
			 -EINVAL);
	assert_int_equal(xnb_tx_fetch(&burst, 0, 1, 59, frame, &plan), 0);
}

static void fetch_into_a_full_plan_adds_nothing(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 100, NETTXF_more_data);
	guest_send(&guest, 1, 0, 50, 0);
	parse();
	for (uint32_t i = 0; i < XNB_COPY_SEGMENTS_MAX / 2 - 1; i++)
		assert_int_equal(xnb_tx_fetch(&burst, 0, 0, 100, frame, &plan),
				 0);
	assert_int_equal(xnb_tx_fetch(&burst, 0, 0, 10, frame, &plan), 0);
	assert_int_equal(xnb_tx_fetch(&burst, 0, 0, 100, frame, &plan),
			 -ENOBUFS);
	assert_int_equal(plan.list[XNB_COPY_TO_PRIVATE].count,
			 XNB_COPY_SEGMENTS_MAX - 1);
}

static void update_mbufc_short_frame_arrives(void **state)
{
	(void)state;
	guest_send(&guest, 9, 1, 60, 0);
	parse();
	fetch_all(0);
	assert_bytes(frame, 9, 1, 60);
	assert_int_equal(frame[60], 0xaa);
	assert_int_equal(burst.packet[0].source_status, 0);
}

static void update_mbufc_2req_with_a_revoked_grant_is_blamed(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 1900, NETTXF_more_data);
	guest_send(&guest, 1, 0, 500, 0);
	guest_send(&guest, 2, 0, 60, 0);
	parse();
	hv_revoke(1, GUEST_REF(1));
	assert_int_equal(xnb_tx_fetch(&burst, 0, 0, 1900, frame, &plan), 0);
	assert_int_equal(xnb_tx_fetch(&burst, 1, 0, 60, frame + 1900, &plan),
			 0);
	xnb_copy_run(&plan);
	assert_int_equal(burst.packet[0].source_status, GNTST_general_error);
	assert_int_equal(burst.packet[1].source_status, 0);
	assert_bytes(frame + 1900, 2, 0, 60);
}

static void update_mbufc_2cluster_head_and_rest_fit(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 5000, NETTXF_more_data);
	guest_send(&guest, 1, 0, 4000, 0);
	parse();
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(burst.packet[0].head_bytes, XNB_PEEK_BYTES);
	memcpy(frame, burst.packet[0].head, XNB_PEEK_BYTES);
	assert_int_equal(xnb_tx_fetch(&burst, 0, XNB_PEEK_BYTES,
				      5000 - XNB_PEEK_BYTES,
				      frame + XNB_PEEK_BYTES, &plan),
			 0);
	xnb_copy_run(&plan);
	assert_bytes(frame, 0, 0, 1000);
	assert_bytes(frame + 1000, 1, 0, 4000);
}

static void heads_spread_over_tiny_slots_are_linear_in_one_call(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 3; n++) {
		guest_send(&guest, 0, n, 18, NETTXF_more_data);
		for (uint32_t i = 1; i < 18; i++)
			guest_send(&guest, i, n, 1,
				   i < 17 ? NETTXF_more_data : 0);
	}
	parse();
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(hv.calls, 1);
	assert_int_equal(hv.segments, 3 * 18);
	assert_int_equal(hv.breaches, 0);
	assert_int_equal(burst.count, 3);
	for (uint32_t n = 0; n < 3; n++) {
		assert_int_equal(burst.packet[n].head_bytes, 18);
		for (uint32_t i = 0; i < 18; i++)
			assert_bytes(burst.packet[n].head + i, i, n, 1);
	}
}

static void peek_copies_no_more_than_its_length(void **state)
{
	(void)state;
	guest_send(&guest, 0, 0, 4000, NETTXF_more_data);
	guest_send(&guest, 1, 0, 3900, 0);
	parse();
	memset(burst.head, 0xaa, sizeof(burst.head));
	xnb_tx_peek(&burst, &plan);
	assert_bytes(burst.packet[0].head, 0, 0, 100);
	assert_bytes(burst.packet[0].head + 100, 1, 0, XNB_PEEK_BYTES - 100);
	assert_int_equal(burst.head[1][0], 0xaa);
	assert_int_equal(hv.segments, 2);
}

static void packets_without_a_head_leave_and_are_answered_error(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		guest_send(&guest, i, 0, 60, 0);
	parse();
	hv_revoke(1, GUEST_REF(1));
	hv_revoke(1, GUEST_REF(4));
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(burst.count, 3);
	assert_int_equal(burst.source_failed, 2);
	assert_bytes(burst.packet[0].head, 0, 0, 60);
	assert_bytes(burst.packet[1].head, 2, 0, 60);
	assert_bytes(burst.packet[2].head, 3, 0, 60);
	xnb_tx_respond(&guest.tx_ring, &burst);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(guest_tx_response(&guest, i).status,
				 i == 1 || i == 4 ? NETIF_RSP_ERROR
						  : NETIF_RSP_OKAY);
}

static void a_call_that_fails_whole_costs_all_heads(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		guest_send(&guest, i, 0, 60, 0);
	parse();
	hv.fail_call = 1;
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(burst.count, 0);
	assert_int_equal(burst.source_failed, 3);
	assert_int_equal(plan.calls_failed, 1);
}

static void transitive_and_foreign_references_are_errors(void **state)
{
	(void)state;
	guest_send(&guest, HV_GRANTS, 0, 60, 0);
	guest_send(&guest, GUEST_PAGES + 1, 0, 60, 0);
	guest_send(&guest, 0, 0, 60, 0);
	parse();
	xnb_tx_peek(&burst, &plan);
	assert_int_equal(burst.source_failed, 2);
	assert_int_equal(burst.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(pkt2mbufc_empty_burst_makes_no_call),
		T(pkt2mbufc_short_frame_is_all_head),
		T(pkt2mbufc_csum_flags_become_metadata),
		T(pkt2mbufc_1cluster_frame_is_fetched_whole),
		T(pkt2mbufc_largecluster_frame_of_a_page),
		T(pkt2mbufc_2cluster_frame_of_several_pages),
		T(txpkt2gnttab_empty_range_plans_nothing),
		T(txpkt2gnttab_short_frame_is_one_segment),
		T(txpkt2gnttab_2req_are_two_segments),
		T(txpkt2gnttab_2cluster_skips_what_is_had),
		T(a_page_of_the_senders_lies_in_one_here),
		T(fetch_beyond_the_frame_is_refused),
		T(fetch_into_a_full_plan_adds_nothing),
		T(update_mbufc_short_frame_arrives),
		T(update_mbufc_2req_with_a_revoked_grant_is_blamed),
		T(update_mbufc_2cluster_head_and_rest_fit),
		T(heads_spread_over_tiny_slots_are_linear_in_one_call),
		T(peek_copies_no_more_than_its_length),
		T(packets_without_a_head_leave_and_are_answered_error),
		T(a_call_that_fails_whole_costs_all_heads),
		T(transitive_and_foreign_references_are_errors),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
