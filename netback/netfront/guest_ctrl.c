// SPDX-License-Identifier: GPL-2.0-or-later
/* See guest_ctrl.h. All requests of a phase are put at once. */
#include "netback/netfront/guest_ctrl.h"

#include <errno.h>
#include <string.h>

#define LIST_MAX (XNB_PAGE_SIZE / (uint32_t)sizeof(struct xen_netif_gref))

/* Whatever cannot be asked is as if it had been refused. */
static void ask(struct xnf_guest_ctrl *guest, uint16_t type, uint32_t a,
		uint32_t b, uint32_t c)
{
	if (xnf_ctrl_ask(guest->ctrl, type, a, b, c) < 0)
		guest->refused++;
}

static void ask_with_page(struct xnf_guest_ctrl *guest, uint16_t type,
			  const void *data, size_t bytes, uint32_t b,
			  uint32_t c)
{
	uint32_t ref;
	void *page = xnf_ctrl_page(guest->ctrl, &ref);

	if (!page) {
		guest->refused++;
		return;
	}
	memcpy(page, data, bytes);
	ask(guest, type, ref, b, c);
}

void xnf_guest_ctrl_begin(struct xnf_guest_ctrl *guest)
{
	guest->phase = XNF_CTRL_ASKING;
	guest->refused = 0;
	guest->granted = 0;
	guest->hash_types = 0;
	guest->mapping_max = 0;
	guest->grants_max = LIST_MAX;
	xnf_hash_init(&guest->hash, guest->queue_count);
	if (guest->want_hash) {
		ask(guest, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
		    XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 0, 0);
		ask(guest, XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS, 0, 0, 0);
		ask(guest, XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0, 0, 0);
	}
	for (uint32_t i = 0; guest->want_grants && i < guest->queue_count; i++)
		ask(guest, XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE, i, 0, 0);
	xnf_ctrl_show(guest->ctrl);
}

static void set_hash(struct xnf_guest_ctrl *guest)
{
	struct xnf_hash *hash = &guest->hash;

	if (hash->mapping_size > guest->mapping_max)
		hash->mapping_size = guest->mapping_max;
	if (guest->hash_types != XNF_HASH_TYPES || hash->mapping_size == 0) {
		guest->refused++; /* we could not check the result */
		return;
	}
	ask_with_page(guest, XEN_NETIF_CTRL_TYPE_SET_HASH_KEY, hash->key,
		      sizeof(hash->key), sizeof(hash->key), 0);
	ask(guest, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE,
	    hash->mapping_size, 0, 0);
	ask_with_page(guest, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING,
		      hash->mapping, sizeof(hash->mapping), hash->mapping_size,
		      0);
	ask(guest, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, XNF_HASH_TYPES, 0, 0);
}

/* The buffers of a queue: what we send is only read. */
static uint32_t list_buffers(const struct xnf_queue *queue,
			     struct xen_netif_gref *list, uint32_t max)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < XNF_RING_SLOTS && count < max; i++)
		list[count++] = (struct xen_netif_gref){
			.ref = queue->tx_refs[i],
			.flags = XEN_NETIF_CTRLF_GREF_readonly,
		};
	for (uint32_t i = 0; i < XNF_RING_SLOTS && count < max; i++)
		list[count++] =
			(struct xen_netif_gref){.ref = queue->rx_refs[i]};
	return count;
}

static void set_grants(struct xnf_guest_ctrl *guest, uint32_t index)
{
	uint32_t ref, count;
	struct xen_netif_gref *list = xnf_ctrl_page(guest->ctrl, &ref);

	if (!list || guest->grants_max == 0) {
		guest->refused++;
		return;
	}
	count = list_buffers(guest->queue[index], list, guest->grants_max);
	ask(guest, XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, index, ref, count);
	guest->granted += count;
}

static void set_all(struct xnf_guest_ctrl *guest)
{
	guest->phase = XNF_CTRL_SETTING;
	if (guest->want_hash)
		set_hash(guest);
	for (uint32_t i = 0; guest->want_grants && i < guest->queue_count; i++)
		set_grants(guest, i);
	xnf_ctrl_show(guest->ctrl);
}

static void take_answer(struct xnf_guest_ctrl *guest,
			const struct xnf_ctrl_answer *answer)
{
	if (answer->status != XEN_NETIF_CTRL_STATUS_SUCCESS) {
		guest->refused++;
		return;
	}
	if (answer->type == XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS)
		guest->hash_types = answer->data & XNF_HASH_TYPES;
	if (answer->type == XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE)
		guest->mapping_max = answer->data;
	if (answer->type == XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE &&
	    answer->data < guest->grants_max)
		guest->grants_max = answer->data;
}

int xnf_guest_ctrl_continue(struct xnf_guest_ctrl *guest)
{
	struct xnf_ctrl_answer answer;
	int rc;

	while ((rc = xnf_ctrl_take(guest->ctrl, &answer)) > 0)
		take_answer(guest, &answer);
	if (rc < 0)
		return rc;
	if (xnf_ctrl_waiting(guest->ctrl) > 0 || guest->phase == XNF_CTRL_DONE)
		return 0;
	if (guest->phase == XNF_CTRL_ASKING && guest->refused == 0) {
		set_all(guest);
		if (xnf_ctrl_waiting(guest->ctrl) > 0)
			return 0;
	}
	guest->phase = XNF_CTRL_DONE;
	if (guest->want_hash && guest->refused == 0)
		atomic_store_explicit(&guest->hash.on, true,
				      memory_order_release);
	return 1;
}
