/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receivers without an offload get what they can take; frames that cannot be
 * are dropped under the right name. */
#include "../ring/cmocka_std.h"

#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "../offload/right.h"
#include "bed.h"

#define L3 14u
#define L4 34u
#define PAYLOAD 54u

static struct bed_received received;

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A TCP packet to station 1 from station 0, with the pseudo-header's sum in
 * the checksum field as a sender with csum_blank leaves it. */
static void tcp_frame(uint8_t *frame, uint32_t bytes)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < bytes; i++)
		frame[i] = (uint8_t)(i * 3 + (i >> 8));
	memset(frame, 0, PAYLOAD);
	frame[0] = frame[6] = 2;
	frame[5] = 1;
	put16(frame + 12, 0x0800);
	frame[L3] = 0x45;
	put16(frame + L3 + 2, bytes - L3);
	frame[L3 + 8] = 64;
	frame[L3 + 9] = IPPROTO_TCP;
	frame[L3 + 12] = frame[L3 + 16] = 10;
	frame[L3 + 15] = 1;
	frame[L3 + 19] = 2;
	for (uint32_t i = L3; i < L4; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(frame + L3 + 10, ~sum);
	put16(frame + L4, 1234);
	put16(frame + L4 + 2, 5678);
	frame[L4 + 12] = 0x50;
	frame[L4 + 13] = 0x18; /* PSH ACK */
	sum = 0x0a00 + 1 + 0x0a00 + 2 + IPPROTO_TCP + (bytes - L4);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(frame + L4 + 16, sum);
}

static bool checksum_right(const struct bed_received *frame)
{
	return frame->bytes > 0 &&
	       frame_l4_right(frame->frame, (uint32_t)frame->bytes);
}

/* Guest 0 sends to guest 1, which lacks `without`. */
static void pair_up(struct bed *bed, uint32_t without)
{
	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, without);
	bed_post(bed, 1, 250);
}

/* A frame of up to 4 pages, optionally GSO, with these flags. */
static void send_tcp_flagged(struct bed *bed, uint32_t bytes, uint16_t gso_size,
			     uint32_t first_flags)
{
	static uint8_t frame[4 * 4096];
	struct guest *guest = &bed->vif[0].guest;
	uint32_t done = 0;

	tcp_frame(frame, bytes);
	for (uint32_t page = BED_TX_PAGE; done < bytes; page++) {
		uint32_t here = bytes - done < 4096 ? bytes - done : 4096;
		uint32_t flags = 0;

		memcpy(guest->page[page], frame + done, here);
		if (done + here < bytes)
			flags |= NETTXF_more_data;
		if (done == 0)
			flags |= first_flags;
		if (done == 0 && gso_size > 0)
			flags |= NETTXF_extra_info;
		guest_send(guest, page, 0, done == 0 ? bytes : here, flags);
		if (done == 0 && gso_size > 0)
			guest_send_gso(guest, XEN_NETIF_GSO_TYPE_TCPV4,
				       gso_size, 0);
		done += here;
	}
	bed_push(bed, 0);
}

static void send_tcp(struct bed *bed, uint32_t bytes, uint16_t gso_size)
{
	send_tcp_flagged(bed, bytes, gso_size,
			 NETTXF_csum_blank | NETTXF_data_validated);
}

static void who_can_take_it_gets_it_as_it_is(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, 0);
	send_tcp(bed, 1514, 0);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 1514);
	assert_true(received.flags & NETRXF_csum_blank);
	send_tcp(bed, 10000, 1448);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 10000);
	assert_int_equal(received.gso_type, XEN_NETIF_GSO_TYPE_TCPV4);
	assert_int_equal(received.gso_size, 1448);
}

/* A frame of one page with a VLAN tag, its checksum blank. */
static uint32_t tagged_frame(uint8_t *frame, uint32_t bytes)
{
	static const uint8_t tag[4] = {0x81, 0x00, 0, 7};

	tcp_frame(frame, bytes);
	memmove(frame + 16, frame + 12, bytes - 12);
	memcpy(frame + 12, tag, sizeof(tag));
	return bytes + (uint32_t)sizeof(tag);
}

static void behind_a_tag_everything_is_finished(void **state)
{
	struct bed *bed = *state;
	struct guest *guest = &bed->vif[0].guest;
	static uint8_t frame[4096];
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = L4 + 4,
		.csum_offset = 16,
	};
	uint32_t bytes;

	pair_up(bed, 0);
	bytes = tagged_frame(guest->page[BED_TX_PAGE], 1514);
	guest_send(guest, BED_TX_PAGE, 0, bytes,
		   NETTXF_csum_blank | NETTXF_data_validated);
	bed_push(bed, 0);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, bytes);
	assert_int_equal(received.flags, NETRXF_data_validated);
	assert_true(checksum_right(&received));

	bytes = tagged_frame(frame, 4000);
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, bytes));
	bed_run(bed);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, bytes);
	assert_int_equal(received.flags, NETRXF_data_validated);
	assert_true(checksum_right(&received));

	vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	vnet.gso_size = 1448;
	vnet.hdr_len = PAYLOAD + 4;
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, bytes));
	bed_run(bed);
	for (uint32_t i = 0; i < 3; i++) {
		bed_receive(bed, 1, &received);
		assert_true(received.bytes > 0);
		assert_int_equal(received.gso_type, 0);
		assert_true(checksum_right(&received));
	}
}

static void a_checksum_is_made_for_who_needs_it(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, XN_DL_FE_CSUM);
	bed_add(bed, 2, 0, 0);
	bed_post(bed, 2, 250);
	send_tcp(bed, 1514, 0);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 1514);
	assert_false(received.flags & NETRXF_csum_blank);
	assert_true(received.flags & NETRXF_data_validated);
	assert_true(checksum_right(&received));
	/* The other receiver of the same frame gets it unfinished. */
	bed_receive(bed, 2, &received);
	assert_int_equal(received.bytes, 1514);
	assert_true(received.flags & NETRXF_csum_blank);
	assert_false(checksum_right(&received));
}

static void expect_segments(struct bed *bed, uint32_t payload, uint32_t size)
{
	uint32_t done = 0;

	while (done < payload) {
		uint32_t here = payload - done < size ? payload - done : size;

		bed_receive(bed, 1, &received);
		assert_int_equal(received.bytes, PAYLOAD + here);
		assert_false(received.flags & NETRXF_csum_blank);
		assert_int_equal(received.gso_type, 0);
		assert_true(checksum_right(&received));
		for (uint32_t i = 0; i < here; i++) {
			uint32_t at = PAYLOAD + done + i;

			assert_int_equal(received.frame[PAYLOAD + i],
					 (uint8_t)(at * 3 + (at >> 8)));
		}
		done += here;
	}
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 0);
}

static void a_gso_frame_is_segmented_for_who_needs_it(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, XN_DL_FE_GSO_TCPV4);
	send_tcp(bed, 10000, 1448);
	expect_segments(bed, 10000 - PAYLOAD, 1448);
	assert_int_equal(bed_answers(bed, 0).okay, 3);
}

static void segments_wait_for_a_short_ring_in_order(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, XN_DL_FE_GSO_TCPV4);
	bed_post(bed, 1, 3);
	send_tcp(bed, 10000, 1448);
	send_tcp(bed, 10000, 1448);
	bed_post(bed, 1, 100);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	for (uint32_t i = 0; i < 14; i++) {
		uint32_t number = i % 7;

		bed_receive(bed, 1, &received);
		assert_true(checksum_right(&received));
		assert_int_equal(received.frame[L4 + 4] << 24 |
					 received.frame[L4 + 5] << 16 |
					 received.frame[L4 + 6] << 8 |
					 received.frame[L4 + 7],
				 number * 1448);
	}
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 0);
}

static void offload_off_hands_nothing_unfinished(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	command.header =
		(struct xn_dl_header){XN_DL_VIF_DEL, XN_DATALINK_VERSION};
	command.del.slot = 1;
	command.del.generation = bed->vif[1].generation;
	bed_order(bed, &command);
	command = bed_add_command(bed, 1, 0);
	command.add.offload_off = 1;
	bed_order(bed, &command);
	command = bed_port_command(bed, 1);
	bed_order(bed, &command);
	bed_run(bed);
	bed_post(bed, 1, 250);
	send_tcp(bed, 1514, 0);
	bed_receive(bed, 1, &received);
	assert_true(checksum_right(&received));
	send_tcp(bed, 10000, 1448);
	expect_segments(bed, 10000 - PAYLOAD, 1448);
}

static void without_sg_a_frame_has_one_page(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	pair_up(bed, XN_DL_FE_SG);
	command = bed_port_command(bed, 1);
	command.port.mtu = 9000;
	bed_order(bed, &command);
	send_tcp(bed, 5000, 0);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_TOO_BIG], 1);
	send_tcp(bed, 4096, 0);
	assert_int_equal(bed_count_received(bed, 1), 1);
	/* A GSO frame need not be dropped: its segments fit. */
	send_tcp(bed, 10000, 1448);
	expect_segments(bed, 10000 - PAYLOAD, 1448);
}

/* One frame, one drop: no segment of it arrives, also not the short last one,
 * whichever way it comes. */
static void segments_beyond_a_page_without_sg_are_one_drop(void **state)
{
	struct bed *bed = *state;
	static uint8_t frame[9000];
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = PAYLOAD,
		.gso_size = 4096 - PAYLOAD + 1,
		.csum_start = L4,
		.csum_offset = 16,
	};
	struct xnb_command command;

	pair_up(bed, XN_DL_FE_SG);
	command = bed_port_command(bed, 1);
	command.port.mtu = 9000;
	bed_order(bed, &command);
	send_tcp(bed, sizeof(frame), vnet.gso_size);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_TOO_BIG], 1);
	tcp_frame(frame, sizeof(frame));
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_TOO_BIG], 2);
	/* A page each: all of them. */
	send_tcp(bed, sizeof(frame), --vnet.gso_size);
	assert_int_equal(bed_count_received(bed, 1), 3);
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 3);
}

static void segments_beyond_the_mtu_are_dropped(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, 0);
	send_tcp(bed, 10000, 2000);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_TOO_BIG], 1);
	send_tcp(bed, 10000, 1464); /* 1518: a VLAN tag's room */
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void metadata_that_does_not_fit_is_bad_offload(void **state)
{
	struct bed *bed = *state;
	uint8_t *page;

	pair_up(bed, 0);
	page = bed->vif[0].guest.page[BED_TX_PAGE];
	bed_frame(page, BED_ALL, 0, 200); /* no IP at all */
	guest_send(&bed->vif[0].guest, BED_TX_PAGE, 0, 200, NETTXF_csum_blank);
	bed_push(bed, 0);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_BAD_OFFLOAD], 1);
	assert_int_equal(bed_answers(bed, 0).okay, 1);
	assert_int_equal(bed_count_received(bed, 1), 0);
}

static void a_tiny_gso_size_does_not_multiply(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, XN_DL_FE_GSO_TCPV4);
	send_tcp(bed, 10000, 8);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_BAD_OFFLOAD], 1);
	send_tcp(bed, 2000, 8); /* 244 segments are possible */
	assert_int_equal(bed_count_received(bed, 1), 244);
}

static void the_twin_is_told(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet;

	pair_up(bed, 0);
	send_tcp(bed, 10000, 1448);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 10000);
	assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(vnet.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	assert_int_equal(vnet.gso_size, 1448);
	assert_int_equal(vnet.csum_start, L4);
	assert_int_equal(vnet.csum_offset, 16);
}

/* Without this flag Windows' frontend believes in no coalesced packet, and TCP
 * crawls: whatever the sender said, and wherever it comes from. */
static void gso_packets_carry_data_validated(void **state)
{
	static const uint32_t said[] = {
		NETTXF_csum_blank | NETTXF_data_validated,
		NETTXF_csum_blank,
		NETTXF_data_validated,
		0,
	};
	struct bed *bed = *state;
	static uint8_t frame[10000];
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = PAYLOAD,
		.gso_size = 1448,
		.csum_start = L4,
		.csum_offset = 16,
	};

	pair_up(bed, 0);
	tcp_frame(frame, sizeof(frame));
	for (uint32_t i = 0; i <= sizeof(said) / sizeof(said[0]); i++) {
		if (i < sizeof(said) / sizeof(said[0])) {
			send_tcp_flagged(bed, sizeof(frame), 1448, said[i]);
		} else {
			assert_true(bed_kernel_write(bed, 1, &vnet, frame,
						     sizeof(frame)));
			bed_run(bed);
		}
		bed_receive(bed, 1, &received);
		assert_int_equal(received.bytes, sizeof(frame));
		assert_int_equal(received.gso_type, XEN_NETIF_GSO_TYPE_TCPV4);
		assert_int_equal(received.flags & (NETRXF_csum_blank |
						   NETRXF_data_validated),
				 NETRXF_csum_blank | NETRXF_data_validated);
	}
	/* And what is no GSO packet carries it only if its sender said so. */
	send_tcp_flagged(bed, 1000, 0, 0);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 1000);
	assert_int_equal(received.flags, 0);
}

static void gso_from_the_kernel_is_segmented_too(void **state)
{
	struct bed *bed = *state;
	static uint8_t frame[40000];
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = PAYLOAD,
		.gso_size = 1448,
		.csum_start = L4,
		.csum_offset = 16,
	};

	pair_up(bed, XN_DL_FE_GSO_TCPV4);
	tcp_frame(frame, sizeof(frame));
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	expect_segments(bed, sizeof(frame) - PAYLOAD, 1448);
}

static void segments_of_a_waiting_frame_wait_in_the_tap(void **state)
{
	struct bed *bed = *state;
	static uint8_t frame[60000];
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = PAYLOAD,
		.gso_size = 1448,
		.csum_start = L4,
		.csum_offset = 16,
	};
	const uint32_t segments = (sizeof(frame) - PAYLOAD + 1447) / 1448;
	uint32_t written = 0, got = 0;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, XN_DL_FE_GSO_TCPV4);
	tcp_frame(frame, sizeof(frame));
	/* More than the egress queue may hold. */
	while (written < 10 &&
	       bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame))) {
		written++;
		bed_run(bed);
	}
	assert_true(written * segments > 256);
	while (bed_counters(bed, 1)->queued_bytes > 0) {
		bed_post(bed, 1, 100);
		ev_send(bed->vif[1].rx_channel);
		bed_run(bed);
		got += bed_count_received(bed, 1);
	}
	assert_int_equal(got, written * segments);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_RX_FULL], 0);
}

/* The biggest frames fill the burst's memory to the last byte; the last of
 * them has to be segmented all the same. */
static void the_biggest_burst_leaves_room_for_headers(void **state)
{
	struct bed *bed = *state;
	static uint8_t plain[BED_FRAME_MAX], frame[65500];
	struct virtio_net_hdr none = {0};
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = PAYLOAD,
		.gso_size = 1448,
		.csum_start = L4,
		.csum_offset = 16,
	};
	int bytes = 16 << 20;

	pair_up(bed, XN_DL_FE_SG);
	if (setsockopt(bed->vif[1].kernel_fd, SOL_SOCKET, SO_SNDBUFFORCE,
		       &bytes, sizeof(bytes)) < 0)
		skip(); /* only root may have so much in flight */
	bed_frame(plain, 1, 9, sizeof(plain));
	tcp_frame(frame, sizeof(frame));
	for (uint32_t i = 0; i + 1 < XNB_TAP_BURST; i++)
		assert_true(
			bed_kernel_write(bed, 1, &none, plain, sizeof(plain)));
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_TOO_BIG],
			 XNB_TAP_BURST - 1);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_RX_FULL], 0);
	expect_segments(bed, sizeof(frame) - PAYLOAD, 1448);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(who_can_take_it_gets_it_as_it_is),
		BED_TEST(behind_a_tag_everything_is_finished),
		BED_TEST(a_checksum_is_made_for_who_needs_it),
		BED_TEST(a_gso_frame_is_segmented_for_who_needs_it),
		BED_TEST(segments_wait_for_a_short_ring_in_order),
		BED_TEST(offload_off_hands_nothing_unfinished),
		BED_TEST(without_sg_a_frame_has_one_page),
		BED_TEST(segments_beyond_a_page_without_sg_are_one_drop),
		BED_TEST(segments_beyond_the_mtu_are_dropped),
		BED_TEST(metadata_that_does_not_fit_is_bad_offload),
		BED_TEST(a_tiny_gso_size_does_not_multiply),
		BED_TEST(the_twin_is_told),
		BED_TEST(gso_packets_carry_data_validated),
		BED_TEST(gso_from_the_kernel_is_segmented_too),
		BED_TEST(the_biggest_burst_leaves_room_for_headers),
		BED_TEST(segments_of_a_waiting_frame_wait_in_the_tap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
