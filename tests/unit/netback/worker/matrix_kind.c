/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See matrix_kind.h. */
#include "../ring/cmocka_std.h"

#include "matrix_kind.h"

#include <netinet/in.h>
#include <string.h>

#include "bed.h"

#define ETHERNET 14u
#define FLAG_FIN 0x01u
#define FLAG_PSH 0x08u
#define FLAG_ACK 0x10u
#define FLAG_CWR 0x80u
#define LONG_BYTES 192u /* that QUIRK_HEADERS_LONG adds */

/* Sets or counts an array's elements. */
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

struct list {
	struct kind_spec *spec;
	uint32_t count;
};

static void add(struct list *list, struct kind_spec spec)
{
	assert_true(list->count < KINDS_MAX);
	list->spec[list->count++] = spec;
}

static uint32_t header_bytes(const struct frame_spec *frame)
{
	static struct frame made;
	struct frame_spec empty = *frame;

	empty.payload_bytes = 0;
	empty.padding_bytes = 0;
	frame_build(&made, &empty);
	return made.bytes;
}

static struct kind_spec packet(uint8_t ip, uint8_t protocol, uint8_t tags)
{
	return (struct kind_spec){
		.frame = {.ip = ip,
			  .protocol = protocol,
			  .vlan_tags = tags,
			  .tcp_flags = FLAG_PSH | FLAG_ACK},
	};
}

/* Complete, validated, blank, blank without a pseudo-header's sum. */
static void add_checksums(struct list *list, struct kind_spec spec)
{
	add(list, spec);
	spec.data_validated = true;
	add(list, spec);
	spec.csum_blank = true;
	add(list, spec);
	spec.data_validated = false;
	spec.seed_wrong = true;
	add(list, spec);
}

static void add_sizes(struct list *list, struct kind_spec spec)
{
	static const uint32_t frame_bytes[] = {
		0,    1,    61,	  1514, 1518, 1519,  4095,
		4096, 4097, 9014, 9018, 9019, 65535,
	};
	const uint32_t headers = header_bytes(&spec.frame);

	for (uint32_t i = 0; i < COUNT(frame_bytes); i++) {
		spec.frame.payload_bytes = frame_bytes[i] > headers
						   ? frame_bytes[i] - headers
						   : frame_bytes[i];
		add_checksums(list, spec);
	}
}

static void add_plain(struct list *list)
{
	for (uint8_t ip = 4; ip <= 6; ip = (uint8_t)(ip + 2)) {
		for (uint8_t tags = 0; tags <= 2; tags++) {
			add_sizes(list, packet(ip, IPPROTO_TCP, tags));
			add_sizes(list, packet(ip, IPPROTO_UDP, tags));
		}
	}
}

static void add_gso(struct list *list, struct kind_spec spec, uint16_t gso_size,
		    uint32_t payload_bytes)
{
	const uint32_t most = 65535 - header_bytes(&spec.frame);

	spec.gso_type = spec.frame.ip == 4 ? XNB_GSO_TCPV4 : XNB_GSO_TCPV6;
	spec.gso_size = gso_size;
	spec.frame.payload_bytes = payload_bytes < most ? payload_bytes : most;
	spec.frame.tcp_flags = FLAG_PSH | FLAG_ACK;
	if (payload_bytes % 3 == 0)
		spec.frame.tcp_flags |= FLAG_FIN;
	if (payload_bytes % 2 == 0)
		spec.frame.tcp_flags |= FLAG_CWR;
	add(list, spec);
	spec.csum_blank = true;
	spec.data_validated = true;
	add(list, spec);
}

static void add_gso_sizes(struct list *list, struct kind_spec spec)
{
	static const uint16_t size[] = {1,    7,    8,	  255,	256,  536,
					1448, 1464, 4096, 8948, 8964, 65483};

	for (uint32_t i = 0; i < COUNT(size); i++) {
		add_gso(list, spec, size[i], size[i] / 2);
		add_gso(list, spec, size[i], size[i]);
		add_gso(list, spec, size[i], size[i] + 1u);
		add_gso(list, spec, size[i], 10u * size[i]);
		add_gso(list, spec, size[i], 256u * size[i]);
		add_gso(list, spec, size[i], 65535);
	}
	/* A page, and a byte more. */
	add_gso(list, spec, 1448, 4096 - header_bytes(&spec.frame));
	add_gso(list, spec, 1448, 4097 - header_bytes(&spec.frame));
}

static void add_segmented(struct list *list)
{
	for (uint8_t tags = 0; tags <= 2; tags++) {
		add_gso_sizes(list, packet(4, IPPROTO_TCP, tags));
		add_gso_sizes(list, packet(6, IPPROTO_TCP, tags));
	}
}

/* With all checksums, and as GSO if it is TCP. */
static void add_both(struct list *list, struct kind_spec spec)
{
	spec.frame.payload_bytes = 1000;
	add_checksums(list, spec);
	if (spec.frame.protocol == IPPROTO_TCP)
		add_gso(list, spec, 1348, 9999);
}

static void add_options(struct list *list)
{
	static const uint8_t words[] = {1, 3, 10};

	for (uint32_t i = 0; i < COUNT(words); i++) {
		struct kind_spec spec = packet(4, IPPROTO_TCP, 0);

		spec.frame.tcp_options = words[i];
		add_both(list, spec);
		spec.frame.ip_options = words[i];
		add_both(list, spec);
		spec.frame.protocol = IPPROTO_UDP;
		add_both(list, spec);
		spec = packet(6, IPPROTO_TCP, 0);
		spec.frame.tcp_options = words[i];
		add_both(list, spec);
	}
}

static void add_extensions(struct list *list)
{
	/* 255 stands for hop-by-hop options, whose number is 0. */
	static const uint8_t chain[][12] = {
		{255},
		{IPPROTO_DSTOPTS},
		{IPPROTO_FRAGMENT},
		{IPPROTO_AH},
		{IPPROTO_ROUTING},
		{255, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT},
		{60, 60, 60, 60, 60, 60, 60, 60},
		{60, 60, 60, 60, 60, 60, 60, 60, 60}, /* one too many */
	};

	for (uint32_t i = 0; i < 2 * COUNT(chain); i++) {
		struct kind_spec spec =
			packet(6, i % 2 ? IPPROTO_UDP : IPPROTO_TCP, 0);

		memcpy(spec.frame.extension, chain[i / 2],
		       sizeof(spec.frame.extension));
		add_both(list, spec);
		spec.frame.segments_left = 1;
		add_both(list, spec);
	}
}

/* Frames whose headers lie, or are no TCP or UDP. */
static void add_oddities(struct list *list)
{
	for (uint8_t ip = 4; ip <= 6; ip = (uint8_t)(ip + 2)) {
		for (enum quirk quirk = QUIRK_FRAGMENT_FIRST;
		     quirk <= QUIRK_HEADERS_LONG; quirk++) {
			struct kind_spec spec = packet(ip, IPPROTO_TCP, 0);

			spec.quirk = quirk;
			if (quirk == QUIRK_IP_HEADER_SHORT && ip == 6)
				continue;
			if (quirk == QUIRK_UDP_LENGTH)
				spec.frame.protocol = IPPROTO_UDP;
			if (ip == 6 && quirk <= QUIRK_FRAGMENT_LATER)
				spec.frame.extension[0] = IPPROTO_FRAGMENT;
			if (quirk == QUIRK_HEADERS_LONG)
				spec.frame.extension[0] = IPPROTO_DSTOPTS;
			if (quirk == QUIRK_HEADERS_LONG && ip == 4)
				continue;
			add_both(list, spec);
		}
		add_both(
			list,
			packet(ip, ip == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, 0));
		add_both(list, packet(ip, IPPROTO_SCTP, 0));
	}
	add_both(list, packet(FRAME_ARP, 0, 0));
	add_both(list, packet(FRAME_ARP, 0, 1));
	add_both(list, packet(4, IPPROTO_TCP, 3));
}

/* UDP cannot say so: 0 means that there is no checksum. */
static void add_sums_of_zero(struct list *list)
{
	for (uint8_t ip = 4; ip <= 6; ip = (uint8_t)(ip + 2)) {
		struct kind_spec spec = packet(ip, IPPROTO_UDP, 0);

		spec.sums_to_zero = true;
		spec.frame.payload_bytes = 1000;
		add_checksums(list, spec);
		spec.frame.protocol = IPPROTO_TCP;
		add_checksums(list, spec);
	}
}

/* GSO for what has none; a packet that ends before its frame does. */
static void add_misfits(struct list *list)
{
	for (uint8_t ip = 4; ip <= 6; ip = (uint8_t)(ip + 2)) {
		struct kind_spec spec = packet(ip, IPPROTO_TCP, 0);

		spec.frame.payload_bytes = 1;
		spec.frame.padding_bytes = 40;
		add_checksums(list, spec);
		add_gso(list, spec, 1448, 5000);
		spec = packet(ip, IPPROTO_UDP, 0);
		add_gso(list, spec, 1448, 5000);
		spec = packet(ip, IPPROTO_TCP, 0);
		spec.frame.payload_bytes = 5000;
		spec.gso_size = 1448;
		spec.gso_type = ip == 4 ? XNB_GSO_TCPV6 : XNB_GSO_TCPV4;
		add(list, spec);
		spec.csum_blank = true;
		add(list, spec);
	}
}

static void add_raw(struct list *list)
{
	static const uint32_t bytes[] = {1,    13,   14,   15,	 60,
					 1518, 1519, 4096, 4097, 65535};

	for (uint32_t i = 0; i < COUNT(bytes); i++) {
		struct kind_spec spec = {
			.quirk = QUIRK_RAW,
			.frame = {.payload_bytes = bytes[i]},
		};

		add_checksums(list, spec);
		spec.gso_type = XNB_GSO_TCPV4;
		spec.gso_size = 1448;
		add(list, spec);
	}
}

uint32_t kind_list(struct kind_spec *ret)
{
	struct list list = {.spec = ret};

	add_plain(&list);
	add_segmented(&list);
	add_options(&list);
	add_extensions(&list);
	add_oddities(&list);
	add_misfits(&list);
	add_sums_of_zero(&list);
	add_raw(&list);
	return list.count;
}

static void station(uint8_t *mac, uint8_t number)
{
	memset(mac, number == BED_ALL ? 0xff : 0, 6);
	if (number == BED_ALL)
		return;
	mac[0] = 2;
	mac[5] = number;
}

static void make_raw(struct frame *frame, uint32_t bytes)
{
	memset(frame, 0, sizeof(*frame));
	for (uint32_t i = 0; i < bytes; i++)
		frame->data[i] = (uint8_t)(i * 7 + (i >> 8));
	frame->bytes = bytes;
	frame_put16(frame, 12, 0x88b5); /* local experimental */
}

/* The destination options before TCP grow. */
static void lengthen(struct frame *frame)
{
	const uint32_t at = frame->l3 + 40 + 16;

	memmove(frame->data + at + LONG_BYTES, frame->data + at,
		frame->bytes - at);
	memset(frame->data + at, 0, LONG_BYTES);
	frame->data[frame->l3 + 41] =
		(uint8_t)(frame->data[frame->l3 + 41] + LONG_BYTES / 8);
	frame->bytes += LONG_BYTES;
	frame->l4 += LONG_BYTES;
	frame->csum += LONG_BYTES;
	frame->payload += LONG_BYTES;
	frame_put16(frame, frame->l3 + 4,
		    (uint16_t)(frame->bytes - frame->l3 - 40));
}

/* The payload's first word takes up what is missing. */
static void sum_to_zero(struct frame *frame)
{
	frame_put16(frame, frame->payload, 0);
	frame_put16(frame, frame->payload, frame_checksum(frame));
	frame_put16(frame, frame->csum, frame_checksum(frame));
}

static void bend(struct frame *frame, enum quirk quirk)
{
	const bool v4 = frame->spec.ip == 4;
	const uint32_t fragment = v4 ? frame->l3 + 6 : frame->l3 + 42;
	const uint32_t length = v4 ? frame->l3 + 2 : frame->l3 + 4;

	switch (quirk) {
	case QUIRK_NONE:
	case QUIRK_RAW:
		break;
	case QUIRK_FRAGMENT_FIRST:
		frame_put16(frame, fragment, v4 ? 0x2000 : 1);
		break;
	case QUIRK_FRAGMENT_LATER:
		frame_put16(frame, fragment, v4 ? 0x0010 : 0x80);
		break;
	case QUIRK_IP_TOO_LONG:
		frame_put16(frame, length,
			    (uint16_t)(frame_get16(frame, length) + 1));
		break;
	case QUIRK_IP_VERSION:
		frame->data[frame->l3] ^= 0x20;
		break;
	case QUIRK_IP_HEADER_SHORT:
		frame->data[frame->l3] = 0x44;
		break;
	case QUIRK_TCP_SHORT:
		frame->data[frame->l4 + 12] = 0x40;
		break;
	case QUIRK_TCP_BEYOND:
		/* The packet ends within the header that it announces. */
		frame->data[frame->l4 + 12] = 0xf0;
		frame->bytes = frame->l4 + 56;
		frame_put16(
			frame, length,
			(uint16_t)(frame->bytes - frame->l3 - (v4 ? 0 : 40)));
		break;
	case QUIRK_UDP_LENGTH:
		frame_put16(frame, frame->l4 + 4,
			    (uint16_t)(frame->l4_bytes - 1));
		break;
	case QUIRK_HEADERS_LONG:
		lengthen(frame);
		break;
	}
}

static uint32_t extensions(const struct frame_spec *spec)
{
	uint32_t count = 0;

	while (spec->extension[count])
		count++;
	return count;
}

static bool is_routed(const struct frame_spec *spec)
{
	return spec->segments_left && memchr(spec->extension, IPPROTO_ROUTING,
					     sizeof(spec->extension));
}

void kind_make(struct kind *ret, const struct kind_spec *spec, uint8_t to,
	       uint8_t from)
{
	const struct frame_spec *frame = &spec->frame;

	ret->spec = *spec;
	if (spec->quirk == QUIRK_RAW)
		make_raw(&ret->frame, frame->payload_bytes);
	else
		frame_build(&ret->frame, frame);
	bend(&ret->frame, spec->quirk);
	if (spec->sums_to_zero)
		sum_to_zero(&ret->frame);
	station(ret->frame.data, to);
	station(ret->frame.data + 6, from);
	ret->routed = is_routed(frame);
	ret->l4_known = spec->quirk == QUIRK_NONE && frame->vlan_tags <= 2 &&
			frame->ip != FRAME_ARP && extensions(frame) <= 8 &&
			(frame->protocol == IPPROTO_TCP ||
			 frame->protocol == IPPROTO_UDP);
	/* Who knows a routed packet's last address is the sender alone. */
	if (ret->routed)
		ret->spec.seed_wrong = false;
	if (spec->csum_blank && ret->frame.csum)
		frame_put16(&ret->frame, ret->frame.csum,
			    ret->spec.seed_wrong ? 0xabcd
						 : frame_seed(&ret->frame));
}

bool kind_gso_fits(const struct kind *kind)
{
	const struct frame_spec *frame = &kind->spec.frame;

	return kind->l4_known && frame->protocol == IPPROTO_TCP &&
	       kind->spec.gso_type ==
		       (frame->ip == 4 ? XNB_GSO_TCPV4 : XNB_GSO_TCPV6) &&
	       kind->spec.gso_size >= 8 && !kind->routed &&
	       frame->padding_bytes == 0;
}
