/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's small parts: mailbox, packet pool, flow hash. */
#include "../ring/cmocka_std.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "netback/flow.h"
#include "netback/mailbox.h"
#include "netback/pool.h"

static bool readable(struct xnb_mailbox *mailbox)
{
	struct pollfd poller = {.fd = xnb_mailbox_fd(mailbox),
				.events = POLLIN};

	return poll(&poller, 1, 0) == 1;
}

static void a_mailbox_keeps_order_and_its_limit(void **state)
{
	struct xnb_mailbox *mailbox = xnb_mailbox_create(4, sizeof(int));
	int item = -1;

	(void)state;
	assert_non_null(mailbox);
	for (int turn = 0; turn < 3; turn++) {
		assert_false(readable(mailbox));
		assert_false(xnb_mailbox_get(mailbox, &item));
		for (int i = 0; i < 4; i++)
			assert_true(xnb_mailbox_put(mailbox, &i, 0));
		assert_false(xnb_mailbox_put(mailbox, &item, 0));
		assert_int_equal(xnb_mailbox_count(mailbox), 4);
		for (int i = 0; i < 4; i++) {
			/* Also when a reader stopped in the middle. */
			assert_true(readable(mailbox));
			assert_true(xnb_mailbox_get(mailbox, &item));
			assert_int_equal(item, i);
		}
	}
	xnb_mailbox_destroy(mailbox);
	xnb_mailbox_destroy(NULL);
}

static void room_can_be_left_for_what_matters_more(void **state)
{
	struct xnb_mailbox *mailbox = xnb_mailbox_create(4, sizeof(int));
	int item = 1;

	(void)state;
	assert_true(xnb_mailbox_put(mailbox, &item, 2));
	assert_true(xnb_mailbox_put(mailbox, &item, 2));
	assert_false(xnb_mailbox_put(mailbox, &item, 2));
	assert_true(xnb_mailbox_put(mailbox, &item, 0));
	xnb_mailbox_destroy(mailbox);
}

static void *put_many(void *arg)
{
	for (int i = 0; i < 10000; i++)
		xnb_mailbox_put_wait(arg, &i);
	return NULL;
}

static void a_writer_waits_for_room(void **state)
{
	struct xnb_mailbox *mailbox = xnb_mailbox_create(3, sizeof(int));
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, put_many, mailbox), 0);
	for (int i = 0; i < 10000; i++) {
		struct pollfd poller = {.fd = xnb_mailbox_fd(mailbox),
					.events = POLLIN};
		int item = -1;

		assert_int_equal(poll(&poller, 1, 10000), 1);
		assert_true(xnb_mailbox_get(mailbox, &item));
		assert_int_equal(item, i);
	}
	pthread_join(thread, NULL);
	assert_false(readable(mailbox));
	xnb_mailbox_destroy(mailbox);
}

static void a_pool_gives_what_it_has_and_no_more(void **state)
{
	struct xnb_pool *pool = xnb_pool_create(XNB_CHUNKS_MIN);
	struct xnb_packet *big, *small, *packet[XNB_CHUNKS_MIN];

	(void)state;
	assert_non_null(pool);
	big = xnb_pool_get(pool, 65535);
	small = xnb_pool_get(pool, 1);
	assert_int_equal(big->chunk_count, 16);
	assert_int_equal(small->chunk_count, 1);
	assert_int_equal(xnb_pool_free(pool), XNB_CHUNKS_MIN - 17);
	/* No chunk belongs to two. */
	for (uint32_t i = 0; i < 16; i++) {
		memset(xnb_pool_chunk(pool, big, i), (int)i, XNB_CHUNK_BYTES);
		assert_int_not_equal(big->chunk[i], small->chunk[0]);
	}
	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(*xnb_pool_chunk(pool, big, i), i);
	for (uint32_t i = 0; i < XNB_CHUNKS_MIN - 17; i++)
		assert_non_null(packet[i] = xnb_pool_get(pool, 4096));
	assert_null(xnb_pool_get(pool, 1));
	xnb_pool_put(pool, small);
	assert_null(xnb_pool_get(pool, 4097));
	small = xnb_pool_get(pool, 4096);
	assert_non_null(small);
	xnb_pool_put(pool, small);
	xnb_pool_put(pool, big);
	for (uint32_t i = 0; i < XNB_CHUNKS_MIN - 17; i++)
		xnb_pool_put(pool, packet[i]);
	assert_int_equal(xnb_pool_free(pool), XNB_CHUNKS_MIN);
	xnb_pool_destroy(pool);
	xnb_pool_destroy(NULL);
}

static const uint8_t key[16] = "one flow hash k";

static uint32_t hash(const uint8_t *frame, uint32_t bytes)
{
	return xnb_flow_hash(key, frame, bytes, bytes);
}

static void udp_frame(uint8_t *frame)
{
	memset(frame, 0, 64);
	frame[0] = frame[6] = 2;
	frame[12] = 8;
	frame[14] = 0x45;
	frame[17] = 50;
	frame[23] = 17;
	frame[26] = frame[30] = 10;
	frame[29] = 1;
	frame[33] = 2;
	frame[35] = 53;
	frame[37] = 99;
	frame[39] = 30;
}

static void a_flow_is_its_addresses_and_ports(void **state)
{
	static const uint8_t other_key[16] = "another flow key";
	static const uint32_t in_flow[] = {26, 29, 30, 33, 34, 35, 36, 37};
	static const uint32_t not_in_flow[] = {0, 6, 15, 22, 40, 41, 63};
	uint8_t frame[64];
	uint32_t first;

	(void)state;
	udp_frame(frame);
	first = hash(frame, sizeof(frame));
	for (uint32_t i = 0; i < sizeof(in_flow) / sizeof(in_flow[0]); i++) {
		udp_frame(frame);
		frame[in_flow[i]] ^= 1;
		assert_int_not_equal(hash(frame, sizeof(frame)), first);
	}
	for (uint32_t i = 0; i < sizeof(not_in_flow) / sizeof(not_in_flow[0]);
	     i++) {
		udp_frame(frame);
		frame[not_in_flow[i]] ^= 4;
		assert_int_equal(hash(frame, sizeof(frame)), first);
	}
	udp_frame(frame);
	assert_int_not_equal(xnb_flow_hash(other_key, frame, 64, 64), first);
}

/* Options and tags make a packet no other flow's: its packets may differ in
 * them. */
static void a_flow_is_one_whatever_lies_between(void **state)
{
	uint8_t frame[72] = {0}, usual[64];
	uint32_t first;

	(void)state;
	udp_frame(usual);
	first = hash(usual, sizeof(usual));
	memcpy(frame, usual, 34);
	memcpy(frame + 38, usual + 34, 30);
	frame[14] = 0x46;
	frame[17] += 4;
	assert_int_equal(hash(frame, 68), first);
	frame[41]++; /* the destination port */
	assert_int_not_equal(hash(frame, 68), first);

	memcpy(frame, usual, 12);
	frame[12] = 0x81;
	frame[13] = frame[14] = frame[15] = 0;
	memcpy(frame + 16, usual + 12, 52);
	assert_int_equal(hash(frame, 68), first);
}

static void other_frames_go_by_their_stations(void **state)
{
	uint8_t frame[64];
	uint32_t first;

	(void)state;
	udp_frame(frame);
	frame[20] = 0x20; /* a fragment */
	first = hash(frame, sizeof(frame));
	frame[35]++; /* no port in a fragment is one */
	assert_int_equal(hash(frame, sizeof(frame)), first);
	frame[11]++;
	assert_int_not_equal(hash(frame, sizeof(frame)), first);
	first = hash(frame, 14); /* nothing but an Ethernet header */
	frame[5]++;
	assert_int_not_equal(hash(frame, 14), first);
}

static void flows_spread_over_queues(void **state)
{
	uint32_t count[8] = {0};
	uint8_t frame[64];

	(void)state;
	udp_frame(frame);
	for (uint32_t i = 0; i < 4096; i++) {
		frame[36] = (uint8_t)(i >> 8);
		frame[37] = (uint8_t)i;
		count[hash(frame, sizeof(frame)) % 8]++;
	}
	for (uint32_t i = 0; i < 8; i++)
		assert_in_range(count[i], 400, 624);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mailbox_keeps_order_and_its_limit),
		cmocka_unit_test(room_can_be_left_for_what_matters_more),
		cmocka_unit_test(a_writer_waits_for_room),
		cmocka_unit_test(a_pool_gives_what_it_has_and_no_more),
		cmocka_unit_test(a_flow_is_its_addresses_and_ports),
		cmocka_unit_test(a_flow_is_one_whatever_lies_between),
		cmocka_unit_test(other_frames_go_by_their_stations),
		cmocka_unit_test(flows_spread_over_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
