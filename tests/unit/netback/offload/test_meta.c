// SPDX-License-Identifier: GPL-2.0-or-later
/* Offload metadata: what is accepted, completed, converted, and refused. */
#include "cmocka_std.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "frame.h"
#include "netback/offload/meta.h"

#define ALL_FE                                                           \
	(XNB_FE_SG | XNB_FE_GSO_TCPV4 | XNB_FE_GSO_TCPV6 | XNB_FE_CSUM | \
	 XNB_FE_IPV6_CSUM)

static struct frame frame;
static struct xnb_meta meta;
static struct virtio_net_hdr vnet;

static void build(uint8_t ip, uint8_t protocol, uint32_t payload_bytes)
{
	struct frame_spec spec = {.ip = ip,
				  .protocol = protocol,
				  .tcp_options = 3,
				  .tcp_flags = 0x18,
				  .payload_bytes = payload_bytes};

	frame_build(&frame, &spec);
}

static uint32_t head_bytes(void)
{
	return frame.bytes < 256 ? frame.bytes : 256;
}

static int check(void)
{
	return xnb_meta_check(&meta, frame.data, head_bytes(), frame.bytes);
}

static int to_vnet(void)
{
	memset(&vnet, 0xee, sizeof(vnet));
	return xnb_meta_to_vnet(&meta, frame.data, head_bytes(), frame.bytes,
				&vnet);
}

static int from_vnet(void)
{
	memset(&meta, 0xee, sizeof(meta));
	return xnb_meta_from_vnet(&vnet, frame.data, head_bytes(), frame.bytes,
				  &meta);
}

static struct xnb_meta gso(enum xnb_gso type, uint16_t size)
{
	return (struct xnb_meta){
		.csum_blank = 1,
		.data_validated = 1,
		.gso_type = (uint8_t)type,
		.gso_size = size,
	};
}

static void plain_frames_need_no_headers(void **state)
{
	(void)state;
	build(FRAME_ARP, 0, 0);
	meta = (struct xnb_meta){0};
	assert_int_equal(check(), 0);
	assert_int_equal(to_vnet(), 0);
	assert_int_equal(vnet.flags, 0);
	assert_int_equal(vnet.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	assert_int_equal(from_vnet(), 0);
	assert_int_equal(meta.csum_blank, 0);
	assert_int_equal(meta.data_validated, 0);
	meta.data_validated = 1;
	assert_int_equal(to_vnet(), 0);
	assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_DATA_VALID);
	assert_int_equal(from_vnet(), 0);
	assert_int_equal(meta.data_validated, 1);
}

static void blank_checksums_go_there_and_back(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		uint8_t protocol = i / 2 ? IPPROTO_TCP : IPPROTO_UDP;

		build(i % 2 ? 4 : 6, protocol, 500);
		meta = (struct xnb_meta){.csum_blank = 1, .data_validated = 1};
		assert_int_equal(check(), 0);
		assert_int_equal(to_vnet(), 0);
		assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		assert_int_equal(vnet.csum_start, frame.l4);
		assert_int_equal(vnet.csum_start + vnet.csum_offset,
				 frame.csum);
		assert_int_equal(vnet.gso_type, VIRTIO_NET_HDR_GSO_NONE);
		assert_int_equal(from_vnet(), 0);
		assert_int_equal(meta.csum_blank, 1);
		assert_int_equal(meta.data_validated, 1);
		assert_int_equal(meta.gso_type, XNB_GSO_NONE);
	}
}

static void blank_checksum_of_what_has_none_is_bad(void **state)
{
	(void)state;
	meta = (struct xnb_meta){.csum_blank = 1, .data_validated = 1};
	build(FRAME_ARP, 0, 0);
	assert_int_equal(check(), -EBADMSG);
	assert_int_equal(to_vnet(), -EBADMSG);
	build(4, IPPROTO_ICMP, 56);
	assert_int_equal(check(), -EBADMSG);
	assert_int_equal(to_vnet(), -EBADMSG);
	build(4, IPPROTO_UDP, 56);
	frame_put16(&frame, frame.l3 + 6, 0x2000); /* a fragment */
	assert_int_equal(check(), -EBADMSG);
	build(4, IPPROTO_UDP, 56);
	assert_int_equal(check(), 0);
}

static void gso_goes_there_and_back(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		build(i ? 6 : 4, IPPROTO_TCP, 9000);
		meta = gso(i ? XNB_GSO_TCPV6 : XNB_GSO_TCPV4, 1448);
		assert_int_equal(check(), 0);
		assert_int_equal(to_vnet(), 0);
		assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		assert_int_equal(vnet.gso_type, i ? VIRTIO_NET_HDR_GSO_TCPV6
						  : VIRTIO_NET_HDR_GSO_TCPV4);
		assert_int_equal(vnet.gso_size, 1448);
		assert_int_equal(vnet.hdr_len, frame.payload);
		assert_int_equal(vnet.csum_start, frame.l4);
		assert_int_equal(from_vnet(), 0);
		assert_int_equal(meta.gso_type,
				 i ? XNB_GSO_TCPV6 : XNB_GSO_TCPV4);
		assert_int_equal(meta.gso_size, 1448);
		assert_int_equal(meta.csum_blank, 1);
	}
}

static void cwr_is_the_ecn_bit(void **state)
{
	(void)state;
	build(4, IPPROTO_TCP, 9000);
	frame.data[frame.l4 + 13] |= 0x80;
	meta = gso(XNB_GSO_TCPV4, 1448);
	assert_int_equal(to_vnet(), 0);
	assert_int_equal(vnet.gso_type,
			 VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN);
	assert_int_equal(from_vnet(), 0);
	assert_int_equal(meta.gso_type, XNB_GSO_TCPV4);
}

static void gso_that_does_not_fit_its_frame_is_bad(void **state)
{
	(void)state;
	build(4, IPPROTO_TCP, 9000);
	meta = gso(XNB_GSO_TCPV6, 1448);
	assert_int_equal(check(), -EBADMSG);
	assert_int_equal(to_vnet(), -EBADMSG);
	meta = gso(3, 1448);
	assert_int_equal(check(), -EBADMSG);
	meta = gso(XNB_GSO_TCPV4, XNB_GSO_SIZE_MIN - 1);
	assert_int_equal(check(), -EBADMSG);
	meta = gso(XNB_GSO_TCPV4, XNB_GSO_SIZE_MIN);
	assert_int_equal(check(), 0);
	build(4, IPPROTO_UDP, 9000);
	meta = gso(XNB_GSO_TCPV4, 1448);
	assert_int_equal(check(), -EBADMSG);
	assert_int_equal(to_vnet(), -EBADMSG);
	/* The IP packet ends before the frame does. */
	build(4, IPPROTO_TCP, 9000);
	frame_put16(&frame, frame.l3 + 2, 4000);
	meta = gso(XNB_GSO_TCPV4, 1448);
	assert_int_equal(check(), -EBADMSG);
	assert_int_equal(to_vnet(), -EBADMSG);
	meta = (struct xnb_meta){.gso_type = XNB_GSO_TCPV4, .gso_size = 1448};
	build(4, IPPROTO_TCP, 9000);
	assert_int_equal(to_vnet(), -EBADMSG);
}

static void headers_beyond_the_peek_are_bad(void **state)
{
	struct frame_spec spec = {.ip = 6,
				  .protocol = IPPROTO_TCP,
				  .payload_bytes = 9000,
				  .tcp_options = 10};

	(void)state;
	memset(spec.extension, IPPROTO_DSTOPTS, 8);
	frame_build(&frame, &spec);
	assert_true(frame.payload < 256);
	meta = gso(XNB_GSO_TCPV6, 1448);
	assert_int_equal(check(), 0);
	assert_int_equal(xnb_meta_check(&meta, frame.data, frame.payload - 1,
					frame.bytes),
			 -EBADMSG);
}

/* Some frontends forget the flag; the field may hold anything then. */
static void gso_without_blank_checksum_is_completed(void **state)
{
	uint16_t seed;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		build(i ? 6 : 4, IPPROTO_TCP, 9000);
		seed = frame_seed(&frame);
		meta = gso(i ? XNB_GSO_TCPV6 : XNB_GSO_TCPV4, 1448);
		meta.csum_blank = 0;
		meta.data_validated = 0;
		assert_int_equal(check(), 0);
		assert_int_equal(meta.csum_blank, 1);
		assert_int_equal(meta.data_validated, 1);
		assert_int_equal(frame_get16(&frame, frame.csum), seed);
	}
}

static void gso_of_one_segment_is_none(void **state)
{
	(void)state;
	build(4, IPPROTO_TCP, 1448);
	meta = gso(XNB_GSO_TCPV4, 1448);
	assert_int_equal(check(), 0);
	assert_int_equal(meta.gso_type, XNB_GSO_NONE);
	assert_int_equal(meta.gso_size, 0);
	assert_int_equal(meta.csum_blank, 1);
	build(4, IPPROTO_TCP, 1449);
	meta = gso(XNB_GSO_TCPV4, 1448);
	assert_int_equal(check(), 0);
	assert_int_equal(meta.gso_type, XNB_GSO_TCPV4);
}

static void vnet_gso_of_one_segment_is_none(void **state)
{
	(void)state;
	for (uint32_t payload = 1448; payload <= 1449; payload++) {
		build(4, IPPROTO_TCP, payload);
		vnet = (struct virtio_net_hdr){
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
			.gso_size = 1448,
			.csum_start = (uint16_t)frame.l4,
			.csum_offset = 16,
		};
		assert_int_equal(from_vnet(), 0);
		assert_int_equal(meta.csum_blank, 1);
		assert_int_equal(meta.gso_type,
				 payload > 1448 ? XNB_GSO_TCPV4 : XNB_GSO_NONE);
		assert_int_equal(meta.gso_size, payload > 1448 ? 1448 : 0);
	}
}

static void vnet_checksum_elsewhere_must_be_filled(void **state)
{
	(void)state;
	/* As of a tunnel's inner packet. */
	build(4, IPPROTO_UDP, 500);
	vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)(frame.payload + 30),
		.csum_offset = 16,
	};
	assert_int_equal(from_vnet(), 1);
	assert_int_equal(meta.csum_blank, 0);
	assert_int_equal(meta.data_validated, 1);
	/* The right start with another protocol's offset. */
	vnet.csum_start = (uint16_t)frame.l4;
	assert_int_equal(from_vnet(), 1);
	vnet.csum_offset = 6;
	assert_int_equal(from_vnet(), 0);
	assert_int_equal(meta.csum_blank, 1);
	vnet.csum_start = (uint16_t)frame.payload;
	vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	vnet.gso_size = 100;
	assert_int_equal(from_vnet(), -EBADMSG);
}

static void vnet_checksum_outside_the_frame_is_bad(void **state)
{
	(void)state;
	build(4, IPPROTO_UDP, 500);
	vnet = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_start = 65535};
	assert_int_equal(from_vnet(), -EBADMSG);
	assert_int_equal(meta.gso_size, 0xeeee); /* untouched */
	vnet.csum_start = (uint16_t)(frame.bytes - 10);
	vnet.csum_offset = 8;
	assert_int_equal(from_vnet(), 1);
	vnet.csum_offset = 9;
	assert_int_equal(from_vnet(), -EBADMSG);
	vnet.csum_offset = 65535;
	assert_int_equal(from_vnet(), -EBADMSG);
}

static void bad_vnet_gso_is_refused(void **state)
{
	static const uint8_t type[] = {
		VIRTIO_NET_HDR_GSO_UDP,	  2, 5, 127,
		VIRTIO_NET_HDR_GSO_ECN, /* without TCP */
		VIRTIO_NET_HDR_GSO_TCPV6,
	};

	(void)state;
	build(4, IPPROTO_TCP, 9000);
	vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)frame.l4,
		.csum_offset = 16,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = 1448,
	};
	assert_int_equal(from_vnet(), 0);
	for (uint32_t i = 0; i < sizeof(type); i++) {
		vnet.gso_type = type[i];
		assert_int_equal(from_vnet(), -EBADMSG);
	}
	vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	vnet.gso_size = 0;
	assert_int_equal(from_vnet(), -EBADMSG);
	vnet.gso_size = 1448;
	vnet.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	assert_int_equal(from_vnet(), -EBADMSG);
}

static uint32_t needed(uint32_t fe)
{
	return xnb_offload_needed(&meta, frame.data, head_bytes(), frame.bytes,
				  fe);
}

static void receivers_get_what_they_can_take(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t csum = i ? XNB_FE_IPV6_CSUM : XNB_FE_CSUM;
		uint32_t tso = i ? XNB_FE_GSO_TCPV6 : XNB_FE_GSO_TCPV4;

		build(i ? 6 : 4, IPPROTO_TCP, 9000);
		meta = (struct xnb_meta){0};
		assert_int_equal(needed(0), 0);
		meta.csum_blank = 1;
		assert_int_equal(needed(csum), 0);
		assert_int_equal(needed(ALL_FE & ~csum), XNB_OFFLOAD_CSUM);
		meta = gso(i ? XNB_GSO_TCPV6 : XNB_GSO_TCPV4, 1448);
		assert_int_equal(needed(ALL_FE), 0);
		assert_int_equal(needed(ALL_FE & ~tso), XNB_OFFLOAD_SEGMENT);
		assert_int_equal(needed(ALL_FE & ~csum), XNB_OFFLOAD_SEGMENT);
		assert_int_equal(needed(ALL_FE & ~XNB_FE_SG),
				 XNB_OFFLOAD_SEGMENT);
		build(i ? 6 : 4, IPPROTO_TCP, 3000);
		assert_int_equal(needed(ALL_FE & ~XNB_FE_SG), 0);
	}
}

static void no_receiver_finds_a_checksum_behind_a_tag(void **state)
{
	const struct frame_spec spec = {
		.ip = 4,
		.protocol = IPPROTO_TCP,
		.vlan_tags = 1,
		.payload_bytes = 9000,
	};

	(void)state;
	frame_build(&frame, &spec);
	meta = (struct xnb_meta){.data_validated = 1};
	assert_int_equal(needed(ALL_FE), 0);
	meta.csum_blank = 1;
	assert_int_equal(needed(ALL_FE), XNB_OFFLOAD_CSUM);
	meta = gso(XNB_GSO_TCPV4, 1448);
	assert_int_equal(needed(ALL_FE), XNB_OFFLOAD_SEGMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(plain_frames_need_no_headers),
		T(blank_checksums_go_there_and_back),
		T(blank_checksum_of_what_has_none_is_bad),
		T(gso_goes_there_and_back),
		T(cwr_is_the_ecn_bit),
		T(gso_that_does_not_fit_its_frame_is_bad),
		T(headers_beyond_the_peek_are_bad),
		T(gso_without_blank_checksum_is_completed),
		T(gso_of_one_segment_is_none),
		T(vnet_gso_of_one_segment_is_none),
		T(vnet_checksum_elsewhere_must_be_filled),
		T(vnet_checksum_outside_the_frame_is_bad),
		T(bad_vnet_gso_is_refused),
		T(receivers_get_what_they_can_take),
		T(no_receiver_finds_a_checksum_behind_a_tag),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
