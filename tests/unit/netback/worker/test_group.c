/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast control in the worker: a guest registers groups with requests on
 * its tx ring, and once control says that it wants no others, gets these and
 * broadcasts, from guests and from its twin, also behind a restart.
 */
#include "../ring/cmocka_std.h"

#include <linux/virtio_net.h>
#include <string.h>

#include "bed.h"

#define ADD XEN_NETIF_EXTRA_TYPE_MCAST_ADD
#define DEL XEN_NETIF_EXTRA_TYPE_MCAST_DEL
#define FRAME_BYTES 200u

static const uint8_t some_group[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
static const uint8_t other_group[6] = {0x33, 0x33, 0x00, 0x00, 0x00, 0x01};
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* Control's word on guest 1. */
static void control(struct bed *bed, bool on)
{
	struct xnb_command command = {
		.policy = {
			.header = {XN_DL_POLICY, XN_DATALINK_VERSION},
			.slot = bed->vif[1].slot,
			.generation = bed->vif[1].generation,
			.mcast_control = on,
		}};

	bed_order(bed, &command);
	bed_run(bed);
}

/* Guest 0 sends; guest 1 has multicast control. */
static void connect(struct bed *bed)
{
	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 200);
	control(bed, true);
}

/* Guest 1 registers a group, or not any more; says what it was answered. */
static int16_t ask(struct bed *bed, uint8_t type, const uint8_t group[6])
{
	struct guest *guest = &bed->vif[1].guest;
	uint32_t index = guest->tx_prod;

	guest_send(guest, BED_TX_PAGE, 0, 0, NETTXF_extra_info);
	guest_send_group(guest, type, group, 0);
	bed_push(bed, 1);
	assert_int_equal(guest->tx->rsp_prod, index + 2);
	assert_int_equal(guest_tx_response(guest, index + 1).status,
			 NETIF_RSP_NULL);
	return guest_tx_response(guest, index).status;
}

static void make_frame(uint8_t *frame, const uint8_t to[6])
{
	bed_frame(frame, 0, 0, FRAME_BYTES);
	memcpy(frame, to, 6);
}

/* Does guest 1 get a frame that guest 0 sends there? */
static bool gets(struct bed *bed, const uint8_t to[6])
{
	struct guest *guest = &bed->vif[0].guest;

	make_frame(guest->page[BED_TX_PAGE], to);
	guest_send(guest, BED_TX_PAGE, 0, FRAME_BYTES, 0);
	bed_push(bed, 0);
	return bed_count_received(bed, 1) == 1;
}

/* One that comes from its twin? */
static bool gets_from_twin(struct bed *bed, const uint8_t to[6])
{
	struct virtio_net_hdr vnet = {0};
	uint8_t frame[FRAME_BYTES];

	make_frame(frame, to);
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	return bed_count_received(bed, 1) == 1;
}

static void a_registered_group_arrives_and_others_do_not(void **state)
{
	struct bed *bed = *state;

	connect(bed);
	assert_false(gets(bed, some_group));
	assert_true(gets(bed, broadcast));
	assert_int_equal(ask(bed, ADD, some_group), NETIF_RSP_OKAY);
	assert_true(gets(bed, some_group));
	assert_false(gets(bed, other_group));
	assert_int_equal(ask(bed, DEL, some_group), NETIF_RSP_OKAY);
	assert_false(gets(bed, some_group));
	assert_true(gets(bed, broadcast));
}

static void the_twins_groups_are_asked_for_too(void **state)
{
	struct bed *bed = *state;

	connect(bed);
	assert_int_equal(ask(bed, ADD, other_group), NETIF_RSP_OKAY);
	assert_true(gets_from_twin(bed, other_group));
	assert_true(gets_from_twin(bed, broadcast));
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_MCAST], 0);
	assert_false(gets_from_twin(bed, some_group));
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_MCAST], 1);
}

static void a_65th_group_is_refused_until_one_goes(void **state)
{
	struct bed *bed = *state;
	uint8_t group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x00};

	connect(bed);
	for (uint8_t i = 0; i < XNB_MCAST_MAX; i++) {
		group[5] = i;
		assert_int_equal(ask(bed, ADD, group), NETIF_RSP_OKAY);
	}
	/* What is there already takes no room. */
	assert_int_equal(ask(bed, ADD, group), NETIF_RSP_OKAY);
	assert_int_equal(ask(bed, ADD, some_group), NETIF_RSP_ERROR);
	assert_false(gets(bed, some_group));
	assert_true(gets(bed, group));
	assert_int_equal(ask(bed, DEL, group), NETIF_RSP_OKAY);
	assert_int_equal(ask(bed, ADD, some_group), NETIF_RSP_OKAY);
	assert_true(gets(bed, some_group));
}

static void what_is_no_group_is_refused(void **state)
{
	struct bed *bed = *state;
	const uint8_t station[6] = {0x02, 0, 0, 0, 0, 9};
	const uint8_t zero[6] = {0};

	connect(bed);
	assert_int_equal(ask(bed, ADD, station), NETIF_RSP_ERROR);
	assert_int_equal(ask(bed, ADD, zero), NETIF_RSP_ERROR);
	assert_int_equal(ask(bed, DEL, station), NETIF_RSP_OKAY);
}

static void requests_and_frames_of_a_burst_are_answered_in_order(void **state)
{
	struct bed *bed = *state;
	struct guest *guest = &bed->vif[1].guest;
	struct bed_answers answers;

	connect(bed);
	bed_post(bed, 0, 10);
	bed_send(bed, 1, BED_TX_PAGE, BED_ALL, 100);
	guest_send(guest, BED_TX_PAGE, 0, 0, NETTXF_extra_info);
	guest_send_group(guest, ADD, some_group, 0);
	bed_send(bed, 1, BED_TX_PAGE, BED_ALL, 100);
	bed_push(bed, 1);
	answers = bed_answers(bed, 1);
	assert_int_equal(answers.okay, 3);
	assert_int_equal(answers.null, 1);
	assert_int_equal(answers.error, 0);
	assert_int_equal(bed_count_received(bed, 0), 2);
	assert_int_equal(bed_counters(bed, 1)->tx_frames, 2);
	assert_true(gets(bed, some_group));
}

/* A frontend says first what it wants, and then that it wants no others; and
 * it may change its mind while connected. */
static void control_may_come_and_go(void **state)
{
	struct bed *bed = *state;

	connect(bed);
	control(bed, false);
	assert_true(gets(bed, some_group));
	assert_true(gets_from_twin(bed, other_group));
	assert_int_equal(ask(bed, ADD, some_group), NETIF_RSP_OKAY);
	control(bed, true);
	assert_true(gets(bed, some_group));
	assert_false(gets(bed, other_group));
	assert_false(gets_from_twin(bed, other_group));
	control(bed, false);
	assert_true(gets(bed, other_group));
}

static void reconnect(struct bed *bed, bool resume)
{
	struct xnb_command command = {
		.del = {
			.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = bed->vif[1].slot,
			.generation = bed->vif[1].generation,
		}};

	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_event(bed).header.type, XN_DL_VIF_GONE);
	command = bed_add_command(bed, 1, 0);
	command.add.resume = resume;
	bed_order(bed, &command);
	command = bed_port_command(bed, 1);
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_event(bed).up.error, 0);
	assert_int_equal(bed_event(bed).header.type, XN_DL_PORT_DONE);
	control(bed, true);
}

static void groups_outlive_the_process(void **state)
{
	struct bed *bed = *state;

	connect(bed);
	assert_int_equal(ask(bed, ADD, some_group), NETIF_RSP_OKAY);
	assert_int_equal(ask(bed, ADD, other_group), NETIF_RSP_OKAY);
	assert_int_equal(ask(bed, DEL, other_group), NETIF_RSP_OKAY);
	reconnect(bed, true);
	assert_true(gets(bed, some_group));
	assert_false(gets(bed, other_group));
	assert_int_equal(ask(bed, DEL, some_group), NETIF_RSP_OKAY);
	assert_false(gets(bed, some_group));
}

static void a_new_connection_has_no_groups(void **state)
{
	struct bed *bed = *state;

	connect(bed);
	assert_int_equal(ask(bed, ADD, some_group), NETIF_RSP_OKAY);
	reconnect(bed, false);
	assert_false(gets(bed, some_group));
	assert_true(gets(bed, broadcast));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(a_registered_group_arrives_and_others_do_not),
		BED_TEST(the_twins_groups_are_asked_for_too),
		BED_TEST(a_65th_group_is_refused_until_one_goes),
		BED_TEST(what_is_no_group_is_refused),
		BED_TEST(requests_and_frames_of_a_burst_are_answered_in_order),
		BED_TEST(control_may_come_and_go),
		BED_TEST(groups_outlive_the_process),
		BED_TEST(a_new_connection_has_no_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
