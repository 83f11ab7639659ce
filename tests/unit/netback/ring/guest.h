/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_RING_GUEST_H
#define TEST_RING_GUEST_H
/*
 * The frontend's side for the tests: two ring pages, and pages that are
 * granted to the backend under the reference GUEST_REF(n). Everything can be
 * written by the test, as by a guest.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/ring/redo.h"
#include "netback/ring/rx_fill.h"
#include "netback/ring/tx_parse.h"

#define GUEST_TX_RING_REF 1u
#define GUEST_RX_RING_REF 2u
#define GUEST_PAGES 300u
#define GUEST_REF(n) ((uint32_t)(n) + 8u)
#define GUEST_ALL_FE                                             \
	(XN_DL_FE_SG | XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6 | \
	 XN_DL_FE_CSUM | XN_DL_FE_IPV6_CSUM | XN_DL_FE_RX_NOTIFY)

struct guest {
	uint16_t domid;
	struct xnb_owner owner;
	uint32_t tx_prod; /* private, published by guest_push() */
	uint32_t rx_prod;
	struct netif_tx_sring *tx;
	struct netif_rx_sring *rx;
	struct xnb_redo_queue log;
	struct xnb_tx_ring tx_ring; /* the backend's */
	struct xnb_rx_ring rx_ring;
	uint8_t tx_page[XNB_PAGE_SIZE] __attribute__((aligned(4096)));
	uint8_t rx_page[XNB_PAGE_SIZE] __attribute__((aligned(4096)));
	uint8_t page[GUEST_PAGES][XNB_PAGE_SIZE];
};

/* Connected rings whose indices all stand at `index`; the pages hold a
 * pattern and are granted. */
void guest_init(struct guest *guest, uint16_t domid, uint32_t index);
/* The pattern of byte `offset` of page `n`. */
uint8_t guest_pattern(const struct guest *guest, uint32_t n, uint32_t offset);

/* A tx request for page `n`; its id is returned. */
uint16_t guest_send(struct guest *guest, uint32_t n, uint32_t offset,
		    uint32_t size, uint32_t flags);
void guest_send_extra(struct guest *guest, uint8_t type, uint8_t flags);
/* A multicast request's: XEN_NETIF_EXTRA_TYPE_MCAST_... */
void guest_send_group(struct guest *guest, uint8_t type, const uint8_t group[6],
		      uint8_t flags);
void guest_send_gso(struct guest *guest, uint8_t gso_type, uint16_t size,
		    uint8_t flags);
void guest_push(struct guest *guest);
/* Posts `count` rx buffers, pages 0, 1, ..., one after the other. */
void guest_post(struct guest *guest, uint32_t count);

/* The n-th response since the rings were at `index`. */
struct netif_tx_response guest_tx_response(const struct guest *guest,
					   uint32_t index);
struct netif_rx_response guest_rx_response(const struct guest *guest,
					   uint32_t index);

/* What the worker does with a receiver after each burst and round. True: the
 * guest is to be notified. */
bool guest_rx_finish(struct guest *guest, struct xnb_rx_result *ret);

#endif
