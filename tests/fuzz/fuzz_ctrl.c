// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's control ring against a model of what xen/io/netif.h says: each
 * request has one answer, its own, with the model's status and value; hash and
 * static grants are the model's, also after a death; and no slot is read twice.
 *
 * Input: u8 how far the ring's index is from its wrap, u16 the length of what
 * lies in the page of keys and lists, that, then requests of 16 bytes. One of
 * the type 0xffff is a death of the process.
 */
#include <sys/mman.h>

#include "../unit/netback/ring/hypervisor.h"
#include "fetch.h"
#include "fuzz.h"
#include "netback/ring/ctrl.h"
#include "netback/ring/redo.h"

#define DOMID 3u
#define QUEUES 2u
#define RING_REF 1u
#define CTRL_REF 2u
#define BUFFER_REF 8u /* the page of keys and lists */
#define FIRST_REF 16u /* further pages of the guest's */
#define PAGES 48u
#define READONLY_FIRST 60u /* these it grants for reading only */
#define REFS 128u
#define LEFT_MAX 1000u
#define REQUESTS_MAX 64u
#define DEATH 0xffffu

#define SUCCESS XEN_NETIF_CTRL_STATUS_SUCCESS
#define NOT_SUPPORTED XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED
#define INVALID XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER
#define OVERFLOW XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW

struct memory {
	uint8_t ring[XNB_PAGE_SIZE];
	uint8_t buffer[XNB_PAGE_SIZE];
	uint8_t page[PAGES][XNB_PAGE_SIZE];
};

/* What the guest has set. */
struct model {
	struct xnb_kept_hash hash;
	uint32_t count;
	uint8_t queue[REFS]; /* of a static grant: its queue + 1; 0: none */
};

struct expected {
	uint32_t status, data;
};

static struct memory *memory;
static struct xen_netif_ctrl_sring *ring;
static struct xnb_redo *redo;
static struct xnb_ctrl ctrl;
static struct xnb_grants grants;
static struct xnb_owner owner;
static struct xnb_copy plan;
static union xnb_ctrl_page private_page;
static uint32_t left, req_prod;
static struct model model;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	redo = calloc(1, xnb_redo_bytes(QUEUES));
	FUZZ_CHECK(memory != MAP_FAILED && redo);
	ring = (struct xen_netif_ctrl_sring *)(void *)memory->ring;
	hv_reset();
	owner.domid = DOMID;
	xnb_owner_add(&owner, RING_REF);
	xnb_owner_add(&owner, CTRL_REF);
	hv_grant(DOMID, BUFFER_REF, memory->buffer, false);
	for (uint32_t i = 0; i < PAGES; i++)
		hv_grant(DOMID, FIRST_REF + i, memory->page[i],
			 FIRST_REF + i >= READONLY_FIRST);
	xnb_copy_init(&plan, NULL);
	return 0;
}

static void attach(bool resume)
{
	left = LEFT_MAX;
	xnb_grants_init(&grants, &owner, NULL, &left, QUEUES, 0x1234567);
	for (uint32_t q = 0; q < QUEUES; q++)
		grants.kept[q] = xnb_redo_grants(redo, q);
	ctrl = (struct xnb_ctrl){
		.queue_count = QUEUES,
		.kept = &redo->kept,
		.owner = &owner,
		.grants = &grants,
	};
	FUZZ_CHECK(xnb_ctrl_attach(&ctrl, memory->ring, resume) == 0);
}

static void start(struct fuzz_input *in)
{
	uint32_t index = 0u - fuzz_u8(in);
	uint16_t bytes = fuzz_u16(in);

	memset(memory, 0, sizeof(*memory));
	fuzz_bytes(in, memory->buffer, bytes % (XNB_PAGE_SIZE + 1));
	req_prod = index;
	ring->req_prod = ring->rsp_prod = index;
	memset(&model, 0, sizeof(model));
	attach(false);
}

/* The guest's page, if the backend may copy from it; else NULL. */
static uint8_t *page_of(uint32_t ref)
{
	if (ref >= REFS || model.queue[ref])
		return NULL;
	if (ref == BUFFER_REF)
		return memory->buffer;
	return ref >= FIRST_REF && ref < FIRST_REF + PAGES
		       ? memory->page[ref - FIRST_REF]
		       : NULL;
}

static bool can_map(const struct xen_netif_gref *item)
{
	uint32_t ref = item->ref;

	if (ref != BUFFER_REF && (ref < FIRST_REF || ref >= FIRST_REF + PAGES))
		return false;
	return ref < READONLY_FIRST ||
	       item->flags & XEN_NETIF_CTRLF_GREF_readonly;
}

static bool list_is_good(const struct xen_netif_gref *list, uint32_t count,
			 uint32_t queue)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < REFS; i++)
		used += model.queue[i] == queue + 1;
	if (used + count > XNB_GRANTS_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!can_map(&list[i]) || model.queue[list[i].ref] ||
		    list[i].flags & ~XEN_NETIF_CTRLF_GREF_readonly)
			return false;
		for (uint32_t k = 0; k < i; k++)
			if (list[k].ref == list[i].ref)
				return false;
	}
	return true;
}

static struct expected add(const uint32_t data[3])
{
	const struct xen_netif_gref *list = (const void *)page_of(data[1]);

	if (data[0] >= QUEUES || data[2] > XNB_GRANTS_MAX ||
	    (data[2] && !list) || !list_is_good(list, data[2], data[0]))
		return (struct expected){INVALID, 0};
	for (uint32_t i = 0; i < data[2]; i++)
		model.queue[list[i].ref] = (uint8_t)(data[0] + 1);
	model.count += data[2];
	return (struct expected){SUCCESS, 0};
}

static struct expected del(const uint32_t data[3])
{
	const struct xen_netif_gref *list = (const void *)page_of(data[1]);
	struct expected expected = {SUCCESS, 0};

	if (data[0] >= QUEUES || data[2] > XNB_GRANTS_MAX ||
	    (data[2] && (!list || data[1] >= READONLY_FIRST)))
		return (struct expected){INVALID, 0};
	for (uint32_t i = 0; i < data[2]; i++) {
		if (list[i].ref >= REFS ||
		    model.queue[list[i].ref] != data[0] + 1)
			continue;
		model.queue[list[i].ref] = 0;
		expected.data++;
	}
	model.count -= expected.data;
	return expected;
}

static struct expected set_key(const uint32_t data[3])
{
	const uint8_t *page = page_of(data[0]);

	if (data[1] > XNB_HASH_KEY_BYTES)
		return (struct expected){OVERFLOW, 0};
	if (data[1] && !page)
		return (struct expected){INVALID, 0};
	memset(model.hash.key, 0, sizeof(model.hash.key));
	if (data[1])
		memcpy(model.hash.key, page, data[1]);
	model.hash.key_bytes = data[1];
	return (struct expected){SUCCESS, 0};
}

static struct expected set_mapping(const uint32_t data[3])
{
	const uint32_t *table = (const void *)page_of(data[0]);
	uint64_t end = (uint64_t)data[1] + data[2];

	if (data[1] > XNB_PAGE_SIZE / sizeof(*table))
		return (struct expected){INVALID, 0};
	if (data[1] > XNB_HASH_MAPPING_MAX)
		return (struct expected){OVERFLOW, 0};
	if (end > model.hash.mapping_size || (data[1] && !table))
		return (struct expected){INVALID, 0};
	for (uint32_t i = 0; i < data[1]; i++)
		if (table[i] >= QUEUES)
			return (struct expected){INVALID, 0};
	for (uint32_t i = 0; i < data[1]; i++)
		model.hash.mapping[data[2] + i] = (uint8_t)table[i];
	return (struct expected){SUCCESS, 0};
}

static struct expected set_number(uint32_t *to, uint32_t value, bool good)
{
	if (!good)
		return (struct expected){INVALID, 0};
	*to = value;
	return (struct expected){SUCCESS, 0};
}

static struct expected do_in_model(uint32_t type, const uint32_t data[3])
{
	struct xnb_kept_hash *hash = &model.hash;

	switch (type) {
	case 1:
		return hash->algorithm ? (struct expected){SUCCESS, 15}
				       : (struct expected){NOT_SUPPORTED, 0};
	case 2:
		return set_number(&hash->flags, data[0],
				  data[0] < 16 && hash->algorithm);
	case 3:
		return set_key(data);
	case 4:
		return (struct expected){SUCCESS, XNB_HASH_MAPPING_MAX};
	case 5:
		if (data[0] <= XNB_HASH_MAPPING_MAX)
			memset(hash->mapping, 0, sizeof(hash->mapping));
		return set_number(&hash->mapping_size, data[0],
				  data[0] <= XNB_HASH_MAPPING_MAX);
	case 6:
		return set_mapping(data);
	case 7:
		return set_number(&hash->algorithm, data[0], data[0] <= 1);
	case 8:
		return data[0] < QUEUES
			       ? (struct expected){SUCCESS, XNB_GRANTS_MAX}
			       : (struct expected){INVALID, 0};
	case 9:
		return add(data);
	case 10:
		return del(data);
	}
	return (struct expected){NOT_SUPPORTED, 0};
}

static void check_state(void)
{
	uint32_t count = 0;

	FUZZ_CHECK(!memcmp(&ctrl.hash, &model.hash, sizeof(ctrl.hash)));
	FUZZ_CHECK(grants.count == model.count);
	FUZZ_CHECK(left == LEFT_MAX - model.count);
	FUZZ_CHECK(hv.mapped == model.count);
	for (uint32_t ref = 0; ref < REFS; ref++) {
		const struct xnb_static_page *page =
			grants.count ? xnb_grants_find(&grants, ref) : NULL;

		FUZZ_CHECK(!page == !model.queue[ref]);
		if (!page)
			continue;
		FUZZ_CHECK(page->place / XNB_GRANTS_MAX ==
			   model.queue[ref] - 1u);
		FUZZ_CHECK(!page->doomed);
		count++;
	}
	FUZZ_CHECK(count == model.count);
	FUZZ_CHECK(hv.breaches == 0);
}

static void ask(const struct xen_netif_ctrl_request *request)
{
	struct expected expected = do_in_model(request->type, request->data);
	struct xen_netif_ctrl_response response;
	bool notify;

	xnb_ctrl_slot(ring, req_prod++)->req = *request;
	ring->req_prod = req_prod;
	ring->rsp_event = req_prod;
	fetch_watch(ring, sizeof(memory->ring), false);
	FUZZ_CHECK(xnb_ctrl_serve(&ctrl, &plan, &private_page, &notify) == 1);
	(void)fetch_end();
	FUZZ_CHECK(notify && !ctrl.fault);
	FUZZ_CHECK(ring->rsp_prod == req_prod);
	response = xnb_ctrl_slot(ring, req_prod - 1)->rsp;
	FUZZ_CHECK(response.id == request->id);
	FUZZ_CHECK(response.type == request->type);
	FUZZ_CHECK(response.status == expected.status);
	FUZZ_CHECK(response.data == expected.data);
}

static void die(void)
{
	xnb_grants_fini(&grants);
	FUZZ_CHECK(hv.mapped == 0);
	attach(true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};

	start(&in);
	for (uint32_t i = 0; i < REQUESTS_MAX && in.left; i++) {
		struct xen_netif_ctrl_request request;

		fuzz_bytes(&in, &request, sizeof(request));
		if (request.type == DEATH)
			die();
		else
			ask(&request);
		check_state();
	}
	xnb_grants_fini(&grants);
	FUZZ_CHECK(hv.mapped == 0);
	return 0;
}
