// SPDX-License-Identifier: GPL-2.0-or-later
/* See tx_mapped.h. Fragments were checked by the parser: none leaves its
 * page. */
#include "netback/ring/tx_mapped.h"

static const uint8_t *page_of(const struct xnb_grants *grants, uint32_t ref)
{
	const struct xnb_static_page *page = xnb_grants_find(grants, ref);

	return page ? page->page : NULL;
}

void xnb_tx_resolve(struct xnb_tx_burst *burst, const struct xnb_grants *grants)
{
	burst->mapped = true;
	for (uint32_t i = 0; i < burst->count; i++) {
		struct xnb_tx_packet *packet = &burst->packet[i];
		uint32_t end =
			(uint32_t)packet->frag_first + packet->frag_count;

		packet->mapped_count = 0;
		for (uint32_t f = packet->frag_first; f < end; f++) {
			burst->frag_page[f] =
				page_of(grants, burst->frag[f].ref);
			if (burst->frag_page[f])
				packet->mapped_count++;
		}
	}
}

uint32_t xnb_tx_pieces(const struct xnb_tx_burst *burst,
		       const struct xnb_tx_packet *packet, uint32_t skip,
		       struct iovec *ret_iov)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < packet->frag_count; i++) {
		const struct xnb_tx_frag *frag =
			&burst->frag[packet->frag_first + i];
		const uint8_t *page = burst->frag_page[packet->frag_first + i];

		if (skip >= frag->bytes) {
			skip -= frag->bytes;
			continue;
		}
		/* writev() takes no const; the page is only read. */
		ret_iov[count].iov_base =
			(uint8_t *)(uintptr_t)(page + frag->offset + skip);
		ret_iov[count++].iov_len = frag->bytes - skip;
		skip = 0;
	}
	return count;
}
