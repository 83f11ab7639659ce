// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's rx ring: it posts what it likes, frames come from private memory
 * or another guest's pages. What a frontend finds in its pages afterwards is
 * the frame, its slots follow each other in the posted order, and a frame that
 * failed says so in all of its slots, and not without a reason.
 *
 * Input: u8 how far the ring's index is from its wrap, u8 the frontend's
 * features, u16 headroom, u16 requests published, u8 how many of them name
 * another grant and for each u8 which, u16 the grant; then the frames (struct
 * recipe).
 */
#include "../unit/netback/ring/guest.h"
#include "../unit/netback/ring/hypervisor.h"
#include "fetch.h"
#include "fuzz.h"

#define FRAMES_MAX 32u
#define FRAGS_MAX 20u
#define FRAME_ROOM 65536u
#define SENDER_BAD_REF (GUEST_PAGES + 8u) /* and above: not granted */

struct recipe {
	uint16_t frame_bytes;
	uint8_t head_bytes;
	uint8_t kind; /* bits: guest's pages, csum_blank, validated, GSO, v6,
		       * hash */
	uint16_t gso_size;
	uint8_t skip;
	uint8_t pieces;
} __attribute__((packed));

/* A frame as it was given to xnb_rx_fill(). */
struct given {
	struct xnb_rx_source source;
	struct xnb_tx_frag frag[FRAGS_MAX];
	struct iovec iov[FRAGS_MAX];
	int16_t source_status;
	uint32_t rest_bytes; /* of the pieces, behind the skipped ones */
	bool source_bad;
	uint32_t first; /* the ring's index it was reserved at */
};

static struct guest receiver, sender;
static struct xnb_copy plan;
static struct given given[FRAMES_MAX];
static uint32_t given_count;
static uint8_t pattern[FRAME_ROOM]; /* private frames' bytes */
static uint8_t pristine[GUEST_PAGES][XNB_PAGE_SIZE];
static uint8_t expected[FRAME_ROOM];
static uint32_t posted_ref[XNB_RX_RING_SIZE]; /* by index modulo the size */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hv_reset();
	guest_init(&receiver, 1, 0);
	guest_init(&sender, 2, 0);
	memcpy(pristine, receiver.page, sizeof(pristine));
	for (uint32_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 13 + (i >> 8) * 5);
	xnb_copy_init(&plan, NULL);
	return 0;
}

/* Publishes the requests. False: their number is the ring's fault. */
static bool post(struct fuzz_input *in)
{
	uint32_t index = 0u - fuzz_u8(in);
	uint32_t features = fuzz_u8(in) & GUEST_ALL_FE;
	uint16_t headroom = fuzz_u16(in) % (XN_DL_XDP_HEADROOM_MAX + 1);
	uint32_t published = fuzz_u16(in);
	uint32_t others = fuzz_u8(in);

	memset(receiver.rx_page, 0, sizeof(receiver.rx_page));
	receiver.rx->req_prod = receiver.rx->rsp_prod = index;
	FUZZ_CHECK(xnb_rx_attach(&receiver.rx_ring, receiver.rx,
				 &receiver.log.rx, &receiver.owner, features,
				 false) == 0);
	receiver.rx_ring.headroom = headroom;
	receiver.rx_prod = index;
	guest_post(&receiver, XNB_RX_RING_SIZE);
	for (uint32_t i = 0; i < XNB_RX_RING_SIZE; i++)
		posted_ref[i] = GUEST_REF(i);
	for (; others; others--) {
		uint32_t at = fuzz_u8(in);
		uint32_t ref = fuzz_u16(in);

		posted_ref[at] = ref;
		xnb_rx_slot(receiver.rx, at)->req.gref = ref;
	}
	receiver.rx->req_prod = index + published;
	return published <= XNB_RX_RING_SIZE;
}

static void add_grants(struct fuzz_input *in, struct given *to, uint8_t pieces)
{
	for (uint32_t i = 0; i < pieces; i++) {
		struct xnb_tx_frag *frag = &to->frag[i];
		uint16_t ref = fuzz_u16(in);

		/* As the parser lets them through. */
		frag->ref = ref % (SENDER_BAD_REF + 4u);
		if (xnb_owner_maps(&sender.owner, frag->ref))
			frag->ref = GUEST_REF(0);
		frag->offset = fuzz_u16(in) % XNB_PAGE_SIZE;
		frag->bytes = (uint16_t)(1 + fuzz_u16(in) % (XNB_PAGE_SIZE -
							     frag->offset));
		to->rest_bytes += frag->bytes;
	}
	to->source.frag = to->frag;
	to->source.frag_count = pieces;
	to->source.domid = sender.domid;
	to->source.source_status = &to->source_status;
}

static void add_private(struct fuzz_input *in, struct given *to, uint8_t pieces)
{
	for (uint32_t i = 0; i < pieces; i++) {
		uint16_t start = fuzz_u16(in);
		uint16_t bytes = fuzz_u16(in);

		if (bytes > FRAME_ROOM - start)
			bytes = (uint16_t)(FRAME_ROOM - start);
		to->iov[i] = (struct iovec){pattern + start, bytes};
		to->rest_bytes += bytes;
	}
	to->source.iov = to->iov;
	to->source.iov_count = pieces;
}

static void prepare(struct fuzz_input *in, struct given *to)
{
	struct recipe recipe;
	uint8_t pieces;

	fuzz_bytes(in, &recipe, sizeof(recipe));
	pieces = recipe.pieces % (FRAGS_MAX + 1);
	memset(to, 0, sizeof(*to));
	to->source.head = pattern;
	to->source.head_bytes = recipe.head_bytes;
	to->source.frame_bytes = recipe.frame_bytes;
	to->source.meta.csum_blank = recipe.kind >> 1 & 1;
	to->source.meta.data_validated = recipe.kind >> 2 & 1;
	if (recipe.kind >> 3 & 1) {
		to->source.meta.gso_type =
			recipe.kind >> 4 & 1 ? XNB_GSO_TCPV6 : XNB_GSO_TCPV4;
		to->source.meta.gso_size = recipe.gso_size;
	}
	if (recipe.kind >> 5 & 1)
		to->source.hash = (struct xnb_rx_hash){1, 2, 0x01020304};
	if (recipe.kind & 1 && pieces)
		add_grants(in, to, pieces);
	else
		add_private(in, to, pieces);
	to->source.origin =
		to->source.frag_count ? XNB_RX_FROM_GUEST : XNB_RX_FROM_TWIN;
	to->source.frag_skip = to->source.iov_skip = recipe.skip;
	to->rest_bytes -=
		recipe.skip < to->rest_bytes ? recipe.skip : to->rest_bytes;
}

/* Byte `n` of the pieces behind the skipped ones goes to expected[at]. Says
 * whether all of the sender's pages that are needed are granted. */
static bool gather_rest(const struct given *of, uint32_t at)
{
	uint32_t left = of->source.frame_bytes - at;
	uint32_t skip = of->source.frag_skip;
	bool granted = true;

	for (uint32_t i = 0;
	     left && i < of->source.frag_count + of->source.iov_count; i++) {
		const struct xnb_tx_frag *frag = &of->frag[i];
		bool foreign = of->source.frag_count != 0;
		uint32_t length =
			foreign ? frag->bytes : (uint32_t)of->iov[i].iov_len;
		uint32_t from = skip < length ? skip : length;
		uint32_t page = foreign ? frag->ref - 8u : 0;

		skip -= from;
		length -= from;
		length = length < left ? length : left;
		if (length == 0)
			continue;
		if (foreign && page >= GUEST_PAGES)
			granted = false;
		else if (foreign)
			memcpy(expected + at,
			       sender.page[page] + frag->offset + from, length);
		else
			memcpy(expected + at,
			       (const uint8_t *)of->iov[i].iov_base + from,
			       length);
		at += length;
		left -= length;
	}
	return granted;
}

static uint32_t head_of(const struct given *of)
{
	return of->source.head_bytes < of->source.frame_bytes
		       ? of->source.head_bytes
		       : of->source.frame_bytes;
}

/* True: reserved. */
static bool offer(struct given *frame)
{
	struct xnb_rx_ring *ring = &receiver.rx_ring;
	const struct xnb_rx_source *source = &frame->source;
	const struct xnb_copy_mark mark = xnb_copy_mark(&plan);
	uint32_t reserved = ring->reserved;
	uint32_t room = receiver.rx->req_prod - reserved;
	int error;

	frame->first = reserved;
	fetch_watch(receiver.rx, sizeof(receiver.rx_page), true);
	error = xnb_rx_fill(ring, source, &plan);
	FUZZ_CHECK(fetch_end() <=
		   sizeof(receiver.rx->req_prod) +
			   room * sizeof(struct netif_rx_request));
	if (error == 0) {
		FUZZ_CHECK(ring->reserved - reserved ==
			   xnb_rx_slots_needed(ring, source));
		FUZZ_CHECK(ring->reserved - reserved <= room);
		return true;
	}
	FUZZ_CHECK(ring->reserved == reserved);
	FUZZ_CHECK(!memcmp(
		&mark,
		&(struct xnb_copy_mark){{plan.list[0].count, plan.list[1].count,
					 plan.list[2].count}},
		sizeof(mark)));
	if (error == -28) /* ENOSPC */
		FUZZ_CHECK(room < xnb_rx_slots_needed(ring, source));
	else if (error == -22) /* EINVAL */
		FUZZ_CHECK(head_of(frame) + frame->rest_bytes <
			   source->frame_bytes);
	else if (error == -90) /* EMSGSIZE */
		FUZZ_CHECK(!xnb_rx_takes(ring, source->frame_bytes));
	else
		FUZZ_CHECK(error == -105); /* ENOBUFS */
	return false;
}

static bool slot_is_bad(uint32_t index)
{
	uint32_t ref = posted_ref[index % XNB_RX_RING_SIZE];

	return xnb_owner_maps(&receiver.owner, ref) || ref - 8u >= GUEST_PAGES;
}

/* Extra infos follow the first slot. */
static uint32_t extras_of(const struct given *frame)
{
	return (frame->source.meta.gso_type ? 1u : 0u) +
	       (frame->source.hash.algorithm ? 1u : 0u) +
	       (receiver.rx_ring.headroom ? 1u : 0u);
}

/* Is there a buffer among these slots that cannot be written? The extra infos'
 * slots take no data. */
static bool buffers_bad(const struct given *frame, uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++) {
		if (i >= 1 && i <= extras_of(frame))
			continue;
		if (slot_is_bad(frame->first + i))
			return true;
	}
	return false;
}

/* One of each kind at most, each with what it has to tell. */
static void check_extras(const struct given *frame)
{
	uint32_t count = extras_of(frame), types = 0;

	for (uint32_t i = 1; i <= count; i++) {
		struct netif_extra_info extra;

		memcpy(&extra, xnb_rx_slot(receiver.rx, frame->first + i),
		       sizeof(extra));
		FUZZ_CHECK(extra.flags == (i < count));
		FUZZ_CHECK(extra.type && !(types >> extra.type & 1));
		types |= 1u << extra.type;
		if (extra.type == XEN_NETIF_EXTRA_TYPE_GSO) {
			FUZZ_CHECK(extra.u.gso.type ==
				   frame->source.meta.gso_type);
			FUZZ_CHECK(extra.u.gso.size ==
				   frame->source.meta.gso_size);
		} else if (extra.type == XEN_NETIF_EXTRA_TYPE_HASH) {
			FUZZ_CHECK(frame->source.hash.algorithm);
			FUZZ_CHECK(extra.u.hash.value[0] == 4 &&
				   extra.u.hash.value[3] == 1);
		} else {
			FUZZ_CHECK(extra.type == XNB_EXTRA_TYPE_XDP);
			FUZZ_CHECK(xnb_extra_headroom(&extra) ==
				   receiver.rx_ring.headroom);
		}
	}
}

/* Does another slot of the frame's name the same page? Then one has written
 * over what the other got. */
static bool page_is_shared(const struct given *frame, uint32_t n)
{
	(void)frame;
	for (uint32_t i = 0; i < XNB_RX_RING_SIZE; i++) {
		if (i != (frame->first + n) % XNB_RX_RING_SIZE &&
		    posted_ref[i] ==
			    posted_ref[(frame->first + n) % XNB_RX_RING_SIZE])
			return true;
	}
	return false;
}

/* What a frontend reads from a frame's buffers. */
static void check_delivered(const struct given *frame, uint32_t slots)
{
	uint32_t extras = extras_of(frame);
	uint32_t bytes = 0;

	memcpy(expected, pattern, head_of(frame));
	FUZZ_CHECK(gather_rest(frame, head_of(frame)));
	FUZZ_CHECK(!buffers_bad(frame, slots));
	if (extras)
		check_extras(frame);
	for (uint32_t i = 0; i < slots; i++) {
		struct netif_rx_response response =
			guest_rx_response(&receiver, frame->first + i);
		uint32_t page =
			posted_ref[(frame->first + i) % XNB_RX_RING_SIZE] - 8u;
		uint16_t length = (uint16_t)response.status;
		bool last = i + 1 == slots || (i == 0 && slots == 1 + extras);

		if (i >= 1 && i <= extras)
			continue;
		FUZZ_CHECK(response.id == (uint16_t)(frame->first + i + 2000));
		FUZZ_CHECK(response.status > 0 &&
			   response.offset + response.status <=
				   (int)XNB_PAGE_SIZE);
		FUZZ_CHECK(!(response.flags & NETRXF_more_data) == last);
		FUZZ_CHECK(!(response.flags & NETRXF_extra_info) ==
			   !(i == 0 && extras));
		FUZZ_CHECK(!(response.flags & NETRXF_csum_blank) ==
			   !(i == 0 && frame->source.meta.csum_blank));
		if (i == 0 && receiver.rx_ring.headroom)
			FUZZ_CHECK(response.offset ==
				   receiver.rx_ring.headroom);
		if (!page_is_shared(frame, i))
			FUZZ_CHECK(!memcmp(
				receiver.page[page] + response.offset,
				expected + bytes, (size_t)response.status));
		bytes += length;
	}
	FUZZ_CHECK(bytes == frame->source.frame_bytes);
}

static void check_refused(const struct given *frame, uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++) {
		struct netif_rx_response response =
			guest_rx_response(&receiver, frame->first + i);

		FUZZ_CHECK(response.id == (uint16_t)(frame->first + i + 2000));
		FUZZ_CHECK(response.status == NETIF_RSP_ERROR);
	}
	FUZZ_CHECK(buffers_bad(frame, slots) ||
		   !gather_rest(frame, head_of(frame)));
}

static void check_ring(const struct xnb_rx_result *result)
{
	uint32_t end = receiver.rx->rsp_prod, next = given[0].first;
	uint32_t good = 0, bad = 0;
	uint64_t bytes = 0;

	FUZZ_CHECK(receiver.rx_ring.next == end);
	for (uint32_t i = 0; i < given_count; i++) {
		uint32_t slots = xnb_rx_slots_needed(&receiver.rx_ring,
						     &given[i].source);
		struct netif_rx_response first =
			guest_rx_response(&receiver, given[i].first);

		if (given[i].first == end) { /* the last were given back */
			FUZZ_CHECK(!gather_rest(&given[i], head_of(&given[i])));
			bad++;
			end += slots;
			next = end;
			continue;
		}
		FUZZ_CHECK(given[i].first == next);
		next += slots;
		if (first.status < 0) {
			check_refused(&given[i], slots);
			bad++;
			continue;
		}
		check_delivered(&given[i], slots);
		bytes += given[i].source.frame_bytes;
		good++;
	}
	FUZZ_CHECK(next == end);
	FUZZ_CHECK(result->frames[0] + result->frames[1] == good);
	FUZZ_CHECK(result->bytes[0] + result->bytes[1] == bytes);
	FUZZ_CHECK(result->dest_failed + result->source_failed == bad);
}

/* For the next input. */
static void restore_pages(void)
{
	for (uint32_t i = 0; i < XNB_RX_RING_SIZE; i++) {
		if (posted_ref[i] - 8u < GUEST_PAGES &&
		    posted_ref[i] != GUEST_REF(i))
			memcpy(receiver.page[posted_ref[i] - 8u],
			       pristine[posted_ref[i] - 8u], XNB_PAGE_SIZE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct xnb_rx_result result;
	bool fits = post(&in);

	given_count = 0;
	while (given_count < FRAMES_MAX && in.left) {
		prepare(&in, &given[given_count]);
		if (!fits) {
			FUZZ_CHECK(xnb_rx_fill(&receiver.rx_ring,
					       &given[0].source, &plan) < 0);
			FUZZ_CHECK(plan.list[1].count == 0);
			continue;
		}
		if (offer(&given[given_count]))
			given_count++;
	}
	xnb_copy_run(&plan);
	FUZZ_CHECK(hv.breaches == 0);
	(void)guest_rx_finish(&receiver, &result);
	if (given_count)
		check_ring(&result);
	restore_pages();
	return 0;
}
