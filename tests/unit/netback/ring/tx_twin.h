/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_RING_TX_TWIN_H
#define TEST_RING_TX_TWIN_H
/*
 * The parser's slow, obvious twin: collects a packet's slots first and judges
 * them afterwards, straight from the rules in netback/ring/tx_parse.h. For
 * test_tx_differential.c and the fuzzer.
 */
#include "guest.h"

struct tx_twin_packet {
	uint32_t total;
	uint32_t frag_count;
	struct xnb_tx_frag frag[XNB_TX_SLOTS_MAX];
	uint32_t slot_first, slot_count;
	struct xnb_meta meta;
};

struct tx_twin {
	uint32_t fault;
	uint32_t response_count;
	struct netif_tx_response response[XNB_TX_RING_SIZE];
	uint32_t count, malformed, requests;
	struct xnb_tx_group group[XNB_TX_BURST_MAX];
	struct tx_twin_packet packet[XNB_TX_BURST_MAX];
};

/* Judges `count` requests, taken in order from a ring of guest.h's owner. */
void tx_twin_parse(struct tx_twin *twin, const struct netif_tx_request *slot,
		   uint32_t count);

#endif
