/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest breaks costs that guest: grants that fail, rings that lie,
 * channels that break. A pair beside it goes on. */
#include "../ring/cmocka_std.h"

#include <string.h>

#include "bed.h"

static struct bed_received received;

static void trio(struct bed *bed)
{
	for (uint32_t n = 0; n < 3; n++) {
		bed_add(bed, n, 0, 0);
		bed_post(bed, n, 200);
	}
}

static void drain_events(struct bed *bed)
{
	while (bed_event(bed).header.type)
		;
}

static struct xnb_event next_fault(struct bed *bed)
{
	struct xnb_event event;

	do
		event = bed_event(bed);
	while (event.header.type && event.header.type != XN_DL_VIF_FAULT);
	return event;
}

/* Guests 1 and 2 reach each other, in both directions. */
static void the_others_go_on(struct bed *bed)
{
	bed_count_received(bed, 1);
	bed_count_received(bed, 2);
	bed_burst(bed, 1, BED_ALL, 1000, 20);
	assert_int_equal(bed_count_received(bed, 2), 20);
	bed_burst(bed, 2, BED_ALL, 1000, 20);
	assert_int_equal(bed_count_received(bed, 1), 20);
	bed_answers(bed, 1);
	bed_answers(bed, 2);
}

static void a_head_that_cannot_be_had_is_an_error_for_its_sender(void **state)
{
	struct bed *bed = *state;
	struct bed_answers answers;

	trio(bed);
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 1000);
	bed_send(bed, 0, BED_TX_PAGE + 1, BED_ALL, 1000);
	bed_send(bed, 0, BED_TX_PAGE + 2, BED_ALL, 1000);
	hv_revoke(0, GUEST_REF(BED_TX_PAGE + 1));
	bed_push(bed, 0);
	answers = bed_answers(bed, 0);
	assert_int_equal(answers.okay, 2);
	assert_int_equal(answers.error, 1);
	assert_int_equal(bed_count_received(bed, 1), 2);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_SOURCE_GRANT], 1);
	the_others_go_on(bed);
}

static uint32_t revoke_at_call;

/* Between the peek and the payload's copy. */
static void revoke_payload(void *arg)
{
	(void)arg;
	if (hv.calls == revoke_at_call)
		hv_revoke(0, GUEST_REF(BED_TX_PAGE + 1));
}

static void a_payload_that_goes_meanwhile_delivers_nothing(void **state)
{
	struct bed *bed = *state;
	struct bed_answers answers;
	struct virtio_net_hdr vnet;

	for (uint32_t fetch = 0; fetch < 2; fetch++) {
		if (fetch == 0)
			trio(bed);
		hv.before = revoke_payload;
		hv.calls = 0;
		/* First the fetch for the twin fails; then, with the twin
		 * out of the way, the copy to the receivers. */
		revoke_at_call = fetch == 0 ? 2 : 3;
		hv_grant(0, GUEST_REF(BED_TX_PAGE + 1),
			 bed->vif[0].guest.page[BED_TX_PAGE + 1], false);
		bed_send(bed, 0, BED_TX_PAGE, fetch ? 1 : BED_ALL, 1000);
		bed_send(bed, 0, BED_TX_PAGE + 1, fetch ? 1 : BED_ALL, 1000);
		bed_push(bed, 0);
		hv.before = NULL;
		answers = bed_answers(bed, 0);
		assert_int_equal(answers.okay, 1);
		assert_int_equal(answers.error, 1);
		assert_int_equal(bed_count_received(bed, 1), 1);
		the_others_go_on(bed); /* and guest 1 is known from now on */
		while (bed_kernel_read(bed, 0, &vnet, received.frame) > 0)
			;
	}
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_SOURCE_GRANT], 2);
}

static void a_receivers_grant_costs_the_receiver_only(void **state)
{
	struct bed *bed = *state;

	trio(bed);
	hv_revoke(1, GUEST_REF(1)); /* its second buffer */
	bed_burst(bed, 0, BED_ALL, 1000, 3);
	assert_int_equal(bed_answers(bed, 0).okay, 3);
	assert_int_equal(bed_count_received(bed, 1), 2);
	assert_int_equal(bed_count_received(bed, 2), 3);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_DEST_GRANT], 1);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_SOURCE_GRANT], 0);
}

static void the_rings_own_grants_are_no_buffers(void **state)
{
	struct bed *bed = *state;
	struct bed_answers answers;
	struct guest *guest;

	for (uint32_t n = 0; n < 3; n++)
		bed_add(bed, n, 0, 0);
	bed_post(bed, 2, 200);
	guest = &bed->vif[1].guest;
	guest_post(guest, 3);
	xnb_rx_slot(guest->rx, 1)->req.gref = GUEST_TX_RING_REF;
	guest = &bed->vif[0].guest;
	for (uint32_t i = 0; i < 4; i++)
		bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 1000);
	xnb_tx_slot(guest->tx, 3)->req.gref = GUEST_RX_RING_REF;
	bed_push(bed, 0);
	answers = bed_answers(bed, 0);
	assert_int_equal(answers.okay, 3);
	assert_int_equal(answers.error, 1);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_MALFORMED], 1);
	assert_int_equal(bed_count_received(bed, 1), 2);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_DEST_GRANT], 1);
	assert_int_equal(bed_count_received(bed, 2), 3);
}

static void a_whole_call_that_fails_ends_no_vif(void **state)
{
	struct bed *bed = *state;

	trio(bed);
	for (uint32_t call = 1; call <= 4; call++) {
		hv.fail_call = call;
		bed_burst(bed, 0, BED_ALL, 1000, 5);
	}
	hv.fail_call = 0;
	drain_events(bed);
	bed_count_received(bed, 1);
	bed_burst(bed, 0, BED_ALL, 1000, 5);
	assert_int_equal(bed_count_received(bed, 1), 5);
	the_others_go_on(bed);
}

static void expect_fault(struct bed *bed, uint32_t fault)
{
	struct xnb_event event = next_fault(bed);

	assert_int_equal(event.header.type, XN_DL_VIF_FAULT);
	assert_int_equal(event.fault.slot, 0);
	assert_int_equal(event.fault.generation, bed->vif[0].generation);
	assert_int_equal(event.fault.queue, 0);
	assert_int_equal(event.fault.fault, fault);
	/* Said once, and never touched again. */
	assert_int_equal(next_fault(bed).header.type, 0);
	assert_int_equal(bed->worker->port[0].state, XNB_PORT_FAULTED);
}

static void a_tx_index_beyond_the_ring_disables_the_vif(void **state)
{
	struct bed *bed = *state;
	uint64_t taken;

	trio(bed);
	drain_events(bed);
	bed->vif[0].guest.tx_prod += 1u << 31;
	bed_push(bed, 0);
	expect_fault(bed, XN_DL_FAULT_TX_INDEX);
	taken = bed_counters(bed, 0)->events_taken;
	ev_send(bed->vif[0].rx_channel);
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 0)->events_taken, taken);
	the_others_go_on(bed);
}

static void an_rx_index_beyond_the_ring_disables_the_receiver(void **state)
{
	struct bed *bed = *state;

	trio(bed);
	drain_events(bed);
	bed->vif[0].guest.rx_prod += 1000;
	xnb_index_publish(&bed->vif[0].guest.rx->req_prod,
			  bed->vif[0].guest.rx_prod);
	/* 200 buffers are known to be there; behind them it looks again. */
	for (uint32_t i = 0; i < 5; i++)
		bed_burst(bed, 1, BED_ALL, 60, 50);
	drain_events(bed);
	assert_int_equal(bed->worker->port[0].state, XNB_PORT_FAULTED);
	assert_int_equal(bed_answers(bed, 1).okay, 250);
	assert_int_equal(bed_count_received(bed, 2), 200);
	bed_post(bed, 2, 100);
	ev_send(bed->vif[2].rx_channel);
	bed_run(bed);
	the_others_go_on(bed);
}

static void too_many_slots_disable_the_vif_after_its_good_frames(void **state)
{
	struct bed *bed = *state;
	struct guest *guest = &bed->vif[0].guest;

	trio(bed);
	drain_events(bed);
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 1000);
	guest_send(guest, BED_TX_PAGE, 0, 3000, NETTXF_more_data);
	for (uint32_t i = 0; i < 30; i++)
		guest_send(guest, BED_TX_PAGE, 0, 10, NETTXF_more_data);
	guest_send(guest, BED_TX_PAGE, 0, 10, 0);
	bed_push(bed, 0);
	assert_int_equal(bed_count_received(bed, 1), 1);
	expect_fault(bed, XN_DL_FAULT_TX_SLOTS);
	the_others_go_on(bed);
}

#define SLOT_BYTES 70u /* 21 of them are within the MTU */

/* A broadcast of so many slots. */
static void send_slots(struct bed *bed, uint32_t slots)
{
	struct guest *guest = &bed->vif[0].guest;

	bed_frame(guest->page[BED_TX_PAGE], BED_ALL, 0, SLOT_BYTES);
	for (uint32_t i = 0; i < slots; i++)
		guest_send(guest, BED_TX_PAGE + i, 0,
			   i == 0 ? slots * SLOT_BYTES : SLOT_BYTES,
			   i + 1 < slots ? NETTXF_more_data : 0);
	bed_push(bed, 0);
}

static void eighteen_slots_are_accepted(void **state)
{
	struct bed *bed = *state;
	const struct guest *guest = &bed->vif[0].guest;

	trio(bed);
	send_slots(bed, 18);
	assert_int_equal(bed_answers(bed, 0).okay, 18);
	for (uint32_t n = 1; n < 3; n++) {
		bed_receive(bed, n, &received);
		assert_int_equal(received.bytes, 18 * SLOT_BYTES);
		for (uint32_t i = 0; i < 18; i++)
			assert_memory_equal(received.frame + i * SLOT_BYTES,
					    guest->page[BED_TX_PAGE + i],
					    SLOT_BYTES);
	}
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_MALFORMED], 0);
}

static void nineteen_and_twenty_slots_are_dropped_with_error(void **state)
{
	struct bed *bed = *state;

	trio(bed);
	for (uint32_t slots = 19; slots <= 20; slots++) {
		struct bed_answers answers;

		send_slots(bed, slots);
		answers = bed_answers(bed, 0);
		assert_int_equal(answers.error, slots);
		assert_int_equal(answers.okay, 0);
		assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_MALFORMED],
				 slots - 18);
		assert_int_equal(bed_count_received(bed, 1), 0);
	}
	assert_int_equal(bed->worker->port[0].state, XNB_PORT_LIVE);
	send_slots(bed, 18);
	assert_int_equal(bed_answers(bed, 0).okay, 18);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void twenty_one_slots_disable_the_vif(void **state)
{
	struct bed *bed = *state;
	struct bed_answers answers;

	trio(bed);
	send_slots(bed, 20);
	assert_int_equal(bed->worker->port[0].state, XNB_PORT_LIVE);
	drain_events(bed);
	bed_answers(bed, 0);
	send_slots(bed, 21);
	expect_fault(bed, XN_DL_FAULT_TX_SLOTS);
	answers = bed_answers(bed, 0);
	assert_int_equal(answers.okay + answers.error + answers.null, 0);
	assert_int_equal(bed_count_received(bed, 1), 0);
	the_others_go_on(bed);
}

/* One slot, with GSO that no sender may announce. */
static void gso_without_meaning_disables_the_vif(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t size;
		bool fault;
	} gso[] = {
		{XEN_NETIF_GSO_TYPE_TCPV4, 1448, false}, /* bad_offload */
		{XEN_NETIF_GSO_TYPE_TCPV4, 0, true},
		{XEN_NETIF_GSO_TYPE_TCPV6, 0, true},
		{XEN_NETIF_GSO_TYPE_NONE, 1448, true},
		{3, 1448, true},
		{255, 1448, true},
	};
	struct bed *bed = *state;

	trio(bed);
	for (uint32_t i = 0; i < sizeof(gso) / sizeof(gso[0]); i++) {
		struct xnb_command command;
		struct guest *guest = &bed->vif[0].guest;

		drain_events(bed);
		bed_frame(guest->page[BED_TX_PAGE], BED_ALL, 0, 1000);
		guest_send(guest, BED_TX_PAGE, 0, 1000, NETTXF_extra_info);
		guest_send_gso(guest, gso[i].type, gso[i].size, 0);
		bed_push(bed, 0);
		assert_int_equal(bed_count_received(bed, 1), 0);
		if (!gso[i].fault) {
			assert_int_equal(bed->worker->port[0].state,
					 XNB_PORT_LIVE);
			continue;
		}
		expect_fault(bed, XN_DL_FAULT_TX_EXTRA);
		command.header = (struct xn_dl_header){XN_DL_VIF_DEL,
						       XN_DATALINK_VERSION};
		command.del.slot = 0;
		command.del.generation = bed->vif[0].generation;
		bed_order(bed, &command);
		bed_run(bed);
		drain_events(bed);
		bed_add(bed, 0, 0, 0);
		bed_post(bed, 0, 200);
	}
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_BAD_OFFLOAD], 1);
	the_others_go_on(bed);
}

static void stations_are_told_before_their_ports_fault(void **state)
{
	struct bed *bed = *state;

	trio(bed);
	drain_events(bed);
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 1000);
	guest_send(&bed->vif[0].guest, BED_TX_PAGE, 4000, 1000, 0);
	bed_push(bed, 0);
	assert_int_equal(bed_event(bed).header.type, XN_DL_STATION);
	assert_int_equal(bed_event(bed).header.type, XN_DL_VIF_FAULT);
	assert_int_equal(bed_event(bed).header.type, 0);
}

static void a_malformed_packet_costs_itself(void **state)
{
	struct bed *bed = *state;
	struct bed_answers answers;

	trio(bed);
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 1000);
	guest_send(&bed->vif[0].guest, BED_TX_PAGE, 0, 13, 0); /* a runt */
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 1000);
	bed_push(bed, 0);
	answers = bed_answers(bed, 0);
	assert_int_equal(answers.okay, 2);
	assert_int_equal(answers.error, 1);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_MALFORMED], 1);
	assert_int_equal(bed_count_received(bed, 1), 2);
	assert_int_equal(bed->worker->port[0].state, XNB_PORT_LIVE);
}

static void a_broken_channel_disables_the_vif(void **state)
{
	struct bed *bed = *state;

	trio(bed);
	drain_events(bed);
	ev_break();
	ev_send(bed->vif[0].tx_channel);
	bed_run(bed);
	expect_fault(bed, XN_DL_FAULT_CHANNEL);
}

static void a_disabled_vif_can_be_deleted(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = 0}};
	uint32_t mapped;

	trio(bed);
	bed->vif[0].guest.tx_prod += 1000;
	bed_push(bed, 0);
	drain_events(bed);
	mapped = ev_mapped();
	command.del.generation = bed->vif[0].generation;
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_event(bed).header.type, XN_DL_VIF_GONE);
	assert_int_equal(ev_mapped(), mapped - 2);
	the_others_go_on(bed);
	/* And its slot used again. */
	drain_events(bed);
	bed_add(bed, 0, 0, 0);
	bed_burst(bed, 0, BED_ALL, 100, 1);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(a_head_that_cannot_be_had_is_an_error_for_its_sender),
		BED_TEST(a_payload_that_goes_meanwhile_delivers_nothing),
		BED_TEST(a_receivers_grant_costs_the_receiver_only),
		BED_TEST(the_rings_own_grants_are_no_buffers),
		BED_TEST(a_whole_call_that_fails_ends_no_vif),
		BED_TEST(a_tx_index_beyond_the_ring_disables_the_vif),
		BED_TEST(an_rx_index_beyond_the_ring_disables_the_receiver),
		BED_TEST(too_many_slots_disable_the_vif_after_its_good_frames),
		BED_TEST(eighteen_slots_are_accepted),
		BED_TEST(nineteen_and_twenty_slots_are_dropped_with_error),
		BED_TEST(twenty_one_slots_disable_the_vif),
		BED_TEST(gso_without_meaning_disables_the_vif),
		BED_TEST(stations_are_told_before_their_ports_fault),
		BED_TEST(a_malformed_packet_costs_itself),
		BED_TEST(a_broken_channel_disables_the_vif),
		BED_TEST(a_disabled_vif_can_be_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
