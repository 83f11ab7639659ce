// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frontend's control ring (ctrl.c, guest_ctrl.c, hash.c): against the
 * backend's own control ring over the same memory, and against backends that
 * refuse, or break the ring.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netback/netfront/guest_ctrl.h"
#include "netback/ring/ctrl.h"
#include "netback/ring/redo.h"
#include "tests/unit/netback/netfront/fake_xen.h"
#include "tests/unit/netback/ring/hypervisor.h"

#define DOMID 5

struct world {
	xengntshr_handle *gntshr;
	struct xnf_queue *queue;
	struct xnf_ctrl *front;
	struct xnf_guest_ctrl guest;
	/* The backend. */
	struct xnb_redo *redo;
	struct xnb_ctrl ctrl;
	struct xnb_grants grants;
	struct xnb_owner owner;
	struct xnb_copy plan;
	union xnb_ctrl_page page;
	uint32_t left;
};

static void grant_all(void)
{
	for (uint32_t i = 0; i < fake_xen.shares; i++) {
		const struct fake_share *share = &fake_xen.share[i];

		for (uint32_t n = 0; n < share->pages; n++)
			hv_grant(DOMID, share->first_ref + n,
				 (uint8_t *)share->memory + n * XNB_PAGE_SIZE,
				 !share->writable);
	}
}

static void attach_backend(struct world *w)
{
	w->redo = calloc(1, xnb_redo_bytes(1));
	assert_non_null(w->redo);
	xnb_redo_init(w->redo, 1);
	w->left = 1000;
	w->owner.domid = DOMID;
	xnb_owner_add(&w->owner, w->front->ring_ref);
	xnb_copy_init(&w->plan, NULL);
	xnb_grants_init(&w->grants, &w->owner, NULL, &w->left, 1, 99);
	w->grants.kept[0] = xnb_redo_grants(w->redo, 0);
	w->ctrl = (struct xnb_ctrl){
		.queue_count = 1,
		.kept = &w->redo->kept,
		.owner = &w->owner,
		.grants = &w->grants,
	};
	assert_int_equal(xnb_ctrl_attach(&w->ctrl, w->front->ring, false), 0);
}

static int setup(void **state)
{
	/* The plan's pages are aligned. */
	struct world *w = aligned_alloc(XNB_PAGE_SIZE, sizeof(*w));

	assert_non_null(w);
	memset(w, 0, sizeof(*w));
	hv_reset();
	fake_xen_reset();
	w->gntshr = xengntshr_open(NULL, 0);
	w->queue = xnf_queue_create(w->gntshr, 0, true, NULL);
	w->front = xnf_ctrl_create(w->gntshr, 0, NULL);
	assert_non_null(w->queue);
	assert_non_null(w->front);
	grant_all();
	attach_backend(w);
	w->guest.ctrl = w->front;
	w->guest.queue_count = 1;
	w->guest.queue[0] = w->queue;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	xnb_grants_fini(&w->grants);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(hv.breaches, 0);
	xnf_ctrl_destroy(w->front);
	xnf_queue_destroy(w->queue);
	xengntshr_close(w->gntshr);
	assert_int_equal(fake_xen_pages(), 0);
	assert_int_equal(fake_xen.evtchns_open, 0);
	free(w->redo);
	free(w);
	return 0;
}

/* The backend does what waits; returns whether it told the guest. */
static bool serve(struct world *w)
{
	bool told = false;

	while (xnb_ctrl_arm(&w->ctrl)) {
		bool notify;

		assert_true(xnb_ctrl_serve(&w->ctrl, &w->plan, &w->page,
					   &notify) > 0);
		told |= notify;
	}
	return told;
}

static int run(struct world *w)
{
	int rc = 0;

	xnf_guest_ctrl_begin(&w->guest);
	assert_int_equal(fake_xen.notified[w->front->port], 1);
	for (uint32_t i = 0; i < 4 && rc == 0; i++) {
		assert_true(serve(w));
		rc = xnf_guest_ctrl_continue(&w->guest);
	}
	return rc;
}

static void test_hash_and_grants_are_set(void **state)
{
	struct world *w = *state;

	w->guest.want_hash = true;
	w->guest.want_grants = true;
	assert_int_equal(run(w), 1);
	assert_int_equal(w->guest.refused, 0);
	assert_int_equal(w->guest.phase, XNF_CTRL_DONE);
	assert_true(atomic_load(&w->guest.hash.on));
	assert_int_equal(w->ctrl.hash.algorithm, 1);
	assert_int_equal(w->ctrl.hash.flags, XNF_HASH_TYPES);
	assert_int_equal(w->ctrl.hash.mapping_size, XNF_HASH_MAPPING);
	assert_memory_equal(w->ctrl.hash.key, w->guest.hash.key,
			    XNF_HASH_KEY_BYTES);
	assert_int_equal(w->grants.count, 2 * XNF_RING_SLOTS);
	assert_int_equal(w->guest.granted, 2 * XNF_RING_SLOTS);
	/* Only what we send is read-only. */
	assert_true(
		xnb_grants_find(&w->grants, w->queue->tx_refs[7])->readonly);
	assert_false(
		xnb_grants_find(&w->grants, w->queue->rx_refs[7])->readonly);
	/* Nothing more comes. */
	assert_int_equal(xnf_guest_ctrl_continue(&w->guest), 0);
	assert_int_equal(xnf_ctrl_waiting(w->front), 0);
}

static void test_each_without_the_other(void **state)
{
	struct world *w = *state;

	w->guest.want_grants = true;
	assert_int_equal(run(w), 1);
	assert_false(atomic_load(&w->guest.hash.on));
	assert_int_equal(w->ctrl.hash.algorithm, 0);
	assert_int_equal(w->grants.count, 2 * XNF_RING_SLOTS);
	w->guest.want_grants = false;
	w->guest.want_hash = true;
	fake_xen.notified[w->front->port] = 0;
	assert_int_equal(run(w), 1);
	assert_true(atomic_load(&w->guest.hash.on));
}

/* A backend that knows no request. */
static void answer_all(struct world *w, uint32_t status)
{
	struct xen_netif_ctrl_sring *ring = w->front->ring;

	for (; ring->rsp_prod != ring->req_prod; ring->rsp_prod++) {
		union xen_netif_ctrl_sring_entry *slot =
			xnb_ctrl_slot(ring, ring->rsp_prod);
		struct xen_netif_ctrl_request request = slot->req;

		slot->rsp = (struct xen_netif_ctrl_response){
			.id = request.id,
			.type = request.type,
			.status = status,
		};
	}
}

static void test_refusals_end_it(void **state)
{
	struct world *w = *state;

	w->guest.want_hash = true;
	w->guest.want_grants = true;
	xnf_guest_ctrl_begin(&w->guest);
	assert_int_equal(xnf_guest_ctrl_continue(&w->guest), 0);
	answer_all(w, XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED);
	assert_int_equal(xnf_guest_ctrl_continue(&w->guest), 1);
	assert_int_equal(w->guest.refused, 4);
	assert_false(atomic_load(&w->guest.hash.on));
	assert_int_equal(w->guest.phase, XNF_CTRL_DONE);
}

static void test_no_room_for_any_is_a_refusal(void **state)
{
	struct world *w = *state;

	w->guest.want_hash = true;
	w->guest.want_grants = true;
	xnf_guest_ctrl_begin(&w->guest);
	/* Success, and 0 of everything. */
	answer_all(w, XEN_NETIF_CTRL_STATUS_SUCCESS);
	assert_int_equal(xnf_guest_ctrl_continue(&w->guest), 1);
	assert_int_equal(w->guest.refused, 2);
	assert_false(atomic_load(&w->guest.hash.on));
}

static void test_the_ring_fills(void **state)
{
	struct world *w = *state;
	struct xnf_ctrl_answer answer;
	uint32_t ref;

	for (uint32_t i = 0; i < XNB_CTRL_RING_SIZE; i++)
		assert_int_equal(xnf_ctrl_ask(w->front, 4, 0, 0, 0), i);
	assert_int_equal(xnf_ctrl_ask(w->front, 4, 0, 0, 0), -EAGAIN);
	xnf_ctrl_show(w->front);
	for (uint32_t i = 0; i < XNF_CTRL_PAGES; i++)
		assert_non_null(xnf_ctrl_page(w->front, &ref));
	assert_null(xnf_ctrl_page(w->front, &ref));
	serve(w);
	for (uint32_t i = 0; i < XNB_CTRL_RING_SIZE; i++) {
		assert_int_equal(xnf_ctrl_take(w->front, &answer), 1);
		assert_int_equal(answer.id, i);
		assert_int_equal(answer.data, XNB_HASH_MAPPING_MAX);
	}
	assert_int_equal(xnf_ctrl_take(w->front, &answer), 0);
	assert_int_equal(xnf_ctrl_ask(w->front, 4, 0, 0, 0), 0);
	assert_non_null(xnf_ctrl_page(w->front, &ref));
}

static void answer_with(struct world *w, uint16_t id, uint16_t type)
{
	struct xen_netif_ctrl_sring *ring = w->front->ring;

	xnb_ctrl_slot(ring, ring->rsp_prod)->rsp =
		(struct xen_netif_ctrl_response){.id = id, .type = type};
	ring->rsp_prod++;
}

static void test_answers_in_any_order(void **state)
{
	struct world *w = *state;
	struct xnf_ctrl_answer answer;

	assert_int_equal(xnf_ctrl_ask(w->front, 4, 0, 0, 0), 0);
	assert_int_equal(xnf_ctrl_ask(w->front, 8, 0, 0, 0), 1);
	xnf_ctrl_show(w->front);
	answer_with(w, 1, 8);
	assert_int_equal(xnf_ctrl_take(w->front, &answer), 1);
	assert_int_equal(answer.type, 8);
	answer_with(w, 0, 4);
	assert_int_equal(xnf_ctrl_take(w->front, &answer), 1);
	assert_int_equal(answer.id, 0);
}

static void test_answers_to_nothing_are_faults(void **state)
{
	const struct {
		uint16_t id, type;
	} bad[] = {{1, 4}, {0, 5}, {128, 4}, {UINT16_MAX, 4}};
	struct world *w = *state;
	struct xnf_ctrl_answer answer;

	for (size_t i = 0; i < 4; i++) {
		xnf_ctrl_destroy(w->front);
		w->front = xnf_ctrl_create(w->gntshr, 0, NULL);
		assert_non_null(w->front);
		assert_int_equal(xnf_ctrl_ask(w->front, 4, 0, 0, 0), 0);
		xnf_ctrl_show(w->front);
		answer_with(w, bad[i].id, bad[i].type);
		assert_int_equal(xnf_ctrl_take(w->front, &answer), -EPROTO);
		assert_int_equal(w->front->fault, XNF_FAULT_CTRL_ID);
		assert_int_equal(xnf_ctrl_take(w->front, &answer), -EPROTO);
		assert_int_equal(xnf_ctrl_ask(w->front, 4, 0, 0, 0), -EAGAIN);
	}
}

static void test_more_answers_than_requests_are_a_fault(void **state)
{
	struct world *w = *state;
	struct xnf_ctrl_answer answer;

	w->front->ring->rsp_prod = 1;
	assert_int_equal(xnf_ctrl_take(w->front, &answer), -EPROTO);
	assert_int_equal(w->front->fault, XNF_FAULT_CTRL_INDEX);
	assert_string_equal(xnf_fault_name(w->front->fault), "ctrl-index");
}

static void test_no_memory_is_told(void **state)
{
	struct world *w = *state;

	for (uint32_t at = 1; at <= 4; at++) {
		struct xn_err err = {0};

		fake_xen.calls = 0;
		fake_xen.fail_at = at;
		assert_null(xnf_ctrl_create(w->gntshr, 0, &err));
		assert_true(err.set);
	}
	fake_xen.fail_at = 0;
}

/* The vector of Microsoft's for 66.9.149.187:2794 to 161.142.100.80:1766. */
static const uint8_t tcp_frame[54] = {
	2,    0,    0,	  0, 0,	  1,   2,   0,	 0,   0,  0,	2,
	8,    0,    0x45, 0, 0,	  40,  0,   0,	 0,   0,  64,	6,
	0,    0,    66,	  9, 149, 187, 161, 142, 100, 80, 0x0a, 0xea,
	0x06, 0xe6, 0,	  0, 0,	  0,   0,   0,	 0,   0,  0x50};

static void test_hashes_are_judged(void **state)
{
	const uint32_t value = 0x51ccc178;
	struct xnf_rx_hash told = {
		.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
		.type = _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP,
		.value = value,
	};
	const struct xnf_rx_hash none = {.algorithm = 0};
	uint8_t frame[sizeof(tcp_frame)];
	struct xnf_hash hash;
	uint32_t queue;

	(void)state;
	xnf_hash_init(&hash, 3);
	queue = hash.mapping[value % hash.mapping_size];
	memcpy(frame, tcp_frame, sizeof(frame));
#define JUDGE(queue, told) xnf_hash_check(&hash, frame, 54, 54, queue, told)
	assert_int_equal(JUDGE(queue, &told), XNF_HASH_RIGHT);
	assert_int_equal(JUDGE((queue + 1) % 3, &told), XNF_HASH_WRONG);
	assert_int_equal(JUDGE(queue, &none), XNF_HASH_MISSING);
	told.value ^= 0x10000;
	assert_int_equal(JUDGE(queue, &told), XNF_HASH_WRONG);
	told.value = value;
	told.type = _XEN_NETIF_CTRL_HASH_TYPE_IPV4;
	assert_int_equal(JUDGE(queue, &told), XNF_HASH_WRONG);
	/* By the addresses alone. */
	frame[23] = 17;
	told.value = 0x323e8fc2;
	queue = hash.mapping[told.value % hash.mapping_size];
	assert_int_equal(JUDGE(queue, &told), XNF_HASH_RIGHT);
	/* ARP has none. */
	frame[13] = 6;
	assert_int_equal(JUDGE(queue, &told), XNF_HASH_WRONG);
	assert_int_equal(JUDGE(queue, &none), XNF_HASH_RIGHT);
#undef JUDGE
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hash_and_grants_are_set),
		TEST(test_each_without_the_other),
		TEST(test_refusals_end_it),
		TEST(test_no_room_for_any_is_a_refusal),
		TEST(test_the_ring_fills),
		TEST(test_answers_in_any_order),
		TEST(test_answers_to_nothing_are_faults),
		TEST(test_more_answers_than_requests_are_a_fault),
		TEST(test_no_memory_is_told),
		cmocka_unit_test(test_hashes_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
