/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See bed.h. */
#include "../ring/cmocka_std.h"

#include "bed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netconf/base/fd.h"

#define TX_RING_REF GUEST_TX_RING_REF
#define RX_RING_REF GUEST_RX_RING_REF
/* Of a vif with several queues: behind the pages'. */
#define MORE_RINGS_REF 400u
#define ROUNDS_MAX 10000u /* more: the worker spins */

uint32_t bed_fdb_entries = 1024;
uint32_t bed_workers = 1;

static void start(struct bed *bed)
{
	struct xnb_command command = {
		.start = {.header = {XNB_START, XN_DATALINK_VERSION},
			  .stats = bed->stats}};
	static const uint8_t key[16] = "a key for tests";

	memcpy(command.start.hash_key, key, sizeof(key));
	command.start.sw = xsw_switch_create(bed_fdb_entries, key);
	assert_non_null(command.start.sw);
	bed_order(bed, &command);
	bed_run(bed);
}

int bed_setup(void **state)
{
	/* Mapped, so that guests who take no part cost no memory; shared, so
	 * that their pages can be mapped once more (hypervisor.h). */
	struct bed *bed = mmap(NULL, sizeof(*bed), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct xn_err err = {.set = false};

	assert_ptr_not_equal(bed, MAP_FAILED);
	hv_reset();
	ev_reset();
	bed->commands = xnb_mailbox_create(XNB_COMMANDS_MAX,
					   sizeof(struct xnb_command));
	bed->events =
		xnb_mailbox_create(XNB_EVENTS_MAX, sizeof(struct xnb_event));
	bed->stats = calloc(1, sizeof(*bed->stats));
	bed->worker = xnb_worker_create(bed->commands, bed->events,
					XNB_CHUNKS_DEFAULT, &err);
	assert_non_null(bed->worker);
	for (uint32_t i = 1; i < bed_workers; i++)
		assert_non_null(xnb_worker_join(bed->worker, &err));
	for (uint32_t n = 0; n < BED_GUESTS_MAX; n++) {
		bed->vif[n].redo_fd = -1;
		bed->vif[n].kernel_fd = -1;
		bed->vif[n].slot = n;
		bed->vif[n].tx_channel = 10 * n + 1;
		bed->vif[n].rx_channel = 10 * n + 2;
	}
	start(bed);
	*state = bed;
	return 0;
}

int bed_teardown(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command = {
		.header = {XNB_STOP, XN_DATALINK_VERSION}};

	bed_order(bed, &command);
	xnb_worker_run(bed->worker);
	assert_int_equal(ev_mapped(), 0);
	assert_int_equal(xnb_pool_free(bed->worker->pool), XNB_CHUNKS_DEFAULT);
	xnb_worker_destroy(bed->worker);
	assert_int_equal(ev_handles(), 0);
	assert_int_equal(hv.breaches, 0);
	for (uint32_t n = 0; n < BED_GUESTS_MAX; n++) {
		xn_close(&bed->vif[n].redo_fd);
		xn_close(&bed->vif[n].kernel_fd);
	}
	xnb_mailbox_destroy(bed->commands);
	xnb_mailbox_destroy(bed->events);
	free(bed->stats);
	munmap(bed, sizeof(*bed));
	ev_reset();
	return 0;
}

void bed_order(struct bed *bed, const struct xnb_command *command)
{
	assert_true(xnb_mailbox_put(bed->commands, command, 0));
}

static int make_redo(uint32_t queues)
{
	size_t bytes = xnb_redo_bytes(queues);
	int fd = memfd_create("redo", MFD_CLOEXEC);
	void *log;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	log = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(log, MAP_FAILED);
	xnb_redo_init(log, queues);
	munmap(log, bytes);
	return fd;
}

struct xnb_command bed_add_command(struct bed *bed, uint32_t n,
				   uint32_t without)
{
	struct bed_vif *vif = &bed->vif[n];
	const uint32_t channels[2] = {vif->tx_channel, vif->rx_channel};
	struct xnb_command command = {
		.add = {
			.header = {XN_DL_VIF_ADD, XN_DATALINK_VERSION},
			.slot = vif->slot,
			.generation = ++vif->generation,
			.domid = (uint16_t)n,
			.frontend = GUEST_ALL_FE & ~without,
			.queue_count = 1,
			.queue[0] = {TX_RING_REF, RX_RING_REF, vif->tx_channel,
				     vif->rx_channel},
		}};
	int pair[2];

	xn_close(&vif->kernel_fd);
	assert_int_equal(xn_fd_socketpair(SOCK_NONBLOCK, pair), 0);
	vif->kernel_fd = pair[0];
	if (vif->redo_fd < 0)
		vif->redo_fd = make_redo(1);
	command.tap_fd[0] = pair[1];
	command.redo_fd = fcntl(vif->redo_fd, F_DUPFD_CLOEXEC, 0);
	command.event_fd = ev_open(channels, 2);
	return command;
}

struct xnb_command bed_port_command(const struct bed *bed, uint32_t n)
{
	return (struct xnb_command){
		.port = {
			.header = {XN_DL_PORT, XN_DATALINK_VERSION},
			.slot = bed->vif[n].slot,
			.generation = bed->vif[n].generation,
			.sequence = 1,
			.bridge = 0,
			.mtu = 1500,
			.fast = 1,
			.forwarding = 1,
			.learning = 1,
			.flood = 1,
			.mcast_flood = 1,
			.bcast_flood = 1,
			.twin_up = 1,
		}};
}

struct xnb_command bed_policy_command(const struct bed *bed, uint32_t n)
{
	return (struct xnb_command){
		.policy = {
			.header = {XN_DL_POLICY, XN_DATALINK_VERSION},
			.slot = bed->vif[n].slot,
			.generation = bed->vif[n].generation,
		}};
}

static void connect_vif(struct bed *bed, uint32_t n,
			const struct xnb_command *take_add)
{
	struct xnb_command command = bed_port_command(bed, n);
	struct xnb_event event;

	while (bed_event(bed).header.type)
		; /* stations of others, who have sent already */
	bed_order(bed, take_add);
	bed_order(bed, &command);
	bed_run(bed);
	event = bed_event(bed);
	assert_int_equal(event.header.type, XN_DL_VIF_UP);
	assert_int_equal(event.up.error, 0);
	event = bed_event(bed);
	assert_int_equal(event.header.type, XN_DL_PORT_DONE);
}

void bed_add(struct bed *bed, uint32_t n, uint32_t index, uint32_t without)
{
	struct bed_vif *vif = &bed->vif[n];
	struct xnb_command command;

	guest_init(&vif->guest, (uint16_t)n, index);
	vif->rx_taken = vif->tx_taken = index;
	hv_grant((uint16_t)n, TX_RING_REF, vif->guest.tx_page, false);
	hv_grant((uint16_t)n, RX_RING_REF, vif->guest.rx_page, false);
	command = bed_add_command(bed, n, without);
	connect_vif(bed, n, &command);
}

static void add_queue(struct bed *bed, uint32_t n, uint32_t index,
		      struct xnb_command *command)
{
	struct bed_vif *vif = &bed->vif[n + index];
	uint32_t tx_ref = MORE_RINGS_REF + 2 * index, rx_ref = tx_ref + 1;
	int pair[2];

	guest_init(&vif->guest, (uint16_t)n, 0);
	vif->rx_taken = vif->tx_taken = 0;
	hv_grant((uint16_t)n, tx_ref, vif->guest.tx_page, false);
	hv_grant((uint16_t)n, rx_ref, vif->guest.rx_page, false);
	command->add.queue[index] = (struct xn_dl_queue){
		tx_ref, rx_ref, vif->tx_channel, vif->rx_channel};
	if (index == 0)
		return;
	assert_int_equal(xn_fd_socketpair(SOCK_NONBLOCK, pair), 0);
	vif->kernel_fd = pair[0];
	command->tap_fd[index] = pair[1];
}

void bed_add_queues(struct bed *bed, uint32_t n, uint32_t count)
{
	uint32_t channels[2 * XN_QUEUES_MAX];
	struct xnb_command command;

	bed->vif[n].redo_fd = make_redo(count);
	command = bed_add_command(bed, n, 0);
	command.add.queue_count = count;
	for (uint32_t i = 0; i < count; i++) {
		add_queue(bed, n, i, &command);
		channels[2 * i] = bed->vif[n + i].tx_channel;
		channels[2 * i + 1] = bed->vif[n + i].rx_channel;
	}
	close(command.event_fd);
	command.event_fd = ev_open(channels, 2 * count);
	connect_vif(bed, n, &command);
}

static uint64_t stopped_us;

static uint64_t stopped_clock(void)
{
	return stopped_us;
}

void bed_stop_clock(struct bed *bed)
{
	/* At a whole millisecond, as the worker's waits are: the timers go on,
	 * and one of a few microseconds would come again and again. */
	stopped_us = (bed->worker->clock_us() + 999) / 1000 * 1000;
	for (uint32_t i = 0; i < bed->worker->crew->count; i++)
		bed->worker->crew->worker[i]->clock_us = stopped_clock;
}

/* A timer that is due comes at once, another one so much earlier. */
static void advance_timer(int fd, uint64_t us)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	struct itimerspec spec;
	uint64_t left_ns;

	assert_int_equal(timerfd_gettime(fd, &spec), 0);
	left_ns = (uint64_t)spec.it_value.tv_sec * 1000000000 +
		  (uint64_t)spec.it_value.tv_nsec;
	if (left_ns == 0)
		return;
	left_ns = left_ns > us * 1000 ? left_ns - us * 1000 : 1;
	spec.it_value.tv_sec = (time_t)(left_ns / 1000000000);
	spec.it_value.tv_nsec = (long)(left_ns % 1000000000);
	assert_int_equal(timerfd_settime(fd, 0, &spec, NULL), 0);
	if (left_ns == 1)
		assert_int_equal(poll(&poller, 1, -1), 1);
}

void bed_advance(struct bed *bed, uint64_t us)
{
	stopped_us += us;
	for (uint32_t i = 0; i < bed->worker->crew->count; i++) {
		struct xnb_worker *w = bed->worker->crew->worker[i];

		advance_timer(w->tick_fd, us);
		advance_timer(w->drain_fd, us);
		advance_timer(w->rate_fd, us);
	}
	bed_run(bed);
}

bool bed_has_work(const struct xnb_worker *w)
{
	struct pollfd poller = {.fd = w->epoll_fd, .events = POLLIN};

	return !TAILQ_EMPTY(&w->ready) || w->kicked || poll(&poller, 1, 0) > 0;
}

void bed_run(struct bed *bed)
{
	const struct xnb_crew *crew = bed->worker->crew;
	uint32_t rounds = 0, idle = 0;

	for (uint32_t i = 0; idle < crew->count; i = (i + 1) % crew->count) {
		if (!bed_has_work(crew->worker[i])) {
			idle++;
			continue;
		}
		idle = 0;
		xnb_worker_round(crew->worker[i]);
		assert_true(++rounds < ROUNDS_MAX);
	}
}

struct xnb_event bed_event(struct bed *bed)
{
	struct xnb_event event;

	memset(&event, 0, sizeof(event));
	(void)xnb_mailbox_get(bed->events, &event);
	return event;
}

void bed_frame(uint8_t *page, uint8_t to, uint8_t from, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		page[i] = (uint8_t)(i * 7 + from + (i >> 8));
	memset(page, to == BED_ALL ? 0xff : 0, 12);
	if (to != BED_ALL) {
		page[0] = 2;
		page[5] = to;
	}
	memset(page + 6, 0, 6);
	page[6] = 2;
	page[11] = from;
	page[12] = 0x88;
	page[13] = 0xb5; /* local experimental */
}

void bed_send(struct bed *bed, uint32_t n, uint32_t page, uint8_t to,
	      uint32_t bytes)
{
	struct guest *guest = &bed->vif[n].guest;

	bed_frame(guest->page[page], to, (uint8_t)n, bytes);
	guest_send(guest, page, 0, bytes, 0);
}

void bed_push(struct bed *bed, uint32_t n)
{
	guest_push(&bed->vif[n].guest);
	ev_send(bed->vif[n].tx_channel);
	bed_run(bed);
}

void bed_fill_ring(struct bed *bed, uint32_t n, uint32_t page, uint32_t bytes)
{
	struct guest *guest = &bed->vif[n].guest;
	uint32_t end = xnb_index_load(&guest->tx->rsp_prod) + XNB_TX_RING_SIZE;

	while (guest->tx_prod != end)
		guest_send(guest, page, 0, bytes, 0);
	guest_push(guest);
	ev_send(bed->vif[n].tx_channel);
}

void bed_burst(struct bed *bed, uint32_t n, uint8_t to, uint32_t bytes,
	       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		bed_send(bed, n, BED_TX_PAGE, to, bytes);
	bed_push(bed, n);
}

void bed_post(struct bed *bed, uint32_t n, uint32_t count)
{
	guest_post(&bed->vif[n].guest, count);
}

static bool take_response(struct bed_vif *vif, struct netif_rx_response *ret)
{
	if (xnb_index_load(&vif->guest.rx->rsp_prod) == vif->rx_taken)
		return false;
	*ret = guest_rx_response(&vif->guest, vif->rx_taken);
	return true;
}

static void take_extra(struct bed_vif *vif, struct bed_received *ret)
{
	struct netif_extra_info extra;

	memcpy(&extra, xnb_rx_slot(vif->guest.rx, vif->rx_taken++),
	       sizeof(extra));
	assert_int_equal(extra.type, XEN_NETIF_EXTRA_TYPE_GSO);
	assert_int_equal(extra.flags, 0);
	ret->gso_type = extra.u.gso.type;
	ret->gso_size = extra.u.gso.size;
}

void bed_receive(struct bed *bed, uint32_t n, struct bed_received *ret)
{
	struct bed_vif *vif = &bed->vif[n];
	struct netif_rx_response response;
	bool first = true;

	ret->bytes = 0;
	ret->flags = 0;
	ret->gso_type = 0;
	do {
		uint32_t page = vif->rx_taken % XNB_RX_RING_SIZE;

		if (!take_response(vif, &response)) {
			assert_true(first);
			return;
		}
		assert_int_equal(response.id, (uint16_t)(vif->rx_taken + 2000));
		vif->rx_taken++;
		if (first)
			ret->flags = response.flags;
		if (response.status < 0) {
			ret->bytes = response.status;
			continue;
		}
		memcpy(ret->frame + ret->bytes,
		       vif->guest.page[page] + response.offset,
		       (size_t)response.status);
		ret->bytes += response.status;
		if (response.flags & NETRXF_extra_info)
			take_extra(vif, ret);
		first = false;
	} while (response.flags & NETRXF_more_data);
}

uint32_t bed_count_received(struct bed *bed, uint32_t n)
{
	struct bed_received received;
	uint32_t count = 0;

	for (;;) {
		bed_receive(bed, n, &received);
		if (received.bytes == 0)
			return count;
		if (received.bytes > 0)
			count++;
	}
}

struct bed_answers bed_answers(struct bed *bed, uint32_t n)
{
	struct bed_vif *vif = &bed->vif[n];
	uint32_t end = xnb_index_load(&vif->guest.tx->rsp_prod);
	struct bed_answers answers = {0, 0, 0};

	for (; vif->tx_taken != end; vif->tx_taken++) {
		struct netif_tx_response response =
			guest_tx_response(&vif->guest, vif->tx_taken);

		if (response.status == NETIF_RSP_OKAY)
			answers.okay++;
		else if (response.status == NETIF_RSP_NULL)
			answers.null++;
		else
			answers.error++;
	}
	return answers;
}

size_t bed_kernel_read(struct bed *bed, uint32_t n, struct virtio_net_hdr *vnet,
		       uint8_t *frame)
{
	struct iovec iov[2] = {{vnet, sizeof(*vnet)}, {frame, BED_FRAME_MAX}};
	ssize_t got = readv(bed->vif[n].kernel_fd, iov, 2);

	if (got < 0) {
		assert_int_equal(errno, EAGAIN);
		return 0;
	}
	assert_true((size_t)got > sizeof(*vnet));
	return (size_t)got - sizeof(*vnet);
}

bool bed_kernel_write(struct bed *bed, uint32_t n,
		      const struct virtio_net_hdr *vnet, const uint8_t *frame,
		      size_t bytes)
{
	struct iovec iov[2] = {
		{(void *)(uintptr_t)vnet, sizeof(*vnet)},
		{(void *)(uintptr_t)frame, bytes},
	};

	return writev(bed->vif[n].kernel_fd, iov, 2) >= 0;
}
