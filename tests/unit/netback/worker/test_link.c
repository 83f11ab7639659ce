/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data process's threads together: the test is control at the other end
 * of the datalink, and a guest. Run it with the thread sanitizer. */
#include "../ring/cmocka_std.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ring/guest.h"
#include "../ring/hypervisor.h"
#include "events.h"
#include "netback/link.h"
#include "netback/message.h"
#include "netback/pool.h"
#include "netback/worker.h"
#include "netconf/base/fd.h"

#define WAIT_MS 20000
#define GUESTS 2u
#define TX_PAGE 256u

struct process {
	struct guest guest[GUESTS];
	struct xn_loop *loop;
	struct xnb_mailbox *commands;
	struct xnb_mailbox *events;
	struct xnb_worker *worker;
	struct xnb_link *link;
	pthread_t link_thread, worker_thread;
	int control_fd, data_fd;
	int redo_fd[GUESTS];
	int stats_fd;
	struct xn_stats *stats;
	long loop_result;
};

static void *link_main(void *arg)
{
	struct process *process = arg;

	process->loop_result = xn_loop_run(process->loop);
	return NULL;
}

static void *worker_main(void *arg)
{
	xnb_worker_run(arg);
	return NULL;
}

static int make_memfd(size_t bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	return fd;
}

static void make_stats(struct process *process)
{
	process->stats_fd = make_memfd(sizeof(struct xn_stats));
	process->stats =
		mmap(NULL, sizeof(struct xn_stats), PROT_READ | PROT_WRITE,
		     MAP_SHARED, process->stats_fd, 0);
	assert_ptr_not_equal(process->stats, MAP_FAILED);
	process->stats->magic = XN_STATS_MAGIC;
	process->stats->vifs_max = XN_VIFS_MAX;
	process->stats->workers_max = XN_WORKERS_MAX;
}

static void make_guest(struct process *process, uint32_t n)
{
	struct guest *guest = &process->guest[n];
	size_t bytes = xnb_redo_bytes(1);
	void *log;

	guest_init(guest, (uint16_t)n, 0);
	hv_grant((uint16_t)n, 1, guest->tx_page, false);
	hv_grant((uint16_t)n, 2, guest->rx_page, false);
	process->redo_fd[n] = make_memfd(bytes);
	log = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		   process->redo_fd[n], 0);
	assert_ptr_not_equal(log, MAP_FAILED);
	xnb_redo_init(log, 1);
	munmap(log, bytes);
}

static void start_threads(struct process *process)
{
	struct xn_err err = {.set = false};

	process->loop = xn_loop_create();
	process->commands = xnb_mailbox_create(XNB_COMMANDS_MAX,
					       sizeof(struct xnb_command));
	process->events =
		xnb_mailbox_create(XNB_EVENTS_MAX, sizeof(struct xnb_event));
	process->worker = xnb_worker_create(process->commands, process->events,
					    XNB_CHUNKS_MIN, &err);
	assert_non_null(process->worker);
	process->link =
		xnb_link_create(process->loop, process->data_fd,
				process->commands, process->events, &err);
	assert_non_null(process->link);
	assert_int_equal(xnb_link_say_ready(process->link, 1, &err), 0);
	assert_int_equal(pthread_create(&process->worker_thread, NULL,
					worker_main, process->worker),
			 0);
	assert_int_equal(
		pthread_create(&process->link_thread, NULL, link_main, process),
		0);
}

static int setup(void **state)
{
	struct process *process =
		aligned_alloc(_Alignof(struct process), sizeof(*process));
	int pair[2];

	assert_non_null(process);
	memset(process, 0, sizeof(*process));
	hv_reset();
	ev_reset();
	assert_int_equal(xn_fd_socketpair(0, pair), 0);
	process->control_fd = pair[0];
	process->data_fd = pair[1];
	make_stats(process);
	for (uint32_t n = 0; n < GUESTS; n++)
		make_guest(process, n);
	start_threads(process);
	*state = process;
	return 0;
}

/* The loop ends when control is gone, if it has not before. */
static long finish(struct process *process)
{
	xn_close(&process->control_fd);
	if (process->link_thread)
		pthread_join(process->link_thread, NULL);
	process->link_thread = 0;
	return process->loop_result;
}

static int teardown(void **state)
{
	struct process *process = *state;
	const struct xnb_command stop = {
		.header = {XNB_STOP, XN_DATALINK_VERSION}};

	finish(process);
	xnb_mailbox_put_wait(process->commands, &stop);
	pthread_join(process->worker_thread, NULL);
	xnb_link_destroy(process->link);
	xnb_worker_destroy(process->worker);
	xn_loop_destroy(process->loop);
	xnb_mailbox_destroy(process->commands);
	xnb_mailbox_destroy(process->events);
	assert_int_equal(ev_mapped(), 0);
	assert_int_equal(ev_handles(), 0);
	for (uint32_t n = 0; n < GUESTS; n++)
		xn_close(&process->redo_fd[n]);
	munmap(process->stats, sizeof(struct xn_stats));
	xn_close(&process->stats_fd);
	xn_close(&process->data_fd);
	free(process);
	ev_reset();
	return 0;
}

/* Control's side. */

union datagram {
	struct xn_dl_header header;
	struct xn_dl_ready ready;
	struct xn_dl_vif_up up;
	struct xn_dl_vif_gone gone;
	struct xn_dl_port_done done;
	struct xn_dl_station station;
	struct xn_dl_stations_end end;
};

static union datagram receive(struct process *process)
{
	struct pollfd poller = {.fd = process->control_fd, .events = POLLIN};
	union datagram datagram;
	size_t fd_count;
	ssize_t got;

	memset(&datagram, 0, sizeof(datagram));
	assert_int_equal(poll(&poller, 1, WAIT_MS), 1);
	got = xn_fd_recv(process->control_fd, &datagram, sizeof(datagram), NULL,
			 0, &fd_count);
	assert_true(got >= 0);
	if (got > 0)
		assert_int_equal(got, xn_dl_length(datagram.header.type));
	return datagram;
}

/* The next one that is not a station that was learned. */
static union datagram receive_answer(struct process *process)
{
	union datagram datagram;

	do
		datagram = receive(process);
	while (datagram.header.type == XN_DL_STATION && !datagram.station.dump);
	return datagram;
}

static void say(struct process *process, const void *message, size_t bytes,
		const int *fds, size_t fd_count)
{
	assert_int_equal(
		xn_fd_send(process->control_fd, message, bytes, fds, fd_count),
		0);
}

static void hello(struct process *process)
{
	struct xn_dl_hello message = {
		.header = {XN_DL_HELLO, XN_DATALINK_VERSION},
		.fdb_entries_max = 256,
		.hash_key = "control's key",
	};

	assert_int_equal(receive(process).header.type, XN_DL_READY);
	say(process, &message, sizeof(message), &process->stats_fd, 1);
}

static uint32_t channel_of(uint32_t n)
{
	return n + 1;
}

static void say_add(struct process *process, uint32_t n, uint32_t queue_count)
{
	const uint32_t channel = channel_of(n);
	struct xn_dl_vif_add message = {
		.header = {XN_DL_VIF_ADD, XN_DATALINK_VERSION},
		.slot = n,
		.generation = 1,
		.domid = (uint16_t)n,
		.frontend = GUEST_ALL_FE,
		.queue_count = queue_count,
		.queue[0] = {1, 2, channel, channel},
	};
	int fds[3], pair[2];

	assert_int_equal(xn_fd_socketpair(SOCK_NONBLOCK, pair), 0);
	fds[0] = ev_open(&channel, 1);
	fds[1] = process->redo_fd[n];
	fds[2] = pair[1];
	say(process, &message, sizeof(message), fds, 3);
	xn_close(&fds[0]);
	xn_close(&pair[0]);
	xn_close(&pair[1]);
}

static struct xn_dl_port port_message(uint32_t n, uint32_t sequence)
{
	return (struct xn_dl_port){
		.header = {XN_DL_PORT, XN_DATALINK_VERSION},
		.slot = n,
		.generation = 1,
		.sequence = sequence,
		.mtu = 1500,
		.fast = 1,
		.forwarding = 1,
		.learning = 1,
		.flood = 1,
		.mcast_flood = 1,
		.bcast_flood = 1,
	};
}

static void connect_guest(struct process *process, uint32_t n)
{
	struct xn_dl_port port = port_message(n, 1);
	union datagram answer;

	say_add(process, n, 1);
	answer = receive_answer(process);
	assert_int_equal(answer.header.type, XN_DL_VIF_UP);
	assert_int_equal(answer.up.error, 0);
	say(process, &port, sizeof(port), NULL, 0);
	answer = receive_answer(process);
	assert_int_equal(answer.header.type, XN_DL_PORT_DONE);
}

static void frames_flow_while_control_talks(void **state)
{
	struct process *process = *state;
	struct guest *from = &process->guest[0], *to = &process->guest[1];
	uint32_t sequence = 2;

	hello(process);
	connect_guest(process, 0);
	connect_guest(process, 1);
	for (uint32_t turn = 0; turn < 50; turn++) {
		uint32_t seen = ev_notified(channel_of(1));
		struct xn_dl_port port = port_message(0, sequence);
		union datagram answer;

		guest_post(to, 4);
		xnb_event_arm(&to->rx->rsp_event,
			      xnb_index_load(&to->rx->rsp_prod) + 4);
		for (uint32_t i = 0; i < 4; i++) {
			uint8_t *page = from->page[TX_PAGE + i];

			memset(page, 0, 100);
			memset(page, 0xff, 6);
			page[6] = 2;
			page[11] = 1;
			page[20] = (uint8_t)turn;
			guest_send(from, TX_PAGE + i, 0, 100, 0);
		}
		guest_push(from);
		ev_send(channel_of(0));
		say(process, &port, sizeof(port), NULL, 0);
		assert_true(ev_wait_notified(channel_of(1), seen + 1));
		assert_int_equal(xnb_index_load(&to->rx->rsp_prod),
				 4 * (turn + 1));
		answer = receive_answer(process);
		assert_int_equal(answer.header.type, XN_DL_PORT_DONE);
		assert_int_equal(answer.done.sequence, sequence++);
	}
	assert_int_equal(finish(process), XNB_LINK_CLOSED);
	assert_int_equal(process->stats->vif[1].rx_frames, 200);
}

static void a_dump_ends_with_its_end(void **state)
{
	struct process *process = *state;
	struct xn_dl_stations_get get = {
		.header = {XN_DL_STATIONS_GET, XN_DATALINK_VERSION}};
	struct xn_dl_outside outside = {
		.header = {XN_DL_OUTSIDE, XN_DATALINK_VERSION},
		.present = 1,
	};
	union datagram answer;

	hello(process);
	connect_guest(process, 0);
	for (uint8_t i = 1; i <= 100; i++) {
		outside.mac = (struct xn_mac){{2, 9, 9, 9, 9, i}};
		say(process, &outside, sizeof(outside), NULL, 0);
	}
	say(process, &get, sizeof(get), NULL, 0);
	get.bridge = 5;
	say(process, &get, sizeof(get), NULL, 0);
	for (uint32_t i = 0; i < 100; i++) {
		answer = receive(process);
		assert_int_equal(answer.header.type, XN_DL_STATION);
		assert_int_equal(answer.station.dump, 1);
		assert_int_equal(answer.station.slot, UINT32_MAX);
	}
	answer = receive(process);
	assert_int_equal(answer.header.type, XN_DL_STATIONS_END);
	assert_int_equal(answer.end.bridge, 0);
	assert_int_equal(answer.end.lost, 0);
	answer = receive(process);
	assert_int_equal(answer.header.type, XN_DL_STATIONS_END);
	assert_int_equal(answer.end.bridge, 5);
}

static void nothing_is_lost_while_control_does_not_read(void **state)
{
	struct process *process = *state;
	uint32_t sent = 0;
	int rc = 0;

	hello(process);
	connect_guest(process, 0);
	assert_int_equal(fcntl(process->control_fd, F_SETFL, O_NONBLOCK), 0);
	/* Until both directions are full, and a bit beyond. */
	while (sent < 20000) {
		struct xn_dl_port port = port_message(0, sent + 2);
		struct pollfd poller = {.fd = process->control_fd,
					.events = POLLOUT};

		rc = xn_fd_send(process->control_fd, &port, sizeof(port), NULL,
				0);
		if (rc == 0)
			sent++;
		else if (poll(&poller, 1, 200) == 0)
			break;
	}
	assert_int_equal(rc, -EAGAIN);
	assert_true(sent > XNB_EVENTS_BUSY);
	for (uint32_t i = 0; i < sent; i++)
		assert_int_equal(receive_answer(process).done.sequence, i + 2);
	assert_int_equal(finish(process), XNB_LINK_CLOSED);
}

static void an_impossible_vif_is_answered(void **state)
{
	struct process *process = *state;
	struct xn_dl_vif_del del = {
		.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
		.slot = 0,
		.generation = 1,
	};
	union datagram answer;

	hello(process);
	say_add(process, 0, 0); /* no queue */
	answer = receive(process);
	assert_int_equal(answer.header.type, XN_DL_VIF_UP);
	assert_int_equal(answer.up.error, -EINVAL);
	connect_guest(process, 0);
	say(process, &del, sizeof(del), NULL, 0);
	assert_int_equal(receive_answer(process).header.type, XN_DL_VIF_GONE);
	assert_int_equal(finish(process), XNB_LINK_CLOSED);
}

static void expect_broken(struct process *process)
{
	pthread_join(process->link_thread, NULL);
	process->link_thread = 0;
	assert_int_equal(process->loop_result, XNB_LINK_BROKEN);
}

static void a_command_before_hello_breaks_the_link(void **state)
{
	struct process *process = *state;
	struct xn_dl_port port = port_message(0, 1);

	say(process, &port, sizeof(port), NULL, 0);
	expect_broken(process);
}

static void a_second_hello_breaks_the_link(void **state)
{
	struct process *process = *state;
	struct xn_dl_hello message = {
		.header = {XN_DL_HELLO, XN_DATALINK_VERSION},
		.fdb_entries_max = 256,
	};

	hello(process);
	say(process, &message, sizeof(message), &process->stats_fd, 1);
	expect_broken(process);
}

static void statistics_of_another_shape_break_the_link(void **state)
{
	struct process *process = *state;

	process->stats->vifs_max++;
	hello(process);
	expect_broken(process);
}

static void statistics_that_are_too_small_break_the_link(void **state)
{
	struct process *process = *state;

	xn_close(&process->stats_fd);
	process->stats_fd = make_memfd(4096);
	hello(process);
	expect_broken(process);
}

static void a_datagram_of_another_length_breaks_the_link(void **state)
{
	struct process *process = *state;
	uint8_t message[600] = {0};
	struct xn_dl_port port = port_message(0, 1);

	hello(process);
	connect_guest(process, 0);
	memcpy(message, &port, sizeof(port));
	say(process, message, sizeof(message), NULL, 0);
	expect_broken(process);
}

static void a_stream_is_no_datalink(void **state)
{
	struct process *process = *state;
	struct xn_err err = {.set = false};
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_null(xnb_link_create(process->loop, pair[0], process->commands,
				    process->events, &err));
	assert_true(err.set);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		LINK_TEST(frames_flow_while_control_talks),
		LINK_TEST(a_dump_ends_with_its_end),
		LINK_TEST(nothing_is_lost_while_control_does_not_read),
		LINK_TEST(an_impossible_vif_is_answered),
		LINK_TEST(a_command_before_hello_breaks_the_link),
		LINK_TEST(a_second_hello_breaks_the_link),
		LINK_TEST(statistics_of_another_shape_break_the_link),
		LINK_TEST(statistics_that_are_too_small_break_the_link),
		LINK_TEST(a_datagram_of_another_length_breaks_the_link),
		LINK_TEST(a_stream_is_no_datalink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
