/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_OFFLOAD_CHECKSUM_H
#define XNB_OFFLOAD_CHECKSUM_H
/*
 * Internet checksums (RFC 1071) in software, over a private frame given as an
 * iovec. iov[0] must hold all headers. The IP header's own checksum is always
 * complete and is not touched.
 *
 * Thread: any.
 */
#include <stdint.h>
#include <sys/uio.h>

#include "netback/offload/headers.h"

/* Running one's complement sum over native-order 16-bit words; `sum` is any
 * earlier result for an even number of bytes. */
uint32_t xnb_sum(uint32_t sum, const void *data, uint32_t bytes);
/* Folds and complements: the value to store (native order of the words). */
uint16_t xnb_sum_fold(uint32_t sum);

/* The same over `bytes` bytes of the iovec from `start` on; both must lie in
 * it. Pieces may have odd lengths. */
uint32_t xnb_sum_iov(uint32_t sum, const struct iovec *iov, uint32_t iov_count,
		     uint32_t start, uint32_t bytes);
/* The pseudo-header's (RFC 768, 9293, 8200) for `l4_bytes` of header and
 * payload. `head`: as parsed; not for a routed packet. */
uint32_t xnb_sum_pseudo(const uint8_t *head, const struct xnb_headers *headers,
			uint32_t l4_bytes);

/* Completes the TCP or UDP checksum of a frame with csum_blank. The
 * pseudo-header is computed from the IP header, whatever the field holds.
 * 0, or -EBADMSG with the frame untouched: ARP, ICMP, fragments, lengths that
 * do not fit. */
int xnb_checksum_fill(const struct iovec *iov, uint32_t iov_count);

/* VIRTIO_NET_HDR_F_NEEDS_CSUM: sums from `start` to the end of the frame, with
 * what the field holds, and stores at start + offset, both in iov[0].
 * 0 or -EBADMSG. */
int xnb_checksum_fill_at(const struct iovec *iov, uint32_t iov_count,
			 uint16_t start, uint16_t offset);

#endif
