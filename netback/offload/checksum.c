// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Internet checksum over private frames. Sums are kept over 16-bit words
 * in the machine's order: the one's complement sum does not care, as long as
 * the result is stored in the same order (RFC 1071, 2(B)).
 */
#include "netback/offload/checksum.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "netback/offload/wire.h"

#define UNFOLDED_ZERO 0xffffu /* what stands for 0 where 0 says "none" */

static uint32_t fold64(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	return (uint32_t)sum;
}

uint32_t xnb_sum(uint32_t sum, const void *data, uint32_t bytes)
{
	const uint8_t *at = data;
	uint64_t wide = sum;
	uint8_t tail[4] = {0};
	uint32_t word;

	for (; bytes >= sizeof(word); bytes -= (uint32_t)sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		wide += word;
		at += sizeof(word);
	}
	if (bytes) {
		memcpy(tail, at, bytes);
		memcpy(&word, tail, sizeof(word));
		wide += word;
	}
	return fold64(wide);
}

static uint16_t fold16(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t xnb_sum_fold(uint32_t sum)
{
	return (uint16_t)~fold16(sum);
}

uint32_t xnb_sum_iov(uint32_t sum, const struct iovec *iov, uint32_t iov_count,
		     uint32_t start, uint32_t bytes)
{
	uint64_t wide = sum;
	uint32_t odd = 0;

	for (uint32_t i = 0; i < iov_count && bytes; i++) {
		uint32_t length = (uint32_t)iov[i].iov_len;
		uint16_t part;

		if (start >= length) {
			start -= length;
			continue;
		}
		length -= start;
		if (length > bytes)
			length = bytes;
		part = fold16(xnb_sum(
			0, (const uint8_t *)iov[i].iov_base + start, length));
		/* Behind an odd number of bytes the words lie crosswise. */
		wide += odd ? __builtin_bswap16(part) : part;
		odd ^= length & 1;
		bytes -= length;
		start = 0;
	}
	return fold64(wide);
}

uint32_t xnb_sum_pseudo(const uint8_t *head, const struct xnb_headers *headers,
			uint32_t l4_bytes)
{
	const uint8_t *ip = head + headers->l3;
	uint8_t words[8];
	uint32_t sum;

	xnb_put32(words, l4_bytes);
	xnb_put32(words + 4, headers->protocol);
	sum = xnb_sum(0, words, sizeof(words));
	if (headers->ip_version == 4)
		return xnb_sum(sum, ip + 12, 8);
	return xnb_sum(sum, ip + 8, 32);
}

static uint32_t iov_bytes(const struct iovec *iov, uint32_t iov_count)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < iov_count; i++)
		bytes += iov[i].iov_len;
	return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static int parse(const struct iovec *iov, uint32_t iov_count,
		 struct xnb_headers *ret)
{
	uint32_t bytes = iov_bytes(iov, iov_count);

	if (iov_count == 0 || bytes > UINT16_MAX)
		return -EBADMSG;
	return xnb_headers_parse(iov[0].iov_base, (uint32_t)iov[0].iov_len,
				 bytes, ret);
}

static uint8_t *checksum_field(uint8_t *head, const struct xnb_headers *h)
{
	return head + h->l4 +
	       (h->protocol == IPPROTO_TCP ? XNB_TCP_CSUM_OFFSET
					   : XNB_UDP_CSUM_OFFSET);
}

int xnb_checksum_fill(const struct iovec *iov, uint32_t iov_count)
{
	struct xnb_headers h;
	uint8_t *field;
	uint32_t sum = 0;
	uint16_t value;

	if (parse(iov, iov_count, &h))
		return -EBADMSG;
	field = checksum_field(iov[0].iov_base, &h);
	/* The sender alone knew a routed packet's last address; the field has
	 * its pseudo-header sum and becomes part of the sum. */
	if (!h.routed) {
		sum = xnb_sum_pseudo(iov[0].iov_base, &h, h.l4_bytes);
		memset(field, 0, sizeof(value));
	}
	sum = xnb_sum_iov(sum, iov, iov_count, h.l4, h.l4_bytes);
	value = xnb_sum_fold(sum);
	if (value == 0 && h.protocol == IPPROTO_UDP)
		value = UNFOLDED_ZERO;
	memcpy(field, &value, sizeof(value));
	return 0;
}

int xnb_checksum_fill_at(const struct iovec *iov, uint32_t iov_count,
			 uint16_t start, uint16_t offset)
{
	uint32_t bytes = iov_bytes(iov, iov_count);
	uint16_t value;

	if (iov_count == 0 || bytes > UINT16_MAX)
		return -EBADMSG;
	if (iov[0].iov_len < sizeof(value) ||
	    start > iov[0].iov_len - sizeof(value) ||
	    offset > iov[0].iov_len - sizeof(value) - start)
		return -EBADMSG;
	value = xnb_sum_fold(
		xnb_sum_iov(0, iov, iov_count, start, bytes - start));
	if (value == 0)
		value = UNFOLDED_ZERO;
	memcpy((uint8_t *)iov[0].iov_base + start + offset, &value,
	       sizeof(value));
	return 0;
}
