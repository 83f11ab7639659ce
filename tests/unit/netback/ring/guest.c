// SPDX-License-Identifier: GPL-2.0-or-later
/* The frontend's side for the tests (guest.h). */
#include "guest.h"

#include <string.h>

#include "hypervisor.h"

uint8_t guest_pattern(const struct guest *guest, uint32_t n, uint32_t offset)
{
	return (uint8_t)(guest->domid * 101u + n * 31u + offset +
			 (offset >> 8) * 7u);
}

void guest_init(struct guest *guest, uint16_t domid, uint32_t index)
{
	memset(guest, 0, sizeof(*guest));
	guest->domid = domid;
	guest->owner.domid = domid;
	xnb_owner_add(&guest->owner, GUEST_TX_RING_REF);
	xnb_owner_add(&guest->owner, GUEST_RX_RING_REF);
	guest->tx_prod = index;
	guest->rx_prod = index;
	guest->tx = (struct netif_tx_sring *)(void *)guest->tx_page;
	guest->rx = (struct netif_rx_sring *)(void *)guest->rx_page;
	guest->tx->req_prod = guest->tx->rsp_prod = index;
	guest->rx->req_prod = guest->rx->rsp_prod = index;
	guest->tx->req_event = guest->tx->rsp_event = index + 1;
	guest->rx->req_event = guest->rx->rsp_event = index + 1;
	for (uint32_t n = 0; n < GUEST_PAGES; n++) {
		for (uint32_t i = 0; i < XNB_PAGE_SIZE; i++)
			guest->page[n][i] = guest_pattern(guest, n, i);
		hv_grant(domid, GUEST_REF(n), guest->page[n], false);
	}
	xnb_tx_attach(&guest->tx_ring, guest->tx, &guest->log.tx, &guest->owner,
		      false);
	xnb_rx_attach(&guest->rx_ring, guest->rx, &guest->log.rx, &guest->owner,
		      GUEST_ALL_FE, false);
}

uint16_t guest_send(struct guest *guest, uint32_t n, uint32_t offset,
		    uint32_t size, uint32_t flags)
{
	uint16_t id = (uint16_t)(guest->tx_prod + 1000u);

	xnb_tx_slot(guest->tx, guest->tx_prod++)->req =
		(struct netif_tx_request){
			.gref = GUEST_REF(n),
			.offset = (uint16_t)offset,
			.flags = (uint16_t)flags,
			.id = id,
			.size = (uint16_t)size,
		};
	return id;
}

static void put_extra(struct guest *guest, const struct netif_extra_info *extra)
{
	memcpy(xnb_tx_slot(guest->tx, guest->tx_prod++), extra, sizeof(*extra));
}

void guest_send_extra(struct guest *guest, uint8_t type, uint8_t flags)
{
	struct netif_extra_info extra = {.type = type, .flags = flags};

	put_extra(guest, &extra);
}

void guest_send_group(struct guest *guest, uint8_t type, const uint8_t group[6],
		      uint8_t flags)
{
	struct netif_extra_info extra = {.type = type, .flags = flags};

	memcpy(extra.u.mcast.addr, group, sizeof(extra.u.mcast.addr));
	put_extra(guest, &extra);
}

void guest_send_gso(struct guest *guest, uint8_t gso_type, uint16_t size,
		    uint8_t flags)
{
	struct netif_extra_info extra = {
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.flags = flags,
		.u.gso.size = size,
		.u.gso.type = gso_type,
	};

	put_extra(guest, &extra);
}

void guest_push(struct guest *guest)
{
	xnb_index_publish(&guest->tx->req_prod, guest->tx_prod);
}

void guest_post(struct guest *guest, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = guest->rx_prod++;

		xnb_rx_slot(guest->rx, index)->req = (struct netif_rx_request){
			.id = (uint16_t)(index + 2000u),
			.gref = GUEST_REF(index % XNB_RX_RING_SIZE),
		};
	}
	xnb_index_publish(&guest->rx->req_prod, guest->rx_prod);
}

struct netif_tx_response guest_tx_response(const struct guest *guest,
					   uint32_t index)
{
	return xnb_tx_slot(guest->tx, index)->rsp;
}

struct netif_rx_response guest_rx_response(const struct guest *guest,
					   uint32_t index)
{
	return xnb_rx_slot(guest->rx, index)->rsp;
}

bool guest_rx_finish(struct guest *guest, struct xnb_rx_result *ret)
{
	uint32_t old;

	xnb_rx_commit(&guest->rx_ring);
	old = xnb_rx_publish(&guest->rx_ring, ret);
	xnb_event_barrier();
	return xnb_rx_wants_event(&guest->rx_ring, old);
}
