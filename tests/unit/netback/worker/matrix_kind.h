/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_WORKER_MATRIX_KIND_H
#define TEST_WORKER_MATRIX_KIND_H
/*
 * The sender's side of the offload matrix: every kind of frame that it may
 * hand over, made by nested loops over its properties. A kind says how it was
 * built, so that nobody has to parse it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../offload/frame.h"

#define KINDS_MAX 2048u

/* How a frame differs from what its spec says. */
enum quirk {
	QUIRK_NONE,
	QUIRK_RAW,	      /* no IP at all; spec's payload is its size */
	QUIRK_FRAGMENT_FIRST, /* more fragments; IPv6: in its fragment header */
	QUIRK_FRAGMENT_LATER, /* an offset */
	QUIRK_IP_TOO_LONG,    /* IP says more than the frame has */
	QUIRK_IP_VERSION,     /* another one than the Ethernet type says */
	QUIRK_IP_HEADER_SHORT, /* an IPv4 header of 16 bytes */
	QUIRK_TCP_SHORT,       /* a TCP header of 16 bytes */
	QUIRK_TCP_BEYOND,      /* a TCP header longer than the packet */
	QUIRK_UDP_LENGTH,      /* another length in UDP than in IP */
	QUIRK_HEADERS_LONG,    /* TCP begins behind what is looked at */
};

struct kind_spec {
	struct frame_spec frame;
	enum quirk quirk;
	bool csum_blank;
	bool data_validated;
	bool sums_to_zero; /* its TCP or UDP checksum is 0 */
	bool seed_wrong;   /* csum_blank, and nothing useful in the field */
	uint8_t gso_type;
	uint16_t gso_size;
};

struct kind {
	struct kind_spec spec;
	struct frame frame;
	/* TCP or UDP in one piece, with headers that make sense. */
	bool l4_known;
	bool routed; /* IPv6 with a router yet to visit */
};

/* All of them; the result is how many. */
uint32_t kind_list(struct kind_spec *ret);
/* Builds one, to station `to` (BED_ALL: broadcast) from station `from`. */
void kind_make(struct kind *ret, const struct kind_spec *spec, uint8_t to,
	       uint8_t from);
/* Do its GSO type and size fit its frame? */
bool kind_gso_fits(const struct kind *kind);

#endif
