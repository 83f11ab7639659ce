// SPDX-License-Identifier: GPL-2.0-or-later
/* See hash.h. */
#define XEN_NETIF_DEFINE_TOEPLITZ
#include "netback/netfront/hash.h"

#include <netinet/in.h>
#include <string.h>

#include "netback/offload/headers.h"

#define BUFFER_BYTES 36u

void xnf_hash_init(struct xnf_hash *hash, uint32_t queue_count)
{
	static const uint8_t key[XNF_HASH_KEY_BYTES] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
		0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
		0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
		0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};

	memcpy(hash->key, key, sizeof(hash->key));
	hash->mapping_size = XNF_HASH_MAPPING;
	for (uint32_t i = 0; i < XNF_HASH_MAPPING; i++)
		hash->mapping[i] = queue_count - 1 - i % queue_count;
	atomic_init(&hash->on, false);
}

/* The bytes that are hashed: their number, 0 for what is no IP. */
static uint32_t gather(const uint8_t *head, uint32_t head_bytes,
		       uint32_t frame_bytes, uint8_t *ret_buffer,
		       uint8_t *ret_type)
{
	struct xnb_headers headers;
	uint32_t pair = 0, l3 = 14;
	bool tcp = xnb_headers_parse(head, head_bytes, frame_bytes, &headers) ==
			   0 &&
		   headers.protocol == IPPROTO_TCP;

	/* The lab's own guests send no tags: with one, only TCP is known. */
	if (tcp)
		l3 = headers.l3;
	if (head_bytes >= l3 + 20 && head[l3 - 2] == 0x08 &&
	    head[l3 - 1] == 0 && head[l3] >> 4 == 4) {
		pair = 8;
		memcpy(ret_buffer, head + l3 + 12, pair);
		*ret_type = tcp ? _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP
				: _XEN_NETIF_CTRL_HASH_TYPE_IPV4;
	} else if (head_bytes >= l3 + 40 && head[l3 - 2] == 0x86 &&
		   head[l3 - 1] == 0xdd && head[l3] >> 4 == 6) {
		pair = 32;
		memcpy(ret_buffer, head + l3 + 8, pair);
		*ret_type = tcp ? _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP
				: _XEN_NETIF_CTRL_HASH_TYPE_IPV6;
	}
	if (pair == 0 || !tcp)
		return pair;
	memcpy(ret_buffer + pair, head + headers.l4, 4);
	return pair + 4;
}

enum xnf_hash_verdict xnf_hash_check(const struct xnf_hash *hash,
				     const uint8_t *head, uint32_t head_bytes,
				     uint32_t frame_bytes, uint32_t queue,
				     const struct xnf_rx_hash *told)
{
	uint8_t buffer[BUFFER_BYTES];
	uint8_t type = 0;
	uint32_t value;
	uint32_t bytes = gather(head, head_bytes, frame_bytes, buffer, &type);

	if (told->algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE)
		return bytes > 0 ? XNF_HASH_MISSING : XNF_HASH_RIGHT;
	value = xen_netif_toeplitz_hash(hash->key, XNF_HASH_KEY_BYTES, buffer,
					bytes);
	if (bytes == 0 ||
	    told->algorithm != XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ ||
	    told->type != type || told->value != value ||
	    hash->mapping[value % hash->mapping_size] != queue)
		return XNF_HASH_WRONG;
	return XNF_HASH_RIGHT;
}
