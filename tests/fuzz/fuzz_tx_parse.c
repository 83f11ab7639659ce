// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's tx ring: the input is what its slots hold. Each slot is read once,
 * all of it is judged as the slow twin judges it, the pieces of a frame are
 * its bytes, and every slot that was consumed is answered exactly once.
 *
 * Input: u8 how far the ring's index is from its wrap, u16 how many requests
 * are published, then the slots.
 */
#include "../unit/netback/ring/guest.h"
#include "../unit/netback/ring/tx_twin.h"
#include "fetch.h"
#include "fuzz.h"
#include "netback/ring/tx_respond.h"

static struct guest guest;
static struct xnb_tx_burst burst;
static struct tx_twin twin;
static struct netif_tx_request request[XNB_TX_RING_SIZE]; /* that wait */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	guest_init(&guest, 1, 0);
	return 0;
}

static void fill_ring(struct fuzz_input *in)
{
	uint32_t index = 0u - fuzz_u8(in);
	uint32_t published = fuzz_u16(in);

	memset(guest.tx_page, 0, sizeof(guest.tx_page));
	guest.tx->req_prod = guest.tx->rsp_prod = index;
	FUZZ_CHECK(xnb_tx_attach(&guest.tx_ring, guest.tx, &guest.log.tx,
				 &guest.owner, false) == 0);
	for (uint32_t i = 0; i < XNB_TX_RING_SIZE; i++)
		fuzz_bytes(in, xnb_tx_slot(guest.tx, index + i),
			   sizeof(request[0]));
	guest.tx->req_prod = index + published;
}

/* What waits, in order. */
static uint32_t copy_requests(void)
{
	uint32_t count = guest.tx->req_prod - guest.tx_ring.next;

	for (uint32_t i = 0; i < count; i++)
		memcpy(&request[i],
		       xnb_tx_slot(guest.tx, guest.tx_ring.next + i),
		       sizeof(request[0]));
	return count;
}

static void check_packet(uint32_t n)
{
	const struct xnb_tx_packet *packet = &burst.packet[n];
	const struct tx_twin_packet *expected = &twin.packet[n];
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < packet->frag_count; i++) {
		const struct xnb_tx_frag *frag =
			&burst.frag[packet->frag_first + i];

		FUZZ_CHECK(frag->bytes > 0 && frag->bytes <= XNB_PAGE_SIZE &&
			   frag->offset <= XNB_PAGE_SIZE - frag->bytes);
		FUZZ_CHECK(!xnb_owner_maps(&guest.owner, frag->ref));
		bytes += frag->bytes;
	}
	FUZZ_CHECK(bytes == packet->frame_bytes);
	FUZZ_CHECK(bytes >= XNB_FRAME_BYTES_MIN);
	FUZZ_CHECK(packet->head == burst.head[n]);
	FUZZ_CHECK(packet->head_bytes ==
		   (bytes < XNB_PEEK_BYTES ? bytes : XNB_PEEK_BYTES));
	FUZZ_CHECK(bytes == expected->total);
	FUZZ_CHECK(packet->frag_count == expected->frag_count);
	FUZZ_CHECK(!memcmp(&burst.frag[packet->frag_first], expected->frag,
			   expected->frag_count * sizeof(expected->frag[0])));
	FUZZ_CHECK(packet->slot_first == expected->slot_first);
	FUZZ_CHECK(packet->slot_count == expected->slot_count);
	FUZZ_CHECK(
		!memcmp(&packet->meta, &expected->meta, sizeof(packet->meta)));
}

static void check_group(uint32_t n)
{
	const struct xnb_tx_group *group = &burst.group[n];

	FUZZ_CHECK(
		!memcmp(&group->mac, &twin.group[n].mac, sizeof(group->mac)));
	FUZZ_CHECK(group->add == twin.group[n].add);
	FUZZ_CHECK(group->slot == twin.group[n].slot);
	FUZZ_CHECK(burst.response[group->slot].status == NETIF_RSP_OKAY);
}

static void check_burst(void)
{
	FUZZ_CHECK(burst.fault == twin.fault);
	FUZZ_CHECK(burst.count == twin.count);
	FUZZ_CHECK(burst.malformed == twin.malformed);
	FUZZ_CHECK(burst.requests == twin.requests);
	FUZZ_CHECK(burst.slot_count == twin.response_count);
	FUZZ_CHECK(!memcmp(burst.response, twin.response,
			   twin.response_count * sizeof(twin.response[0])));
	for (uint32_t i = 0; i < burst.count; i++)
		check_packet(i);
	for (uint32_t i = 0; i < burst.requests; i++)
		check_group(i);
}

/* All that was consumed has its answer, and nothing else was touched. */
static void check_answers(uint32_t first, uint32_t waiting)
{
	uint32_t count = twin.response_count;

	FUZZ_CHECK(guest.tx->rsp_prod == first + count);
	FUZZ_CHECK(guest.tx_ring.next == first + count);
	for (uint32_t i = 0; i < waiting; i++) {
		const void *slot = xnb_tx_slot(guest.tx, first + i);

		if (i < count)
			FUZZ_CHECK(!memcmp(slot, &twin.response[i],
					   sizeof(twin.response[0])));
		else
			FUZZ_CHECK(
				!memcmp(slot, &request[i], sizeof(request[0])));
	}
}

static void serve_burst(void)
{
	uint32_t first = guest.tx_ring.next;
	uint32_t waiting = copy_requests();

	fetch_watch(guest.tx, sizeof(guest.tx_page), true);
	xnb_tx_parse(&guest.tx_ring, &burst, XNB_TX_BURST_MAX, UINT32_MAX);
	FUZZ_CHECK(fetch_end() <=
		   sizeof(guest.tx->req_prod) + waiting * sizeof(request[0]));
	tx_twin_parse(&twin, request, waiting);
	check_burst();
	xnb_tx_respond(&guest.tx_ring, &burst);
	check_answers(first, waiting);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};

	fill_ring(&in);
	if (guest.tx->req_prod - guest.tx_ring.next > XNB_TX_RING_SIZE) {
		xnb_tx_parse(&guest.tx_ring, &burst, XNB_TX_BURST_MAX,
			     UINT32_MAX);
		FUZZ_CHECK(burst.fault == XN_DL_FAULT_TX_INDEX);
		FUZZ_CHECK(burst.slot_count == 0);
		return 0;
	}
	while (!guest.tx_ring.fault && xnb_tx_pending(&guest.tx_ring))
		serve_burst();
	return 0;
}
