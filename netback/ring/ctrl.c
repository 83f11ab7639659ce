// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See ctrl.h. The statuses are those that xen/io/netif.h names for each
 * request; where it leaves a choice they are those of Linux's backend.
 */
#include "netback/ring/ctrl.h"

#include <errno.h>
#include <string.h>

#define SUCCESS XEN_NETIF_CTRL_STATUS_SUCCESS
#define NOT_SUPPORTED XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED
#define INVALID XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER
#define OVERFLOW XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW

#define HASH_TYPES                                     \
	((uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV4 |     \
	 (uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP | \
	 (uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV6 |     \
	 (uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)
#define PAGE_ENTRIES(type) (XNB_PAGE_SIZE / (uint32_t)sizeof(type))

_Static_assert(PAGE_ENTRIES(struct xen_netif_gref) == XNB_GRANTS_MAX,
	       "a list of a page is what a queue may have");

/* A request in work. */
struct work {
	struct xnb_ctrl *ctrl;
	struct xnb_copy *plan;
	union xnb_ctrl_page *page;
	struct xen_netif_ctrl_request request;
	uint32_t data; /* of the answer */
};

/* The rings' pages are mapped here, and so are static grants: both are never
 * copied as well (owner.h, grants.h). */
static bool may_copy(const struct xnb_ctrl *ctrl, uint32_t ref)
{
	if (xnb_owner_maps(ctrl->owner, ref))
		return false;
	return ctrl->grants->count == 0 || !xnb_grants_find(ctrl->grants, ref);
}

static int fetch(struct work *work, uint32_t ref, uint32_t bytes)
{
	const struct xnb_grant from = {.ref = ref,
				       .domid = work->ctrl->owner->domid};
	int16_t status = 0;

	if (!may_copy(work->ctrl, ref) ||
	    xnb_copy_to_private(work->plan, from, work->page, bytes, &status) <
		    0)
		return -EINVAL;
	xnb_copy_run(work->plan);
	return status == 0 ? 0 : -EINVAL;
}

static int write_back(struct work *work, uint32_t ref, uint32_t bytes)
{
	const struct xnb_grant to = {.ref = ref,
				     .domid = work->ctrl->owner->domid};
	int16_t status = 0;

	if (xnb_copy_to_grant(work->plan, work->page, to, bytes, &status) < 0)
		return -EINVAL;
	xnb_copy_run(work->plan);
	return status == 0 ? 0 : -EINVAL;
}

static void take_over(struct xnb_ctrl *ctrl, const struct xnb_kept_hash *hash)
{
	ctrl->hash = *hash;
	ctrl->hash_fresh = true;
	xnb_kept_hash_set(ctrl->kept, hash);
}

static uint32_t set_algorithm(struct work *work)
{
	struct xnb_kept_hash hash = work->ctrl->hash;

	if (work->request.data[0] > XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
		return INVALID;
	hash.algorithm = work->request.data[0];
	take_over(work->ctrl, &hash);
	return SUCCESS;
}

static bool has_algorithm(const struct work *work)
{
	return work->ctrl->hash.algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_NONE;
}

static uint32_t get_flags(struct work *work)
{
	if (!has_algorithm(work))
		return NOT_SUPPORTED;
	work->data = HASH_TYPES;
	return SUCCESS;
}

static uint32_t set_flags(struct work *work)
{
	struct xnb_kept_hash hash = work->ctrl->hash;

	if (work->request.data[0] & ~HASH_TYPES || !has_algorithm(work))
		return INVALID;
	hash.flags = work->request.data[0];
	take_over(work->ctrl, &hash);
	return SUCCESS;
}

static uint32_t set_key(struct work *work)
{
	struct xnb_kept_hash hash = work->ctrl->hash;
	uint32_t bytes = work->request.data[1];

	if (bytes > XNB_HASH_KEY_BYTES)
		return OVERFLOW;
	if (bytes > 0 && fetch(work, work->request.data[0], bytes) < 0)
		return INVALID;
	memset(hash.key, 0, sizeof(hash.key));
	memcpy(hash.key, work->page->key, bytes);
	hash.key_bytes = bytes;
	take_over(work->ctrl, &hash);
	return SUCCESS;
}

static uint32_t get_mapping_size(struct work *work)
{
	work->data = XNB_HASH_MAPPING_MAX;
	return SUCCESS;
}

static uint32_t set_mapping_size(struct work *work)
{
	struct xnb_kept_hash hash = work->ctrl->hash;

	if (work->request.data[0] > XNB_HASH_MAPPING_MAX)
		return INVALID;
	hash.mapping_size = work->request.data[0];
	memset(hash.mapping, 0, sizeof(hash.mapping));
	take_over(work->ctrl, &hash);
	return SUCCESS;
}

static uint32_t set_mapping(struct work *work)
{
	struct xnb_kept_hash hash = work->ctrl->hash;
	const uint32_t count = work->request.data[1];
	const uint32_t offset = work->request.data[2];

	if (count > PAGE_ENTRIES(uint32_t))
		return INVALID;
	if (count > XNB_HASH_MAPPING_MAX)
		return OVERFLOW;
	if (offset > hash.mapping_size || count > hash.mapping_size - offset)
		return INVALID;
	if (count > 0 && fetch(work, work->request.data[0],
			       count * (uint32_t)sizeof(uint32_t)) < 0)
		return INVALID;
	for (uint32_t i = 0; i < count; i++) {
		if (work->page->mapping[i] >= work->ctrl->queue_count)
			return INVALID;
		hash.mapping[offset + i] = (uint8_t)work->page->mapping[i];
	}
	take_over(work->ctrl, &hash);
	return SUCCESS;
}

static uint32_t get_grants_size(struct work *work)
{
	if (work->request.data[0] >= work->ctrl->queue_count)
		return INVALID;
	work->data = XNB_GRANTS_MAX;
	return SUCCESS;
}

/* The list of a request about static grants, in work->page. */
static int fetch_list(struct work *work)
{
	const struct xen_netif_ctrl_request *request = &work->request;

	if (request->data[0] >= work->ctrl->queue_count ||
	    request->data[2] > XNB_GRANTS_MAX)
		return -EINVAL;
	if (request->data[2] == 0)
		return 0;
	return fetch(work, request->data[1],
		     request->data[2] * (uint32_t)sizeof(work->page->list[0]));
}

/* A list may name the page that it lies in: it has been copied by then. */
static uint32_t add_grants(struct work *work)
{
	const struct xen_netif_ctrl_request *request = &work->request;

	if (fetch_list(work) < 0 ||
	    xnb_grants_add(work->ctrl->grants, request->data[0],
			   work->page->list, request->data[2],
			   work->ctrl->next) < 0)
		return INVALID;
	return SUCCESS;
}

static uint32_t del_grants(struct work *work)
{
	const struct xen_netif_ctrl_request *request = &work->request;
	struct xnb_grants *grants = work->ctrl->grants;
	uint32_t doomed;

	if (fetch_list(work) < 0)
		return INVALID;
	doomed = xnb_grants_doom(grants, request->data[0], work->page->list,
				 request->data[2]);
	if (request->data[2] > 0 &&
	    write_back(work, request->data[1],
		       request->data[2] *
			       (uint32_t)sizeof(work->page->list[0])) < 0) {
		xnb_grants_spare(grants);
		return INVALID;
	}
	if (doomed > 0)
		xnb_grants_sweep(grants, work->ctrl->next);
	work->data = doomed;
	return SUCCESS;
}

static uint32_t answer(struct work *work)
{
	switch (work->request.type) {
	case XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS:
		return get_flags(work);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS:
		return set_flags(work);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_KEY:
		return set_key(work);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE:
		return get_mapping_size(work);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE:
		return set_mapping_size(work);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING:
		return set_mapping(work);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM:
		return set_algorithm(work);
	case XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE:
		return get_grants_size(work);
	case XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING:
		return add_grants(work);
	case XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING:
		return del_grants(work);
	}
	return NOT_SUPPORTED;
}

static uint32_t cost_of(uint32_t type)
{
	return type == XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING ||
			       type == XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING
		       ? XNB_CTRL_ROUND
		       : 1;
}

/* The order of redo.h: the log, its end, the ring. */
static void respond(struct xnb_ctrl *ctrl,
		    const struct xen_netif_ctrl_response *response)
{
	struct xnb_kept_ctrl *log = &ctrl->kept->ctrl;

	log->response = *response;
	__atomic_store_n(&log->end, ctrl->next + 1, __ATOMIC_RELEASE);
	atomic_signal_fence(memory_order_seq_cst);
	xnb_ctrl_slot(ctrl->shared, ctrl->next)->rsp = *response;
	xnb_index_publish(&ctrl->shared->rsp_prod, ++ctrl->next);
}

static void do_request(struct work *work)
{
	struct xnb_ctrl *ctrl = work->ctrl;
	struct xen_netif_ctrl_response response;

	/* The one read of the slot. */
	work->request =
		*(const volatile struct xen_netif_ctrl_request *)&xnb_ctrl_slot(
			 ctrl->shared, ctrl->next)
			 ->req;
	work->data = 0;
	response = (struct xen_netif_ctrl_response){
		.id = work->request.id,
		.type = work->request.type,
	};
	response.status = answer(work);
	if (response.status == SUCCESS)
		response.data = work->data;
	respond(ctrl, &response);
}

uint32_t xnb_ctrl_serve(struct xnb_ctrl *ctrl, struct xnb_copy *plan,
			union xnb_ctrl_page *page, bool *ret_notify)
{
	const uint32_t producer = xnb_index_load(&ctrl->shared->req_prod);
	const uint32_t old = ctrl->next;
	struct work work = {.ctrl = ctrl, .plan = plan, .page = page};
	uint32_t cost = 0;

	*ret_notify = false;
	if (!ctrl->fault && producer - old > XNB_CTRL_RING_SIZE)
		ctrl->fault = XN_DL_FAULT_CTRL;
	if (ctrl->fault)
		return 0;
	while (ctrl->next != producer && cost < XNB_CTRL_ROUND) {
		do_request(&work);
		cost += cost_of(work.request.type);
	}
	if (ctrl->next != old)
		*ret_notify = xnb_event_crossed(&ctrl->shared->rsp_event, old,
						ctrl->next);
	return ctrl->next - old;
}

bool xnb_ctrl_arm(struct xnb_ctrl *ctrl)
{
	xnb_event_arm(&ctrl->shared->req_event, ctrl->next + 1);
	return xnb_ctrl_pending(ctrl);
}

/* Finishes what a dead process began: its log is at the ring's index, or one
 * answer further. */
static int replay(struct xnb_ctrl *ctrl)
{
	const struct xnb_kept_ctrl *log = &ctrl->kept->ctrl;
	uint32_t end = __atomic_load_n(&log->end, __ATOMIC_ACQUIRE);
	uint32_t rsp = xnb_index_load(&ctrl->shared->rsp_prod);
	uint32_t waiting = xnb_index_load(&ctrl->shared->req_prod) - rsp;

	if (waiting > XNB_CTRL_RING_SIZE || end - rsp > 1 ||
	    end - rsp > waiting)
		return -EPROTO;
	ctrl->next = end;
	if (end == rsp)
		return 0;
	xnb_ctrl_slot(ctrl->shared, rsp)->rsp = log->response;
	xnb_index_publish(&ctrl->shared->rsp_prod, end);
	return 0;
}

static int start(struct xnb_ctrl *ctrl)
{
	uint32_t rsp = xnb_index_load(&ctrl->shared->rsp_prod);

	if (xnb_index_load(&ctrl->shared->req_prod) - rsp > XNB_CTRL_RING_SIZE)
		return -EPROTO;
	ctrl->next = rsp;
	__atomic_store_n(&ctrl->kept->ctrl.end, rsp, __ATOMIC_RELEASE);
	return 0;
}

int xnb_ctrl_attach(struct xnb_ctrl *ctrl, void *page, bool resume)
{
	int rc;

	ctrl->shared = page;
	ctrl->fault = 0;
	ctrl->hash_fresh = true;
	memset(&ctrl->hash, 0, sizeof(ctrl->hash));
	if (!resume) {
		xnb_kept_init(ctrl->kept);
		xnb_grants_forget(ctrl->grants);
	}
	if (!page)
		return 0;
	rc = resume ? replay(ctrl) : start(ctrl);
	if (rc < 0 || !resume)
		return rc;
	/* What cannot be is as if it were not there. */
	(void)xnb_kept_hash_get(ctrl->kept, ctrl->queue_count, &ctrl->hash);
	xnb_grants_resume(ctrl->grants, ctrl->next);
	return 0;
}
