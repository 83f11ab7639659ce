/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BACKEND_H
#define TEST_BACKEND_H
/*
 * The other side of a vif in the same process, slow and obvious: it takes
 * frames from a transmit ring and puts frames into a receive ring. Grants are
 * numbers: TEST_TX_REF + i is the i-th page of tx_pages. It asserts (cmocka)
 * that the frontend keeps the ring's rules; what a backend can do wrong, tests
 * write into the rings themselves.
 */
#include "netback/netfront/rx.h"
#include "netback/netfront/tx.h"

#define TEST_TX_REF 1000u
#define TEST_RX_REF 3000u

struct test_vif {
	/* As the frontend needs them. */
	uint8_t *tx_ring, *rx_ring, *tx_pages, *rx_pages;
	uint32_t tx_refs[XNF_RING_SLOTS], rx_refs[XNF_RING_SLOTS];
	struct xnf_tx tx;
	struct xnf_rx rx;
	/* The backend's indices. */
	uint32_t tx_cons, rx_cons;
};

struct test_frame {
	uint8_t bytes[XNF_FRAME_MAX];
	uint32_t length;
	uint32_t slots; /* all */
	uint32_t first; /* ring index */
	struct xnf_meta meta;
};

struct test_vif *test_vif_create(void);
void test_vif_destroy(struct test_vif *vif);

/* Makes all indices of both empty rings begin at `index`. */
void test_vif_start_at(struct test_vif *vif, uint32_t index);

/* Bytes that differ from frame to frame. */
void test_fill(uint8_t *bytes, uint32_t length, uint32_t seed);

/* Takes the next frame from the transmit ring: false, none is there. */
bool test_backend_take(struct test_vif *vif, struct test_frame *ret_frame);
/* Answers all that was taken. Extra infos are answered NULL. */
void test_backend_answer(struct test_vif *vif, const struct test_frame *frame,
			 int16_t status);
void test_backend_respond(struct test_vif *vif, uint16_t id, int16_t status);

/* Puts a frame into the receive ring, `piece` bytes to a slot, each beginning
 * at `offset` in its page. */
void test_backend_give(struct test_vif *vif, const uint8_t *bytes,
		       uint32_t length, uint32_t piece, uint16_t offset,
		       const struct xnf_meta *meta);
/* One response as it is; not published. */
void test_backend_slot(struct test_vif *vif, uint16_t offset, uint16_t flags,
		       int16_t status);
void test_backend_extra(struct test_vif *vif, struct netif_extra_info extra);
void test_backend_publish_rx(struct test_vif *vif);

#endif
