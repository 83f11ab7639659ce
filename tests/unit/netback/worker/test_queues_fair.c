/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares: a vif's turn is its own, however many queues it has. Frames are
 * counted, nothing is timed. */
#include "../ring/cmocka_std.h"

#include <string.h>

#include "bed.h"

#define QUEUES 8u
#define MANY 0u	  /* guests 0 to 7 are its queues */
#define SINGLE 8u /* the guest with one queue */
#define FIRST 9u  /* receivers */
#define SECOND 10u
#define ROUNDS 200u
#define KEEPS_UP 250u /* buffers */

static struct bed_received received;

static void count_senders(struct bed *bed, uint32_t n, uint64_t *ret_many,
			  uint64_t *ret_single)
{
	for (;;) {
		bed_receive(bed, n, &received);
		if (received.bytes == 0)
			return;
		if (received.frame[11] == MANY)
			(*ret_many)++;
		else if (received.frame[11] == SINGLE)
			(*ret_single)++;
	}
}

static void introduce(struct bed *bed, uint32_t n)
{
	bed_burst(bed, n, BED_ALL, 60, 1);
}

/* The frames that each greedy sender will send again and again. */
static void prepare(struct bed *bed, uint8_t many_to, uint8_t single_to,
		    uint32_t bytes)
{
	bed_add_queues(bed, MANY, QUEUES);
	bed_add(bed, SINGLE, 0, 0);
	bed_add(bed, FIRST, 0, 0);
	bed_add(bed, SECOND, 0, 0);
	introduce(bed, FIRST);
	introduce(bed, SECOND);
	bed_frame(bed->vif[MANY + QUEUES - 1].guest.page[BED_TX_PAGE], many_to,
		  MANY, bytes);
	bed_frame(bed->vif[SINGLE].guest.page[BED_TX_PAGE], single_to, SINGLE,
		  bytes);
}

static void fill_rings(struct bed *bed, uint32_t bytes)
{
	for (uint32_t n = MANY; n <= SINGLE; n++)
		bed_fill_ring(bed, n, BED_TX_PAGE, bytes);
}

/* The receiver keeps `count` buffers posted. */
static void post_to(struct bed *bed, uint32_t n, uint32_t count)
{
	struct guest *guest = &bed->vif[n].guest;
	uint32_t posted = guest->rx_prod - xnb_index_load(&guest->rx->rsp_prod);

	if (posted >= count)
		return;
	bed_post(bed, n, count - posted);
	ev_send(bed->vif[n].rx_channel);
}

static void assert_equal_shares(uint64_t a, uint64_t b)
{
	assert_true(a > 0 && b > 0);
	assert_true(a * 10 <= b * 11);
	assert_true(b * 10 <= a * 11);
}

/* What both delivered in ROUNDS rounds to receivers with `buffers` more in
 * each. */
static void compete(struct bed *bed, uint32_t bytes, uint32_t buffers,
		    uint64_t *ret_many, uint64_t *ret_single)
{
	*ret_many = *ret_single = 0;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		fill_rings(bed, bytes);
		post_to(bed, FIRST, buffers);
		post_to(bed, SECOND, buffers);
		xnb_worker_round(bed->worker);
		count_senders(bed, FIRST, ret_many, ret_single);
		count_senders(bed, SECOND, ret_many, ret_single);
	}
}

static void eight_queues_get_no_more_than_one_of_a_receiver(void **state)
{
	struct bed *bed = *state;
	uint64_t many, single;

	prepare(bed, FIRST, FIRST, 1514);
	compete(bed, 1514, KEEPS_UP, &many, &single);
	assert_equal_shares(many, single);
	assert_true(many + single >= ROUNDS * 100);
	assert_int_equal(bed_counters(bed, FIRST)->drop[XN_DROP_RX_FULL], 0);
}

static void nor_of_different_receivers(void **state)
{
	struct bed *bed = *state;
	uint64_t many, single;

	prepare(bed, FIRST, SECOND, 1514);
	compete(bed, 1514, KEEPS_UP, &many, &single);
	assert_equal_shares(many, single);
	assert_int_equal(bed_counters(bed, FIRST)->drop[XN_DROP_RX_FULL], 0);
	assert_int_equal(bed_counters(bed, SECOND)->drop[XN_DROP_RX_FULL], 0);
}

/* Frames, not bytes, are what small ones cost. */
static void small_frames_count_as_frames(void **state)
{
	struct bed *bed = *state;
	uint64_t many, single;

	prepare(bed, FIRST, SECOND, 60);
	compete(bed, 60, KEEPS_UP, &many, &single);
	assert_equal_shares(many, single);
	assert_true(many <= ROUNDS * XNB_TX_BURST_MAX);
}

/* A queue that is full takes from everybody alike. */
static void a_slow_receiver_is_shared_alike(void **state)
{
	struct bed *bed = *state;
	uint64_t many, single;

	prepare(bed, FIRST, FIRST, 1514);
	compete(bed, 1514, 20, &many, &single);
	assert_true(bed_counters(bed, FIRST)->drop[XN_DROP_RX_FULL] > 1000);
	compete(bed, 1514, 20, &many, &single);
	assert_equal_shares(many, single);
	compete(bed, 1514, 1, &many, &single);
	assert_equal_shares(many, single);
}

static void every_queue_of_a_vif_has_its_turn(void **state)
{
	struct bed *bed = *state;
	uint32_t least = UINT32_MAX, most = 0;
	uint64_t many, single;

	prepare(bed, FIRST, SECOND, 1514);
	compete(bed, 1514, KEEPS_UP, &many, &single);
	for (uint32_t i = 0; i < QUEUES; i++) {
		uint32_t count = bed_answers(bed, MANY + i).okay;

		least = count < least ? count : least;
		most = count > most ? count : most;
	}
	assert_true(most - least <= XNB_TX_BURST_MAX);
}

/* What one queue leaves of the turn is the next one's. */
static void queues_share_what_is_left_of_a_turn(void **state)
{
	struct bed *bed = *state;
	uint32_t sent = 0;

	prepare(bed, FIRST, SECOND, 60);
	post_to(bed, FIRST, KEEPS_UP);
	for (uint32_t n = MANY; n < MANY + QUEUES; n++) {
		(void)bed_answers(bed, n);
		for (uint32_t i = 0; i < 10; i++)
			guest_send(&bed->vif[n].guest, BED_TX_PAGE, 0, 60, 0);
		guest_push(&bed->vif[n].guest);
		ev_send(bed->vif[n].tx_channel);
		/* An event a round: the queue is ready from then on. */
		xnb_queue_ready(bed->worker, &bed->worker->port[MANY].queue[n]);
	}
	xnb_worker_round(bed->worker);
	for (uint32_t n = MANY; n < MANY + QUEUES; n++)
		sent += bed_answers(bed, n).okay;
	assert_int_equal(sent, XNB_TX_BURST_MAX);
	bed_run(bed);
	for (uint32_t n = MANY; n < MANY + QUEUES; n++)
		sent += bed_answers(bed, n).okay;
	assert_int_equal(sent, QUEUES * 10);
}

/* Each of several receivers that take nothing holds its share of memory, and
 * the next one finds some. */
static void a_pool_that_is_nearly_full_is_shared(void **state)
{
	static struct xnb_packet *held[XNB_CHUNKS_DEFAULT];
	struct bed *bed = *state;
	struct xnb_worker *w = bed->worker;
	uint32_t count = 0;

	for (uint32_t n = 0; n < 5; n++)
		bed_add(bed, n, 0, 0);
	for (uint32_t n = 1; n < 5; n++)
		introduce(bed, n);
	while (xnb_pool_free(w->pool) > 200)
		held[count++] = xnb_pool_get(w->pool, 1);
	for (uint32_t n = 1; n < 5; n++) {
		for (uint32_t i = 0; i < 4; i++)
			bed_burst(bed, 0, (uint8_t)n, 60, 100);
		assert_in_range(w->port[n].egress_chunks,
				xnb_pool_free(w->pool) - 1,
				xnb_pool_free(w->pool) + 2);
	}
	assert_true(xnb_pool_free(w->pool) > 0);
	while (count > 0)
		xnb_pool_put(w->pool, held[--count]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(eight_queues_get_no_more_than_one_of_a_receiver),
		BED_TEST(nor_of_different_receivers),
		BED_TEST(small_frames_count_as_frames),
		BED_TEST(a_slow_receiver_is_shared_alike),
		BED_TEST(every_queue_of_a_vif_has_its_turn),
		BED_TEST(queues_share_what_is_left_of_a_turn),
		BED_TEST(a_pool_that_is_nearly_full_is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
