// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames for the tests (frame.h). */
#include "frame.h"

#include <netinet/in.h>
#include <string.h>

void frame_put16(struct frame *frame, uint32_t at, uint16_t value)
{
	frame->data[at] = (uint8_t)(value >> 8);
	frame->data[at + 1] = (uint8_t)(value & 0xff);
}

uint16_t frame_get16(const struct frame *frame, uint32_t at)
{
	return (uint16_t)(frame->data[at] * 256 + frame->data[at + 1]);
}

static void add(struct frame *frame, uint8_t byte)
{
	frame->data[frame->bytes++] = byte;
}

static void add_many(struct frame *frame, uint32_t count, uint8_t first)
{
	for (uint32_t i = 0; i < count; i++)
		add(frame, (uint8_t)(first + i));
}

static void add16(struct frame *frame, uint16_t value)
{
	add(frame, (uint8_t)(value >> 8));
	add(frame, (uint8_t)(value & 0xff));
}

/* Byte by byte, in the network's order (RFC 1071, 1). */
static uint16_t slow_sum(uint32_t sum, const uint8_t *data, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)sum;
}

bool frame_ip_right(const uint8_t *ip)
{
	return slow_sum(0, ip, (ip[0] & 15u) * 4) == 0xffff;
}

uint16_t frame_seed(const struct frame *frame)
{
	uint8_t tail[4] = {0, frame->spec.protocol,
			   (uint8_t)(frame->l4_bytes >> 8),
			   (uint8_t)frame->l4_bytes};
	const uint8_t *ip = frame->data + frame->l3;
	uint16_t sum = frame->spec.ip == 4 ? slow_sum(0, ip + 12, 8)
					   : slow_sum(0, ip + 8, 32);

	return slow_sum(sum, tail, 4);
}

uint16_t frame_checksum(const struct frame *frame)
{
	uint16_t sum = frame_seed(frame);
	uint16_t value;

	for (uint32_t i = 0; i < frame->l4_bytes; i++) {
		uint8_t byte[2] = {0};

		if (frame->l4 + i == frame->csum ||
		    frame->l4 + i == frame->csum + 1)
			continue;
		byte[i % 2] = frame->data[frame->l4 + i];
		sum = slow_sum(sum, byte, 2);
	}
	value = (uint16_t)~sum;
	if (value == 0 && frame->spec.protocol == IPPROTO_UDP)
		value = 0xffff;
	return value;
}

static void add_ethernet(struct frame *frame)
{
	const struct frame_spec *spec = &frame->spec;

	add_many(frame, 6, 0x02);
	add_many(frame, 6, 0x12);
	for (uint32_t i = 0; i < spec->vlan_tags; i++) {
		add16(frame, i == 0 && spec->vlan_tags > 1 ? 0x88a8 : 0x8100);
		add16(frame, (uint16_t)(100 + i));
	}
	add16(frame, spec->ip == 4 ? 0x0800 : spec->ip == 6 ? 0x86dd : 0x0806);
	frame->l3 = frame->bytes;
}

static void add_ipv4(struct frame *frame)
{
	const struct frame_spec *spec = &frame->spec;

	add(frame, (uint8_t)(0x45 + spec->ip_options));
	add(frame, 0);
	add16(frame, 0);      /* length */
	add16(frame, 0xfffe); /* identification: wraps in segments */
	add16(frame, 0x4000);
	add(frame, 64);
	add(frame, spec->protocol);
	add16(frame, 0); /* checksum */
	add_many(frame, 4, 10);
	add_many(frame, 4, 192);
	add_many(frame, spec->ip_options * 4u, 1);
}

static void add_ipv6(struct frame *frame)
{
	const struct frame_spec *spec = &frame->spec;
	const uint8_t *next = spec->extension;

	add(frame, 0x60);
	add_many(frame, 3, 0);
	add16(frame, 0); /* length */
	add(frame,
	    *next ? (*next == 255 ? IPPROTO_HOPOPTS : *next) : spec->protocol);
	add(frame, 64);
	add_many(frame, 16, 0x20);
	add_many(frame, 16, 0x80);
	for (; *next; next++) {
		uint8_t after = next[1] ? next[1] : spec->protocol;
		uint32_t words = *next == IPPROTO_FRAGMENT ? 1 : 2;

		add(frame, after == 255 ? IPPROTO_HOPOPTS : after);
		if (*next == IPPROTO_FRAGMENT)
			add(frame, 0);
		else if (*next == IPPROTO_AH)
			add(frame, 2); /* in words of 4 bytes, less 2 */
		else
			add(frame, 1); /* in words of 8 bytes, less 1 */
		add(frame, 0);
		add(frame, *next == IPPROTO_ROUTING ? spec->segments_left : 0);
		add_many(frame, words * 8 - 4, 0);
	}
}

static void add_l4(struct frame *frame)
{
	const struct frame_spec *spec = &frame->spec;

	frame->l4 = frame->bytes;
	if (spec->protocol == IPPROTO_TCP) {
		add16(frame, 4000);
		add16(frame, 80);
		add_many(frame, 4, 0xff); /* sequence: wraps in segments */
		add_many(frame, 4, 0x30);
		add(frame, (uint8_t)((5 + spec->tcp_options) << 4));
		add(frame, spec->tcp_flags);
		add16(frame, 512);
		frame->csum = frame->bytes;
		add16(frame, 0);
		add16(frame, 0);
		add_many(frame, spec->tcp_options * 4u, 1);
	} else if (spec->protocol == IPPROTO_UDP) {
		add16(frame, 4000);
		add16(frame, 53);
		add16(frame, (uint16_t)(8 + spec->payload_bytes));
		frame->csum = frame->bytes;
		add16(frame, 0);
	} else {
		add_many(frame, 8, 0x77);
	}
	frame->payload = frame->bytes;
}

static void finish_ip(struct frame *frame)
{
	uint8_t *ip = frame->data + frame->l3;

	if (frame->spec.ip == 6) {
		frame_put16(frame, frame->l3 + 4,
			    (uint16_t)(frame->bytes - frame->l3 - 40));
		return;
	}
	frame_put16(frame, frame->l3 + 2, (uint16_t)(frame->bytes - frame->l3));
	frame_put16(frame, frame->l3 + 10,
		    (uint16_t)~slow_sum(0, ip, frame->l4 - frame->l3));
}

void frame_build(struct frame *ret, const struct frame_spec *spec)
{
	memset(ret, 0, sizeof(*ret));
	ret->spec = *spec;
	add_ethernet(ret);
	if (spec->ip == FRAME_ARP) {
		add_many(ret, 28, 1);
		return;
	}
	if (spec->ip == 4)
		add_ipv4(ret);
	else
		add_ipv6(ret);
	add_l4(ret);
	for (uint32_t i = 0; i < spec->payload_bytes; i++)
		add(ret, (uint8_t)(i * 7 + (i >> 8)));
	ret->l4_bytes = ret->bytes - ret->l4;
	finish_ip(ret);
	if (ret->csum)
		frame_put16(ret, ret->csum, frame_checksum(ret));
	add_many(ret, spec->padding_bytes, 0x55);
}
