// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The redo log (redo.h). The order of stores is all there is to it. A killed
 * process has done its stores in program order, so towards its successor only
 * the compiler must be kept from moving them; towards the guest, rsp_prod is
 * published with release.
 */
#include "netback/ring/redo.h"

#include <errno.h>
#include <string.h>

static uint32_t load(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

/* Stores in program order: nothing moves before or behind it. */
static void store(uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
	atomic_signal_fence(memory_order_seq_cst);
}

size_t xnb_redo_bytes(uint32_t queue_count)
{
	return sizeof(struct xnb_redo) +
	       queue_count * (sizeof(struct xnb_redo_queue) +
			      sizeof(struct xnb_kept_grants));
}

struct xnb_kept_grants *xnb_redo_grants(struct xnb_redo *redo, uint32_t queue)
{
	return (struct xnb_kept_grants *)&redo->queue[redo->queue_count] +
	       queue;
}

void xnb_redo_init(struct xnb_redo *redo, uint32_t queue_count)
{
	memset(redo, 0, xnb_redo_bytes(queue_count));
	redo->magic = XNB_REDO_MAGIC;
	redo->version = XNB_REDO_VERSION;
	redo->queue_count = queue_count;
}

int xnb_redo_check(const struct xnb_redo *redo, size_t bytes,
		   uint32_t queue_count)
{
	if (bytes < xnb_redo_bytes(queue_count))
		return -EPROTO;
	if (redo->magic != XNB_REDO_MAGIC || redo->version != XNB_REDO_VERSION)
		return -EPROTO;
	return redo->queue_count == queue_count ? 0 : -EPROTO;
}

void xnb_redo_enter(struct xnb_redo *redo, uint32_t queue, uint32_t index)
{
	store(&redo->work_index, index);
	store(&redo->work, queue + 1);
}

void xnb_redo_leave(struct xnb_redo *redo)
{
	store(&redo->work, 0);
}

int xnb_redo_in_work(const struct xnb_redo *redo, uint32_t *ret_queue,
		     uint32_t *ret_index)
{
	uint32_t work = load(&redo->work);

	if (work == 0 || work > redo->queue_count)
		return 0;
	*ret_queue = work - 1;
	*ret_index = load(&redo->work_index);
	return 1;
}

/* What log and ring say about each other. */
struct span {
	uint32_t begin, end; /* the log's */
	uint32_t rsp, req;   /* the ring's producers */
};

/* May the responses [span->rsp, span->end) be written once more? */
static int check_span(const struct span *span, uint32_t ring_size)
{
	if (span->req - span->rsp > ring_size)
		return -EPROTO;
	if (span->end - span->begin > ring_size)
		return -EPROTO;
	if (span->rsp != span->begin && span->rsp != span->end)
		return -EPROTO;
	if (span->end - span->rsp > span->req - span->rsp)
		return -EPROTO;
	return 0;
}

int xnb_redo_tx_start(struct xnb_redo_tx *log, struct netif_tx_sring *shared,
		      uint32_t *ret_next)
{
	uint32_t rsp = xnb_index_load(&shared->rsp_prod);

	if (xnb_index_load(&shared->req_prod) - rsp > XNB_TX_RING_SIZE)
		return -EPROTO;
	store(&log->begin, rsp);
	store(&log->end, rsp);
	*ret_next = rsp;
	return 0;
}

int xnb_redo_rx_start(struct xnb_redo_rx *log, struct netif_rx_sring *shared,
		      uint32_t *ret_next)
{
	uint32_t rsp = xnb_index_load(&shared->rsp_prod);

	if (xnb_index_load(&shared->req_prod) - rsp > XNB_RX_RING_SIZE)
		return -EPROTO;
	store(&log->begin, rsp);
	store(&log->end, rsp);
	*ret_next = rsp;
	return 0;
}

/* The slots from `index` on until the ring's end, or `count`. */
static uint32_t straight(uint32_t index, uint32_t count, uint32_t ring_size)
{
	uint32_t left = ring_size - index % ring_size;

	return count < left ? count : left;
}

static void tx_store(struct netif_tx_sring *shared, uint32_t from,
		     const struct netif_tx_response *response, uint32_t count)
{
	union netif_tx_sring_entry *slot = xnb_tx_slot(shared, from);

	for (uint32_t i = 0; i < count; i++)
		slot[i].rsp = response[i];
}

/* Steps 3 to 5 of redo.h, for what the log holds. */
static void tx_finish(struct xnb_redo_tx *log, struct netif_tx_sring *shared,
		      uint32_t from, uint32_t end)
{
	uint32_t first = straight(from, end - from, XNB_TX_RING_SIZE);

	tx_store(shared, from, &log->response[from % XNB_TX_RING_SIZE], first);
	tx_store(shared, from + first, log->response, end - from - first);
	xnb_index_publish(&shared->rsp_prod, end);
	store(&log->begin, end);
}

_Static_assert(sizeof(union netif_rx_sring_entry) ==
		       sizeof(struct netif_rx_response),
	       "rx responses lie in the ring as in the log");

void xnb_redo_rx_publish(struct xnb_redo_rx *log, struct netif_rx_sring *shared,
			 uint32_t from, uint32_t end)
{
	uint32_t first = straight(from, end - from, XNB_RX_RING_SIZE);
	uint32_t second = end - from - first;

	memcpy(xnb_rx_slot(shared, from),
	       &log->response[from % XNB_RX_RING_SIZE],
	       first * sizeof(log->response[0]));
	if (second)
		memcpy(xnb_rx_slot(shared, 0), log->response,
		       second * sizeof(log->response[0]));
	xnb_index_publish(&shared->rsp_prod, end);
	store(&log->begin, end);
}

int xnb_redo_tx_replay(struct xnb_redo_tx *log, struct netif_tx_sring *shared,
		       uint32_t *ret_next)
{
	const struct span span = {
		.begin = load(&log->begin),
		.end = load(&log->end),
		.rsp = xnb_index_load(&shared->rsp_prod),
		.req = xnb_index_load(&shared->req_prod),
	};

	if (check_span(&span, XNB_TX_RING_SIZE))
		return -EPROTO;
	tx_finish(log, shared, span.rsp, span.end);
	*ret_next = span.end;
	return 0;
}

int xnb_redo_rx_replay(struct xnb_redo_rx *log, struct netif_rx_sring *shared,
		       uint32_t *ret_next)
{
	const struct span span = {
		.begin = load(&log->begin),
		.end = load(&log->end),
		.rsp = xnb_index_load(&shared->rsp_prod),
		.req = xnb_index_load(&shared->req_prod),
	};

	if (check_span(&span, XNB_RX_RING_SIZE))
		return -EPROTO;
	xnb_redo_rx_publish(log, shared, span.rsp, span.end);
	*ret_next = span.end;
	return 0;
}

void xnb_redo_tx_publish(struct xnb_redo_tx *log, struct netif_tx_sring *shared,
			 uint32_t next,
			 const struct netif_tx_response *response,
			 uint32_t count)
{
	uint32_t first = straight(next, count, XNB_TX_RING_SIZE);

	memcpy(&log->response[next % XNB_TX_RING_SIZE], response,
	       first * sizeof(*response));
	if (first < count)
		memcpy(log->response, response + first,
		       (count - first) * sizeof(*response));
	store(&log->end, next + count);
	tx_finish(log, shared, next, next + count);
}

void xnb_redo_rx_log(struct xnb_redo_rx *log, uint32_t end)
{
	store(&log->end, end);
}
