/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_OFFLOAD_FRAME_H
#define TEST_OFFLOAD_FRAME_H
/*
 * Frames for the tests, built byte by byte, and their checksums the slow,
 * obvious way. Nothing here is shared with what is tested.
 */
#include <stdbool.h>
#include <stdint.h>

#define FRAME_ARP 0
#define FRAME_MAX 66000u

struct frame_spec {
	uint8_t ip; /* 4, 6, or FRAME_ARP */
	uint8_t protocol;
	uint8_t vlan_tags;
	uint8_t ip_options;  /* IPv4: words */
	uint8_t tcp_options; /* words */
	uint8_t tcp_flags;
	/* IPv6 extension headers (IPPROTO_*), zero-terminated; a routing
	 * header's segments left: `segments_left`; a fragment header says
	 * "not fragmented". */
	uint8_t extension[12];
	uint8_t segments_left;
	uint32_t payload_bytes;
	uint32_t padding_bytes; /* behind the IP packet */
};

struct frame {
	uint8_t data[FRAME_MAX];
	uint32_t bytes;
	uint32_t l3, l4, payload;
	uint32_t l4_bytes;
	uint32_t csum; /* offset of the checksum field; 0: none */
	struct frame_spec spec;
};

/* The frame with its right checksum. */
void frame_build(struct frame *ret, const struct frame_spec *spec);
/* The TCP or UDP checksum that the frame should have (0 becomes 0xffff for
 * UDP), whatever its field holds. */
uint16_t frame_checksum(const struct frame *frame);
/* Is the IPv4 header's checksum right? */
bool frame_ip_right(const uint8_t *ip);
/* The sum of the pseudo-header alone: what csum_blank leaves in the field. */
uint16_t frame_seed(const struct frame *frame);
void frame_put16(struct frame *frame, uint32_t at, uint16_t value);
uint16_t frame_get16(const struct frame *frame, uint32_t at);

#endif
