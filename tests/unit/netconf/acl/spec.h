/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_ACL_SPEC_H
#define TEST_ACL_SPEC_H
/*
 * A packet by its meaning, and the bytes that have it. The reference judges the
 * meaning, the program the bytes.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bridge/batch.h"
#include "netconf/base/mac.h"
#include "netconf/model/settings.h"

#define SPEC_BYTES_MAX 256u

enum spec_part {
	SPEC_WHOLE,
	SPEC_FIRST, /* a fragment with the upper header */
	SPEC_LATER, /* one without */
};

struct spec {
	uint32_t tags;	  /* VLANs */
	uint16_t foreign; /* EtherType of a packet that is no IP; 0 */
	uint8_t family;	  /* 4, 6 */
	uint8_t protocol; /* of IP */
	uint32_t options; /* IPv4 options, IPv6 extension headers */
	enum spec_part part;
	uint16_t from, to; /* ports; of ICMP `to` is the type */
	uint8_t tcp_flags;
	struct xn_mac source_mac, destination_mac;
	struct xn_address source, destination;
};

/* Ports, type and flags are the protocol's, where it has them. */
bool spec_has_ports(const struct spec *spec);
bool spec_is_icmp(const struct spec *spec);

/* The frame, of which the caller gives the memory. */
struct xsw_frame spec_frame(const struct spec *spec,
			    uint8_t memory[SPEC_BYTES_MAX]);

#endif
