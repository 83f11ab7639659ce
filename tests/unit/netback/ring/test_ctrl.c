// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control ring: every request with what it must be answered, right and
 * wrong, over a plain memory ring; and what a death between two stores leaves.
 */
#include "cmocka_std.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hypervisor.h"
#include "netback/ring/ctrl.h"
#include "netback/ring/redo.h"

#define DOMID 3
#define QUEUES 2u
#define RING_REF 1u   /* of a data ring */
#define CTRL_REF 2u   /* of the control ring */
#define BUFFER_REF 8u /* the page with keys and lists */
#define FIRST_REF 16u /* pages to be mapped, PAGES of them */
#define PAGES 700u
#define LEFT_MAX 1000u

#define SUCCESS XEN_NETIF_CTRL_STATUS_SUCCESS
#define NOT_SUPPORTED XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED
#define INVALID XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER
#define OVERFLOW XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW
#define READONLY XEN_NETIF_CTRLF_GREF_readonly

/* The guest's memory, shared so that it can be mapped once more. */
struct memory {
	uint8_t ring[XNB_PAGE_SIZE];
	uint8_t buffer[XNB_PAGE_SIZE];
	uint8_t page[PAGES][XNB_PAGE_SIZE];
};

static struct memory *memory;
static struct xen_netif_ctrl_sring *ring;
static struct xnb_redo *redo;
static struct xnb_ctrl ctrl;
static struct xnb_grants grants;
static struct xnb_owner owner;
static struct xnb_copy plan;
static union xnb_ctrl_page page;
static uint32_t left;
static uint32_t req_prod;

static int attach(bool resume)
{
	xnb_grants_init(&grants, &owner, NULL, &left, QUEUES,
			0x123456789abcdefu);
	for (uint32_t q = 0; q < QUEUES; q++)
		grants.kept[q] = xnb_redo_grants(redo, q);
	ctrl = (struct xnb_ctrl){
		.queue_count = QUEUES,
		.kept = &redo->kept,
		.owner = &owner,
		.grants = &grants,
	};
	return xnb_ctrl_attach(&ctrl, memory->ring, resume);
}

/* A process that is gone: its mappings go with it, its log stays. */
static void die(void)
{
	xnb_grants_fini(&grants);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(left, LEFT_MAX);
}

static int setup_at(uint32_t index)
{
	hv_reset();
	memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	redo = calloc(1, xnb_redo_bytes(QUEUES));
	if (memory == MAP_FAILED || !redo)
		return -1;
	xnb_redo_init(redo, QUEUES);
	owner = (struct xnb_owner){.domid = DOMID};
	xnb_owner_add(&owner, RING_REF);
	xnb_owner_add(&owner, CTRL_REF);
	hv_grant(DOMID, BUFFER_REF, memory->buffer, false);
	for (uint32_t i = 0; i < PAGES; i++)
		hv_grant(DOMID, FIRST_REF + i, memory->page[i], false);
	xnb_copy_init(&plan, NULL);
	left = LEFT_MAX;
	ring = (struct xen_netif_ctrl_sring *)(void *)memory->ring;
	req_prod = index;
	ring->req_prod = ring->rsp_prod = index;
	ring->req_event = ring->rsp_event = index + 1;
	return attach(false);
}

static int setup(void **state)
{
	(void)state;
	return setup_at(UINT32_MAX - 3); /* the indices go round */
}

static int teardown(void **state)
{
	(void)state;
	die();
	assert_int_equal(hv.breaches, 0);
	free(redo);
	return munmap(memory, sizeof(*memory));
}

static void put(uint16_t type, uint32_t a, uint32_t b, uint32_t c)
{
	xnb_ctrl_slot(ring, req_prod)->req = (struct xen_netif_ctrl_request){
		.id = (uint16_t)(req_prod + 500),
		.type = type,
		.data = {a, b, c},
	};
	xnb_index_publish(&ring->req_prod, ++req_prod);
}

static struct xen_netif_ctrl_response take(uint16_t type)
{
	struct xen_netif_ctrl_response response;

	assert_int_equal(ring->rsp_prod, req_prod);
	response = xnb_ctrl_slot(ring, req_prod - 1)->rsp;
	assert_int_equal(response.id, (uint16_t)(req_prod - 1 + 500));
	assert_int_equal(response.type, type);
	return response;
}

static struct xen_netif_ctrl_response ask(uint16_t type, uint32_t a, uint32_t b,
					  uint32_t c)
{
	bool notify;

	put(type, a, b, c);
	assert_int_equal(xnb_ctrl_serve(&ctrl, &plan, &page, &notify), 1);
	return take(type);
}

static uint32_t status(uint16_t type, uint32_t a, uint32_t b, uint32_t c)
{
	struct xen_netif_ctrl_response response = ask(type, a, b, c);

	if (response.status != SUCCESS)
		assert_int_equal(response.data, 0);
	return response.status;
}

static uint32_t algorithm(uint32_t value)
{
	return status(XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM, value, 0, 0);
}

static uint32_t flags(uint32_t value)
{
	return status(XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, value, 0, 0);
}

static uint32_t key(uint32_t ref, uint32_t bytes)
{
	return status(XEN_NETIF_CTRL_TYPE_SET_HASH_KEY, ref, bytes, 0);
}

static uint32_t mapping_size(uint32_t entries)
{
	return status(XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE, entries, 0, 0);
}

static uint32_t mapping(uint32_t ref, uint32_t count, uint32_t offset)
{
	return status(XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, ref, count, offset);
}

static void algorithms(void **state)
{
	(void)state;
	assert_int_equal(algorithm(XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ),
			 SUCCESS);
	assert_int_equal(ctrl.hash.algorithm, 1);
	assert_int_equal(algorithm(2), INVALID);
	assert_int_equal(algorithm(UINT32_MAX), INVALID);
	assert_int_equal(ctrl.hash.algorithm, 1);
	assert_int_equal(algorithm(XEN_NETIF_CTRL_HASH_ALGORITHM_NONE),
			 SUCCESS);
	assert_int_equal(ctrl.hash.algorithm, 0);
}

static void flags_need_an_algorithm(void **state)
{
	struct xen_netif_ctrl_response response;

	(void)state;
	assert_int_equal(status(XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS, 0, 0, 0),
			 NOT_SUPPORTED);
	assert_int_equal(flags(1), INVALID);
	assert_int_equal(algorithm(1), SUCCESS);
	response = ask(XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS, 0, 0, 0);
	assert_int_equal(response.status, SUCCESS);
	assert_int_equal(response.data, 15);
	assert_int_equal(flags(15), SUCCESS);
	assert_int_equal(flags(16), INVALID);
	assert_int_equal(flags(0x80000001u), INVALID);
	assert_int_equal(ctrl.hash.flags, 15);
	assert_int_equal(flags(0), SUCCESS);
	assert_int_equal(ctrl.hash.flags, 0);
}

static void keys_are_taken_over_whole(void **state)
{
	static const uint8_t zeros[XNB_HASH_KEY_BYTES];

	(void)state;
	memset(memory->buffer, 0xa5, XNB_PAGE_SIZE);
	assert_int_equal(key(BUFFER_REF, XNB_HASH_KEY_BYTES), SUCCESS);
	assert_memory_equal(ctrl.hash.key, memory->buffer, XNB_HASH_KEY_BYTES);
	assert_int_equal(key(BUFFER_REF, XNB_HASH_KEY_BYTES + 1), OVERFLOW);
	assert_int_equal(key(BUFFER_REF, UINT32_MAX), OVERFLOW);
	assert_int_equal(key(999, 40), INVALID);
	assert_int_equal(key(RING_REF, 40), INVALID);
	assert_int_equal(key(CTRL_REF, 40), INVALID);
	assert_int_equal(ctrl.hash.key_bytes, 40);
	/* What is not given is zero. */
	assert_int_equal(key(BUFFER_REF, 3), SUCCESS);
	assert_int_equal(ctrl.hash.key_bytes, 3);
	assert_memory_equal(ctrl.hash.key, memory->buffer, 3);
	assert_memory_equal(ctrl.hash.key + 3, zeros, sizeof(zeros) - 3);
	assert_int_equal(key(999, 0), SUCCESS);
	assert_memory_equal(ctrl.hash.key, zeros, sizeof(zeros));
	/* A read-only grant will do. */
	hv_grant(DOMID, BUFFER_REF, memory->buffer, true);
	assert_int_equal(key(BUFFER_REF, 40), SUCCESS);
}

static void mappings_are_bounded(void **state)
{
	uint32_t *table = (uint32_t *)(void *)memory->buffer;
	struct xen_netif_ctrl_response response =
		ask(XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0, 0, 0);

	(void)state;
	assert_int_equal(response.status, SUCCESS);
	assert_int_equal(response.data, XNB_HASH_MAPPING_MAX);
	assert_int_equal(mapping_size(XNB_HASH_MAPPING_MAX + 1), INVALID);
	assert_int_equal(mapping(BUFFER_REF, 1, 0), INVALID); /* size is 0 */
	assert_int_equal(mapping_size(8), SUCCESS);
	for (uint32_t i = 0; i < 8; i++)
		table[i] = (i + 1) % QUEUES;
	assert_int_equal(mapping(BUFFER_REF, 8, 0), SUCCESS);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(ctrl.hash.mapping[i], (i + 1) % QUEUES);
	/* XSA-270: beyond the table, beyond the page, and around. */
	assert_int_equal(mapping(BUFFER_REF, 8, 1), INVALID);
	assert_int_equal(mapping(BUFFER_REF, 1, 8), INVALID);
	assert_int_equal(mapping(BUFFER_REF, 2, UINT32_MAX), INVALID);
	assert_int_equal(mapping(BUFFER_REF, UINT32_MAX, 2), INVALID);
	assert_int_equal(mapping(BUFFER_REF, 1025, 0), INVALID);
	assert_int_equal(mapping(BUFFER_REF, XNB_HASH_MAPPING_MAX + 1, 0),
			 OVERFLOW);
	assert_int_equal(mapping(999, 8, 0), INVALID);
	assert_int_equal(mapping(RING_REF, 8, 0), INVALID);
	assert_int_equal(mapping(BUFFER_REF, 0, 8), SUCCESS);
	/* One bad queue: nothing of the table is taken. */
	table[0] = 0;
	table[7] = QUEUES;
	assert_int_equal(mapping(BUFFER_REF, 8, 0), INVALID);
	table[7] = 256; /* not 0, cut to a byte */
	assert_int_equal(mapping(BUFFER_REF, 8, 0), INVALID);
	assert_int_equal(ctrl.hash.mapping[0], 1);
	/* A part leaves the rest alone; a new size clears all. */
	assert_int_equal(mapping(BUFFER_REF, 1, 2), SUCCESS);
	assert_int_equal(ctrl.hash.mapping[2], 0);
	assert_int_equal(ctrl.hash.mapping[4], 1);
	assert_int_equal(mapping_size(8), SUCCESS);
	assert_int_equal(ctrl.hash.mapping[4], 0);
	assert_int_equal(mapping_size(0), SUCCESS);
}

/* The guest changes its table right after the copy was made. */
static void change_table(void *arg)
{
	if (hv.calls == *(const uint32_t *)arg)
		memset(memory->buffer, 0xff, XNB_PAGE_SIZE);
}

static void tables_are_copied_once(void **state)
{
	uint32_t *table = (uint32_t *)(void *)memory->buffer;
	uint32_t second;

	(void)state;
	assert_int_equal(mapping_size(4), SUCCESS);
	table[0] = 1;
	second = hv.calls + 2;
	hv.before = change_table;
	hv.arg = &second;
	assert_int_equal(mapping(BUFFER_REF, 1, 0), SUCCESS);
	assert_int_equal(hv.calls, second - 1);
	assert_int_equal(ctrl.hash.mapping[0], 1);
	hv.before = NULL;
}

static void unknown_requests(void **state)
{
	(void)state;
	assert_int_equal(status(XEN_NETIF_CTRL_TYPE_INVALID, 0, 0, 0),
			 NOT_SUPPORTED);
	assert_int_equal(status(11, 1, 2, 3), NOT_SUPPORTED);
	assert_int_equal(status(UINT16_MAX, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(algorithm(1), SUCCESS);
}

/* Static grants. */

static void list(uint32_t at, uint32_t ref, uint16_t with)
{
	((struct xen_netif_gref *)(void *)memory->buffer)[at] =
		(struct xen_netif_gref){ref, with, 77};
}

static void list_range(uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		list(i, FIRST_REF + first + i, 0);
}

static uint16_t told(uint32_t at)
{
	return ((struct xen_netif_gref *)(void *)memory->buffer)[at].status;
}

static uint32_t add(uint32_t queue, uint32_t count)
{
	return status(XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, queue, BUFFER_REF,
		      count);
}

/* How many were deleted; -1: refused. */
static int del(uint32_t queue, uint32_t count)
{
	struct xen_netif_ctrl_response response = ask(
		XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING, queue, BUFFER_REF, count);

	return response.status == SUCCESS ? (int)response.data : -1;
}

static bool maps(uint32_t number)
{
	const struct xnb_static_page *found;

	if (grants.count == 0)
		return false;
	found = xnb_grants_find(&grants, FIRST_REF + number);
	if (!found)
		return false;
	/* It is that page and no other. */
	memory->page[number][5] = (uint8_t)(number + 1);
	assert_int_equal(found->page[5], (uint8_t)(number + 1));
	assert_true(hv.grant[DOMID][FIRST_REF + number].mapped == 1);
	return true;
}

static void sizes_of_static_grants(void **state)
{
	const uint16_t type = XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE;
	struct xen_netif_ctrl_response response = ask(type, QUEUES - 1, 0, 0);

	(void)state;
	assert_int_equal(response.status, SUCCESS);
	assert_int_equal(response.data, XNB_GRANTS_MAX);
	assert_int_equal(status(type, QUEUES, 0, 0), INVALID);
	assert_int_equal(status(type, UINT32_MAX, 0, 0), INVALID);
}

static void grants_are_mapped_and_unmapped(void **state)
{
	(void)state;
	list_range(0, 100);
	assert_int_equal(add(0, 100), SUCCESS);
	assert_int_equal(hv.mapped, 100);
	assert_int_equal(hv.maps, 2); /* batches of 64 */
	assert_int_equal(left, LEFT_MAX - 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_true(maps(i));
	assert_false(maps(100));
	/* Some of it: the others stay. */
	list(0, FIRST_REF + 7, 0);
	list(1, FIRST_REF + 99, 0);
	assert_int_equal(del(0, 2), 2);
	assert_int_equal(told(0), SUCCESS);
	assert_int_equal(told(1), SUCCESS);
	assert_int_equal(hv.mapped, 98);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(maps(i), i != 7 && i != 99);
	/* And again. */
	assert_int_equal(add(0, 2), SUCCESS);
	list_range(0, 100);
	assert_int_equal(del(0, 100), 100);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(left, LEFT_MAX);
	assert_int_equal(add(0, 0), SUCCESS);
	assert_int_equal(del(0, 0), 0);
}

static void only_what_was_added_is_deleted(void **state)
{
	(void)state;
	list_range(0, 4);
	assert_int_equal(add(0, 4), SUCCESS);
	list(0, FIRST_REF + 1, 0);
	list(1, FIRST_REF + 1, 0);   /* twice */
	list(2, FIRST_REF + 200, 0); /* never added */
	list(3, RING_REF, 0);
	assert_int_equal(del(0, 4), 1);
	assert_int_equal(told(0), SUCCESS);
	assert_int_equal(told(1), INVALID);
	assert_int_equal(told(2), INVALID);
	assert_int_equal(told(3), INVALID);
	/* Not under another queue's number. */
	list_range(2, 1);
	assert_int_equal(del(1, 1), 0);
	assert_int_equal(told(0), INVALID);
	assert_true(maps(2));
	assert_int_equal(del(QUEUES, 1), -1);
	assert_int_equal(del(0, XNB_GRANTS_MAX + 1), -1);
	/* A list that cannot be written deletes nothing. */
	hv_grant(DOMID, BUFFER_REF, memory->buffer, true);
	assert_int_equal(del(0, 1), -1);
	assert_true(maps(2));
	hv_grant(DOMID, BUFFER_REF, memory->buffer, false);
	assert_int_equal(del(0, 1), 1);
	assert_false(maps(2));
}

static void an_add_is_all_or_nothing(void **state)
{
	(void)state;
	list_range(0, 150);
	list(149, FIRST_REF, 0); /* twice in the list */
	assert_int_equal(add(0, 150), INVALID);
	list(149, RING_REF, 0);
	assert_int_equal(add(0, 150), INVALID);
	list(149, CTRL_REF, 0);
	assert_int_equal(add(0, 150), INVALID);
	list(149, FIRST_REF + 149, 2); /* unknown flag */
	assert_int_equal(add(0, 150), INVALID);
	list_range(0, 150);
	hv_revoke(DOMID, FIRST_REF + 149);
	assert_int_equal(add(0, 150), INVALID);
	hv_grant(DOMID, FIRST_REF + 149, memory->page[149], false);
	hv.fail_map = 2; /* the second batch */
	assert_int_equal(add(0, 150), INVALID);
	assert_int_equal(add(QUEUES, 1), INVALID);
	assert_int_equal(add(0, XNB_GRANTS_MAX + 1), INVALID);
	assert_int_equal(add(0, UINT32_MAX), INVALID);
	assert_int_equal(
		status(XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, 0, 999, 1),
		INVALID);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(left, LEFT_MAX);
	assert_int_equal(add(0, 150), SUCCESS);
	/* There already, under this or the other queue. */
	list_range(149, 2);
	assert_int_equal(add(0, 2), INVALID);
	assert_int_equal(add(1, 2), INVALID);
	assert_int_equal(hv.mapped, 150);
	list_range(150, 2);
	assert_int_equal(add(1, 2), SUCCESS);
}

static void grants_are_bounded(void **state)
{
	(void)state;
	list_range(0, XNB_GRANTS_MAX);
	assert_int_equal(add(0, XNB_GRANTS_MAX), SUCCESS);
	list_range(XNB_GRANTS_MAX, 1);
	assert_int_equal(add(0, 1), INVALID); /* the queue's limit */
	assert_int_equal(add(1, 1), SUCCESS);
	list_range(XNB_GRANTS_MAX + 1, 100);
	left = 99; /* the worker's limit */
	assert_int_equal(add(1, 100), INVALID);
	assert_int_equal(add(1, 99), SUCCESS);
	assert_int_equal(left, 0);
	left = LEFT_MAX - hv.mapped;
}

/* Others took some of the worker's share before it came back. */
static void grants_are_bounded_after_a_death_too(void **state)
{
	(void)state;
	list_range(0, 100);
	assert_int_equal(add(0, 50), SUCCESS);
	list(0, FIRST_REF + 200, READONLY);
	assert_int_equal(add(1, 1), SUCCESS);
	die();
	left = 10;
	assert_int_equal(attach(true), 0);
	assert_int_equal(left, 0);
	assert_int_equal(hv.mapped, 10);
	left = LEFT_MAX - hv.mapped;
}

/* A log that names a page twice, as no guest could have. */
static void a_page_is_mapped_once(void **state)
{
	const struct xnb_kept_grant twice = {.ref = FIRST_REF};
	const struct xnb_kept_grant readonly = {.ref = FIRST_REF,
						.readonly = true};

	(void)state;
	die();
	xnb_kept_grant_add(xnb_redo_grants(redo, 0), 3, twice, ctrl.next - 1);
	xnb_kept_grant_add(xnb_redo_grants(redo, 0), 4, readonly,
			   ctrl.next - 1);
	xnb_kept_grant_add(xnb_redo_grants(redo, 1), 5, twice, ctrl.next - 1);
	assert_int_equal(attach(true), 0);
	assert_int_equal(hv.mapped, 1);
	assert_true(maps(0));
	list_range(0, 1);
	assert_int_equal(del(0, 1), 1);
	assert_false(maps(0));
	assert_int_equal(grants.count, 0);
}

static void readonly_grants(void **state)
{
	(void)state;
	hv_grant(DOMID, FIRST_REF, memory->page[0], true);
	list(0, FIRST_REF, 0);
	list(1, FIRST_REF + 1, READONLY);
	assert_int_equal(add(0, 2), INVALID);
	list(0, FIRST_REF, READONLY);
	list(2, FIRST_REF + 2, 0);
	assert_int_equal(add(0, 3), SUCCESS);
	assert_true(xnb_grants_find(&grants, FIRST_REF)->readonly);
	assert_true(xnb_grants_find(&grants, FIRST_REF + 1)->readonly);
	assert_false(xnb_grants_find(&grants, FIRST_REF + 2)->readonly);
}

/* A page that is mapped is not copied by the hypervisor as well: the double
 * would count a breach. */
static void mapped_pages_are_no_buffers(void **state)
{
	(void)state;
	list(0, BUFFER_REF, 0);
	assert_int_equal(add(0, 1), SUCCESS);
	assert_int_equal(key(BUFFER_REF, 8), INVALID);
	assert_int_equal(del(0, 1), -1);
	assert_int_equal(key(FIRST_REF, 8), SUCCESS);
}

/* The ring. */

static void a_producer_beyond_the_ring_is_a_fault(void **state)
{
	bool notify;

	(void)state;
	ring->req_prod = req_prod + XNB_CTRL_RING_SIZE + 1;
	assert_int_equal(xnb_ctrl_serve(&ctrl, &plan, &page, &notify), 0);
	assert_int_equal(ctrl.fault, XN_DL_FAULT_CTRL);
	assert_false(notify);
	ring->req_prod = req_prod;
	put(XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0, 0, 0);
	assert_int_equal(xnb_ctrl_serve(&ctrl, &plan, &page, &notify), 0);
}

static void rounds_are_bounded_and_in_order(void **state)
{
	const uint32_t first = req_prod;
	uint32_t done = 0;
	bool notify;

	(void)state;
	for (uint32_t i = 0; i < XNB_CTRL_RING_SIZE; i++)
		put(XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, i, 0, 0);
	while (done < XNB_CTRL_RING_SIZE) {
		uint32_t count = xnb_ctrl_serve(&ctrl, &plan, &page, &notify);

		assert_int_equal(count, XNB_CTRL_ROUND);
		assert_int_equal(notify, done == 0); /* rsp_event */
		done += count;
	}
	for (uint32_t i = 0; i < XNB_CTRL_RING_SIZE; i++)
		assert_int_equal(xnb_ctrl_slot(ring, first + i)->rsp.id,
				 (uint16_t)(first + i + 500));
	/* Mapping is the whole round's work. */
	list_range(0, 1);
	put(XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, 0, BUFFER_REF, 1);
	put(XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0, 0, 0);
	assert_int_equal(xnb_ctrl_serve(&ctrl, &plan, &page, &notify), 1);
	assert_true(xnb_ctrl_pending(&ctrl));
	assert_int_equal(xnb_ctrl_serve(&ctrl, &plan, &page, &notify), 1);
	assert_false(xnb_ctrl_arm(&ctrl));
	assert_int_equal(ring->req_event, req_prod + 1);
	put(XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0, 0, 0);
	assert_true(xnb_ctrl_arm(&ctrl));
}

/* Deaths. */

static void settings_outlive_a_death(void **state)
{
	uint32_t *table = (uint32_t *)(void *)memory->buffer;
	struct xnb_kept_hash before;

	(void)state;
	assert_int_equal(algorithm(1), SUCCESS);
	assert_int_equal(flags(5), SUCCESS);
	table[0] = table[1] = 1;
	assert_int_equal(key(BUFFER_REF, 12), SUCCESS);
	assert_int_equal(mapping_size(2), SUCCESS);
	assert_int_equal(mapping(BUFFER_REF, 2, 0), SUCCESS);
	list_range(0, 70);
	list(3, FIRST_REF + 3, READONLY);
	assert_int_equal(add(1, 70), SUCCESS);
	before = ctrl.hash;
	die();
	hv_revoke(DOMID, FIRST_REF + 9); /* taken back meanwhile */
	assert_int_equal(attach(true), 0);
	assert_memory_equal(&ctrl.hash, &before, sizeof(before));
	assert_int_equal(ctrl.next, req_prod);
	for (uint32_t i = 0; i < 70; i++)
		assert_int_equal(maps(i), i != 9);
	assert_true(xnb_grants_find(&grants, FIRST_REF + 3)->readonly);
	/* What was dropped is free again. */
	hv_grant(DOMID, FIRST_REF + 9, memory->page[9], false);
	list_range(9, 1);
	assert_int_equal(add(0, 1), SUCCESS);
	/* A new connection begins with nothing. */
	die();
	assert_int_equal(attach(false), 0);
	assert_int_equal(ctrl.hash.algorithm, 0);
	assert_int_equal(hv.mapped, 0);
	die();
	assert_int_equal(attach(true), 0);
	assert_int_equal(hv.mapped, 0);
}

/* Dead before the answer: the request is done again, as if for the first
 * time. */
static void forget_answer(void)
{
	redo->kept.ctrl.end--;
	ring->rsp_prod--;
	req_prod--;
}

static void unanswered_requests_are_done_again(void **state)
{
	(void)state;
	list_range(0, 4);
	assert_int_equal(add(0, 4), SUCCESS);
	forget_answer();
	die();
	assert_int_equal(attach(true), 0);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(add(0, 4), SUCCESS);
	assert_int_equal(del(0, 4), 4);
	forget_answer();
	die();
	assert_int_equal(attach(true), 0);
	assert_int_equal(hv.mapped, 4);
	assert_int_equal(del(0, 4), 4);
	die();
	assert_int_equal(attach(true), 0);
	assert_int_equal(hv.mapped, 0);
}

static void a_logged_answer_is_written_again(void **state)
{
	struct xen_netif_ctrl_response response;

	(void)state;
	response = ask(XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0, 0, 0);
	/* Logged, and not yet in the ring. */
	ring->rsp_prod--;
	memset(xnb_ctrl_slot(ring, req_prod - 1), 0x5a, 16);
	die();
	assert_int_equal(attach(true), 0);
	assert_memory_equal(&xnb_ctrl_slot(ring, req_prod - 1)->rsp, &response,
			    sizeof(response));
	assert_int_equal(ring->rsp_prod, req_prod);
	assert_int_equal(ctrl.next, req_prod);
}

static void contradictions_are_refused(void **state)
{
	(void)state;
	assert_int_equal(algorithm(1), SUCCESS);
	die();
	redo->kept.ctrl.end += 1; /* an answer to nothing */
	assert_int_equal(attach(true), -EPROTO);
	redo->kept.ctrl.end -= 3;
	assert_int_equal(attach(true), -EPROTO);
	redo->kept.ctrl.end += 2;
	assert_int_equal(attach(true), 0);
	ring->req_prod = req_prod + XNB_CTRL_RING_SIZE + 1;
	assert_int_equal(attach(true), -EPROTO);
	assert_int_equal(attach(false), -EPROTO);
	/* A kept hash that cannot be is as if there were none. */
	ring->req_prod = req_prod;
	assert_int_equal(attach(false), 0);
	memset(redo->kept.hash, 0xff, sizeof(redo->kept.hash));
	assert_int_equal(attach(true), 0);
	assert_int_equal(ctrl.hash.algorithm, 0);
}

/* Adds and deletes at random, against a plain list. */
static void grants_agree_with_a_list(void **state)
{
	static bool model[PAGES];

	(void)state;
	memset(model, 0, sizeof(model));
	srand(7);
	for (uint32_t round = 0; round < 300; round++) {
		uint32_t first = (uint32_t)rand() % (PAGES - 40);
		uint32_t count = (uint32_t)rand() % 40;
		uint32_t held = 0;

		list_range(first, count);
		for (uint32_t i = first; i < first + count; i++)
			held += model[i];
		if (rand() % 2) {
			bool fits = held == 0 &&
				    grants.used[0] + count <= XNB_GRANTS_MAX;

			assert_int_equal(add(0, count),
					 fits ? SUCCESS : INVALID);
			for (uint32_t i = 0; fits && i < count; i++)
				model[first + i] = true;
		} else {
			assert_int_equal(del(0, count), held);
			memset(&model[first], 0, count * sizeof(model[0]));
		}
		if (round % 50 == 49) {
			die();
			assert_int_equal(attach(true), 0);
		}
		for (uint32_t i = 0; i < PAGES; i++)
			assert_int_equal(maps(i), model[i]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(algorithms),
		TEST(flags_need_an_algorithm),
		TEST(keys_are_taken_over_whole),
		TEST(mappings_are_bounded),
		TEST(tables_are_copied_once),
		TEST(unknown_requests),
		TEST(sizes_of_static_grants),
		TEST(grants_are_mapped_and_unmapped),
		TEST(only_what_was_added_is_deleted),
		TEST(an_add_is_all_or_nothing),
		TEST(grants_are_bounded),
		TEST(grants_are_bounded_after_a_death_too),
		TEST(a_page_is_mapped_once),
		TEST(readonly_grants),
		TEST(mapped_pages_are_no_buffers),
		TEST(a_producer_beyond_the_ring_is_a_fault),
		TEST(rounds_are_bounded_and_in_order),
		TEST(settings_outlive_a_death),
		TEST(unanswered_requests_are_done_again),
		TEST(a_logged_answer_is_written_again),
		TEST(contradictions_are_refused),
		TEST(grants_agree_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
