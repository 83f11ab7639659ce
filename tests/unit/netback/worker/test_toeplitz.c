// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Toeplitz hash against Microsoft's published vectors ("Verifying the RSS
 * Hash Calculation"), and which frames get which hash and queue.
 */
#include "../ring/cmocka_std.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "netback/toeplitz.h"

#define V4 ((uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV4)
#define V4_TCP ((uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP)
#define V6 ((uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV6)
#define V6_TCP ((uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)
#define ALL (V4 | V4_TCP | V6 | V6_TCP)

static const uint8_t rss_key[XNB_HASH_KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

struct vector {
	int family;
	const char *to;
	uint16_t to_port;
	const char *from;
	uint16_t from_port;
	uint32_t addresses; /* the hash of the addresses */
	uint32_t tcp;	    /* and of these and the ports */
};

static const struct vector vectors[] = {
	{AF_INET, "161.142.100.80", 1766, "66.9.149.187", 2794, 0x323e8fc2,
	 0x51ccc178},
	{AF_INET, "65.69.140.83", 4739, "199.92.111.2", 14230, 0xd718262a,
	 0xc626b0ea},
	{AF_INET, "12.22.207.184", 38024, "24.19.198.95", 12898, 0xd2d0a5de,
	 0x5c2b394a},
	{AF_INET, "209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176,
	 0xafc7327f},
	{AF_INET, "202.188.127.2", 1303, "153.39.163.191", 44251, 0x5d1809c5,
	 0x10e828a2},
	{AF_INET6, "3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794,
	 0x2cc18cd5, 0x40207d3d},
	{AF_INET6, "ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230,
	 0x0f0c461c, 0xdde51bbf},
	{AF_INET6, "fe80::200:f8ff:fe21:67cf", 38024,
	 "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, 0x4b61e985, 0x02d1feef},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static struct xnb_toeplitz toeplitz;

static void use(uint32_t types, uint32_t key_bytes)
{
	struct xnb_kept_hash hash = {
		.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
		.flags = types,
		.key_bytes = key_bytes,
	};

	memcpy(hash.key, rss_key, key_bytes);
	xnb_toeplitz_set(&toeplitz, &hash);
}

struct frame {
	uint8_t byte[128];
	uint32_t bytes;
};

static void put16(struct frame *frame, uint32_t value)
{
	frame->byte[frame->bytes++] = (uint8_t)(value >> 8);
	frame->byte[frame->bytes++] = (uint8_t)value;
}

static void put_address(struct frame *frame, int family, const char *text)
{
	assert_int_equal(inet_pton(family, text, frame->byte + frame->bytes),
			 1);
	frame->bytes += family == AF_INET ? 4 : 16;
}

/* `fragment`: IPv4's flags and offset. */
static struct frame frame_of(const struct vector *vector, uint32_t tags,
			     uint8_t protocol, uint16_t fragment)
{
	struct frame frame = {.bytes = 12};

	for (uint32_t i = 0; i < tags; i++) {
		put16(&frame, 0x8100);
		put16(&frame, 5);
	}
	if (vector->family == AF_INET) {
		put16(&frame, 0x0800);
		put16(&frame, 0x4500);
		put16(&frame, 40);
		put16(&frame, 0);
		put16(&frame, fragment);
		put16(&frame, (uint32_t)64 << 8 | protocol);
		put16(&frame, 0);
	} else {
		put16(&frame, 0x86dd);
		put16(&frame, 0x6000);
		put16(&frame, 0);
		put16(&frame, 20);
		put16(&frame, (uint32_t)protocol << 8 | 64);
	}
	put_address(&frame, vector->family, vector->from);
	put_address(&frame, vector->family, vector->to);
	put16(&frame, vector->from_port);
	put16(&frame, vector->to_port);
	frame.bytes += 8;
	put16(&frame, 0x5010); /* 20 bytes of TCP header */
	frame.bytes += 6;
	return frame;
}

static struct xnb_rx_hash hash_of(const struct frame *frame)
{
	return xnb_toeplitz_frame(&toeplitz, frame->byte, frame->bytes,
				  frame->bytes);
}

static void is(const struct frame *frame, uint8_t type, uint32_t value)
{
	struct xnb_rx_hash hash = hash_of(frame);

	assert_int_equal(hash.algorithm,
			 XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ);
	assert_int_equal(hash.type, type);
	assert_int_equal(hash.value, value);
}

static void is_none(const struct frame *frame)
{
	struct xnb_rx_hash hash = hash_of(frame);

	assert_int_equal(hash.algorithm, XEN_NETIF_CTRL_HASH_ALGORITHM_NONE);
	assert_int_equal(hash.value, 0);
}

static uint8_t tcp_type(const struct vector *vector)
{
	return vector->family == AF_INET ? _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP
					 : _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP;
}

static uint8_t ip_type(const struct vector *vector)
{
	return vector->family == AF_INET ? _XEN_NETIF_CTRL_HASH_TYPE_IPV4
					 : _XEN_NETIF_CTRL_HASH_TYPE_IPV6;
}

static void published_vectors_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct frame tcp = frame_of(&vectors[i], 0, 6, 0);
		struct frame icmp = frame_of(&vectors[i], 0, 1, 0);

		use(ALL, XNB_HASH_KEY_BYTES);
		is(&tcp, tcp_type(&vectors[i]), vectors[i].tcp);
		is(&icmp, ip_type(&vectors[i]), vectors[i].addresses);
		use(V4 | V6, XNB_HASH_KEY_BYTES);
		is(&tcp, ip_type(&vectors[i]), vectors[i].addresses);
	}
}

/* The slow and obvious one, bit by bit. */
static uint32_t reference(const uint8_t *key, const uint8_t *data,
			  uint32_t bytes)
{
	uint32_t hash = 0;

	for (uint32_t bit = 0; bit < bytes * 8; bit++) {
		if (!(data[bit / 8] >> (7 - bit % 8) & 1))
			continue;
		for (uint32_t k = 0; k < 32; k++) {
			uint32_t at = bit + k;

			if (at / 8 < XNB_HASH_KEY_BYTES &&
			    key[at / 8] >> (7 - at % 8) & 1)
				hash ^= UINT32_C(1) << (31 - k);
		}
	}
	return hash;
}

static void tables_are_the_bit_by_bit_hash(void **state)
{
	(void)state;
	srand(1);
	for (uint32_t round = 0; round < 200; round++) {
		struct xnb_kept_hash hash = {
			.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
			.flags = ALL,
		};
		uint8_t data[XNB_TOEPLITZ_BYTES_MAX];

		hash.key_bytes = round % (XNB_HASH_KEY_BYTES + 1);
		for (uint32_t i = 0; i < hash.key_bytes; i++)
			hash.key[i] = (uint8_t)rand();
		for (uint32_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)rand();
		xnb_toeplitz_set(&toeplitz, &hash);
		for (uint32_t bytes = 0; bytes <= sizeof(data); bytes += 4)
			assert_int_equal(
				xnb_toeplitz_hash(&toeplitz, data, bytes),
				reference(hash.key, data, bytes));
	}
}

static void only_wanted_types_are_hashed(void **state)
{
	const struct vector *v4 = &vectors[0], *v6 = &vectors[5];
	struct frame tcp4 = frame_of(v4, 0, 6, 0);
	struct frame tcp6 = frame_of(v6, 0, 6, 0);
	struct frame udp4 = frame_of(v4, 0, 17, 0);
	struct frame arp = {.bytes = 60};

	(void)state;
	use(V4_TCP, XNB_HASH_KEY_BYTES);
	is(&tcp4, tcp_type(v4), v4->tcp);
	is_none(&udp4);
	is_none(&tcp6);
	use(V6, XNB_HASH_KEY_BYTES);
	is_none(&tcp4);
	is(&tcp6, ip_type(v6), v6->addresses);
	use(ALL, XNB_HASH_KEY_BYTES);
	is_none(&arp);
}

static void fragments_and_tags(void **state)
{
	const struct vector *v4 = &vectors[0];
	struct frame first = frame_of(v4, 0, 6, 0x2000);
	struct frame later = frame_of(v4, 0, 6, 100);
	struct frame tagged = frame_of(v4, 1, 6, 0);
	struct frame twice = frame_of(v4, 2, 6, 0);
	struct frame thrice = frame_of(v4, 3, 6, 0);

	(void)state;
	use(ALL, XNB_HASH_KEY_BYTES);
	is(&first, ip_type(v4), v4->addresses);
	is(&later, ip_type(v4), v4->addresses);
	is(&tagged, tcp_type(v4), v4->tcp);
	is(&twice, tcp_type(v4), v4->tcp);
	is_none(&thrice);
}

/* Each shorter head lies at the end of its memory: ASan sees a step beyond. */
static void short_heads_are_read_to_their_end(void **state)
{
	(void)state;
	use(ALL, XNB_HASH_KEY_BYTES);
	for (size_t i = 0; i < VECTORS; i++) {
		for (uint32_t tags = 0; tags < 4; tags++) {
			struct frame whole = frame_of(&vectors[i], tags, 6, 0);

			for (uint32_t n = 14; n <= whole.bytes; n++) {
				uint8_t *head = malloc(n);

				assert_non_null(head);
				memcpy(head, whole.byte, n);
				(void)xnb_toeplitz_frame(&toeplitz, head, n, n);
				free(head);
			}
		}
	}
}

static void mapping_chooses_the_queue(void **state)
{
	struct xnb_kept_hash hash = {
		.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
		.flags = V4,
		.mapping_size = 3,
		.mapping = {2, 0, 1},
	};

	(void)state;
	xnb_toeplitz_set(&toeplitz, &hash);
	assert_true(toeplitz.on);
	assert_int_equal(xnb_toeplitz_queue(&toeplitz, 0, 4), 2);
	assert_int_equal(xnb_toeplitz_queue(&toeplitz, 4, 4), 0);
	assert_int_equal(xnb_toeplitz_queue(&toeplitz, 5, 4), 1);
	hash.mapping_size = 0; /* modular arithmetic */
	xnb_toeplitz_set(&toeplitz, &hash);
	assert_int_equal(xnb_toeplitz_queue(&toeplitz, 7, 4), 3);
	hash.flags = 0;
	xnb_toeplitz_set(&toeplitz, &hash);
	assert_false(toeplitz.on);
	hash.flags = V4;
	hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_NONE;
	xnb_toeplitz_set(&toeplitz, &hash);
	assert_false(toeplitz.on);
}

static void without_a_key_every_hash_is_zero(void **state)
{
	struct frame tcp = frame_of(&vectors[0], 0, 6, 0);

	(void)state;
	use(ALL, 0);
	is(&tcp, tcp_type(&vectors[0]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_hold),
		cmocka_unit_test(tables_are_the_bit_by_bit_hash),
		cmocka_unit_test(only_wanted_types_are_hashed),
		cmocka_unit_test(fragments_and_tags),
		cmocka_unit_test(short_heads_are_read_to_their_end),
		cmocka_unit_test(mapping_chooses_the_queue),
		cmocka_unit_test(without_a_key_every_hash_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
