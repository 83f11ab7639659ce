/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the switch refuses a guest by its settings, through a whole worker: the
 * frame reaches neither neighbour nor twin, counts under its name, and is
 * answered OKAY like any other; with the setting off it arrives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/netback/worker/bed.h"

#define BYTES 100u

static struct bed_received received;

static void send_frame(struct bed *bed, const uint8_t *frame)
{
	memcpy(bed->vif[0].guest.page[BED_TX_PAGE], frame, BYTES);
	guest_send(&bed->vif[0].guest, BED_TX_PAGE, 0, BYTES, 0);
	bed_push(bed, 0);
	assert_int_equal(bed_answers(bed, 0).okay, 1);
}

/* Copies of the next frame, at the neighbour and at the twin. */
static uint32_t arrived(struct bed *bed)
{
	struct virtio_net_hdr vnet;

	return bed_count_received(bed, 1) +
	       (bed_kernel_read(bed, 0, &vnet, received.frame) != 0);
}

static void pair_up(struct bed *bed)
{
	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 0, 10);
	bed_post(bed, 1, 200);
	/* Station 1 is known to be the neighbour's. */
	bed_burst(bed, 1, BED_ALL, 60, 1);
	while (arrived(bed))
		;
}

struct refused {
	enum xn_drop drop;
	const char *start; /* of the frame; station 0 is the sender */
	size_t start_bytes;
	uint8_t guard, isolated, bpdu_drop;
};

#define FRAME(text) text, sizeof(text) - 1
#define TO_ALL "\xff\xff\xff\xff\xff\xff"
#define TO_NEIGHBOUR "\2\0\0\0\0\1"
#define FROM_OWN "\2\0\0\0\0\0"
#define IPV4(protocol, source) \
	"\x08\0\x45\0\0\x56\0\0\0\0\x40" protocol "\0\0" source "\x0a\0\0\2"
#define IPV6(next, source)                            \
	"\x86\xdd\x60\0\0\0\0\x2e" next "\xff" source \
	"\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
#define OWN6 "\xfe\x80\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0"
#define FOREIGN6 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"

static const struct refused cases[] = {
	{XN_DROP_SPOOFED_MAC,
	 FRAME(TO_ALL "\2\0\0\0\0\7" IPV4("\x06", "\x0a\0\0\1")), .guard = 1},
	{XN_DROP_SPOOFED_ARP,
	 FRAME(TO_ALL FROM_OWN "\x08\x06\0\1\x08\0\6\4\0\1" FROM_OWN
			       "\x0a\0\0\7"),
	 .guard = 1},
	{XN_DROP_SPOOFED_IPV4,
	 FRAME(TO_ALL FROM_OWN IPV4("\x06", "\x0a\0\0\7")), .guard = 1},
	{XN_DROP_SPOOFED_IPV6, FRAME(TO_ALL FROM_OWN IPV6("\x06", FOREIGN6)),
	 .guard = 1},
	{XN_DROP_SPOOFED_ND,
	 FRAME(TO_ALL FROM_OWN IPV6("\x3a",
				    OWN6) "\x88\0\0\0\0\0\0\0" FOREIGN6),
	 .guard = 1},
	{XN_DROP_ROGUE_ROUTER,
	 FRAME(TO_ALL FROM_OWN IPV6("\x3a", OWN6) "\x86\0"), .guard = 1},
	{XN_DROP_ROGUE_DHCP,
	 FRAME(TO_ALL FROM_OWN IPV4("\x11", "\x0a\0\0\1") "\0\x43\0\x44"),
	 .guard = 1},
	{XN_DROP_SPOOFED_DHCP,
	 FRAME(TO_ALL FROM_OWN IPV4("\x11", "\0\0\0\0") "\0\x44\0\x43"),
	 .guard = 1},
	{XN_DROP_OTHER_PROTOCOL, FRAME(TO_ALL FROM_OWN "\x88\xb5"), .guard = 1},
	{XN_DROP_BPDU, FRAME("\x01\x80\xc2\0\0\0" FROM_OWN "\0\x26\x42\x42\3"),
	 .bpdu_drop = 1},
	{XN_DROP_ISOLATED, FRAME(TO_NEIGHBOUR FROM_OWN "\x88\xb5"),
	 .isolated = 1},
};

static void set_policy(struct bed *bed, uint32_t n, const struct refused *of)
{
	struct xnb_command command = bed_policy_command(bed, n);

	if (of) {
		command.policy.guard = n == 0 && of->guard;
		command.policy.isolated = of->isolated;
		command.policy.bpdu_drop = of->bpdu_drop;
		command.policy.mac = (struct xn_mac){{2}};
		command.policy.address_count = 1;
		command.policy.address[0] = (struct xn_dl_address){
			.family = 4, .prefix = 32, .octet = {10, 0, 0, 1}};
	}
	bed_order(bed, &command);
	bed_run(bed);
}

static void what_is_refused_counts_and_goes_nowhere(void **state)
{
	struct bed *bed = *state;

	pair_up(bed);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint64_t *drop =
			&bed_counters(bed, 0)->drop[cases[i].drop];
		uint8_t frame[BYTES] = {0};

		memcpy(frame, cases[i].start, cases[i].start_bytes);
		set_policy(bed, 0, NULL);
		set_policy(bed, 1, NULL);
		send_frame(bed, frame);
		assert_true(arrived(bed) > 0);
		while (arrived(bed))
			;
		set_policy(bed, 0, &cases[i]);
		set_policy(bed, 1, &cases[i]);
		send_frame(bed, frame);
		if (*drop != 1)
			fail_msg("not dropped: %s",
				 xn_drop_name(cases[i].drop));
		assert_int_equal(arrived(bed), 0);
	}
}

/* The port could not be set as control wanted it (no memory for its bridge):
 * closed, and once it opens it is no less guarded than before. */
static void a_port_that_stays_closed_keeps_its_policy(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;
	uint8_t frame[BYTES] = {0};

	pair_up(bed);
	memcpy(frame, cases[0].start, cases[0].start_bytes);
	set_policy(bed, 0, &cases[0]);
	command = bed_port_command(bed, 0);
	command.port.bridge = XSW_BRIDGES_MAX;
	bed_order(bed, &command);
	bed_run(bed);
	send_frame(bed, frame);
	assert_int_equal(arrived(bed), 0);
	command = bed_port_command(bed, 0);
	bed_order(bed, &command);
	bed_run(bed);
	send_frame(bed, frame);
	assert_int_equal(arrived(bed), 0);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_SPOOFED_MAC], 2);
	set_policy(bed, 0, NULL);
	send_frame(bed, frame);
	assert_true(arrived(bed) > 0);
}

static void a_storm_is_cut_off(void **state)
{
	struct xnb_command command;
	struct bed *bed = *state;

	pair_up(bed);
	bed_stop_clock(bed);
	command = bed_policy_command(bed, 0);
	command.policy.storm_frames = 100;
	bed_order(bed, &command);
	bed_run(bed);
	bed_burst(bed, 0, BED_ALL, 60, 30);
	assert_int_equal(bed_count_received(bed, 1), 16);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_STORM], 14);
	bed_burst(bed, 0, 1, 60, 30); /* to one: no storm */
	assert_int_equal(bed_count_received(bed, 1), 30);
	bed_advance(bed, 50000);
	bed_burst(bed, 0, BED_ALL, 60, 30);
	assert_int_equal(bed_count_received(bed, 1), 5);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_STORM], 39);
}

/* It wants fewer slots than the event was asked for. */
static void frames_come_at_once_when_headroom_ends(void **state)
{
	struct xnb_command command;
	struct bed *bed = *state;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	command = bed_policy_command(bed, 1);
	command.policy.xdp_headroom = 256;
	bed_order(bed, &command);
	bed_run(bed);
	bed_post(bed, 1, 1); /* one for the frame, none for the extra info */
	bed_burst(bed, 0, BED_ALL, 60, 1);
	assert_int_equal(bed_count_received(bed, 1), 0);
	command.policy.xdp_headroom = 0;
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void tagged_frames_arrive_as_they_are_and_count(void **state)
{
	struct bed *bed = *state;
	uint8_t frame[BYTES];

	pair_up(bed);
	bed_frame(frame, 1, 0, BYTES);
	send_frame(bed, frame);
	assert_int_equal(bed_counters(bed, 0)->tx_vlan_frames, 0);
	assert_int_equal(bed_count_received(bed, 1), 1);
	memcpy(frame + 12, "\x81\x00\x20\x07\x88\xa8\x00\x01\x88\xb5", 10);
	send_frame(bed, frame);
	memcpy(frame + 12, "\x88\xa8", 2);
	send_frame(bed, frame);
	assert_int_equal(bed_counters(bed, 0)->tx_vlan_frames, 2);
	bed_receive(bed, 1, &received);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, BYTES);
	assert_memory_equal(received.frame, frame, BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(what_is_refused_counts_and_goes_nowhere),
		BED_TEST(a_port_that_stays_closed_keeps_its_policy),
		BED_TEST(a_storm_is_cut_off),
		BED_TEST(frames_come_at_once_when_headroom_ends),
		BED_TEST(tagged_frames_arrive_as_they_are_and_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
