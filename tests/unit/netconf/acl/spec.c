/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Meanings to bytes, see spec.h. */
#include "tests/unit/netconf/acl/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct writer {
	uint8_t *at, *end;
};

static void put(struct writer *w, const void *bytes, size_t count)
{
	assert_true(count <= (size_t)(w->end - w->at));
	memcpy(w->at, bytes, count);
	w->at += count;
}

static void put8(struct writer *w, uint32_t value)
{
	const uint8_t byte = (uint8_t)value;

	put(w, &byte, 1);
}

static void put16(struct writer *w, uint32_t value)
{
	put8(w, value >> 8 & 0xff);
	put8(w, value & 0xff);
}

static void put_zeros(struct writer *w, uint32_t count)
{
	while (count-- > 0)
		put8(w, 0);
}

bool spec_has_ports(const struct spec *spec)
{
	return spec->protocol == 6 || spec->protocol == 17 ||
	       spec->protocol == 132;
}

bool spec_is_icmp(const struct spec *spec)
{
	return spec->protocol == (spec->family == 4 ? 1 : 58);
}

static void put_upper(struct writer *w, const struct spec *spec)
{
	if (spec->part == SPEC_LATER) {
		/* What looks like ports is data. */
		put(w, "\0\x50\0\x50\0\0\0\0\0\0\0\0\xff\xff\0\0\0\0\0\0", 20);
		return;
	}
	if (spec_has_ports(spec)) {
		put16(w, spec->from);
		put16(w, spec->to);
		put_zeros(w, 8);
		put8(w, 0x50);
		put8(w, spec->tcp_flags);
		put_zeros(w, 6);
		return;
	}
	if (spec_is_icmp(spec))
		put8(w, spec->to);
	put_zeros(w, 20);
}

static void put_ipv4(struct writer *w, const struct spec *spec,
		     uint32_t upper_bytes)
{
	uint32_t header = 20 + 4 * spec->options;

	put8(w, 0x40 | header / 4);
	put8(w, 0);
	put16(w, header + upper_bytes);
	put16(w, 7);
	put16(w, spec->part == SPEC_WHOLE   ? 0x4000u
		 : spec->part == SPEC_FIRST ? 0x2000u
					    : 0x2001u);
	put8(w, 64);
	put8(w, spec->protocol);
	put16(w, 0);
	put(w, spec->source.octet, 4);
	put(w, spec->destination.octet, 4);
	for (uint32_t i = 0; i < spec->options; i++)
		put(w, "\1\1\1\1", 4);
}

/* Destination options of eight bytes each. */
static void put_extensions(struct writer *w, const struct spec *spec)
{
	for (uint32_t i = 0; i < spec->options; i++) {
		bool last = i + 1 == spec->options;
		bool fragment = spec->part != SPEC_WHOLE;

		put8(w, !last ? 60u : fragment ? 44u : spec->protocol);
		put8(w, 0);
		put(w, "\1\4\0\0\0\0", 6);
	}
	if (spec->part == SPEC_WHOLE)
		return;
	put8(w, spec->protocol);
	put8(w, 0);
	put16(w, spec->part == SPEC_FIRST ? 1 : 9);
	put_zeros(w, 4);
}

static void put_ipv6(struct writer *w, const struct spec *spec,
		     uint32_t upper_bytes)
{
	uint32_t fragment = spec->part != SPEC_WHOLE;

	put(w, "\x60\0\0\0", 4);
	put16(w, 8 * spec->options + 8 * fragment + upper_bytes);
	put8(w, spec->options ? 60u : fragment ? 44u : spec->protocol);
	put8(w, 64);
	put(w, spec->source.octet, 16);
	put(w, spec->destination.octet, 16);
	put_extensions(w, spec);
}

struct xsw_frame spec_frame(const struct spec *spec,
			    uint8_t memory[SPEC_BYTES_MAX])
{
	struct writer w = {memory, memory + SPEC_BYTES_MAX};
	struct writer upper;
	uint8_t above[64];
	uint32_t bytes;

	put(&w, spec->destination_mac.octet, XN_MAC_BYTES);
	put(&w, spec->source_mac.octet, XN_MAC_BYTES);
	for (uint32_t i = 0; i < spec->tags; i++) {
		put16(&w, i ? 0x8100 : 0x88a8);
		put16(&w, 5);
	}
	upper = (struct writer){above, above + sizeof(above)};
	put_upper(&upper, spec);
	bytes = (uint32_t)(upper.at - above);
	if (spec->foreign) {
		put16(&w, spec->foreign);
	} else if (spec->family == 4) {
		put16(&w, 0x0800);
		put_ipv4(&w, spec, bytes);
	} else {
		put16(&w, 0x86dd);
		put_ipv6(&w, spec, bytes);
	}
	put(&w, above, bytes);
	bytes = (uint32_t)(w.at - memory);
	return (struct xsw_frame){.head = memory,
				  .frame_bytes = bytes,
				  .head_bytes = (uint16_t)bytes};
}
