// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See rx.h. Linux's backend, ours and FreeBSD's publish whole packets, so a
 * chain that reaches beyond the published responses is a broken backend.
 */
#include "netback/netfront/rx.h"

#include <errno.h>
#include <string.h>

/* What is wrong with the packet being read, by weight. */
enum verdict {
	GOOD,
	ERROR,
	BAD_SIZE,
	BAD_EXTRA,
	TOO_MANY_SLOTS,
};

static inline void post(struct netif_rx_sring *shared, const uint32_t *refs,
			uint32_t index)
{
	uint32_t slot = index % XNF_RING_SLOTS;
	union netif_rx_sring_entry *entry = xnb_rx_slot(shared, index);

	entry->req.id = (uint16_t)slot;
	entry->req.pad = 0;
	entry->req.gref = refs[slot];
}

void xnf_rx_init(struct xnf_rx *rx, void *ring_page, void *pages,
		 const uint32_t *refs)
{
	struct netif_rx_sring *shared = ring_page;

	memset(rx, 0, sizeof(*rx));
	memset(shared, 0, XNF_PAGE_BYTES);
	shared->req_event = 1;
	shared->rsp_event = 1;
	rx->shared = shared;
	rx->pages = pages;
	rx->refs = refs;
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++)
		post(shared, refs, i);
	rx->posted = XNF_RING_SLOTS;
	xnb_index_publish(&shared->req_prod, rx->posted);
}

static void worsen(enum verdict *verdict, enum verdict to)
{
	if (*verdict == GOOD)
		*verdict = to;
}

static void read_hash(const struct netif_extra_info *extra,
		      struct xnf_rx_hash *hash)
{
	const uint8_t *value = extra->u.hash.value;

	hash->algorithm = extra->u.hash.algorithm;
	hash->type = extra->u.hash.type;
	hash->value = value[0] | (uint32_t)value[1] << 8 |
		      (uint32_t)value[2] << 16 | (uint32_t)value[3] << 24;
}

static void read_extra(const struct netif_extra_info *extra,
		       struct xnf_rx_packet *packet, enum verdict *verdict)
{
	struct xnf_meta *meta = &packet->meta;

	if (extra->type == XEN_NETIF_EXTRA_TYPE_HASH) {
		read_hash(extra, &packet->hash);
		return;
	}
	if (extra->type == XNB_EXTRA_TYPE_XDP) {
		packet->headroom = xnb_extra_headroom(extra);
		return;
	}
	if (extra->type != XEN_NETIF_EXTRA_TYPE_GSO || !extra->u.gso.size ||
	    (extra->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
	     extra->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6)) {
		worsen(verdict, BAD_EXTRA);
		return;
	}
	meta->gso_type = extra->u.gso.type;
	meta->gso_size = extra->u.gso.size;
}

/* The extra infos behind a packet's first response; *index is moved behind
 * the last one. False: they leave what was published. */
static bool read_extras(struct xnf_rx *rx, uint32_t *index,
			struct xnf_rx_packet *packet, enum verdict *verdict)
{
	struct netif_extra_info extra;

	do {
		if (*index == rx->rsp_prod)
			return false;
		const volatile union netif_rx_sring_entry *slot =
			xnb_rx_slot(rx->shared, *index);
		union netif_rx_sring_entry copy = *slot;

		memcpy(&extra, &copy, sizeof(extra));
		read_extra(&extra, packet, verdict);
		(*index)++;
	} while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return true;
}

static void add_piece(struct xnf_rx *rx, uint32_t index,
		      const struct netif_rx_response *response,
		      struct xnf_rx_packet *packet, enum verdict *verdict)
{
	uint32_t slot = index % XNF_RING_SLOTS;
	uint32_t bytes;

	if (response->status < 0) {
		worsen(verdict, ERROR);
		return;
	}
	bytes = (uint32_t)response->status;
	if (response->offset > XNF_PAGE_BYTES ||
	    bytes > XNF_PAGE_BYTES - response->offset ||
	    bytes > XNF_FRAME_MAX - packet->bytes) {
		worsen(verdict, BAD_SIZE);
		return;
	}
	if (packet->iov_count == XNF_SLOTS_MAX) {
		worsen(verdict, TOO_MANY_SLOTS);
		return;
	}
	packet->iov[packet->iov_count++] = (struct iovec){
		.iov_base = rx->pages + (size_t)slot * XNF_PAGE_BYTES +
			    response->offset,
		.iov_len = bytes,
	};
	packet->bytes += bytes;
}

static struct netif_rx_response read_response(struct xnf_rx *rx, uint32_t index)
{
	const volatile struct netif_rx_response *slot =
		&xnb_rx_slot(rx->shared, index)->rsp;
	struct netif_rx_response response = *slot;

	if (response.id != index % XNF_RING_SLOTS)
		rx->stats.wrong_id++;
	return response;
}

/* Reads the chain at rsp_cons, moves rsp_cons behind it. False: the chain
 * leaves what was published. */
static bool read_packet(struct xnf_rx *rx, struct xnf_rx_packet *packet,
			enum verdict *verdict)
{
	uint32_t first = rx->rsp_cons, index = first + 1;
	struct netif_rx_response response = read_response(rx, first);

	packet->bytes = 0;
	packet->headroom = 0;
	packet->iov_count = 0;
	packet->meta = (struct xnf_meta){
		.csum_blank = response.flags & NETRXF_csum_blank,
		.data_validated = response.flags & NETRXF_data_validated,
	};
	packet->hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_NONE;
	*verdict = GOOD;
	if (response.flags & NETRXF_extra_info &&
	    !read_extras(rx, &index, packet, verdict))
		return false;
	/* As Linux reads it: the info's word counts, not the response's. */
	if (packet->headroom)
		response.offset = packet->headroom;
	add_piece(rx, first, &response, packet, verdict);
	while (response.flags & NETRXF_more_data) {
		if (index == rx->rsp_prod)
			return false;
		response = read_response(rx, index);
		add_piece(rx, index++, &response, packet, verdict);
	}
	rx->rsp_cons = index;
	if (packet->bytes < XNF_FRAME_MIN)
		worsen(verdict, BAD_SIZE);
	return true;
}

static void count_packet(struct xnf_rx *rx, const struct xnf_rx_packet *packet,
			 enum verdict verdict)
{
	switch (verdict) {
	case GOOD:
		rx->stats.taken++;
		rx->stats.taken_bytes += packet->bytes;
		rx->stats.headroom += packet->headroom != 0;
		break;
	case ERROR:
		rx->stats.errors++;
		break;
	case BAD_SIZE:
		rx->stats.bad_size++;
		break;
	case BAD_EXTRA:
		rx->stats.bad_extra++;
		break;
	case TOO_MANY_SLOTS:
		rx->stats.too_many_slots++;
		break;
	}
}

/* Brings rsp_prod up to date when all known responses are consumed. False: the
 * backend's index is impossible. */
static bool look_for_responses(struct xnf_rx *rx)
{
	if (rx->rsp_cons == rx->rsp_prod)
		rx->rsp_prod = xnb_index_load(&rx->shared->rsp_prod);
	if (rx->rsp_prod - rx->rsp_cons <= rx->posted - rx->rsp_cons)
		return true;
	rx->fault = XNF_FAULT_RX_INDEX;
	return false;
}

int xnf_rx_take(struct xnf_rx *rx, struct xnf_rx_packet *ret_packet)
{
	enum verdict verdict;

	if (rx->fault)
		return -EPROTO;
	do {
		if (!look_for_responses(rx))
			return -EPROTO;
		if (rx->rsp_cons == rx->rsp_prod)
			return 0;
		if (!read_packet(rx, ret_packet, &verdict)) {
			rx->fault = XNF_FAULT_RX_CHAIN;
			return -EPROTO;
		}
		count_packet(rx, ret_packet, verdict);
	} while (verdict != GOOD);
	return 1;
}

/* A response as one number, little-endian like Xen's. */
#define WORD_OFFSET 16
#define WORD_FLAGS 32
#define WORD_STATUS 48
/* Its id, and the flags that make a packet no flat one. */
#define WORD_PLAIN                                                        \
	((uint64_t)(NETRXF_more_data | NETRXF_extra_info) << WORD_FLAGS | \
	 UINT16_MAX)

_Static_assert(offsetof(struct netif_rx_response, id) == 0 &&
		       offsetof(struct netif_rx_response, offset) == 2 &&
		       offsetof(struct netif_rx_response, flags) == 4 &&
		       offsetof(struct netif_rx_response, status) == 6,
	       "a response's word");

/* False: it is no flat packet, or none that is sound. */
static inline bool read_flat(struct netif_rx_sring *shared, uint8_t *pages,
			     uint32_t index, struct xnf_rx_flat *ret_packet)
{
	uint32_t slot = index % XNF_RING_SLOTS;
	uint64_t word = __atomic_load_n(
		(const uint64_t *)xnb_rx_slot(shared, index), __ATOMIC_RELAXED);
	uint32_t offset = (uint16_t)(word >> WORD_OFFSET);
	uint32_t bytes = (uint32_t)(word >> WORD_STATUS);

	/* An error is a negative size, and as a number too large for a page. */
	if ((word & WORD_PLAIN) != slot || bytes < XNF_FRAME_MIN ||
	    offset + bytes > XNF_PAGE_BYTES)
		return false;
	ret_packet->at = pages + (size_t)slot * XNF_PAGE_BYTES + offset;
	ret_packet->bytes = bytes;
	return true;
}

uint32_t xnf_rx_take_flat(struct xnf_rx *rx, uint32_t count,
			  struct xnf_rx_flat *ret_packets)
{
	struct netif_rx_sring *shared = rx->shared;
	uint32_t first = rx->rsp_cons;
	uint8_t *pages = rx->pages;
	uint64_t bytes = 0;
	uint32_t i;

	if (rx->fault || !look_for_responses(rx))
		return 0;
	if (count > rx->rsp_prod - first)
		count = rx->rsp_prod - first;
	for (i = 0; i < count; i++) {
		if (!read_flat(shared, pages, first + i, &ret_packets[i]))
			break;
		__builtin_prefetch(ret_packets[i].at);
		bytes += ret_packets[i].bytes;
	}
	rx->rsp_cons += i;
	rx->stats.taken += i;
	rx->stats.taken_bytes += bytes;
	return i;
}

bool xnf_rx_release(struct xnf_rx *rx)
{
	struct netif_rx_sring *shared = rx->shared;
	const uint32_t *refs = rx->refs;
	uint32_t old = rx->posted;
	uint32_t now = rx->rsp_cons + XNF_RING_SLOTS;

	if (old == now || rx->fault)
		return false;
	for (uint32_t i = old; i != now; i++)
		post(shared, refs, i);
	rx->posted = now;
	xnb_index_publish(&shared->req_prod, now);
	return xnb_event_crossed(&shared->req_event, old, now);
}

bool xnf_rx_arm(struct xnf_rx *rx)
{
	xnb_event_arm(&rx->shared->rsp_event, rx->rsp_cons + 1);
	return xnb_index_load(&rx->shared->rsp_prod) != rx->rsp_cons;
}
