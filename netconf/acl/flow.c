/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet of a connection, before its list; see flow.h. */
#include "netconf/acl/flow.h"

#include <string.h>
#include <netinet/in.h>

#include "bridge/acl.h"

#define ETHERNET_BYTES 14u
#define UPPER_BYTES 20u /* TCP's; UDP's are fewer */
#define TCP_ACK 0x10u
#define PACKET_BYTES_MAX (ETHERNET_BYTES + 40u + UPPER_BYTES)

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/* The end of the Ethernet and IP headers. */
static uint8_t *put_ip(uint8_t *frame, const struct xacl_flow *flow)
{
	const uint8_t *from = flow->out ? flow->guest : flow->peer;
	const uint8_t *to = flow->out ? flow->peer : flow->guest;
	uint8_t *ip = frame + ETHERNET_BYTES;

	if (flow->family == 6) {
		put16(frame + 12, 0x86dd);
		ip[0] = 0x60;
		put16(ip + 4, UPPER_BYTES);
		ip[6] = flow->protocol;
		ip[7] = 64;
		memcpy(ip + 8, from, 16);
		memcpy(ip + 24, to, 16);
		return ip + 40;
	}
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + UPPER_BYTES);
	ip[8] = 64;
	ip[9] = flow->protocol;
	memcpy(ip + 12, from, 4);
	memcpy(ip + 16, to, 4);
	return ip + 20;
}

bool xacl_flow_allowed(const struct xsw_acl *program,
		       const struct xacl_flow *flow)
{
	uint8_t packet[PACKET_BYTES_MAX] = {0};
	struct xsw_frame frame = {.head = packet};
	uint8_t *upper;

	if (flow->protocol != IPPROTO_TCP && flow->protocol != IPPROTO_UDP)
		return true;
	upper = put_ip(packet, flow);
	put16(upper, flow->out ? flow->guest_port : flow->peer_port);
	put16(upper + 2, flow->out ? flow->peer_port : flow->guest_port);
	if (flow->protocol == IPPROTO_TCP) {
		upper[12] = 0x50;
		upper[13] = TCP_ACK;
	} else {
		put16(upper + 4, UPPER_BYTES);
	}
	frame.head_bytes = (uint16_t)(upper + UPPER_BYTES - packet);
	frame.frame_bytes = frame.head_bytes;
	return xsw_acl_allows(program, flow->out ? XSW_ACL_OUT : XSW_ACL_IN,
			      &frame);
}
