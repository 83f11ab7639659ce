/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See toeplitz.h. Called by deliver.c and twin.c; the settings by ctrl_port.c,
 * all on the worker's thread. */
#include "netback/toeplitz.h"

#include <netinet/in.h>
#include <string.h>

#include "netback/offload/headers.h"

#define MAC_PAIR_BYTES 12u
#define TYPE_BYTES 2u
#define TAG_BYTES 4u
#define TAGS_MAX 2u
#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_IPV6 0x86ddu
#define ETHERTYPE_VLAN 0x8100u
#define ETHERTYPE_QINQ 0x88a8u
#define IPV4_ADDRESSES 12u /* offset of the pair in the header */
#define IPV4_PAIR_BYTES 8u
#define IPV6_ADDRESSES 8u
#define IPV6_PAIR_BYTES 32u
#define PORTS_BYTES 4u

/* The 32 bits of the key from bit `at` on; behind its end are zeros. */
static uint32_t key_bits(const uint8_t key[XNB_HASH_KEY_BYTES], uint32_t at)
{
	uint64_t bits = 0;

	for (uint32_t i = at / 8; i < at / 8 + 5; i++)
		bits = bits << 8 | (i < XNB_HASH_KEY_BYTES ? key[i] : 0);
	return (uint32_t)(bits >> (8 - at % 8));
}

static uint32_t part_of(const uint8_t key[XNB_HASH_KEY_BYTES], uint32_t at,
			uint32_t nibble)
{
	uint32_t hash = 0;

	for (uint32_t i = 0; i < 4; i++) {
		if (nibble & 8u >> i)
			hash ^= key_bits(key, at + i);
	}
	return hash;
}

void xnb_toeplitz_set(struct xnb_toeplitz *toeplitz,
		      const struct xnb_kept_hash *hash)
{
	toeplitz->on =
		hash->algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ &&
		hash->flags != 0;
	toeplitz->types = hash->flags;
	toeplitz->mapping_size = hash->mapping_size;
	memcpy(toeplitz->mapping, hash->mapping, sizeof(toeplitz->mapping));
	for (uint32_t i = 0; i < XNB_TOEPLITZ_BYTES_MAX; i++) {
		for (uint32_t nibble = 0; nibble < 16; nibble++) {
			toeplitz->part[i][0][nibble] =
				part_of(hash->key, 8 * i, nibble);
			toeplitz->part[i][1][nibble] =
				part_of(hash->key, 8 * i + 4, nibble);
		}
	}
}

/* `at`: where in the hashed string the bytes stand. */
static uint32_t hash_at(const struct xnb_toeplitz *toeplitz,
			const uint8_t *data, uint32_t bytes, uint32_t at)
{
	uint32_t hash = 0;

	for (uint32_t i = 0; i < bytes; i++)
		hash ^= toeplitz->part[at + i][0][data[i] >> 4] ^
			toeplitz->part[at + i][1][data[i] & 15];
	return hash;
}

uint32_t xnb_toeplitz_hash(const struct xnb_toeplitz *toeplitz,
			   const uint8_t *data, uint32_t bytes)
{
	return hash_at(toeplitz, data, bytes, 0);
}

/* An IP header with its addresses, in front of the head's end. */
struct place {
	const uint8_t *addresses; /* NULL: no IP */
	uint32_t pair_bytes;
	const uint8_t *ports; /* NULL: no TCP */
	uint32_t type, tcp_type;
	uint8_t type_bit, tcp_type_bit;
};

static uint32_t load_type(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static struct place find_ip(const uint8_t *head, uint32_t head_bytes)
{
	uint32_t at = MAC_PAIR_BYTES, type;

	type = load_type(head + at);
	for (uint32_t i = 0; i < TAGS_MAX; i++) {
		if ((type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ) ||
		    at + TAG_BYTES + TYPE_BYTES > head_bytes)
			break;
		at += TAG_BYTES;
		type = load_type(head + at);
	}
	at += TYPE_BYTES;
	if (type == ETHERTYPE_IPV4 &&
	    head_bytes - at >= IPV4_ADDRESSES + IPV4_PAIR_BYTES &&
	    head[at] >> 4 == 4)
		return (struct place){
			.addresses = head + at + IPV4_ADDRESSES,
			.pair_bytes = IPV4_PAIR_BYTES,
			.type = XEN_NETIF_CTRL_HASH_TYPE_IPV4,
			.type_bit = _XEN_NETIF_CTRL_HASH_TYPE_IPV4,
			.tcp_type = XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP,
			.tcp_type_bit = _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP,
		};
	if (type == ETHERTYPE_IPV6 &&
	    head_bytes - at >= IPV6_ADDRESSES + IPV6_PAIR_BYTES &&
	    head[at] >> 4 == 6)
		return (struct place){
			.addresses = head + at + IPV6_ADDRESSES,
			.pair_bytes = IPV6_PAIR_BYTES,
			.type = XEN_NETIF_CTRL_HASH_TYPE_IPV6,
			.type_bit = _XEN_NETIF_CTRL_HASH_TYPE_IPV6,
			.tcp_type = XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP,
			.tcp_type_bit = _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP,
		};
	return (struct place){.addresses = NULL};
}

struct xnb_rx_hash xnb_toeplitz_frame(const struct xnb_toeplitz *toeplitz,
				      const uint8_t *head, uint32_t head_bytes,
				      uint32_t frame_bytes)
{
	struct place place = find_ip(head, head_bytes);
	struct xnb_rx_hash hash = {
		.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_NONE,
	};
	struct xnb_headers headers;

	if (!place.addresses)
		return hash;
	if (toeplitz->types & place.tcp_type &&
	    xnb_headers_parse(head, head_bytes, frame_bytes, &headers) == 0 &&
	    headers.protocol == IPPROTO_TCP)
		place.ports = head + headers.l4;
	if (!place.ports && !(toeplitz->types & place.type))
		return hash;
	hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
	hash.type = place.ports ? place.tcp_type_bit : place.type_bit;
	hash.value = hash_at(toeplitz, place.addresses, place.pair_bytes, 0);
	if (place.ports)
		hash.value ^= hash_at(toeplitz, place.ports, PORTS_BYTES,
				      place.pair_bytes);
	return hash;
}

uint32_t xnb_toeplitz_queue(const struct xnb_toeplitz *toeplitz, uint32_t value,
			    uint32_t queue_count)
{
	uint32_t queue;

	if (toeplitz->mapping_size == 0)
		return value % queue_count;
	queue = toeplitz->mapping[value % toeplitz->mapping_size];
	return queue < queue_count ? queue : 0;
}
