/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See flow.h. The mixing step multiplies two 64-bit words into 128 bits and
 * folds the halves; the key goes into both factors of every step. Headers are
 * found by netback/offload; whatever it does not take for TCP or UDP (fragments
 * above all) goes by its MAC addresses, so that all of it between two stations
 * keeps its order.
 */
#include "netback/flow.h"

#include <string.h>

#include "netback/offload/headers.h"

#define MAC_PAIR_BYTES 12u

struct mixer {
	uint64_t key[2];
	uint64_t state;
};

static void mix(struct mixer *mixer, uint64_t word)
{
	unsigned __int128 product =
		(unsigned __int128)(mixer->state ^ mixer->key[0] ^ word) *
		(mixer->key[1] | 1);

	mixer->state = (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void mix_bytes(struct mixer *mixer, const uint8_t *data, uint32_t bytes)
{
	while (bytes > 0) {
		uint32_t here = bytes < 8 ? bytes : 8;
		uint64_t word = 0;

		memcpy(&word, data, here);
		mix(mixer, word);
		data += here;
		bytes -= here;
	}
}

/* The same words as below, of a frame that xnb_headers_usual(). */
static uint32_t hash_usual(struct mixer *mixer, const uint8_t *head)
{
	uint64_t addresses;
	uint32_t ports;

	memcpy(&addresses, head + 26, sizeof(addresses));
	memcpy(&ports, head + 34, sizeof(ports));
	mix(mixer, addresses);
	mix(mixer, ports);
	mix(mixer, head[23]);
	return (uint32_t)(mixer->state >> 32);
}

uint32_t xnb_flow_hash(const uint8_t key[16], const uint8_t *head,
		       uint32_t head_bytes, uint32_t frame_bytes)
{
	struct mixer mixer = {.state = 0};
	struct xnb_headers headers;

	memcpy(mixer.key, key, sizeof(mixer.key));
	if (xnb_headers_usual(head, head_bytes, frame_bytes))
		return hash_usual(&mixer, head);
	if (xnb_headers_parse(head, head_bytes, frame_bytes, &headers) < 0) {
		mix_bytes(&mixer, head, MAC_PAIR_BYTES);
	} else {
		/* Addresses are the last fields of IPv4's fixed header and of
		 * IPv6's; ports the first of TCP's and UDP's. */
		const uint32_t source = headers.ip_version == 4 ? 12 : 8;
		const uint32_t pair = headers.ip_version == 4 ? 8 : 32;

		mix_bytes(&mixer, head + headers.l3 + source, pair);
		mix_bytes(&mixer, head + headers.l4, 4);
		mix(&mixer, headers.protocol);
	}
	return (uint32_t)(mixer.state >> 32);
}
