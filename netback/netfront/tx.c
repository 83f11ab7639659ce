// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See tx.h. The indices count slots; of each request slot in the ring there
 * is either an id that is not free or one of `extras_out`, so the two always
 * add up to req_prod - rsp_cons.
 */
#include "netback/netfront/tx.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void xnf_tx_init(struct xnf_tx *tx, void *ring_page, void *pages,
		 const uint32_t *refs)
{
	struct netif_tx_sring *shared = ring_page;

	memset(tx, 0, sizeof(*tx));
	memset(shared, 0, XNF_PAGE_BYTES);
	shared->req_event = 1;
	shared->rsp_event = 1;
	tx->shared = shared;
	tx->pages = pages;
	tx->refs = refs;
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++)
		tx->free_id[i] = (uint16_t)(XNF_RING_SLOTS - 1 - i);
	tx->free_count = XNF_RING_SLOTS;
}

static uint32_t pages_of(uint32_t offset, uint32_t bytes)
{
	return (offset + bytes + XNF_PAGE_BYTES - 1) / XNF_PAGE_BYTES;
}

int xnf_tx_prepare(struct xnf_tx *tx, uint32_t bytes, struct iovec *ret_iov)
{
	uint32_t pages = pages_of(0, bytes);
	uint32_t offset;

	if (tx->fault)
		return -EPROTO;
	if (bytes < XNF_FRAME_MIN || bytes > XNF_FRAME_MAX)
		return -EINVAL;
	if (pages + 1 > xnf_tx_room(tx))
		return -EAGAIN;
	offset = xnf_tx_offset(xnf_tx_next_id(tx), xnf_tx_colour_mask(bytes));
	tx->offset = (uint16_t)offset;
	for (uint32_t i = 0; i < pages; i++) {
		uint16_t id = tx->free_id[tx->free_count - 1 - i];
		uint32_t piece = XNF_PAGE_BYTES - offset;

		ret_iov[i].iov_base =
			tx->pages + (size_t)id * XNF_PAGE_BYTES + offset;
		ret_iov[i].iov_len = piece < bytes ? piece : bytes;
		bytes -= (uint32_t)ret_iov[i].iov_len;
		offset = 0;
	}
	return (int)pages;
}

static void push_request(struct xnf_tx *tx, uint32_t offset, uint32_t bytes,
			 uint16_t flags, enum xnf_tx_slot kind)
{
	uint16_t id = tx->free_id[--tx->free_count];
	struct netif_tx_request request = {
		.gref = tx->refs[id],
		.offset = (uint16_t)offset,
		.flags = flags,
		.id = id,
		.size = (uint16_t)bytes,
	};

	tx->slot[id] = (uint8_t)kind;
	xnb_tx_slot(tx->shared, tx->req_prod++)->req = request;
}

static void push_extra(struct xnf_tx *tx, const struct netif_extra_info *extra)
{
	union netif_tx_sring_entry *slot =
		xnb_tx_slot(tx->shared, tx->req_prod++);

	memcpy(slot, extra, sizeof(*extra));
	tx->extras_out++;
}

static void push_gso(struct xnf_tx *tx, const struct xnf_meta *meta)
{
	push_extra(tx, &(struct netif_extra_info){
			       .type = XEN_NETIF_EXTRA_TYPE_GSO,
			       .u.gso.size = meta->gso_size,
			       .u.gso.type = meta->gso_type,
		       });
}

static uint16_t first_flags(const struct xnf_meta *meta)
{
	uint32_t flags = 0;

	if (meta->csum_blank)
		flags |= NETTXF_csum_blank;
	if (meta->data_validated)
		flags |= NETTXF_data_validated;
	if (meta->gso_type)
		flags |= NETTXF_extra_info;
	return (uint16_t)flags;
}

void xnf_tx_commit(struct xnf_tx *tx, uint32_t bytes,
		   const struct xnf_meta *meta)
{
	uint32_t first = XNF_PAGE_BYTES - tx->offset;
	uint32_t rest = bytes > first ? bytes - first : 0;
	uint16_t flags = first_flags(meta);

	assert(bytes >= XNF_FRAME_MIN && bytes <= XNF_FRAME_MAX);
	assert(pages_of(tx->offset, bytes) + 1 <= xnf_tx_room(tx));
	if (rest)
		flags |= NETTXF_more_data;
	push_request(tx, tx->offset, bytes, flags, XNF_TX_FIRST);
	if (meta->gso_type)
		push_gso(tx, meta);
	while (rest) {
		uint32_t piece = rest < XNF_PAGE_BYTES ? rest : XNF_PAGE_BYTES;

		rest -= piece;
		push_request(tx, 0, piece, rest ? NETTXF_more_data : 0,
			     XNF_TX_MORE);
	}
	tx->stats.sent++;
	tx->stats.sent_bytes += bytes;
}

uint32_t xnf_tx_claim(const struct xnf_tx *tx, uint32_t bytes, uint32_t count,
		      uint8_t **ret_frames)
{
	const uint16_t *top = &tx->free_id[tx->free_count];
	uint32_t mask = xnf_tx_colour_mask(bytes);
	uint8_t *pages = tx->pages;

	if (tx->fault || bytes < XNF_FRAME_MIN || bytes > XNF_PAGE_BYTES)
		return 0;
	if (count > xnf_tx_room(tx))
		count = xnf_tx_room(tx);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = *--top;

		ret_frames[i] = pages + (size_t)id * XNF_PAGE_BYTES +
				xnf_tx_offset(id, mask);
		__builtin_prefetch(ret_frames[i], 1);
	}
	return count;
}

/* Field by field: a request made elsewhere would be read back at once in other
 * pieces than it was written, which the core waits for. */
static inline void write_flat(union netif_tx_sring_entry *slot, uint32_t gref,
			      uint32_t id, uint32_t offset, uint32_t bytes)
{
	slot->req.gref = gref;
	slot->req.offset = (uint16_t)offset;
	slot->req.flags = 0;
	slot->req.id = (uint16_t)id;
	slot->req.size = (uint16_t)bytes;
}

void xnf_tx_commit_flat(struct xnf_tx *tx, uint32_t bytes, uint32_t count)
{
	const uint16_t *top = &tx->free_id[tx->free_count];
	struct netif_tx_sring *shared = tx->shared;
	uint32_t mask = xnf_tx_colour_mask(bytes);
	const uint32_t *refs = tx->refs;
	uint32_t prod = tx->req_prod;

	assert(bytes >= XNF_FRAME_MIN && bytes <= XNF_PAGE_BYTES);
	assert(count <= xnf_tx_room(tx));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = *--top;

		tx->slot[id] = XNF_TX_FIRST;
		write_flat(xnb_tx_slot(shared, prod++), refs[id], id,
			   xnf_tx_offset(id, mask), bytes);
	}
	tx->free_count -= count;
	tx->req_prod = prod;
	tx->stats.sent += count;
	tx->stats.sent_bytes += (uint64_t)count * bytes;
}

/* Copies as much of `from` as fits; moves it on by that. */
static void fill_piece(const struct iovec *to, const struct iovec **from,
		       size_t *from_done)
{
	uint8_t *next = to->iov_base;
	size_t left = to->iov_len;

	while (left) {
		size_t piece = (*from)->iov_len - *from_done;

		if (piece > left)
			piece = left;
		memcpy(next, (const uint8_t *)(*from)->iov_base + *from_done,
		       piece);
		next += piece;
		left -= piece;
		*from_done += piece;
		if (*from_done == (*from)->iov_len) {
			(*from)++;
			*from_done = 0;
		}
	}
}

int xnf_tx_put(struct xnf_tx *tx, const struct iovec *iov, uint32_t iov_count,
	       const struct xnf_meta *meta)
{
	struct iovec to[XNF_FRAME_PAGES];
	size_t bytes = 0;
	size_t done = 0;
	int pieces;

	for (uint32_t i = 0; i < iov_count; i++) {
		if (iov[i].iov_len > XNF_FRAME_MAX - bytes)
			return -EINVAL;
		bytes += iov[i].iov_len;
	}
	pieces = xnf_tx_prepare(tx, (uint32_t)bytes, to);
	if (pieces < 0)
		return pieces;
	for (int i = 0; i < pieces; i++)
		fill_piece(&to[i], &iov, &done);
	xnf_tx_commit(tx, (uint32_t)bytes, meta);
	return 0;
}

/* On a packet that is none: no data, and a page that nobody looks at. */
int xnf_tx_put_group(struct xnf_tx *tx, bool add, const struct xn_mac *group)
{
	struct netif_extra_info extra = {
		.type = add ? XEN_NETIF_EXTRA_TYPE_MCAST_ADD
			    : XEN_NETIF_EXTRA_TYPE_MCAST_DEL,
	};

	if (tx->fault)
		return -EPROTO;
	if (xnf_tx_room(tx) < 2)
		return -EAGAIN;
	memcpy(extra.u.mcast.addr, group->octet, sizeof(extra.u.mcast.addr));
	push_request(tx, 0, 0, NETTXF_extra_info, XNF_TX_GROUP);
	push_extra(tx, &extra);
	tx->stats.groups++;
	return 0;
}

bool xnf_tx_publish(struct xnf_tx *tx)
{
	uint32_t old = tx->published;

	if (old == tx->req_prod || tx->fault)
		return false;
	tx->published = tx->req_prod;
	xnb_index_publish(&tx->shared->req_prod, tx->req_prod);
	return xnb_event_crossed(&tx->shared->req_event, old, tx->req_prod);
}

static void count_answer(struct xnf_tx *tx, int16_t status)
{
	if (status == NETIF_RSP_OKAY)
		tx->stats.done++;
	else if (status == NETIF_RSP_ERROR)
		tx->stats.errors++;
	else
		tx->stats.dropped++;
}

static enum xnf_fault take_answer(struct xnf_tx *tx,
				  struct netif_tx_response response)
{
	if (response.status == NETIF_RSP_NULL) {
		/* The id of an extra info's answer means nothing. */
		if (!tx->extras_out)
			return XNF_FAULT_TX_STATUS;
		tx->extras_out--;
		return XNF_FAULT_NONE;
	}
	if (response.status > NETIF_RSP_NULL ||
	    response.status < NETIF_RSP_DROPPED)
		return XNF_FAULT_TX_STATUS;
	if (response.id >= XNF_RING_SLOTS ||
	    tx->slot[response.id] == XNF_TX_FREE)
		return XNF_FAULT_TX_ID;
	if (tx->slot[response.id] == XNF_TX_FIRST)
		count_answer(tx, response.status);
	else if (tx->slot[response.id] == XNF_TX_GROUP &&
		 response.status != NETIF_RSP_OKAY)
		tx->stats.groups_refused++;
	tx->slot[response.id] = XNF_TX_FREE;
	tx->free_id[tx->free_count++] = response.id;
	return XNF_FAULT_NONE;
}

_Static_assert(NETIF_RSP_OKAY == 0 &&
		       offsetof(struct netif_tx_response, id) == 0 &&
		       offsetof(struct netif_tx_response, status) == 2,
	       "an id alone is an answer OKAY");

/* Answers OKAY to data, as nearly all are; the number of them from rsp_cons
 * on. */
static uint32_t take_plain_answers(struct xnf_tx *tx, uint32_t count)
{
	uint16_t *free_id = tx->free_id + tx->free_count;
	struct netif_tx_sring *shared = tx->shared;
	uint32_t first = tx->rsp_cons;
	uint8_t *slot = tx->slot;
	uint32_t more = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		/* Id and status as one number: just the id, when it is good
		 * and the status is OKAY. */
		uint32_t id = __atomic_load_n(
			(const uint32_t *)xnb_tx_slot(shared, first + i),
			__ATOMIC_RELAXED);

		if (id >= XNF_RING_SLOTS)
			break;
		if (slot[id] != XNF_TX_FIRST) {
			if (slot[id] != XNF_TX_MORE)
				break;
			more++;
		}
		slot[id] = XNF_TX_FREE;
		free_id[i] = (uint16_t)id;
	}
	tx->free_count += i;
	tx->rsp_cons += i;
	tx->stats.done += i - more;
	return i;
}

int xnf_tx_reap(struct xnf_tx *tx)
{
	uint32_t rsp_prod;
	uint32_t count;

	if (tx->fault)
		return -EPROTO;
	rsp_prod = xnb_index_load(&tx->shared->rsp_prod);
	count = rsp_prod - tx->rsp_cons;
	if (count > tx->published - tx->rsp_cons) {
		tx->fault = XNF_FAULT_TX_INDEX;
		return -EPROTO;
	}
	for (uint32_t i = take_plain_answers(tx, count); i < count;
	     i += take_plain_answers(tx, count - i)) {
		const volatile struct netif_tx_response *slot =
			&xnb_tx_slot(tx->shared, tx->rsp_cons)->rsp;
		struct netif_tx_response response = *slot;

		tx->fault = take_answer(tx, response);
		if (tx->fault)
			return -EPROTO;
		tx->rsp_cons++;
		i++;
	}
	return (int)count;
}

bool xnf_tx_arm(struct xnf_tx *tx, uint32_t slots)
{
	uint32_t out = tx->published - tx->rsp_cons;

	if (slots > out)
		slots = out;
	if (!slots)
		slots = 1;
	xnb_event_arm(&tx->shared->rsp_event, tx->rsp_cons + slots);
	return xnb_index_load(&tx->shared->rsp_prod) - tx->rsp_cons >= slots;
}
