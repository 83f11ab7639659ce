// SPDX-License-Identifier: GPL-2.0-or-later
/* See backend.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netback/netfront/backend.h"

static uint8_t *make_pages(uint32_t count)
{
	uint8_t *pages =
		aligned_alloc(XNF_PAGE_BYTES, (size_t)count * XNF_PAGE_BYTES);

	assert_non_null(pages);
	memset(pages, 0xa5, (size_t)count * XNF_PAGE_BYTES);
	return pages;
}

struct test_vif *test_vif_create(void)
{
	struct test_vif *vif = calloc(1, sizeof(*vif));

	assert_non_null(vif);
	vif->tx_ring = make_pages(1);
	vif->rx_ring = make_pages(1);
	vif->tx_pages = make_pages(XNF_RING_SLOTS);
	vif->rx_pages = make_pages(XNF_RING_SLOTS);
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++) {
		vif->tx_refs[i] = TEST_TX_REF + i;
		vif->rx_refs[i] = TEST_RX_REF + i;
	}
	xnf_tx_init(&vif->tx, vif->tx_ring, vif->tx_pages, vif->tx_refs);
	xnf_rx_init(&vif->rx, vif->rx_ring, vif->rx_pages, vif->rx_refs);
	return vif;
}

void test_vif_destroy(struct test_vif *vif)
{
	free(vif->tx_ring);
	free(vif->rx_ring);
	free(vif->tx_pages);
	free(vif->rx_pages);
	free(vif);
}

void test_vif_start_at(struct test_vif *vif, uint32_t index)
{
	index -= index % XNF_RING_SLOTS; /* slots keep their pages */
	vif->tx.req_prod = index;
	vif->tx.published = index;
	vif->tx.rsp_cons = index;
	vif->tx.shared->req_prod = index;
	vif->tx.shared->rsp_prod = index;
	vif->tx.shared->req_event = index + 1;
	vif->tx.shared->rsp_event = index + 1;
	vif->tx_cons = index;
	vif->rx.rsp_prod = index;
	vif->rx.rsp_cons = index;
	vif->rx.posted = index + XNF_RING_SLOTS;
	vif->rx.shared->req_prod = index + XNF_RING_SLOTS;
	vif->rx.shared->rsp_prod = index;
	vif->rx.shared->req_event = index + XNF_RING_SLOTS + 1;
	vif->rx.shared->rsp_event = index + 1;
	vif->rx_cons = index;
}

void test_fill(uint8_t *bytes, uint32_t length, uint32_t seed)
{
	for (uint32_t i = 0; i < length; i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static void take_piece(struct test_vif *vif, struct test_frame *frame,
		       const struct netif_tx_request *request, uint32_t bytes)
{
	uint32_t page = request->gref - TEST_TX_REF;

	assert_true(page < XNF_RING_SLOTS);
	assert_true(request->offset < XNF_PAGE_BYTES);
	assert_true(bytes > 0 && bytes <= XNF_PAGE_BYTES - request->offset);
	assert_true(bytes <= XNF_FRAME_MAX - frame->length);
	memcpy(frame->bytes + frame->length,
	       vif->tx_pages + page * XNF_PAGE_BYTES + request->offset, bytes);
	frame->length += bytes;
}

static struct netif_tx_request next_request(struct test_vif *vif,
					    struct test_frame *frame)
{
	assert_int_not_equal(vif->tx_cons,
			     xnb_index_load(&vif->tx.shared->req_prod));
	frame->slots++;
	return xnb_tx_slot(vif->tx.shared, vif->tx_cons++)->req;
}

static void take_extra(struct test_vif *vif, struct test_frame *frame)
{
	struct netif_tx_request request = next_request(vif, frame);
	struct netif_extra_info extra;

	memcpy(&extra, &request, sizeof(extra));
	assert_int_equal(extra.type, XEN_NETIF_EXTRA_TYPE_GSO);
	assert_int_equal(extra.flags, 0);
	frame->meta.gso_type = extra.u.gso.type;
	frame->meta.gso_size = extra.u.gso.size;
}

/* The first slot says the whole frame's size; its own is what is left. */
bool test_backend_take(struct test_vif *vif, struct test_frame *ret_frame)
{
	struct netif_tx_request first;
	struct netif_tx_request more[XNF_TX_SLOTS_MAX];
	uint32_t more_count = 0;
	uint32_t rest = 0;
	uint16_t flags;

	if (vif->tx_cons == xnb_index_load(&vif->tx.shared->req_prod))
		return false;
	ret_frame->length = 0;
	ret_frame->slots = 0;
	ret_frame->first = vif->tx_cons;
	first = next_request(vif, ret_frame);
	ret_frame->meta = (struct xnf_meta){
		.csum_blank = first.flags & NETTXF_csum_blank,
		.data_validated = first.flags & NETTXF_data_validated,
	};
	if (first.flags & NETTXF_extra_info)
		take_extra(vif, ret_frame);
	flags = first.flags;
	while (flags & NETTXF_more_data) {
		assert_true(more_count < XNF_TX_SLOTS_MAX);
		more[more_count] = next_request(vif, ret_frame);
		flags = more[more_count].flags;
		rest += more[more_count++].size;
	}
	assert_true(rest < first.size);
	take_piece(vif, ret_frame, &first, first.size - rest);
	for (uint32_t i = 0; i < more_count; i++)
		take_piece(vif, ret_frame, &more[i], more[i].size);
	assert_int_equal(ret_frame->length, first.size);
	return true;
}

static void write_response(struct test_vif *vif, uint16_t id, int16_t status)
{
	uint32_t index = vif->tx.shared->rsp_prod;
	struct netif_tx_response response = {.id = id, .status = status};

	xnb_tx_slot(vif->tx.shared, index)->rsp = response;
	xnb_index_publish(&vif->tx.shared->rsp_prod, index + 1);
}

void test_backend_answer(struct test_vif *vif, const struct test_frame *frame,
			 int16_t status)
{
	bool extra = false;

	for (uint32_t i = 0; i < frame->slots; i++) {
		struct netif_tx_request request =
			xnb_tx_slot(vif->tx.shared, frame->first + i)->req;

		assert_int_equal(vif->tx.shared->rsp_prod, frame->first + i);
		/* What lies in an extra info's id is not an id. */
		write_response(vif, request.id,
			       extra ? NETIF_RSP_NULL : status);
		extra = !i && frame->meta.gso_type;
	}
}

void test_backend_respond(struct test_vif *vif, uint16_t id, int16_t status)
{
	write_response(vif, id, status);
}

static struct netif_rx_request posted(struct test_vif *vif)
{
	struct netif_rx_request request;

	assert_int_not_equal(vif->rx_cons,
			     xnb_index_load(&vif->rx.shared->req_prod));
	request = xnb_rx_slot(vif->rx.shared, vif->rx_cons)->req;
	assert_int_equal(request.gref,
			 TEST_RX_REF + vif->rx_cons % XNF_RING_SLOTS);
	return request;
}

void test_backend_slot(struct test_vif *vif, uint16_t offset, uint16_t flags,
		       int16_t status)
{
	struct netif_rx_response response = {
		.id = posted(vif).id,
		.offset = offset,
		.flags = flags,
		.status = status,
	};

	xnb_rx_slot(vif->rx.shared, vif->rx_cons++)->rsp = response;
}

void test_backend_extra(struct test_vif *vif, struct netif_extra_info extra)
{
	(void)posted(vif);
	memcpy(xnb_rx_slot(vif->rx.shared, vif->rx_cons++), &extra,
	       sizeof(extra));
}

void test_backend_publish_rx(struct test_vif *vif)
{
	xnb_index_publish(&vif->rx.shared->rsp_prod, vif->rx_cons);
}

void test_backend_give(struct test_vif *vif, const uint8_t *bytes,
		       uint32_t length, uint32_t piece, uint16_t offset,
		       const struct xnf_meta *meta)
{
	uint32_t flags = (meta->csum_blank ? NETRXF_csum_blank : 0u) |
			 (meta->data_validated ? NETRXF_data_validated : 0u) |
			 (meta->gso_type ? NETRXF_extra_info : 0u);
	uint32_t done = 0;

	while (done < length) {
		uint32_t now = length - done < piece ? length - done : piece;
		uint32_t page = posted(vif).gref - TEST_RX_REF;

		memcpy(vif->rx_pages + page * XNF_PAGE_BYTES + offset,
		       bytes + done, now);
		done += now;
		if (done < length)
			flags |= NETRXF_more_data;
		test_backend_slot(vif, offset, (uint16_t)flags, (int16_t)now);
		if (flags & NETRXF_extra_info)
			test_backend_extra(
				vif, (struct netif_extra_info){
					     .type = XEN_NETIF_EXTRA_TYPE_GSO,
					     .u.gso.size = meta->gso_size,
					     .u.gso.type = meta->gso_type,
				     });
		flags = 0;
	}
	test_backend_publish_rx(vif);
}
