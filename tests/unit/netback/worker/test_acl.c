/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access lists through a whole worker: what a guest may not send reaches
 * nobody, what it may not receive comes neither from a neighbour nor from its
 * twin, and others get their copies; each counts at the vif whose list it is.
 * And a list that comes in parts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netback/acl_parts.h"
#include "tests/unit/netback/worker/bed.h"

#define BYTES 100u

static struct bed_received received;

/* Two rules: UDP to port 7 may leave, and may come. */
struct program {
	struct xsw_acl head;
	struct xsw_acl_rule rule[2];
};

static const struct program port_7 = {
	.head = {.bytes = sizeof(port_7), .rule_count = {1, 1}},
	.rule = {{.flags = XSW_ACL_ALLOW | XSW_ACL_TO_PORTS,
		  .protocol = 17,
		  .to = {7, 7}},
		 {.flags = XSW_ACL_ALLOW | XSW_ACL_TO_PORTS,
		  .protocol = 17,
		  .to = {7, 7}}},
};

static void give_list(struct bed *bed, uint32_t number,
		      const struct program *program)
{
	struct xnb_command command = {
		.acl_order = {.header = {XNB_ACL, XN_DATALINK_VERSION},
			      .number = number}};

	command.acl_order.acl = malloc(sizeof(*program));
	assert_non_null(command.acl_order.acl);
	memcpy(command.acl_order.acl, program, sizeof(*program));
	bed_order(bed, &command);
	bed_run(bed);
}

static void set_list(struct bed *bed, uint32_t n, uint32_t number)
{
	struct xnb_command command = bed_policy_command(bed, n);

	command.policy.acl = number;
	bed_order(bed, &command);
	bed_run(bed);
}

/* UDP from guest 0 to all, or to guest `to`. */
static void make_frame(uint8_t frame[BYTES], uint8_t to, uint8_t port)
{
	static const uint8_t ip[28] = {0x45, 0, 0, 86, 0, 0, 0, 0,  64,
				       17,   0, 0, 10, 0, 0, 1, 10, 0,
				       0,    2, 0, 9,  0, 0, 0, 66};

	bed_frame(frame, to, 0, BYTES);
	frame[12] = 0x08;
	frame[13] = 0;
	memcpy(frame + 14, ip, sizeof(ip));
	frame[37] = port;
}

/* A bit for each of guests 1 and 2, and bit 0 for the sender's twin. */
static uint32_t send_to(struct bed *bed, uint8_t to, uint8_t port)
{
	struct virtio_net_hdr vnet;
	uint8_t *page = bed->vif[0].guest.page[BED_TX_PAGE];
	uint32_t who;

	make_frame(page, to, port);
	guest_send(&bed->vif[0].guest, BED_TX_PAGE, 0, BYTES, 0);
	bed_push(bed, 0);
	assert_int_equal(bed_answers(bed, 0).okay, 1);
	who = bed_kernel_read(bed, 0, &vnet, received.frame) != 0;
	for (uint32_t n = 1; n <= 2; n++)
		who |= bed_count_received(bed, n) << n;
	return who;
}

static bool comes_from_twin(struct bed *bed, uint32_t n, uint8_t port)
{
	struct virtio_net_hdr vnet = {0};
	uint8_t frame[BYTES];

	make_frame(frame, BED_ALL, port);
	assert_true(bed_kernel_write(bed, n, &vnet, frame, BYTES));
	bed_run(bed);
	return bed_count_received(bed, n) == 1;
}

static uint64_t dropped(struct bed *bed, uint32_t n, enum xn_drop reason)
{
	return bed_counters(bed, n)->drop[reason];
}

static void set_up(struct bed *bed)
{
	for (uint32_t n = 0; n < 3; n++) {
		bed_add(bed, n, 0, 0);
		bed_post(bed, n, 100);
	}
	bed_burst(bed, 1, BED_ALL, 60, 1);
	bed_burst(bed, 2, BED_ALL, 60, 1);
	while (bed_kernel_read(bed, 1, &(struct virtio_net_hdr){0},
			       received.frame) ||
	       bed_kernel_read(bed, 2, &(struct virtio_net_hdr){0},
			       received.frame))
		;
	for (uint32_t n = 0; n < 3; n++)
		(void)bed_count_received(bed, n);
}

static void what_it_may_not_send_reaches_nobody(void **state)
{
	struct bed *bed = *state;

	set_up(bed);
	give_list(bed, 3, &port_7);
	assert_int_equal(send_to(bed, BED_ALL, 8), 7);
	set_list(bed, 0, 3);
	assert_int_equal(send_to(bed, BED_ALL, 8), 0);
	assert_int_equal(send_to(bed, 1, 8), 0);
	assert_int_equal(send_to(bed, BED_ALL, 7), 7);
	assert_int_equal(send_to(bed, 1, 7), 2);
	assert_int_equal(dropped(bed, 0, XN_DROP_ACL), 2);
	set_list(bed, 0, 0);
	assert_int_equal(send_to(bed, BED_ALL, 8), 7);
	assert_int_equal(dropped(bed, 0, XN_DROP_ACL_IN), 0);
}

static void what_it_may_not_receive_reaches_the_others(void **state)
{
	struct bed *bed = *state;

	set_up(bed);
	give_list(bed, 3, &port_7);
	set_list(bed, 1, 3);
	assert_int_equal(send_to(bed, BED_ALL, 8), 5);
	assert_int_equal(send_to(bed, 1, 8), 0);
	assert_int_equal(send_to(bed, 2, 8), 4);
	assert_int_equal(send_to(bed, BED_ALL, 7), 7);
	assert_int_equal(send_to(bed, 1, 7), 2);
	assert_int_equal(dropped(bed, 1, XN_DROP_ACL_IN), 2);
	assert_int_equal(dropped(bed, 0, XN_DROP_ACL), 0);
	/* Another list in its place counts at once. */
	give_list(bed, 3,
		  &(struct program){.head = {.bytes = sizeof(port_7),
					     .rule_count = {1, 1}},
				    .rule = {port_7.rule[0],
					     {.flags = XSW_ACL_ANY_PROTOCOL}}});
	assert_int_equal(send_to(bed, 1, 7), 0);
	set_list(bed, 1, 0);
	assert_int_equal(send_to(bed, 1, 8), 2);
}

static void the_twins_frames_are_asked_for_too(void **state)
{
	struct bed *bed = *state;

	set_up(bed);
	give_list(bed, 3, &port_7);
	assert_true(comes_from_twin(bed, 1, 8));
	set_list(bed, 1, 3);
	assert_false(comes_from_twin(bed, 1, 8));
	assert_true(comes_from_twin(bed, 1, 7));
	assert_true(comes_from_twin(bed, 2, 8));
	assert_int_equal(dropped(bed, 1, XN_DROP_ACL_IN), 1);
}

/* A vif that connects is told of its list after its rings are there: what the
 * kernel had for it meanwhile waits for the list. */
static void the_twin_waits_for_the_list(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	set_up(bed);
	give_list(bed, 3, &port_7);
	command = (struct xnb_command){
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = 1,
			.generation = bed->vif[1].generation}};
	bed_order(bed, &command);
	bed_run(bed);
	command = bed_add_command(bed, 1, 0);
	bed_order(bed, &command);
	bed_run(bed);
	bed_post(bed, 1, 100);
	assert_false(comes_from_twin(bed, 1, 8));
	assert_false(comes_from_twin(bed, 1, 7));
	set_list(bed, 1, 3);
	command = bed_port_command(bed, 1);
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 1);
	assert_int_equal(dropped(bed, 1, XN_DROP_ACL_IN), 1);
}

/* The vif's end takes its list from the count of who has one, too. */
static void a_vif_that_goes_leaves_no_list(void **state)
{
	struct bed *bed = *state;
	struct xnb_command del = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION}}};

	set_up(bed);
	give_list(bed, 3, &port_7);
	set_list(bed, 1, 3);
	set_list(bed, 1, 3);
	set_list(bed, 2, 3);
	assert_int_equal(bed->worker->crew->acls, 2);
	del.del.slot = 1;
	del.del.generation = bed->vif[1].generation;
	bed_order(bed, &del);
	bed_run(bed);
	(void)bed_event(bed);
	assert_int_equal(bed->worker->crew->acls, 1);
	set_list(bed, 2, 0);
	assert_int_equal(bed->worker->crew->acls, 0);
}

/* ---- parts ---- */

#define MACS 200u
struct long_program {
	struct xsw_acl head;
	uint64_t mac[MACS];
};

static struct long_program long_program(void)
{
	struct long_program program = {
		.head = {.bytes = sizeof(program), .mac_count = MACS}};

	for (uint32_t i = 0; i < MACS; i++)
		program.mac[i] = i;
	return program;
}

static struct xn_dl_acl part_of(const struct long_program *program,
				uint32_t offset)
{
	uint32_t left = (uint32_t)sizeof(*program) - offset;
	struct xn_dl_acl part = {
		.acl = 5,
		.total = sizeof(*program),
		.offset = offset,
		.bytes = left < XN_DL_ACL_PART ? left : XN_DL_ACL_PART,
	};

	memcpy(part.data, (const uint8_t *)program + offset, part.bytes);
	return part;
}

static void parts_make_a_whole(void **state)
{
	struct long_program program = long_program();
	struct xn_dl_acl first = part_of(&program, 0);
	struct xn_dl_acl second = part_of(&program, XN_DL_ACL_PART);
	struct xnb_acl_parts parts = {0};
	struct xsw_acl *acl = NULL;
	bool whole = true;

	(void)state;
	/* Begun twice: the first beginning is forgotten. */
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(
			xnb_acl_parts_take(&parts, &first, &whole, &acl), 0);
		assert_false(whole);
	}
	assert_int_equal(xnb_acl_parts_take(&parts, &second, &whole, &acl), 0);
	assert_true(whole);
	assert_memory_equal(acl, &program, sizeof(program));
	free(acl);
	/* And there is nothing to go on with. */
	assert_int_equal(xnb_acl_parts_take(&parts, &second, &whole, &acl),
			 -EPROTO);
	first.total = first.bytes = 0;
	assert_int_equal(xnb_acl_parts_take(&parts, &first, &whole, &acl), 0);
	assert_true(whole);
	assert_null(acl);
	xnb_acl_parts_fini(&parts);
}

static void parts_that_do_not_fit_are_refused(void **state)
{
	struct long_program program = long_program();
	struct xn_dl_acl first = part_of(&program, 0);
	struct xnb_acl_parts parts = {0};
	struct xsw_acl *acl;
	bool whole;

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		struct xn_dl_acl second = part_of(&program, XN_DL_ACL_PART);

		assert_int_equal(
			xnb_acl_parts_take(&parts, &first, &whole, &acl), 0);
		if (i == 0)
			second.acl = 6;
		else if (i == 1)
			second.total++;
		else if (i == 2)
			second.offset += XN_DL_ACL_PART;
		else
			second.bytes--;
		assert_int_equal(
			xnb_acl_parts_take(&parts, &second, &whole, &acl),
			-EPROTO);
		assert_false(whole);
	}
	program.head.mac_count--;
	first = part_of(&program, 0);
	assert_int_equal(xnb_acl_parts_take(&parts, &first, &whole, &acl), 0);
	first = part_of(&program, XN_DL_ACL_PART);
	assert_int_equal(xnb_acl_parts_take(&parts, &first, &whole, &acl),
			 -EINVAL);
	assert_false(whole);
	assert_null(acl);
	xnb_acl_parts_fini(&parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(what_it_may_not_send_reaches_nobody),
		BED_TEST(what_it_may_not_receive_reaches_the_others),
		BED_TEST(the_twins_frames_are_asked_for_too),
		BED_TEST(the_twin_waits_for_the_list),
		BED_TEST(a_vif_that_goes_leaves_no_list),
		cmocka_unit_test(parts_make_a_whole),
		cmocka_unit_test(parts_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
