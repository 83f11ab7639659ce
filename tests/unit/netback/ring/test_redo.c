// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The redo log. The crash matrix runs the real stages in a child process that
 * is stepped one instruction at a time; whenever shared memory changed, the
 * child could have been killed there, so a successor is tried on a copy: it
 * must leave every request either untouched or answered, once and rightly.
 */
#include "cmocka_std.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "hypervisor.h"
#include "netback/ring/tx_copy.h"
#include "netback/ring/tx_respond.h"

#define STEP_FROM SIGUSR1
#define STEP_TO SIGUSR2

/* What the frontend put into a slot and must find there afterwards. */
struct expected {
	union netif_tx_sring_entry tx_request[XNB_TX_RING_SIZE];
	struct netif_tx_response tx_response[XNB_TX_RING_SIZE];
	union netif_rx_sring_entry rx_request[XNB_RX_RING_SIZE];
};

struct world {
	struct guest guest;
	struct expected expected;
	uint32_t tx_cons; /* responses that the frontend took */
	uint32_t rx_cons;
};

/* What a death leaves behind. */
struct remains {
	uint8_t tx_page[XNB_PAGE_SIZE] __attribute__((aligned(4096)));
	uint8_t rx_page[XNB_PAGE_SIZE] __attribute__((aligned(4096)));
	struct xnb_redo_queue log;
	uint32_t tx_cons;
	uint32_t rx_cons;
};

struct tally {
	uint32_t deaths;     /* states that were tried */
	uint32_t unfinished; /* the log held more than the ring */
	uint32_t torn;	     /* without a log, requests would have been lost */
	uint32_t half;	     /* one burst of two was saved */
};

static struct world *world;
static struct xnb_tx_burst burst;
static struct xnb_copy plan;
static struct remains last, copy;

static int setup(void **state)
{
	(void)state;
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		return -1;
	hv_reset();
	xnb_copy_init(&plan, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(world, sizeof(*world));
}

static void start_at(uint32_t index)
{
	guest_init(&world->guest, 1, index);
	world->tx_cons = index;
	world->rx_cons = index;
}

/* The frontend: takes all responses, posts new requests. */

static void note_tx(uint32_t from, uint32_t extra_at)
{
	for (uint32_t i = from; i != world->guest.tx_prod; i++) {
		struct netif_tx_response *rsp =
			&world->expected.tx_response[i % XNB_TX_RING_SIZE];

		world->expected.tx_request[i % XNB_TX_RING_SIZE] =
			*xnb_tx_slot(world->guest.tx, i);
		rsp->id = i == extra_at ? 0 : (uint16_t)(i + 1000);
		rsp->status = i == extra_at ? NETIF_RSP_NULL : NETIF_RSP_OKAY;
	}
}

/* Two plain frames, one with an extra info and a second fragment, one that is
 * too short. */
static void send_some(void)
{
	struct guest *guest = &world->guest;
	uint32_t from = guest->tx_prod;

	guest_send(guest, 0, 0, 64, 0);
	guest_send(guest, 1, 0, 100, NETTXF_more_data | NETTXF_extra_info);
	guest_send_gso(guest, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	guest_send(guest, 2, 0, 40, 0);
	guest_send(guest, 3, 0, 5, 0);
	guest_send(guest, 4, 0, 64, 0);
	note_tx(from, from + 2);
	world->expected.tx_response[(from + 4) % XNB_TX_RING_SIZE].status =
		NETIF_RSP_ERROR;
	guest_push(guest);
}

static void post_some(uint32_t count)
{
	struct guest *guest = &world->guest;

	for (uint32_t i = 0; i < count; i++) {
		guest_post(guest, 1);
		world->expected
			.rx_request[(guest->rx_prod - 1) % XNB_RX_RING_SIZE] =
			*xnb_rx_slot(guest->rx, guest->rx_prod - 1);
	}
}

/* The backend, up to its last stage. */

static void parse_some(void)
{
	xnb_tx_parse(&world->guest.tx_ring, &burst, 64, UINT32_MAX);
	xnb_tx_peek(&burst, &plan);
}

static void fill_some(uint32_t frames)
{
	static const uint8_t frame[5000];
	struct iovec iov = {(void *)(uintptr_t)frame, sizeof(frame)};

	for (uint32_t i = 0; i < frames; i++) {
		struct xnb_rx_source source = {
			.head = frame,
			.head_bytes = 60,
			.frame_bytes = i % 2 ? 5000 : 60,
			.iov = &iov,
			.iov_count = 1,
			.iov_skip = 60,
		};

		if (xnb_rx_fill(&world->guest.rx_ring, &source, &plan))
			_exit(2);
	}
	xnb_copy_run(&plan);
}

static void child_tx(void)
{
	for (uint32_t round = 0; round < 3; round++) {
		send_some();
		parse_some();
		raise(STEP_FROM);
		xnb_tx_respond(&world->guest.tx_ring, &burst);
		raise(STEP_TO);
		world->tx_cons = world->guest.tx->rsp_prod;
	}
}

/* Two bursts are committed, then published together. */
static void child_rx(void)
{
	struct xnb_rx_result result;

	post_some(20);
	for (uint32_t round = 0; round < 3; round++) {
		raise(STEP_FROM);
		fill_some(2);
		xnb_rx_commit(&world->guest.rx_ring);
		fill_some(2);
		(void)guest_rx_finish(&world->guest, &result);
		raise(STEP_TO);
		world->rx_cons = world->guest.rx->rsp_prod;
		post_some(6);
	}
}

/* The judge. */

static struct netif_tx_sring *tx_of(struct remains *remains)
{
	return (struct netif_tx_sring *)(void *)remains->tx_page;
}

static struct netif_rx_sring *rx_of(struct remains *remains)
{
	return (struct netif_rx_sring *)(void *)remains->rx_page;
}

static void take(struct remains *remains)
{
	memcpy(remains->tx_page, world->guest.tx_page, XNB_PAGE_SIZE);
	memcpy(remains->rx_page, world->guest.rx_page, XNB_PAGE_SIZE);
	memcpy(&remains->log, &world->guest.log, sizeof(remains->log));
	remains->tx_cons = world->tx_cons;
	remains->rx_cons = world->rx_cons;
}

static bool changed(const struct remains *remains)
{
	const struct guest *guest = &world->guest;

	return memcmp(remains->tx_page, guest->tx_page, XNB_PAGE_SIZE) ||
	       memcmp(remains->rx_page, guest->rx_page, XNB_PAGE_SIZE) ||
	       memcmp(&remains->log, &guest->log, sizeof(remains->log));
}

static bool tx_untouched(struct remains *remains, uint32_t index)
{
	return memcmp(xnb_tx_slot(tx_of(remains), index),
		      &world->expected.tx_request[index % XNB_TX_RING_SIZE],
		      12) == 0;
}

static bool rx_untouched(struct remains *remains, uint32_t index)
{
	return memcmp(xnb_rx_slot(rx_of(remains), index),
		      &world->expected.rx_request[index % XNB_RX_RING_SIZE],
		      8) == 0;
}

static void judge_tx(struct remains *remains, struct tally *tally)
{
	struct netif_tx_sring *tx = tx_of(remains);
	uint32_t published = tx->rsp_prod;
	uint32_t next;

	tally->deaths++;
	tally->unfinished += remains->log.tx.end != published;
	for (uint32_t i = published; i != tx->req_prod; i++) {
		if (!tx_untouched(remains, i)) {
			tally->torn++;
			break;
		}
	}
	/* Twice: the successor may die as well. */
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(
			xnb_redo_tx_replay(&remains->log.tx, tx, &next), 0);
		assert_int_equal(tx->rsp_prod, next);
	}
	assert_true(next == remains->tx_cons || next == tx->req_prod);
	for (uint32_t i = remains->tx_cons; i != next; i++)
		assert_memory_equal(
			xnb_tx_slot(tx, i),
			&world->expected.tx_response[i % XNB_TX_RING_SIZE], 4);
	for (uint32_t i = next; i != tx->req_prod; i++)
		assert_true(tx_untouched(remains, i));
}

static void judge_rx(struct remains *remains, struct tally *tally)
{
	struct netif_rx_sring *rx = rx_of(remains);
	uint32_t published = rx->rsp_prod;
	uint32_t next;

	tally->deaths++;
	tally->unfinished += remains->log.rx.end != published;
	for (uint32_t i = published; i != rx->req_prod; i++) {
		if (!rx_untouched(remains, i)) {
			tally->torn++;
			break;
		}
	}
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(
			xnb_redo_rx_replay(&remains->log.rx, rx, &next), 0);
		assert_int_equal(rx->rsp_prod, next);
	}
	/* Whole bursts of frames of 60 and 5000 bytes: 1 and 2 slots. */
	assert_true(next == remains->rx_cons || next == remains->rx_cons + 3 ||
		    next == remains->rx_cons + 6);
	tally->half += next == remains->rx_cons + 3;
	for (uint32_t i = remains->rx_cons; i != next; i++) {
		static const int16_t status[] = {60, 4096, 904};
		uint32_t n = (i - remains->rx_cons) % 3;

		assert_int_equal(xnb_rx_slot(rx, i)->rsp.status, status[n]);
		assert_int_equal(xnb_rx_slot(rx, i)->rsp.flags,
				 n == 1 ? NETRXF_more_data : 0);
		assert_int_equal(xnb_rx_slot(rx, i)->rsp.id,
				 (uint16_t)(i + 2000));
	}
	for (uint32_t i = next; i != rx->req_prod; i++)
		assert_true(rx_untouched(remains, i));
}

/* Goes on until the next stop; returns its signal, or -1 when the child is
 * gone (which must be by exit(0)). */
static int resume(pid_t child, bool step)
{
	int status;

	assert_return_code(
		ptrace(step ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, 0L),
		errno);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSTOPPED(status))
		return WSTOPSIG(status);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return -1;
}

static struct tally run_stepped(void (*work)(void),
				void (*judge)(struct remains *, struct tally *))
{
	struct tally tally = {0};
	bool step = false;
	pid_t child = fork();
	int signal, status;

	assert_return_code(child, errno);
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(1);
		raise(SIGSTOP);
		work();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSTOPPED(status));
	while ((signal = resume(child, step)) != -1) {
		if (signal == STEP_FROM) {
			step = true;
			take(&last);
		} else if (signal == STEP_TO) {
			step = false;
		}
		if (!step || !changed(&last))
			continue;
		take(&last);
		memcpy(&copy, &last, sizeof(copy));
		judge(&copy, &tally);
	}
	return tally;
}

/* The matrix reaches each kind of state, or it proves nothing. `torn`: as many
 * as the stores that publish a burst make; answers are stored in stretches. */
static void assert_reached(const struct tally *tally, uint32_t torn)
{
	assert_true(tally->deaths > 30);
	assert_true(tally->unfinished > 10);
	assert_true(tally->torn >= torn);
	assert_true(tally->unfinished < tally->deaths);
}

static void tx_death_after_any_store_answers_each_request_once(void **state)
{
	struct tally tally;

	(void)state;
	start_at(UINT32_MAX - 7); /* wraps in the second burst */
	tally = run_stepped(child_tx, judge_tx);
	assert_reached(&tally, 10);
}

static void rx_death_after_any_store_answers_each_request_once(void **state)
{
	struct tally tally;

	(void)state;
	start_at(UINT32_MAX - 8);
	tally = run_stepped(child_rx, judge_rx);
	assert_reached(&tally, 6);
	assert_true(tally.half > 10);
}

static void attach_with_resume_goes_on_where_the_log_ends(void **state)
{
	struct guest *guest = &world->guest;
	struct xnb_tx_ring tx;
	static struct xnb_rx_ring rx;

	(void)state;
	start_at(100);
	send_some();
	parse_some();
	/* Dead between the log's end and the ring. */
	for (uint32_t i = 0; i < burst.slot_count; i++)
		guest->log.tx.response[100 + i] = burst.response[i];
	guest->log.tx.end = 100 + burst.slot_count;
	assert_int_equal(xnb_tx_attach(&tx, guest->tx, &guest->log.tx,
				       &guest->owner, true),
			 0);
	assert_int_equal(tx.next, 106);
	assert_int_equal(guest->tx->rsp_prod, 106);
	assert_int_equal(guest_tx_response(guest, 100).id, 1100);
	post_some(3);
	guest->log.rx.response[100] = (struct netif_rx_response){7, 8, 0, 60};
	guest->log.rx.end = 101;
	assert_int_equal(xnb_rx_attach(&rx, guest->rx, &guest->log.rx,
				       &guest->owner, GUEST_ALL_FE, true),
			 0);
	assert_int_equal(rx.next, 101);
	assert_int_equal(rx.reserved, 101);
	assert_int_equal(guest_rx_response(guest, 100).id, 7);
}

/* Published, but the log not yet closed: the frontend may have taken the
 * responses and put new requests into their slots. */
static void new_requests_in_published_slots_are_left_alone(void **state)
{
	struct guest *guest = &world->guest;
	uint32_t next;

	(void)state;
	start_at(0);
	for (uint32_t i = 0; i < XNB_TX_RING_SIZE; i++)
		guest_send(guest, i, 0, 64, 0);
	guest_post(guest, XNB_RX_RING_SIZE);
	guest->log.tx.begin = guest->log.rx.begin = UINT32_MAX - 9;
	guest->tx->rsp_prod = guest->rx->rsp_prod = 0;
	guest_push(guest);
	memcpy(last.tx_page, guest->tx_page, XNB_PAGE_SIZE);
	memcpy(last.rx_page, guest->rx_page, XNB_PAGE_SIZE);
	assert_int_equal(xnb_redo_tx_replay(&guest->log.tx, guest->tx, &next),
			 0);
	assert_int_equal(next, 0);
	assert_int_equal(xnb_redo_rx_replay(&guest->log.rx, guest->rx, &next),
			 0);
	assert_int_equal(next, 0);
	assert_memory_equal(last.tx_page, guest->tx_page, XNB_PAGE_SIZE);
	assert_memory_equal(last.rx_page, guest->rx_page, XNB_PAGE_SIZE);
	assert_int_equal(guest->log.tx.begin, 0);
	assert_int_equal(guest->log.rx.begin, 0);
}

/* begin, end, rsp_prod, req_prod */
struct numbers {
	uint32_t begin, end, rsp, req;
	int result;
};

static const struct numbers numbers[] = {
	{10, 10, 10, 10, 0},
	{10, 15, 10, 20, 0},
	{10, 15, 15, 20, 0},
	{10, 15, 10, 15, 0},
	{UINT32_MAX, 4, UINT32_MAX, 9, 0},
	{10, 266, 10, 266, 0},
	/* rsp_prod is neither begin nor end */
	{10, 15, 12, 20, -EPROTO},
	{10, 15, 9, 20, -EPROTO},
	{10, 15, 16, 20, -EPROTO},
	/* more answers than requests */
	{10, 15, 10, 14, -EPROTO},
	{10, 15, 10, 10, -EPROTO},
	/* more than the ring holds, backwards, far away */
	{10, 267, 10, 267, -EPROTO},
	{10, 9, 10, 20, -EPROTO},
	{10, 9, 9, 20, -EPROTO},
	{10, 15, 10, 267, -EPROTO},
	{10, 15, 10, 9, -EPROTO},
	{0, 1u << 31, 0, 20, -EPROTO},
	{0, 1u << 31, 0, 1u << 31, -EPROTO},
};

static void contradicting_logs_and_rings_are_refused(void **state)
{
	struct guest *guest = &world->guest;
	uint32_t next = 77;

	(void)state;
	for (uint32_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct numbers *n = &numbers[i];

		start_at(0);
		guest->log.tx.begin = guest->log.rx.begin = n->begin;
		guest->log.tx.end = guest->log.rx.end = n->end;
		guest->tx->rsp_prod = guest->rx->rsp_prod = n->rsp;
		guest->tx->req_prod = guest->rx->req_prod = n->req;
		memcpy(last.tx_page, guest->tx_page, XNB_PAGE_SIZE);
		memcpy(last.rx_page, guest->rx_page, XNB_PAGE_SIZE);
		next = 77;
		assert_int_equal(
			xnb_redo_tx_replay(&guest->log.tx, guest->tx, &next),
			n->result);
		assert_int_equal(next, n->result ? 77 : n->end);
		next = 77;
		assert_int_equal(
			xnb_redo_rx_replay(&guest->log.rx, guest->rx, &next),
			n->result);
		assert_int_equal(next, n->result ? 77 : n->end);
		if (n->result == 0)
			continue;
		assert_memory_equal(last.tx_page, guest->tx_page,
				    XNB_PAGE_SIZE);
		assert_memory_equal(last.rx_page, guest->rx_page,
				    XNB_PAGE_SIZE);
	}
}

static void fresh_start_forgets_what_the_log_held(void **state)
{
	struct guest *guest = &world->guest;

	(void)state;
	start_at(50);
	guest->log.tx.begin = 1;
	guest->log.tx.end = 9;
	assert_int_equal(xnb_tx_attach(&guest->tx_ring, guest->tx,
				       &guest->log.tx, &guest->owner, false),
			 0);
	assert_int_equal(guest->log.tx.begin, 50);
	assert_int_equal(guest->log.tx.end, 50);
	guest->rx->req_prod = 50 + XNB_RX_RING_SIZE + 1;
	assert_int_equal(xnb_rx_attach(&guest->rx_ring, guest->rx,
				       &guest->log.rx, &guest->owner, 0, false),
			 -EPROTO);
}

static void log_file_is_checked(void **state)
{
	static uint8_t memory[65536] __attribute__((aligned(4096)));
	struct xnb_redo *redo = (struct xnb_redo *)(void *)memory;
	size_t bytes = xnb_redo_bytes(3);

	(void)state;
	assert_true(bytes <= sizeof(memory));
	assert_int_equal(xnb_redo_check(redo, bytes, 3), -EPROTO);
	xnb_redo_init(redo, 3);
	assert_int_equal(xnb_redo_check(redo, bytes, 3), 0);
	assert_int_equal(xnb_redo_check(redo, bytes - 1, 3), -EPROTO);
	assert_int_equal(xnb_redo_check(redo, bytes, 2), -EPROTO);
	redo->version++;
	assert_int_equal(xnb_redo_check(redo, bytes, 3), -EPROTO);
	redo->version--;
	redo->magic ^= 1;
	assert_int_equal(xnb_redo_check(redo, bytes, 3), -EPROTO);
}

static void work_in_progress_is_noted_and_bounded(void **state)
{
	static uint8_t memory[65536] __attribute__((aligned(4096)));
	struct xnb_redo *redo = (struct xnb_redo *)(void *)memory;
	uint32_t queue, index;

	(void)state;
	xnb_redo_init(redo, 2);
	assert_int_equal(xnb_redo_in_work(redo, &queue, &index), 0);
	xnb_redo_enter(redo, 1, 1234);
	assert_int_equal(xnb_redo_in_work(redo, &queue, &index), 1);
	assert_int_equal(queue, 1);
	assert_int_equal(index, 1234);
	xnb_redo_leave(redo);
	assert_int_equal(xnb_redo_in_work(redo, &queue, &index), 0);
	redo->work = 3;
	assert_int_equal(xnb_redo_in_work(redo, &queue, &index), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(tx_death_after_any_store_answers_each_request_once),
		T(rx_death_after_any_store_answers_each_request_once),
		T(attach_with_resume_goes_on_where_the_log_ends),
		T(new_requests_in_published_slots_are_left_alone),
		T(contradicting_logs_and_rings_are_refused),
		T(fresh_start_forgets_what_the_log_held),
		T(log_file_is_checked),
		T(work_in_progress_is_noted_and_bounded),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
