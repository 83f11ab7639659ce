// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_frame.h. Fields of the stamp are in host order: both ends run
 * on one machine. */
#include "netback/netfront/traffic_frame.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "netback/offload/wire.h"

#define ETHERTYPE_IPV4 0x0800
#define PORT_FIRST 10000u
#define PORT_DEST 9u /* discard */

#define IP_AT 14u
#define L4_AT 34u

uint32_t xnf_traffic_stream(uint32_t domid, uint32_t vif, uint32_t queue)
{
	return domid << 16 | (vif & 15) << 12 | (queue & 15) << 8 |
	       XNF_STREAM_MAGIC;
}

static uint32_t headers_of(const struct xnf_traffic_template *template)
{
	return template->gso_size ? XNF_TCP_HEADERS : XNF_UDP_HEADERS;
}

uint32_t xnf_traffic_head_bytes(const struct xnf_traffic_template *template,
				uint32_t frame_bytes)
{
	uint32_t bytes = headers_of(template) + XNF_STAMP_BYTES;

	return frame_bytes < bytes ? XNF_FRAME_MIN : bytes;
}

/* A frame whose payload fits one segment is no GSO frame. */
struct xnf_meta xnf_traffic_meta(const struct xnf_traffic_template *template,
				 uint32_t frame_bytes)
{
	struct xnf_meta meta = {0};

	if (!template->gso_size ||
	    xnf_traffic_head_bytes(template, frame_bytes) == XNF_FRAME_MIN)
		return meta;
	meta.csum_blank = true;
	meta.data_validated = true;
	if (frame_bytes - XNF_TCP_HEADERS > template->gso_size) {
		meta.gso_type = XNF_GSO_TCPV4;
		meta.gso_size = template->gso_size;
	}
	return meta;
}

/* One's complement sum of `words` big-endian words (RFC 1071), folded. */
static uint16_t sum_words(const uint8_t *at, uint32_t words, uint32_t sum)
{
	for (uint32_t i = 0; i < words; i++)
		sum += xnb_get16(at + (size_t)2 * i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void write_ip(uint8_t *ip, uint8_t protocol, uint32_t ip_bytes,
		     uint32_t stream)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	xnb_put16(ip + 2, (uint16_t)ip_bytes);
	xnb_put16(ip + 6, 0x4000); /* do not fragment */
	ip[8] = 64;
	ip[9] = protocol;
	xnb_put32(ip + 12, 0x0a400000u | stream >> 16);
	xnb_put32(ip + 16, 0x0a41fffeu);
	xnb_put16(ip + 10, (uint16_t)~sum_words(ip, 10, 0));
}

/* No checksum: allowed for UDP over IPv4 (RFC 768). */
static void write_udp(uint8_t *udp, uint16_t port, uint32_t bytes)
{
	xnb_put16(udp, port);
	xnb_put16(udp + 2, PORT_DEST);
	xnb_put16(udp + 4, (uint16_t)bytes);
	xnb_put16(udp + 6, 0);
}

/* The checksum field holds the pseudo-header's sum. */
static void write_tcp(uint8_t *tcp, const uint8_t *ip, uint16_t port,
		      uint32_t bytes, uint64_t number)
{
	memset(tcp, 0, 20);
	xnb_put16(tcp, port);
	xnb_put16(tcp + 2, PORT_DEST);
	xnb_put32(tcp + 4, (uint32_t)number);
	tcp[12] = 5 << 4;
	tcp[13] = 0x10; /* ACK */
	xnb_put16(tcp + 14, 65535);
	xnb_put16(tcp + 16, sum_words(ip + 12, 4, IPPROTO_TCP + bytes));
}

uint32_t xnf_traffic_head(const struct xnf_traffic_template *template,
			  uint64_t number, uint32_t frame_bytes,
			  uint8_t ret_head[XNF_TRAFFIC_HEAD_MAX])
{
	uint32_t bytes = xnf_traffic_head_bytes(template, frame_bytes);
	uint32_t headers = headers_of(template);
	uint16_t port = (uint16_t)(PORT_FIRST + number % template->flows);

	memcpy(ret_head, template->dest.octet, XN_MAC_BYTES);
	memcpy(ret_head + 6, template->source.octet, XN_MAC_BYTES);
	if (bytes == XNF_FRAME_MIN) {
		xnb_put16(ret_head + 12, XNF_ANNOUNCE_TYPE);
		return bytes;
	}
	xnb_put16(ret_head + 12, ETHERTYPE_IPV4);
	write_ip(ret_head + IP_AT,
		 template->gso_size ? IPPROTO_TCP : IPPROTO_UDP,
		 frame_bytes - IP_AT, template->stream);
	if (template->gso_size)
		write_tcp(ret_head + L4_AT, ret_head + IP_AT, port,
			  frame_bytes - L4_AT, number);
	else
		write_udp(ret_head + L4_AT, port, frame_bytes - L4_AT);
	memcpy(ret_head + headers, &template->stream, 4);
	memcpy(ret_head + headers + 4, &number, 8);
	memset(ret_head + headers + 12, 0, 4);
	return bytes;
}

void xnf_traffic_fill(uint8_t *payload, uint32_t bytes, uint64_t number)
{
	uint64_t word = number * 0x9e3779b97f4a7c15u + 1;

	while (bytes >= sizeof(word)) {
		memcpy(payload, &word, sizeof(word));
		word += 0x9e3779b97f4a7c15u;
		payload += sizeof(word);
		bytes -= (uint32_t)sizeof(word);
	}
	memcpy(payload, &word, bytes);
}

/* Every bit of the input changes the result; order counts. Never 0. */
static uint32_t digest(const uint8_t *at, uint32_t bytes)
{
	uint64_t sum = bytes;
	uint64_t word;

	while (bytes) {
		uint32_t piece = bytes < 8 ? bytes : 8;

		word = 0;
		memcpy(&word, at, piece);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
		sum ^= sum >> 29;
		at += piece;
		bytes -= piece;
	}
	return (uint32_t)(sum >> 32) ? (uint32_t)(sum >> 32) : 1;
}

/* Over the number and the payload, not over the check between them. */
static uint32_t frame_check(const uint8_t *frame, uint32_t frame_bytes,
			    uint32_t at)
{
	return digest(frame + at - 12, 8) * 31 ^
	       digest(frame + at, frame_bytes - at);
}

void xnf_traffic_seal(uint8_t *frame, uint32_t frame_bytes, uint32_t head_bytes)
{
	uint32_t check;

	if (head_bytes == XNF_FRAME_MIN)
		return;
	check = frame_check(frame, frame_bytes, head_bytes);
	check = check ? check : 1;
	memcpy(frame + head_bytes - 4, &check, sizeof(check));
}

bool xnf_traffic_stamp(const uint8_t *head, uint32_t head_bytes,
		       struct xnf_stamp *ret_stamp, uint32_t *ret_at)
{
	uint32_t headers = XNF_UDP_HEADERS;

	if (head_bytes < XNF_UDP_HEADERS + XNF_STAMP_BYTES ||
	    xnb_get16(head + 12) != ETHERTYPE_IPV4 || head[IP_AT] != 0x45)
		return false;
	if (head[IP_AT + 9] == IPPROTO_TCP)
		headers = XNF_TCP_HEADERS;
	else if (head[IP_AT + 9] != IPPROTO_UDP)
		return false;
	if (head_bytes < headers + XNF_STAMP_BYTES)
		return false;
	memcpy(&ret_stamp->stream, head + headers, 4);
	memcpy(&ret_stamp->number, head + headers + 4, 8);
	memcpy(&ret_stamp->check, head + headers + 12, 4);
	*ret_at = headers + XNF_STAMP_BYTES;
	return xnf_traffic_is_stream(ret_stamp->stream) &&
	       xnb_get16(head + L4_AT + 2) == PORT_DEST;
}

bool xnf_traffic_intact(const uint8_t *frame, uint32_t frame_bytes,
			const struct xnf_stamp *stamp, uint32_t at)
{
	uint32_t check = frame_check(frame, frame_bytes, at);

	return stamp->check == (check ? check : 1);
}
